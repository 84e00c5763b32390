"""What the sandbox keeps, and the rules that the contract states only in prose."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from imprint_sandbox import Sandbox

from tests.support import NO_TLS

JsonObject = dict[str, Any]
MakeEvent = Callable[..., JsonObject]

COUCH = {"name": "Couch", "quantity": 3, "rate": 9999, "rewards_rate": 33}
REFUND = {"name": "Voucher", "quantity": 2, "rate": -100, "rewards_rate": 0}
# 3 x 9999 - 2 x 100, and 3 x 33.
AMOUNT, REWARDS = 29797, 99


def test_an_order_gets_the_id_and_the_timestamps_that_it_lacks(
    api: httpx.Client, sandbox: Sandbox, an_order: JsonObject
) -> None:
    answer = api.post("/v2/orders", json=an_order).json()
    assert UUID(answer["id"]).version == 4
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer["created_at"])
    assert answer["created_at"] == answer["updated_at"]
    assert an_order.items() < answer.items()
    assert sandbox.orders == [answer]


def test_what_an_order_has_is_kept_as_it_is_members_that_nobody_knows_included(
    api: httpx.Client, sandbox: Sandbox, an_order: JsonObject
) -> None:
    order = {
        **an_order,
        "id": "of our own \u00e9\u0000\U0001f6cb",
        "created_at": "2025-02-13t19:08:07z",
        "updated_at": None,
        "merchant_id": None,
        "unheard_of": {"a": [1, 1.5, None, True, {"": ""}]},
    }
    assert api.post("/v2/orders", json=order).json() == order
    assert sandbox.orders == [order]


def test_an_event_gets_an_id_when_it_has_none(api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent) -> None:
    event = an_event("e-1", unheard_of=[{}])
    answer = api.post("/v2/order_events", json=event).json()
    assert UUID(answer["order_event_id"]).version == 4
    assert answer == {**event, "order_event_id": answer["order_event_id"]}
    assert sandbox.events == [answer]


def test_an_event_keeps_the_id_that_it_has(api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent) -> None:
    event = an_event(order_event_id="of our own")
    assert api.post("/v2/order_events", json=event).json() == event
    assert sandbox.events == [event]


def test_an_order_whose_id_exists_is_refused(api: httpx.Client, sandbox: Sandbox, an_order: JsonObject) -> None:
    api.post("/v2/orders", json={**an_order, "id": "o"})
    answer = api.post("/v2/orders", json={**an_order, "id": "o", "total_order_amount": 1})
    assert (answer.status_code, answer.json()["error"]["param"]) == (409, "id")
    assert [order["total_order_amount"] for order in sandbox.orders] == [274999]


def test_an_event_of_an_order_that_does_not_exist_is_refused(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    answer = api.post("/v2/order_events", json=an_event(order_id="unheard-of"))
    assert (answer.status_code, answer.json()["error"]["param"]) == (404, "order_id")
    assert sandbox.events == []


@pytest.mark.parametrize("member", ["order_event_id", "partner_event_id"])
def test_a_second_event_with_the_same_id_is_recorded_again(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent, member: str
) -> None:
    for amount in (1, 2):
        assert api.post("/v2/order_events", json=an_event(**{member: "e", "amount": amount})).status_code == 200
    assert [event["amount"] for event in sandbox.events] == [1, 2]


@pytest.mark.parametrize("member", ["order_event_id", "partner_event_id"])
def test_a_second_event_with_the_same_id_is_refused_when_asked_for(member: str) -> None:
    with Sandbox(duplicates="reject") as sandbox, httpx.Client(base_url=sandbox.url, verify=NO_TLS) as api:
        api.headers["Authorization"] = "Bearer sandbox-key"
        order = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1, "id": "o"}
        event = {"order_id": "o", "type": "CAPTURED", "amount": 1, "network_transaction_id": "n", member: "e"}
        api.post("/v2/orders", json=order)
        assert api.post("/v2/order_events", json=event).status_code == 200
        answer = api.post("/v2/order_events", json={**event, "amount": 2})
        assert (answer.status_code, answer.json()["error"]["param"]) == (409, member)
        assert api.post("/v2/order_events", json={**event, member: "another"}).status_code == 200
        assert [event["amount"] for event in sandbox.events] == [1, 1]


SUMS: dict[str, tuple[JsonObject, str | None]] = {
    "right": ({"amount": AMOUNT, "rewards": REWARDS, "order_lines": [COUCH, REFUND]}, None),
    "amount one too high": ({"amount": AMOUNT + 1, "rewards": REWARDS, "order_lines": [COUCH, REFUND]}, "amount"),
    "amount one too low": ({"amount": AMOUNT - 1, "rewards": REWARDS, "order_lines": [COUCH, REFUND]}, "amount"),
    "quantities left out": ({"amount": 9899, "order_lines": [COUCH, REFUND]}, "amount"),
    "rewards wrong": ({"amount": AMOUNT, "rewards": 33, "order_lines": [COUCH, REFUND]}, "rewards"),
    "rewards zero": ({"amount": AMOUNT, "rewards": 0, "order_lines": [COUCH, REFUND]}, "rewards"),
    "rewards absent": ({"amount": AMOUNT, "order_lines": [COUCH, REFUND]}, None),
    "lines absent": ({"amount": AMOUNT, "rewards": REWARDS}, None),
    "lines empty": ({"amount": 0, "rewards": 0, "order_lines": []}, None),
    "lines empty, amount not": ({"amount": 1, "order_lines": []}, "amount"),
    "lines empty, rewards not": ({"amount": 0, "rewards": 1, "order_lines": []}, "rewards"),
    "beyond what a float holds": (
        {"amount": 1, "order_lines": [{**COUCH, "quantity": 1, "rate": 2**53 - 1}, {**COUCH, "rate": 2**53 - 1}]},
        "amount",
    ),
    "exact where floats are not": (
        {
            "amount": 1,
            "order_lines": [
                {**COUCH, "quantity": 2**26, "rate": 2**52},
                {**COUCH, "quantity": 1, "rate": 1},
                {**COUCH, "quantity": -(2**26), "rate": 2**52},
            ],
        },
        None,
    ),
}


@pytest.mark.parametrize(("body", "wrong"), SUMS.values(), ids=SUMS.keys())
def test_the_lines_of_an_order_must_add_up_to_its_amounts_when_it_is_created_and_when_it_is_replaced(
    api: httpx.Client, sandbox: Sandbox, an_order: JsonObject, body: JsonObject, wrong: str | None
) -> None:
    names = {"amount": "total_order_amount", "rewards": "total_rewards_amount"}
    before = api.post("/v2/orders", json={**an_order, "id": "o"}).json()
    order = {**an_order, **{names.get(name, name): body[name] for name in body}}

    created, replaced = api.post("/v2/orders", json=order), api.put("/v2/orders/o", json=order)

    for answer in (created, replaced):
        assert answer.status_code == (200 if wrong is None else 400)
        if wrong is not None:
            assert answer.json()["error"]["param"] == names[wrong]
    assert sandbox.orders == ([replaced.json(), created.json()] if wrong is None else [before])


@pytest.mark.parametrize(("body", "wrong"), SUMS.values(), ids=SUMS.keys())
def test_the_lines_of_an_event_must_add_up_to_its_amounts(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent, body: JsonObject, wrong: str | None
) -> None:
    names = {"rewards": "rewards_amount"}
    answer = api.post("/v2/order_events", json=an_event(**{names.get(name, name): body[name] for name in body}))
    assert answer.status_code == (200 if wrong is None else 400)
    if wrong is not None:
        assert answer.json()["error"]["param"] == names.get(wrong, wrong)
    assert len(sandbox.events) == (1 if wrong is None else 0)


def test_a_refusal_says_what_the_lines_add_up_to(api: httpx.Client, an_order: JsonObject) -> None:
    answer = api.post("/v2/orders", json={**an_order, "order_lines": [COUCH]})
    message = "total_order_amount is 274999, but the rates of order_lines add up to 29997."
    assert answer.json()["error"]["message"] == message


def test_the_events_of_an_order_need_not_add_up_to_the_order(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    for _ in range(2):
        assert api.post("/v2/order_events", json=an_event(amount=274999)).status_code == 200
    assert len(sandbox.events) == 2
