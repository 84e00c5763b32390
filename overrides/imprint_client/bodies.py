"""Bodies: find everything that the contract would refuse before anything is sent, each fault with its path.

The models check what the contract's schemas say. This module adds what it says only in prose. Amounts are whole minor
units, so the advice for an amount in major units is the likely right one.
"""

import re
import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

from imprint_api.models import NewOrder, NewOrderEvent, OrderEvent, OrderEventType
from imprint_api.types import MAX_SAFE_INTEGER, described, faults_of

from .errors import Fault

_NO_INTEGER = ", not an int"
_EXCEPTIONS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {code: decimals for decimals, codes in _EXCEPTIONS.items() for code in codes.split()}
"""The decimals of the currencies that do not have two, by ISO 4217."""
_KNOWN_TYPES = tuple(OrderEventType)
_CURRENCY = re.compile("[A-Z]{3}")
NEEDED = ("order_id", "partner_order_id", "network_transaction_id")


class ImprintWarning(UserWarning):
    """What the contract allows, and is most likely a mistake; given once a process, as Python's warnings are.

    ``warnings.simplefilter("error", ImprintWarning)`` makes it an exception, before anything is sent.
    """


_warn = partial(warnings.warn, category=ImprintWarning, stacklevel=1)


def amounts_of(body: Any) -> tuple[str, str]:
    """The names of the two amounts of an order or event, sent or received."""
    is_event = isinstance(body, (NewOrderEvent, OrderEvent))
    return ("amount", "rewards_amount") if is_event else ("total_order_amount", "total_rewards_amount")


def member_faults(body: Any, model: type[Any], path: str = "") -> list[Fault]:
    """What is wrong with the fields of a `body`, which should be a `model`, and with the fields inside them."""
    currency = getattr(body, "currency", None) or "USD"
    return [_fault(*found, currency) for found in faults_of(body, model, path)]


def prose_faults(body: Any, needed: Sequence[str]) -> list[Fault]:
    """What is wrong by the contract's prose, or cannot be meant."""
    if not isinstance(body, (NewOrder, NewOrderEvent)):
        return []
    faults = [Fault(name, "is empty; it must be an id", "") for name in needed if getattr(body, name, None) == ""]
    currency, kind = body.currency, getattr(body, "type_", None)
    if isinstance(currency, str) and not _CURRENCY.fullmatch(currency):
        faults.append(Fault("currency", f"is {currency!r}, not three capital letters of ISO 4217, as in USD", currency))
    if isinstance(kind, OrderEventType) and kind not in _KNOWN_TYPES:
        known = ", ".join(_KNOWN_TYPES)
        faults.append(Fault("type", f"is {str(kind)!r}, which the contract does not know; it knows {known}", str(kind)))
    return faults


def warn_of(body: Any) -> None:
    """Warn of what is most likely a mistake."""
    if isinstance(body, NewOrderEvent) and not body.partner_event_id:
        _warn("an event has no partner_event_id: if its outcome is unknown, it can be neither looked up nor ensured")
    for line in body.order_lines or ():  # loops, because any() takes three times as long
        if line.quantity < 1:
            _warn("an order line has a quantity below 1")
    for name in amounts_of(body):
        if (getattr(body, name) or 0) < 0:
            _warn("an amount is negative; the amount of a refund is positive, too: its sign is in its type")


def _fault(path: str, problem: str, value: object, currency: str) -> Fault:
    if problem.endswith(_NO_INTEGER):
        problem = f"{problem.removesuffix(_NO_INTEGER)}; {_integer_advice(value, path, currency)}"
    return Fault(path, problem, stated(value))


def stated(value: object) -> object:
    """A value for a Fault. Only scalars are kept: others may be large, or impossible to pickle."""
    is_scalar = isinstance(value, str | int | float | None) or type(value).__module__ == "decimal"
    return value if is_scalar else described(value)


def _integer_advice(value: object, path: str, currency: str) -> str:
    if path.endswith("quantity"):
        return "quantities are whole numbers"
    from decimal import Decimal  # noqa: PLC0415 - 3 ms that importing this package need not cost

    advice = "amounts are whole minor units"
    try:
        stated = Decimal(str(value))  # of its text: what a float shows is what its writer meant
        decimals = _DECIMALS.get(currency, 2)
        minor = stated.scaleb(decimals)
        is_whole = abs(minor) <= MAX_SAFE_INTEGER and minor == minor.to_integral_value()
        if is_whole and _CURRENCY.fullmatch(currency):
            amount = f"{stated:,.{decimals}f}"
            shown = f"${amount}" if currency == "USD" else f"{amount} {currency}"
            if not decimals:
                return f"{advice}, as an int: {int(stated)}"
            if stated and stated == stated.to_integral_value():  # minor units already, from a database or a table?
                return f"{advice}, as an int: {int(stated)}, or {int(minor)} if {shown} is meant"
            return f"{advice}: {shown} is {int(minor)}"
    except ArithmeticError:
        pass  # no number at all
    return f"{advice}, as an int"
