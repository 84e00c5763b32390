"""A call ends near its deadline, in bounded memory, whatever a server sends: over every path a request can take."""

import asyncio
import contextlib
import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx
import httpx2
import pytest
import trio
from imprint_client import (
    APIResponseValidationError,
    APITimeoutError,
    AsyncImprint,
    ConfigurationError,
    Imprint,
    OutcomeUnknownError,
    RetryPolicy,
    wire,
)

from tests.support import NO_TLS, make_event

from .conftest import Wire

pytestmark = pytest.mark.in_turn
QUICK = RetryPolicy(attempts=1, deadline=0.3)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PAGE = b'{"data":[]}'

ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a chunk's extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
    "a body to the end of the connection": (HEAD + b"\r\n", b" "),
    "headers": (HEAD + b"X-Endless: ", b"a"),
    "102": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
}


class Endless(Wire):
    """Sends a beginning, and then the same again and again, a piece every `seconds`."""

    def __init__(self, beginning: bytes, again: bytes, seconds: float) -> None:
        self._beginning, self._again, self._seconds, self._over = beginning, again, seconds, threading.Event()
        super().__init__()

    def _serve(self, connection: Any) -> None:
        self.received.append(connection.recv(65536))
        connection.sendall(self._beginning)
        while not self._over.wait(self._seconds):
            connection.sendall(self._again)

    def close(self) -> None:
        self._over.set()
        super().close()


@pytest.fixture
def endless(request: pytest.FixtureRequest) -> Iterator[Callable[..., Endless]]:
    with contextlib.ExitStack() as stack:

        def start(what: str, seconds: float) -> Endless:
            server = Endless(*ENDLESS[what], seconds)
            stack.callback(server.close)
            return server

        yield start


def blocking(http: Any) -> Callable[..., Any]:
    def run(server: Any, call: Callable[[Any], Any], **options: Any) -> Any:
        with http() as http_client, Imprint("k-1", base_url=server.url, http_client=http_client, **options) as imprint:
            return call(imprint)

    return run


def awaiting(http: Any) -> Callable[..., Any]:
    def run(server: Any, call: Callable[[Any], Any], **options: Any) -> Any:
        async def use() -> Any:
            async with (
                http() as http_client,
                AsyncImprint("k-1", base_url=server.url, http_client=http_client, **options) as imprint,
            ):
                return await call(imprint)

        return asyncio.run(use())

    return run


class _Default:
    """No client of one's own."""

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...
    async def __aenter__(self) -> None: ...
    async def __aexit__(self, *_: object) -> None: ...


WAYS = {
    "sync": blocking(_Default),
    "async": awaiting(_Default),
    "sync, httpx": blocking(lambda: httpx.Client(verify=NO_TLS)),
    "async, httpx": awaiting(lambda: httpx.AsyncClient(verify=NO_TLS)),
    "sync, httpx2": blocking(lambda: httpx2.Client(verify=NO_TLS)),
    "async, httpx2": awaiting(lambda: httpx2.AsyncClient(verify=NO_TLS)),
}
each_path = pytest.mark.parametrize("path", WAYS.values(), ids=WAYS)


def find(imprint: Any) -> Any:
    return imprint.order_events.find(partner_event_id="e-1")


@each_path
@pytest.mark.parametrize("seconds", [0.02, 0], ids=["slow", "fast"])
@pytest.mark.parametrize("what", ENDLESS)
def test_what_never_ends_is_cut_off_at_the_deadline(
    path: Any, endless: Callable[..., Endless], what: str, seconds: float
) -> None:
    server = endless(what, seconds)
    began = time.monotonic()

    with pytest.raises((APITimeoutError, APIResponseValidationError) if seconds else Exception):
        path(server, find, retry=QUICK, timeout=0.2)

    # The server would have gone on forever: any end is the client's doing.
    assert time.monotonic() - began < 20


@each_path
def test_a_call_without_a_deadline_takes_no_longer_than_its_timeouts_together(
    path: Any, endless: Callable[..., Endless]
) -> None:
    with pytest.raises(APIResponseValidationError, match="broke off before its end"):
        path(endless("chunks", 0.01), find, retry=RetryPolicy.none(), timeout=0.5)


@each_path
def test_a_post_whose_answer_is_cut_off_is_settled_by_a_last_look(path: Any, endless: Callable[..., Endless]) -> None:
    server = endless("chunks", 0.01)

    with pytest.raises(OutcomeUnknownError):
        path(server, lambda imprint: imprint.order_events.create(make_event()), retry=RetryPolicy.none(), timeout=0.02)

    assert [request.split(b" ", 1)[0] for request in server.received] == [b"POST", b"GET"]


def answer(body: bytes, *headers: bytes) -> bytes:
    lines = [HEAD, *(header + b"\r\n" for header in headers), b"Content-Length: %d\r\n" % len(body), b"\r\n"]
    return b"".join(lines) + body


@cache
def squeezed(form: int, unpacked: int) -> bytes:
    pack = zlib.compressobj(1, zlib.DEFLATED, form)
    mebibyte = b" " * 2**20
    return b"".join(pack.compress(mebibyte) for _ in range(unpacked // 2**20)) + pack.flush()


BOMBS = {
    "gzip": (31, b"Content-Encoding: gzip"),
    "zlib": (15, b"Content-Encoding: deflate"),
    "deflate": (-15, b"Content-Encoding: deflate"),
}


@pytest.fixture
def smaller(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(wire, "LARGEST_RESPONSE_BYTES", 2**20)
    return 2**20


@each_path
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_too_large_and_is_not_unpacked(
    path: Any, serve: Callable[..., Wire], smaller: int, bomb: str
) -> None:
    form, header = BOMBS[bomb]
    server = serve(answer(squeezed(form, 32 * smaller), header))

    tracemalloc.start()
    with pytest.raises(APIResponseValidationError, match="is too large: more than 1 MiB"):
        path(server, find, retry=RetryPolicy.none())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * smaller


@each_path
def test_a_bomb_in_a_bomb_is_too_large(path: Any, serve: Callable[..., Wire], smaller: int) -> None:
    body = gzip.compress(squeezed(31, 32 * smaller))
    server = serve(answer(body, b"Content-Encoding: gzip, gzip"))

    with pytest.raises(APIResponseValidationError, match="is too large"):
        path(server, find, retry=RetryPolicy.none())


@each_path
def test_a_plain_response_is_read_no_further_than_it_may_be_large(
    path: Any, serve: Callable[..., Wire], smaller: int
) -> None:
    server = serve(answer(b" " * (2 * smaller)))

    with pytest.raises(APIResponseValidationError, match="is too large"):
        path(server, find, retry=RetryPolicy.none())


@each_path
@pytest.mark.parametrize("coding", ["gzip", "zlib", "deflate", "gzip, gzip"])
def test_what_is_packed_is_unpacked(path: Any, serve: Callable[..., Wire], coding: str) -> None:
    if coding == "gzip, gzip":
        packed, header = gzip.compress(gzip.compress(PAGE)), b"Content-Encoding: gzip, gzip"
    else:
        form, header = BOMBS[coding]
        pack = zlib.compressobj(9, zlib.DEFLATED, form)
        packed = pack.compress(PAGE) + pack.flush()

    assert path(serve(answer(packed, header)), find, retry=RetryPolicy.none()) is None


@each_path
def test_a_packed_body_that_ends_early_is_no_answer(path: Any, serve: Callable[..., Wire]) -> None:
    server = serve(answer(gzip.compress(PAGE)[:-9], b"Content-Encoding: gzip"))

    with pytest.raises(APIResponseValidationError, match="broke off before its end"):
        path(server, find, retry=RetryPolicy.none())


@pytest.mark.parametrize("path", ["sync", "async"])
def test_memory_that_runs_out_after_a_post_was_sent_leaves_its_outcome_unknown(
    path: str, serve: Callable[..., Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()

    def no_room(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(wire.Exchange, "end", no_room)
    with pytest.raises(OutcomeUnknownError):
        WAYS[path](server, lambda imprint: imprint.order_events.create(make_event()), retry=RetryPolicy.none())

    assert [request.split(b" ", 1)[0] for request in server.received] == [b"POST", b"GET"]


class Stray(Wire):
    """Keeps connections, and answers the first request on each with what was asked for and another response."""

    connections = 0

    def _serve(self, connection: Any) -> None:
        self.connections += 1
        while request := connection.recv(65536):
            self.received.append(request)
            connection.sendall(answer(PAGE) + answer(b'{"data":[{"order_event_id":"stray"}]}'))


@each_path
def test_bytes_left_on_a_connection_end_it_before_the_next_request(path: Any) -> None:
    server = Stray()
    finds = {"sync": _find_twice, "async": _find_twice_async}
    with contextlib.closing(server):
        flavour = next(name.split(",")[0] for name, one in WAYS.items() if one is path)
        assert path(server, finds[flavour], retry=RetryPolicy.none()) == [None, None]

    assert (len(server.received), server.connections) == (2, 2)


def _find_twice(imprint: Any) -> Any:
    return [find(imprint), find(imprint)]


async def _find_twice_async(imprint: Any) -> Any:
    return [await find(imprint), await find(imprint)]


@pytest.mark.parametrize("http", [httpx, httpx2])
def test_what_a_hook_has_read_already_is_read_from_there(http: Any, wire: Wire) -> None:
    hooks = {"response": [lambda response: response.read()]}
    with (
        http.Client(verify=NO_TLS, event_hooks=hooks) as http_client,
        Imprint("k-1", base_url=wire.url, http_client=http_client) as imprint,
    ):
        assert find(imprint) is None


def test_trio_is_refused_by_name() -> None:
    async def use() -> None:
        imprint = AsyncImprint("k-1", base_url="http://127.0.0.1:9")
        with pytest.raises(ConfigurationError, match="asyncio only"):
            await imprint.order_events.find(partner_event_id="e-1")

    trio.run(use)


def test_an_async_connection_error_has_its_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def use() -> str:
        async with AsyncImprint("k-1", base_url=f"http://127.0.0.1:{port}", retry=RetryPolicy.none()) as imprint:
            with pytest.raises(Exception, match="ConnectError: ") as caught:
                await imprint.order_events.find(partner_event_id="e-1")
            return str(caught.value)

    assert "[Errno" in asyncio.run(use())
