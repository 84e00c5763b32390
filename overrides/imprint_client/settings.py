"""Settings: what a client, or one call of it, is told, and whether that will do."""

import base64
import json
import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from math import inf
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn, TypedDict
from urllib.parse import quote

import httpx
import imprint_api

from .delivery import Call, RetryPolicy
from .errors import ConfigurationError

CONTRACT: dict[str, Any] = json.loads(Path(imprint_api.__file__).with_name("openapi.json").read_text(encoding="utf-8"))
DEFAULT_TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 5.0
MASK = "[secret]"


class CallOptions(TypedDict, total=False):
    """What each call may say otherwise than its client."""

    timeout: float | httpx.Timeout
    retry: RetryPolicy


class SendOptions(CallOptions, total=False):
    """As CallOptions, for what is sent."""

    check_totals: bool


class ClientOptions(SendOptions, total=False):
    """What a client may be told beside its API key."""

    auth: Literal["bearer", "basic"]
    merchant_key: str
    base_url: str


class Credentials:
    """The API key and the merchant key, which nothing shows: no repr, no pickle, no copy."""

    def __init__(self, key: str | None, merchant_key: str | None, auth: str) -> None:
        self._key, self._merchant_key, self._auth = key, merchant_key, auth

    def problem(self) -> str | None:
        """What is wrong with them, without quoting them."""
        if not self._key:
            return "an API key is needed: Imprint(api_key=...) or the environment variable IMPRINT_API_KEY"
        for name, value in (("API key", self._key), ("merchant key", self._merchant_key or "-")):
            if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]+", value):
                return f"the {name} is not a text of visible ASCII characters (is there a line end at its end?)"
        return None if self._auth in ("bearer", "basic") else "auth is 'bearer' or 'basic'"

    def headers(self) -> dict[str, str]:
        """What authenticates a request."""
        merchant = {"x-imprint-merchant-key": self._merchant_key} if self._merchant_key else {}
        scheme = f"Basic {self._basic()}" if self._auth == "basic" else f"Bearer {self._key}"
        return {"Authorization": scheme, **merchant}

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
        timeout, retry = options.get("timeout", self.timeout), options.get("retry", self.retry)
        if problem := _unknown(options, SendOptions) or _timeout_problem(timeout) or _retry_problem(retry):
            raise ConfigurationError(problem)
        return Call(retry, _as_timeout(timeout), options.get("check_totals", self.check_totals))


def read_settings(api_key: str | None, options: Mapping[str, Any]) -> Settings | str:
    """The settings, or what is wrong with them: returned, since a traceback from here would show the keys."""
    if problem := _unknown(options, ClientOptions):
        return problem
    merchant_key = options.get("merchant_key") or os.environ.get("IMPRINT_MERCHANT_KEY")
    api_key = api_key or os.environ.get("IMPRINT_API_KEY")
    credentials = Credentials(api_key, merchant_key, options.get("auth", "bearer"))
    base_url = options.get("base_url") or os.environ.get("IMPRINT_BASE_URL") or CONTRACT["servers"][0]["url"]
    timeout, retry = options.get("timeout", DEFAULT_TIMEOUT_SECONDS), options.get("retry", RetryPolicy())
    problem = credentials.problem() or _url_problem(base_url) or _timeout_problem(timeout) or _retry_problem(retry)
    check_totals = options.get("check_totals", True)
    return problem or Settings(base_url.rstrip("/"), credentials, _as_timeout(timeout), retry, check_totals)


def _unknown(options: Mapping[str, Any], known: type) -> str | None:
    unknown = sorted(options.keys() - known.__annotations__.keys())
    return f"there is no argument {', '.join(unknown)}" if unknown else None


def _url_problem(base_url: object) -> str | None:
    """Without quoting it: a key may have got into it."""
    try:
        url = httpx.URL(base_url) if isinstance(base_url, str) else httpx.URL()
    except httpx.InvalidURL:
        url = httpx.URL()
    if not url.host or url.scheme not in ("http", "https"):
        return "the base URL is not an absolute https URL"
    if url.userinfo or "?" in str(base_url) or "#" in str(base_url):
        return "the base URL has a user, a query or a fragment, which it may not have"
    if url.scheme == "http" and not _is_loopback(url.host):
        return "the base URL must be https, unless its host is loopback"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _timeout_problem(timeout: object) -> str | None:
    is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool) and 0 < timeout < inf
    is_right = is_number or isinstance(timeout, httpx.Timeout)
    return None if is_right else "timeout is a number of seconds more than 0, or an httpx.Timeout"


def _retry_problem(retry: object) -> str | None:
    return None if isinstance(retry, RetryPolicy) else "retry is a RetryPolicy"


def _as_timeout(timeout: float | httpx.Timeout) -> httpx.Timeout:
    if isinstance(timeout, httpx.Timeout):
        return timeout
    return httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
