# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

"""Contains some shared types for properties"""

import datetime
import enum
import re
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cache, wraps
from http import HTTPStatus
from reprlib import recursive_repr
from types import NoneType, UnionType
from typing import (
    IO,
    TYPE_CHECKING,
    Any,
    BinaryIO,
    Generic,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from attrs import define, fields, has

if TYPE_CHECKING:
    import uuid

    from typing_extensions import deprecated  # which type checkers bring along
else:

    def deprecated(_: str) -> Any:
        """`warnings.deprecated`, which Python has from 3.13 on: a mark for type checkers, which does nothing here"""
        return lambda function: function


class Unset:
    """The type of UNSET: the value of a field that is missing, as opposed to null"""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        # The name of the one instance: so it stays the same object through copy, deepcopy and pickle.
        return "UNSET"


UNSET: Unset = Unset()

# The types that `httpx.Client(files=)` can accept, copied from that library.
FileContent = IO[bytes] | bytes | str
FileTypes = (
    # (filename, file (or bytes), content_type)
    tuple[str | None, FileContent, str | None]
    # (filename, file (or bytes), content_type, headers)
    | tuple[str | None, FileContent, str | None, Mapping[str, str]]
)
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """Contains information for file uploads"""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """Return a tuple representation that httpx will accept for multipart/form-data"""
        return self.file_name, self.payload, self.mime_type


T = TypeVar("T")


@define
class Response(Generic[T]):
    """A response from an endpoint"""

    status_code: HTTPStatus
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None


# What follows reads answers: each reader takes what JSON gave for a member and returns the member's value, or raises
# ContractError. from_dict of a model is such a reader.

# Beyond this, readers of JSON elsewhere round integers (RFC 8259, section 6).
MAX_SAFE_INTEGER = 2**53 - 1
MIN_SAFE_INTEGER = -MAX_SAFE_INTEGER


class ContractError(ValueError):
    """Something that was read, or a parameter to send, is not what the contract says

    Attributes:
        path: Where, from the outermost object read: ``data[3].order_lines[0].rate``; empty for that object itself
        problem: What is wrong there, without the value
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path} {self.problem}" if self.path else f"the response {self.problem}"

    def inside(self, outer: str) -> "ContractError":
        """The same error seen from the object that holds this one as `outer`"""
        joint = "." if self.path and not self.path.startswith("[") else ""
        return ContractError(f"{outer}{joint}{self.path}", self.problem)


def read_member(name: str, value: object, read: Callable[[Any], T]) -> T:
    """Read the value of the member `name`, which must be there"""
    if value is UNSET:
        raise ContractError(name, "is missing")
    try:
        return read(value)
    except ContractError as error:
        raise error.inside(name) from None


def read_object(value: object) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise _mistyped(value, "an object")


def read_str(value: object) -> str:
    if isinstance(value, str):
        return value
    raise _mistyped(value, "a string")


def read_int(value: object) -> int:
    """Read an integer; 274999.0 is one to JSON Schema, and is read as 274999"""
    if isinstance(value, float):
        if not value.is_integer():
            raise ContractError("", "is not a whole number")
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _mistyped(value, "an integer")
    if not MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise ContractError("", "is beyond +-(2**53 - 1), where it may have been rounded")
    return value


def read_float(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise _mistyped(value, "a number")


def read_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _mistyped(value, "true or false")


def read_none(value: object) -> None:
    if value is not None:
        raise _mistyped(value, "null")


def read_any(value: Any) -> Any:
    return value


def read_datetime(value: object) -> datetime.datetime:
    """Read an RFC 3339 timestamp: unlike `datetime.fromisoformat`, isoparse takes its small t and z"""
    text = read_str(value)
    from dateutil.parser import isoparse  # noqa: PLC0415 (costs 25 ms or more: imported when first needed)

    instant = _parse(isoparse, text, "an RFC 3339 timestamp")
    if instant.tzinfo is None:
        raise ContractError("", "is a timestamp without an offset from UTC")
    return instant


def read_date(value: object) -> datetime.date:
    return _parse(datetime.date.fromisoformat, read_str(value), "a date")


def read_uuid(value: object) -> "uuid.UUID":
    from uuid import UUID  # noqa: PLC0415 (costs 3 ms, which no contract without UUIDs needs)

    return _parse(UUID, read_str(value), "a UUID")


E = TypeVar("E", bound=enum.Enum)


def str_enum(values: type[E]) -> Callable[[object], E]:
    return lambda value: values(read_str(value))


def int_enum(values: type[E]) -> Callable[[object], E]:
    return lambda value: _parse(values, read_int(value), f"one of {[member.value for member in values]}")


def constant(expected: T) -> Callable[[object], T]:
    def read(value: object) -> T:
        if type(value) is type(expected) and value == expected:
            return expected
        raise ContractError("", f"is not {expected!r}")

    return read


def list_of(read: Callable[[Any], T]) -> Callable[[object], list[T]]:
    def read_list(value: object) -> list[T]:
        if not isinstance(value, list):
            raise _mistyped(value, "an array")
        items: list[T] = []
        try:
            for item in value:
                items.append(read(item))
        except ContractError as error:
            raise error.inside(f"[{len(items)}]") from None
        return items

    return read_list


def read_models(name: str, value: object, read: Callable[[Any], T]) -> list[T]:
    """Read a list of models; again, slowly, if that fails: to say where"""
    if type(value) is list:
        try:
            return [read(item) for item in value]
        except ContractError:
            pass
    return read_member(name, value, list_of(read))


def one_of(*readers: Callable[[Any], Any]) -> Callable[[object], Any]:
    """A reader of what fits one of several; of models, the one that lists most of what is there"""

    def read(value: object) -> Any:
        errors: list[ContractError] = []
        best: tuple[int, Any] | None = None
        for reader in readers:
            try:
                found = reader(value)
            except ContractError as error:
                errors.append(error)
                continue
            unlisted = _unlisted(found, value)
            if not unlisted:
                return found
            if best is None or unlisted < best[0]:
                best = unlisted, found
        if best is not None:
            return best[1]
        inner = [error for error in errors if error.path]
        if len(inner) == 1:
            raise inner[0]
        raise ContractError("", "; ".join(error.problem for error in errors if not error.path) or "fits no variant")

    return read


def _unlisted(found: Any, value: Any) -> int:
    """How many members of what was read the model does not list"""
    if not isinstance(value, Mapping) or not has(type(found)):
        return 0
    return len(value) - len(found.to_dict()) + len(getattr(found, "additional_properties", ()))


# What follows is about what is to be sent. Types are known to checkers only: whoever uses none, or fills models from a
# table, must hear of a mistake before it is sent. Each fault is a path, what is wrong there, and the value.

Faults = Iterator[tuple[str, str, Any]]
_UNIONS = (Union, UnionType)
_SURROGATE = re.compile("[\ud800-\udfff]")


def faults_of(body: object, model: type, path: str = "") -> Faults:
    """What the contract would refuse of `body`, which should be a `model`"""
    if not isinstance(body, model):
        yield path, f"is {described(body)}, not {_with_article(model.__name__)}", body
        return
    module = sys.modules[model.__module__]
    limits: dict[str, Any] = getattr(module, "_LIMITS", {})
    unlisted = getattr(body, "additional_properties", {})
    for key in unlisted:
        if key in getattr(module, "_MEMBERS", ()):
            yield f"{path}.{key}".strip("."), "stands among the additional properties; give it as a member", None
    for name, types in _members(model):
        # `type_` is the contract's `type`: Python has a `type` of its own.
        if name == "additional_properties":
            for key, value in unlisted.items():
                yield from _member_faults(value, types, limits.get("*"), f"{path}.{key}".strip("."))
        else:
            yield from _member_faults(getattr(body, name), types, limits.get(name), f"{path}.{name}".strip("._"))
    if "" in limits:
        yield from _limit_faults(write(body), limits[""], path)


def _member_faults(value: Any, types: tuple[Any, ...], limits: dict[str, Any] | None, path: str) -> Faults:
    faults = list(_value_faults(value, types, path))
    yield from faults
    if limits and not faults and value is not UNSET:
        yield from _limit_faults(value, limits, path)


def are_plain(items: object, model: Any) -> bool:
    """Whether this is a list of nothing but plain `model`s"""
    if type(items) is not list:
        return False
    for item in items:
        if type(item) is not model or not item._is_plain():
            return False
    return True


def is_text(value: object) -> bool:
    """Whether this is a string that can be sent: half of a surrogate pair cannot; and of which str() is itself"""
    return isinstance(value, str) and str(value) == value and not _SURROGATE.search(value)


@cache
def _members(model: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """The members of a model, each with the types that it may have; those of its additional properties' values"""
    hints = get_type_hints(model)
    if "additional_properties" in hints:
        hints["additional_properties"] = get_args(hints["additional_properties"])[1]
    names = [field.name for field in fields(model)]
    return [(name, _types_of(hints[name])) for name in names]


def _types_of(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in _UNIONS else (hint,)


def _value_faults(value: Any, types: tuple[Any, ...], path: str) -> Faults:
    if Any in types:
        return
    if isinstance(value, Unset):
        if Unset not in types:
            yield path, "is missing", None
    elif value is None:
        if NoneType not in types:
            advice = "leave it out (UNSET) if there is none" if Unset in types else "it is needed"
            yield path, f"is None; {advice}", None
    else:
        tried = [list(_kind_faults(value, kind, path)) for kind in types if kind not in (Unset, NoneType)]
        yield from min(tried, key=len, default=[])


def _kind_faults(value: Any, kind: Any, path: str) -> Faults:
    if get_origin(kind) is list:
        if not isinstance(value, list):
            yield path, f"is {described(value)}, not a list", value
            return
        for index, item in enumerate(value):
            yield from _value_faults(item, _types_of(get_args(kind)[0]), f"{path}[{index}]")
    elif get_origin(kind) is Literal:
        if not any(type(value) is type(each) and value == each for each in get_args(kind)):
            yield path, f"is {described(value)}, not {' or '.join(map(repr, get_args(kind)))}", value
    elif has(kind):
        yield from faults_of(value, kind, path)
    elif isinstance(kind, type) and (problem := _problem(value, kind)):
        yield path, problem, value


def _problem(value: Any, kind: Any) -> str | None:
    if issubclass(kind, enum.Enum):
        # A member of the enum, known or not, is sent as it is; anything else only if the contract knows it.
        if isinstance(value, kind) or value in list(kind):
            return None
        return f"is {described(value)}, not one of {', '.join(str(member.value) for member in kind)}"
    is_number = kind in (int, float)
    if not isinstance(value, (int, float) if kind is float else kind) or (is_number and isinstance(value, bool)):
        return f"is {described(value)}, not {_with_article(kind.__name__)}"
    if kind is int and not MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        return "is beyond +-(2**53 - 1), which readers of JSON elsewhere would round"
    if kind is datetime.date and isinstance(value, datetime.datetime):
        return "is a datetime, not a date: give its date()"
    if isinstance(value, datetime.datetime) and value.utcoffset() is None:
        return "has no offset from UTC, which RFC 3339 needs: give it a tzinfo, such as datetime.UTC"
    if kind is str and str(value) != value:
        return f"is one string and shows as another, {str(value)!r}: give its value"
    if kind is str and not is_text(value):
        return "holds half of a surrogate pair, which is no text and cannot be sent"
    return None


def _is_multiple(value: Any, limit: Any) -> bool:
    if isinstance(value, int) and isinstance(limit, int):
        return value % limit == 0
    from decimal import Decimal  # noqa: PLC0415 (costs 3 ms, which few contracts need)

    return Decimal(str(value)) % Decimal(str(limit)) == 0


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


def _are_unique(items: list[Any]) -> bool:
    import json  # noqa: PLC0415 (few contracts need it)

    texts = [json.dumps(item, sort_keys=True) for item in items]
    return len(set(texts)) == len(texts)


_NUMBER = (int, float)
# What each word of JSON Schema limits, when that is so, and what is said where it is not.
_LIMITS: dict[str, tuple[Any, Callable[[Any, Any], bool], str]] = {
    "minimum": (_NUMBER, lambda value, limit: value >= limit, "is {value}, and the least allowed is {limit}"),
    "maximum": (_NUMBER, lambda value, limit: value <= limit, "is {value}, and the most allowed is {limit}"),
    "exclusiveMinimum": (_NUMBER, lambda value, limit: value > limit, "is {value}, and must be more than {limit}"),
    "exclusiveMaximum": (_NUMBER, lambda value, limit: value < limit, "is {value}, and must be less than {limit}"),
    "multipleOf": (_NUMBER, lambda value, limit: _is_multiple(value, limit), "is {value}, not a multiple of {limit}"),
    "minLength": (str, lambda value, limit: len(value) >= limit, "has {size} characters, and needs at least {limit}"),
    "maxLength": (str, lambda value, limit: len(value) <= limit, "has {size} characters, and may have {limit}"),
    "pattern": (
        str,
        lambda value, limit: _pattern(limit).search(value) is not None,
        "is {value}, which does not match {limit}",
    ),
    "minItems": (list, lambda value, limit: len(value) >= limit, "has {size} items, and needs at least {limit}"),
    "maxItems": (list, lambda value, limit: len(value) <= limit, "has {size} items, and may have {limit}"),
    "uniqueItems": (list, lambda value, _: _are_unique(value), "has an item twice"),
    "minProperties": (dict, lambda value, limit: len(value) >= limit, "has {size} members, and needs at least {limit}"),
    "maxProperties": (dict, lambda value, limit: len(value) <= limit, "has {size} members, and may have {limit}"),
}
_JSON_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": _NUMBER,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": NoneType,
}


def fits(value: Any, limits: Mapping[str, Any]) -> bool:
    """Whether a value of the right type is within its limits"""
    return value is UNSET or next(_limit_faults(value, limits, ""), None) is None


def check_parameters(limits: Mapping[str, Any], /, **given: Any) -> None:
    """Refuse parameters that are beyond their limits

    Raises:
        ContractError: Nothing was sent; its `path` is the first such parameter, its `problem` says what is wrong of all
    """
    faults = [
        fault
        for name, value in given.items()
        if value is not UNSET
        for fault in _limit_faults(value, limits[name], name)
    ]
    if faults:
        (path, problem, _), *others = faults
        raise ContractError(path, "; ".join([problem, *(f"{name} {said}" for name, said, _ in others)]))


def parameter_faults(function: Callable[..., Any], given: Mapping[str, Any]) -> Faults:
    """What the contract would refuse of parameters, given by name, of a generated `_get_kwargs`"""
    limits: Mapping[str, Any] = function.__globals__.get("_LIMITS", {})
    for name, value in given.items():
        yield from _member_faults(value, parameter_types(function)[name], limits.get(name), name)


@cache
def parameter_types(function: Callable[..., Any]) -> Mapping[str, tuple[Any, ...]]:
    """The parameters of a generated `_get_kwargs`, each with the types that it may have"""
    hints = {name: hint for name, hint in get_type_hints(function).items() if name != "return"}
    return {name: _types_of(hint) for name, hint in hints.items()}


def _limit_faults(value: Any, limits: Mapping[str, Any], path: str) -> Faults:
    """Where a value of the right type is beyond its limits, words of JSON Schema that say nothing of other types"""
    plain = write(value)
    for word, limit in limits.items():
        if word == "items":
            for index, item in enumerate(plain if isinstance(plain, list) else ()):
                yield from _limit_faults(item, limit, f"{path}[{index}]")
        elif word == "anyOf":
            variants = [each for each in limit if _is_a(plain, each.get("type"))]
            tried = [list(_limit_faults(plain, each, path)) for each in variants]
            yield from min(tried, key=len, default=[])
        elif word in _LIMITS:
            kind, is_within, text = _LIMITS[word]
            if isinstance(plain, kind) and not isinstance(plain, bool) and not is_within(plain, limit):
                size = len(plain) if isinstance(plain, (str, list, dict)) else 0
                yield path, text.format(value=described(plain), limit=limit, size=size), value


def _is_a(value: Any, types: list[str] | None) -> bool:
    return types is None or any(isinstance(value, _JSON_TYPES[each]) for each in types)


def described(value: object) -> str:
    """A value for a message: scalars as they are, anything larger by its type"""
    if isinstance(value, str):
        return f"the string {value[:50]!r}"
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        return "a large integer"
    is_short = value is None or isinstance(value, (int, float)) or type(value).__module__ == "decimal"
    return repr(value) if is_short else _with_article(type(value).__name__)


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"


def write(value: Any) -> Any:
    """What JSON can hold of a member's value"""
    if isinstance(value, list):
        return [write(item) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    if type(value).__module__ == "uuid":
        return str(value)
    to_dict = getattr(value, "to_dict", None)
    return value if to_dict is None else to_dict()


def write_models(items: Any, model: Any) -> Any:
    if type(items) is not list:
        return write(items)
    return [item.to_dict() if type(item) is model else write(item) for item in items]


# What follows is about models as Python objects: what they say of themselves, to people and to pydantic.

C = TypeVar("C", bound=type)


def explain_keywords(model: C) -> C:
    """Give the TypeError for a keyword that a model does not take the one that was probably meant"""
    init: Callable[..., None] = getattr(model, "__init__")

    @wraps(init)
    def explained(self: Any, **members: Any) -> None:
        try:
            init(self, **members)
        except TypeError as error:
            names = [field.name for field in fields(model) if field.init]
            unknown = next((name for name in members if name not in names), None)
            if unknown is None:
                raise
            from difflib import get_close_matches  # noqa: PLC0415 (for a mistake only)

            close = [f"{unknown}_"] if f"{unknown}_" in names else get_close_matches(unknown, names, 1)
            advice = f". Did you mean {close[0]!r}?" if close else f"; it takes {', '.join(names)}"
            raise TypeError(f"{str(error).removesuffix('.')}{advice}") from None

    setattr(model, "__init__", explained)
    return model


@recursive_repr()
def shown(model: Any) -> str:
    """The repr of a model: its members that are there"""
    names = [field.name for field in fields(type(model)) if field.name != "additional_properties"]
    members = [(name, value) for name in names if (value := getattr(model, name)) is not UNSET]
    if unlisted := getattr(model, "additional_properties", None):
        members.append(("additional_properties", unlisted))
    return f"{type(model).__name__}({', '.join(f'{name}={value!r}' for name, value in members)})"


def core_schema(model: Any) -> dict[str, Any]:
    """How pydantic reads and writes a model: as `from_dict` and `to_dict` do. Only pydantic asks, so it is not imported"""
    return {
        "type": "function-plain",
        "function": {
            "type": "no-info",
            "function": lambda value: value if isinstance(value, model) else model.from_dict(value),
        },
        "serialization": {"type": "function-plain", "function": lambda value: value.to_dict()},
        "ref": f"{model.__module__}.{model.__qualname__}:{id(model)}",
    }


def json_schema(component: str, title: str) -> dict[str, Any]:
    """The JSON schema of a model, as the contract has it, with what it refers to written out"""
    schema = _written_out({"$ref": f"#/components/schemas/{component}"}, ()) if component else {"type": "object"}
    return {**schema, "title": title}


@cache
def _contract() -> Any:
    import json  # noqa: PLC0415 (for pydantic only)
    from pathlib import Path  # noqa: PLC0415

    return json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"))


def _written_out(node: Any, inside: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_written_out(each, inside) for each in node]
    if not isinstance(node, dict):
        return node
    name = node.get("$ref")
    if not isinstance(name, str):
        return {key: _written_out(value, inside) for key, value in node.items()}
    if name in inside:
        return {"type": "object"}  # a model that holds itself
    found = _contract()
    for key in name.split("/")[1:]:
        found = found[key]
    return _written_out(found, (*inside, name))


def _parse(parse: Callable[[Any], T], value: object, expected: str) -> T:
    try:
        return parse(value)
    except (ValueError, OverflowError):
        raise ContractError("", f"is not {expected}") from None


def _mistyped(value: object, expected: str) -> ContractError:
    found = _JSON_NAMES.get(type(value), type(value).__name__)
    return ContractError("", f"is {found}, not {expected}")


_JSON_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}

__all__ = [
    "MAX_SAFE_INTEGER",
    "UNSET",
    "ContractError",
    "File",
    "FileTypes",
    "RequestFiles",
    "Response",
    "Unset",
    "described",
    "faults_of",
    "is_text",
    "parameter_faults",
    "parameter_types",
]
