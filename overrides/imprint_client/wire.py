"""Everything that knows httpx or httpx2 (the same API): clients, connections, and one request with its response.

Requests go to a transport of httpx, past its client: almost half of a call through httpx.Client is redirects, cookies
and authentication, which a client of one host does not need. They go through the client where somebody watches: a
caller's own is used whole, and so is ours once a tool has replaced `send`, or where the environment names a proxy.
"""

import os
import socket
import ssl
import sys
import threading
import time
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from functools import cache, lru_cache, partial
from math import inf
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from urllib.request import getproxies

import httpx
from imprint_api.types import ContractError

from .delivery import Attempt
from .errors import ConfigurationError, Fault, InvalidRequestError

if TYPE_CHECKING:
    import httpx2

    Client: TypeAlias = httpx.Client | httpx2.Client
    AsyncClient: TypeAlias = httpx.AsyncClient | httpx2.AsyncClient
    Timeout: TypeAlias = httpx.Timeout | httpx2.Timeout
    Limits: TypeAlias = httpx.Limits | httpx2.Limits
else:
    Client, AsyncClient, Timeout, Limits = httpx.Client, httpx.AsyncClient, httpx.Timeout, httpx.Limits

LARGEST_RESPONSE_BYTES = 64 * 2**20
"""After decompression, and before."""
GRACE_SECONDS = 0.1
"""How much longer than its timeouts an attempt may take, so that the timeout, which says more, comes first."""
SHORTEST_TIMEOUT_SECONDS = 0.001
LONGEST_TIMEOUT_SECONDS = 86_400.0
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=100)
_SEND = {"httpx._client", "httpx2._client"}
_TO_H11 = ("_stream", "_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")
VERSION = f"httpx/{httpx.__version__}"


def module_of(client: object, kind: str) -> ModuleType | None:
    """The module of a client of this `kind`: httpx, or httpx2 if the caller has imported it. None for anything else."""
    modules = filter(None, (httpx, sys.modules.get("httpx2")))
    return next((module for module in modules if isinstance(client, getattr(module, kind))), None)


def failures(module: ModuleType) -> tuple[tuple[type[Exception], ...], ...]:
    """The exceptions of a request: all of them, those that mean nothing was sent, and timeouts."""
    # It lets through: UnicodeError from a host that is no host, in a Location for one; SSLError, when it awaits, from
    # TLS that breaks after its handshake.
    through = (UnicodeError, ssl.SSLError, TimeoutError, MemoryError, ContractError)
    return (
        (module.HTTPError, module.InvalidURL, module.StreamError, *through),
        (module.ConnectError, module.ConnectTimeout, module.PoolTimeout, module.ProxyError, module.UnsupportedProtocol),
        (module.TimeoutException, TimeoutError),
    )


@lru_cache
def url_of(module: ModuleType, text: str) -> Any:
    """A URL of this module. Raises InvalidRequestError if an id does not fit into one."""
    try:
        return module.URL(text)
    except (module.InvalidURL, ValueError) as error:
        problem = str(error)
    raise InvalidRequestError([Fault("the id", f"does not fit into a URL: {problem}")])


def make(base_url: str, limits: Any, *, is_async: bool) -> tuple[Any, Any]:
    """A client of ours and its transport. The transport is None if the client goes through a proxy."""
    # Plain http goes to no proxy of the environment, which would read the key.
    is_plain = base_url.lower().startswith("http:")
    try:
        is_direct = is_plain or getproxies().keys().isdisjoint({"http", "https", "all"})
        verify = _ssl_context(*map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")))
        direct = (_Lanes if is_async else httpx.HTTPTransport)(verify=verify, limits=limits) if is_direct else None
        client = httpx.AsyncClient if is_async else httpx.Client
        made = client(verify=verify, transport=direct, limits=limits)  # type: ignore[arg-type]
    except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:
        problem = type(error).__name__
    else:
        made.headers.clear()
        return made, direct
    raise ConfigurationError(
        f"cannot make an HTTP client ({problem}): check limits, SSL_CERT_FILE and the proxy variables"
    )


@cache
def _ssl_context(*_: str | None) -> ssl.SSLContext:
    """Clients with the same certificates share one, because it takes 15 ms to make."""
    return httpx.create_ssl_context()


def sender(client: Any, direct: Any) -> Callable[..., Any]:
    """The function that sends a request. It is looked up each time, because tools replace methods at any time."""
    send = type(client).send
    # `type`, not isinstance: a wrapper of wrapt claims to be a function.
    if direct and type(send) is FunctionType and send.__globals__["__name__"] in _SEND:
        return getattr(direct, "handle_async_request", None) or direct.handle_request  # type: ignore[no-any-return]
    return partial(client.send, stream=True, auth=None, follow_redirects=False)


class _Lanes(httpx.AsyncBaseTransport):
    """Connections, each in a pool of its own. A shared pool searches all of them at each step of each request
    (encode/httpcore#1035)."""

    def __init__(self, verify: ssl.SSLContext, limits: httpx.Limits) -> None:
        import asyncio  # noqa: PLC0415 - costs 15 ms, which no synchronous program needs

        most, idle = limits.max_connections, limits.max_keepalive_connections
        self._timeout, self._free = asyncio.timeout, asyncio.Semaphore(sys.maxsize if most is None else most)
        self._most_idle = sys.maxsize if idle is None else idle
        one = httpx.Limits(max_connections=1, keepalive_expiry=limits.keepalive_expiry)
        self._make = partial(httpx.AsyncHTTPTransport, verify=verify, limits=one)
        self._idle: list[httpx.AsyncHTTPTransport] = []
        self._used: set[httpx.AsyncHTTPTransport] = set()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Use the connection that was used last, because it is the least likely to have expired, or a new one."""
        try:
            async with self._timeout(request.extensions["timeout"]["pool"] if self._free.locked() else None):
                await self._free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no connection became free") from None
        lane = self._idle.pop() if self._idle else self._make()
        self._used.add(lane)
        is_whole = False
        try:
            if self._closed:
                raise httpx.PoolTimeout("the client was closed meanwhile")
            response = await lane.handle_async_request(request)
            response.stream = _LaneStream(response.stream, partial(self._leave, lane))
            is_whole = True
            return response
        finally:
            if not is_whole:
                await self._leave(lane, is_whole=False)

    async def _leave(self, lane: httpx.AsyncHTTPTransport, *, is_whole: bool) -> None:
        """Keep the connection if its response is whole. A cancelled one might never be free again."""
        if lane not in self._used:
            return
        self._used.discard(lane)
        self._free.release()
        if is_whole and not self._closed and len(self._idle) < self._most_idle:
            self._idle.append(lane)
        else:
            await lane.aclose()

    async def aclose(self) -> None:
        self._closed = True
        for lane in [*self._idle, *self._used]:
            await lane.aclose()


class _LaneStream(httpx.AsyncByteStream):
    """The body of a response; its connection is free again when this is closed."""

    def __init__(self, stream: Any, leave: Callable[..., Coroutine[Any, Any, None]]) -> None:
        self._stream, self._leave, self._is_whole = stream, leave, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece
        self._is_whole = True

    async def aclose(self) -> None:
        is_whole = False
        try:
            await self._stream.aclose()
            is_whole = self._is_whole
        finally:
            await self._leave(is_whole=is_whole)


# --- One request ------------------------------------------------------------------------------------------------------


class _Limit(threading.local):
    at = inf
    """The time.monotonic() at which to cut off what this thread reads."""


_limit = _Limit()


def _watch(_: str, info: dict[str, Any]) -> None:
    """httpcore's `trace`: make each read of a new connection check the deadline. httpcore limits single reads only, so
    endless headers would never time out."""
    stream = info.get("return_value")
    if hasattr(stream, "start_tls"):
        stream.read = partial(_read, stream.read)  # type: ignore[union-attr]


def _read(read: Callable[..., bytes], max_bytes: int, timeout: float | None = None) -> bytes:
    left = _limit.at - time.monotonic()
    if left <= 0:
        raise TimeoutError("cut off at the deadline")
    return read(max_bytes, timeout=left if timeout is None else min(left, timeout))


class Exchange:
    """One request and its outcome: `response` if there is one, its `body`, and the `error` that ended it."""

    def __init__(self, attempt: Attempt, kinds: tuple[type[Exception], ...], *, is_async: bool) -> None:
        self.response: Any = None
        self.body: bytes = b""
        self.error: Exception | None = None
        self._kinds, self._pieces, self._size = kinds, list[bytes](), 0
        timeout = attempt.call.timeout
        self.began: float = time.monotonic()
        # Without a deadline, each part may take as long as its timeout, and all no longer than that together.
        most = sum(LONGEST_TIMEOUT_SECONDS if part is None else part for part in timeout.values())
        seconds = max(min(attempt.seconds, most), SHORTEST_TIMEOUT_SECONDS)
        self.seconds: float = seconds + GRACE_SECONDS
        self._before, self._at = inf, self.began + self.seconds
        cut = {name: seconds if part is None else min(part, seconds) for name, part in timeout.items()}
        self.extensions: dict[str, Any] = {"timeout": cut, "attempt": attempt}
        if not is_async:
            self.extensions["trace"] = _watch

    def __enter__(self) -> Self:
        if "trace" in self.extensions:
            self._before, _limit.at = _limit.at, self._at
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if "trace" in self.extensions:
            _limit.at = self._before
        link = error
        while link is not None:  # frames of httpx and below hold the headers that were sent
            link.__traceback__ = None
            link = link.__cause__ or link.__context__
        self.error = error if isinstance(error, self._kinds) else None
        return self.error is not None

    def begin(self, response: Any) -> Any:
        """The stream of the body. None if a hook of the caller's client, or a fake, has already read it."""
        self.response = response
        if not response.is_stream_consumed:
            return response.stream
        self._add(response.content)
        return None

    def add(self, piece: bytes) -> None:
        """Add a piece of the body, still compressed."""
        if time.monotonic() > self._at:
            raise TimeoutError("cut off at the deadline")
        self._add(piece)

    def _add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        _check_size(self._size)

    def end(self) -> None:
        """Unpack the body, which is complete."""
        self.body = b"".join(self._pieces)
        if self.response.is_stream_consumed:
            return
        for coding in reversed(self.response.headers.get("content-encoding", "").lower().split(",")):
            if coding.strip() in ("gzip", "x-gzip", "deflate") and self.body:
                self.body = _unpacked(self.body)
        stream = self.response.stream
        for name in _TO_H11:
            stream = getattr(stream, name, stream)
        # httpcore would read bytes after this response as the next one. It does notice a closed connection.
        if getattr(stream, "trailing_data", (b"", False))[0]:
            with suppress(OSError):
                self.response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def _check_size(size: int) -> None:
    if size > LARGEST_RESPONSE_BYTES:
        raise ContractError("", f"is too large: more than {LARGEST_RESPONSE_BYTES // 2**20} MiB")


def _unpacked(body: bytes) -> bytes:
    """Unpack gzip or zlib (their headers say which), or raw deflate."""
    for form in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        unpack = zlib.decompressobj(form)
        with suppress(zlib.error):
            unpacked = unpack.decompress(body, LARGEST_RESPONSE_BYTES + 1)
            _check_size(len(unpacked))
            if unpack.eof:
                return unpacked
    raise ContractError("", "broke off before its end (DecodingError)")
