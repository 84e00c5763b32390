"""What the page shows, read from the state in one go: the latest orders with what became of them, and the counts."""

from dataclasses import dataclass
from typing import Any

from imprint_sandbox.faults import SandboxFault
from imprint_sandbox.received import ReceivedRequest
from imprint_sandbox.state import State
from imprint_sandbox.store import JsonObject, Store

MOST_ORDERS = 50
MOST_EVENTS = 100  # of each order
MOST_REQUESTS = 50
DEFAULT_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order and its events. Amounts are minor units of `currency`; `others` are amounts that are in none of them.

    `captured` and `refunded` are sums over all events of the order in its own currency, `events` only the latest.
    """

    number: int
    order: JsonObject
    currency: str
    captured: int
    refunded: int
    others: list[tuple[str, str, int]]
    events: list[JsonObject]
    event_count: int

    @property
    def net(self) -> int:
        """What was captured, less what was refunded."""
        return self.captured - self.refunded


@dataclass(frozen=True, slots=True)
class Overview:
    """The latest of everything, newest first, and how much of it there is."""

    orders: list[OrderView]
    requests: list[tuple[int, ReceivedRequest]]
    faults: list[tuple[str, SandboxFault, int]]
    order_count: int
    event_count: int
    request_count: int
    late_count: int


def read_overview(state: State) -> Overview:
    """Return what the page shows now."""
    orders, order_count, event_count = state.look(_read_records)
    return Overview(
        orders=orders,
        requests=state.latest_requests(MOST_REQUESTS),
        faults=_in_a_row(state.faults()),
        order_count=order_count,
        event_count=event_count,
        request_count=state.request_count,
        late_count=state.late_count,
    )


def currency_of(record: JsonObject) -> str:
    """Return the currency of an order or event: the published default when it names none."""
    return record.get("currency") or DEFAULT_CURRENCY


def _read_records(store: Store) -> tuple[list[OrderView], int, int]:
    orders = [_view(store, number, order) for number, order in store.latest("orders", {}, MOST_ORDERS)]
    return orders, store.count("orders"), store.count("events")


def _view(store: Store, number: int, order: JsonObject) -> OrderView:
    currency = currency_of(order)
    sums: dict[tuple[str, str], int] = {}
    amounts = store.amounts(order["id"])
    for kind, event_currency, amount in amounts:
        key = (kind, event_currency or DEFAULT_CURRENCY)
        sums[key] = sums.get(key, 0) + amount
    return OrderView(
        number=number,
        order=order,
        currency=currency,
        captured=sums.pop(("CAPTURED", currency), 0),
        refunded=sums.pop(("REFUNDED", currency), 0),
        others=[(*key, amount) for key, amount in sums.items()],
        events=[event for _, event in store.latest("events", {"order_id": order["id"]}, MOST_EVENTS)],
        event_count=len(amounts),
    )


def _in_a_row(faults: list[tuple[str, SandboxFault]]) -> list[tuple[str, SandboxFault, int]]:
    """Return each run of equal faults once, with how often it comes."""
    rows: list[tuple[str, SandboxFault, int]] = []
    for operation, fault in faults:
        if rows and rows[-1][:2] == (operation, fault):
            rows[-1] = (operation, fault, rows[-1][2] + 1)
        else:
            rows.append((operation, fault, 1))
    return rows


def text_of(value: Any) -> str:
    """Return a member of a record as text, whatever it is."""
    return "" if value is None else str(value)
