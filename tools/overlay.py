"""Apply an OpenAPI Overlay 1.0 document, strictly.

The specification silently ignores an action that matches nothing. Here that is an error, and so is an update that
changes nothing or merges different kinds of value, because an outdated correction must be deleted. An action may state
the exact value that it replaces in `x-was`, an extension that the specification allows. It fails if the value is a
different one, so it cannot remove more than intended. Every failing action is reported, not just the first.
"""

import copy
import json
from dataclasses import dataclass
from typing import Any

import jsonpath
from ruamel.yaml import YAML


@dataclass(frozen=True)
class Failure:
    """An action that cannot be applied; `is_stale` if it no longer changes anything and can be deleted."""

    number: int
    target: str | None
    problem: str
    is_stale: bool

    def __str__(self) -> str:
        return f"action {self.number} ({self.target}): {self.problem}"


class OverlayError(Exception):
    """The overlay cannot be applied; the message has one line for each action that fails."""

    def __init__(self, problem: str, failures: tuple[Failure, ...] = ()) -> None:
        super().__init__(problem)
        self.failures = failures


class _StaleError(OverlayError):
    """The action changes nothing."""


def apply_overlay(document: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return a corrected copy of `document`; neither argument is changed."""
    if (
        not isinstance(overlay, dict)
        or overlay.get("overlay") != "1.0.0"
        or not isinstance(overlay.get("actions"), list)
    ):
        raise OverlayError("not an OpenAPI Overlay 1.0.0 document with a list of actions")
    corrected = copy.deepcopy(document)
    failures: list[Failure] = []
    for number, action in enumerate(overlay["actions"], start=1):
        target = action.get("target") if isinstance(action, dict) else None
        try:
            _apply_action(corrected, action, target)
        except OverlayError as error:
            failures.append(Failure(number, target, str(error), isinstance(error, _StaleError)))
    if failures:
        raise OverlayError("\n".join(map(str, failures)), tuple(failures))
    return corrected


def without_actions(text: str, numbers: set[int]) -> str:
    """The text of an overlay without some actions. The rest stays unchanged, including comments."""
    root = YAML().compose(text)
    actions = next(value for key, value in root.value if key.value == "actions")
    if actions.flow_style:
        raise OverlayError("its actions are not a list of one item a line; delete the stale ones by hand")
    lines = text.splitlines(keepends=True)
    starts = [item.start_mark.line for item in actions.value]
    ends = [*starts[1:], len(lines)]
    for number in sorted(numbers, reverse=True):
        start, end = starts[number - 1], ends[number - 1]
        indent = len(lines[start]) - len(lines[start].lstrip())
        # Blank lines and comments after an action, indented no deeper than it, are not part of it.
        while end > start + 1 and _is_aside(lines[end - 1], indent):
            end -= 1
        del lines[start:end]
    if len(numbers) == len(starts):
        at = next(key.start_mark.line for key, _ in root.value if key.value == "actions")
        lines[at] = "actions: []\n"
    return "".join(lines)


def _is_aside(line: str, indent: int) -> bool:
    text = line.strip()
    return not text or (text.startswith("#") and len(line) - len(line.lstrip()) <= indent)


def _apply_action(document: dict[str, Any], action: dict[str, Any], target: str | None) -> None:
    if not isinstance(target, str) or not action.get("description"):
        raise OverlayError("an action needs a target and a description of its reason")
    if ("update" in action) == ("remove" in action) or action.get("remove", True) is not True:
        raise OverlayError("an action has either an update or `remove: true`")
    matches = _matches(document, target)
    if "x-was" in action and any(_as_text(match.obj) != _as_text(action["x-was"]) for match in matches):
        raise OverlayError("matches something else than its `x-was`; is it stale?")
    if "update" in action:
        _update_all(matches, action["update"])
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
    except Exception as error:  # noqa: BLE001 - it fails to build its own message for some texts
        raise OverlayError(f"not a JSONPath ({type(error).__name__})") from None
    # By place: a query may select a node twice.
    matches = list({match.parts: match for match in query.finditer(document)}.values())
    if not matches:
        raise _StaleError("matches nothing; is it stale?")
    return matches


def _update_all(matches: list[jsonpath.JSONPathMatch], update: Any) -> None:
    """Update every match, or none of them."""
    # Compared as text, because Python's == treats 1, 1.0 and True as equal.
    before = repr([match.obj for match in matches])
    for match in matches:
        _update(copy.deepcopy(match.obj), update)
    for match in matches:
        _update(match.obj, update)
    if before == repr([match.obj for match in matches]):
        raise _StaleError("changes nothing; is it stale?")


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
