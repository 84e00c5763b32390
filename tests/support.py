"""What the tests of the client share: both flavours behind one face, a clock that no test waits for, valid bodies."""

import asyncio
import builtins
import itertools
import ssl
from collections.abc import Callable
from typing import Any, Protocol

import httpx
import httpx2
from imprint_client import (
    AsyncImprint,
    Imprint,
    NewOrder,
    NewOrderEvent,
    Order,
    OrderEvent,
    OrderEventsResponse,
    OrderEventType,
    OrderLine,
    Unset,
    sum_lines,
)
from imprint_client.delivery import Seam
from imprint_sandbox import Sandbox

# For clients that speak to a sandbox: loading the trusted certificates takes longer than most tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Flavour(Protocol):
    """A client of either flavour, called as if it blocked."""

    def create_order(self, order: NewOrder, **options: Any) -> Order: ...
    def ensure_order(self, order: NewOrder, **options: Any) -> Order: ...
    def update_order(self, order_id: str, order: NewOrder, **options: Any) -> Order: ...
    def delete_order(self, order_id: str, **options: Any) -> None: ...
    def find_order(self, **options: Any) -> Order | None: ...
    def list_orders(self, **options: Any) -> builtins.list[Order]: ...
    def create(self, event: NewOrderEvent, **options: Any) -> OrderEvent: ...
    def ensure(self, event: NewOrderEvent, **options: Any) -> OrderEvent: ...
    def delete(self, order_event_id: str, **options: Any) -> None: ...
    def find(self, **options: Any) -> OrderEvent | None: ...
    def list(self, **options: Any) -> list[OrderEvent]: ...
    def pages(self, handle: Callable[[OrderEventsResponse], None], **options: Any) -> None: ...
    def close(self) -> None: ...


class Blocking:
    def __init__(self, sandbox: Sandbox, **options: Any) -> None:
        self.imprint = Imprint(sandbox.api_key, base_url=sandbox.url, **options)

    def create_order(self, order: NewOrder, **options: Any) -> Order:
        return self.imprint.orders.create(order, **options)

    def ensure_order(self, order: NewOrder, **options: Any) -> Order:
        return self.imprint.orders.ensure(order, **options)

    def update_order(self, order_id: str, order: NewOrder, **options: Any) -> Order:
        return self.imprint.orders.update(order_id, order, **options)

    def delete_order(self, order_id: str, **options: Any) -> None:
        return self.imprint.orders.delete(order_id, **options)

    def find_order(self, **options: Any) -> Order | None:
        return self.imprint.orders.find(**options)

    def list_orders(self, **options: Any) -> builtins.list[Order]:
        return self.imprint.orders.list(**options)

    def create(self, event: NewOrderEvent, **options: Any) -> OrderEvent:
        return self.imprint.order_events.create(event, **options)

    def ensure(self, event: NewOrderEvent, **options: Any) -> OrderEvent:
        return self.imprint.order_events.ensure(event, **options)

    def delete(self, order_event_id: str, **options: Any) -> None:
        return self.imprint.order_events.delete(order_event_id, **options)

    def find(self, **options: Any) -> OrderEvent | None:
        return self.imprint.order_events.find(**options)

    def list(self, **options: Any) -> list[OrderEvent]:
        return list(self.imprint.order_events.list(**options))

    def pages(self, handle: Callable[[OrderEventsResponse], None], **options: Any) -> None:
        for page in self.imprint.order_events.list(**options).pages():
            handle(page)

    def close(self) -> None:
        self.imprint.close()


class Awaiting:
    def __init__(self, sandbox: Sandbox, **options: Any) -> None:
        self.imprint = AsyncImprint(sandbox.api_key, base_url=sandbox.url, **options)
        self._loop = asyncio.Runner()

    def create_order(self, order: NewOrder, **options: Any) -> Order:
        return self._loop.run(self.imprint.orders.create(order, **options))

    def ensure_order(self, order: NewOrder, **options: Any) -> Order:
        return self._loop.run(self.imprint.orders.ensure(order, **options))

    def update_order(self, order_id: str, order: NewOrder, **options: Any) -> Order:
        return self._loop.run(self.imprint.orders.update(order_id, order, **options))

    def delete_order(self, order_id: str, **options: Any) -> None:
        return self._loop.run(self.imprint.orders.delete(order_id, **options))

    def find_order(self, **options: Any) -> Order | None:
        return self._loop.run(self.imprint.orders.find(**options))

    def list_orders(self, **options: Any) -> builtins.list[Order]:
        return self._loop.run(self.imprint.orders.list(**options))

    def create(self, event: NewOrderEvent, **options: Any) -> OrderEvent:
        return self._loop.run(self.imprint.order_events.create(event, **options))

    def ensure(self, event: NewOrderEvent, **options: Any) -> OrderEvent:
        return self._loop.run(self.imprint.order_events.ensure(event, **options))

    def delete(self, order_event_id: str, **options: Any) -> None:
        return self._loop.run(self.imprint.order_events.delete(order_event_id, **options))

    def find(self, **options: Any) -> OrderEvent | None:
        return self._loop.run(self.imprint.order_events.find(**options))

    def list(self, **options: Any) -> list[OrderEvent]:
        async def collect() -> list[OrderEvent]:
            return [event async for event in self.imprint.order_events.list(**options)]

        return self._loop.run(collect())

    def pages(self, handle: Callable[[OrderEventsResponse], None], **options: Any) -> None:
        async def walk() -> None:
            async for page in self.imprint.order_events.list(**options).pages():
                handle(page)

        self._loop.run(walk())

    def close(self) -> None:
        self._loop.run(self.imprint.aclose())
        self._loop.close()


class BlockingOverOwnClient(Blocking):
    made: Callable[..., Any] = httpx.Client

    def __init__(self, sandbox: Sandbox, **options: Any) -> None:
        self._http = type(self).made(verify=NO_TLS)
        super().__init__(sandbox, http_client=self._http, **options)

    def close(self) -> None:
        super().close()
        self._http.close()


class AwaitingOverOwnClient(Awaiting):
    made: Callable[..., Any] = httpx.AsyncClient

    def __init__(self, sandbox: Sandbox, **options: Any) -> None:
        self._http = type(self).made(verify=NO_TLS)
        super().__init__(sandbox, http_client=self._http, **options)

    def close(self) -> None:
        self._loop.run(self._http.aclose())
        super().close()


class BlockingOverHttpx2(BlockingOverOwnClient):
    made = httpx2.Client


class AwaitingOverHttpx2(AwaitingOverOwnClient):
    made = httpx2.AsyncClient


FLAVOURS: dict[str, Callable[..., Flavour]] = {"sync": Blocking, "async": Awaiting}
PATHS: dict[str, Callable[..., Flavour]] = {
    **FLAVOURS,
    "sync, own client": BlockingOverOwnClient,
    "async, own client": AwaitingOverOwnClient,
    "sync, httpx2": BlockingOverHttpx2,
    "async, httpx2": AwaitingOverHttpx2,
}
"""Every way that a request can take: straight to a transport of httpx, and through a whole client."""


_STARTS = itertools.count(1000.0, 1e6)


class Clock:
    """A clock that only sleeping moves, by `overrun` longer than was asked; `waits` is how long each was to be."""

    def __init__(self, chance: float = 0.5) -> None:
        self.seconds = next(_STARTS)
        self.wall_seconds = 1_700_000_000.0
        self.waits: list[float] = []
        self.overrun = 0.0
        self.seam = Seam(
            now=lambda: self.seconds,
            wall_clock=lambda: self.wall_seconds,
            chance=lambda: chance,
            sleep=self._sleep,
            sleep_async=self._sleep_async,
        )

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds + self.overrun

    async def _sleep_async(self, seconds: float) -> None:
        self._sleep(seconds)


def make_line(
    rate: int = 274999, quantity: int = 1, rewards_rate: int = 2500, name: str = "Couch Supreme"
) -> OrderLine:
    return OrderLine(name=name, quantity=quantity, rate=rate, rewards_rate=rewards_rate)


def make_order(**members: Any) -> NewOrder:
    """A valid order of one line, but for `members`."""
    default: dict[str, Any] = {
        "payment_method_id": "p-1",
        "partner_order_id": "o-1",
        "order_lines": [make_line()],
        "total_order_amount": 274999,
        "total_rewards_amount": 2500,
    }
    return NewOrder(**default | members)


def make_event(order_id: str = "order-1", partner_event_id: str | Unset = "e-1", **members: Any) -> NewOrderEvent:
    """A valid capture of one line, but for `members`."""
    lines = members.get("order_lines", [make_line()])
    totals = sum_lines(lines or [])
    default: dict[str, Any] = {
        "order_id": order_id,
        "type_": OrderEventType.CAPTURED,
        "partner_event_id": partner_event_id,
        "amount": totals.amount,
        "rewards_amount": totals.rewards_amount,
        "network_transaction_id": "n-1",
        "order_lines": lines,
    }
    return NewOrderEvent(**default | members)
