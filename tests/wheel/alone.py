"""A consumer's program in an environment with the wheel and nothing else: `alone.py URL KEY` of a sandbox elsewhere.

It has no test tools; `make test-versions` runs it and starts the sandbox.
"""

import asyncio
import importlib.util
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import imprint_client
from imprint_client import (
    AsyncImprint,
    Imprint,
    ImprintError,
    NewOrder,
    NewOrderEvent,
    OrderEventType,
    OrderLine,
    RetryPolicy,
    sum_lines,
)

URL, KEY = sys.argv[1:]
LINES = [OrderLine(name="Couch Supreme", quantity=1, rate=274999, rewards_rate=2500)]
TOTALS = sum_lines(LINES)
BASES = {"ImprintError", "MismatchError", "APIError"}
STATUSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    418: "APIStatusError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
}


def order(partner_order_id: str = "o-1", **members: Any) -> NewOrder:
    whole: dict[str, Any] = {
        "order_lines": LINES,
        "total_order_amount": TOTALS.amount,
        "total_rewards_amount": TOTALS.rewards_amount,
    }
    return NewOrder(payment_method_id="p-1", partner_order_id=partner_order_id, **(whole | members))


def event(order_id: str, partner_event_id: str, **members: Any) -> NewOrderEvent:
    whole: dict[str, Any] = {"amount": TOTALS.amount, "rewards_amount": TOTALS.rewards_amount, "order_lines": LINES}
    return NewOrderEvent(
        order_id=order_id,
        type_=OrderEventType.CAPTURED,
        partner_event_id=partner_event_id,
        network_transaction_id="n-1",
        **(whole | members),
    )


def fail(operation: str, **fault: Any) -> None:
    httpx.post(f"{URL}/_sandbox/faults", json={"operation": operation, "fault": fault}).raise_for_status()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def check_that_nothing_else_is_here() -> None:
    assert Path(sys.prefix).resolve() in Path(imprint_client.__file__).resolve().parents, imprint_client.__file__
    for extra in ("jsonschema_rs", "starlette", "uvicorn", "pytest"):
        assert importlib.util.find_spec(extra) is None, extra


def create_list_and_find(imprint: Imprint) -> str:
    kept = imprint.orders.create(order())
    created = imprint.order_events.create(event(kept.id, "e-1"))
    assert [one.order_event_id for one in imprint.order_events.list(order_id=kept.id)] == [created.order_event_id]
    assert imprint.order_events.find(partner_event_id="e-1") == created
    assert imprint.order_events.find(partner_event_id="e-0") is None
    return kept.id


def update_and_delete(imprint: Imprint) -> None:
    first, second = (imprint.orders.create(order("twice", customer_id="c-1")) for _ in range(2))
    assert imprint.orders.list(partner_order_id="twice") == [first, second]
    third = imprint.orders.ensure(order("thrice"))
    assert imprint.orders.update(third.id, order("thrice", customer_id="c-2")).customer_id == "c-2"
    recorded = imprint.order_events.create(event(third.id, "e-4"))
    imprint.order_events.delete(str(recorded.order_event_id))
    imprint.orders.delete(third.id)
    assert imprint.orders.find(id=third.id) is None


async def create_list_and_find_async(order_id: str) -> None:
    async with AsyncImprint(KEY, base_url=URL) as imprint:
        created = await imprint.order_events.create(event(order_id, "e-2"))
        assert created in [one async for one in imprint.order_events.list(order_id=order_id)]
        assert await imprint.order_events.find(partner_event_id="e-2") == created


def failures(imprint: Imprint, order_id: str) -> dict[str, Callable[[], object]]:
    """What raises each exception, by its name."""
    events = imprint.order_events

    def after(operation: str, act: Callable[[], object], **fault: Any) -> Callable[[], object]:
        def spoiled() -> object:
            fail(operation, **fault)
            return act()

        return spoiled

    def find() -> object:
        return events.find(partner_event_id="e-1")

    return {
        "ConfigurationError": lambda: Imprint(KEY, base_url="http://example.com"),
        "InvalidRequestError": lambda: events.create(event(order_id, "e-3", amount=2749.99)),
        "TotalsMismatchError": lambda: events.create(event(order_id, "e-3", amount=275000)),
        "PaginationError": after("listOrderEvents", lambda: list(events.list()), answer="empty_page"),
        "OutcomeUnknownError": after("postOrderEvent", lambda: events.create(event(order_id, "e-3")), status=503),
        "EventMismatchError": lambda: events.ensure(event(order_id, "e-1", order_lines=[], amount=0, rewards_amount=0)),
        "OrderMismatchError": lambda: imprint.orders.ensure(
            order(order_lines=[], total_order_amount=0, total_rewards_amount=0)
        ),
        "AmbiguousOrderError": lambda: imprint.orders.find(partner_order_id="twice"),
        "APIConnectionError": lambda: Imprint(
            KEY, base_url=f"http://127.0.0.1:{closed_port()}", retry=RetryPolicy.none()
        ).order_events.find(partner_event_id="e-1"),
        "APITimeoutError": after(
            "listOrderEvents", lambda: events.find(partner_event_id="e-1", timeout=0.1), delay=2.0
        ),
        "APIResponseValidationError": after("listOrderEvents", find, answer="malformed"),
        **{name: after("listOrderEvents", find, status=status) for status, name in STATUSES.items()},
    }


def check_every_error(imprint: Imprint, order_id: str) -> None:
    cases = failures(imprint, order_id)
    exported = [getattr(imprint_client, name) for name in imprint_client.__all__]
    errors = {one.__name__ for one in exported if isinstance(one, type) and issubclass(one, ImprintError)}
    assert cases.keys() == errors - BASES, cases.keys() ^ (errors - BASES)
    for name, act in cases.items():
        raised = "nothing"
        try:
            act()
        except ImprintError as error:
            raised = type(error).__name__
        assert raised == name, f"{raised} instead of {name}"


def main() -> None:
    check_that_nothing_else_is_here()
    with Imprint(KEY, base_url=URL, retry=RetryPolicy.none()) as imprint:
        order_id = create_list_and_find(imprint)
        update_and_delete(imprint)
        asyncio.run(create_list_and_find_async(order_id))
        check_every_error(imprint, order_id)
    print("the wheel by itself: import, every operation and every error")


if __name__ == "__main__":
    main()
