"""What a service in production sees of the requests, and what it adds to them: headers, log records, frames, masks."""

import asyncio
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest
from imprint_client import (
    APIConnectionError,
    APIStatusError,
    AsyncImprint,
    ConfigurationError,
    Imprint,
    MismatchError,
    OutcomeUnknownError,
    RetryPolicy,
    wire,
)
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import NO_TLS, Clock, Flavour, make_event, make_order

from .conftest import Wire

Connect = Callable[..., Flavour]
KEY = "canary-7f/3e+q"
SECRET = "hush-hush-1"


# --- Tools that replace `send` ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [httpx.Client, httpx.AsyncClient], ids=lambda kind: kind.__name__)
def test_a_default_client_goes_through_send_as_soon_as_a_tool_has_replaced_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    sent: list[str] = []
    send = kind.send

    def watched(self: Any, request: httpx.Request, **options: Any) -> Any:
        sent.append(request.method)
        return send(self, request, **options)

    def find() -> None:
        if kind is httpx.Client:
            with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint:
                use(imprint)
        else:
            asyncio.run(use_async())

    def use(imprint: Any) -> None:
        imprint.orders.list()
        monkeypatch.setattr(kind, "send", watched)
        imprint.orders.list()

    async def use_async() -> None:
        async with AsyncImprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            await imprint.orders.list()
            monkeypatch.setattr(kind, "send", watched)
            await imprint.orders.list()

    find()

    assert sent == ["GET"]
    assert len(sandbox.requests) == 2


def test_httpx2_is_not_imported_unless_somebody_does() -> None:
    program = "import sys, imprint_client; imprint_client.Imprint('k-1').close(); print('httpx2' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "False"


def test_a_process_in_which_httpx_is_httpx2_works(sandbox: Sandbox) -> None:
    program = f"""
import asyncio, httpx2
httpx2.alias_httpx()
import httpx
from imprint_client import AsyncImprint, Imprint
with Imprint({sandbox.api_key!r}, base_url={sandbox.url!r}) as imprint:
    print(imprint.orders.list())
with httpx.Client() as http, Imprint({sandbox.api_key!r}, base_url={sandbox.url!r}, http_client=http) as imprint:
    print(imprint.orders.list())
async def use():
    async with AsyncImprint({sandbox.api_key!r}, base_url={sandbox.url!r}) as imprint:
        print(await imprint.orders.list())
asyncio.run(use())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.stdout.split(), done.stderr) == (["[]", "[]", "[]"], "")


@pytest.mark.parametrize("other", [httpx.AsyncClient, httpx2.AsyncClient], ids=["httpx", "httpx2"])
def test_a_client_of_the_other_flavour_is_refused(other: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"must be an httpx.Client or httpx2.Client"):
        Imprint("k-1", http_client=other(verify=NO_TLS))


# --- Headers of a caller's --------------------------------------------------------------------------------------------


def test_headers_go_with_each_try_of_a_request_and_with_no_lookup_that_settles(
    sandbox: Sandbox, connect: Connect
) -> None:
    client = connect(sandbox, headers={"X-Tenant": "t-1"})
    order = client.create_order(make_order()).id
    sandbox.fail("postOrderEvent", SandboxFault(status=429))
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="made"))

    client.create(make_event(order), headers={"Idempotency-Key": SECRET})
    client.ensure(make_event(order, "e-2"), headers={"Idempotency-Key": SECRET})
    client.list(headers={"x-tenant": "t-2"})

    sent = [
        (request.method, request.headers.get("x-tenant"), request.headers.get("idempotency-key"))
        for request in sandbox.requests
    ]
    assert sent == [
        ("POST", "t-1", None),
        ("POST", "t-1", SECRET),
        ("POST", "t-1", SECRET),
        ("GET", None, None),
        ("GET", None, None),
        ("POST", "t-1", SECRET),
        ("GET", "t-2", None),
    ]


OWN = ["Authorization", "Host", "Content-Length", "Content-Type", "User-Agent", "x-imprint-merchant-key"]


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        *(({name: "x"}, f"headers must not have {name.lower()}") for name in OWN),
        ({"X-Bad": f"{SECRET}\r\nX-Other: 1"}, "the value of x-bad"),
        ({"X-Bad": f" {SECRET}"}, "the value of x-bad"),
        ({"X-Bad": 5}, "the value of x-bad"),
        ({"X Bad": SECRET}, "a mapping of header names"),
        ([SECRET], "a mapping of header names"),
        (SECRET, "a mapping of header names"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused_by_name(
    sandbox: Sandbox, connect: Connect, headers: Any, problem: str
) -> None:
    client = connect(sandbox)
    for refused in (lambda: connect(sandbox, headers=headers), lambda: client.list_orders(headers=headers)):
        with pytest.raises(ConfigurationError, match=problem) as caught:
            refused()
        assert SECRET not in "".join(shown(caught.value))
    assert sandbox.requests == []


# --- The log ----------------------------------------------------------------------------------------------------------


def test_the_record_of_a_request_carries_what_structured_logging_needs(
    sandbox: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.fail("listOrders", SandboxFault(status=503, headers={"X-Request-Id": "r-1"}))
    sandbox.fail("listOrders", SandboxFault(status=200, body={"data": []}, headers={"X-Request-Id": "r-2"}))

    with caplog.at_level(logging.INFO, "imprint_client.http"):
        connect(sandbox).list_orders()

    records: list[Any] = [record for record in caplog.records if record.name == "imprint_client.http"]
    assert [(one.operation, one.status_code, one.request_id, one.attempt) for one in records] == [
        ("GET /v2/orders", 503, "r-1", 1),
        ("GET /v2/orders", 200, "r-2", 2),
    ]
    assert all(isinstance(one.elapsed_ms, float) for one in records)
    assert "r-2" in records[1].getMessage()


# --- Secrets ----------------------------------------------------------------------------------------------------------


def shown(error: BaseException | None) -> Iterator[str]:
    """What a service that collects errors sends away of one: with the locals of all frames but those of tests."""
    while error is not None:
        yield f"{error!r} {error} {vars(error)}"
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if not frame.f_globals["__name__"].startswith("tests."):
                yield from (f"{frame.f_code.co_name} {name}={value!r}" for name, value in frame.f_locals.items())
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("http", ["default", "httpx", "httpx2"])
def test_a_call_that_is_cancelled_while_it_sends_shows_no_key(wire_that_hangs: Wire, http: str) -> None:
    made: Any = {"default": lambda: None, "httpx": httpx.AsyncClient, "httpx2": httpx2.AsyncClient}[http]

    async def use() -> None:
        async with AsyncImprint(
            KEY, base_url=wire_that_hangs.url, http_client=made(), headers={"X-S": SECRET}
        ) as imprint:
            async with asyncio.timeout(0.05):
                await imprint.orders.create(make_order(), headers={"X-Call": SECRET})

    with pytest.raises(TimeoutError) as caught:
        asyncio.run(use())

    text = "\n".join(shown(caught.value))
    assert "transport" in text or "self=" in text
    assert KEY not in text
    assert SECRET not in text


@pytest.fixture
def wire_that_hangs(serve: Callable[..., Wire]) -> Wire:
    return serve(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_a_call_that_is_interrupted_while_it_sends_shows_no_key(
    serve: Callable[..., Wire], monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    def interrupt(*_: Any, **__: Any) -> bytes:
        raise interruption

    monkeypatch.setattr(wire, "_read", interrupt)
    with Imprint(KEY, base_url=serve().url) as imprint, pytest.raises(interruption) as caught:
        imprint.orders.create(make_order(), headers={"X-Call": SECRET})

    text = "\n".join(shown(caught.value))
    assert "step=" in text
    assert KEY not in text
    assert SECRET not in text


def test_a_key_that_was_sent_as_an_id_and_comes_back_is_masked(serve: Callable[..., Wire], connect: Connect) -> None:
    recorded = {"order_event_id": KEY, "order_id": "o-1", "type": "REFUNDED", "partner_event_id": "e-1", "amount": 1}
    recorded["network_transaction_id"] = KEY
    body = json.dumps(recorded).encode()
    server: Any = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
    server.api_key = KEY

    try:
        outcome: Any = connect(server, retry=RetryPolicy.none()).create(make_event("o-1"))
    except (MismatchError, OutcomeUnknownError) as error:
        outcome = error

    assert KEY not in repr(outcome) + repr(getattr(outcome, "recorded", ""))


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_utf_16_body_that_echoes_the_key_is_masked_and_can_still_be_read(
    serve: Callable[..., Wire], connect: Connect, coding: str
) -> None:
    body = f'<p>{KEY} and "{SECRET}"</p>'.encode(coding)
    server: Any = serve(b"HTTP/1.1 400 No\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
    server.api_key = KEY

    with pytest.raises(APIStatusError) as caught:
        connect(server, headers={"X-Call": SECRET}).list_orders()

    assert caught.value.body.decode(coding) == '<p>[secret] and "[secret]"</p>'


async def _awaited(call: Callable[[], Any]) -> Any:
    result = call()
    return await result if asyncio.iscoroutine(result) else result


def test_a_failed_certificate_has_advice_of_its_own(untrusted: Wire, clock: Clock) -> None:
    for call in (
        Imprint("k-1", base_url=untrusted.url).orders.list,
        AsyncImprint("k-1", base_url=untrusted.url).orders.list,
    ):
        with pytest.raises(APIConnectionError, match="First correct the certificate") as caught:
            asyncio.run(_awaited(call))
        assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value)
    assert clock.waits == []
