"""Requests with ids: check the ids before a request, and the record in its response.

A response is never trusted: a record with a different id is an error, and so are two where there can be one.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from imprint_api.types import ContractError, described, is_text, parameter_faults, parameter_types

from .bodies import stated
from .comparison import matched
from .delivery import Answer, Call, Request
from .errors import Fault, InvalidRequestError
from .settings import Settings
from .totals import check_body
from .transport import make_request

T = TypeVar("T")


Asks = Callable[..., dict[str, Any]]
"""The `_get_kwargs` of a generated function: its parameters have the contract's types and limits."""


def split(options: Any, names: frozenset[str], asks: Asks, settings: Settings) -> tuple[dict[str, Any], Call]:
    """The filters, checked (a server may ignore an empty one), and a call with the other options."""
    filters = {name: options.pop(name) for name in [*options] if name in names}
    call = settings.call(options)  # takes headers out of them, before an error can show them
    check(filters, asks)
    return filters, call


def split_one(options: Any, names: frozenset[str], asks: Asks, settings: Settings) -> tuple[dict[str, Any], Call]:
    """`split`, where exactly one filter is needed."""
    wanted, call = split(options, names, asks, settings)
    if len(wanted) != 1:
        raise InvalidRequestError([Fault("find", f"needs exactly one of {' and '.join(sorted(names, reverse=True))}")])
    return wanted, call


def check(filters: Mapping[str, Any], asks: Asks) -> None:
    """Refuse ids, cursors and limits that are empty or that the contract does not allow."""
    faults = [
        Fault(name, problem, stated(value))
        for name, value in filters.items()
        if (problem := _problem(name, value, asks))
    ]
    if faults:
        raise InvalidRequestError(faults)


def _problem(name: str, value: object, asks: Asks) -> str | None:
    if name == "limit":
        # isdigit: what is sent is its str(), which is no number for True, or for a member of a `class Size(int, Enum)`.
        is_right = isinstance(value, int) and str(value).isdigit() and 1 <= value < 2**31
        return None if is_right else f"is {value!r}, not a whole number from 1"
    if str in parameter_types(asks)[name] and not (value and is_text(value)):
        return f"is {described(value)}; ids and cursors are strings and not empty"
    return next((problem for _, problem, _ in parameter_faults(asks, {name: value})), None)


def those_with(wanted: Mapping[str, str], arguments: Mapping[str, Any], *, unique: bool) -> Request[list[Any]]:
    """A request with the `arguments` of a generated function. Its result is the records with the `wanted` ids."""

    def checked(_: object, __: object, page: Any) -> list[Any]:
        if unique and len(page.data) > 1:
            raise ContractError("data", f"has {len(page.data)} entries for one id")
        if not page.data and getattr(page, "has_more", False):  # only a page of events has this field
            raise ContractError("data", "is empty, but has_more is true")
        if page.additional_properties.get("has_more"):  # a list of orders has no field for it
            raise ContractError("has_more", "is true, but there is no way to ask for more")
        return list(fits(wanted, page).data)

    return make_request(**arguments, result=checked)


def fits(wanted: Mapping[str, Any], page: Any) -> Any:
    """The page, if all its records have the `wanted` ids. A server or a proxy may lose a filter."""
    for index, each in enumerate(page.data):
        for name, value in wanted.items():
            if getattr(each, name) != value:
                raise ContractError(f"data[{index}].{name}", "is not the one that was asked for")
    return page


def writing(body: Any, model: type, call: Call, name: str, asks: Asks, *path: str) -> Request[Any]:
    """A request that sends a body, which is checked first. Its result is what was recorded, checked against the body.

    The record has the same id as the `path` or the body's `name`, or leaves it out. With another id, it is the response
    to another request: a proxy's mistake, or bytes left on a connection. With other values it is a MismatchError.
    """
    plain = check_body(body, model, call.check_totals)
    expected = path[0] if path else getattr(body, name)

    def checked(_: Answer, __: Any, recorded: Any) -> Any:
        if expected and (getattr(recorded, name) or expected) != expected:
            raise ContractError(name, "is not the one that was sent")
        return matched(body, recorded)

    return make_request(**asks(*path, body=body), sent=body, plain=plain, result=checked)


def only(found: list[T]) -> T | None:
    """The one record that was found, or None."""
    return found[0] if found else None


def gone(found: list[Any]) -> bool | None:
    """For `Lookup`: True when the deleted record is gone, None while it is still there."""
    return None if found else True
