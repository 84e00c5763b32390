"""Bodies: what the contract would refuse is found before anything is sent, all of it at once, each with its path.

The members of a model and their types are read off its annotations, so that a new field of the contract needs nothing
here. Amounts are integers of minor units; the likeliest mistake, an amount in major units, gets its likely fix.
"""

import datetime
import enum
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attrs
from imprint_api.types import MAX_SAFE_INTEGER, UNSET, Unset

from .errors import Fault

_SURROGATE = re.compile("[\ud800-\udfff]")


def member_faults(body: object, model: type, path: str) -> list[Fault]:
    """What is wrong with `body`, which should be a `model`: its members, and theirs."""
    if not isinstance(body, model):
        return [_fault(path, f"is {_described(body)}, not {_with_article(model.__name__)}", body)]
    return [
        fault
        for name, types in _members(model)
        # `type_` is the contract's `type`: Python has a `type` of its own.
        for fault in _value_faults(getattr(body, name), types, f"{path}.{name}".strip("._"))
    ]


@cache
def _members(model: type) -> list[tuple[str, tuple[Any, ...]]]:
    """The members of a generated model, each with the types that it may have."""
    hints = get_type_hints(model)
    names = [field.name for field in attrs.fields(model) if field.name != "additional_properties"]
    return [(name, get_args(hints[name]) if isinstance(hints[name], UnionType) else (hints[name],)) for name in names]


def _value_faults(value: Any, types: tuple[Any, ...], path: str) -> Iterator[Fault]:
    if value is UNSET or isinstance(value, Unset):
        if Unset not in types:
            yield Fault(path, "is missing")
        return
    if value is None:
        if NoneType not in types:
            advice = "leave it out (UNSET) if there is none" if Unset in types else "it is needed"
            yield Fault(path, f"is None; {advice}")
        return
    tried = [list(_kind_faults(value, kind, path)) for kind in types if kind not in (Unset, NoneType)]
    yield from min(tried, key=len, default=[])


def _kind_faults(value: Any, expected: Any, path: str) -> Iterator[Fault]:
    if get_origin(expected) is list:
        if not isinstance(value, list):
            yield _fault(path, f"is {_described(value)}, not a list", value)
            return
        for index, item in enumerate(value):
            yield from _value_faults(item, get_args(expected), f"{path}[{index}]")
    elif attrs.has(expected):
        yield from member_faults(value, expected, path)
    elif isinstance(expected, type) and (problem := _problem(value, expected, path)):
        yield _fault(path, problem, value)


def _fault(path: str, problem: str, value: object) -> Fault:
    # What is no scalar is described: it may be large, or such that the exception could not be pickled.
    return Fault(path, problem, value if isinstance(value, str | int | float | Decimal | None) else _described(value))


def _problem(value: Any, expected: type, path: str) -> str | None:
    if expected is int:
        if not isinstance(value, int) or isinstance(value, bool):
            return f"is {_described(value)}; {_integer_advice(value, path)}"
        is_safe = -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
        return None if is_safe else "is beyond +-(2**53 - 1), which readers of JSON elsewhere would round"
    if issubclass(expected, enum.Enum):
        # A member of the enum, known or not, is sent as it is; a bare string only if the contract knows it.
        if isinstance(value, expected) or value in list(expected):
            return None
        return f"is {_described(value)}, not one of {', '.join(str(member.value) for member in expected)}"
    if not isinstance(value, expected):
        return f"is {_described(value)}, not {_with_article(expected.__name__)}"
    if isinstance(value, datetime.datetime) and value.utcoffset() is None:
        return "has no offset from UTC, which RFC 3339 needs: give it a tzinfo, such as datetime.UTC"
    if isinstance(value, str) and _SURROGATE.search(value):
        return "holds half of a surrogate pair, which is no text and cannot be sent"
    return None


def is_text(value: object) -> bool:
    """Whether it can be an id or a cursor: a text that can be sent (half of a surrogate pair cannot), not empty."""
    return isinstance(value, str) and value != "" and not _SURROGATE.search(value)


def _integer_advice(value: Any, path: str) -> str:
    if path.endswith("quantity"):
        return "quantities are whole numbers"
    advice = "amounts are whole minor units"
    try:
        # Of its text: what a float shows is what its writer meant.
        minor = Decimal(str(value)).scaleb(2)
        if abs(minor) <= MAX_SAFE_INTEGER and minor == minor.to_integral_value():
            return f"{advice}: ${minor.scaleb(-2):,.2f} is {int(minor)}"
    except ArithmeticError:
        pass  # no number at all
    return f"{advice}, as an int"


def _described(value: object) -> str:
    """A value for a message: scalars as they are, anything larger by its type."""
    if isinstance(value, str):
        return f"the string {value[:50]!r}"
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        return "a large integer"
    is_short = value is None or isinstance(value, int | float | Decimal)
    return repr(value) if is_short else _with_article(type(value).__name__)


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"
