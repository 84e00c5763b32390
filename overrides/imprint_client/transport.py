"""Transport: what stands between the generated functions and httpx, and the only code that knows httpx.

`Transport.request` and `AsyncTransport.request` are what the generated functions call in the place of an httpx client:
they add the credentials, deliver as delivery.py says, and turn every answer that is no success, and every failure of
httpx, into an exception of errors.py. Those exceptions are made here but raised elsewhere, outside of any `except`
block: an httpx error would come along as their context, and with it the request and its Authorization header.
"""

import base64
import json
import os
import platform
import re
import ssl
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import quote

import httpx
import imprint_api

from .delivery import (
    Answer,
    Attempt,
    Budget,
    NoAnswer,
    Request,
    RetryPolicy,
    Step,
    deliver,
    drive,
    drive_async,
    seam,
)
from .errors import APIConnectionError, APITimeoutError, ConfigurationError, Fault, InvalidRequestError

CONTRACT: dict[str, Any] = json.loads(Path(imprint_api.__file__).with_name("openapi.json").read_text(encoding="utf-8"))
MASK = "[secret]"
CONNECT_SECONDS = 5.0
SHORTEST_TIMEOUT_SECONDS = 0.001

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class Credentials:
    """The API key and the merchant key, which nothing shows: no repr, no pickle, no copy."""

    __slots__ = ("_auth", "_key", "_merchant_key")

    def __init__(self, key: str | None, merchant_key: str | None, auth: str) -> None:
        self._key = key
        self._merchant_key = merchant_key
        self._auth = auth

    def problem(self) -> str | None:
        """What is wrong with them, without quoting them."""
        if not self._key:
            return "an API key is needed: Imprint(api_key=...) or the environment variable IMPRINT_API_KEY"
        if self._auth not in ("bearer", "basic"):
            return "auth is 'bearer' or 'basic'"
        for name, value in (("API key", self._key), ("merchant key", self._merchant_key)):
            if value is not None and not (isinstance(value, str) and re.fullmatch(r"[\x21-\x7e]+", value)):
                return f"the {name} is not a text of visible ASCII characters (a line end at its end, perhaps?)"
        return None

    def headers(self) -> dict[str, str]:
        scheme = f"Basic {self._basic()}" if self._auth == "basic" else f"Bearer {self._key}"
        merchant = {"x-imprint-merchant-key": self._merchant_key} if self._merchant_key else {}
        return {"Authorization": scheme, **merchant}

    def mask(self, text: str) -> str:
        """The text without the keys, in whichever form a server may echo them."""
        for secret in filter(None, (self._key, self._basic(), self._merchant_key)):
            escaped = json.dumps(secret)[1:-1]
            for form in {secret, escaped, escaped.replace("/", "\\/"), quote(secret, safe="")}:
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


def read_settings(
    api_key: str | None,
    merchant_key: str | None,
    auth: str,
    base_url: str | None,
    timeout: float | httpx.Timeout,
    retry: RetryPolicy,
) -> Settings | str:
    """The settings, or what is wrong with them: returned, since a traceback from here would show the key."""
    credentials = Credentials(
        api_key or os.environ.get("IMPRINT_API_KEY"), merchant_key or os.environ.get("IMPRINT_MERCHANT_KEY"), auth
    )
    base_url = base_url or os.environ.get("IMPRINT_BASE_URL") or str(CONTRACT["servers"][0]["url"])
    problem = credentials.problem() or base_url_problem(base_url) or timeout_problem(timeout)
    if not problem and not isinstance(retry, RetryPolicy):
        problem = "retry is a RetryPolicy"
    return problem or Settings(base_url.rstrip("/"), credentials, as_timeout(timeout), retry)


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
    if isinstance(timeout, httpx.Timeout):
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not isfinite(timeout) or timeout <= 0:
        return "timeout is a number of seconds more than 0, or an httpx.Timeout"
    return None


def as_timeout(timeout: float | httpx.Timeout) -> httpx.Timeout:
    if isinstance(timeout, httpx.Timeout):
        return timeout
    return httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


# --- One call ---------------------------------------------------------------------------------------------------------


class Reply:
    """An answer as the generated functions read it: of httpx.Response, what they use."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.headers = answer.headers
        self.content = answer.body
        self._parsed = answer.parsed

    def json(self) -> Any:
        return self._parsed


class _Connection:
    """What both flavours do to a request before it is sent, and with what came of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def read_request(
        self,
        closed: bool,
        *,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """The request that a generated function asks for, by its arguments to an httpx client."""
        if closed:
            raise ConfigurationError("this client is closed; make another")
        method = method.upper()
        return Request(method, url, params, json, _encode(json), headers or {}, _successes(method, url))

    def arguments(self, attempt: Attempt, timeout: httpx.Timeout) -> dict[str, Any]:
        """For httpx's build_request. Never kept in a variable: it holds the credentials."""
        request = attempt.request
        return {
            "method": request.method,
            "url": self.settings.base_url + request.url,
            "params": request.params,
            "content": request.content,
            "headers": {
                "Accept": "application/json",
                "User-Agent": user_agent(),
                **request.headers,
                **self.settings.credentials.headers(),
            },
            "timeout": _cut(timeout, attempt.seconds),
        }

    def answer(self, request: Request, response: httpx.Response, body: bytes, problem: str | None) -> Answer:
        status, parsed = response.status_code, None
        headers = {name.lower(): value for name, value in response.headers.items()}
        if not 200 <= status < 300:
            mask = self.settings.credentials.mask
            headers = {name: mask(value) for name, value in headers.items()}
            body = mask(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        elif problem is None and request.succeeds_with.get(status):
            try:
                parsed = json.loads(body)
            except (ValueError, RecursionError):
                problem = "is not JSON"
        return Answer(status, headers, body, parsed, problem)

    def no_answer(self, request: Request, error: httpx.HTTPError | httpx.InvalidURL) -> NoAnswer:
        kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
        said = self.settings.credentials.mask(str(error))
        made = kind(f"{request.operation}: {type(error).__name__}{said and f': {said}'}")
        if _is_certificate_failure(error):
            return NoAnswer(made, "final")
        return NoAnswer(made, "never sent" if isinstance(error, _NEVER_SENT) else "unknown")


class Transport(_Connection):
    """Sends, in the place of an httpx.Client."""

    def __init__(self, settings: Settings, http_client: httpx.Client | None) -> None:
        super().__init__(settings)
        self.closed = False
        self._http = http_client or httpx.Client(verify=_ssl_context())
        self._is_ours = http_client is None

    def request(self, budget: Budget, timeout: httpx.Timeout, **arguments: Any) -> Reply:
        request = self.read_request(self.closed or self._http.is_closed, **arguments)

        def perform(step: Step) -> Answer | NoAnswer | None:
            if isinstance(step, Attempt):
                return self._attempt(step, timeout)
            seam.sleep(step.seconds)
            return None

        return Reply(drive(deliver(request, budget), perform))

    def _attempt(self, attempt: Attempt, timeout: httpx.Timeout) -> Answer | NoAnswer:
        try:
            response = self._http.send(
                self._http.build_request(**self.arguments(attempt, timeout)),
                stream=True,
                auth=None,
                follow_redirects=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self.no_answer(attempt.request, error)
        body, problem = b"", None
        try:
            body = response.read()
        except httpx.HTTPError as error:
            problem = f"could not be read to its end ({type(error).__name__})"
        finally:
            response.close()
        return self.answer(attempt.request, response, body, problem)

    def close(self) -> None:
        self.closed = True
        if self._is_ours:
            self._http.close()


class AsyncTransport(_Connection):
    """As `Transport`, in the place of an httpx.AsyncClient."""

    def __init__(self, settings: Settings, http_client: httpx.AsyncClient | None) -> None:
        super().__init__(settings)
        self.closed = False
        self._http = http_client or httpx.AsyncClient(verify=_ssl_context())
        self._is_ours = http_client is None

    async def request(self, budget: Budget, timeout: httpx.Timeout, **arguments: Any) -> Reply:
        request = self.read_request(self.closed or self._http.is_closed, **arguments)

        async def perform(step: Step) -> Answer | NoAnswer | None:
            if isinstance(step, Attempt):
                return await self._attempt(step, timeout)
            await seam.sleep_async(step.seconds)
            return None

        return Reply(await drive_async(deliver(request, budget), perform))

    async def _attempt(self, attempt: Attempt, timeout: httpx.Timeout) -> Answer | NoAnswer:
        try:
            response = await self._http.send(
                self._http.build_request(**self.arguments(attempt, timeout)),
                stream=True,
                auth=None,
                follow_redirects=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self.no_answer(attempt.request, error)
        body, problem = b"", None
        try:
            body = await response.aread()
        except httpx.HTTPError as error:
            problem = f"could not be read to its end ({type(error).__name__})"
        finally:
            await response.aclose()
        return self.answer(attempt.request, response, body, problem)

    async def close(self) -> None:
        self.closed = True
        if self._is_ours:
            await self._http.aclose()


# --- Parts ------------------------------------------------------------------------------------------------------------


@cache
def user_agent() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - 10 ms that importing this package need not cost

    return f"imprint-client/{version('imprint-client')} python/{platform.python_version()} httpx/{httpx.__version__}"


@cache
def _ssl_context() -> ssl.SSLContext:
    """One for all clients of the process: to make one costs 15 ms."""
    return httpx.create_ssl_context()


def _encode(body: Any) -> bytes | None:
    if body is None:
        return None
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"holds what JSON cannot: {error}"
    raise InvalidRequestError([Fault("", problem)])


_TWO_HUNDREDS = frozenset(map(str, range(200, 300)))
_SUCCESSES = [
    (
        method.upper(),
        re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))),
        {
            int(status): "content" in answer
            for status, answer in operation["responses"].items()
            if status in _TWO_HUNDREDS
        },
    )
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if isinstance(operation, dict) and "responses" in operation
]


def _successes(method: str, url: str) -> Mapping[int, bool]:
    """With which statuses the contract says that this operation succeeds, each with whether it then has a body."""
    return next((found for verb, path, found in _SUCCESSES if verb == method and path.fullmatch(url)), {})


def _cut(timeout: httpx.Timeout, seconds: float) -> httpx.Timeout:
    """The timeout, no part of it longer than what is left of the deadline."""
    if not isfinite(seconds):
        return timeout
    left = max(seconds, SHORTEST_TIMEOUT_SECONDS)
    parts = timeout.as_dict()
    return httpx.Timeout(**{name: left if part is None else min(part, left) for name, part in parts.items()})


def _is_certificate_failure(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
