"""Transport: carries out what delivery.py says, with the credentials, and says what came of it.

Each failure of httpx becomes an exception of errors.py. Those are made here but raised elsewhere, outside of any
`except` block: the httpx error would come along as their context, and with it the request and its Authorization header.
"""

import logging
import re
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from inspect import GEN_CLOSED, getgeneratorstate
from typing import Any, NamedTuple, NoReturn, TypeVar, cast

from imprint_api import AuthenticatedClient, models

from . import delivery, errors, wire
from .bodies import member_faults
from .coding import encode
from .delivery import Answer, Attempt, Flow, NoAnswer, Request, deliver
from .errors import REQUEST_ID_HEADERS, ConfigurationError, Fault, InvalidRequestError, short
from .settings import CONTRACT, Settings

T = TypeVar("T")

_LOG = logging.getLogger("imprint_client.http")


def _reader(response: dict[str, Any]) -> Callable[[Any], Any] | None:
    """The reader of a response body: the contract's model, or one that accepts anything if it names no model."""
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    model = getattr(models, schema.get("$ref", "").rpartition("/")[2], None) if schema else None
    return None if schema is None else getattr(model, "from_dict", lambda parsed: parsed)


_OPERATIONS = [
    (
        # An id that is empty, . or .. would make it another path.
        f"{method.upper()} " + re.sub(r"{\w+}", r"(?!\\.{1,2}(/|$))[^/]+", path),
        {int(status): _reader(answer) for status, answer in operation["responses"].items() if status.startswith("2")},
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
    return Request(verb, url, params, sent or json, content, headers or {}, _reads(f"{verb} {url}"), result)


def _encode(body: Any, sent: Any, plain: bool) -> bytes:
    try:
        return encode(body, plain=plain)
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"has a value that JSON cannot hold: {error}"
    faults = [] if sent is None else member_faults(sent, type(sent))
    raise InvalidRequestError(faults or [Fault("the body", problem)])


@lru_cache
def _reads(operation: str) -> dict[int, Callable[[Any], Any] | None]:
    """The success statuses of an operation, each with the reader of its body."""
    for known, reads in _OPERATIONS:
        if re.fullmatch(known, operation):
            return reads
    raise InvalidRequestError([Fault("the id", "is empty, . or .., which would be a different path")])


class Reply(NamedTuple):
    """A response for the generated functions: the parts of httpx.Response that they use."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    json: Callable[[], Any]

    @classmethod
    def of(cls, answer: Answer, parsed: Any, _: object) -> "Reply":
        return cls(answer.status, answer.headers, answer.body, lambda: parsed)


class _Transport:
    """What both flavours share: how to make a request with its credentials, and how to read its outcome."""

    is_async = False

    def __init__(self, settings: Settings, client: Any) -> None:
        self.settings = settings
        self.closed: bool = False
        self._ours = None if client else wire.make(settings.base_url, settings.limits, is_async=self.is_async)
        self._client: Any
        self._direct: Any
        self._client, self._direct = self._ours or (client, None)
        self._module: Any = wire.module_of(self._client, "AsyncClient" if self.is_async else "Client")
        self._kinds, self._never_sent, self._timeouts = wire.failures(cast(Any, self._module))

    def exchange(self, attempt: Attempt) -> wire.Exchange:
        return wire.Exchange(attempt, self._kinds, is_async=self.is_async)

    def dressed(self, attempt: Attempt, exchange: wire.Exchange) -> Any:
        """The request of httpx. No variable ever holds it or its headers, because they have the credentials. It is made
        by hand, because the client's `build_request` costs a tenth of a call."""
        request, client, module = attempt.request, self._client, self._module
        url, content = wire.url_of(module, self.settings.base_url + request.url), request.content or b""
        if request.params or client.params:
            url = url.copy_with(params=client.params.merge(request.params or {}))
        length = {} if request.content is None else {"content-length": str(len(content))}
        return module.Request(
            request.method,
            url,
            headers={
                "host": url.netloc.decode(),
                **client.headers,
                **_own_headers(),
                **length,
                **{name.lower(): value for name, value in request.headers.items()},
                **self.credentials(attempt).headers,
            },
            cookies=client.cookies or None,
            stream=module.ByteStream(content),
            extensions=exchange.extensions,
        )

    def credentials(self, attempt: Attempt) -> Any:
        """Lookups that settle an outcome have the keys, but not the caller's headers."""
        return attempt.call.credentials or self.settings.credentials

    def outcome(self, attempt: Attempt, exchange: wire.Exchange) -> Answer | NoAnswer:
        error, response = exchange.error, exchange.response
        if response is None:
            return self._no_answer(attempt, cast(Exception, error))
        cut_off = f"broke off before its end ({type(error).__name__})" if error else None
        problem: str | None = getattr(error, "problem", cut_off)
        credentials = self.credentials(attempt)
        if _LOG.isEnabledFor(logging.INFO):
            self._log(attempt, response, (time.monotonic() - exchange.began) * 1000)
        if response.is_success:
            return Answer(response.status_code, response.headers, credentials.mask_success(exchange.body), problem)
        headers = {name.lower(): credentials.mask(value) for name, value in response.headers.items()}
        body = credentials.mask(exchange.body.decode("latin-1")).encode("latin-1")
        return Answer(response.status_code, headers, body, problem)

    def _log(self, attempt: Attempt, response: Any, elapsed_ms: float) -> None:
        request, status = attempt.request, response.status_code
        found = next(filter(None, map(response.headers.get, REQUEST_ID_HEADERS)), None)
        request_id = found and short(self.credentials(attempt).mask(found))
        extra = {
            "operation": request.operation,
            "status_code": status,
            "request_id": request_id,
            "attempt": attempt.call.attempts,
            "elapsed_ms": round(elapsed_ms, 1),
        }
        url = self.settings.base_url + request.url
        _LOG.info('HTTP Request: %s %s "%d" (%s)', request.method, url, status, request_id or "no id", extra=extra)

    def _no_answer(self, attempt: Attempt, error: Exception) -> NoAnswer:
        never_sent = isinstance(error, self._never_sent) and (self._direct or _is_of(attempt, error))
        if never_sent and self.closed:
            return _closed()
        kind = errors.APITimeoutError if isinstance(error, self._timeouts) else errors.APIConnectionError
        links = [*_chain(error)]
        reasons = [str(link) for link in links if isinstance(link, OSError)]
        said = short(self.credentials(attempt).mask(next(filter(None, [*reasons, str(error)]), "")))
        where = f"{attempt.request.operation} at {self.settings.base_url}"
        text = ": ".join(filter(None, [where, type(error).__name__, said]))
        if never_sent and any(isinstance(link, ssl.SSLCertVerificationError) for link in links):
            return NoAnswer(kind(f"{text}; nothing was sent. First correct the certificate, or trust it"), "final")
        if not never_sent:
            return NoAnswer(kind(text), "unknown")
        return NoAnswer(kind(f"{text}; nothing was sent. Is the base URL right? Then try again later"), "never sent")


class Transport(_Transport):
    """Sends and waits. The generated `sync` functions call `request` as if it were an httpx.Client's."""

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
        finally:
            flow.close()  # gives back what a call that was interrupted holds: its exception may be kept for long

    def request(self, **arguments: Any) -> Reply:
        return self.run(deliver(make_request(**arguments, result=Reply.of), self.settings.call({})))

    def _attempt(self, step: Attempt) -> Answer | NoAnswer:
        if self.closed or self._client.is_closed:
            return _closed()
        with self.exchange(step) as exchange:
            body = exchange.begin(wire.sender(self._client, self._direct)(self.dressed(step, exchange)))
            try:
                for piece in body or ():
                    exchange.add(piece)
                exchange.end()
            finally:
                exchange.response.stream.close()
        if self.closed:  # meanwhile, so that this connection was opened, or left, after all others were closed
            self.close()
        return self.outcome(step, exchange)

    def close(self) -> None:
        self.closed = True
        for ours in filter(None, self._ours or ()):
            ours.close()


class AsyncTransport(_Transport):
    """`Transport` with `await`, for the generated `asyncio` functions."""

    is_async = True
    _loop: object = None

    async def run(self, flow: Flow[T]) -> T:
        sleep = delivery.seam.sleep_async
        try:
            step = next(flow)
            while True:
                step = flow.send(await (self._attempt(step) if isinstance(step, Attempt) else sleep(step)))
        except StopIteration as stop:
            return cast(T, stop.value)
        finally:
            flow.close()

    async def request(self, **arguments: Any) -> Reply:
        return await self.run(deliver(make_request(**arguments, result=Reply.of), self.settings.call({})))

    async def _attempt(self, step: Attempt) -> Answer | NoAnswer:
        import asyncio  # noqa: PLC0415 - costs 15 ms, which no synchronous program needs

        if problem := self._loop_problem():
            return NoAnswer(problem, "final")
        if self.closed or self._client.is_closed:
            return _closed()
        with self.exchange(step) as exchange:
            async with asyncio.timeout(exchange.seconds):
                body = exchange.begin(await wire.sender(self._client, self._direct)(self.dressed(step, exchange)))
                try:
                    if body:
                        async for piece in body:
                            exchange.add(piece)
                    exchange.end()
                finally:
                    await exchange.response.stream.aclose()
        return self.outcome(step, exchange)

    async def close(self) -> None:
        self.closed = True
        if problem := self._loop_problem():
            raise problem
        for ours in filter(None, self._ours or ()):
            await ours.aclose()

    def _loop_problem(self) -> ConfigurationError | None:
        """A connection of another event loop may send a request and then lose its response."""
        import asyncio  # noqa: PLC0415 - costs 15 ms, which no synchronous program needs

        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            return ConfigurationError("AsyncImprint runs in asyncio only; in trio, use Imprint in a thread")
        self._loop = self._loop or running
        if self._loop is running:
            return None
        return ConfigurationError("this AsyncImprint is for another event loop; make one in each")


class Api(AuthenticatedClient):
    """The generated client over a transport. It has no credentials, and cannot be changed."""

    def __init__(self, transport: Transport | AsyncTransport) -> None:
        super().__init__(base_url=transport.settings.base_url, token="")
        other, ours = cast(Any, _OtherFlavour()), cast(Any, transport)
        self.set_httpx_client(other if transport.is_async else ours)
        self.set_async_httpx_client(ours if transport.is_async else other)

    def with_headers(self, *_: object, **__: object) -> NoReturn:
        """Refuse. The generated methods change or close the client that they are called on."""
        raise ConfigurationError("imprint.api cannot be changed or entered; make another Imprint")

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

    user_agent = f"imprint-client/{version('imprint-client')} python/{sys.version.split()[0]} {wire.VERSION}"
    # Only the codings that can be unpacked within a size limit.
    return {"accept": "application/json", "accept-encoding": "gzip, deflate", "user-agent": user_agent}


def _is_of(attempt: Attempt, error: Any) -> bool:
    """Whether this request failed, not one that a hook of the caller's client sent after the response."""
    try:
        return error.request.extensions.get("attempt") is attempt
    except (AttributeError, RuntimeError):  # it has no request, so it is not from a client
        return False


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error and its causes, the first cause first."""
    return [*_chain(error.__cause__ or error.__context__), error] if error else []
