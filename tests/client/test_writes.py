"""The rules of delivery hold for all that writes, by one table: POST, PUT and DELETE of orders and of events.

What they have in common with reading, waits, deadlines and the log, is in test_delivery.py.
"""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from imprint_api.api.order_events import delete_order_event, post_order_event
from imprint_api.api.orders import create_order, delete_order, put_order
from imprint_client import (
    UNSET,
    AmbiguousOrderError,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    ConflictError,
    Imprint,
    ImprintError,
    InternalServerError,
    Order,
    OrderLine,
    OrderMismatchError,
    OutcomeUnknownError,
    RateLimitError,
    RetryPolicy,
)
from imprint_client.comparison import differences
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import FLAVOURS, NO_TLS, PATHS, Clock, Flavour, make_event, make_line, make_order

pytestmark = pytest.mark.in_turn

NEW_ORDER = make_order(partner_order_id="new")
NEW_EVENT = make_event("order-2", "new")
UPDATE = make_order(customer_id="c-1", order_lines=[make_line(5)], total_order_amount=5)
REQUESTS_BEFORE = 3


class Write(NamedTuple):
    """A call that writes, to a sandbox that has an order "order-1", and an order "order-2" with an event "event-1"."""

    operation: str
    lookup: str
    """The operation that settles it."""
    call: Callable[..., Any]
    generated: Callable[[Any], Any]
    """The same through `imprint.api`."""
    sent: Any
    """What an exception says was sent."""
    is_done: Callable[[Sandbox], bool]
    do_after_all: Callable[[Flavour], object]
    """After an unknown outcome, when the request cannot be running any more."""


def values(records: list[dict[str, Any]], name: str) -> list[Any]:
    return [record[name] for record in records]


def delete_the_order_if_it_is_there(client: Flavour) -> None:
    if client.find_order(id="order-1"):
        client.delete_order("order-1")


def delete_the_event_if_it_is_there(client: Flavour) -> None:
    if client.find(order_event_id="event-1"):
        client.delete("event-1")


WRITES = {
    "create an order": Write(
        "createOrder",
        "listOrders",
        lambda client, **options: client.create_order(NEW_ORDER, **options),
        lambda api: create_order.sync(client=api, body=NEW_ORDER),
        NEW_ORDER,
        lambda sandbox: values(sandbox.orders, "partner_order_id").count("new") == 1,
        lambda client: client.ensure_order(NEW_ORDER),
    ),
    "update an order": Write(
        "putOrder",
        "listOrders",
        lambda client, **options: client.update_order("order-1", UPDATE, **options),
        lambda api: put_order.sync(client=api, order_id="order-1", body=UPDATE),
        UPDATE,
        lambda sandbox: [order.get("customer_id") for order in sandbox.orders if order["id"] == "order-1"] == ["c-1"],
        lambda client: client.update_order("order-1", UPDATE),
    ),
    "delete an order": Write(
        "deleteOrder",
        "listOrders",
        lambda client, **options: client.delete_order("order-1", **options),
        lambda api: delete_order.sync_detailed(client=api, order_id="order-1"),
        None,
        lambda sandbox: "order-1" not in values(sandbox.orders, "id"),
        delete_the_order_if_it_is_there,
    ),
    "create an event": Write(
        "postOrderEvent",
        "listOrderEvents",
        lambda client, **options: client.create(NEW_EVENT, **options),
        lambda api: post_order_event.sync(client=api, body=NEW_EVENT),
        NEW_EVENT,
        lambda sandbox: values(sandbox.events, "partner_event_id").count("new") == 1,
        lambda client: client.ensure(NEW_EVENT),
    ),
    "delete an event": Write(
        "deleteOrderEvent",
        "listOrderEvents",
        lambda client, **options: client.delete("event-1", **options),
        lambda api: delete_order_event.sync_detailed(client=api, order_event_id="event-1"),
        None,
        lambda sandbox: "event-1" not in values(sandbox.events, "order_event_id"),
        delete_the_event_if_it_is_there,
    ),
}
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
UPDATING = WRITES["update an order"]


def record_what_writes_need(client: Flavour) -> None:
    client.create_order(make_order(id="order-1"))
    client.create_order(make_order(id="order-2", partner_order_id="o-2"))
    client.create(make_event("order-2", "e-0", order_event_id="event-1"))


@pytest.fixture
def writer(client: Flavour) -> Flavour:
    """A client of a sandbox that has what the WRITES need."""
    record_what_writes_need(client)
    return client


def sent_and_looked_up(sandbox: Sandbox, write: Write) -> tuple[int, int]:
    operations = [request.operation for request in sandbox.requests[REQUESTS_BEFORE:]]
    assert set(operations) <= {write.operation, write.lookup}
    return operations.count(write.operation), operations.count(write.lookup)


@pytest.fixture(params=sorted(PATHS))
def client(request: pytest.FixtureRequest, sandbox: Sandbox, clock: Clock) -> Iterator[Flavour]:
    client = PATHS[request.param](sandbox)
    yield client
    client.close()


# --- The table --------------------------------------------------------------------------------------------------------

UNKNOWN = {
    "cut before the write": SandboxFault(answer="cut"),
    "cut after the write": SandboxFault(answer="cut", write="made"),
    "cut in the body": SandboxFault(answer="cut_in_body"),
    "unreadable 200": SandboxFault(answer="malformed"),
    "HTML for an answer": SandboxFault(status=200, body="<html>", write="made"),
    "a member is missing": SandboxFault(status=200, body={"order_id": "o"}, write="made"),
    "201": SandboxFault(status=201, body={}, write="made"),
    "202 without the write": SandboxFault(status=202, body={}, write="lost"),
    "206": SandboxFault(status=206, body={}, write="made"),
    **{str(status): SandboxFault(status=status) for status in (408, 500, 502, 503, 504, 520, 529)},
    **{
        f"{status} after the write": SandboxFault(status=status, write="made")
        for status in (408, 500, 502, 503, 504, 520)
    },
}


def is_possible(write: Write, fault: SandboxFault) -> bool:
    """The answer to a DELETE has no body that could be spoilt."""
    return fault.status is not None or not (write.sent is None and fault.spoils_the_body)


@pytest.mark.parametrize(
    ("write", "fault"),
    [
        pytest.param(write, fault, id=f"{action}: {bad_day}")
        for action, write in WRITES.items()
        for bad_day, fault in UNKNOWN.items()
        if is_possible(write, fault)
    ],
)
def test_a_write_of_unknown_outcome_is_looked_up_and_never_sent_again(
    sandbox: Sandbox, writer: Flavour, write: Write, fault: SandboxFault
) -> None:
    sandbox.fail(write.operation, fault)

    if fault.write_or_default == "made":
        write.call(writer)
    else:
        with pytest.raises(OutcomeUnknownError) as caught:
            write.call(writer)
        assert (caught.value.sent, caught.value.looked_up) == (write.sent, True)
        assert isinstance(caught.value.__cause__, APIError)
        assert caught.value.why == str(caught.value.__cause__)

    assert sent_and_looked_up(sandbox, write)[0] == 1
    assert write.is_done(sandbox) == (fault.write_or_default == "made")


@pytest.mark.parametrize("write", [write for write in WRITES.values() if write.sent], ids=lambda write: write.operation)
def test_a_204_is_no_success_where_the_contract_promises_a_body(
    sandbox: Sandbox, writer: Flavour, write: Write
) -> None:
    sandbox.fail(write.operation, SandboxFault(status=204, write="made"))

    result = write.call(writer)

    assert differences(write.sent, result) == []
    assert sent_and_looked_up(sandbox, write) == (1, 1)


OTHER_ORDER = make_order(id="order-2", partner_order_id="o-2").to_dict()
ANSWERS_TO_OTHERS: dict[str, tuple[Write, dict[str, Any], str]] = {
    "another order's creation": (WRITES["create an order"], OTHER_ORDER, "partner_order_id"),
    "another order's update": (UPDATING, OTHER_ORDER, "id"),
    "another event's creation": (WRITES["create an event"], make_event("order-2", "e-0").to_dict(), "partner_event_id"),
}


@pytest.mark.parametrize(("write", "answer", "member"), ANSWERS_TO_OTHERS.values(), ids=ANSWERS_TO_OTHERS)
def test_the_answer_to_another_request_is_no_success(
    sandbox: Sandbox, writer: Flavour, write: Write, answer: dict[str, Any], member: str
) -> None:
    """As a connection gives it on which bytes of an earlier answer were left, or a proxy that mixes answers up."""
    answer |= {"id": "order-2", "order_event_id": "event-1"}
    sandbox.fail(write.operation, SandboxFault(status=200, body=json.dumps(answer)))
    with pytest.raises(OutcomeUnknownError, match=f"{member} is not the one that was sent"):
        write.call(writer)
    assert not write.is_done(sandbox)

    sandbox.fail(write.operation, SandboxFault(status=200, body=json.dumps(answer), write="made"))
    assert differences(write.sent, write.call(writer)) == []
    assert write.is_done(sandbox)


def test_an_answer_may_leave_out_the_id_that_was_sent(sandbox: Sandbox, writer: Flavour) -> None:
    sandbox.fail(
        "postOrderEvent",
        SandboxFault(status=200, body=json.dumps(make_event("order-2", partner_event_id=UNSET).to_dict())),
    )

    assert writer.create(NEW_EVENT).partner_event_id is UNSET


@each_write
def test_a_write_that_was_refused_for_now_is_sent_again_when_the_server_says(
    sandbox: Sandbox, writer: Flavour, clock: Clock, write: Write
) -> None:
    sandbox.fail(write.operation, SandboxFault(status=429, headers={"Retry-After": "3"}))
    sandbox.fail(write.operation, SandboxFault(status=429))

    write.call(writer)

    assert write.is_done(sandbox)
    assert sent_and_looked_up(sandbox, write) == (3, 0)
    assert clock.waits == [3.0, 0.5]


@each_write
def test_a_write_that_is_refused_for_good_is_raised_and_not_looked_up(
    sandbox: Sandbox, writer: Flavour, write: Write
) -> None:
    sandbox.fail(write.operation, SandboxFault(status=429), times=1000)

    with pytest.raises(RateLimitError):
        write.call(writer)

    sent, looked_up = sent_and_looked_up(sandbox, write)
    assert sent > 4
    assert looked_up == 0


@each_write
@pytest.mark.parametrize("path", PATHS)
def test_a_write_that_was_never_sent_is_sent_again(
    clock: Clock, nobody: SimpleNamespace, path: str, write: Write
) -> None:
    client = PATHS[path](nobody)

    with pytest.raises(APIConnectionError, match="ConnectError"):
        write.call(client)

    assert clock.waits == [0.25, 0.5, 1.0]
    client.close()


@each_write
@pytest.mark.parametrize("status", [300, 301, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422, 451, 499])
def test_any_other_status_is_raised_at_once(
    sandbox: Sandbox, writer: Flavour, clock: Clock, write: Write, status: int
) -> None:
    sandbox.fail(write.operation, SandboxFault(status=status))

    with pytest.raises(APIStatusError) as caught:
        write.call(writer)

    assert caught.value.status_code == status
    assert (sent_and_looked_up(sandbox, write), clock.waits) == ((1, 0), [])


# --- Settling ---------------------------------------------------------------------------------------------------------


@each_write
def test_a_late_write_is_found_by_a_later_look(sandbox: Sandbox, writer: Flavour, clock: Clock, write: Write) -> None:
    sandbox.fail(write.operation, SandboxFault(answer="cut", write="late", settles_after=3))

    write.call(writer)

    assert write.is_done(sandbox)
    assert sent_and_looked_up(sandbox, write) == (1, 4)
    assert clock.waits == [0.25, 0.5, 1.0]


@each_write
def test_a_look_that_lags_behind_the_write_is_repeated(sandbox: Sandbox, writer: Flavour, write: Write) -> None:
    sandbox.fail(write.operation, SandboxFault(status=504, write="unseen", settles_after=2))

    write.call(writer)

    assert write.is_done(sandbox)
    assert sent_and_looked_up(sandbox, write) == (1, 3)


@each_write
def test_looks_go_on_to_the_deadline_and_not_beyond(
    sandbox: Sandbox, writer: Flavour, clock: Clock, write: Write
) -> None:
    sandbox.fail(write.operation, SandboxFault(answer="cut"))
    began = clock.seconds

    with pytest.raises(OutcomeUnknownError):
        write.call(writer)

    assert 60 - 4 <= clock.seconds - began < 60
    assert sent_and_looked_up(sandbox, write) == (1, len(clock.waits) + 1)
    assert max(clock.waits) == 4.0  # half of longest_wait: jitter stays at the cap


@each_write
def test_a_write_that_lands_after_the_deadline_can_be_done_after_all(
    sandbox: Sandbox, writer: Flavour, write: Write
) -> None:
    sandbox.fail(write.operation, SandboxFault(answer="cut", write="late"))

    with pytest.raises(OutcomeUnknownError):
        write.call(writer)
    assert not write.is_done(sandbox)
    sandbox.settle()
    write.do_after_all(writer)

    assert write.is_done(sandbox)


@each_write
@pytest.mark.parametrize("late", [2.25, 30.0], ids=["the deadline to the second", "far beyond it"])
def test_a_wait_that_ends_after_the_deadline_was_the_last(
    sandbox: Sandbox, writer: Flavour, clock: Clock, write: Write, late: float
) -> None:
    """As in a busy event loop, or on a machine that was asleep."""
    sandbox.fail(write.operation, SandboxFault(answer="cut"))
    clock.overrun = late

    with pytest.raises(OutcomeUnknownError) as caught:
        write.call(writer, retry=RetryPolicy(deadline=2.5))

    assert caught.value.looked_up
    assert (sent_and_looked_up(sandbox, write), clock.waits) == ((1, 1), [0.25])


@each_write
def test_a_used_up_deadline_still_has_one_look_of_5_seconds(sandbox: Sandbox, clock: Clock, write: Write) -> None:
    timeouts: list[float] = []

    def note(request: httpx.Request) -> None:
        timeouts.append(request.extensions["timeout"]["read"])
        clock.seconds += 30  # each request takes so long

    plain = FLAVOURS["sync"](sandbox)
    record_what_writes_need(plain)
    plain.close()
    with httpx.Client(verify=NO_TLS, event_hooks={"request": [note]}) as http_client:
        client = FLAVOURS["sync"](sandbox, http_client=http_client)
        sandbox.fail(write.operation, SandboxFault(answer="cut", write="made"))
        write.call(client, retry=RetryPolicy(deadline=20.0))

    assert timeouts == [20.0, 5.0]


@each_write
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_timeout_is_an_unknown_outcome(sandbox: Sandbox, clock: Clock, flavour: str, write: Write) -> None:
    client = FLAVOURS[flavour](sandbox)
    record_what_writes_need(client)
    sandbox.fail(write.operation, SandboxFault(delay=3600, write="late", status=504))

    with pytest.raises(OutcomeUnknownError) as caught:
        write.call(client, timeout=0.1, retry=RetryPolicy(deadline=5.0))

    assert isinstance(caught.value.__cause__, APITimeoutError)
    assert sent_and_looked_up(sandbox, write)[0] == 1
    client.close()


@each_write
def test_none_sends_once_and_looks_once(sandbox: Sandbox, writer: Flavour, clock: Clock, write: Write) -> None:
    sandbox.fail(write.operation, SandboxFault(answer="cut"))
    sandbox.fail(write.operation, SandboxFault(answer="cut", write="made"))

    with pytest.raises(OutcomeUnknownError) as caught:
        write.call(writer, retry=RetryPolicy.none())
    write.call(writer, retry=RetryPolicy.none())

    assert caught.value.looked_up
    assert write.is_done(sandbox)
    assert (sent_and_looked_up(sandbox, write), clock.waits) == ((2, 2), [])


@each_write
@pytest.mark.parametrize("resend_unknown", [True, False])
@pytest.mark.parametrize(
    "look", [SandboxFault(status=500), SandboxFault(answer="cut"), SandboxFault(answer="malformed")], ids=str
)
def test_a_look_that_fails_never_leads_to_a_second_request(
    sandbox: Sandbox, writer: Flavour, write: Write, look: SandboxFault, resend_unknown: bool
) -> None:
    sandbox.fail(write.operation, SandboxFault(answer="cut"))
    sandbox.fail(write.lookup, look, times=1000)

    with pytest.raises(OutcomeUnknownError) as caught:
        write.call(writer, retry=RetryPolicy(resend_unknown=resend_unknown))

    assert not caught.value.looked_up
    assert sent_and_looked_up(sandbox, write)[0] == 1


@pytest.mark.parametrize(
    "write", [write for name, write in WRITES.items() if name != "create an event"], ids=lambda write: write.operation
)
def test_resend_unknown_is_about_creating_events_and_nothing_else(
    sandbox: Sandbox, writer: Flavour, write: Write
) -> None:
    sandbox.fail(write.operation, SandboxFault(answer="cut"), times=10)

    with pytest.raises(OutcomeUnknownError):
        write.call(writer, retry=RetryPolicy(resend_unknown=True))

    assert sent_and_looked_up(sandbox, write)[0] == 1


@each_write
def test_a_409_is_a_success_when_one_look_explains_it(
    sandbox: Sandbox, writer: Flavour, clock: Clock, write: Write
) -> None:
    sandbox.fail(write.operation, SandboxFault(status=409, write="made"))

    write.call(writer)

    assert (sent_and_looked_up(sandbox, write), clock.waits) == ((1, 1), [])


@each_write
@pytest.mark.parametrize(
    "look", [SandboxFault(answer="normal"), SandboxFault(status=500), SandboxFault(answer="malformed")], ids=str
)
def test_a_409_that_one_look_does_not_explain_is_raised(
    sandbox: Sandbox, writer: Flavour, clock: Clock, write: Write, look: SandboxFault
) -> None:
    sandbox.fail(write.operation, SandboxFault(status=409))
    sandbox.fail(write.lookup, look)

    with pytest.raises(ConflictError):
        write.call(writer)

    assert (sent_and_looked_up(sandbox, write), clock.waits) == ((1, 1), [])


@each_write
def test_through_the_generated_client_an_unknown_outcome_is_not_settled(
    sandbox: Sandbox, clock: Clock, write: Write
) -> None:
    client = FLAVOURS["sync"](sandbox)
    record_what_writes_need(client)
    client.close()
    sandbox.fail(write.operation, SandboxFault(status=429))
    sandbox.fail(write.operation, SandboxFault(answer="cut", write="made"))

    with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint, pytest.raises(OutcomeUnknownError) as caught:
        write.generated(imprint.api)

    assert caught.value.sent == (write.sent and write.sent.to_dict())
    assert caught.value.looked_up is False
    assert caught.value.why == str(caught.value.__cause__)
    assert not isinstance(caught.value.__cause__, APIResponseValidationError)
    assert sent_and_looked_up(sandbox, write) == (2, 0)


# --- What a look proves -----------------------------------------------------------------------------------------------


def test_a_created_order_that_is_recorded_with_other_contents_is_an_error(sandbox: Sandbox, client: Flavour) -> None:
    client.create_order(make_order(currency="USD"))
    sandbox.fail("createOrder", SandboxFault(answer="cut"))

    with pytest.raises(OrderMismatchError) as caught:
        client.create_order(make_order(currency="EUR"))

    assert (caught.value.sent.currency, caught.value.recorded.currency) == ("EUR", "USD")
    assert caught.value.differences == ["currency"]


@pytest.mark.parametrize("fault", [SandboxFault(answer="cut", write="made"), SandboxFault(status=409)], ids=str)
def test_a_created_order_that_is_one_of_several_is_an_error_that_lists_them(
    sandbox: Sandbox, client: Flavour, fault: SandboxFault
) -> None:
    client.create_order(make_order())
    client.create_order(make_order(partner_order_id="another"))
    client.create_order(make_order())
    sandbox.fail("createOrder", fault)

    with pytest.raises(AmbiguousOrderError) as caught:
        client.create_order(make_order())

    recorded = [order["id"] for order in sandbox.orders if order["partner_order_id"] == "o-1"]
    assert [order.id for order in caught.value.orders] == recorded
    assert len(recorded) == 2 + (fault.write_or_default == "made")


@pytest.mark.parametrize(
    "answer",
    [
        [make_order(id="order-9").to_dict() | {"partner_order_id": "new"}],
        [make_order(id="order-1").to_dict() | {"partner_order_id": "another"}],
        [make_order(id="order-1").to_dict()] * 2,
        [{}],
    ],
    ids=["another id", "another partner_order_id", "twice", "no order"],
)
@pytest.mark.parametrize("operation", ["update an order", "delete an order"])
def test_a_look_that_answers_something_else_settles_nothing(
    sandbox: Sandbox, writer: Flavour, answer: Any, operation: str
) -> None:
    write = WRITES[operation]
    sandbox.fail(write.operation, SandboxFault(answer="cut"))
    sandbox.fail("listOrders", SandboxFault(status=200, body={"data": answer}), times=1000)

    with pytest.raises(OutcomeUnknownError):
        write.call(writer)

    assert sent_and_looked_up(sandbox, write)[0] == 1


def test_an_empty_page_that_says_there_is_more_proves_no_deletion(sandbox: Sandbox, writer: Flavour) -> None:
    sandbox.fail("deleteOrderEvent", SandboxFault(answer="cut"))
    sandbox.fail("listOrderEvents", SandboxFault(answer="empty_page"), times=1000)

    with pytest.raises(OutcomeUnknownError) as caught:
        writer.delete("event-1")

    assert not caught.value.looked_up
    assert "event-1" in values(sandbox.events, "order_event_id")


def test_an_empty_page_that_says_there_is_more_finds_nothing_and_lets_ensure_send_nothing(
    sandbox: Sandbox, writer: Flavour
) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(answer="empty_page"), times=8)

    calls: list[Callable[[], object]] = [
        lambda: writer.find(partner_event_id="e-0"),
        lambda: writer.ensure(make_event("order-2", "e-0")),
    ]
    for call in calls:
        with pytest.raises(APIResponseValidationError) as caught:
            call()
        assert caught.value.path == "data"

    assert len(sandbox.events) == 1


NOT_YET: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a member that was not there": ({}, {"customer_id": "c-1"}),
    "another value": ({"customer_id": "c-0"}, {"customer_id": "c-1"}),
    "null for a value": ({"merchant_id": "m-1"}, {"merchant_id": None}),
    "a value for null": ({"merchant_id": None}, {"merchant_id": "m-1"}),
    "a line less": ({"order_lines": [make_line(), make_line(0, rewards_rate=0)]}, {"order_lines": [make_line()]}),
    "an address": ({}, {"merchant_address": []}),
    "a member of a line": ({}, {"order_lines": [OrderLine.from_dict(make_line().to_dict() | {"product_url": "u"})]}),
}


@pytest.mark.parametrize(("recorded", "sent"), NOT_YET.values(), ids=NOT_YET)
def test_an_update_is_not_done_while_the_order_lacks_some_of_what_was_sent(
    sandbox: Sandbox, client: Flavour, recorded: dict[str, Any], sent: dict[str, Any]
) -> None:
    client.create_order(make_order(id="order-1", **recorded))
    sandbox.fail("putOrder", SandboxFault(answer="cut"))
    sandbox.fail("putOrder", SandboxFault(answer="cut", write="late", settles_after=2))

    with pytest.raises(OutcomeUnknownError) as caught:
        client.update_order("order-1", make_order(**sent), retry=RetryPolicy(deadline=5.0))
    assert caught.value.looked_up

    updated = client.update_order("order-1", make_order(**sent))
    assert updated == Order.from_dict(sandbox.orders[0])
    assert differences(make_order(**sent), updated, kept=True) == []


def test_an_update_is_done_when_the_order_has_all_that_was_sent_and_more(sandbox: Sandbox, client: Flavour) -> None:
    """As from a server that adds members, or keeps what a new order leaves out: nothing says that it may not."""
    client.create_order(make_order(id="order-1"))
    more = UPDATE.to_dict() | {"id": "order-1", "currency": "USD", "novel": {"a": 1}, "merchant_id": None}
    sandbox.fail("putOrder", SandboxFault(answer="cut", write="made"))
    sandbox.fail("listOrders", SandboxFault(status=200, body={"data": [more]}))

    updated = client.update_order("order-1", UPDATE)

    assert updated.to_dict() == more


def test_members_that_nobody_knows_must_be_kept_too_for_an_update_to_be_done() -> None:
    sent = make_order()
    sent["note"] = {"a": 1, "b": None}
    recorded = sent.to_dict() | {"id": "order-1"}

    for kept, paths in (({"a": 1}, []), ({"a": 2}, ["note.a"]), ({}, ["note.a"]), (None, ["note"])):
        order = type(sent).from_dict(recorded | {"note": kept})
        assert differences(sent, order, kept=True) == paths


def test_ensure_settles_the_order_that_it_sends(sandbox: Sandbox, client: Flavour) -> None:
    sandbox.fail("createOrder", SandboxFault(answer="cut", write="made"))

    assert client.ensure_order(make_order()).id == sandbox.orders[0]["id"]
    assert [request.operation for request in sandbox.requests] == ["listOrders", "createOrder", "listOrders"]


def test_ensure_sends_no_order_when_it_could_not_look(sandbox: Sandbox, client: Flavour) -> None:
    sandbox.fail("listOrders", SandboxFault(status=500), times=10)

    with pytest.raises(InternalServerError):
        client.ensure_order(make_order())

    assert [request.operation for request in sandbox.requests] == ["listOrders"] * 4


def test_what_ensure_sends_has_the_deadline_that_its_look_began_with(
    sandbox: Sandbox, client: Flavour, clock: Clock
) -> None:
    sandbox.fail("listOrders", SandboxFault(status=429, headers={"Retry-After": "40"}))
    sandbox.fail("createOrder", SandboxFault(status=429, headers={"Retry-After": "30"}))

    with pytest.raises(RateLimitError):
        client.ensure_order(make_order())

    assert sum(clock.waits) == pytest.approx(40.0, abs=0.01)


# --- The promise ------------------------------------------------------------------------------------------------------

statuses = st.sampled_from([408, 500, 502, 503, 504, 520])
write_faults = st.one_of(
    st.builds(lambda write: SandboxFault(answer="cut", write=write), st.sampled_from(["made", "lost", "unseen"])),
    st.builds(
        lambda after: SandboxFault(answer="cut", write="late", settles_after=after), st.sampled_from([1, 2, 5, None])
    ),
    st.builds(
        lambda status, after: SandboxFault(status=status, write="late", settles_after=after),
        statuses,
        st.sampled_from([1, 3, None]),
    ),
    st.builds(
        lambda status, write: SandboxFault(status=status, write=write), statuses, st.sampled_from(["made", "lost"])
    ),
    st.builds(lambda after: SandboxFault(write="unseen", settles_after=after), st.sampled_from([1, 3, None])),
    st.sampled_from(
        [
            SandboxFault(answer="normal"),
            SandboxFault(answer="cut_in_body"),
            SandboxFault(answer="malformed"),
            SandboxFault(status=200, body="<html>", write="made"),
            SandboxFault(status=200, body={}, write="lost"),
            SandboxFault(status=204, write="made"),
            SandboxFault(status=409),
            SandboxFault(status=409, write="made"),
            SandboxFault(status=429),
            SandboxFault(status=429, headers={"Retry-After": "2"}),
            SandboxFault(status=400),
        ]
    ),
)
lookup_faults = st.one_of(
    st.builds(lambda status: SandboxFault(status=status), statuses),
    st.sampled_from(
        [
            SandboxFault(answer="normal"),
            SandboxFault(answer="cut"),
            SandboxFault(answer="malformed"),
            SandboxFault(answer="empty_page"),
            SandboxFault(status=429),
        ]
    ),
)


@pytest.fixture(scope="module", params=sorted(PATHS))
def shared(request: pytest.FixtureRequest, _one_sandbox: Sandbox) -> Iterator[Flavour]:
    """One client for all examples: to make one takes as long as an example."""
    client = PATHS[request.param](_one_sandbox)
    yield client
    client.close()


@each_write
@given(writes_fail=st.lists(write_faults, max_size=4), lookups_fail=st.lists(lookup_faults, max_size=4))
@example(writes_fail=[SandboxFault(answer="cut", write="late")], lookups_fail=[])
@example(writes_fail=[SandboxFault(answer="cut")], lookups_fail=[SandboxFault(answer="empty_page")])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_network_does_one_call_never_writes_twice_and_its_outcome_is_never_guessed(
    sandbox: Sandbox,
    clock: Clock,
    shared: Flavour,
    write: Write,
    writes_fail: list[SandboxFault],
    lookups_fail: list[SandboxFault],
) -> None:
    sandbox.reset()
    record_what_writes_need(shared)
    writes_fail = [fault for fault in writes_fail if is_possible(write, fault)]
    for fault in writes_fail:
        sandbox.fail(write.operation, fault)
    for fault in lookups_fail:
        if fault.answer != "empty_page" or write.lookup == "listOrderEvents":
            sandbox.fail(write.lookup, fault)

    error: ImprintError | None = None
    result = None
    try:
        result = write.call(shared)
    except ImprintError as caught:
        error = caught
    was_done = write.is_done(sandbox)
    sent, _ = sent_and_looked_up(sandbox, write)
    sandbox.heal()
    sandbox.settle()

    # Only what was refused was sent again: one request at the most was carried out.
    assert {fault.status for fault in writes_fail[: sent - 1]} <= {429}
    assert max(map(values(sandbox.orders, "partner_order_id").count, ["new", "o-1", "o-2"])) <= 1
    assert values(sandbox.events, "partner_event_id").count("new") <= 1
    if error is None:
        assert was_done
        assert write.is_done(sandbox)
        assert write.sent is None or differences(write.sent, result, kept=True) == []
    elif isinstance(error, OutcomeUnknownError):
        write.do_after_all(shared)
        assert write.is_done(sandbox)
    elif not isinstance(error, ConflictError):  # which a server may send after it has written
        assert not write.is_done(sandbox)
    assert len(sandbox.orders) == 2 + (write.operation == "createOrder" and write.is_done(sandbox)) - (
        write.operation == "deleteOrder" and write.is_done(sandbox)
    )
