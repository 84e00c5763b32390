"""`imprint.api`: every generated operation, with this client's authentication, errors and retries, and nothing else."""

import asyncio
import contextlib
import copy
import pickle
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from imprint_api.api.order_events import delete_order_event, list_order_events, post_order_event
from imprint_api.api.orders import create_order, delete_order, list_orders, put_order
from imprint_client import (
    UNSET,
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncImprint,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    Imprint,
    ImprintError,
    InternalServerError,
    InvalidRequestError,
    OrderEvent,
    OutcomeUnknownError,
    RateLimitError,
    RetryPolicy,
)
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import Clock, make_event, make_order

from .conftest import Wire

Run = Callable[..., Any]
ONCE = RetryPolicy.none()
EVENT = make_event(partner_event_id=UNSET)
OPERATIONS: dict[str, Callable[[Run], Any]] = {
    "listOrderEvents": lambda run: run(list_order_events),
    "postOrderEvent": lambda run: run(post_order_event, body=EVENT),
    "createOrder": lambda run: run(create_order, body=make_order()),
    "listOrders": lambda run: run(list_orders),
    "putOrder": lambda run: run(put_order, order_id="order-1", body=make_order()),
    "deleteOrder": lambda run: run(delete_order, order_id="order-1"),
    "deleteOrderEvent": lambda run: run(delete_order_event, order_event_id="event-1"),
}
READING = ("listOrderEvents", "listOrders")
each_operation = pytest.mark.parametrize("operation", OPERATIONS)


@pytest.fixture(params=["sync", "sync_detailed", "asyncio", "asyncio_detailed"])
def run(request: pytest.FixtureRequest, sandbox: Sandbox, clock: Clock) -> Run:
    """Call a generated function of one of the four kinds through a client; what it parsed is returned."""

    def call(module: Any, /, server: Any = sandbox, options: dict[str, Any] | None = None, **arguments: Any) -> Any:
        function = kind_of(module, request.param)
        settings = {"base_url": server.url, **(options or {})}

        async def call_async() -> Any:
            async with AsyncImprint(server.api_key, **settings) as imprint:
                return await function(client=imprint.api, **arguments)

        if request.param.startswith("asyncio"):
            answer = asyncio.run(call_async())
        else:
            with Imprint(server.api_key, **settings) as imprint:
                answer = function(client=imprint.api, **arguments)
        if not function.__name__.endswith("detailed"):
            return answer
        if module in (delete_order, delete_order_event):
            assert (answer.status_code, answer.content) == (204, b"")
        else:
            assert answer.status_code == 200
            assert answer.content
            assert answer.headers["content-type"] == "application/json"
        return answer.parsed

    return call


def kind_of(module: Any, kind: str) -> Callable[..., Any]:
    """What is answered without a body can only be called in detail."""
    return getattr(module, kind, None) or getattr(module, f"{kind}_detailed")  # type: ignore[no-any-return]


def failure(call: Callable[[], object]) -> ImprintError:
    with pytest.raises(ImprintError) as caught:
        call()
    return caught.value


def arrived(sandbox: Sandbox, operation: str) -> int:
    return sum(request.operation == operation for request in sandbox.requests)


def test_every_kind_of_generated_function_works(sandbox: Sandbox, run: Run) -> None:
    order = run(create_order, body=make_order())
    event = run(post_order_event, body=make_event(order.id))
    page = run(list_order_events, order_id=order.id, limit=100)

    assert sandbox.orders[0]["id"] == order.id
    assert isinstance(event, OrderEvent)
    assert page.data == [event]
    assert dict(sandbox.requests[-1].query) == {"order_id": order.id, "limit": "100"}

    assert run(delete_order_event, order_event_id=event.order_event_id) is None
    assert sandbox.events == []
    updated = run(put_order, order_id=order.id, body=make_order(customer_id="c-1"))
    assert (updated.id, updated.customer_id) == (order.id, "c-1")
    assert run(list_orders, partner_order_id="o-1").data == [updated]
    assert run(delete_order, order_id=order.id) is None
    assert sandbox.orders == []


def test_the_same_credentials_go_with_it(wire: Wire, run: Run) -> None:
    wire.answer = wire.answer.replace(b"Connection", b"Content-Type: application/json\r\nConnection")

    run(list_order_events, server=wire, options={"auth": "basic", "merchant_key": "m-1"})

    [headers] = wire.headers
    # base64 of "wire-key:"
    assert headers["authorization"] == "Basic d2lyZS1rZXk6"
    assert headers["x-imprint-merchant-key"] == "m-1"
    assert headers["user-agent"].startswith("imprint-client/")


def test_the_same_timeouts_go_with_it(sandbox: Sandbox, run: Run) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(delay=3600))

    error = failure(lambda: run(list_order_events, options={"timeout": 0.05, "retry": ONCE}))

    assert type(error) is APITimeoutError


def test_a_get_is_tried_again(sandbox: Sandbox, run: Run, clock: Clock) -> None:
    for fault in (SandboxFault(status=500), SandboxFault(answer="cut"), SandboxFault(answer="cut_in_body")):
        sandbox.fail("listOrderEvents", fault)

    assert run(list_order_events).data == []

    assert arrived(sandbox, "listOrderEvents") == 4
    assert len(clock.waits) == 3


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if operation not in READING])
def test_a_write_that_was_refused_for_now_is_tried_again(sandbox: Sandbox, run: Run, operation: str) -> None:
    sandbox.fail(operation, SandboxFault(status=429), times=1000)

    error = failure(lambda: OPERATIONS[operation](run))

    assert type(error) is RateLimitError
    assert arrived(sandbox, operation) > 4


def test_a_post_that_was_refused_for_now_is_recorded_when_it_is_let_through(sandbox: Sandbox, run: Run) -> None:
    sandbox.fail("createOrder", SandboxFault(status=429), times=2)

    run(create_order, body=make_order())

    assert len(sandbox.orders) == 1


@each_operation
def test_what_was_never_sent_is_tried_again(run: Run, clock: Clock, nobody: SimpleNamespace, operation: str) -> None:
    def run_there(module: Any, **arguments: Any) -> Any:
        return run(module, server=nobody, **arguments)

    error = failure(lambda: OPERATIONS[operation](run_there))

    assert type(error) is APIConnectionError
    assert len(clock.waits) == 3


UNKNOWN: dict[str, tuple[SandboxFault, type[Exception]]] = {
    "cut before the write": (SandboxFault(answer="cut"), APIConnectionError),
    "cut after the write": (SandboxFault(answer="cut", write="made"), APIConnectionError),
    "cut in the body": (SandboxFault(answer="cut_in_body"), APIResponseValidationError),
    "half of the answer": (SandboxFault(answer="malformed"), APIResponseValidationError),
    "HTML": (SandboxFault(status=200, body="<html>"), APIResponseValidationError),
    "nothing": (SandboxFault(status=200), APIResponseValidationError),
    "201": (SandboxFault(status=201, body={}), APIResponseValidationError),
    "204": (SandboxFault(status=204), APIResponseValidationError),
    "206": (SandboxFault(status=206, body={}), APIResponseValidationError),
    "408": (SandboxFault(status=408), APIStatusError),
    "500": (SandboxFault(status=500), InternalServerError),
    "503": (SandboxFault(status=503, headers={"Retry-After": "0"}), InternalServerError),
    "520": (SandboxFault(status=520, body="<html>"), InternalServerError),
    "599": (SandboxFault(status=599), InternalServerError),
}


@pytest.mark.parametrize(("fault", "cause"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_post_of_unknown_outcome_is_sent_once_and_not_looked_up(
    sandbox: Sandbox, run: Run, fault: SandboxFault, cause: type[Exception]
) -> None:
    event = make_event()  # its partner_event_id could be looked up
    order = run(create_order, body=make_order())
    event.order_id = order.id
    sandbox.fail("postOrderEvent", fault)

    error = failure(lambda: run(post_order_event, body=event))

    assert isinstance(error, OutcomeUnknownError)
    assert type(error.__cause__) is cause
    assert error.looked_up is False
    assert error.sent == event.to_dict()
    assert arrived(sandbox, "postOrderEvent") == 1
    assert arrived(sandbox, "listOrderEvents") == 0
    assert len(sandbox.events) == (fault.write_or_default == "made")


@pytest.mark.parametrize("name", [name for name, (fault, _) in UNKNOWN.items() if fault.write != "made"])
def test_a_get_that_fails_for_good_is_a_documented_exception(sandbox: Sandbox, run: Run, name: str) -> None:
    fault, cause = UNKNOWN[name]
    sandbox.fail("listOrderEvents", fault)

    error = failure(lambda: run(list_order_events, options={"retry": ONCE}))

    assert type(error) is cause


@each_operation
@pytest.mark.parametrize(
    ("status", "kind"), [(302, APIStatusError), (400, BadRequestError), (409, ConflictError), (418, APIStatusError)]
)
def test_a_refusal_is_raised_at_once(
    sandbox: Sandbox, run: Run, operation: str, status: int, kind: type[APIStatusError]
) -> None:
    sandbox.fail(operation, SandboxFault(status=status))

    error = failure(lambda: OPERATIONS[operation](run))

    assert type(error) is kind
    assert len(sandbox.requests) == 1


@each_operation
def test_an_answer_of_another_shape_is_a_documented_exception_with_the_path(
    sandbox: Sandbox, run: Run, operation: str
) -> None:
    body = {"data": [{"order_id": 5}], "order_id": 5, "payment_method_id": 5}
    sandbox.fail(operation, SandboxFault(status=200, body=body), times=4)

    raised = failure(lambda: OPERATIONS[operation](run))

    assert isinstance(raised, OutcomeUnknownError) == (operation not in READING)
    error = raised.__cause__ or raised
    assert isinstance(error, APIResponseValidationError)
    expected = {
        "listOrderEvents": "data[0].order_id",
        "postOrderEvent": "order_id",
        "createOrder": "payment_method_id",
        "listOrders": "data[0].payment_method_id",
        "putOrder": "payment_method_id",
        "deleteOrder": "",  # the answer itself: it should have been a 204
        "deleteOrderEvent": "",
    }
    assert error.path == expected[operation]
    assert arrived(sandbox, operation) == (4 if operation in READING else 1)


def test_what_json_cannot_hold_is_refused_before_it_is_sent(sandbox: Sandbox, run: Run) -> None:
    for value in (float("nan"), object(), "\ud800"):
        order = make_order()
        order["novel"] = value

        error = failure(lambda order=order: run(create_order, body=order))  # type: ignore[misc]

        assert isinstance(error, InvalidRequestError)
    assert sandbox.requests == []


def test_use_after_close_is_a_clear_error(sandbox: Sandbox) -> None:
    async def use_async() -> None:
        imprint = AsyncImprint(sandbox.api_key, base_url=sandbox.url)
        await imprint.aclose()
        await list_order_events.asyncio(client=imprint.api)

    def use() -> None:
        imprint = Imprint(sandbox.api_key, base_url=sandbox.url)
        imprint.close()
        list_order_events.sync(client=imprint.api)

    for late_use in (use, lambda: asyncio.run(use_async())):
        with pytest.raises(ConfigurationError, match="closed"):
            late_use()
    assert sandbox.requests == []


@each_operation
@pytest.mark.parametrize("detailed", ["", "_detailed"])
def test_the_wrong_flavour_is_refused_before_anything_is_sent(sandbox: Sandbox, operation: str, detailed: str) -> None:
    def sync_with_async(module: Any, **arguments: Any) -> None:
        api = AsyncImprint(sandbox.api_key, base_url=sandbox.url).api
        kind_of(module, f"sync{detailed}")(client=api, **arguments)

    def async_with_sync(module: Any, **arguments: Any) -> None:
        with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            asyncio.run(kind_of(module, f"asyncio{detailed}")(client=imprint.api, **arguments))

    for wrong in (sync_with_async, async_with_sync):
        with pytest.raises(ConfigurationError, match=r"Imprint\.api is for sync"):
            OPERATIONS[operation](wrong)
    assert sandbox.requests == []


def changes(api: Any) -> Iterator[Callable[[], object]]:
    yield lambda: api.with_headers({"Authorization": "other"})
    yield lambda: api.with_cookies({"name": "value"})
    yield lambda: api.with_timeout(1.0)
    yield lambda: contextlib.ExitStack().enter_context(api)
    yield lambda: asyncio.run(contextlib.AsyncExitStack().enter_async_context(api))


@pytest.mark.parametrize("client", [Imprint, AsyncImprint])
def test_it_can_be_neither_changed_nor_entered(wire: Wire, client: type[Imprint] | type[AsyncImprint]) -> None:
    imprint: Any = client("k-1", base_url=wire.url)

    for change in changes(imprint.api):
        with pytest.raises(ConfigurationError, match="cannot be changed or entered"):
            change()

    if isinstance(imprint, Imprint):
        list_order_events.sync(client=imprint.api)
    else:
        asyncio.run(list_order_events.asyncio(client=imprint.api))
    assert wire.headers[0]["authorization"] == "Bearer k-1"
    assert "cookie" not in wire.headers[0]


def test_it_shows_no_token_and_does_not_leave_the_process() -> None:
    api = Imprint("canary-key").api

    assert "canary" not in repr(api)
    assert api.token == ""
    for way in (copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            way(api)
