"""What every variant sends and receives: one event of three lines, and pages of such events. Standard library only."""

import json
from typing import Any

API_KEY = "benchmark-key"
PATH = "/v2/order_events"
PAGE_SIZE = 100
LISTED_EVENTS = 20_000
IN_FLIGHT = 20

HEADERS = {
    "Accept": "application/json",
    "Authorization": f"Bearer {API_KEY}",
    "User-Agent": "benchmark/1.0 python/3 httpx/0",
}

_LINES: list[dict[str, Any]] = [
    {"name": "Couch", "product_url": "www.restassured.com/couch", "quantity": 1, "rate": 274999, "rewards_rate": 2500},
    {"name": "Pillow", "product_url": "www.restassured.com/pillow", "quantity": 4, "rate": 3950, "rewards_rate": 40},
    {"name": "Delivery", "product_url": None, "quantity": 1, "rate": 5000, "rewards_rate": 0},
]


def new_event(lines: int = 3) -> dict[str, Any]:
    """An event to send, as JSON has it; its amounts are the sums of its lines."""
    order_lines = [dict(_LINES[index % len(_LINES)]) for index in range(lines)]
    return {
        "order_id": "77f60af4-185e-4867-b113-34e3cf7c6acd",
        "type": "CAPTURED",
        "amount": sum(line["quantity"] * line["rate"] for line in order_lines),
        "network_transaction_id": "615e3ba0-6b99-495b-ade4-1f584c40f376",
        "partner_event_id": "7622c07d-eb2b-4345-a9a9-345d61d32bc2",
        "rewards_amount": sum(line["quantity"] * line["rewards_rate"] for line in order_lines),
        "currency": "USD",
        "order_lines": order_lines,
    }


def recorded_event(number: int, lines: int = 3) -> dict[str, Any]:
    """An event as it comes back: with an id of its own."""
    return {"order_event_id": event_id(number), **new_event(lines), "partner_event_id": f"partner-{number:09d}"}


def event_id(number: int) -> str:
    return f"event-{number:09d}"


def page(first: int, size: int, total: int, lines: int = 1) -> bytes:
    """The response to a list of the `total` events of an order with that id: `size` of them, from number `first` on."""
    last = min(first + size, total)
    data = [recorded_event(number, lines) | {"order_id": str(total)} for number in range(first, last)]
    answer = {"data": data, "has_more": last < total, "total": total}
    return json.dumps(answer, separators=(",", ":")).encode()
