"""Transport: what stands between this package and httpx, and the only code that knows httpx.

It adds the credentials, carries out what delivery.py says, and turns each failure of httpx into an exception of
errors.py. Those are made here but raised elsewhere, outside of any `except` block: the httpx error would come along as
their context, and with it the request and its Authorization header.
"""

import base64
import json
import os
import platform
import re
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from ipaddress import ip_address
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypedDict, TypeVar, cast
from urllib.parse import quote

import httpx
import imprint_api

from .delivery import Answer, Attempt, Call, Flow, NoAnswer, Request, RetryPolicy, deliver, seam
from .errors import APIConnectionError, APITimeoutError, ConfigurationError, Fault, InvalidRequestError

T = TypeVar("T")

CONTRACT: dict[str, Any] = json.loads(Path(imprint_api.__file__).with_name("openapi.json").read_text(encoding="utf-8"))
MASK = "[secret]"
CONNECT_SECONDS = 5.0
SHORTEST_TIMEOUT_SECONDS = 0.001

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_SUCCESSES = [
    (
        method.upper(),
        re.compile("[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", path)))),
        {
            int(status): "content" in answer
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        },
    )
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if isinstance(operation, dict) and "responses" in operation
]


# --- What a client is told --------------------------------------------------------------------------------------------


class CallOptions(TypedDict, total=False):
    """What each call may say otherwise than its client."""

    timeout: float | httpx.Timeout
    """Seconds, or an httpx.Timeout."""
    retry: RetryPolicy


class SendOptions(CallOptions, total=False):
    """As CallOptions, for what is sent."""

    check_totals: bool
    """False: send it even if its amounts are not the sums of its lines."""


class Credentials:
    """The API key and the merchant key, which nothing shows: no repr, no pickle, no copy."""

    def __init__(self, key: str | None, merchant_key: str | None, auth: str) -> None:
        self._key, self._merchant_key, self._auth = key, merchant_key, auth

    def problem(self) -> str | None:
        """What is wrong with them, without quoting them."""
        if not self._key:
            return "an API key is needed: Imprint(api_key=...) or the environment variable IMPRINT_API_KEY"
        if self._auth not in ("bearer", "basic"):
            return "auth is 'bearer' or 'basic'"
        for name, value in (("API key", self._key), ("merchant key", self._merchant_key or "-")):
            if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]+", value):
                return f"the {name} is not a text of visible ASCII characters (is there a line end at its end?)"
        return None

    def headers(self) -> dict[str, str]:
        """What authenticates a request."""
        scheme = f"Basic {self._basic()}" if self._auth == "basic" else f"Bearer {self._key}"
        return {"Authorization": scheme} | (
            {"x-imprint-merchant-key": self._merchant_key} if self._merchant_key else {}
        )

    def mask(self, text: str) -> str:
        """The text without the keys, in whichever form a server may echo them."""
        for secret in filter(None, (self._key, self._basic(), self._merchant_key)):
            escaped = json.dumps(secret)[1:-1]
            for form in (secret, escaped, escaped.replace("/", "\\/"), quote(secret, safe="")):
                text = text.replace(form, MASK)
        return text

    def _basic(self) -> str:
        return base64.b64encode(f"{self._key}:".encode()).decode()

    def __repr__(self) -> str:
        return "<Credentials>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials cannot be copied or pickled")


class Settings(NamedTuple):
    """What a client was told, checked."""

    base_url: str
    credentials: Credentials
    timeout: httpx.Timeout
    retry: RetryPolicy
    check_totals: bool

    def call(self, options: Mapping[str, Any]) -> Call:
        """One call with these settings, but for what its `options` (SendOptions) say."""
        if unknown := options.keys() - SendOptions.__annotations__.keys():
            raise TypeError(f"unexpected keyword arguments: {', '.join(sorted(unknown))}")
        timeout, retry = options.get("timeout", self.timeout), options.get("retry", self.retry)
        if problem := timeout_problem(timeout) or retry_problem(retry):
            raise ConfigurationError(problem)
        return Call(retry, as_timeout(timeout), options.get("check_totals", self.check_totals))


def read_settings(
    api_key: str | None,
    merchant_key: str | None,
    auth: str,
    base_url: str | None,
    timeout: float | httpx.Timeout,
    retry: RetryPolicy,
    check_totals: bool,
) -> Settings | str:
    """The settings, or what is wrong with them: returned, since a traceback from here would show the key."""
    merchant_key = merchant_key or os.environ.get("IMPRINT_MERCHANT_KEY")
    credentials = Credentials(api_key or os.environ.get("IMPRINT_API_KEY"), merchant_key, auth)
    base_url = base_url or os.environ.get("IMPRINT_BASE_URL") or str(CONTRACT["servers"][0]["url"])
    problem = credentials.problem() or base_url_problem(base_url) or timeout_problem(timeout) or retry_problem(retry)
    return problem or Settings(base_url.rstrip("/"), credentials, as_timeout(timeout), retry, check_totals)


def base_url_problem(base_url: object) -> str | None:
    """What is wrong with a base URL, without quoting it: a key may have got into it."""
    try:
        url = httpx.URL(base_url) if isinstance(base_url, str) else None
    except httpx.InvalidURL:
        url = None
    if url is None or not url.host or url.scheme not in ("http", "https"):
        return "the base URL is not an absolute https URL"
    if url.userinfo or "?" in str(base_url) or "#" in str(base_url):
        return "the base URL has a user, a query or a fragment, which it may not have"
    if url.scheme == "http" and not _is_loopback(url.host):
        return "the base URL must be https, unless its host is loopback"
    return None


def timeout_problem(timeout: object) -> str | None:
    """What is wrong with a timeout."""
    if isinstance(timeout, httpx.Timeout):
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not isfinite(timeout) or timeout <= 0:
        return "timeout is a number of seconds more than 0, or an httpx.Timeout"
    return None


def retry_problem(retry: object) -> str | None:
    """What is wrong with a retry policy."""
    return None if isinstance(retry, RetryPolicy) else "retry is a RetryPolicy"


def as_timeout(timeout: float | httpx.Timeout) -> httpx.Timeout:
    """The timeout for httpx: connecting gets no more than 5 of the seconds."""
    if isinstance(timeout, httpx.Timeout):
        return timeout
    return httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


# --- What is sent -----------------------------------------------------------------------------------------------------


def make_request(
    *,
    method: str,
    url: str,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    read: Callable[[Answer, Any], T],
    sent: Any = None,
) -> Request[T]:
    """The request of a generated function, from what it passes to an httpx client; `read` reads its answer."""
    method = method.upper()
    succeeds_with = next((found for verb, path, found in _SUCCESSES if verb == method and path.fullmatch(url)), {})
    content = None if json is None else _encode(json)
    return Request(method, url, params, sent or json, content, headers or {}, succeeds_with, read)


def _encode(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"holds what JSON cannot: {error}"
    raise InvalidRequestError([Fault("the body", problem)])


class _Transport:
    """What both flavours share: how a request is dressed, and how what came of it is read."""

    def __init__(self, settings: Settings, http: httpx.Client | httpx.AsyncClient | None) -> None:
        self.settings = settings
        self.closed = False
        self.is_ours = http is None

    def check_open(self, http: httpx.Client | httpx.AsyncClient) -> None:
        if self.closed or http.is_closed:
            raise ConfigurationError("this client is closed; make another")

    def dressed(self, attempt: Attempt) -> dict[str, Any]:
        """For httpx's build_request. Never kept in a variable: it holds the credentials."""
        request = attempt.request
        own = {"Accept": "application/json", "User-Agent": user_agent()}
        return {
            "method": request.method,
            "url": self.settings.base_url + request.url,
            "params": request.params,
            "content": request.content,
            "headers": {**own, **request.headers, **self.settings.credentials.headers()},
            "timeout": _cut(attempt.timeout, attempt.seconds),
        }

    def answer(self, response: httpx.Response, body: bytes, problem: str | None) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        if not 200 <= response.status_code < 300:
            mask = self.settings.credentials.mask
            headers = {name: mask(value) for name, value in headers.items()}
            body = mask(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        return Answer(response.status_code, headers, body, problem)

    def no_answer(self, request: Request[Any], error: httpx.HTTPError | httpx.InvalidURL) -> NoAnswer:
        kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
        made = kind(f"{request.operation}: {type(error).__name__}: {self.settings.credentials.mask(str(error))}")
        if _is_certificate_failure(error):
            return NoAnswer(made, "final")
        return NoAnswer(made, "never sent" if isinstance(error, _NEVER_SENT) else "unknown")


class Reply:
    """An answer as the generated functions read it: of httpx.Response, what they use."""

    def __init__(self, answer: Answer, parsed: Any) -> None:
        self.status_code, self.headers, self.content = answer.status, answer.headers, answer.body
        self.json: Callable[[], Any] = lambda: parsed


class Transport(_Transport):
    """Sends, blocking. `request` is what the generated `sync` functions call in the place of an httpx.Client's."""

    def __init__(self, settings: Settings, http: httpx.Client | None) -> None:
        super().__init__(settings, http)
        self._http = http or httpx.Client(verify=_ssl_context())

    def run(self, flow: Flow[T]) -> T:
        """Carry out a flow, step by step."""
        self.check_open(self._http)
        result = None
        try:
            while True:
                step = flow.send(result)
                result = None
                if isinstance(step, Attempt):
                    result = self._attempt(step)
                else:
                    seam.sleep(step.seconds)
        except StopIteration as stop:
            return cast(T, stop.value)

    def request(self, **arguments: Any) -> Reply:
        return self.run(deliver(make_request(**arguments, read=Reply), self.settings.call({})))

    def _attempt(self, attempt: Attempt) -> Answer | NoAnswer:
        try:
            response = self._http.send(
                self._http.build_request(**self.dressed(attempt)), stream=True, auth=None, follow_redirects=False
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self.no_answer(attempt.request, error)
        try:
            return self.answer(response, response.read(), None)
        except httpx.HTTPError as error:
            return self.answer(response, b"", _cut_off(error))
        finally:
            response.close()

    def close(self) -> None:
        """Close the connections that are this client's own."""
        self.closed = True
        if self.is_ours:
            self._http.close()


class AsyncTransport(_Transport):
    """As `Transport`, awaiting; for the generated `asyncio` functions, in the place of an httpx.AsyncClient."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient | None) -> None:
        super().__init__(settings, http)
        self._http = http or httpx.AsyncClient(verify=_ssl_context())

    async def run(self, flow: Flow[T]) -> T:
        self.check_open(self._http)
        result = None
        try:
            while True:
                step = flow.send(result)
                result = None
                if isinstance(step, Attempt):
                    result = await self._attempt(step)
                else:
                    await seam.sleep_async(step.seconds)
        except StopIteration as stop:
            return cast(T, stop.value)

    async def request(self, **arguments: Any) -> Reply:
        return await self.run(deliver(make_request(**arguments, read=Reply), self.settings.call({})))

    async def _attempt(self, attempt: Attempt) -> Answer | NoAnswer:
        try:
            response = await self._http.send(
                self._http.build_request(**self.dressed(attempt)), stream=True, auth=None, follow_redirects=False
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self.no_answer(attempt.request, error)
        try:
            return self.answer(response, await response.aread(), None)
        except httpx.HTTPError as error:
            return self.answer(response, b"", _cut_off(error))
        finally:
            await response.aclose()

    async def close(self) -> None:
        self.closed = True
        if self.is_ours:
            await self._http.aclose()


class Api(imprint_api.AuthenticatedClient):
    """The generated client over a transport; it holds no credentials, and has nothing to change."""

    def __init__(self, transport: Transport | AsyncTransport) -> None:
        super().__init__(base_url=transport.settings.base_url, token="")
        if isinstance(transport, Transport):
            self.set_httpx_client(cast(httpx.Client, transport))
        else:
            self.set_async_httpx_client(cast(httpx.AsyncClient, transport))

    def get_httpx_client(self) -> httpx.Client:
        """What the generated `sync` functions call."""
        if self._client is None:
            raise ConfigurationError("this is an asynchronous client: await asyncio or asyncio_detailed")
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """What the generated `asyncio` functions call."""
        if self._async_client is None:
            raise ConfigurationError("this is a synchronous client: call sync or sync_detailed")
        return self._async_client

    def with_headers(self, *_: object, **__: object) -> NoReturn:
        """Refused, as is the rest: the generated ones change the client that they are called on, or close it."""
        raise ConfigurationError("imprint.api can be neither changed nor entered; make another Imprint")

    with_cookies = with_timeout = __enter__ = with_headers

    async def __aenter__(self) -> NoReturn:
        self.with_headers()


# --- Parts ------------------------------------------------------------------------------------------------------------


@cache
def user_agent() -> str:
    """Of every request. Made late: importlib.metadata costs 10 ms, which importing this package need not."""
    from importlib.metadata import version  # noqa: PLC0415

    return f"imprint-client/{version('imprint-client')} python/{platform.python_version()} httpx/{httpx.__version__}"


@cache
def _ssl_context() -> ssl.SSLContext:
    """One for all clients of the process: to make one costs 15 ms."""
    return httpx.create_ssl_context()


def _cut(timeout: httpx.Timeout, seconds: float) -> httpx.Timeout:
    """The timeout, no part of it longer than what is left of the deadline."""
    if not isfinite(seconds):
        return timeout
    left = max(seconds, SHORTEST_TIMEOUT_SECONDS)
    parts = timeout.as_dict()
    return httpx.Timeout(**{name: left if part is None else min(part, left) for name, part in parts.items()})


def _cut_off(error: httpx.HTTPError) -> str:
    return f"could not be received to its end ({type(error).__name__})"


def _is_certificate_failure(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
