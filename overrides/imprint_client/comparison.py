"""Compare what is recorded with what was sent."""

import datetime
from typing import Any, TypeVar

import attrs
from imprint_api.models import NewOrderEvent
from imprint_api.types import Unset

from .errors import Difference, EventMismatchError, OrderMismatchError

T = TypeVar("T")

_A_SECOND = datetime.timedelta(seconds=1)
# The server assigns these. Whether it keeps what was sent is not published.
_NOT_COMPARED = frozenset({"id", "order_event_id", "updated_at"})


def matched(sent: Any, recorded: T | None) -> T | None:
    """What is recorded, or None. Raises a MismatchError if that is not what was sent."""
    different = differences(sent, recorded)  # empty if nothing is recorded
    if different:
        raise (EventMismatchError if isinstance(sent, NewOrderEvent) else OrderMismatchError)(sent, recorded, different)
    return recorded


def differences(sent: Any, recorded: Any, path: str = "", *, kept: bool = False) -> list[str]:
    """The paths at which both say something and say different things; each is a model.

    Timestamps are compared as instants, to the second, since a server may keep fewer digits of one; null is absent;
    lines are compared in order. What only one side says is no difference: a server may add or leave out members, and
    may give what it records an id and a time of its own. But if all that was sent must have been `kept`, what it left
    out is one.
    """
    found = []
    for field in attrs.fields(type(sent)):
        one, other = getattr(sent, field.name), getattr(recorded, field.name, None)
        if one != other and field.name not in _NOT_COMPARED:  # most are equal: this is asked with each response
            found += _of_values(one, other, _join(path, field.name), kept)
    return found


def _of_values(sent: Any, recorded: Any, path: str, kept: bool) -> list[str]:
    is_absent = recorded is None or isinstance(recorded, Unset)
    if sent is None or isinstance(sent, Unset) or is_absent:
        is_lost = kept and not isinstance(sent, Unset) and (sent is None) != is_absent
        return [_different(path, sent, recorded)] if is_lost else []
    if attrs.has(type(sent)):
        return differences(sent, recorded, path, kept=kept)
    if isinstance(sent, dict) and isinstance(recorded, dict):
        return [found for key in sent for found in _of_values(sent[key], recorded.get(key), _join(path, key), kept)]
    if isinstance(sent, list) and isinstance(recorded, list) and len(sent) == len(recorded):
        pairs = enumerate(zip(sent, recorded, strict=True))
        return [found for at, (one, other) in pairs for found in _of_values(one, other, f"{path}[{at}]", kept)]
    is_same = sent == recorded
    if isinstance(sent, datetime.datetime) and isinstance(recorded, datetime.datetime):
        is_same = abs(sent - recorded) < _A_SECOND  # `==` is false in the hour that clocks repeat
    return [] if is_same else [_different(path, sent, recorded)]


def _different(path: str, sent: Any, recorded: Any) -> Difference:
    difference = Difference(path)
    difference.sent, difference.recorded = (
        value if value is None or type(value) in (str, int, bool) else str(value) for value in (sent, recorded)
    )
    return difference


def _join(path: str, name: str) -> str:
    name = "" if name == "additional_properties" else name.removesuffix("_")
    return ".".join(part for part in (path, name) if part)
