"""Lists: filters of orders, and filters, pages and cursors of order events."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

JsonObject = dict[str, Any]
MakeEvent = Callable[..., JsonObject]


@pytest.fixture
def ids(api: httpx.Client, an_event: MakeEvent) -> list[str]:
    """The ids of 120 events, in the order of recording; every third is of network transaction n-3."""
    return [
        api.post(
            "/v2/order_events", json=an_event(f"p-{number}", network_transaction_id="n-3" if number % 3 == 0 else "n-1")
        ).json()["order_event_id"]
        for number in range(120)
    ]


def listed(api: httpx.Client, **parameters: str | int) -> JsonObject:
    answer = api.get("/v2/order_events", params=parameters)
    assert answer.status_code == 200
    page: JsonObject = answer.json()
    return page


def ids_of(page: JsonObject) -> list[str]:
    return [event["order_event_id"] for event in page["data"]]


def test_an_empty_list_is_a_page_with_nothing_in_it(api: httpx.Client) -> None:
    assert listed(api) == {"data": [], "has_more": False, "total": 0}


def test_a_page_has_as_many_events_as_asked_for_ten_when_not_asked_and_at_most_a_hundred(
    api: httpx.Client, ids: list[str]
) -> None:
    lengths = {None: 10, 1: 1, 99: 99, 100: 100, 101: 100, 120: 100, 2**31 - 1: 100}
    for limit, length in lengths.items():
        page = listed(api, **({} if limit is None else {"limit": limit}))
        assert ids_of(page) == ids[:length], limit
        assert (page["has_more"], page["total"]) == (True, 120), limit


def test_the_pages_are_the_list_in_the_order_of_recording_nothing_twice_nothing_left_out(
    api: httpx.Client, ids: list[str]
) -> None:
    for limit in (1, 7, 40, 60, 100):
        seen: list[str] = []
        page = listed(api, limit=limit)
        while True:
            assert page["total"] == 120
            seen += ids_of(page)
            if not page["has_more"]:
                break
            page = listed(api, limit=limit, starting_after=seen[-1])
        assert seen == ids, limit


def test_the_cursor_is_exclusive_and_the_page_that_ends_the_list_has_no_more(api: httpx.Client, ids: list[str]) -> None:
    page = listed(api, starting_after=ids[-11])
    assert ids_of(page) == ids[-10:]
    assert page["has_more"] is False
    assert listed(api, starting_after=ids[-1]) == {"data": [], "has_more": False, "total": 120}


def test_an_unknown_cursor_is_refused(api: httpx.Client, ids: list[str]) -> None:
    for cursor in ("unheard-of", "", ids[0][:-1], "p-1"):
        answer = api.get("/v2/order_events", params={"starting_after": cursor})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "starting_after")


def test_filters_are_combined_with_and_and_the_total_is_of_those_that_match(
    api: httpx.Client, ids: list[str], an_event: MakeEvent
) -> None:
    order_id = an_event()["order_id"]
    other_order = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1}
    other_id = api.post("/v2/orders", json=other_order).json()["id"]
    api.post("/v2/order_events", json=an_event("other", order_id=other_id, network_transaction_id="n-3"))

    assert listed(api, order_id=order_id)["total"] == 120
    assert listed(api, network_transaction_id="n-3")["total"] == 41
    both = listed(api, order_id=order_id, network_transaction_id="n-3", limit=100)
    assert (ids_of(both), both["total"], both["has_more"]) == (ids[::3], 40, False)
    after = listed(api, order_id=order_id, network_transaction_id="n-3", limit=5, starting_after=ids[4])
    assert (ids_of(after), after["total"], after["has_more"]) == (ids[6:21:3], 40, True)
    assert listed(api, order_id=other_id, partner_event_id="p-1")["total"] == 0
    assert listed(api, network_transaction_id="")["total"] == 0


@pytest.mark.parametrize("member", ["order_event_id", "partner_event_id"])
def test_a_lookup_by_id_returns_at_most_one_event_the_first_of_those_kept(
    api: httpx.Client, an_event: MakeEvent, member: str
) -> None:
    for amount in (1, 2):
        api.post("/v2/order_events", json=an_event(**{member: "e", "amount": amount}))
    api.post("/v2/order_events", json=an_event(**{member: "f", "amount": 3}))
    found = listed(api, **{member: "e"})
    assert ([event["amount"] for event in found["data"]], found["has_more"], found["total"]) == ([1], False, 1)
    assert listed(api, **{member: "unheard-of"}) == {"data": [], "has_more": False, "total": 0}


def test_a_filter_finds_exactly_the_text_that_was_recorded(api: httpx.Client, an_event: MakeEvent) -> None:
    names = ["e", "E", "e ", "\u00e9", "e\u0301", "\U0001f6cb", "%", "a+b&c=d", "e\u0000f", ""]
    for name in names:
        api.post("/v2/order_events", json=an_event(name))
    for name in names:
        assert [event["partner_event_id"] for event in listed(api, partner_event_id=name)["data"]] == [name]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["1", "2", "3", "4"]),
        ({"id": "2"}, ["2"]),
        ({"partner_order_id": "o"}, ["1", "3"]),
        ({"id": "3", "partner_order_id": "o"}, ["3"]),
        ({"id": "2", "partner_order_id": "o"}, []),
        ({"partner_order_id": "O"}, ["4"]),
        ({"id": "o"}, []),
        ({"id": ""}, []),
        ({"partner_order_id": ""}, []),
    ],
    ids=str,
)
def test_the_orders_that_match_every_filter_are_listed_in_the_order_of_recording(
    api: httpx.Client, filters: dict[str, str], found: list[str]
) -> None:
    for order_id, partner_order_id in (("1", "o"), ("2", "p"), ("3", "o"), ("4", "O")):
        order = {"payment_method_id": "p", "partner_order_id": partner_order_id, "total_order_amount": 1}
        api.post("/v2/orders", json={**order, "id": order_id})
    assert [order["id"] for order in api.get("/v2/orders", params=filters).json()["data"]] == found


def test_orders_are_listed_whole_and_without_pages(api: httpx.Client, an_order: JsonObject) -> None:
    orders = [api.post("/v2/orders", json=an_order).json() for _ in range(101)]
    assert api.get("/v2/orders").json() == {"data": orders}
    assert api.get("/v2/orders", params={"partner_order_id": an_order["partner_order_id"]}).json() == {"data": orders}
