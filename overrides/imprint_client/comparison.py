"""Whether what is recorded is what was sent."""

import datetime
from typing import Any

import attrs
from imprint_api.types import Unset

_NOT_COMPARED = frozenset({"order_event_id"})


def differences(sent: Any, recorded: Any, path: str = "") -> list[str]:
    """The paths at which both say something and say different things; each is a model.

    Timestamps are compared as instants; null is absent; lines are compared in order. What only one side says is no
    difference: a server may add or leave out members, and may give the event an id of its own.
    """
    return [
        found
        for name in attrs.fields_dict(type(sent))
        if name not in _NOT_COMPARED
        for found in _value_differences(getattr(sent, name), getattr(recorded, name, None), _join(path, name))
    ]


def _value_differences(sent: Any, recorded: Any, path: str) -> list[str]:
    if sent is None or recorded is None or isinstance(sent, Unset) or isinstance(recorded, Unset):
        return []
    if attrs.has(type(sent)) and attrs.has(type(recorded)):
        return differences(sent, recorded, path)
    if isinstance(sent, dict) and isinstance(recorded, dict):
        shared = [key for key in sent if key in recorded]
        return [found for key in shared for found in _value_differences(sent[key], recorded[key], _join(path, key))]
    if isinstance(sent, list) and isinstance(recorded, list):
        if len(sent) != len(recorded):
            return [path]
        pairs = enumerate(zip(sent, recorded, strict=True))
        return [found for index, (one, other) in pairs for found in _value_differences(one, other, f"{path}[{index}]")]
    if isinstance(sent, datetime.datetime) and isinstance(recorded, datetime.datetime):
        return [] if sent.timestamp() == recorded.timestamp() else [path]
    return [] if sent == recorded else [path]


def _join(path: str, name: str) -> str:
    name = "" if name == "additional_properties" else name.removesuffix("_")
    return ".".join(part for part in (path, name) if part)
