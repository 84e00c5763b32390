"""Sums: an order's or event's amount must equal the sum of its lines, to the minor unit. Pure; needs no client.

Imprint's page says of `order_lines`: "When provided, the API will require that the calculated sum of all the rates and
rewards rates within (taking quantities into account) are equal to the amount and rewards_amount, respectively." So: an
empty list is provided, and its sums are 0; a rewards amount that is absent is compared with nothing; and nothing is
ever compared across orders and events ("the sums of all event amounts [...] do not need to be equal" to the order's).
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from imprint_api.models import NewOrder, NewOrderEvent, Order, OrderEvent, OrderLine
from imprint_api.types import described

from .bodies import NEEDED, amounts_of, member_faults, prose_faults, warn_of
from .errors import Fault, InvalidRequestError, TotalsMismatchError

LONGEST_SUM_SHOWN = 6


class Totals(NamedTuple):
    """The sums of lines, in minor units."""

    amount: int
    rewards_amount: int


def sum_lines(lines: Iterable[OrderLine]) -> Totals:
    """Add up lines: the amounts of an order or event that has them.

    Args:
        lines: Their rates are integers of minor units (274999 is $2,749.99). Their quantities are integers.

    Raises:
        InvalidRequestError: A line is not an OrderLine, or a rate or quantity is not an integer.
    """
    if not isinstance(lines, Iterable):
        raise InvalidRequestError([Fault("lines", f"is {described(lines)}, not OrderLines")])
    lines = list(lines)
    faults = [fault for index, line in enumerate(lines) for fault in member_faults(line, OrderLine, f"lines[{index}]")]
    if faults:
        raise InvalidRequestError(faults)
    return Totals(*_add_up(lines))


def check_totals(body: NewOrder | NewOrderEvent | Order | OrderEvent) -> None:
    """Check that the amounts of an order or event equal the sums of its `order_lines`, if it has them.

    Raises:
        TotalsMismatchError: They don't. Each fault says what is stated, what the lines add up to, and the difference.
        InvalidRequestError: A field is missing or has the wrong type, so there is nothing to add up.
    """
    models = (NewOrder, Order, NewOrderEvent, OrderEvent)
    check_body(body, type(body) if isinstance(body, models) else NewOrderEvent, totals=True, needed=())


def check_body(
    body: NewOrder | NewOrderEvent | Order | OrderEvent, model: type, totals: bool, needed: Sequence[str] = NEEDED
) -> bool:
    """Check a body before it is sent: its members always, its sums if `totals`. All faults are raised at once.

    Returns whether it is plain: what there is to know of its members was seen at a glance.
    """
    plain = type(body) is model and body._is_plain()
    sums = _sum_faults(body, plain) if totals and isinstance(body, model) else []
    faults = [] if plain and not sums else member_faults(body, model)
    faults += prose_faults(body, needed)
    if faults or sums:
        raise InvalidRequestError([*faults, *sums]) if faults else TotalsMismatchError(sums)
    warn_of(body)
    return plain


def _sum_faults(body: NewOrder | NewOrderEvent | Order | OrderEvent, plain: bool) -> list[Fault]:
    lines: Any = body.order_lines
    # Lines that cannot be added up have faults of their own.
    if not isinstance(lines, list) or not (plain or all(not member_faults(line, OrderLine) for line in lines)):
        return []
    names, sums, faults = amounts_of(body), _add_up(lines), []
    if plain and (getattr(body, names[0]), getattr(body, names[1])) == sums:  # as nearly always
        return []
    for name, rate, calculated in zip(names, ("rate", "rewards_rate"), sums, strict=True):
        stated = getattr(body, name)
        if isinstance(stated, int) and not isinstance(stated, bool) and stated != calculated:
            difference = f"{abs(stated - calculated)} too {'much' if stated > calculated else 'little'}"
            problem = f"is {stated}, but the lines add up to {calculated} ({_shown(lines, rate)}): {difference}"
            faults.append(Fault(name, problem, stated, calculated, stated - calculated))
    return faults


def _add_up(lines: Iterable[OrderLine]) -> tuple[int, int]:
    amount = rewards_amount = 0
    for line in lines:
        amount += line.quantity * line.rate
        rewards_amount += line.quantity * line.rewards_rate
    return amount, rewards_amount


def _shown(lines: Sequence[OrderLine], rate: str) -> str:
    """How a sum comes about: ``1 x 274999 + 2 x 500``."""
    terms = [f"{line.quantity} x {getattr(line, rate)}" for line in lines[:LONGEST_SUM_SHOWN]]
    if len(lines) > LONGEST_SUM_SHOWN:
        terms.append(f"{len(lines) - LONGEST_SUM_SHOWN} more lines")
    return " + ".join(terms) or "no lines"
