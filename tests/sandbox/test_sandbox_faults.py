"""Bad days on demand: what becomes of the write, what is answered, and that it all happens in the order asked for."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from imprint_sandbox import Sandbox, SandboxFault

from .conftest import client_of

JsonObject = dict[str, Any]
MakeEvent = Callable[..., JsonObject]

POST, LIST = "postOrderEvent", "listOrderEvents"


def amounts(sandbox: Sandbox) -> list[int]:
    return [event["amount"] for event in sandbox.events]


def seen(api: httpx.Client, **filters: str) -> list[int]:
    """The amounts of the events that a lookup sees."""
    return [event["amount"] for event in api.get("/v2/order_events", params=filters).json()["data"]]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 408, 409, 418, 422, 429, 500, 502, 503, 504, 520, 599])
@pytest.mark.parametrize(("write", "kept"), [(None, []), ("lost", []), ("made", [5])])
def test_any_status_can_be_answered_before_the_write_or_after_it(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent, status: int, write: Any, kept: list[int]
) -> None:
    sandbox.fail(POST, SandboxFault(status=status, write=write))
    answer = spoiled_api.post("/v2/order_events", json=an_event())
    assert answer.status_code == status
    assert amounts(sandbox) == kept
    if status >= 400:
        assert answer.json()["error"]["message"] == "A bad day, on demand."


def test_headers_and_body_are_those_asked_for(spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent) -> None:
    for body, sent in ((b"\xff<html>", b"\xff<html>"), ("<html>", b"<html>"), ({"path": "/"}, b'{"path": "/"}')):
        sandbox.fail(
            POST, SandboxFault(status=503, headers={"Retry-After": "7", "Content-Type": "text/html"}, body=body)
        )
        answer = spoiled_api.post("/v2/order_events", json=an_event())
        assert answer.content == sent
        assert (answer.headers["retry-after"], answer.headers["content-type"]) == ("7", "text/html")


def test_a_body_or_headers_alone_replace_those_of_an_answer_whose_write_is_made(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    sandbox.fail(POST, SandboxFault(headers={"X-Request-Id": "r-1"}))
    sandbox.fail(POST, SandboxFault(body="not JSON"))
    first, second = (spoiled_api.post("/v2/order_events", json=an_event()) for _ in range(2))
    assert (first.status_code, first.headers["x-request-id"], first.json()["amount"]) == (200, "r-1", 5)
    assert (second.status_code, second.text) == (200, "not JSON")
    assert amounts(sandbox) == [5, 5]


@pytest.mark.parametrize(("write", "kept"), [(None, []), ("made", [5])])
def test_a_connection_is_closed_with_no_answer_before_the_write_or_after_it(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent, write: Any, kept: list[int]
) -> None:
    sandbox.fail(POST, SandboxFault(answer="cut", write=write))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        spoiled_api.post("/v2/order_events", json=an_event())
    assert amounts(sandbox) == kept


def test_a_connection_is_closed_in_the_middle_of_the_body(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    sandbox.fail(POST, SandboxFault(answer="cut_in_body"))
    with spoiled_api.stream("POST", "/v2/order_events", json=an_event()) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            answer.read()
        assert 0 < answer.num_bytes_downloaded < int(answer.headers["content-length"])
    assert amounts(sandbox) == [5]


def test_a_whole_answer_can_be_half_of_its_json(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    sandbox.fail(POST, SandboxFault(answer="malformed"))
    answer = spoiled_api.post("/v2/order_events", json=an_event())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="line 1"):
        answer.json()
    assert amounts(sandbox) == [5]


def test_events_can_have_a_type_that_the_contract_does_not_know(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    sandbox.fail(POST, SandboxFault(answer="unknown_type"))
    sandbox.fail(LIST, SandboxFault(answer="unknown_type"))
    assert spoiled_api.post("/v2/order_events", json=an_event()).json()["type"] == "CHARGED_BACK"
    assert [event["type"] for event in spoiled_api.get("/v2/order_events").json()["data"]] == ["CHARGED_BACK"]
    assert [event["type"] for event in sandbox.events] == ["CAPTURED"]


def test_a_page_can_be_empty_and_claim_more(api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent) -> None:
    api.post("/v2/order_events", json=an_event())
    sandbox.fail(LIST, SandboxFault(answer="empty_page"))
    assert api.get("/v2/order_events").json() == {"data": [], "has_more": True, "total": 1}


def test_a_page_can_repeat_its_cursor(api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent) -> None:
    for _ in range(3):
        api.post("/v2/order_events", json=an_event())
    first = api.get("/v2/order_events", params={"limit": 2}).json()
    cursor = first["data"][-1]["order_event_id"]
    sandbox.fail(LIST, SandboxFault(answer="repeated_page"))
    assert api.get("/v2/order_events", params={"limit": 2, "starting_after": cursor}).json() == first
    assert len(api.get("/v2/order_events", params={"limit": 2, "starting_after": cursor}).json()["data"]) == 1


def test_a_page_that_repeats_its_cursor_claims_more_even_when_it_is_all_there_is(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    cursor = api.post("/v2/order_events", json=an_event()).json()["order_event_id"]
    sandbox.fail(LIST, SandboxFault(answer="repeated_page"))
    page = api.get("/v2/order_events", params={"starting_after": cursor}).json()
    assert ([event["order_event_id"] for event in page["data"]], page["has_more"]) == ([cursor], True)


def test_a_late_write_lands_after_as_many_further_requests_as_asked_for(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    sandbox.fail(POST, SandboxFault(answer="cut", write="late", settles_after=2))
    with pytest.raises(httpx.RemoteProtocolError):
        spoiled_api.post("/v2/order_events", json=an_event("e-1"))
    for found in ([], [], [5]):
        assert seen(spoiled_api, partner_event_id="e-1") == found


def test_the_first_post_can_land_after_the_lookup_and_before_the_second_post(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    sandbox.fail(POST, SandboxFault(status=504, write="late", settles_after=1))
    assert spoiled_api.post("/v2/order_events", json=an_event("e-1")).status_code == 504
    assert seen(spoiled_api, partner_event_id="e-1") == []
    assert spoiled_api.post("/v2/order_events", json=an_event("e-1", amount=6)).status_code == 200
    assert amounts(sandbox) == [5, 6]
    assert seen(spoiled_api, partner_event_id="e-1") == [5]


def test_a_late_write_with_no_end_lands_when_the_sandbox_is_settled(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    sandbox.fail(POST, SandboxFault(status=504, write="late"), times=2)
    for amount in (1, 2):
        spoiled_api.post("/v2/order_events", json=an_event(amount=amount))
    assert spoiled_api.post("/v2/order_events", json=an_event(amount=3)).status_code == 200
    assert amounts(sandbox) == [3]
    sandbox.settle()
    assert amounts(sandbox) == [3, 1, 2]
    sandbox.settle()
    assert amounts(sandbox) == [3, 1, 2]


def test_a_late_write_that_the_contract_does_not_allow_never_lands(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    sandbox.fail(POST, SandboxFault(status=504, write="late"))
    spoiled_api.post("/v2/order_events", json=an_event(amount=0.5))
    sandbox.settle()
    assert amounts(sandbox) == []


def test_a_lookup_that_lags_does_not_see_a_write_that_is_made(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    api.post("/v2/order_events", json=an_event("e-0", amount=1))
    sandbox.fail(POST, SandboxFault(write="unseen", settles_after=2))
    sandbox.fail(POST, SandboxFault(write="unseen"))
    unseen = api.post("/v2/order_events", json=an_event("e-1", amount=2)).json()
    api.post("/v2/order_events", json=an_event("e-2", amount=3))
    assert amounts(sandbox) == [1, 2, 3]
    assert seen(api) == [1]
    # That lookup was the second request after the first POST.
    assert seen(api, partner_event_id="e-1") == [2]
    assert api.get("/v2/order_events").json()["total"] == 2
    assert seen(api, starting_after=unseen["order_event_id"]) == []
    sandbox.settle()
    assert seen(api) == [1, 2, 3]


def test_a_cursor_that_a_lookup_does_not_see_yet_is_unknown(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    sandbox.fail(POST, SandboxFault(write="unseen"))
    cursor = api.post("/v2/order_events", json=an_event()).json()["order_event_id"]
    assert api.get("/v2/order_events", params={"starting_after": cursor}).status_code == 400


def test_a_delayed_answer_comes_when_the_sandbox_is_settled_and_its_write_is_made_before(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    event = an_event()
    sandbox.fail(POST, SandboxFault(delay=3600))
    arrived = len(sandbox.requests)
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(api.post, "/v2/order_events", json=event)
        sandbox.wait_for_requests(arrived + 1)
        assert amounts(sandbox) == [5]
        assert not answer.done()
        sandbox.settle()
        assert answer.result().status_code == 200


def test_a_delay_ends_by_itself(api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent) -> None:
    sandbox.fail(POST, SandboxFault(delay=0.001))
    assert api.post("/v2/order_events", json=an_event()).status_code == 200


def test_a_delayed_answer_does_not_hold_up_other_requests(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    event = an_event()
    sandbox.fail(POST, SandboxFault(delay=3600))
    arrived = len(sandbox.requests)
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(api.post, "/v2/order_events", json=event)
        sandbox.wait_for_requests(arrived + 1)
        assert seen(api) == [5]
        sandbox.settle()
        answer.result()


def test_waiting_for_requests_that_do_not_come_ends_with_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError, match="0 of 1 requests arrived"):
        sandbox.wait_for_requests(1, timeout=0.001)


def test_faults_happen_in_the_order_given_each_as_often_as_asked_for_and_only_to_their_operation(
    spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    event = an_event()
    sandbox.fail(POST, SandboxFault(status=500), times=2)
    sandbox.fail(POST, SandboxFault(status=503))
    sandbox.fail(LIST, SandboxFault(status=429))
    assert [operation for operation, _ in sandbox.faults] == [LIST, POST, POST, POST]
    assert spoiled_api.get("/v2/order_events").status_code == 429
    assert [spoiled_api.post("/v2/order_events", json=event).status_code for _ in range(4)] == [500, 500, 503, 200]
    assert spoiled_api.get("/v2/order_events").status_code == 200
    assert sandbox.faults == []


def test_a_healed_sandbox_has_no_faults_to_come_and_keeps_what_it_has(
    api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent
) -> None:
    event = an_event()
    sandbox.fail(POST, SandboxFault(status=504, write="late"))
    sandbox.fail(POST, SandboxFault(status=500), times=9)
    assert api.post("/v2/order_events", json=event).status_code == 504
    sandbox.heal()
    assert api.post("/v2/order_events", json=event).status_code == 200
    sandbox.settle()
    assert amounts(sandbox) == [5, 5]


def test_a_reset_leaves_nothing_of_what_was(spoiled_api: httpx.Client, sandbox: Sandbox, an_event: MakeEvent) -> None:
    event = an_event("e-1")
    order = sandbox.orders[0]
    sandbox.fail(POST, SandboxFault(write="unseen"))
    sandbox.fail(POST, SandboxFault(status=504, write="late", settles_after=2))
    sandbox.fail(POST, SandboxFault(status=504, write="late"))
    sandbox.fail(POST, SandboxFault(delay=3600))
    sandbox.fail(POST, SandboxFault(status=500), times=9)
    arrived = len(sandbox.requests)
    with ThreadPoolExecutor() as threads:
        for _ in range(3):
            spoiled_api.post("/v2/order_events", json=event)
        answer = threads.submit(spoiled_api.post, "/v2/order_events", json=event)
        sandbox.wait_for_requests(arrived + 4)
        sandbox.reset()
        with pytest.raises(httpx.RemoteProtocolError):
            answer.result()
    assert (sandbox.orders, sandbox.events, sandbox.requests, sandbox.faults) == ([], [], [], [])

    spoiled_api.post("/v2/orders", json=order)
    assert [spoiled_api.post("/v2/order_events", json=event).status_code for _ in range(4)] == [200] * 4
    sandbox.settle()
    assert amounts(sandbox) == [5] * 4
    assert seen(spoiled_api) == [5] * 4
    assert len(sandbox.requests) == 6


@dataclass(frozen=True)
class Change:
    """A PUT or DELETE: the amounts of the orders and of the events that there are before it and after it."""

    operation: str
    method: str
    path: str
    before: list[int]
    after: list[int]

    def made(self, api: httpx.Client) -> httpx.Response:
        order = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 9}
        return api.request(self.method, self.path, json=order if self.method == "PUT" else None)


CHANGES = [
    Change("putOrder", "PUT", "/v2/orders/a", before=[1, 2, 3], after=[9, 2, 3]),
    Change("deleteOrder", "DELETE", "/v2/orders/a", before=[1, 2, 3], after=[2, 3]),
    Change("deleteOrderEvent", "DELETE", "/v2/order_events/e", before=[1, 2, 3], after=[1, 2]),
]
every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.operation)


@pytest.fixture
def three_records(sandbox: Sandbox, spoiled_api: httpx.Client) -> None:
    """Two orders of 1 and 2, and an event of 3 of the second."""
    for order_id, amount in (("a", 1), ("b", 2)):
        order = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": amount, "id": order_id}
        spoiled_api.post("/v2/orders", json=order)
    event = {"order_id": "b", "type": "CAPTURED", "amount": 3, "network_transaction_id": "n", "order_event_id": "e"}
    spoiled_api.post("/v2/order_events", json=event)


def all_amounts(orders: list[JsonObject], events: list[JsonObject]) -> list[int]:
    return [*(order["total_order_amount"] for order in orders), *(event["amount"] for event in events)]


def all_kept(sandbox: Sandbox) -> list[int]:
    return all_amounts(sandbox.orders, sandbox.events)


def all_seen(api: httpx.Client) -> list[int]:
    """What lookups see, in two requests."""
    return all_amounts(*(api.get(path).json()["data"] for path in ("/v2/orders", "/v2/order_events")))


@every_change
@pytest.mark.parametrize("fault", [{"status": 503}, {"answer": "cut"}, {"delay": 0.001}], ids=str)
@pytest.mark.parametrize("write", [None, "made"])
@pytest.mark.usefixtures("three_records")
def test_a_change_can_be_made_or_not_whatever_is_answered(
    spoiled_api: httpx.Client, sandbox: Sandbox, change: Change, fault: JsonObject, write: Any
) -> None:
    sandbox.fail(change.operation, SandboxFault(**fault, write=write))
    if "answer" in fault:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            change.made(spoiled_api)
    else:
        assert change.made(spoiled_api).status_code == fault.get("status", 200 if change.method == "PUT" else 204)
    made = write == "made" or "delay" in fault
    assert all_kept(sandbox) == all_seen(spoiled_api) == (change.after if made else change.before)


@every_change
@pytest.mark.usefixtures("three_records")
def test_a_late_change_is_made_after_as_many_further_requests_as_asked_for_or_when_settled(
    spoiled_api: httpx.Client, sandbox: Sandbox, change: Change
) -> None:
    sandbox.fail(change.operation, SandboxFault(status=504, write="late", settles_after=3))
    assert change.made(spoiled_api).status_code == 504
    assert all_seen(spoiled_api) == all_kept(sandbox) == change.before
    spoiled_api.get("/v2/orders")
    assert all_kept(sandbox) == all_seen(spoiled_api) == change.after


@every_change
@pytest.mark.usefixtures("three_records")
def test_a_lookup_that_lags_sees_what_was_there_before_the_change(
    spoiled_api: httpx.Client, sandbox: Sandbox, change: Change
) -> None:
    sandbox.fail(change.operation, SandboxFault(write="unseen", settles_after=3))
    assert change.made(spoiled_api).is_success
    assert all_kept(sandbox) == change.after
    assert all_seen(spoiled_api) == change.before
    spoiled_api.get("/v2/orders")
    assert all_seen(spoiled_api) == change.after


@every_change
@pytest.mark.usefixtures("three_records")
def test_what_lookups_do_not_see_yet_is_all_the_same_what_the_next_change_meets(
    spoiled_api: httpx.Client, sandbox: Sandbox, change: Change
) -> None:
    sandbox.fail(change.operation, SandboxFault(write="unseen"))
    change.made(spoiled_api)
    assert change.made(spoiled_api).status_code == (200 if change.method == "PUT" else 404)
    sandbox.settle()
    assert all_kept(sandbox) == all_seen(spoiled_api) == change.after


@pytest.mark.usefixtures("three_records")
def test_a_record_that_lookups_still_see_is_another_than_the_next_one_recorded(
    spoiled_api: httpx.Client, sandbox: Sandbox
) -> None:
    event = sandbox.events[0]
    sandbox.fail("deleteOrderEvent", SandboxFault(write="unseen"))
    spoiled_api.delete("/v2/order_events/e")
    spoiled_api.post("/v2/order_events", json={**event, "order_event_id": "f", "amount": 4})
    assert (amounts(sandbox), seen(spoiled_api)) == ([4], [3, 4])
    sandbox.settle()
    assert seen(spoiled_api) == [4]


@pytest.mark.usefixtures("three_records")
def test_a_late_put_lands_on_a_later_one(spoiled_api: httpx.Client, sandbox: Sandbox) -> None:
    order = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 4}
    sandbox.fail("putOrder", SandboxFault(status=504, write="late"))
    spoiled_api.put("/v2/orders/a", json=order)
    spoiled_api.put("/v2/orders/a", json={**order, "total_order_amount": 5})
    assert all_kept(sandbox) == [5, 2, 3]
    sandbox.settle()
    assert all_kept(sandbox) == [4, 2, 3]


@pytest.mark.usefixtures("three_records")
def test_a_late_change_that_is_refused_by_then_is_never_made(spoiled_api: httpx.Client, sandbox: Sandbox) -> None:
    event = sandbox.events[0]
    sandbox.fail("deleteOrder", SandboxFault(status=504, write="late"))
    spoiled_api.delete("/v2/orders/a")
    spoiled_api.post("/v2/order_events", json={**event, "order_id": "a", "amount": 4})
    sandbox.settle()
    assert all_kept(sandbox) == [1, 2, 3, 4]


@pytest.mark.usefixtures("three_records")
def test_an_answer_with_no_body_has_the_headers_or_the_body_asked_for(
    spoiled_api: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.fail("deleteOrderEvent", SandboxFault(headers={"X-Request-Id": "r-1"}))
    sandbox.fail("deleteOrder", SandboxFault(status=200, body="<html>", write="made"))
    first, second = spoiled_api.delete("/v2/order_events/e"), spoiled_api.delete("/v2/orders/a")
    assert (first.status_code, first.headers["x-request-id"], first.content) == (204, "r-1", b"")
    assert (second.status_code, second.content) == (200, b"<html>")
    assert all_kept(sandbox) == [2]


NONSENSE: list[tuple[JsonObject, str]] = [
    ({"write": "perhaps"}, "write must be one of"),
    ({"answer": "nothing"}, "answer must be one of"),
    ({"status": 199}, "status must be an int from 200 to 599"),
    ({"status": 600}, "status must be an int from 200 to 599"),
    ({"status": True}, "status must be an int from 200 to 599"),
    ({"delay": -1}, "delay must be seconds"),
    ({"delay": float("nan")}, "delay must be seconds"),
    ({"delay": "1"}, "delay must be seconds"),
    ({"write": "late", "status": 504, "settles_after": 0}, "settles_after must be an int, 1 or more"),
    ({"settles_after": 1}, "settles_after needs write="),
    ({"write": "lost"}, "has no response to send"),
    ({"write": "late"}, "has no response to send"),
    ({"write": "late", "answer": "malformed"}, "has no response to send"),
    ({"answer": "empty_page", "status": 500}, "cannot have a status or a body"),
    ({"answer": "unknown_type", "body": "x"}, "cannot have a status or a body"),
    ({"status": 204, "body": "x"}, "status 204 cannot have a body"),
    ({"status": 200, "answer": "cut_in_body"}, "needs a body"),
    ({"status": 204, "answer": "malformed"}, "needs a body"),
    ({"headers": {"Content-Length": "1"}}, "sets the length of the body itself"),
    ({"headers": {"X": "a\r\nY: b"}}, "must be text"),
    ({"headers": {"": "a"}}, "must be text"),
]


@pytest.mark.parametrize(("members", "problem"), NONSENSE)
def test_a_fault_that_makes_no_sense_cannot_be_made(members: JsonObject, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        SandboxFault(**members)


@pytest.mark.parametrize(
    ("operation", "fault", "times", "problem"),
    [
        ("postOrderEvents", SandboxFault(status=500), 1, "not an operation of the contract"),
        (POST, SandboxFault(status=500), 0, "times must be 1 or more"),
        (POST, SandboxFault(answer="empty_page"), 1, "is not paginated"),
        (LIST, SandboxFault(write="unseen"), 1, "writes nothing"),
        ("createOrder", SandboxFault(answer="unknown_type"), 1, "returns no events"),
        ("deleteOrderEvent", SandboxFault(answer="unknown_type"), 1, "returns no events"),
        ("listOrders", SandboxFault(answer="repeated_page"), 1, "is not paginated"),
        ("listOrders", SandboxFault(write="unseen"), 1, "writes nothing"),
        ("deleteOrder", SandboxFault(answer="malformed"), 1, "returns no body"),
        ("deleteOrder", SandboxFault(answer="cut_in_body"), 1, "returns no body"),
        ("deleteOrderEvent", SandboxFault(body="x"), 1, "returns no body"),
    ],
)
def test_a_fault_cannot_be_set_where_it_would_do_nothing(
    sandbox: Sandbox, operation: str, fault: SandboxFault, times: int, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        sandbox.fail(operation, fault, times=times)
    assert sandbox.faults == []


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        *((answer, status) for answer in ("normal", "cut") for status in (None, 200, 204, 304, 500)),
        *((answer, status) for answer in ("cut_in_body", "malformed") for status in (None, 500)),
    ],
)
def test_no_fault_leaves_a_word_in_the_log(
    an_order: JsonObject, caplog: pytest.LogCaptureFixture, answer: Any, status: int | None
) -> None:
    caplog.set_level(logging.WARNING)
    with Sandbox() as sandbox, client_of(sandbox) as api:
        sandbox.fail("createOrder", SandboxFault(answer=answer, status=status, write="made"))
        if answer.startswith("cut"):
            with pytest.raises(httpx.RemoteProtocolError):
                api.post("/v2/orders", json=an_order)
        else:
            api.post("/v2/orders", json=an_order)
        assert len(sandbox.orders) == 1
    assert [record for record in caplog.records if not record.name.startswith("http")] == []
