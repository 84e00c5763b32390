"""What each operation does, once the contract allows the request: the rules that the contract states only in prose.

A handler takes the store and the call and returns the answer's body, or raises RefusedError. A new operation is one
function and one line in HANDLERS; until then it is answered with 501.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from imprint_sandbox.contract import Call
from imprint_sandbox.refusals import RefusedError
from imprint_sandbox.store import INDEXED, JsonObject, Store

MAX_PAGE = 100  # events

Handler = Callable[[Store, Call], JsonObject]


def create_order(store: Store, call: Call) -> JsonObject:
    """Record an order."""
    order: JsonObject = dict(call.body)
    _check_sums(order, amount="total_order_amount", rewards_amount="total_rewards_amount")
    if "id" in order and store.has("orders", "id", order["id"]):
        raise RefusedError(409, f"An order with the id {order['id']!r} exists already.", "id")
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    order.setdefault("id", str(uuid4()))
    order.setdefault("created_at", now)
    order.setdefault("updated_at", now)
    store.add("orders", order)
    return order


def post_order_event(store: Store, call: Call) -> JsonObject:
    """Record an event of an order that exists."""
    event: JsonObject = dict(call.body)
    _check_sums(event, amount="amount", rewards_amount="rewards_amount")
    if not store.has("orders", "id", event["order_id"]):
        raise RefusedError(404, f"There is no order with the id {event['order_id']!r}.", "order_id")
    if store.refuse_duplicates:
        for member in ("order_event_id", "partner_event_id"):
            if member in event and store.has("events", member, event[member]):
                raise RefusedError(409, f"An event with this {member} is recorded already.", member)
    event.setdefault("order_event_id", str(uuid4()))
    store.add("events", event)
    return event


def list_order_events(store: Store, call: Call) -> JsonObject:
    """Return a page of the events that match every filter, in the order of recording."""
    filters = {name: value for name, value in call.parameters.items() if value is not None}
    limit: int = filters.pop("limit")
    cursor: str | None = filters.pop("starting_after", None)
    for name in filters:
        if name not in INDEXED["events"]:
            raise RefusedError(501, f"The sandbox cannot filter by {name} yet.", name)
    after = 0
    if cursor is not None:
        number = store.number_of("events", "order_event_id", cursor)
        if number is None:
            raise RefusedError(400, f"No event has the id {cursor!r}.", "starting_after")
        after = number
    page = store.page(
        "events",
        filters,
        # Published: a lookup by one of these has a maximum of one result.
        first_only=not filters.keys().isdisjoint(("order_event_id", "partner_event_id")),
        after=after,
        limit=min(limit, MAX_PAGE),
    )
    return {"data": page.records, "has_more": page.has_more, "total": page.total}


HANDLERS: Mapping[str, Handler] = {
    "createOrder": create_order,
    "postOrderEvent": post_order_event,
    "listOrderEvents": list_order_events,
}


def _check_sums(body: Mapping[str, Any], *, amount: str, rewards_amount: str) -> None:
    lines = body.get("order_lines")
    if lines is None:
        return
    for member, rate in ((amount, "rate"), (rewards_amount, "rewards_rate")):
        total = sum(line["quantity"] * line[rate] for line in lines)
        if body.get(member, total) != total:
            raise RefusedError(
                400, f"{member} is {body[member]}, but the {rate}s of order_lines add up to {total}.", member
            )
