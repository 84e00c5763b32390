"""`imprint show`: an order, its events, and their sums beside the amount ordered."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from imprint_client import Order, OrderEvent, OrderEventType

from imprint_bulk.money import money

DEFAULT_CURRENCY = "USD"
BAR_CHARACTERS = 40
_SIGNS = {OrderEventType.CAPTURED: 1, OrderEventType.REFUNDED: -1}


class Sums(NamedTuple):
    """The sums of the events in one currency, in minor units."""

    currency: str
    ordered: int
    captured: int
    refunded: int

    @property
    def net(self) -> int:
        """Captured minus refunded."""
        return self.captured - self.refunded


def add_up(order: Order, events: Sequence[OrderEvent]) -> list[Sums]:
    """The amounts captured and refunded, by currency. Events of an unknown type are not added."""
    ordered, captured, refunded = Counter[str](), Counter[str](), Counter[str]()
    ordered[order.currency or DEFAULT_CURRENCY] += order.total_order_amount
    for event in events:
        if event.type_ in _SIGNS:
            (captured if _SIGNS[event.type_] > 0 else refunded)[event.currency or DEFAULT_CURRENCY] += event.amount
    # A Counter keeps zeros, so the order's own currency is always there.
    currencies = dict.fromkeys([*ordered, *captured, *refunded])
    return [Sums(each, ordered[each], captured[each], refunded[each]) for each in currencies]


def lines(order: Order, events: Sequence[OrderEvent]) -> Iterator[str]:
    """The lines to print for people."""
    yield f"Order {order.id} (partner_order_id {order.partner_order_id})"
    named = [(str(event.type_), str(event.partner_event_id or event.order_event_id or "-")) for event in events]
    widths = [max((len(each[place]) for each in named), default=0) for place in (0, 1)]
    for event, (kind, own_id) in zip(events, named, strict=True):
        amount = money(event.amount, event.currency or DEFAULT_CURRENCY)
        unknown = "" if event.type_ in _SIGNS else "  (unknown type: not added)"
        yield f"  {kind:<{widths[0]}}  {own_id:<{widths[1]}}  {amount:>14}{unknown}"
    if not events:
        yield "  no events"
    for sums in add_up(order, events):
        most = max(sums.ordered, sums.captured, sums.refunded, sums.net, 1)
        named_sums = (("ordered", sums.ordered), ("captured", sums.captured), ("refunded", sums.refunded))
        for name, units in (*named_sums, ("net", sums.net)):
            yield f"{name:<8}  {money(units, sums.currency):>14}  {units:>12}  {_bar(units, most)}".rstrip()


def _bar(amount: int, most: int) -> str:
    mark = "█" if (sys.stdout.encoding or "").lower().startswith("utf") else "#"
    return mark * (max(amount, 0) * BAR_CHARACTERS // most)
