"""Apply an OpenAPI Overlay 1.0 document, strictly.

The specification lets an action that matches nothing pass in silence. Here that is an error, and so is an update that
changes nothing or merges unlike kinds: a correction whose reason has gone must be deleted, not carried along. An action
may say in `x-was`, an extension as the specification allows them, what exactly it takes the place of: where that is
something else, it may have taken more away than was meant.
"""

import copy
import json
from typing import Any

import jsonpath


class OverlayError(Exception):
    """The overlay cannot be applied; the message names the action."""


def apply_overlay(document: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return a corrected copy of `document`; neither argument is changed."""
    if (
        not isinstance(overlay, dict)
        or overlay.get("overlay") != "1.0.0"
        or not isinstance(overlay.get("actions"), list)
    ):
        raise OverlayError("not an OpenAPI Overlay 1.0.0 document with a list of actions")
    corrected = copy.deepcopy(document)
    for number, action in enumerate(overlay["actions"], start=1):
        target = action.get("target") if isinstance(action, dict) else None
        try:
            _apply_action(corrected, action, target)
        except OverlayError as error:
            raise OverlayError(f"action {number} ({target}): {error}") from None
    return corrected


def _apply_action(document: dict[str, Any], action: dict[str, Any], target: str | None) -> None:
    if not isinstance(target, str) or not action.get("description"):
        raise OverlayError("an action needs a target and a description of its reason")
    if ("update" in action) == ("remove" in action) or action.get("remove", True) is not True:
        raise OverlayError("an action has either an update or `remove: true`")
    matches = _matches(document, target)
    if "x-was" in action and any(_as_text(match.obj) != _as_text(action["x-was"]) for match in matches):
        raise OverlayError("matches something else than its `x-was`; is it stale?")
    if "update" in action:
        # As text, to which 1, 1.0 and true differ.
        before = repr([match.obj for match in matches])
        for match in matches:
            _update(match.obj, action["update"])
        if before == repr([match.obj for match in matches]):
            raise OverlayError("changes nothing; is it stale?")
    else:
        # From the end, so that removing one item of a list does not move those still to be removed.
        for match in sorted(matches, key=lambda match: _sortable(match.parts), reverse=True):
            if match.parent is None:
                raise OverlayError("cannot remove the whole document")
            parent: Any = match.parent.obj
            del parent[match.parts[-1]]


def _matches(document: dict[str, Any], target: str) -> list[jsonpath.JSONPathMatch]:
    try:
        query = jsonpath.compile(target, strict=True)
    except Exception as error:  # noqa: BLE001 - of some texts its own messages cannot be made
        raise OverlayError(f"not a JSONPath ({type(error).__name__})") from None
    # By place: a query may select a node twice.
    matches = list({match.parts: match for match in query.finditer(document)}.values())
    if not matches:
        raise OverlayError("matches nothing; is it stale?")
    return matches


def _update(node: Any, update: Any) -> None:
    if isinstance(node, list):
        node.append(copy.deepcopy(update))
    elif isinstance(node, dict):
        _merge(node, update, at="")
    else:
        raise OverlayError("an update needs an object or a list; target the object that holds this value")


def _merge(node: dict[str, Any], update: Any, at: str) -> None:
    if not isinstance(update, dict):
        raise OverlayError(f"cannot merge {_kind(update)} into an object{at and f' at {at}'}")
    for key, value in update.items():
        here = f"{at}.{key}" if at else str(key)
        if key not in node:
            node[key] = copy.deepcopy(value)
        elif _kind(node[key]) != _kind(value):
            raise OverlayError(f"cannot merge {_kind(value)} with {_kind(node[key])} at {here}; remove that first")
        elif isinstance(value, dict):
            _merge(node[key], value, here)
        elif isinstance(value, list):
            node[key].extend(copy.deepcopy(value))
        else:
            node[key] = value


def _as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _kind(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a scalar"


def _sortable(parts: tuple[int | str, ...]) -> list[tuple[int, int, str]]:
    return [(0, part, "") if isinstance(part, int) else (1, 0, part) for part in parts]
