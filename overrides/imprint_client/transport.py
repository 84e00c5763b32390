"""Transport: what stands between this package and httpx, and the only code that sends.

It adds the credentials, carries out what delivery.py says, and turns each failure of httpx into an exception of
errors.py. Those are made here but raised elsewhere, outside of any `except` block: the httpx error would come along as
their context, and with it the request and its Authorization header.

Requests go to a transport of httpx as they are: almost half of a call through httpx.Client is redirects, cookies and
authentication, which a client of one host does not need. A caller's own client is used whole, and so is one of ours
where the environment names a proxy.
"""

import logging
import os
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache, lru_cache, partial
from inspect import GEN_CLOSED, getgeneratorstate
from math import isfinite
from typing import Any, NamedTuple, NoReturn, TypeVar, cast
from urllib.request import getproxies

import httpx
from imprint_api import AuthenticatedClient, models

from . import delivery
from .bodies import member_faults
from .coding import encode
from .delivery import Answer, Attempt, Flow, NoAnswer, Request, deliver
from .errors import APIConnectionError, APITimeoutError, ConfigurationError, Fault, InvalidRequestError, short
from .settings import CONTRACT, Settings

S = TypeVar("S")
T = TypeVar("T")

SHORTEST_TIMEOUT_SECONDS = 0.001
MOST_CONNECTIONS = 100
MOST_IDLE_CONNECTIONS = 20
_ONE = httpx.Limits(max_connections=1)
_LOG = logging.getLogger("imprint_client.http")
# httpx lets through: UnicodeError from a host that is no host, in a Location for one; SSLError, when it awaits, from
# TLS that breaks after its handshake.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError, ssl.SSLError)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


def _reader(response: dict[str, Any]) -> Callable[[Any], Any] | None:
    """What reads the body of a response: the model that the contract names; anything, if it names none."""
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    model = getattr(models, schema.get("$ref", "").rpartition("/")[2], None) if schema else None
    return None if schema is None else getattr(model, "from_dict", lambda parsed: parsed)


_TWO_HUNDREDS = frozenset(map(str, range(200, 300)))
_OPERATIONS = [
    (
        method.upper(),
        path.split("/"),
        {int(status): _reader(answer) for status, answer in operation["responses"].items() if status in _TWO_HUNDREDS},
    )
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if isinstance(operation, dict) and "responses" in operation
]


def make_request(
    *,
    method: str,
    url: str,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    sent: Any = None,
    plain: bool = False,
    result: Callable[[Answer, Any, Any], T] = lambda _, __, model: model,
) -> Request[T]:
    """The request of a generated function, from what it passes to an httpx client."""
    verb, content = method.upper(), None if json is None else _encode(json, sent, plain)
    return Request(verb, url, params, sent or json, content, headers or {}, _reads(verb, url), result)


def _encode(body: Any, sent: Any, plain: bool) -> bytes:
    try:
        return encode(body, plain=plain)
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"holds what JSON cannot: {error}"
    faults = [] if sent is None else member_faults(sent, type(sent))
    raise InvalidRequestError(faults or [Fault("the body", problem)])


@lru_cache
def _reads(verb: str, url: str) -> dict[int, Callable[[Any], Any] | None]:
    """What the contract says that reads the answers."""
    parts = url.split("/")
    if not {".", "..", ""}.isdisjoint(parts[1:]):
        raise InvalidRequestError([Fault("the id", "is empty, . or .., which is another path")])
    for known, path, reads in _OPERATIONS:
        if known == verb and len(path) == len(parts) and all(map(_fits, path, parts)):
            return reads
    return {}


def _fits(template: str, part: str) -> bool:
    return template == part or template.startswith("{")


class Reply(NamedTuple):
    """An answer as the generated functions read it: of httpx.Response, what they use."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    json: Callable[[], Any]

    @classmethod
    def of(cls, answer: Answer, parsed: Any, _: object) -> "Reply":
        return cls(answer.status, answer.headers, answer.body, lambda: parsed)


class _Transport:
    """What both flavours share: how a request is dressed, and what came of it."""

    def __init__(self, settings: Settings, client: httpx.Client | httpx.AsyncClient | None) -> None:
        self.settings = settings
        self.closed = False
        self.build: Callable[..., httpx.Request] | None = client.build_request if client else None

    def dressed(self, attempt: Attempt) -> httpx.Request:
        """What to send. Neither it nor its headers are ever kept in a variable: they hold the credentials."""
        request, credentials = attempt.request, self.settings.credentials
        url, timeout = self.address(request.url), _cut(attempt.timeout, attempt.seconds)
        if self.build:
            return self.build(
                request.method,
                url,
                params=request.params,
                content=request.content,
                headers={**_own_headers(), **request.headers, **credentials.headers()},
                timeout=timeout,
                extensions={"attempt": attempt},
            )
        own = {"Host": url.netloc.decode(), "Accept-Encoding": "gzip, deflate", **_own_headers(), **request.headers}
        if request.content is not None:
            own["Content-Length"] = str(len(request.content))
        return httpx.Request(
            request.method,
            url.copy_with(params=request.params) if request.params else url,
            headers={**own, **credentials.headers()},
            stream=httpx.ByteStream(request.content or b""),
            extensions={"timeout": timeout.as_dict()},
        )

    def address(self, path: str) -> httpx.URL:
        try:
            return _url(self.settings.base_url + path)
        except httpx.InvalidURL as error:
            problem = str(error)
        raise InvalidRequestError([Fault("the id", f"makes no URL: {problem}")])

    def answer(self, attempt: Attempt, response: httpx.Response, body: bytes, problem: str | None = None) -> Answer:
        if not self.build:  # an httpx.Client logs it itself
            request, base_url = attempt.request, self.settings.base_url
            _LOG.info('HTTP Request: %s %s%s "%d"', request.method, base_url, request.url, response.status_code)
        if response.is_success:
            return Answer(response.status_code, response.headers, body, problem)
        credentials = self.settings.credentials
        headers = {name.lower(): credentials.mask(value) for name, value in response.headers.items()}
        return Answer(response.status_code, headers, credentials.mask_body(body), problem)

    def cut_off(self, attempt: Attempt, response: httpx.Response, error: Exception) -> Answer:
        return self.answer(attempt, response, b"", f"could not be received to its end ({type(error).__name__})")

    def no_answer(self, attempt: Attempt, error: Exception) -> NoAnswer:
        kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
        said = short(self.settings.credentials.mask(str(error)))
        made = kind(f"{attempt.request.operation} at {self.settings.base_url}: {type(error).__name__}: {said}")
        if self.build and not _is_of(attempt, error):
            return NoAnswer(made, "unknown")
        if _is_certificate_failure(error):
            return NoAnswer(made, "final")
        return NoAnswer(made, "never sent" if isinstance(error, _NEVER_SENT) else "unknown")


class Transport(_Transport):
    """Sends, blocking. `request` is what the generated `sync` functions call in the place of an httpx.Client's."""

    def __init__(self, settings: Settings, client: httpx.Client | None) -> None:
        self._ours = _make(settings, httpx.Client, httpx.HTTPTransport) if client is None else None
        self._client = client or (self._ours if isinstance(self._ours, httpx.Client) else None)
        super().__init__(settings, self._client)
        self._send = _whole(self._client) if self._client else cast(httpx.HTTPTransport, self._ours).handle_request

    def run(self, flow: Flow[T]) -> T:
        """Carry out a flow, step by step."""
        sleep = delivery.seam.sleep
        try:
            step = next(flow)
            while True:
                # What came of a step is kept in no variable: see deliver.
                step = flow.send(self._attempt(step) if isinstance(step, Attempt) else sleep(step))
        except StopIteration as stop:
            if getgeneratorstate(flow) != GEN_CLOSED:  # raised by a hook of a caller's client
                raise
            return cast(T, stop.value)

    def request(self, **arguments: Any) -> Reply:
        return self.run(deliver(make_request(**arguments, result=Reply.of), self.settings.call({})))

    def _attempt(self, step: Attempt) -> Answer | NoAnswer:
        if self.closed or (self._client and self._client.is_closed):
            return _closed()
        try:
            response = self._send(self.dressed(step))
        except _FAILURES as error:
            return self.no_answer(step, error)
        try:
            return self.answer(step, response, response.read())
        except _FAILURES as error:
            return self.cut_off(step, response, error)
        finally:
            response.close()
            if self.closed:  # meanwhile, so that this connection was opened, or left, after all others were closed
                self.close()

    def close(self) -> None:
        self.closed = True
        if self._ours:
            self._ours.close()


class AsyncTransport(_Transport):
    """As `Transport`, awaiting; for the generated `asyncio` functions, in the place of an httpx.AsyncClient."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient | None) -> None:
        self._ours = _make(settings, httpx.AsyncClient, _Lanes) if client is None else None
        self._client = client or (self._ours if isinstance(self._ours, httpx.AsyncClient) else None)
        super().__init__(settings, self._client)
        self._loop: object = None

    async def run(self, flow: Flow[T]) -> T:
        sleep = delivery.seam.sleep_async
        try:
            step = next(flow)
            while True:
                step = flow.send(await (self._attempt(step) if isinstance(step, Attempt) else sleep(step)))
        except StopIteration as stop:
            return cast(T, stop.value)

    async def request(self, **arguments: Any) -> Reply:
        return await self.run(deliver(make_request(**arguments, result=Reply.of), self.settings.call({})))

    async def _attempt(self, step: Attempt) -> Answer | NoAnswer:
        if problem := self._loop_problem():
            return NoAnswer(problem, "final")
        if self._client:
            return await self._attempt_over(_whole(self._client), step)
        try:
            async with cast(_Lanes, self._ours).one(_cut(step.timeout, step.seconds).pool) as lane:
                return await self._attempt_over(lane.handle_async_request, step)
        except httpx.PoolTimeout as error:
            return self.no_answer(step, error)

    async def _attempt_over(self, send: Callable[..., Awaitable[httpx.Response]], step: Attempt) -> Answer | NoAnswer:
        if self.closed or (self._client and self._client.is_closed):
            return _closed()
        try:
            response = await send(self.dressed(step))
        except _FAILURES as error:
            return self.no_answer(step, error)
        try:
            return self.answer(step, response, await response.aread())
        except _FAILURES as error:
            return self.cut_off(step, response, error)
        finally:
            await response.aclose()

    async def close(self) -> None:
        self.closed = True
        if problem := self._loop_problem():
            raise problem
        if self._ours:
            await self._ours.aclose()

    def _loop_problem(self) -> ConfigurationError | None:
        """A connection of another event loop may send, and then fail to say what came of it."""
        import asyncio  # noqa: PLC0415 - costs 15 ms, which no synchronous program needs

        self._loop = self._loop or asyncio.get_running_loop()
        is_same = self._loop is asyncio.get_running_loop()
        return None if is_same else ConfigurationError("this AsyncImprint is for another event loop; make one in each")


class _Lanes:
    """Connections, each in a pool of its own: one pool of all looks through them again and again, at each step of each
    request (encode/httpcore#1035)."""

    def __init__(self, verify: ssl.SSLContext) -> None:
        import asyncio  # noqa: PLC0415 - costs 15 ms, which no synchronous program needs

        self._verify, self._timeout, self._free = verify, asyncio.timeout, asyncio.Semaphore(MOST_CONNECTIONS)
        self._idle: list[httpx.AsyncHTTPTransport] = []
        self._used: set[httpx.AsyncHTTPTransport] = set()
        self._closed = False

    @asynccontextmanager
    async def one(self, seconds: float | None) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        """The one that was used last, which is the least likely to have expired; or, if all are in use, a new one."""
        try:
            async with self._timeout(seconds if self._free.locked() else None):
                await self._free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no connection became free") from None
        lane = self._idle.pop() if self._idle else httpx.AsyncHTTPTransport(verify=self._verify, limits=_ONE)
        self._used.add(lane)
        is_whole = False
        try:
            yield lane
            is_whole = True  # what was cancelled in its middle might never be free again
        finally:
            self._used.discard(lane)
            self._free.release()
            if is_whole and not self._closed and len(self._idle) < MOST_IDLE_CONNECTIONS:
                self._idle.append(lane)
            else:
                await lane.aclose()

    async def aclose(self) -> None:
        self._closed = True
        for lane in [*self._idle, *self._used]:
            await lane.aclose()


class Api(AuthenticatedClient):
    """The generated client over a transport; it holds no credentials, and has nothing to change."""

    def __init__(self, transport: Transport | AsyncTransport) -> None:
        super().__init__(base_url=transport.settings.base_url, token="")
        other = cast(Any, _OtherFlavour())
        is_sync = isinstance(transport, Transport)
        self.set_httpx_client(cast(Any, transport) if is_sync else other)
        self.set_async_httpx_client(other if is_sync else cast(Any, transport))

    def with_headers(self, *_: object, **__: object) -> NoReturn:
        """Refused, as is the rest: the generated ones change the client that they are called on, or close it."""
        raise ConfigurationError("imprint.api can be neither changed nor entered; make another Imprint")

    with_cookies: Any = with_headers
    with_timeout: Any = with_headers
    __enter__: Any = with_headers
    __aenter__: Any = with_headers


class _OtherFlavour:
    def request(self, **_: object) -> NoReturn:
        raise ConfigurationError("Imprint.api is for sync and sync_detailed, AsyncImprint.api for asyncio(_detailed)")


def _closed() -> NoAnswer:
    return NoAnswer(ConfigurationError("this client is closed; make another"), "final")


@cache
def _own_headers() -> dict[str, str]:
    from importlib.metadata import version  # noqa: PLC0415 - 10 ms that importing this package need not cost

    python, client = sys.version.split()[0], version("imprint-client")
    user_agent = f"imprint-client/{client} python/{python} httpx/{httpx.__version__}"
    return {"Accept": "application/json", "User-Agent": user_agent}


def _make(settings: Settings, client: Callable[..., T], transport: Callable[..., S]) -> T | S:
    """A transport; where the environment names a proxy, a client, which finds its way through it."""
    # What goes to this machine goes to no proxy of the environment: with http it would carry the key in the clear.
    is_local = settings.base_url.lower().startswith("http:")
    try:
        is_direct = is_local or getproxies().keys().isdisjoint({"http", "https", "all"})
        return (transport if is_direct else client)(
            verify=_ssl_context(*map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")))
        )
    except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:
        problem = type(error).__name__
    raise ConfigurationError(f"no HTTP client can be made ({problem}): check SSL_CERT_FILE and the proxies' variables")


def _whole(client: Any) -> Callable[..., Any]:
    return partial(client.send, stream=True, auth=None, follow_redirects=False)


_url = lru_cache(httpx.URL)


@cache
def _ssl_context(*_: str | None) -> ssl.SSLContext:
    """One for all clients of the process that find the same certificates: to make one costs 15 ms."""
    return httpx.create_ssl_context()


def _cut(timeout: httpx.Timeout, seconds: float) -> httpx.Timeout:
    """The timeout, no part of it longer than what is left of the deadline."""
    if not isfinite(seconds):
        return timeout
    left = max(seconds, SHORTEST_TIMEOUT_SECONDS)
    return httpx.Timeout(**{name: min(left, part or left) for name, part in timeout.as_dict().items()})


def _is_of(attempt: Attempt, error: Any) -> bool:
    """Whether it is this that failed, and not what a hook of a caller's client sent when this was answered."""
    try:
        return error.request.extensions.get("attempt") is attempt
    except (AttributeError, RuntimeError):  # of no request, as a client's own errors never are
        return False


def _is_certificate_failure(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
