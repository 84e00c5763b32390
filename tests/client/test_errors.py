"""Whatever an answer is, a call returns what the contract promises or raises a documented exception."""

import asyncio
import copy
import gzip
import json
import pickle
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import imprint_client
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from imprint_client import (
    UNSET,
    AmbiguousOrderError,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncImprint,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    EventMismatchError,
    Imprint,
    ImprintError,
    InternalServerError,
    InvalidRequestError,
    MismatchError,
    NewOrderEvent,
    NotFoundError,
    Order,
    OrderEvent,
    OrderEventType,
    OrderMismatchError,
    OutcomeUnknownError,
    PaginationError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    TotalsMismatchError,
    UnprocessableEntityError,
)
from imprint_client.errors import Fault as BodyFault
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import FLAVOURS, NO_TLS, PATHS, Blocking, Clock, Flavour, make_event, make_line, make_order

from .conftest import Wire

pytestmark = pytest.mark.in_turn

Connect = Callable[..., Flavour]

ONCE = RetryPolicy.none()
# Without an id of the partner's there is nothing to look up: what happened is raised at once.
EVENT = make_event(partner_event_id=UNSET)
ORDER = make_order()
OPERATIONS: dict[str, Callable[[Flavour], object]] = {
    "listOrderEvents": lambda client: client.find(partner_event_id="e-1"),
    "postOrderEvent": lambda client: client.create(EVENT),
    "createOrder": lambda client: client.create_order(ORDER),
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS)
get_and_post = pytest.mark.parametrize("operation", ["listOrderEvents", "postOrderEvent"])
CLASSES: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
RECEIVED_EVENT = {"order_id": "o-1", "type": "CAPTURED", "amount": 5, "network_transaction_id": "n-1"}
RECEIVED_LINE = {"name": "Couch", "quantity": 1, "rate": 5, "rewards_rate": 0}
RECEIVED_ORDER = {"id": "o-1", "payment_method_id": "p-1", "partner_order_id": "o-1", "total_order_amount": 274999}


@pytest.fixture(scope="module", params=sorted(PATHS))
def once(request: pytest.FixtureRequest, _one_sandbox: Sandbox) -> Iterator[Flavour]:
    """A client that sends once. These tests share it: what one answer was must not matter to the next."""
    client = PATHS[request.param](_one_sandbox, retry=ONCE)
    yield client
    client.close()


def failure(call: Callable[[], object]) -> ImprintError:
    with pytest.raises(ImprintError) as caught:
        call()
    return caught.value


def what_happened(error: BaseException) -> Any:
    """The error itself or, of an unknown outcome, its cause."""
    return error.__cause__ if isinstance(error, OutcomeUnknownError) else error


def status_failure(client: Flavour, sandbox: Sandbox, status: int, **fault: Any) -> APIStatusError:
    sandbox.fail("listOrderEvents", SandboxFault(status=status, **fault))
    error = failure(lambda: client.find(partner_event_id="e-1"))
    assert isinstance(error, APIStatusError)
    return error


# --- Statuses ---------------------------------------------------------------------------------------------------------


@get_and_post
def test_every_status_that_is_no_success_has_its_documented_exception(
    sandbox: Sandbox, connect: Connect, operation: str
) -> None:
    client = connect(sandbox, retry=ONCE)
    # The flavours share the rule: the slower one goes in longer steps.
    is_sync = isinstance(client, Blocking)
    for status in range(300, 600) if is_sync else [*CLASSES, 408, 499, 500, 520, 529, 599, *range(300, 600, 7)]:
        sandbox.fail(operation, SandboxFault(status=status, headers={"X-Mixed-Case": "v"}))

        raised = failure(lambda: OPERATIONS[operation](client))

        is_unknown = operation != "listOrderEvents" and (status == 408 or status >= 500)
        assert isinstance(raised, OutcomeUnknownError) == is_unknown, status
        error = what_happened(raised)
        default = InternalServerError if status >= 500 else APIStatusError
        assert type(error) is CLASSES.get(status, default), status
        assert (error.status_code, type(error.status_code)) == (status, int)
        assert type(error.headers) is dict
        assert error.headers["x-mixed-case"] == "v"
        assert type(error.body) is bytes
        assert error.message == ("A bad day, on demand." if status >= 400 else None), status


@get_and_post
@pytest.mark.parametrize("status", [201, 202, 203, 204, 205, 206, 226])
def test_a_success_that_the_contract_does_not_know_is_not_what_it_says(
    sandbox: Sandbox, once: Flavour, operation: str, status: int
) -> None:
    body = None if status in (204, 205) else RECEIVED_ORDER | RECEIVED_EVENT | {"data": []}
    sandbox.fail(operation, SandboxFault(status=status, body=body))

    raised = failure(lambda: OPERATIONS[operation](once))

    assert isinstance(raised, OutcomeUnknownError) == (operation != "listOrderEvents")
    error = what_happened(raised)
    assert isinstance(error, APIResponseValidationError)
    assert error.path == ""
    assert str(status) in str(error)


@pytest.mark.parametrize("first_line", [b"HTTP/1.1 600 Odd", b"HTTP/1.1 999 Odd", b"HTTP/1.0 599"])
def test_a_status_that_no_specification_knows_is_a_failure_of_the_server(
    serve: Callable[..., Wire], connect: Connect, first_line: bytes
) -> None:
    wire = serve(first_line + b"\r\nContent-Length: 2\r\n\r\nno")

    error = failure(lambda: connect(wire, retry=ONCE).find(partner_event_id="e-1"))

    assert type(error) is InternalServerError
    assert error.body == b"no"


# --- Error bodies -----------------------------------------------------------------------------------------------------

TYPE = "INVALID_REQUEST_ERROR"
ERROR_BODIES: dict[str, tuple[Any, tuple[str | None, str | None, str | None]]] = {
    "the general one": (
        {"error": {"type": TYPE, "message": "No such thing.", "param": "email"}},
        (TYPE, "No such thing.", "email"),
    ),
    "the general one without param": ({"error": {"type": TYPE, "message": "No."}}, (TYPE, "No.", None)),
    "the flat one": ({"type": TYPE, "message": "No.", "param": "email"}, (TYPE, "No.", "email")),
    "the one with details": (
        {"path": "/v2", "details": ["One.", "Two."], "error": "Bad Request", "status": 400, "timestamp": "now"},
        ("Bad Request", "One.; Two.", None),
    ),
    "details that are no list": ({"error": "Bad Request", "details": "One."}, ("Bad Request", None, None)),
    "no details": ({"error": "Bad Request"}, ("Bad Request", None, None)),
    "with a byte order mark": (b'\xef\xbb\xbf{"type": "T"}', ("T", None, None)),
    "in UTF-16": ('{"type": "T"}'.encode("utf-16"), ("T", None, None)),
    **{
        name: (body, (None, None, None))
        for name, body in {
            "HTML": "<html><body>Bad Gateway</body></html>",
            "nothing": b"",
            "white space": b" \r\n",
            "half of it": b'{"error": {"type": "T", "mess',
            "an empty object": {},
            "a list": ["error"],
            "a string": b'"error"',
            "a number": b"5",
            "null": b"null",
            "true": b"true",
            "error is a number": {"error": 5},
            "error is null": {"error": None},
            "error is a list": {"error": ["T"]},
            "error is empty": {"error": {}},
            "members of other types": {"error": {"type": 5, "message": ["m"], "param": {"p": 1}}},
            "members that are null": {"type": None, "message": None, "param": None},
            "invalid UTF-8": b'{"type": "\xff\xfe"}',
            "no text at all": bytes(range(256)),
            "an integer of 5,000 digits": b'{"type": "T", "n": ' + b"9" * 5000 + b"}",
            "100,000 levels": b'{"type": "T", "n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            "100,000 levels, unfinished": b'{"error":' * 100_000,
        }.items()
    },
}


@pytest.mark.parametrize(("body", "read"), ERROR_BODIES.values(), ids=ERROR_BODIES)
def test_the_published_error_bodies_are_read_and_of_others_only_the_body_is_kept(
    sandbox: Sandbox, once: Flavour, body: Any, read: tuple[str | None, ...]
) -> None:
    error = status_failure(once, sandbox, 400, body=body)

    assert (error.type, error.message, error.param) == read
    sent = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    assert error.body == sent


@pytest.mark.parametrize("name", ["X-Request-Id", "Request-Id", "X-Amzn-RequestId"])
def test_the_request_id_is_in_the_exception_and_begins_its_text(sandbox: Sandbox, once: Flavour, name: str) -> None:
    assert status_failure(once, sandbox, 400).request_id is None
    error = status_failure(once, sandbox, 400, headers={name: "r-1"})

    assert error.request_id == "r-1"
    assert str(error).startswith("[r-1] GET /v2/order_events: 400")


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503, 520])
def test_the_text_says_to_what_it_happened_and_what_to_do_and_never_holds_the_body(
    sandbox: Sandbox, once: Flavour, status: int
) -> None:
    html = status_failure(once, sandbox, status, body="<html>a page of a proxy</html>")
    ours = {"error": {"type": TYPE, "message": "No such thing."}, "debug": "a trace of a stack"}
    told = status_failure(once, sandbox, status, body=ours)

    for error in (html, told):
        assert f"GET /v2/order_events: {status}" in str(error)
        assert str(error).endswith(f"; {type(error).advice}")
        assert repr(error) == f"{type(error).__name__}({str(error)!r})"
        assert "a page of a proxy" not in repr(error)
        assert "a trace of a stack" not in repr(error)
    assert f"{TYPE} No such thing." in str(told)


def test_each_class_of_status_has_advice_of_its_own() -> None:
    kinds: list[type[APIStatusError]] = [*CLASSES.values(), InternalServerError, APIStatusError]

    advice = [kind.advice for kind in kinds]

    assert all(advice)
    # What is malformed and what is refused are corrected in the same way.
    assert len(set(advice)) == len(advice) - 1


def test_a_class_derived_elsewhere_takes_no_status_for_itself(sandbox: Sandbox, once: Flavour) -> None:
    class MissingOrderError(NotFoundError):
        pass

    assert type(status_failure(once, sandbox, 404)) is NotFoundError
    assert MissingOrderError.advice == NotFoundError.advice


@pytest.mark.parametrize("member", ["type", "message", "param", "error"])
def test_what_is_long_or_more_than_a_line_is_cut_in_the_text_and_whole_in_the_exception(
    sandbox: Sandbox, once: Flavour, member: str
) -> None:
    said = "m\nERROR forged\x1b[2J\r" + "m" * 10_000

    error = status_failure(once, sandbox, 400, body={member: said})

    assert said in (error.type, error.message, error.param)
    assert "mmm" in str(error)
    assert len(str(error)) < 700
    assert str(error).isprintable()


# --- Answers that cannot be read --------------------------------------------------------------------------------------


NO_AMOUNTS: list[Any] = ["5", True, 5.5, 2**53, -(2**53), 1e300, {}, ""]


def event_with(**members: Any) -> dict[str, Any]:
    """An event as it is received, but for `members`; one that is `...` is missing."""
    return {name: value for name, value in (RECEIVED_EVENT | members).items() if value is not ...}


WRONG_ANSWERS: dict[str, Any] = {
    "HTML": b"<html>",
    "nothing": b"",
    "white space": b"  ",
    "half of it": b'{"data": [{"order_id": "o',
    "null": b"null",
    "a list": b"[]",
    "a string": b'"data"',
    "a number": b"5",
    "true": b"true",
    "invalid UTF-8": b'{"data": [], "order_id": "\xff"}',
    "two values": b"{} {}",
    "a trailing comma": b'{"data": [],}',
    "a number that is none": b'{"data": [], "n": NaN}',
    "a number without bounds": b'{"data": [], "n": -Infinity}',
    "an integer of 5,000 digits": b'{"data": [], "n": ' + b"9" * 5000 + b"}",
    "100,000 levels": b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 objects": b'{"data":' * 100_000,
}
WRONG_EVENTS: dict[str, tuple[Any, str]] = {
    **{f"{name} is missing": (event_with(**{name: ...}), name) for name in RECEIVED_EVENT},
    **{f"{name} is null": (event_with(**{name: None}), name) for name in (*RECEIVED_EVENT, "currency", "order_lines")},
    **{f"{name} is a list": (event_with(**{name: []}), name) for name in (*RECEIVED_EVENT, "partner_event_id")},
    **{f"amount is {amount}": (event_with(amount=amount), "amount") for amount in NO_AMOUNTS},
    "type is a number": (event_with(type=5), "type"),
    "order_lines is an object": (event_with(order_lines={}), "order_lines"),
    "a line is null": (event_with(order_lines=[RECEIVED_LINE, None]), "order_lines[1]"),
    "a rate is missing": (
        event_with(order_lines=[RECEIVED_LINE, {**RECEIVED_LINE, "rate": None}]),
        "order_lines[1].rate",
    ),
}
WRONG_PAGES: dict[str, tuple[Any, str]] = {
    "no data": ({}, "data"),
    "data is null": ({"data": None}, "data"),
    "data is an object": ({"data": {}}, "data"),
    "an event is a number": ({"data": [RECEIVED_EVENT, 5]}, "data[1]"),
    "an event in an event's place is a list": ({"data": [[RECEIVED_EVENT]]}, "data[0]"),
    "has_more is a string": ({"data": [], "has_more": "false"}, "has_more"),
    "has_more is null": ({"data": [], "has_more": None}, "has_more"),
    "total is a fraction": ({"data": [], "total": 0.5}, "total"),
    "the third event": ({"data": [RECEIVED_EVENT, RECEIVED_EVENT, event_with(amount=...)]}, "data[2].amount"),
    **{name: ({"data": [event]}, f"data[0].{path}") for name, (event, path) in WRONG_EVENTS.items()},
}
WRONG_ORDERS: dict[str, tuple[Any, str]] = {
    **{
        f"{name} is missing": ({key: value for key, value in RECEIVED_ORDER.items() if key != name}, name)
        for name in ("id",)
    },
    **{f"{name} is an object": ({**RECEIVED_ORDER, name: {}}, name) for name in RECEIVED_ORDER},
    "created_at is no timestamp": ({**RECEIVED_ORDER, "created_at": "yesterday"}, "created_at"),
    "created_at has no offset": ({**RECEIVED_ORDER, "created_at": "2024-01-01T00:00:00"}, "created_at"),
    "created_at is beyond all years": ({**RECEIVED_ORDER, "created_at": "99999-01-01T00:00:00Z"}, "created_at"),
    "an address is a string": ({**RECEIVED_ORDER, "merchant_address": ["x"]}, "merchant_address[0]"),
    "a city is a number": ({**RECEIVED_ORDER, "merchant_address": [{}, {"city": 5}]}, "merchant_address[1].city"),
}
WRONG_SHAPES: list[tuple[str, str, Any, str]] = [
    *((operation, name, body, "") for operation in OPERATIONS for name, body in WRONG_ANSWERS.items()),
    *(("listOrderEvents", name, body, path) for name, (body, path) in WRONG_PAGES.items()),
    *(("postOrderEvent", name, body, path) for name, (body, path) in WRONG_EVENTS.items()),
    *(("createOrder", name, body, path) for name, (body, path) in WRONG_ORDERS.items()),
]


@pytest.mark.parametrize(
    ("operation", "body", "path"),
    [(operation, body, path) for operation, _, body, path in WRONG_SHAPES],
    ids=[f"{operation}: {name}" for operation, name, *_ in WRONG_SHAPES],
)
def test_an_answer_that_is_not_what_the_contract_says_is_raised_with_the_path_of_what_is_wrong(
    sandbox: Sandbox, once: Flavour, operation: str, body: Any, path: str
) -> None:
    sandbox.fail(operation, SandboxFault(status=200, body=body))

    raised = failure(lambda: OPERATIONS[operation](once))

    # What was sent is probably recorded: the failure is to read that it is.
    assert isinstance(raised, OutcomeUnknownError) == (operation != "listOrderEvents")
    error = what_happened(raised)
    assert isinstance(error, APIResponseValidationError)
    assert error.path == path
    assert error.problem
    assert str(error).startswith("GET /v2/order_events: " if raised is error else "POST /v2/order")


def test_a_get_that_cannot_be_read_is_sent_again_before_it_is_raised(
    sandbox: Sandbox, connect: Connect, clock: Clock
) -> None:
    client = connect(sandbox)
    sandbox.fail("listOrderEvents", SandboxFault(status=200, body="<html>"), times=4)

    error = failure(lambda: client.find(partner_event_id="e-1"))

    assert isinstance(error, APIResponseValidationError)
    assert len(sandbox.requests) == 4
    assert len(clock.waits) == 3


@each_operation
def test_an_answer_in_another_encoding_of_unicode_is_read(sandbox: Sandbox, once: Flavour, operation: str) -> None:
    answer = json.dumps(ORDER.to_dict() | EVENT.to_dict() | {"id": "o-1", "data": []})
    for encoding in ("utf-8-sig", "utf-16", "utf-32-be"):
        sandbox.fail(operation, SandboxFault(status=200, body=answer.encode(encoding)))

        OPERATIONS[operation](once)

    assert len(sandbox.requests) == 3


def test_the_content_type_does_not_matter_when_the_body_can_be_read(sandbox: Sandbox, once: Flavour) -> None:
    for content_type in ("text/html", "application/json; charset=latin-1", "nonsense", ""):
        sandbox.fail("listOrderEvents", SandboxFault(headers={"Content-Type": content_type}))

        assert once.find(partner_event_id="e-1") is None


# --- Answers that break below JSON ------------------------------------------------------------------------------------

PAGE = b'{"data": []}'
BROKEN_ENCODINGS: dict[str, tuple[str, bytes]] = {
    "gzip that is none": ("gzip", PAGE),
    "gzip cut short": ("gzip", gzip.compress(PAGE * 100)[:-12]),
    "gzip with a wrong sum": ("gzip", gzip.compress(PAGE)[:-8] + bytes(8)),
    "deflate that is none": ("deflate", b"\xff" + PAGE),
    "gzip twice, packed once": ("gzip, gzip", gzip.compress(PAGE)),
    "an encoding nobody knows": ("rot13", b'{"qngn": []}'),
    "brotli that is none": ("br", b"\x00\xff"),
    "zstd that is none": ("zstd", b"\x00\xff"),
}


@get_and_post
@pytest.mark.parametrize(("encoding", "body"), BROKEN_ENCODINGS.values(), ids=BROKEN_ENCODINGS)
def test_a_body_that_cannot_be_unpacked_is_not_what_the_contract_says(
    sandbox: Sandbox, once: Flavour, operation: str, encoding: str, body: bytes
) -> None:
    sandbox.fail(operation, SandboxFault(status=200, headers={"Content-Encoding": encoding}, body=body))

    raised = failure(lambda: OPERATIONS[operation](once))

    assert isinstance(raised, OutcomeUnknownError) == (operation != "listOrderEvents")
    assert isinstance(what_happened(raised), APIResponseValidationError)


@pytest.mark.parametrize(("encoding", "body"), BROKEN_ENCODINGS.values(), ids=BROKEN_ENCODINGS)
def test_a_refusal_whose_body_cannot_be_unpacked_is_still_that_refusal(
    sandbox: Sandbox, once: Flavour, encoding: str, body: bytes
) -> None:
    error = status_failure(once, sandbox, 403, headers={"Content-Encoding": encoding}, body=body)

    assert type(error) is PermissionDeniedError
    assert (error.type, error.message, error.param) == (None, None, None)


def test_a_packed_answer_is_unpacked(sandbox: Sandbox, once: Flavour) -> None:
    fault = SandboxFault(status=200, headers={"Content-Encoding": "gzip"}, body=gzip.compress(b'{"data": []}'))
    sandbox.fail("listOrderEvents", fault)

    assert once.find(partner_event_id="e-1") is None


@each_operation
@pytest.mark.parametrize("status", [None, 400, 403, 500])
def test_an_answer_that_is_cut_off_in_its_body_keeps_what_its_status_says(
    sandbox: Sandbox, once: Flavour, operation: str, status: int | None
) -> None:
    body = json.dumps(RECEIVED_ORDER | RECEIVED_EVENT | {"data": []}) if status is None else None
    sandbox.fail(operation, SandboxFault(answer="cut_in_body", status=status or 200, body=body))

    raised = failure(lambda: OPERATIONS[operation](once))

    expected = {None: APIResponseValidationError, 400: BadRequestError, 403: PermissionDeniedError}
    assert type(what_happened(raised)) is expected.get(status, InternalServerError)
    is_unknown = operation != "listOrderEvents" and status in (None, 500)
    assert isinstance(raised, OutcomeUnknownError) == is_unknown


NO_HTTP = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "a status of letters": b"HTTP/1.1 2OO OK\r\n\r\n",
    "a length of letters": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
    "a length below 0": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a length too long": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
    "chunks that are none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "chunks without an end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "an unknown framing": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: pigeons\r\n\r\n{}",
    "a head without an end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    "a header without a name": b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "a header with a null": b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n",
    "an answer that is 100 only": b"HTTP/1.1 100 Continue\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "a status of zeros": b"HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n",
}


@get_and_post
@pytest.mark.parametrize("answer", NO_HTTP.values(), ids=NO_HTTP)
def test_an_answer_that_is_no_http_is_a_documented_exception(
    serve: Callable[..., Wire], connect: Connect, operation: str, answer: bytes
) -> None:
    wire = serve(answer)

    raised = failure(lambda: OPERATIONS[operation](connect(wire, retry=ONCE)))

    assert isinstance(what_happened(raised), APIError)
    # A POST that arrived may have been carried out, unless an answer says otherwise.
    if operation != "listOrderEvents" and not isinstance(raised, APIStatusError):
        assert isinstance(raised, OutcomeUnknownError)
    assert len(wire.received) == 1


def test_an_answer_that_is_no_http_is_shown_up_to_500_characters(serve: Callable[..., Wire], connect: Connect) -> None:
    error = failure(lambda: connect(serve(b"x" * 60_000 + b"\r\n\r\n"), retry=ONCE).create(EVENT))

    assert "x" * 400 in str(error)
    assert len(str(error)) < 1000


def test_headers_that_are_no_text_are_kept_as_text(serve: Callable[..., Wire], connect: Connect) -> None:
    wire = serve(b"HTTP/1.1 400 \xe9\xff\r\nX-Request-Id: caf\xe9\r\nX-Two: 1\r\nX-Two: 2\r\nContent-Length: 0\r\n\r\n")

    error = failure(lambda: connect(wire).find(partner_event_id="e-1"))

    assert isinstance(error, BadRequestError)
    assert error.request_id == "caf\xe9"
    assert error.headers["x-two"] == "1, 2"


# --- Redirects --------------------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@get_and_post
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_raised_and_another_host_gets_nothing(
    sandbox: Sandbox, elsewhere: Sandbox, connect: Connect, operation: str, status: int
) -> None:
    client = connect(sandbox)
    for location in (f"{elsewhere.url}/v2/order_events", f"{sandbox.url}/v2/orders", "/v2/order_events"):
        sandbox.fail(operation, SandboxFault(status=status, headers={"Location": location}))

        error = failure(lambda: OPERATIONS[operation](client))

        assert type(error) is APIStatusError
        assert (error.status_code, error.headers["location"]) == (status, location)
        assert f"(location: {location})" in str(error)
    assert elsewhere.requests == []
    assert len(sandbox.requests) == 3


MALFORMED_LOCATIONS = [
    "http://xn--zzzzzz.com/",
    "http://xn--a/",
    "http://[",
    "http://a:b/",
    "x:y:z",
    "mailto:x",
    "//",
    "http://",
    "?",
    "http://a b/",
    "",
    "x" * 70_000,
]


@each_operation
@pytest.mark.parametrize("location", MALFORMED_LOCATIONS, ids=[repr(location[:20]) for location in MALFORMED_LOCATIONS])
def test_a_malformed_location_is_a_documented_exception(
    sandbox: Sandbox, once: Flavour, operation: str, location: str
) -> None:
    sandbox.fail(operation, SandboxFault(status=302, headers={"Location": location}))

    error = what_happened(failure(lambda: OPERATIONS[operation](once)))

    assert isinstance(error, APIStatusError | APIConnectionError)
    assert sum(request.operation == operation for request in sandbox.requests) == 1


# --- Connections ------------------------------------------------------------------------------------------------------


@each_operation
def test_a_connection_that_is_refused_is_tried_again_and_then_raised(
    connect: Connect, clock: Clock, nobody: SimpleNamespace, operation: str
) -> None:
    client = connect(nobody)

    error = failure(lambda: OPERATIONS[operation](client))

    # Certainly not carried out: not of unknown outcome, even for a POST.
    assert type(error) is APIConnectionError
    assert f"at {nobody.url}: ConnectError" in str(error)
    assert len(clock.waits) == 3


@each_operation
def test_a_timeout_is_raised_as_such(sandbox: Sandbox, connect: Connect, operation: str) -> None:
    client = connect(sandbox, retry=ONCE, timeout=0.05)
    sandbox.fail(operation, SandboxFault(delay=3600, status=504))

    raised = failure(lambda: OPERATIONS[operation](client))

    assert isinstance(raised, OutcomeUnknownError) == (operation != "listOrderEvents")
    error = what_happened(raised)
    assert type(error) is APITimeoutError
    assert "ReadTimeout" in str(error)


@each_operation
def test_a_certificate_that_nobody_vouches_for_is_raised_at_once_and_nothing_is_sent(
    untrusted: Wire, connect: Connect, clock: Clock, operation: str
) -> None:
    error = failure(lambda: OPERATIONS[operation](connect(untrusted)))

    assert type(error) is APIConnectionError
    assert "CERTIFICATE_VERIFY_FAILED" in str(error)
    assert clock.waits == []
    assert untrusted.received == []


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"])
@each_operation
def test_tls_that_breaks_after_its_handshake_is_a_connection_that_failed(
    serve: Callable[..., Wire],
    connect: Connect,
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes,
    operation: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    no_record = b"\x17\x03\x03\x00\x20" + bytes(32)  # of application data, so that it cannot be decrypted
    client = connect(serve(answer, tls, no_record), retry=ONCE)

    raised = failure(lambda: OPERATIONS[operation](client))

    assert isinstance(raised, OutcomeUnknownError) == (operation != "listOrderEvents")
    assert type(what_happened(raised)) is (APIResponseValidationError if answer else APIConnectionError)


def test_a_certificate_of_ones_own_is_trusted_through_ones_own_http_client(untrusted: Wire, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=certificate)
    with httpx.Client(verify=context) as http:
        imprint = Imprint("k-1", base_url=untrusted.url, http_client=http)
        assert imprint.order_events.find(partner_event_id="e-1") is None

    async def find() -> OrderEvent | None:
        async with httpx.AsyncClient(verify=context) as http:
            imprint = AsyncImprint("k-1", base_url=untrusted.url, http_client=http)
            return await imprint.order_events.find(partner_event_id="e-1")

    assert asyncio.run(find()) is None
    assert len(untrusted.received) == 2


# --- What comes later than this client --------------------------------------------------------------------------------


def test_an_event_type_that_nobody_knows_yet_does_not_stop_a_list(
    sandbox: Sandbox, client: Flavour, order_id: str
) -> None:
    for number in range(3):
        client.create(make_event(order_id, f"e-{number}"))
    sandbox.fail("listOrderEvents", SandboxFault(answer="unknown_type"))

    events = client.list(limit=2)

    assert [event.type_ for event in events] == ["CHARGED_BACK", "CHARGED_BACK", "CAPTURED"]
    assert [event.type_.known for event in events] == [False, False, True]
    assert isinstance(events[0].type_, OrderEventType)


def test_an_event_type_that_nobody_knows_yet_survives_being_read_and_written(sandbox: Sandbox, client: Flavour) -> None:
    answer = event_with(type="CHARGED_BACK")
    sandbox.fail("listOrderEvents", SandboxFault(status=200, body={"data": [answer], "has_more": False}))

    [received] = client.list()

    assert NewOrderEvent.from_dict(received.to_dict()).to_dict() == answer


def test_members_that_nobody_knows_yet_survive_being_sent_back(sandbox: Sandbox, client: Flavour) -> None:
    line = {**RECEIVED_LINE, "sku": "couch-1"}
    answer = event_with(order_lines=[line], risk={"score": 0.5, "notes": [None, "é"]}, novel=None)
    sandbox.fail("listOrderEvents", SandboxFault(status=200, body={"data": [answer], "has_more": False, "novel": 1}))
    sandbox.fail("postOrderEvent", SandboxFault(status=200, body=answer))

    [received] = client.list()
    client.create(NewOrderEvent.from_dict(received.to_dict()))

    assert received["risk"] == {"score": 0.5, "notes": [None, "é"]}
    assert json.loads(sandbox.requests[-1].body) == answer


def test_a_cursor_that_is_no_text_is_a_documented_exception(sandbox: Sandbox, client: Flavour) -> None:
    body = {"data": [event_with(order_event_id="\ud800")], "has_more": True}
    sandbox.fail("listOrderEvents", SandboxFault(status=200, body=body))

    assert isinstance(failure(client.list), PaginationError)


# --- Fuzz -------------------------------------------------------------------------------------------------------------

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
_member = st.sampled_from(
    [*RECEIVED_EVENT, *RECEIVED_LINE, "data", "has_more", "total", "id", "order_lines", "created_at"]
) | st.sampled_from(["merchant_address", "order_event_id", "error", "message", "param", "details", "status"])
_near_misses = st.recursive(
    st.dictionaries(_member, _json, max_size=6),
    lambda inner: st.builds(
        lambda outer, name, value, in_list: {**outer, name: [value] if in_list else value},
        inner,
        st.sampled_from(["data", "order_lines", "merchant_address", "error", "details"]),
        inner,
        st.booleans(),
    ),
    max_leaves=3,
)
_whole = st.sampled_from([RECEIVED_ORDER | RECEIVED_EVENT | {"data": [RECEIVED_EVENT]}])
_texts = st.builds(json.dumps, _near_misses | _json | _whole).map(lambda text: text.encode("utf-8", "surrogatepass"))
_spoiled = st.builds(
    lambda body, at, noise, until: body[:at] + noise + body[at + len(noise) : until],
    _texts,
    st.integers(0, 200),
    st.binary(max_size=3),
    st.integers(0, 400) | st.none(),
)
_bodies = _texts | _spoiled | st.binary(max_size=50) | _texts.map(gzip.compress)
_statuses = st.sampled_from([200, 200, 201, 202, 206, 302, 307, 400, 404, 408, 409, 418, 429, 499, 500, 503, 520, 599])
_printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30).map(str.strip)
_headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(["text/html", "application/json; charset=utf-16", "x"]) | _printable,
        "Content-Encoding": st.sampled_from(["gzip", "deflate", "br", "identity", "gzip, deflate"]) | _printable,
        "Retry-After": st.sampled_from(["0", "-1", "nan", "inf", "1e309", "Wed, 21 Oct"]) | _printable,
        "Set-Cookie": _printable,
        "X-Request-Id": _printable,
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operation=st.sampled_from(sorted(OPERATIONS)), status=_statuses, headers=_headers, body=_bodies)
@example(operation="listOrderEvents", status=200, headers={}, body=b'{"data": [{"amount": 1e999}]}')
def test_no_answer_ends_in_anything_but_a_documented_exception(
    sandbox: Sandbox, once: Flavour, operation: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    sandbox.fail(operation, SandboxFault(status=status, headers=headers, body=body))
    error: ImprintError | None = None

    try:
        OPERATIONS[operation](once)
    except (OutcomeUnknownError, MismatchError, APIResponseValidationError, APIStatusError) as caught:
        error = caught

    copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert repr(copied) == repr(error)


@pytest.fixture
def wired_once(wire: Wire, connect: Connect) -> Flavour:
    return connect(wire, retry=ONCE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.binary(max_size=40) | st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\nLocation: "]),
    rest=st.binary(max_size=40) | st.sampled_from([b"\r\n\r\n{}", b"Content-Length: 9\r\n\r\n"]),
)
def test_no_bytes_end_in_anything_but_a_documented_exception(
    wire: Wire, wired_once: Flavour, head: bytes, rest: bytes
) -> None:
    wire.answer = head + rest

    raised = failure(lambda: wired_once.create(EVENT))

    assert isinstance(raised, OutcomeUnknownError | APIStatusError)


# --- The exceptions themselves ----------------------------------------------------------------------------------------


def _status_error(kind: type[APIStatusError]) -> APIStatusError:
    body = b'{"type": "T", "message": "m", "param": "p"}'
    return kind("GET /v2/order_events", 599, {"x-request-id": "r-1"}, body)


_FAULT = BodyFault("amount", "is 6", 6, 5, 1)
_RECORDED = OrderEvent.from_dict(event_with(type="CHARGED_BACK", novel=[1]))
SAMPLES: list[ImprintError] = [
    ImprintError("what"),
    ConfigurationError("what"),
    InvalidRequestError([_FAULT, BodyFault("", "is UNSET", UNSET)]),
    TotalsMismatchError([_FAULT]),
    PaginationError("what", "c-1"),
    OutcomeUnknownError("POST /v2/order_events", EVENT, True, "why"),
    EventMismatchError(make_event(), _RECORDED, ["amount"]),
    OrderMismatchError(ORDER, Order.from_dict(RECEIVED_ORDER), ["partner_order_id"]),
    AmbiguousOrderError("o-1", [Order.from_dict(RECEIVED_ORDER | {"novel": [1]})] * 2),
    APIError("what"),
    APIConnectionError("what"),
    APITimeoutError("what"),
    APIResponseValidationError("GET /v2/order_events", "data[0].amount", "is missing"),
    _status_error(APIStatusError),
    *map(_status_error, CLASSES.values()),
    _status_error(InternalServerError),
]


def test_the_samples_are_of_every_exported_exception() -> None:
    exported = {getattr(imprint_client, name) for name in imprint_client.__all__}
    exceptions = {kind for kind in exported if isinstance(kind, type) and issubclass(kind, Exception)}
    exceptions -= {imprint_client.ImprintWarning}

    assert {type(sample) for sample in SAMPLES} == exceptions - {
        MismatchError
    }  # which is only raised as one of its two
    assert all(issubclass(kind, ImprintError) for kind in exceptions)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_exception_survives_pickle_and_copy_with_all_that_it_has(error: ImprintError) -> None:
    error.add_note("a note")
    ways: list[Callable[[ImprintError], ImprintError]] = [
        lambda error: pickle.loads(pickle.dumps(error)),  # noqa: S301 - our own
        copy.copy,
        copy.deepcopy,
    ]
    for way in ways:
        again = way(error)

        assert type(again) is type(error)
        assert vars(again) == vars(error)
        assert again.args == error.args
        assert (str(again), repr(again)) == (str(error), repr(error))


def things_held(error: BaseException) -> Iterator[object]:
    """All that can be reached from an exception through its members and its chain."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, str | bytes | int | float | type | None):
            continue
        seen.add(id(thing))
        yield thing
        waiting += vars(thing).values() if hasattr(thing, "__dict__") else []
        waiting += [getattr(thing, name, None) for name in getattr(type(thing), "__slots__", ())]
        if isinstance(thing, BaseException):
            waiting += [thing.args, thing.__cause__, thing.__context__]
        elif isinstance(thing, dict):
            waiting += thing.values()
        elif isinstance(thing, list | tuple | set):
            waiting += thing


@get_and_post
@pytest.mark.parametrize(
    "fault",
    [
        SandboxFault(status=400),
        SandboxFault(status=500),
        SandboxFault(status=302, headers={"Location": "http://a:b/"}),
        SandboxFault(status=200, body="<html>"),
        SandboxFault(status=200, body={}),
        SandboxFault(status=200, headers={"Content-Encoding": "gzip"}, body="no"),
        SandboxFault(answer="cut"),
        SandboxFault(answer="cut_in_body", status=500),
        SandboxFault(delay=3600),
    ],
    ids=str,
)
def test_an_exception_holds_nothing_of_httpx(
    sandbox: Sandbox, connect: Connect, operation: str, fault: SandboxFault
) -> None:
    client = connect(sandbox, retry=ONCE, timeout=0.05)
    sandbox.fail(operation, fault)

    error = failure(lambda: OPERATIONS[operation](client))

    modules = {type(thing).__module__.partition(".")[0] for thing in things_held(error)}
    assert modules <= {"builtins", "imprint_client", "imprint_api"}


def test_an_exception_of_a_connection_holds_nothing_of_httpx(
    connect: Connect, untrusted: Wire, nobody: SimpleNamespace
) -> None:
    for server in (nobody, untrusted):
        error = failure(lambda server=server: connect(server, retry=ONCE).create(EVENT))  # type: ignore[misc]

        assert {type(thing).__module__ for thing in things_held(error)} <= {"builtins", "imprint_client.errors"}


@pytest.mark.parametrize(
    "call",
    [
        lambda client, value: client.create_order(make_order(order_lines=value)),
        lambda client, value: client.find(partner_event_id=value),
        lambda client, value: client.list(limit=value),
        lambda client, value: client.delete(value),
    ],
)
def test_an_exception_pickles_even_when_what_was_given_cannot(
    sandbox: Sandbox, client: Flavour, call: Callable[[Flavour, object], object]
) -> None:
    error = failure(lambda: call(client, (make_line() for _ in ())))

    assert isinstance(error, InvalidRequestError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own


def test_the_tree_of_exceptions_is_the_documented_one() -> None:
    def drawn(kind: type[BaseException], depth: int = 0) -> Iterator[str]:
        yield "  " * depth + kind.__name__
        for inner in kind.__subclasses__():
            if inner.__module__.startswith("imprint_client."):  # others derive exceptions of their own
                yield from drawn(inner, depth + 1)

    assert list(drawn(ImprintError)) == [
        "ImprintError",
        "  ConfigurationError",
        "  InvalidRequestError",
        "    TotalsMismatchError",
        "  PaginationError",
        "  OutcomeUnknownError",
        "  MismatchError",
        "    EventMismatchError",
        "    OrderMismatchError",
        "  AmbiguousOrderError",
        "  APIError",
        "    APIConnectionError",
        "      APITimeoutError",
        "    APIResponseValidationError",
        "    APIStatusError",
        *(f"      {kind.__name__}" for kind in (*CLASSES.values(), InternalServerError)),
    ]
    assert issubclass(ConfigurationError, ValueError)
    assert issubclass(InvalidRequestError, ValueError)


# --- What no server sends, but programs do ----------------------------------------------------------------------------


def test_a_body_nested_too_deep_is_refused(sandbox: Sandbox, client: Flavour) -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    order = make_order()
    order["novel"] = deep

    with pytest.raises(InvalidRequestError, match="JSON cannot hold"):
        client.create_order(order)

    assert sandbox.requests == []


def test_a_hook_that_consumes_the_answer_ends_in_a_documented_exception(sandbox: Sandbox, order_id: str) -> None:
    def consume(response: httpx.Response) -> None:
        list(response.iter_raw())

    with httpx.Client(verify=NO_TLS, event_hooks={"response": [consume]}) as http_client:
        imprint = Imprint(sandbox.api_key, base_url=sandbox.url, http_client=http_client, retry=ONCE)
        with pytest.raises(OutcomeUnknownError):
            imprint.order_events.create(make_event(order_id))
        with pytest.raises(APIResponseValidationError):
            imprint.order_events.find(partner_event_id="e")


class Spoiled(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is no gzip, and that says whether it was closed before its client was."""

    closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b"no gzip"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"no gzip"

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_an_answer_that_cannot_be_received_is_closed(flavour: str) -> None:
    body = Spoiled()
    answering = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=body))
    http_client = (httpx.Client if flavour == "sync" else httpx.AsyncClient)(transport=answering)
    server = SimpleNamespace(api_key="k-1", url="https://imprint.example")
    client = FLAVOURS[flavour](server, http_client=http_client, retry=ONCE)

    error = failure(lambda: client.find(partner_event_id="e"))

    assert type(error) is APIResponseValidationError
    assert body.closed
    client.close()


def test_each_use_of_a_closed_client_raises_an_exception_of_its_own(sandbox: Sandbox) -> None:
    imprint = Imprint(sandbox.api_key, base_url=sandbox.url)
    imprint.close()
    raised: list[ConfigurationError] = []
    for _ in range(2):
        with pytest.raises(ConfigurationError) as caught:
            imprint.order_events.find(partner_event_id="e")
        raised.append(caught.value)

    assert raised[0] is not raised[1]
