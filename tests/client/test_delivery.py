"""Delivery: what is sent again and when, how an outcome is settled, the waits and deadlines, and what is logged.

Most of it by the example of events; test_writes.py holds all that writes to the same rules.
"""

import asyncio
import logging
import socket
import threading
import time
import types
from collections.abc import Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from dateutil.tz import tzstr
from hypothesis import given
from hypothesis import strategies as st
from imprint_client import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncImprint,
    ConfigurationError,
    ConflictError,
    EventMismatchError,
    Gate,
    Imprint,
    InternalServerError,
    InvalidRequestError,
    NewOrderEvent,
    Order,
    OrderEvent,
    OrderEventType,
    OutcomeUnknownError,
    RateLimitError,
    RetryPolicy,
    delivery,
)
from imprint_client.comparison import differences
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import FLAVOURS, NO_TLS, PATHS, Clock, Flavour, make_event, make_line, make_order

pytestmark = pytest.mark.in_turn

# The clock of the tests moves only by waiting, and each wait is half of what it may be.
DEFAULT_WAITS = [0.25, 0.5, 1.0]


@pytest.fixture(params=sorted(PATHS))
def client(request: pytest.FixtureRequest, sandbox: Sandbox, clock: Clock) -> Iterator[Flavour]:
    client = PATHS[request.param](sandbox)
    yield client
    client.close()


def arrived(sandbox: Sandbox, operation: str) -> int:
    return sum(request.operation == operation for request in sandbox.requests)


def posts(sandbox: Sandbox) -> int:
    return arrived(sandbox, "postOrderEvent")


def lookups(sandbox: Sandbox) -> int:
    return arrived(sandbox, "listOrderEvents")


# --- The table --------------------------------------------------------------------------------------------------------

NOT_CARRIED_OUT_BUT_MAY_BE = {
    "cut before the write": SandboxFault(answer="cut"),
    "cut after the write": SandboxFault(answer="cut", write="made"),
    "cut in the body": SandboxFault(answer="cut_in_body"),
    "unreadable 200": SandboxFault(answer="malformed"),
    "HTML for an answer": SandboxFault(status=200, body="<html>", write="made"),
    "a member is missing": SandboxFault(status=200, body={"order_id": "o"}, write="made"),
    "201": SandboxFault(status=201, body={}, write="made"),
    "204": SandboxFault(status=204, write="made"),
    **{str(status): SandboxFault(status=status) for status in (408, 500, 502, 503, 504, 520, 529)},
    **{
        f"{status} after the write": SandboxFault(status=status, write="made")
        for status in (408, 500, 502, 503, 504, 520)
    },
}


@pytest.mark.parametrize("fault", NOT_CARRIED_OUT_BUT_MAY_BE.values(), ids=NOT_CARRIED_OUT_BUT_MAY_BE)
def test_a_get_of_unknown_outcome_is_sent_again(
    sandbox: Sandbox, client: Flavour, clock: Clock, fault: SandboxFault
) -> None:
    reading = SandboxFault(answer=fault.answer, status=fault.status, body=fault.body)
    sandbox.fail("listOrderEvents", reading, times=3)

    assert client.find(partner_event_id="e-1") is None

    assert lookups(sandbox) == 4
    assert clock.waits == DEFAULT_WAITS


@pytest.mark.parametrize("fault", NOT_CARRIED_OUT_BUT_MAY_BE.values(), ids=NOT_CARRIED_OUT_BUT_MAY_BE)
def test_what_cannot_be_looked_up_has_an_unknown_outcome_at_once(
    sandbox: Sandbox, client: Flavour, order_id: str, clock: Clock, fault: SandboxFault
) -> None:
    event = make_event(order_id)
    event = NewOrderEvent.from_dict({k: v for k, v in event.to_dict().items() if k != "partner_event_id"})
    sandbox.fail("postOrderEvent", fault)
    with pytest.raises(OutcomeUnknownError) as for_an_event:
        client.create(event)

    assert not for_an_event.value.looked_up
    operations = ["createOrder", "postOrderEvent"]
    assert ([request.operation for request in sandbox.requests], clock.waits) == (operations, [])


def test_a_get_that_was_refused_is_sent_again_when_the_server_says(
    sandbox: Sandbox, client: Flavour, clock: Clock
) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=429, headers={"Retry-After": "3"}))
    sandbox.fail("listOrderEvents", SandboxFault(status=429))

    client.find(partner_event_id="e-1")

    assert lookups(sandbox) == 3
    assert clock.waits == [3.0, 0.5]


def test_a_503_of_a_get_is_sent_again_when_the_server_says(sandbox: Sandbox, client: Flavour, clock: Clock) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=503, headers={"Retry-After": "7"}))

    client.list()

    assert clock.waits == [7.0]


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_only_a_429_or_503_says_when(sandbox: Sandbox, client: Flavour, clock: Clock, status: int) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=status, headers={"Retry-After": "7"}))

    client.list()

    assert clock.waits == [0.25]


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connecting is refused, and nobody else gets it
        yield taken.getsockname()[1]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_get_that_was_never_sent_is_sent_again(clock: Clock, closed_port: int, flavour: str) -> None:
    client = FLAVOURS[flavour](SimpleNamespace(api_key="k-1", url=f"http://127.0.0.1:{closed_port}"))

    with pytest.raises(APIConnectionError, match="ConnectError"):
        client.find(partner_event_id="e-1")

    assert clock.waits == DEFAULT_WAITS
    client.close()


@pytest.mark.parametrize("status", [300, 301, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 422, 451, 499])
def test_any_other_status_of_a_get_is_raised_at_once(
    sandbox: Sandbox, client: Flavour, clock: Clock, status: int
) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=status))

    with pytest.raises(APIStatusError) as caught:
        client.find(partner_event_id="e-1")

    assert caught.value.status_code == status
    assert (lookups(sandbox), clock.waits) == (1, [])


def reading(reads: dict[int, Callable[[Any], Any] | None]) -> delivery.Request[Any]:
    """A request whose result is all that it is made from."""
    return delivery.Request("GET", "/x", None, None, None, {}, reads, lambda *made_from: made_from)


UNREADABLE = [
    (delivery.Answer(202, {}, b"5"), "has the status 202"),
    (delivery.Answer(200, {}, b"5", "ends early"), "ends early"),
    (delivery.Answer(200, {}, b"<html>"), "is not JSON"),
    (delivery.Answer(200, {}, b"NaN"), "is not JSON"),
]


@pytest.mark.parametrize(("answer", "problem"), UNREADABLE)
def test_an_answer_that_cannot_be_read_says_why(answer: delivery.Answer, problem: str) -> None:
    verdict, error, asked = delivery.judge(reading({200: str}), answer)

    assert (verdict, asked) == ("unknown", None)
    assert isinstance(error, APIResponseValidationError)
    assert (error.operation, error.path, error.problem) == ("GET /x", "", problem)


def test_a_result_is_made_from_the_answer_its_json_and_what_was_read_from_that() -> None:
    whole, bodiless = delivery.Answer(200, {}, b"5"), delivery.Answer(204, {}, b"")
    request = reading({200: str, 204: None})

    assert delivery.judge(request, whole) == ("good", (whole, 5, "5"), None)
    assert delivery.judge(request, bodiless) == ("good", (bodiless, None, None), None)


# --- Settling ---------------------------------------------------------------------------------------------------------


def test_what_is_found_with_other_contents_is_an_error(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    client.create(make_event(order_id))
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"))

    with pytest.raises(EventMismatchError) as caught:
        client.create(make_event(order_id, order_lines=[make_line(5)]))

    assert caught.value.sent.amount == 5
    assert caught.value.recorded.amount == 274999
    assert caught.value.differences == ["amount", "order_lines[0].rate"]
    assert "e-1" in str(caught.value)


def test_what_is_found_with_other_contents_does_not_say_that_what_was_sent_is_not_recorded(
    sandbox: Sandbox, client: Flavour, order_id: str
) -> None:
    client.create(make_event(order_id))
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="made"))

    with pytest.raises(EventMismatchError, match="may be recorded, too"):
        client.create(make_event(order_id, order_lines=[make_line(5)]))

    assert [event["amount"] for event in sandbox.events] == [274999, 5]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [make_event("o", "another").to_dict()]},
        {"data": [make_event("o", "e-1").to_dict(), make_event("o", "e-1").to_dict()]},
        {"data": [{}]},
    ],
)
def test_a_lookup_that_answers_something_else_settles_nothing(
    sandbox: Sandbox, client: Flavour, order_id: str, answer: Any
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"))
    sandbox.fail("listOrderEvents", SandboxFault(status=200, body=answer), times=1000)

    with pytest.raises(OutcomeUnknownError) as caught:
        client.create(make_event(order_id))

    assert not caught.value.looked_up
    assert posts(sandbox) == 1


@pytest.mark.parametrize(
    "lookup", [SandboxFault(answer="normal"), SandboxFault(status=500)], ids=["finds nothing", "fails"]
)
@pytest.mark.parametrize("resend_unknown", [True, False])
@pytest.mark.parametrize("deadline", [10.0, 61.0])
def test_time_left_after_the_last_lookup_is_not_used_to_send_again(
    sandbox: Sandbox, client: Flavour, order_id: str, lookup: SandboxFault, resend_unknown: bool, deadline: float
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"), times=10)
    sandbox.fail("listOrderEvents", lookup, times=1000)

    with pytest.raises(OutcomeUnknownError):
        client.create(make_event(order_id), retry=RetryPolicy(resend_unknown=resend_unknown, deadline=deadline))

    may_send_again = resend_unknown and lookup == SandboxFault(answer="normal")
    assert posts(sandbox) == (4 if may_send_again else 1)


def test_a_lookup_that_could_start_only_at_the_deadline_is_not_waited_for(
    sandbox: Sandbox, client: Flavour, order_id: str, clock: Clock
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"))

    with pytest.raises(OutcomeUnknownError):
        client.create(make_event(order_id), retry=RetryPolicy(deadline=0.25))

    assert (lookups(sandbox), clock.waits) == (1, [])


def test_an_unknown_outcome_says_what_was_sent_where_and_what_happened(
    sandbox: Sandbox, client: Flavour, order_id: str
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(status=502))

    with pytest.raises(OutcomeUnknownError) as caught:
        client.create(make_event(order_id))

    assert caught.value.operation == "POST /v2/order_events"
    assert isinstance(caught.value.__cause__, InternalServerError)
    assert caught.value.why == str(caught.value.__cause__)


def test_a_409_is_the_answer_when_a_lookup_explains_it(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    client.create(make_event(order_id))
    sandbox.fail("postOrderEvent", SandboxFault(status=409), times=2)

    assert client.create(make_event(order_id)).partner_event_id == "e-1"
    with pytest.raises(EventMismatchError):
        client.create(make_event(order_id, currency="EUR", order_lines=[make_line(5)]))


def test_none_sends_what_was_refused_only_once(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(status=429, headers={"Retry-After": "0"}))

    with pytest.raises(RateLimitError):
        client.create(make_event(order_id), retry=RetryPolicy.none())

    assert posts(sandbox) == 1


# --- resend_unknown ---------------------------------------------------------------------------------------------------

RESEND = RetryPolicy(resend_unknown=True)


def test_resend_unknown_sends_again_what_a_lookup_did_not_find(
    sandbox: Sandbox, client: Flavour, order_id: str
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"), times=3)

    assert client.create(make_event(order_id), retry=RESEND).partner_event_id == "e-1"
    assert (posts(sandbox), lookups(sandbox), len(sandbox.events)) == (4, 3, 1)


def test_resend_unknown_sends_no_more_than_the_attempts(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"), times=10)

    with pytest.raises(OutcomeUnknownError):
        client.create(make_event(order_id), retry=RESEND)

    assert posts(sandbox) == 4


@pytest.mark.parametrize("second", [SandboxFault(status=429), SandboxFault(status=400), SandboxFault(status=409)])
def test_what_comes_of_a_second_request_says_nothing_of_the_first(
    sandbox: Sandbox, client: Flavour, order_id: str, second: SandboxFault
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="late"))
    sandbox.fail("postOrderEvent", second, times=1000)

    with pytest.raises(OutcomeUnknownError) as caught:
        client.create(make_event(order_id), retry=RESEND)

    assert isinstance(caught.value.__cause__, APIStatusError)


def test_resend_unknown_sends_nothing_after_the_deadline(
    sandbox: Sandbox, client: Flavour, order_id: str, clock: Clock
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"))
    clock.overrun = 100.0

    with pytest.raises(OutcomeUnknownError):
        client.create(make_event(order_id), retry=RESEND)

    assert posts(sandbox) == 1


def test_resend_unknown_looks_on_to_the_deadline_after_the_last_attempt(
    sandbox: Sandbox, client: Flavour, order_id: str
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"), times=3)
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="late", settles_after=3))

    assert client.create(make_event(order_id), retry=RESEND).partner_event_id == "e-1"
    assert (posts(sandbox), lookups(sandbox), len(sandbox.events)) == (4, 3 + 4, 1)


def test_a_409_after_an_unknown_outcome_that_no_lookup_explains_is_unknown_too(
    sandbox: Sandbox, client: Flavour, order_id: str
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"))
    sandbox.fail("postOrderEvent", SandboxFault(status=409), times=10)

    with pytest.raises(OutcomeUnknownError) as caught:
        client.create(make_event(order_id), retry=RESEND)

    assert isinstance(caught.value.__cause__, ConflictError)
    assert caught.value.why == str(caught.value.__cause__)
    assert posts(sandbox) == 4


def test_resend_unknown_can_record_twice_where_partner_event_id_is_not_unique(
    sandbox: Sandbox, client: Flavour, order_id: str
) -> None:
    """What its docstring warns of: the first request lands after the second was sent."""
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="late"))

    client.create(make_event(order_id), retry=RESEND)
    sandbox.settle()

    assert len(sandbox.events) == 2


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_resend_unknown_records_once_where_partner_event_id_is_unique(clock: Clock, flavour: str) -> None:
    with Sandbox(duplicates="reject") as sandbox:
        client = FLAVOURS[flavour](sandbox)
        order_id = client.create_order(make_order()).id
        sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="late", settles_after=1))

        recorded = client.create(make_event(order_id), retry=RESEND)  # the second is refused with 409, and looked up

        assert recorded.order_event_id == sandbox.events[0]["order_event_id"]
        assert (posts(sandbox), len(sandbox.events)) == (2, 1)
        client.close()


# --- ensure -----------------------------------------------------------------------------------------------------------


def test_ensure_creates_what_is_not_there(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    client.ensure(make_event(order_id))

    assert len(sandbox.events) == 1


def test_ensure_gives_what_is_recorded(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    recorded = client.create(make_event(order_id))

    assert client.ensure(make_event(order_id)) == recorded
    assert posts(sandbox) == 1


def test_ensure_refuses_what_is_recorded_with_other_contents(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    client.create(make_event(order_id))

    with pytest.raises(EventMismatchError):
        client.ensure(make_event(order_id, type_=OrderEventType.REFUNDED))

    assert posts(sandbox) == 1


def test_ensure_needs_a_partner_event_id(sandbox: Sandbox, client: Flavour) -> None:
    event = NewOrderEvent(order_id="o", type_=OrderEventType.CAPTURED, amount=1, network_transaction_id="n")

    with pytest.raises(InvalidRequestError, match="partner_event_id is required"):
        client.ensure(event)

    assert sandbox.requests == []


def test_ensure_sends_nothing_when_it_could_not_look(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=500), times=10)

    with pytest.raises(InternalServerError):
        client.ensure(make_event(order_id))

    assert (posts(sandbox), lookups(sandbox)) == (0, 4)


def test_ensure_sends_nothing_when_its_look_took_all_the_time(sandbox: Sandbox, clock: Clock) -> None:
    def take_long(_: httpx.Response) -> None:
        clock.seconds += 100

    with httpx.Client(verify=NO_TLS, event_hooks={"response": [take_long]}) as http_client:
        imprint = Imprint(sandbox.api_key, base_url=sandbox.url, http_client=http_client)
        with pytest.raises(APITimeoutError, match="nothing was sent"):
            imprint.order_events.ensure(make_event())

    assert (posts(sandbox), lookups(sandbox)) == (0, 1)


def test_ensure_settles_what_it_sends(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="made"))

    assert client.ensure(make_event(order_id)).partner_event_id == "e-1"
    assert (posts(sandbox), lookups(sandbox)) == (1, 2)


def test_what_ensure_sends_has_attempts_of_its_own(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=429), times=3)
    sandbox.fail("postOrderEvent", SandboxFault(status=429), times=3)

    assert client.ensure(make_event(order_id)).partner_event_id == "e-1"
    assert (lookups(sandbox), posts(sandbox)) == (4, 4)


def test_what_ensure_sends_has_the_deadline_that_its_lookup_began_with(
    sandbox: Sandbox, client: Flavour, order_id: str, clock: Clock
) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=429, headers={"Retry-After": "40"}))
    sandbox.fail("postOrderEvent", SandboxFault(status=429, headers={"Retry-After": "30"}))

    with pytest.raises(RateLimitError):
        client.ensure(make_event(order_id))

    assert clock.waits == [40.0, pytest.approx(0.1)]  # after a refusal, requests are spaced


# --- Waits, deadlines, Retry-After ------------------------------------------------------------------------------------


def test_waits_double_up_to_the_longest(sandbox: Sandbox, client: Flavour, clock: Clock) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=500), times=5)

    client.find(partner_event_id="e", retry=RetryPolicy(attempts=6, first_wait=1.0, longest_wait=5.0))

    assert clock.waits == [0.5, 1.0, 2.0, 2.5, 2.5]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_no_wait_is_longer_than_the_longest_however_many_there_were(number: int, chance: float) -> None:
    before, delivery.seam = delivery.seam, Clock(chance).seam
    try:
        wait = delivery.Call(RetryPolicy(), {}, True, Gate()).backoff(number)
    finally:
        delivery.seam = before

    assert 0 <= wait <= 8.0
    assert wait == chance * min(8.0, 0.5 * 2 ** min(number - 1, 10))


RETRY_AFTERS: dict[str, float] = {
    "0": 0.25,  # at once would be an endless loop: a 429 does not count as an attempt
    "2": 2.0,
    "1.5": 1.5,
    "0.75": 0.75,
    "0.0": 0.25,
    format_datetime(datetime.fromtimestamp(1_700_000_009, UTC), usegmt=True): 9.0,
    format_datetime(datetime.fromtimestamp(1_700_000_009, timezone(timedelta(hours=2)))): 9.0,
    format_datetime(datetime.fromtimestamp(1_600_000_000, UTC), usegmt=True): 0.25,
    # None of these makes sense: as if there were none.
    "nan": 0.25,
    "inf": 0.25,
    "-inf": 0.25,
    "-1": 0.25,
    "soon": 0.25,
    "\xb2": 0.25,  # a digit, but no number
    "Tue, 14 Nov 2023 22:13:29 -0000": 9.0,  # UTC, says RFC 5322
    "": 0.25,
    "Mon, 99 Foo 2026 00:00:00 GMT": 0.25,
    "-": 0.25,
    "Wed": 0.25,
    "0x10": 0.25,
    "1,5": 0.25,
    "1e400": 0.25,
    "Wed, 21 Oct 2015 07:28:00 +99999999": 0.25,
    "Fri, 31 Dec 99999 23:59:59 GMT": 0.25,
}


@pytest.mark.parametrize(("header", "wait"), RETRY_AFTERS.items())
def test_retry_after_is_obeyed(clock: Clock, header: str, wait: float) -> None:
    answers = iter([(429, {"Retry-After": header}, b""), (200, {}, b'{"data": []}')])

    def answer(_: httpx.Request) -> httpx.Response:
        status, headers, body = next(answers)
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        return httpx.Response(status, headers=encoded, content=body)

    # Not all of these can be sent by a server that keeps to HTTP.
    with httpx.Client(transport=httpx.MockTransport(answer)) as http_client:
        Imprint("k", http_client=http_client).order_events.find(partner_event_id="e")

    assert clock.waits == [wait]


@pytest.fixture
def _far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_far_from_utc")
@pytest.mark.parametrize("header", ["Tue Nov 14 22:13:29 2023", "Tue, 14 Nov 2023 22:13:29 -0000"])
def test_a_date_without_a_zone_in_retry_after_is_of_utc(
    sandbox: Sandbox, client: Flavour, clock: Clock, header: str
) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=429, headers={"Retry-After": header}))

    client.list()

    assert clock.waits == [9.0]


@pytest.mark.parametrize("header", ["60", "1e9", "9" * 400, "Fri, 31 Dec 2199 00:00:00 GMT"])
def test_retry_after_that_asks_for_more_than_is_left_is_raised_at_once(
    sandbox: Sandbox, client: Flavour, clock: Clock, header: str
) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=429, headers={"Retry-After": header}))

    with pytest.raises(RateLimitError):
        client.list()

    assert (lookups(sandbox), clock.waits) == (1, [])


def test_no_attempt_starts_after_the_deadline(sandbox: Sandbox, client: Flavour, clock: Clock) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=500), times=1000)
    began = clock.seconds

    with pytest.raises(InternalServerError):
        client.list(retry=RetryPolicy(attempts=1000, deadline=10.0))

    assert 10 - 4 <= clock.seconds - began < 10


def test_no_attempt_starts_after_a_wait_that_took_too_long(sandbox: Sandbox, client: Flavour, clock: Clock) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=500))
    clock.overrun = 100.0

    with pytest.raises(InternalServerError):
        client.list()

    assert lookups(sandbox) == 1


def test_timeouts_are_cut_to_what_is_left_of_the_deadline(sandbox: Sandbox, clock: Clock) -> None:
    timeouts: list[dict[str, float | None]] = []

    def note(request: httpx.Request) -> None:
        timeouts.append(request.extensions["timeout"])

    sandbox.fail("listOrderEvents", SandboxFault(status=429, headers={"Retry-After": "7"}))
    with httpx.Client(verify=NO_TLS, event_hooks={"request": [note]}) as http_client:
        imprint = Imprint(sandbox.api_key, base_url=sandbox.url, http_client=http_client)
        imprint.order_events.find(partner_event_id="e", retry=RetryPolicy(deadline=10.0), timeout=8.0)

    assert timeouts[0] == {"connect": 5.0, "read": 8.0, "write": 8.0, "pool": 8.0}
    assert timeouts[1] == {"connect": 3.0, "read": 3.0, "write": 3.0, "pool": 3.0}


def test_without_a_deadline_the_one_attempt_has_its_timeouts_alone(sandbox: Sandbox, clock: Clock) -> None:
    timeouts: list[dict[str, float | None]] = []

    def note(request: httpx.Request) -> None:
        timeouts.append(request.extensions["timeout"])

    with httpx.Client(verify=NO_TLS, event_hooks={"request": [note]}) as http_client:
        imprint = Imprint(sandbox.api_key, base_url=sandbox.url, http_client=http_client)
        imprint.order_events.find(partner_event_id="e", retry=RetryPolicy.none(), timeout=8.0)

    assert timeouts == [{"connect": 5.0, "read": 8.0, "write": 8.0, "pool": 8.0}]


def test_what_waits_outside_of_tests_can_wait() -> None:
    delivery.Seam().sleep(0)
    asyncio.run(delivery._sleep_async(0))


def test_a_policy_that_makes_no_sense_is_told_what_would() -> None:
    for name, value, kind in (
        ("attempts", 0, "a whole number from 1"),
        ("deadline", -1, "a number of seconds from 0"),
        ("resend_unknown", 1, "True or False"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            RetryPolicy(**{name: value})  # type: ignore[arg-type]

        assert str(caught.value) == f"RetryPolicy: {name} is {value}, not {kind}"


# --- What passes through, what is logged, what is reused --------------------------------------------------------------


def test_connections_are_reused_over_retries(sandbox: Sandbox, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=500), times=3)

    with (
        caplog.at_level(logging.DEBUG, "httpcore.connection"),
        Imprint(sandbox.api_key, base_url=sandbox.url) as imprint,
    ):
        imprint.order_events.find(partner_event_id="e")

    assert sum("connect_tcp.started" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, StopIteration])
def test_what_is_no_transport_error_passes_through_untouched(
    sandbox: Sandbox, clock: Clock, interruption: type[BaseException]
) -> None:
    def interrupt(_: httpx.Response) -> None:
        raise interruption

    with httpx.Client(verify=NO_TLS, event_hooks={"response": [interrupt]}) as http_client:
        imprint = Imprint(sandbox.api_key, base_url=sandbox.url, http_client=http_client)
        with pytest.raises(interruption):
            imprint.order_events.create(make_event())

    assert posts(sandbox) == 1


@pytest.mark.parametrize("server", ["nobody", "untrusted"])
def test_what_fails_in_a_hook_after_the_answer_does_not_say_that_nothing_was_sent(
    request: pytest.FixtureRequest, sandbox: Sandbox, clock: Clock, server: str
) -> None:
    other = request.getfixturevalue(server).url

    def report(_: httpx.Response) -> None:
        httpx.get(other, verify=NO_TLS)

    async def report_async(_: httpx.Response) -> None:
        async with httpx.AsyncClient(verify=NO_TLS) as client:
            await client.get(other)

    async def create() -> None:
        async with httpx.AsyncClient(verify=NO_TLS, event_hooks={"response": [report_async]}) as http_client:
            imprint = AsyncImprint(sandbox.api_key, base_url=sandbox.url, http_client=http_client)
            await imprint.order_events.create(make_event())

    with httpx.Client(verify=NO_TLS, event_hooks={"response": [report]}) as http_client:
        imprint = Imprint(sandbox.api_key, base_url=sandbox.url, http_client=http_client)
        with pytest.raises(OutcomeUnknownError):
            imprint.order_events.create(make_event())
    with pytest.raises(OutcomeUnknownError):
        asyncio.run(create())

    assert posts(sandbox) == 2


def test_cancellation_passes_through_untouched(sandbox: Sandbox) -> None:
    async def cancel_a_call_that_waits() -> None:
        async with AsyncImprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            call = asyncio.create_task(imprint.order_events.create(make_event()))
            await asyncio.to_thread(sandbox.wait_for_requests, 1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    sandbox.fail("postOrderEvent", SandboxFault(delay=3600))
    asyncio.run(cancel_a_call_that_waits())

    assert posts(sandbox) == 1


async def cancelled_at(step: int, call: Coroutine[Any, Any, object]) -> bool:
    """Run a call, and cancel it where it waits for the `step`th time; whether it came to that."""

    @types.coroutine
    def walk() -> Generator[Any, Any, None]:
        waits, number = call.__await__(), 0
        try:
            waiting_for = next(waits)
            while True:
                if number == step:
                    task = asyncio.current_task()
                    assert task is not None
                    task.cancel()
                number += 1
                try:
                    sent = yield waiting_for
                except asyncio.CancelledError as cancelled:
                    waiting_for = waits.throw(cancelled)
                else:
                    waiting_for = waits.send(sent)
        except StopIteration:
            return

    async def run() -> None:
        await walk()

    return isinstance((await asyncio.gather(run(), return_exceptions=True))[0], asyncio.CancelledError)


@pytest.mark.parametrize("is_warm", [False, True])
def test_wherever_a_call_is_cancelled_the_next_one_works(sandbox: Sandbox, is_warm: bool) -> None:
    async def cancel_at_each_step() -> int:
        for step in count():
            async with AsyncImprint(sandbox.api_key, base_url=sandbox.url, retry=RetryPolicy.none()) as imprint:
                if is_warm:
                    await imprint.orders.list()
                was_cancelled = await cancelled_at(step, imprint.orders.list())
                assert await imprint.orders.list(timeout=5) == []
            if not was_cancelled:
                return step
        raise AssertionError

    assert asyncio.run(cancel_at_each_step()) > 3


def test_each_retry_and_each_lookup_is_logged_once(
    sandbox: Sandbox, client: Flavour, order_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(status=429))
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="late", settles_after=1))

    with caplog.at_level(logging.INFO, "imprint_client"):
        event = client.create(make_event(order_id))

    records = [record for record in caplog.records if record.name == "imprint_client"]
    logged = [record.getMessage() for record in records]
    asked = f"of {{'partner_event_id': {event.partner_event_id!r}, 'limit': 10}}"
    beginnings = [
        "POST /v2/order_events: attempt 1: ",
        f"outcome unknown (partner_event_id 'e-1'): POST /v2/order_events at {sandbox.url}: RemoteProtocolError: ",
        f"POST /v2/order_events: lookup 1 {asked}: not found yet; retry in 0.25 s",
        f"POST /v2/order_events: lookup 2 {asked}: found",
    ]
    assert all(map(str.startswith, logged, beginnings))
    assert len(logged) == len(beginnings)
    assert [record.levelname for record in records] == ["INFO", "WARNING", "INFO", "INFO"]
    assert "429" in logged[0]
    assert "retry in 0.25 s" in logged[0]


def test_the_log_says_what_each_lookup_came_to_and_what_was_sent_again(
    sandbox: Sandbox, client: Flavour, order_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"))
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="made"))
    sandbox.fail("listOrderEvents", SandboxFault(status=500))

    with caplog.at_level(logging.INFO, "imprint_client"):
        event = client.create(make_event(order_id), retry=RESEND)

    infos = [each for each in caplog.records if (each.name, each.levelname) == ("imprint_client", "INFO")]
    failed, *others = [record.getMessage() for record in infos]
    lookup = "POST /v2/order_events: lookup"
    asked = f"of {{'partner_event_id': {event.partner_event_id!r}, 'limit': 10}}"
    assert failed.startswith(f"{lookup} 1 {asked}: GET /v2/order_events: 500 ")
    assert failed.endswith("; retry in 0.25 s")
    assert others == [
        f"{lookup} 2 {asked}: not found yet",
        "POST /v2/order_events: not found; will be sent again in 0.25 s, because of resend_unknown",
        f"{lookup} 1 {asked}: found",
    ]


# --- Sameness ---------------------------------------------------------------------------------------------------------


def test_what_only_one_side_says_is_no_difference() -> None:
    sent = make_event("o", currency="USD")
    recorded = OrderEvent.from_dict(
        {name: value for name, value in sent.to_dict().items() if name not in ("order_lines", "currency")}
        | {"order_event_id": "assigned", "more": 1}
    )

    assert differences(sent, recorded) == []


def test_the_event_id_that_imprint_gives_is_no_difference() -> None:
    sent = make_event("o", order_event_id="mine")

    assert differences(sent, OrderEvent.from_dict(sent.to_dict() | {"order_event_id": "theirs"})) == []


@pytest.mark.parametrize("kept", [True, False])
def test_the_id_and_the_time_of_the_last_change_that_imprint_gives_an_order_are_no_difference(kept: bool) -> None:
    sent = make_order(id="mine", updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    given = {"id": "theirs", "updated_at": "2026-01-02T00:00:00Z"}

    assert differences(sent, Order.from_dict(sent.to_dict() | given), kept=kept) == []


DIFFERENT: list[tuple[dict[str, Any], list[str]]] = [
    ({"amount": 1}, ["amount"]),
    ({"type": "REFUNDED"}, ["type"]),
    ({"order_lines": []}, ["order_lines"]),
    ({"order_lines": [make_line(1).to_dict()]}, ["order_lines[0].rate"]),
    ({"note": {"a": 2}}, ["note.a"]),
    ({"note": [1, 1]}, ["note"]),
    ({"note": 1}, ["note"]),
    ({"tags": {"a": 1}}, ["tags"]),
    ({"tags": 1}, ["tags"]),
    ({"count": {"a": 1}}, ["count"]),
    ({"count": [1]}, ["count"]),
    ({"currency": "EUR", "order_id": "p"}, ["order_id", "currency"]),
]


@pytest.mark.parametrize(("changes", "paths"), DIFFERENT)
def test_what_both_sides_say_must_be_the_same(changes: dict[str, Any], paths: list[str]) -> None:
    sent = make_event("o", currency="USD")
    for name, value in {"note": {"a": 1, "b": 1}, "tags": [1], "count": 1}.items():
        sent[name] = value

    assert differences(sent, OrderEvent.from_dict(sent.to_dict() | changes)) == paths


@pytest.mark.parametrize("recorded", ["2026-01-01T14:00:00+02:00", "2026-01-01T12:00:00.987Z", "2026-01-01T12:00:00Z"])
def test_digits_of_a_second_that_a_server_does_not_keep_are_no_difference(recorded: str) -> None:
    sent = make_order(created_at=datetime(2026, 1, 1, 12, 0, 0, 987654, tzinfo=UTC))

    assert differences(sent, Order.from_dict(sent.to_dict() | {"id": "o", "created_at": recorded})) == []


def test_timestamps_are_compared_as_instants_and_null_as_absent() -> None:
    sent = make_order(created_at=datetime(2026, 1, 1, 12, tzinfo=UTC), merchant_id=None)
    same = {"id": "o", "created_at": "2026-01-01T14:00:00+02:00", "merchant_id": "m"}

    assert differences(sent, Order.from_dict(sent.to_dict() | same)) == []
    assert differences(sent, Order.from_dict(sent.to_dict() | same | {"created_at": "2026-01-01T12:00:01Z"})) == [
        "created_at"
    ]


@pytest.mark.parametrize("fold", [0, 1])
def test_a_time_in_the_hour_that_the_clocks_repeat_is_the_same_instant_when_it_comes_back(fold: int) -> None:
    new_york = tzstr("EST5EDT,M3.2.0,M11.1.0")
    sent = make_order(created_at=datetime(2026, 11, 1, 1, 30, tzinfo=new_york, fold=fold))

    assert differences(sent, Order.from_dict(sent.to_dict() | {"id": "o"})) == []


# --- Many at once -----------------------------------------------------------------------------------------------------


def test_16_threads_on_one_client_record_each_event_once(sandbox: Sandbox, clock: Clock) -> None:
    faults = [
        SandboxFault(answer="cut", write="made"),
        SandboxFault(status=503, write="made"),
        SandboxFault(status=429),
        SandboxFault(answer="malformed"),
    ]
    # The clock is one for all threads, and a call may meet any number of 429.
    patient = RetryPolicy(attempts=1000, deadline=1e6)
    with Imprint(sandbox.api_key, base_url=sandbox.url, retry=patient) as imprint:
        order_id = imprint.orders.create(make_order()).id
        for _ in range(20):
            for fault in faults:
                sandbox.fail("postOrderEvent", fault)
        ready = threading.Barrier(16)

        def work(worker: int) -> list[Any]:
            ready.wait()
            events = (make_event(order_id, f"e-{worker}-{number}") for number in range(20))
            return [imprint.order_events.create(event).partner_event_id for event in events]

        with ThreadPoolExecutor(16) as pool:
            created = [identifier for identifiers in pool.map(work, range(16)) for identifier in identifiers]

    assert sorted(event["partner_event_id"] for event in sandbox.events) == sorted(created)
    assert len(set(created)) == 320


def test_200_tasks_on_one_client_record_each_event_once(sandbox: Sandbox, clock: Clock) -> None:
    async def run() -> list[Any]:
        async with AsyncImprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            order_id = (await imprint.orders.create(make_order())).id
            sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="made"), times=40)
            sandbox.fail("postOrderEvent", SandboxFault(status=504, write="made"), times=40)
            events = (make_event(order_id, f"e-{number}") for number in range(200))
            recorded = await asyncio.gather(*(imprint.order_events.create(event) for event in events))
        return [event.partner_event_id for event in recorded]

    created = asyncio.run(run())

    assert sorted(event["partner_event_id"] for event in sandbox.events) == sorted(created)
    assert len(set(created)) == 200
