"""The API key, its Basic form and the merchant key are in nothing that a program shows, logs, raises or stores.

They are searched for by a canary: in all that can be reached from what was raised, in what was logged, and in the local
variables of this client's frames, which services that collect errors send away.
"""

import asyncio
import base64
import copy
import html
import json
import logging
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from types import FrameType, SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from imprint_api.api.order_events import list_order_events, post_order_event
from imprint_client import (
    UNSET,
    AmbiguousOrderError,
    APIStatusError,
    AsyncImprint,
    Imprint,
    ImprintError,
    OrderMismatchError,
    RetryPolicy,
)
from imprint_client.settings import Credentials
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import FLAVOURS, NO_TLS, Clock, Flavour, make_event, make_order

from .conftest import Wire

Connect = Callable[..., Flavour]

KEY = "canary-7f/3e+\"q'"  # with what JSON, URLs, HTML and Python write otherwise
MERCHANT_KEY = "goldfinch/5c"
BASIC = base64.b64encode(f"{KEY}:".encode()).decode()
# The parts that every way of writing them has in common.
TRACES = ("canary-7f", "goldfinch", BASIC.rstrip("=")[:20])
ONCE = RetryPolicy.none()
KEYS: dict[str, Any] = {"merchant_key": MERCHANT_KEY}
EVENT = make_event(partner_event_id=UNSET)
OPERATIONS: dict[str, Callable[[Flavour], object]] = {
    "listOrderEvents": lambda client: client.list(),
    "postOrderEvent": lambda client: client.create(EVENT),
    "createOrder": lambda client: client.create_order(make_order()),
    "listOrders": lambda client: client.list_orders(),
    "putOrder": lambda client: client.update_order("order-1", make_order()),
    "deleteOrder": lambda client: client.delete_order("order-1"),
    "deleteOrderEvent": lambda client: client.delete("event-1"),
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS)
get_and_post = pytest.mark.parametrize("operation", ["listOrderEvents", "postOrderEvent"])
each_auth = pytest.mark.parametrize("auth", ["bearer", "basic"])
each_client = pytest.mark.parametrize("client", [Imprint, AsyncImprint])


@pytest.fixture(scope="module")
def _one_guarded() -> Iterator[Sandbox]:
    with Sandbox(api_key=KEY) as sandbox:
        yield sandbox


@pytest.fixture
def guarded(_one_guarded: Sandbox) -> Iterator[Sandbox]:
    """A sandbox that takes the canary."""
    yield _one_guarded
    _one_guarded.reset()


@pytest.fixture(scope="module", params=sorted(FLAVOURS))
def once(request: pytest.FixtureRequest, _one_guarded: Sandbox) -> Iterator[Flavour]:
    """A client that sends once, with all keys."""
    client = FLAVOURS[request.param](_one_guarded, retry=ONCE, **KEYS)
    yield client
    client.close()


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What is logged, by whichever logger, at any level."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name} {self.format(record)} {record.args!r}")

    root, handler = logging.getLogger(), Keep(logging.NOTSET)
    names = [
        "",
        "imprint_client",
        "httpx",
        "httpcore",
        "httpcore.connection",
        "httpcore.http11",
        "h11",
        "asyncio",
        "anyio",
    ]
    levels = {name: logging.getLogger(name).level for name in names}
    root.addHandler(handler)
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def has_secret(text: str) -> bool:
    return any(trace in text for trace in TRACES)


def shown(value: object, depth: int = 2) -> Iterator[str]:
    """How a value is shown, and what there is in this client's objects; credentials are opaque."""
    yield repr(value)
    if depth and type(value).__module__.startswith(("imprint_client", "imprint_api")):
        if isinstance(value, Credentials):
            return
        for inner in vars(value).values() if hasattr(value, "__dict__") else []:
            yield from shown(inner, depth - 1)
    elif depth and isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from shown(inner, depth - 1)


def chain(error: BaseException) -> Iterator[BaseException]:
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__]


def is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in ("imprint_client", "imprint_api")


def leaks(error: BaseException, *, pickled: bool = True) -> list[str]:
    """Where a secret can be seen in what was raised."""
    found: list[str] = []
    for one in chain(error):
        parts = {
            "str": str(one),
            "repr": repr(one),
            "notes": repr(getattr(one, "__notes__", [])),
            "members": repr(vars(one)) + repr(one.args),
        }
        if pickled:
            parts["pickle"] = pickle.dumps(one).decode("latin-1")
            parts["deepcopy"] = repr(vars(copy.deepcopy(one)))
        found += [f"{type(one).__name__}: {name}" for name, text in parts.items() if has_secret(text)]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if is_ours(frame):
                where = f"{frame.f_globals['__name__']}.{frame.f_code.co_name}"
                found += [
                    f"{where}: {name}"
                    for name, value in frame.f_locals.items()
                    if any(has_secret(text) for text in shown(value))
                ]
    return found


def raised(call: Callable[[], object]) -> ImprintError:
    with pytest.raises(ImprintError) as caught:
        call()
    return caught.value


# --- The search itself ------------------------------------------------------------------------------------------------


def test_the_search_finds_a_secret_in_each_place_that_it_searches(logged: list[str]) -> None:
    class HeldError(ImprintError):
        pass

    def inner() -> None:
        logging.getLogger("httpcore.http11").debug("sent %r", KEY)
        raise ValueError(BASIC)

    # As if this function were the client's own.
    spoiled = {"__name__": "imprint_client.spoiled", "inner": inner, "KEY": KEY}
    exec("def outer():\n    local = {'nested': [KEY]}\n    inner()", spoiled)  # noqa: S102
    error = HeldError("harmless")
    with pytest.raises(ValueError, match=r"^[A-Za-z0-9+/=]+$") as caught:
        spoiled["outer"]()  # type: ignore[operator]
    error.__cause__ = caught.value
    error.add_note(MERCHANT_KEY)

    found = leaks(error, pickled=False)

    assert found == [
        "HeldError: notes",
        "HeldError: members",
        "ValueError: str",
        "ValueError: repr",
        "ValueError: members",
        "imprint_client.spoiled.outer: local",
    ]
    assert has_secret("".join(logged))


# --- Constructors -----------------------------------------------------------------------------------------------------

FAILING: dict[str, dict[str, Any]] = {
    "a typo in the keyword": {"apikey": KEY},
    "a typo beside a good key": {"api_key": KEY, "merchantkey": MERCHANT_KEY},
    "a line end after the key": {"api_key": f"{KEY}\n"},
    "a key outside ASCII": {"api_key": f"{KEY}é"},
    "a key as bytes": {"api_key": KEY.encode()},
    "a key in a list": {"api_key": [KEY]},
    "a line end after the merchant key": {"api_key": KEY, "merchant_key": f"{MERCHANT_KEY}\r\n"},
    "a merchant key as bytes": {"api_key": KEY, "merchant_key": MERCHANT_KEY.encode()},
    "the key for auth": {"api_key": KEY, "auth": KEY},
    "an unknown auth": {"api_key": KEY, "auth": "digest"},
    "the key as user": {"api_key": KEY, "base_url": f"https://{quote(KEY, safe='')}:pass@imprint.example"},
    "the key as password": {"api_key": KEY, "base_url": "https://user:canary-7f@imprint.example"},
    "the key in the query": {"api_key": KEY, "base_url": "https://imprint.example?key=canary-7f"},
    "the key in the fragment": {"api_key": KEY, "base_url": "https://imprint.example#canary-7f"},
    "the key in a URL without https": {"api_key": KEY, "base_url": "http://canary-7f.example"},
    "the key for a URL": {"api_key": KEY, "base_url": KEY},
    "the key in an invalid URL": {"api_key": KEY, "base_url": "https://[::1]:canary-7f"},
    "the key for a timeout": {"api_key": KEY, "timeout": KEY},
    "the key for a retry policy": {"api_key": KEY, "retry": KEY},
    "the key for an unknown option": {"api_key": KEY, "token": KEY},
    "the wrong http client": {"api_key": KEY, "merchant_key": MERCHANT_KEY, "http_client": 5},
}


@each_client
@pytest.mark.parametrize("options", FAILING.values(), ids=FAILING)
def test_a_client_that_cannot_be_made_shows_no_secret(
    client: Any, logged: list[str], monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    assert leaks(raised(lambda: client(**options))) == []

    # The same, with all that the environment can hold given there.
    for name in ("api_key", "merchant_key", "base_url"):
        if isinstance(options.get(name), str):
            monkeypatch.setenv(f"IMPRINT_{name.upper()}", options[name])
    rest = {name: value for name, value in options.items() if not isinstance(value, str) or "_" not in name}
    assert leaks(raised(lambda: client(**rest))) == []
    assert not has_secret("".join(logged))


# --- A client that works ----------------------------------------------------------------------------------------------


@each_auth
@each_client
def test_a_client_and_its_parts_show_no_secret(client: Any, auth: str) -> None:
    imprint = client(KEY, merchant_key=MERCHANT_KEY, auth=auth)
    parts = [imprint, imprint.orders, imprint.order_events, imprint.api, imprint.order_events.list()]
    parts += [imprint._settings, imprint._transport, imprint._settings.credentials]

    for part in parts:
        assert not any(has_secret(text) for text in (str(part), repr(part), f"{part}", *shown(part, 3)))


@each_auth
@each_client
def test_no_part_of_a_client_leaves_the_process(client: Any, auth: str) -> None:
    imprint = client(KEY, merchant_key=MERCHANT_KEY, auth=auth)
    parts = [imprint, imprint.orders, imprint.order_events, imprint.api, imprint._transport, imprint._settings]

    for part in [*parts, imprint._settings.credentials]:
        for way in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError):
                way(part)


@each_auth
def test_a_good_day_logs_no_secret_at_any_level(
    guarded: Sandbox, connect: Connect, logged: list[str], auth: str
) -> None:
    client = connect(guarded, auth=auth, **KEYS)
    order = client.create_order(make_order()).id
    guarded.fail("postOrderEvent", SandboxFault(status=503))
    guarded.fail("listOrderEvents", SandboxFault(status=503))
    guarded.fail("postOrderEvent", SandboxFault(status=429))

    with pytest.raises(ImprintError):
        client.create(make_event(order))
    client.create(make_event(order))
    client.list()

    text = "".join(logged)
    assert not has_secret(text)
    assert all(
        name in text for name in ("imprint_client ", "imprint_client.http ", "httpcore.connection ", "httpcore.http11 ")
    )


class Unreadable:
    def __str__(self) -> str:
        raise RuntimeError("this id cannot be written")


def test_what_fails_while_a_request_is_dressed_shows_no_secret(guarded: Sandbox) -> None:
    with Imprint(KEY, base_url=guarded.url, **KEYS) as imprint, pytest.raises(RuntimeError) as caught:
        list_order_events.sync(client=imprint.api, order_id=Unreadable())  # type: ignore[arg-type]

    assert leaks(caught.value) == []


# --- Failures ---------------------------------------------------------------------------------------------------------

FAULTS: dict[str, SandboxFault] = {
    **{str(status): SandboxFault(status=status) for status in (400, 401, 409, 429, 500)},
    "a redirect": SandboxFault(status=307, headers={"Location": "https://elsewhere.example/"}),
    "a malformed location": SandboxFault(status=302, headers={"Location": "http://a:b/"}),
    "204": SandboxFault(status=204),
    "HTML": SandboxFault(status=200, body="<html>"),
    "another shape": SandboxFault(status=200, body={"data": [{"order_id": 5}]}),
    "null": SandboxFault(status=200, body=b"null"),
    "cut": SandboxFault(answer="cut"),
    "cut in the body": SandboxFault(answer="cut_in_body", status=500),
    "broken gzip": SandboxFault(status=200, headers={"Content-Encoding": "gzip"}, body="no"),
    "a timeout": SandboxFault(delay=3600),
}


@each_auth
@get_and_post
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_no_failure_shows_a_secret(
    guarded: Sandbox, connect: Connect, logged: list[str], operation: str, fault: SandboxFault, auth: str
) -> None:
    client = connect(guarded, auth=auth, retry=ONCE, timeout=0.05, **KEYS)
    guarded.fail(operation, fault)

    error = raised(lambda: OPERATIONS[operation](client))

    assert leaks(error) == []
    assert not has_secret("".join(logged))


@each_auth
@each_operation
def test_no_failure_to_connect_shows_a_secret(
    connect: Connect, untrusted: Wire, nobody: SimpleNamespace, logged: list[str], operation: str, auth: str
) -> None:
    for url in (nobody.url, untrusted.url, "https://no-such-host.invalid"):
        client = connect(SimpleNamespace(url=url, api_key=KEY), auth=auth, retry=ONCE, **KEYS)

        error = raised(lambda client=client: OPERATIONS[operation](client))  # type: ignore[misc]

        assert leaks(error) == []
    assert not has_secret("".join(logged))


@each_auth
def test_an_unknown_outcome_that_was_looked_up_shows_no_secret(
    guarded: Sandbox, connect: Connect, logged: list[str], auth: str
) -> None:
    client = connect(guarded, auth=auth, **KEYS)
    guarded.fail("postOrderEvent", SandboxFault(status=500))
    guarded.fail("listOrderEvents", SandboxFault(answer="cut"), times=50)

    assert leaks(raised(lambda: client.create(make_event()))) == []
    assert not has_secret("".join(logged))


@each_auth
def test_an_order_that_is_recorded_otherwise_or_twice_shows_no_secret(
    guarded: Sandbox, connect: Connect, logged: list[str], auth: str
) -> None:
    client = connect(guarded, auth=auth, **KEYS)
    client.create_order(make_order())

    def create() -> None:
        guarded.fail("createOrder", SandboxFault(answer="cut"))
        client.create_order(make_order(payment_method_id="p-2"))

    otherwise = raised(create)
    client.create_order(make_order())
    twice = [raised(create), raised(lambda: client.find_order(partner_order_id="o-1"))]

    assert [type(error) for error in (otherwise, *twice)] == [OrderMismatchError, *[AmbiguousOrderError] * 2]
    assert [leaks(error) for error in (otherwise, *twice)] == [[], [], []]
    assert not has_secret("".join(logged))


@each_auth
def test_use_after_close_shows_no_secret(guarded: Sandbox, auth: str) -> None:
    client = Imprint(KEY, base_url=guarded.url, auth=auth, **KEYS)  # type: ignore[arg-type]
    client.close()

    assert leaks(raised(lambda: client.orders.create(make_order()))) == []


@each_auth
def test_a_cancelled_task_shows_no_secret(guarded: Sandbox, logged: list[str], auth: str) -> None:
    guarded.fail("postOrderEvent", SandboxFault(delay=3600))

    async def cancel() -> BaseException:
        async with AsyncImprint(KEY, base_url=guarded.url, auth=auth, **KEYS) as imprint:  # type: ignore[arg-type]
            task = asyncio.create_task(imprint.order_events.create(EVENT))
            await asyncio.to_thread(guarded.wait_for_requests, 1)
            task.cancel()
            [outcome] = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(outcome, asyncio.CancelledError)
            return outcome

    # httpx and asyncio keep frames of their own, which nobody can answer for here.
    assert leaks(asyncio.run(cancel()), pickled=False) == []
    assert not has_secret("".join(logged))


@each_auth
def test_a_hook_of_a_callers_http_client_that_raises_shows_no_secret(guarded: Sandbox, auth: str) -> None:
    def fail(_: object) -> None:
        raise KeyError

    with httpx.Client(verify=NO_TLS, event_hooks={"response": [fail]}) as http:
        options: dict[str, Any] = {"auth": auth, "http_client": http, **KEYS}
        client = Imprint(KEY, base_url=guarded.url, **options)
        with pytest.raises(KeyError) as caught:
            client.order_events.create(EVENT)

    assert leaks(caught.value, pickled=False) == []


@each_auth
def test_no_failure_through_the_generated_functions_shows_a_secret(
    guarded: Sandbox, clock: Clock, logged: list[str], auth: str
) -> None:
    options: dict[str, Any] = {"base_url": guarded.url, "auth": auth, "retry": ONCE, **KEYS}

    async def post_async() -> None:
        async with AsyncImprint(KEY, **options) as imprint:
            await post_order_event.asyncio(client=imprint.api, body=EVENT)

    async def list_async() -> None:
        async with AsyncImprint(KEY, **options) as imprint:
            await list_order_events.asyncio(client=imprint.api)

    with Imprint(KEY, **options) as imprint:
        calls: dict[Callable[[], object], str] = {
            lambda: post_order_event.sync(client=imprint.api, body=EVENT): "postOrderEvent",
            lambda: list_order_events.sync(client=imprint.api): "listOrderEvents",
            lambda: asyncio.run(post_async()): "postOrderEvent",
            lambda: asyncio.run(list_async()): "listOrderEvents",
        }
        for call, operation in calls.items():
            for fault in (
                SandboxFault(status=400),
                SandboxFault(status=500),
                SandboxFault(status=200, body="<html>"),
                SandboxFault(answer="cut"),
            ):
                guarded.fail(operation, fault)

                assert leaks(raised(call)) == []
    assert not has_secret("".join(logged))


# --- A server that echoes ---------------------------------------------------------------------------------------------

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "as JSON": lambda secret: json.dumps(secret)[1:-1],
    "as JSON with slashes escaped": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "twice": lambda secret: f"{secret} {secret}",
    "percent-encoded in small letters": lambda secret: re.sub(
        "%..", lambda code: code[0].lower(), quote(secret, safe="")
    ),
    "as HTML": html.escape,
    "without padding": lambda secret: secret.rstrip("="),
    "in a sentence": lambda secret: f"Authorization: Bearer {secret}, x={secret};",
}
SECRETS = {"the key": KEY, "its Basic form": BASIC, "the merchant key": MERCHANT_KEY}


@pytest.mark.parametrize(("operation", "status"), [("listOrderEvents", 401), ("postOrderEvent", 500)])
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_that_a_server_echoes_is_masked(
    guarded: Sandbox, once: Flavour, operation: str, status: int, secret: str, form: Callable[[str], str]
) -> None:
    echo = form(secret)
    message = echo if "\\" in echo else json.dumps(echo)[1:-1]
    bodies = [echo, f'{{"error": {{"type": "{message}", "message": "{message}", "param": "{message}"}}}}']
    bodies.append(f'{{"error": "{message}", "details": ["{message}"], "path": "{message}"}}')
    for body in bodies:
        guarded.fail(operation, SandboxFault(status=status, headers={"X-Request-Id": echo, "X-Echo": echo}, body=body))

        error = raised(lambda: OPERATIONS[operation](once))

        assert leaks(error) == []
        answer: Any = error.__cause__ or error
        assert "[secret]" in answer.headers["x-echo"]
        assert b"[secret]" in answer.body


@each_operation
def test_a_secret_that_comes_back_in_what_is_no_http_is_masked(
    serve: Callable[..., Wire], connect: Connect, operation: str
) -> None:
    key = "canary-7f/3e+q"
    basic = base64.b64encode(f"{key}:".encode()).decode()
    for line in (f"HTTP/1.1 2OO {key}", basic, f"HTTP/1.1 302 Found\r\nLocation: http://a:{basic}"):
        wire = serve(f"{line}\r\n\r\n".encode())
        wire.api_key = key

        error = raised(lambda wire=wire: OPERATIONS[operation](connect(wire, retry=ONCE, **KEYS)))  # type: ignore[misc]

        assert leaks(error) == []
        cause = error.__cause__ or error
        assert "[secret]" in (cause.headers["location"] if isinstance(cause, APIStatusError) else str(cause))


def _gson(text: str) -> str:
    return text.replace("=", "\\u003d").replace("'", "\\u0027").replace("+", "\\u002b")


HIDDEN: dict[str, Callable[[str], bytes]] = {
    "in UTF-16": lambda secret: json.dumps({"error": {"message": secret}}).encode("utf-16"),
    "with every character escaped": lambda secret: (
        b'{"message": "' + "".join(f"\\u{ord(character):04x}" for character in secret).encode() + b'"}'
    ),
    "as Gson escapes": lambda secret: _gson(json.dumps({"type": secret})).encode(),
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("hide", HIDDEN.values(), ids=HIDDEN)
def test_a_secret_that_shows_only_when_the_json_is_read_is_masked(
    guarded: Sandbox, connect: Connect, secret: str, hide: Callable[[str], bytes]
) -> None:
    guarded.fail("listOrderEvents", SandboxFault(status=401, body=hide(secret)))

    error: Any = raised(lambda: connect(guarded, retry=ONCE, **KEYS).list())

    assert leaks(error) == []
    assert "[secret]" in (error.type or error.message)


@get_and_post
@pytest.mark.parametrize(
    "fault",
    [
        SandboxFault(status=200, body=f"<html>{KEY}"),
        SandboxFault(status=200, body={"novel": KEY}),
        SandboxFault(status=201, body={}, headers={"X-Echo": KEY}),
    ],
    ids=["HTML", "JSON", "a header"],
)
def test_a_secret_in_a_success_that_cannot_be_read_is_in_no_frame(
    guarded: Sandbox, connect: Connect, operation: str, fault: SandboxFault
) -> None:
    guarded.fail(operation, fault)

    assert leaks(raised(lambda: OPERATIONS[operation](connect(guarded, retry=ONCE, **KEYS)))) == []


def test_what_is_no_secret_is_left_as_it_came(guarded: Sandbox, connect: Connect) -> None:
    body = "Ünïcödé \udcff canar y-7f".encode("utf-8", "surrogateescape")
    guarded.fail("listOrderEvents", SandboxFault(status=400, body=body))

    error: Any = raised(lambda: connect(guarded, **KEYS).list())

    assert error.body == body
