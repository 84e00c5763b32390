"""Fifty connections at once: nothing lost, nothing doubled, nothing torn."""

import asyncio
import json
import random
from typing import Any

import httpx
import pytest
from imprint_sandbox import Sandbox

JsonObject = dict[str, Any]

CONNECTIONS = 50


class Connection:
    """One kept-alive connection, as plain as HTTP can be: thousands of requests have to fit into a test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def request(self, method: str, target: str, body: JsonObject | None = None) -> tuple[int, JsonObject]:
        content = b"" if body is None else json.dumps(body).encode()
        self._writer.write(
            f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sandbox-key\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        return int(head.split()[1]), json.loads(await self._reader.readexactly(length))


async def drive(port: int, number: int, requests: int) -> tuple[list[JsonObject], list[JsonObject]]:
    """Send a mix of requests over one connection; return the orders and events that were acknowledged."""
    chance = random.Random(number)  # noqa: S311 - a fixed mix, so that each run sends the same
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = Connection(reader, writer)
    orders: list[JsonObject] = []
    events: list[JsonObject] = []
    for step in range(requests):
        choice = chance.random() if orders else 0
        if choice < 0.15:
            order = {"payment_method_id": "p", "partner_order_id": f"{number}-{step}", "total_order_amount": step}
            status, answer = await connection.request("POST", "/v2/orders", order)
            assert (status, answer | order) == (200, answer)
            orders.append(answer)
        elif choice < 0.7 or not events:
            event = {
                "order_id": chance.choice(orders)["id"],
                "type": chance.choice(["CAPTURED", "REFUNDED"]),
                "amount": step,
                "network_transaction_id": f"n-{number}",
                "partner_event_id": f"{number}-{step}",
                "padding": chance.randbytes(chance.randrange(500)).hex(),
            }
            status, answer = await connection.request("POST", "/v2/order_events", event)
            assert (status, answer | event) == (200, answer)
            events.append(answer)
        elif choice < 0.8:
            one = chance.choice(events)
            target = f"/v2/order_events?partner_event_id={one['partner_event_id']}"
            assert await connection.request("GET", target) == (200, {"data": [one], "has_more": False, "total": 1})
        elif choice < 0.9:
            # Nobody else writes events of this transaction, so what this connection was told is what there is.
            status, answer = await connection.request("GET", f"/v2/order_events?network_transaction_id=n-{number}")
            assert (status, answer["data"], answer["total"]) == (200, events[:10], len(events))
        else:
            status, _ = await connection.request("POST", "/v2/order_events", {"order_id": "o"})
            assert status == 400
    writer.close()
    await writer.wait_closed()
    return orders, events


async def drive_all(port: int, requests: int) -> list[tuple[list[JsonObject], list[JsonObject]]]:
    return await asyncio.gather(*(drive(port, number, requests) for number in range(CONNECTIONS)))


def in_order(records: list[JsonObject], member: str) -> list[JsonObject]:
    return sorted(records, key=lambda record: str(record[member]))


@pytest.mark.parametrize("requests", [30, pytest.param(200, marks=pytest.mark.thorough)])
def test_fifty_connections_lose_nothing_double_nothing_tear_nothing(
    sandbox: Sandbox, api: httpx.Client, requests: int
) -> None:
    told = asyncio.run(drive_all(httpx.URL(sandbox.url).port or 0, requests))
    orders = [order for orders, _ in told for order in orders]
    events = [event for _, events in told for event in events]
    assert len(sandbox.requests) == CONNECTIONS * requests

    kept: list[JsonObject] = []
    page: JsonObject = {"has_more": True}
    while page["has_more"]:
        cursor = {"starting_after": kept[-1]["order_event_id"]} if kept else {}
        page = api.get("/v2/order_events", params={"limit": 100, **cursor}).json()
        assert page["total"] == len(events)
        kept += page["data"]
    assert in_order(kept, "order_event_id") == in_order(events, "order_event_id")
    assert in_order(sandbox.orders, "id") == in_order(orders, "id")
    assert kept == sandbox.events
    # What one connection was told first comes first.
    for _, own in told:
        ids = {event["order_event_id"] for event in own}
        assert [event for event in kept if event["order_event_id"] in ids] == own
