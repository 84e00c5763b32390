"""Orders: how they are found and listed, updated, deleted and ensured; and how events are deleted.

What happens when the network fails is in test_delivery.py.
"""

import asyncio
import enum
import json
from collections.abc import Callable
from typing import Any

import pytest
from imprint_api.api.order_events import delete_order_event
from imprint_api.api.orders import delete_order, put_order
from imprint_client import (
    UNSET,
    AmbiguousOrderError,
    APIResponseValidationError,
    AsyncImprint,
    BadRequestError,
    ConflictError,
    Imprint,
    InvalidRequestError,
    NewOrder,
    NotFoundError,
    OrderLine,
    OrderMismatchError,
    TotalsMismatchError,
)
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import Flavour, make_event, make_line, make_order

from .conftest import Wire


class Id(str, enum.Enum):  # noqa: UP042 - a StrEnum shows as its value
    A = "id-1"


RECEIVED = make_order(id="id-1").to_dict()
CUSHION = make_line(rate=1250, quantity=2, rewards_rate=25, name="Cushion")
SMALLER: dict[str, Any] = {"order_lines": [CUSHION], "total_order_amount": 2500, "total_rewards_amount": 50}


def operations(sandbox: Sandbox) -> list[str | None]:
    return [request.operation for request in sandbox.requests]


def queries(sandbox: Sandbox) -> list[dict[str, str]]:
    return [dict(request.query) for request in sandbox.requests]


# --- Finding and listing ----------------------------------------------------------------------------------------------


def test_an_order_is_found_by_either_id(sandbox: Sandbox, client: Flavour) -> None:
    order = client.create_order(make_order())
    client.create_order(make_order(partner_order_id="o-2"))

    assert client.find_order(id=order.id) == order
    assert client.find_order(partner_order_id="o-1") == order
    assert queries(sandbox)[2:] == [{"id": order.id}, {"partner_order_id": "o-1"}]


def test_an_order_that_is_not_there_is_none(client: Flavour) -> None:
    client.create_order(make_order())

    assert client.find_order(id="no-such-order") is None
    assert client.find_order(partner_order_id="no-such-order") is None


def test_several_orders_with_one_partner_order_id_are_an_error_that_lists_them(client: Flavour) -> None:
    twice = [client.create_order(make_order()), client.create_order(make_order(**SMALLER))]

    with pytest.raises(AmbiguousOrderError) as caught:
        client.find_order(partner_order_id="o-1")

    assert caught.value.partner_order_id == "o-1"
    assert caught.value.orders == twice
    assert all(order.id in str(caught.value) for order in twice)


WRONG_ANSWERS: list[tuple[dict[str, str], list[Any], str]] = [
    ({"id": "id-2"}, [RECEIVED], "data[0].id"),
    ({"id": "id-1"}, [RECEIVED, RECEIVED], "data"),
    ({"partner_order_id": "o-2"}, [RECEIVED], "data[0].partner_order_id"),
    ({"partner_order_id": "o-1"}, [RECEIVED, RECEIVED | {"partner_order_id": "o-2"}], "data[1].partner_order_id"),
    ({"id": "id-1"}, [RECEIVED | {"total_order_amount": 1.5}], "data[0].total_order_amount"),
]


@pytest.mark.parametrize(("wanted", "answer", "path"), WRONG_ANSWERS)
def test_an_answer_that_is_not_what_was_asked_for_is_an_error_with_the_path(
    sandbox: Sandbox, client: Flavour, wanted: dict[str, str], answer: list[Any], path: str
) -> None:
    sandbox.fail("listOrders", SandboxFault(status=200, body={"data": answer}), times=4)

    with pytest.raises(APIResponseValidationError) as caught:
        client.find_order(**wanted)

    assert caught.value.path == path


WRONG_ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({}, "find needs exactly one of partner_order_id and id"),
    ({"id": "id-1", "partner_order_id": "o-1"}, "find needs exactly one of partner_order_id and id"),
    ({"id": ""}, "id is the string ''"),
    ({"partner_order_id": None}, "partner_order_id is None"),
    ({"id": UNSET}, "id is an Unset"),
    ({"id": 5}, "id is 5"),
    ({"partner_order_id": "\ud800"}, "partner_order_id is the string '\\ud800'"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG_ARGUMENTS, ids=repr)
def test_a_search_for_nothing_or_for_two_things_is_refused_before_it_is_sent(
    sandbox: Sandbox, client: Flavour, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.find_order(**arguments)

    assert message in str(caught.value)
    assert sandbox.requests == []


@pytest.mark.parametrize("arguments", [{"id": ""}, {"partner_order_id": None}, {"id": 5, "partner_order_id": ""}])
def test_a_filter_that_is_none_is_refused_before_it_is_sent(
    sandbox: Sandbox, client: Flavour, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.list_orders(**arguments)

    assert [fault.path for fault in caught.value.faults] == list(arguments)
    assert sandbox.requests == []


def test_the_orders_that_fit_all_filters_are_a_plain_list(sandbox: Sandbox, client: Flavour) -> None:
    first, second = client.create_order(make_order()), client.create_order(make_order(**SMALLER))
    third = client.create_order(make_order(partner_order_id="o-2"))

    listed = client.list_orders(partner_order_id="o-1")

    assert type(listed) is list
    assert listed == [first, second]
    assert client.list_orders() == [first, second, third]
    assert client.list_orders(id=second.id, partner_order_id="o-1") == [second]
    assert client.list_orders(id=third.id, partner_order_id="o-1") == []
    assert queries(sandbox)[-1] == {"id": third.id, "partner_order_id": "o-1"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"data": [RECEIVED], "has_more": True}, "has_more"),
        ({"data": [], "has_more": True}, "has_more"),
        ({"data": [RECEIVED | {"partner_order_id": "o-2"}]}, "data[0].partner_order_id"),
    ],
    ids=str,
)
def test_a_list_of_orders_that_is_not_all_or_not_what_was_asked_for_is_an_error(
    sandbox: Sandbox, client: Flavour, body: dict[str, Any], path: str
) -> None:
    sandbox.fail("listOrders", SandboxFault(status=200, body=body), times=4)

    with pytest.raises(APIResponseValidationError) as caught:
        client.list_orders(partner_order_id="o-1")

    assert caught.value.path == path


# --- Updating ---------------------------------------------------------------------------------------------------------


def test_an_update_puts_the_whole_order_in_the_place_of_the_recorded_one(sandbox: Sandbox, client: Flavour) -> None:
    order = client.create_order(make_order(customer_id="c-1"))

    updated = client.update_order(order.id, make_order(**SMALLER))

    assert (updated.id, updated.total_order_amount, updated.order_lines) == (order.id, 2500, [CUSHION])
    assert [each["total_order_amount"] for each in sandbox.orders] == [2500]
    assert operations(sandbox) == ["createOrder", "putOrder"]
    assert json.loads(sandbox.requests[-1].body) == make_order(**SMALLER).to_dict()


def test_what_was_received_can_be_changed_and_sent_back(client: Flavour) -> None:
    order = client.create_order(make_order())
    changed = NewOrder.from_dict(order.to_dict() | {"customer_id": "c-2"})

    assert client.update_order(order.id, changed).customer_id == "c-2"


def test_the_sums_of_an_update_are_checked_unless_the_switch_says_no(sandbox: Sandbox, client: Flavour) -> None:
    order = client.create_order(make_order())
    wrong = make_order(total_order_amount=275000)

    with pytest.raises(TotalsMismatchError) as caught:
        client.update_order(order.id, wrong)
    assert [fault.difference for fault in caught.value.faults] == [1]
    assert operations(sandbox) == ["createOrder"]

    with pytest.raises(BadRequestError):  # which is what the sandbox says of it
        client.update_order(order.id, wrong, check_totals=False)


WRONG_BODIES: dict[str, tuple[Any, str]] = {
    "a float": (make_order(total_order_amount=2749.99), "total_order_amount is 2749.99"),
    "a dict for a line": (make_order(order_lines=[make_line().to_dict()]), "order_lines[0]"),
    "an event": (make_event(), "not a NewOrder"),
    "a dict": (make_order().to_dict(), "not a NewOrder"),
    "nothing": (None, "not a NewOrder"),
}


@pytest.mark.parametrize("check_totals", [True, False])
@pytest.mark.parametrize(("body", "message"), WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_the_members_of_an_update_are_checked_whatever_the_switch_says(
    sandbox: Sandbox, client: Flavour, body: Any, message: str, check_totals: bool
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.update_order("id-1", body, check_totals=check_totals)

    assert message in str(caught.value)
    assert sandbox.requests == []


def test_an_update_whose_body_has_another_id_is_refused_before_it_is_sent(sandbox: Sandbox, client: Flavour) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.update_order("id-1", make_order(id="id-2"))

    [fault] = caught.value.faults
    assert (fault.path, fault.stated) == ("id", "id-2")
    assert "'id-1'" in str(caught.value)
    assert sandbox.requests == []


def test_an_update_of_an_order_that_is_not_there_is_not_found(sandbox: Sandbox, client: Flavour) -> None:
    with pytest.raises(NotFoundError):
        client.update_order("no-such-order", make_order())

    assert (operations(sandbox), sandbox.orders) == (["putOrder"], [])


# --- Deleting ---------------------------------------------------------------------------------------------------------


def test_an_order_that_is_deleted_is_gone(sandbox: Sandbox, client: Flavour) -> None:
    kept, order = client.create_order(make_order()), client.create_order(make_order())

    assert client.delete_order(order.id) is None  # type: ignore[func-returns-value]

    assert [each["id"] for each in sandbox.orders] == [kept.id]
    assert client.find_order(partner_order_id="o-1") == kept
    with pytest.raises(NotFoundError):
        client.delete_order(order.id)


def test_an_order_that_has_events_is_not_deleted_where_that_is_a_conflict(sandbox: Sandbox, client: Flavour) -> None:
    order = client.create_order(make_order())
    event = client.create(make_event(order.id))

    with pytest.raises(ConflictError):
        client.delete_order(order.id)
    # It was looked up once, and is still there.
    assert operations(sandbox)[2:] == ["deleteOrder", "listOrders"]

    client.delete(str(event.order_event_id))
    client.delete_order(order.id)
    assert (sandbox.events, sandbox.orders) == ([], [])


def test_an_event_that_is_deleted_is_gone(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    kept, event = client.create(make_event(order_id)), client.create(make_event(order_id, "e-2"))

    assert client.delete(str(event.order_event_id)) is None  # type: ignore[func-returns-value]

    assert client.list() == [kept]
    with pytest.raises(NotFoundError):
        client.delete(str(event.order_event_id))


# --- Ids in a path ----------------------------------------------------------------------------------------------------

WITH_AN_ID: dict[str, Callable[[Flavour, Any], object]] = {
    "putOrder": lambda client, order_id: client.update_order(order_id, make_order()),
    "deleteOrder": lambda client, order_id: client.delete_order(order_id),
    "deleteOrderEvent": lambda client, order_event_id: client.delete(order_event_id),
}
with_an_id = pytest.mark.parametrize("operation", WITH_AN_ID)


@with_an_id
@pytest.mark.parametrize(
    "identifier",
    ["", None, UNSET, 5, b"id-1", "\ud800", ".", "..", "x" * 70_000, Id.A],
    ids=lambda value: repr(value)[:9],
)
def test_an_id_that_is_none_or_another_path_is_refused_before_it_is_sent(
    sandbox: Sandbox, client: Flavour, operation: str, identifier: Any
) -> None:
    with pytest.raises(InvalidRequestError):
        WITH_AN_ID[operation](client, identifier)

    assert sandbox.requests == []


ODD_IDS = [
    "a/b",
    "../orders",
    "a?id=b",
    "a#b",
    "100%",
    "%2F",
    "a b",
    " ",
    "a\nb",
    "a&b=c;d",
    "Ünïcödé",
    "\U0001f6cb",
    "...",
]


@with_an_id
@pytest.mark.parametrize("identifier", ODD_IDS, ids=ascii)
def test_an_id_is_one_segment_of_the_path_whatever_is_in_it(
    sandbox: Sandbox, client: Flavour, operation: str, identifier: str
) -> None:
    client.create_order(make_order(id=identifier))
    client.create_order(make_order(id="kept"))
    if operation == "deleteOrderEvent":
        client.create(make_event("kept", order_event_id=identifier))

    WITH_AN_ID[operation](client, identifier)

    assert operations(sandbox)[-1] == operation
    assert (operation == "deleteOrder") == (identifier not in [order["id"] for order in sandbox.orders])
    assert sandbox.events == []


@pytest.mark.parametrize("identifier", ODD_IDS, ids=ascii)
def test_an_odd_id_is_found_again(client: Flavour, identifier: str) -> None:
    order = client.create_order(make_order(id=identifier, partner_order_id=identifier))

    assert client.find_order(id=identifier) == order
    assert client.find_order(partner_order_id=identifier) == order


GENERATED: dict[str, Callable[[str], tuple[Any, dict[str, Any]]]] = {
    "PUT": lambda order_id: (put_order, {"order_id": order_id, "body": make_order()}),
    "DELETE": lambda order_id: (delete_order, {"order_id": order_id}),
    "DELETE an event": lambda order_event_id: (delete_order_event, {"order_event_id": order_event_id}),
}


@pytest.mark.parametrize("call", GENERATED.values(), ids=GENERATED)
@pytest.mark.parametrize("identifier", [".", ".."])
def test_through_the_generated_client_no_id_is_another_path(
    sandbox: Sandbox, call: Callable[[str], tuple[Any, dict[str, Any]]], identifier: str
) -> None:
    module, arguments = call(identifier)

    async def send() -> None:
        async with AsyncImprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            await module.asyncio_detailed(client=imprint.api, **arguments)

    with (
        Imprint(sandbox.api_key, base_url=sandbox.url) as imprint,
        pytest.raises(InvalidRequestError, match="a different path"),
    ):
        module.sync_detailed(client=imprint.api, **arguments)
    with pytest.raises(InvalidRequestError, match="a different path"):
        asyncio.run(send())

    assert sandbox.requests == []


QUOTED = {"a/b": "a%2Fb", "../x": "..%2Fx", "a?b#c": "a%3Fb%23c", "100%": "100%25", "é b": "%C3%A9%20b"}


@pytest.mark.parametrize(("identifier", "quoted"), QUOTED.items(), ids=ascii)
def test_through_the_generated_client_an_id_is_quoted_too(wire: Wire, identifier: str, quoted: str) -> None:
    wire.answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    with Imprint("k-1", base_url=wire.url) as imprint:
        for call in GENERATED.values():
            module, arguments = call(identifier)
            with pytest.raises(NotFoundError):
                module.sync_detailed(client=imprint.api, **arguments)

    assert wire.paths == [f"/v2/orders/{quoted}", f"/v2/orders/{quoted}", f"/v2/order_events/{quoted}"]


# --- Ensuring ---------------------------------------------------------------------------------------------------------


def test_ensure_looks_first_and_creates_what_is_not_there(sandbox: Sandbox, client: Flavour) -> None:
    order = client.ensure_order(make_order())

    assert [each["id"] for each in sandbox.orders] == [order.id]
    assert operations(sandbox) == ["listOrders", "createOrder"]
    assert queries(sandbox)[0] == {"partner_order_id": "o-1"}


def test_ensure_gives_the_order_that_is_recorded(sandbox: Sandbox, client: Flavour) -> None:
    order = client.create_order(make_order())

    assert client.ensure_order(make_order()) == order
    assert operations(sandbox) == ["createOrder", "listOrders"]


def test_ensure_refuses_an_order_that_is_recorded_with_other_contents(sandbox: Sandbox, client: Flavour) -> None:
    order = client.create_order(make_order())

    with pytest.raises(OrderMismatchError) as caught:
        client.ensure_order(make_order(**SMALLER))

    assert (caught.value.sent, caught.value.recorded) == (make_order(**SMALLER), order)
    paths = ["total_order_amount", *(f"order_lines[0].{name}" for name in ("name", "quantity", "rate", "rewards_rate"))]
    assert caught.value.differences == [*paths, "total_rewards_amount"]
    assert operations(sandbox) == ["createOrder", "listOrders"]


def test_ensure_chooses_none_of_several_orders(sandbox: Sandbox, client: Flavour) -> None:
    twice = [client.create_order(make_order()), client.create_order(make_order())]

    with pytest.raises(AmbiguousOrderError) as caught:
        client.ensure_order(make_order())

    assert caught.value.orders == twice
    assert len(sandbox.orders) == 2


def test_ensure_needs_a_partner_order_id(sandbox: Sandbox, client: Flavour) -> None:
    with pytest.raises(InvalidRequestError, match="partner_order_id is empty"):
        client.ensure_order(make_order(partner_order_id=""))

    assert sandbox.requests == []


def test_ensure_checks_the_order_before_it_looks(sandbox: Sandbox, client: Flavour) -> None:
    line = OrderLine(name="Couch", quantity=1, rate=5, rewards_rate=0)

    with pytest.raises(TotalsMismatchError):
        client.ensure_order(make_order(order_lines=[line]))
    with pytest.raises(InvalidRequestError, match="payment_method_id"):
        client.ensure_order(make_order(payment_method_id=5), check_totals=False)

    assert sandbox.requests == []
