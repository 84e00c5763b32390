"""Orders are replaced and deleted, order events are deleted: what is left, and what is refused."""

import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from imprint_sandbox import Sandbox

from tests.support import NO_TLS

JsonObject = dict[str, Any]

ORDER = {"payment_method_id": "p", "partner_order_id": "o-1", "total_order_amount": 1}
EVENT = {"order_id": "with-events", "type": "CAPTURED", "amount": 1, "network_transaction_id": "n"}
LINE = {"name": "Couch", "quantity": 1, "rate": 1, "rewards_rate": 0}


@pytest.fixture
def recorded(api: httpx.Client) -> None:
    """Two orders, the second with an event."""
    api.post("/v2/orders", json={**ORDER, "id": "without-events"})
    api.post("/v2/orders", json={**ORDER, "id": "with-events"})
    api.post("/v2/order_events", json={**EVENT, "order_event_id": "e", "partner_event_id": "e-1"})


def events_listed(api: httpx.Client, **filters: str) -> int:
    return len(api.get("/v2/order_events", params=filters).json()["data"])


def test_a_put_replaces_the_whole_order_but_for_its_id_and_when_it_was_created(
    api: httpx.Client, sandbox: Sandbox
) -> None:
    before = {
        **ORDER,
        "id": "o",
        "created_at": "2025-02-13T19:08:07Z",
        "updated_at": "2025-02-13T19:08:07Z",
        "customer_id": "c",
        "order_lines": [LINE],
        "unheard_of": 1,
    }
    api.post("/v2/orders", json=before)

    after = {"payment_method_id": "q", "partner_order_id": "o-2", "total_order_amount": 2}
    answer = api.put("/v2/orders/o", json=after).json()

    updated_at = answer.pop("updated_at")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", updated_at)
    assert answer == {**after, "id": "o", "created_at": "2025-02-13T19:08:07Z"}
    assert sandbox.orders == [{**answer, "updated_at": updated_at}]


def test_what_a_put_has_is_kept_as_it_is_timestamps_and_members_that_nobody_knows_included(
    api: httpx.Client, sandbox: Sandbox
) -> None:
    api.post("/v2/orders", json={**ORDER, "id": "o"})
    order = {**ORDER, "id": "o", "created_at": "2025-02-13t19:08:07z", "updated_at": None, "unheard_of": {"a": [1.5]}}
    assert api.put("/v2/orders/o", json=order).json() == order
    assert sandbox.orders == [order]


def test_an_order_that_is_replaced_keeps_its_place_in_lists_and_is_found_by_what_it_has_now(api: httpx.Client) -> None:
    for order_id in ("a", "b", "c"):
        api.post("/v2/orders", json={**ORDER, "id": order_id})

    api.put("/v2/orders/b", json={**ORDER, "partner_order_id": "o-2"})

    found = {
        partner_order_id: [order["id"] for order in api.get("/v2/orders", params=params).json()["data"]]
        for partner_order_id in (None, "o-1", "o-2")
        for params in [{"partner_order_id": partner_order_id} if partner_order_id else {}]
    }
    assert found == {None: ["a", "b", "c"], "o-1": ["a", "c"], "o-2": ["b"]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "param"),
    [
        ("PUT", "/v2/orders/without-events", {**ORDER, "id": "with-events"}, 400, "id"),
        ("PUT", "/v2/orders/without-events", {**ORDER, "total_order_amount": None}, 400, "total_order_amount"),
        (
            "PUT",
            "/v2/orders/without-events",
            {**ORDER, "total_order_amount": 2, "order_lines": [LINE]},
            400,
            "total_order_amount",
        ),
        ("PUT", "/v2/orders/unheard-of", ORDER, 404, "order_id"),
        ("PUT", "/v2/orders/o-1", ORDER, 404, "order_id"),
        ("DELETE", "/v2/orders/with-events", None, 409, "order_id"),
        ("DELETE", "/v2/orders/unheard-of", None, 404, "order_id"),
        ("DELETE", "/v2/orders/e", None, 404, "order_id"),
        ("DELETE", "/v2/order_events/unheard-of", None, 404, "order_event_id"),
        ("DELETE", "/v2/order_events/e-1", None, 404, "order_event_id"),
        ("DELETE", "/v2/order_events/with-events", None, 404, "order_event_id"),
    ],
)
@pytest.mark.usefixtures("recorded")
def test_a_change_that_is_refused_changes_nothing(
    api: httpx.Client, sandbox: Sandbox, method: str, path: str, body: JsonObject | None, status: int, param: str
) -> None:
    before = (sandbox.orders, sandbox.events)
    answer = api.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)
    assert (sandbox.orders, sandbox.events) == before


@pytest.mark.usefixtures("recorded")
def test_a_deleted_order_is_gone_and_its_id_can_be_used_again(api: httpx.Client, sandbox: Sandbox) -> None:
    answer = api.delete("/v2/orders/without-events")
    assert (answer.status_code, answer.content) == (204, b"")

    assert [order["id"] for order in sandbox.orders] == ["with-events"]
    assert api.get("/v2/orders", params={"id": "without-events"}).json() == {"data": []}
    assert api.put("/v2/orders/without-events", json=ORDER).status_code == 404
    assert api.delete("/v2/orders/without-events").status_code == 404
    assert api.post("/v2/order_events", json={**EVENT, "order_id": "without-events"}).status_code == 404
    assert api.post("/v2/orders", json={**ORDER, "id": "without-events"}).status_code == 200
    assert [order["id"] for order in sandbox.orders] == ["with-events", "without-events"]


@pytest.mark.usefixtures("recorded")
def test_a_deleted_event_is_gone_and_its_order_stays_as_it_is(api: httpx.Client, sandbox: Sandbox) -> None:
    orders = sandbox.orders
    api.post("/v2/order_events", json={**EVENT, "order_event_id": "f", "partner_event_id": "f-1"})

    answer = api.delete("/v2/order_events/e")
    assert (answer.status_code, answer.content) == (204, b"")

    assert [event["order_event_id"] for event in sandbox.events] == ["f"]
    assert sandbox.orders == orders
    assert events_listed(api, order_event_id="e") == events_listed(api, partner_event_id="e-1") == 0
    assert events_listed(api) == events_listed(api, order_id="with-events") == 1
    assert api.get("/v2/order_events", params={"starting_after": "e"}).status_code == 400
    assert api.delete("/v2/order_events/e").status_code == 404


@pytest.mark.usefixtures("recorded")
def test_a_deleted_event_is_gone_however_often_its_id_was_recorded(api: httpx.Client, sandbox: Sandbox) -> None:
    api.post("/v2/order_events", json={**EVENT, "order_event_id": "e", "amount": 2})
    assert api.delete("/v2/order_events/e").status_code == 204
    assert sandbox.events == []
    assert events_listed(api, order_event_id="e") == 0


@pytest.mark.usefixtures("recorded")
def test_an_order_can_be_deleted_once_its_events_are(api: httpx.Client, sandbox: Sandbox) -> None:
    assert [
        api.delete(path).status_code
        for path in ("/v2/orders/with-events", "/v2/order_events/e", "/v2/orders/with-events")
    ] == [409, 204, 204]
    assert [order["id"] for order in sandbox.orders] == ["without-events"]


@pytest.mark.parametrize("name", ["a/b", "a%2Fb", "a b", "a+b", "a?b#c", "\u00e9", "\U0001f6cb", "...", "o\u0000"])
def test_an_id_in_a_path_is_the_text_that_was_percent_encoded(api: httpx.Client, sandbox: Sandbox, name: str) -> None:
    api.post("/v2/orders", json={**ORDER, "id": name})
    path = f"/v2/orders/{quote(name, safe='')}"
    assert api.put(path, json={**ORDER, "total_order_amount": 2}).json()["id"] == name
    assert [order["total_order_amount"] for order in sandbox.orders] == [2]
    assert api.delete(path).status_code == 204
    assert sandbox.orders == []


def test_several_orders_may_have_one_partner_order_id(api: httpx.Client, sandbox: Sandbox) -> None:
    api.post("/v2/orders", json={**ORDER, "id": "a"})
    assert api.post("/v2/orders", json={**ORDER, "id": "b"}).status_code == 200
    api.post("/v2/orders", json={**ORDER, "id": "c", "partner_order_id": "o-2"})
    assert api.put("/v2/orders/c", json=ORDER).status_code == 200
    assert [order["partner_order_id"] for order in sandbox.orders] == ["o-1"] * 3


def test_the_partner_order_id_of_another_order_is_refused_when_asked_for() -> None:
    with Sandbox(duplicates="reject") as sandbox, httpx.Client(base_url=sandbox.url, verify=NO_TLS) as api:
        api.headers["Authorization"] = "Bearer sandbox-key"
        api.post("/v2/orders", json={**ORDER, "id": "a"})
        api.post("/v2/orders", json={**ORDER, "id": "b", "partner_order_id": "o-2"})
        for answer in (api.post("/v2/orders", json=ORDER), api.put("/v2/orders/b", json=ORDER)):
            assert (answer.status_code, answer.json()["error"]["param"]) == (409, "partner_order_id")
        # An order's own is not another's.
        assert api.put("/v2/orders/a", json={**ORDER, "total_order_amount": 2}).status_code == 200
        assert [(order["id"], order["partner_order_id"]) for order in sandbox.orders] == [("a", "o-1"), ("b", "o-2")]
