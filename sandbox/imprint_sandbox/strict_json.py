"""Reads a JSON body more strictly than `json.loads` does, and never inexactly.

What another JSON reader might understand otherwise is refused, with its path: a member that appears twice, NaN, half of
a surrogate pair, an integer beyond +-(2**53 - 1), a number with more digits than can be kept, very deep nesting. A
whole number is read as an `int` however it is written: 274999.0 is 274999, since JSON Schema calls it an integer.
"""

import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from imprint_sandbox.refusals import RefusedError

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64


class _Members(list[tuple[str, Any]]):
    """The members of an object as they were sent, so that one that appears twice can still be seen."""


def decode(raw: bytes) -> Any:
    """Return the value that `raw` (a request's body) holds; raise RefusedError 400 when it is not exactly one."""
    try:
        text = raw.decode("utf-8")
        sent = json.loads(
            text, object_pairs_hook=_Members, parse_int=_number, parse_float=_number, parse_constant=float
        )
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"The body is not JSON in UTF-8: {_reason(error)}.") from None
    return _plain(sent, ())


def path_text(path: Sequence[str | int]) -> str | None:
    """Return `order_lines[2].rate` for ("order_lines", 2, "rate"), and None for the whole body."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # An exponent of some twenty digits.
        return Decimal("Infinity")


def _plain(value: Any, path: tuple[str | int, ...]) -> Any:
    if len(path) > MAX_DEPTH:
        raise RefusedError(400, f"The body is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, _Members):
        members: dict[str, Any] = {}
        for name, member in value:
            _check_text(name, path)
            if name in members:
                raise RefusedError(400, f"The member {name!r} appears twice.", path_text((*path, name)))
            members[name] = _plain(member, (*path, name))
        return members
    if isinstance(value, str):
        _check_text(value, path)
        return value
    if isinstance(value, Decimal | float):
        return _exact(Decimal(value), path)
    if value is None or isinstance(value, bool):
        return value
    return [_plain(item, (*path, index)) for index, item in enumerate(value)]


def _check_text(text: str, path: tuple[str | int, ...]) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise RefusedError(400, "A string holds half of a surrogate pair.", path_text(path)) from None


def _exact(number: Decimal, path: tuple[str | int, ...]) -> int | float:
    if not number.is_finite() or number.copy_abs() > MAX_INTEGER:
        raise RefusedError(400, "A number is beyond +-(2**53 - 1), or is none.", path_text(path))
    if number == number.to_integral_value():
        return int(number)
    nearest = float(number)
    if nearest.is_integer():
        raise RefusedError(400, "A number has more digits than can be kept.", path_text(path))
    return nearest
