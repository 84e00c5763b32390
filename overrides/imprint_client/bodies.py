"""Bodies: what the contract would refuse is found before anything is sent, all of it at once, each with its path.

The members of a model and their types are read off its annotations, so that a new field of the contract needs nothing
here. Amounts are integers of minor units; the likeliest mistake, an amount in major units, gets its likely fix.
"""

import datetime
import enum
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attrs
from imprint_api.types import MAX_SAFE_INTEGER, UNSET, Unset

from .errors import Fault

_ADDITIONAL = "additional_properties"


def member_faults(body: object, model: type, path: str) -> list[Fault]:
    """What is wrong with `body`, which should be a `model`: its members, and theirs."""
    if not isinstance(body, model):
        return [Fault(path, f"is {_described(body)}, not {_with_article(model.__name__)}", body)]
    return [
        fault
        for name, types in _members(model)
        for fault in _value_faults(getattr(body, name), types, f"{path}.{_wire(name)}" if path else _wire(name))
    ]


@cache
def _members(model: type) -> list[tuple[str, tuple[Any, ...]]]:
    """The members of a generated model, each with the types that it may have."""
    hints = get_type_hints(model)
    names = [field.name for field in attrs.fields(model) if field.name != _ADDITIONAL]
    return [(name, get_args(hints[name]) if isinstance(hints[name], UnionType) else (hints[name],)) for name in names]


def _wire(name: str) -> str:
    """The contract's name of a member: `type_` is `type`, since Python has a `type` of its own."""
    return name.removesuffix("_")


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
    if expected is int:
        yield from _integer_faults(value, path)
    elif get_origin(expected) is list:
        yield from _list_faults(value, get_args(expected), path)
    elif attrs.has(expected):
        yield from member_faults(value, expected, path)
    elif isinstance(expected, type) and (problem := _scalar_problem(value, expected)):
        yield Fault(path, problem, value)


def _list_faults(value: Any, types: tuple[Any, ...], path: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(path, f"is {_described(value)}, not a list", value)
        return
    for index, item in enumerate(value):
        yield from _value_faults(item, types, f"{path}[{index}]")


def _scalar_problem(value: Any, expected: type) -> str | None:
    if issubclass(expected, enum.Enum):
        # A member of the enum, known or not, is sent as it is; a bare string only if the contract knows it.
        if isinstance(value, expected) or value in list(expected):
            return None
        return f"is {_described(value)}, not one of {', '.join(str(member.value) for member in expected)}"
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        return f"is {_described(value)}, not {_with_article(expected.__name__)}"
    if isinstance(value, datetime.datetime) and value.utcoffset() is None:
        return "has no offset from UTC, which RFC 3339 needs: give it a tzinfo, such as datetime.UTC"
    if isinstance(value, str) and not is_text(value):
        return "holds half of a surrogate pair, which is no text and cannot be sent"
    return None


def is_text(value: str) -> bool:
    """Whether it can be sent: half of a surrogate pair has no UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer_faults(value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield Fault(path, f"is {_described(value)}; {_integer_advice(value, path)}", value)
    elif not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        yield Fault(path, "is beyond +-(2**53 - 1), which readers of JSON elsewhere would round", value)


def _integer_advice(value: Any, path: str) -> str:
    if path.endswith("quantity"):
        return "quantities are whole numbers"
    advice = "amounts are whole minor units"
    try:
        # Of its text: what a float shows is what its writer meant.
        major = Decimal(str(value))
        minor = int(major.scaleb(2))
    except (InvalidOperation, OverflowError, ValueError):
        return f"{advice}, as an int"
    if isinstance(value, bool) or minor != major.scaleb(2) or abs(minor) > MAX_SAFE_INTEGER:
        return f"{advice}, as an int"
    return f"{advice}: ${major:,.2f} is {minor}"


def _described(value: object) -> str:
    """A value for a message: scalars as they are, anything larger by its type."""
    if isinstance(value, bool | float | Decimal):
        return str(value) if isinstance(value, float) else repr(value)
    if isinstance(value, str):
        return f"the string {value[:50]!r}"
    if value is None or isinstance(value, int):
        return repr(value) if value is None or abs(value) <= MAX_SAFE_INTEGER else "a large integer"
    return _with_article(type(value).__name__)


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiouAEIOU" else f"a {noun}"
