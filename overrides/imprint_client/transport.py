"""Transport: what stands between this package and httpx, and the only code that sends.

It adds the credentials, carries out what delivery.py says, and turns each failure of httpx into an exception of
errors.py. Those are made here but raised elsewhere, outside of any `except` block: the httpx error would come along as
their context, and with it the request and its Authorization header.
"""

import json
import platform
import re
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from math import isfinite
from typing import Any, NoReturn, TypeVar, cast

import attrs
import httpx
from imprint_api import AuthenticatedClient, models

from . import delivery
from .delivery import Answer, Attempt, Flow, NoAnswer, Request, deliver
from .errors import APIConnectionError, APITimeoutError, ConfigurationError, Fault, InvalidRequestError
from .settings import CONTRACT, Settings

T = TypeVar("T")

SHORTEST_TIMEOUT_SECONDS = 0.001
# UnicodeError is what httpx lets through from a host that is no host, in a Location for one.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError)
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
        re.compile("[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", path)))),
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
    result: Callable[[Answer, Any, Any], T] = lambda _, __, model: model,
) -> Request[T]:
    """The request of a generated function, from what it passes to an httpx client."""
    if not {".", ".."}.isdisjoint(url.split("/")):
        raise InvalidRequestError([Fault("the id", "is . or .., which is another path")])
    verb, content = method.upper(), None if json is None else _encode(json)
    reads = next((reads for known, path, reads in _OPERATIONS if known == verb and path.fullmatch(url)), {})
    return Request(verb, url, params, sent or json, content, headers or {}, reads, result)


def _encode(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"holds what JSON cannot: {error}"
    raise InvalidRequestError([Fault("the body", problem)])


@attrs.frozen
class Reply:
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

    def __init__(self, settings: Settings, http: httpx.Client | httpx.AsyncClient | None) -> None:
        self.settings = settings
        self.closed = False
        self.is_ours: bool = http is None

    def dressed(self, attempt: Attempt) -> dict[str, Any]:
        """For httpx's build_request. Never kept in a variable: it holds the credentials."""
        request = attempt.request
        own = {"Accept": "application/json", "User-Agent": _user_agent()}
        return {
            "method": request.method,
            "url": self.settings.base_url + request.url,
            "params": request.params,
            "content": request.content,
            "headers": {**own, **request.headers, **self.settings.credentials.headers()},
            "timeout": _cut(attempt.timeout, attempt.seconds),
        }

    def answer(self, response: httpx.Response, body: bytes, problem: str | None = None) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        if not response.is_success:
            credentials = self.settings.credentials
            headers = {name: credentials.mask(value) for name, value in headers.items()}
            body = credentials.mask_body(body)
        return Answer(response.status_code, headers, body, problem)

    def cut_off(self, response: httpx.Response, error: Exception) -> Answer:
        return self.answer(response, b"", f"could not be received to its end ({type(error).__name__})")

    def no_answer(self, attempt: Attempt, error: Exception) -> NoAnswer:
        kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
        said = self.settings.credentials.mask(str(error))
        made = kind(f"{attempt.request.operation}: {type(error).__name__}: {said}")
        if _is_certificate_failure(error):
            return NoAnswer(made, "final")
        return NoAnswer(made, "never sent" if isinstance(error, _NEVER_SENT) else "unknown")


class Transport(_Transport):
    """Sends, blocking. `request` is what the generated `sync` functions call in the place of an httpx.Client's."""

    def __init__(self, settings: Settings, http: httpx.Client | None) -> None:
        super().__init__(settings, http)
        self._http = http or _make(httpx.Client, settings)

    def run(self, flow: Flow[T]) -> T:
        """Carry out a flow, step by step."""
        sleep = delivery.seam.sleep
        try:
            step = next(flow)
            while True:
                # What came of a step is kept in no variable: see deliver.
                step = flow.send(self._attempt(step) if isinstance(step, Attempt) else sleep(step.seconds))
        except StopIteration as stop:
            return cast(T, stop.value)

    def request(self, **arguments: Any) -> Reply:
        return self.run(deliver(make_request(**arguments, result=Reply.of), self.settings.call({})))

    def _attempt(self, step: Attempt) -> Answer | NoAnswer:
        if self.closed or self._http.is_closed:
            return _closed()
        send, build = self._http.send, self._http.build_request
        try:
            response = send(build(**self.dressed(step)), stream=True, auth=None, follow_redirects=False)
        except _FAILURES as error:
            return self.no_answer(step, error)
        try:
            return self.answer(response, response.read())
        except _FAILURES as error:
            return self.cut_off(response, error)
        finally:
            response.close()

    def close(self) -> None:
        self.closed = True
        if self.is_ours:
            self._http.close()


class AsyncTransport(_Transport):
    """As `Transport`, awaiting; for the generated `asyncio` functions, in the place of an httpx.AsyncClient."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient | None) -> None:
        super().__init__(settings, http)
        self._http = http or _make(httpx.AsyncClient, settings)

    async def run(self, flow: Flow[T]) -> T:
        sleep = delivery.seam.sleep_async
        try:
            step = next(flow)
            while True:
                step = flow.send(await (self._attempt(step) if isinstance(step, Attempt) else sleep(step.seconds)))
        except StopIteration as stop:
            return cast(T, stop.value)

    async def request(self, **arguments: Any) -> Reply:
        return await self.run(deliver(make_request(**arguments, result=Reply.of), self.settings.call({})))

    async def _attempt(self, step: Attempt) -> Answer | NoAnswer:
        if self.closed or self._http.is_closed:
            return _closed()
        send, build = self._http.send, self._http.build_request
        try:
            response = await send(build(**self.dressed(step)), stream=True, auth=None, follow_redirects=False)
        except _FAILURES as error:
            return self.no_answer(step, error)
        try:
            return self.answer(response, await response.aread())
        except _FAILURES as error:
            return self.cut_off(response, error)
        finally:
            await response.aclose()

    async def close(self) -> None:
        self.closed = True
        if self.is_ours:
            await self._http.aclose()


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
def _user_agent() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - 10 ms that importing this package need not cost

    return f"imprint-client/{version('imprint-client')} python/{platform.python_version()} httpx/{httpx.__version__}"


def _make(kind: Callable[..., T], settings: Settings) -> T:
    try:
        # What goes to this machine goes to no proxy of the environment: with http it would carry the key in the clear.
        return kind(verify=_ssl_context(), trust_env=not settings.base_url.lower().startswith("http:"))
    except (ValueError, ImportError, OSError) as error:
        problem = type(error).__name__
    raise ConfigurationError(f"no HTTP client can be made ({problem}): check SSL_CERT_FILE and the proxies' variables")


@cache
def _ssl_context() -> ssl.SSLContext:
    """One for all clients of the process: to make one costs 15 ms."""
    return httpx.create_ssl_context()


def _cut(timeout: httpx.Timeout, seconds: float) -> httpx.Timeout:
    """The timeout, no part of it longer than what is left of the deadline."""
    if not isfinite(seconds):
        return timeout
    left = max(seconds, SHORTEST_TIMEOUT_SECONDS)
    return httpx.Timeout(**{name: min(left, part or left) for name, part in timeout.as_dict().items()})


def _is_certificate_failure(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
