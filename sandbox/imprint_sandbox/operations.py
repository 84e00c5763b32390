"""What each operation does, once the contract allows the request: the rules that the contract states only in prose.

A handler takes the store and the call and returns the answer's body (None for none), or raises RefusedError. A new
operation is one function and one line in HANDLERS; until then it is answered with 501.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from imprint_sandbox.contract import Call
from imprint_sandbox.refusals import RefusedError
from imprint_sandbox.store import INDEXED, JsonObject, Store, Table

MAX_PAGE = 100  # events

_NOUNS: Mapping[Table, str] = {"orders": "order", "events": "event"}

Handler = Callable[[Store, Call], JsonObject | None]


def list_orders(store: Store, call: Call) -> JsonObject:
    """Return every order that matches every filter, in the order of recording."""
    return {"data": store.matching("orders", _filters(call, "orders"))}


def create_order(store: Store, call: Call) -> JsonObject:
    """Record an order."""
    order: JsonObject = dict(call.body)
    _check_sums(order, amount="total_order_amount", rewards_amount="total_rewards_amount")
    if "id" in order and store.has("orders", "id", order["id"]):
        raise RefusedError(409, f"An order with the id {order['id']!r} exists already.", "id")
    _refuse_duplicates(store, "orders", order, "partner_order_id")
    now = _now()
    order.setdefault("id", str(uuid4()))
    order.setdefault("created_at", now)
    order.setdefault("updated_at", now)
    store.add("orders", order)
    return order


def put_order(store: Store, call: Call) -> JsonObject:
    """Put an order in the place of the one that has its id."""
    order: JsonObject = dict(call.body)
    order_id: str = call.parameters["order_id"]
    if order.setdefault("id", order_id) != order_id:
        raise RefusedError(400, f"The id is {order['id']!r} in the body, but {order_id!r} in the path.", "id")
    _check_sums(order, amount="total_order_amount", rewards_amount="total_rewards_amount")
    [(number, kept)] = _recorded(store, "orders", "id", order_id, "order_id").items()
    _refuse_duplicates(store, "orders", order, "partner_order_id", but=number)
    order.setdefault("created_at", kept["created_at"])
    order.setdefault("updated_at", _now())
    store.replace("orders", number, order)
    return order


def delete_order(store: Store, call: Call) -> None:
    """Forget an order that has no events."""
    order_id: str = call.parameters["order_id"]
    for number in _recorded(store, "orders", "id", order_id, "order_id"):
        if store.has("events", "order_id", order_id):
            raise RefusedError(409, f"The order {order_id!r} has events.", "order_id")
        store.remove("orders", number)


def post_order_event(store: Store, call: Call) -> JsonObject:
    """Record an event of an order that exists."""
    event: JsonObject = dict(call.body)
    _check_sums(event, amount="amount", rewards_amount="rewards_amount")
    _recorded(store, "orders", "id", event["order_id"], "order_id")
    _refuse_duplicates(store, "events", event, "order_event_id", "partner_event_id")
    event.setdefault("order_event_id", str(uuid4()))
    store.add("events", event)
    return event


def delete_order_event(store: Store, call: Call) -> None:
    """Forget an event; each one, if several were recorded with this id."""
    event_id: str = call.parameters["order_event_id"]
    for number in _recorded(store, "events", "order_event_id", event_id, "order_event_id"):
        store.remove("events", number)


def list_order_events(store: Store, call: Call) -> JsonObject:
    """Return a page of the events that match every filter, in the order of recording."""
    filters = _filters(call, "events", "limit", "starting_after")
    cursor: str | None = call.parameters["starting_after"]
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
        limit=min(call.parameters["limit"], MAX_PAGE),
    )
    return {"data": page.records, "has_more": page.has_more, "total": page.total}


HANDLERS: Mapping[str, Handler] = {
    "listOrders": list_orders,
    "createOrder": create_order,
    "putOrder": put_order,
    "deleteOrder": delete_order,
    "listOrderEvents": list_order_events,
    "postOrderEvent": post_order_event,
    "deleteOrderEvent": delete_order_event,
}


def _filters(call: Call, table: Table, *others: str) -> dict[str, str]:
    """Return the filters among the parameters, of which `others` are none."""
    filters = {name: value for name, value in call.parameters.items() if value is not None and name not in others}
    for name in filters:
        if name not in INDEXED[table]:
            raise RefusedError(501, f"The sandbox cannot filter by {name} yet.", name)
    return filters


def _recorded(store: Store, table: Table, member: str, value: str, param: str) -> dict[int, JsonObject]:
    """Return the records whose `member` is `value`, by their numbers: one at least, or it is 404."""
    records = store.find(table, member, value)
    if not records:
        raise RefusedError(404, f"There is no {_NOUNS[table]} with the id {value!r}.", param)
    return records


def _refuse_duplicates(store: Store, table: Table, record: JsonObject, *members: str, but: int | None = None) -> None:
    """Refuse `record` when another, `but` for the one with that number, has one of `members` with the same value."""
    if store.refuse_duplicates:
        for member in members:
            if member in record and store.find(table, member, record[member]).keys() - {but}:
                raise RefusedError(409, f"An {_NOUNS[table]} with this {member} is recorded already.", member)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
