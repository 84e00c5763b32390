"""Settings: what a client, or one call of it, is told, and whether that will do."""

import base64
import json
import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn, TypedDict
from urllib.parse import quote

import httpx
import imprint_api

from .coding import decode
from .delivery import Call, RetryPolicy
from .errors import ConfigurationError

CONTRACT: dict[str, Any] = decode(Path(imprint_api.__file__).with_name("openapi.json").read_bytes())
DEFAULT_TIMEOUT_SECONDS = 30.0
LONGEST_TIMEOUT_SECONDS = 86_400.0
CONNECT_SECONDS = 5.0
MASK = "[secret]"
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?(/[!\"$->@-~]*)?",
    re.IGNORECASE | re.ASCII,
)


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
        return None if self._auth in ("bearer", "basic") else "auth must be 'bearer' or 'basic'"

    def headers(self) -> dict[str, str]:
        """What authenticates a request."""
        merchant = {"x-imprint-merchant-key": self._merchant_key} if self._merchant_key else {}
        scheme = f"Basic {self._basic()}" if self._auth == "basic" else f"Bearer {self._key}"
        return {"Authorization": scheme, **merchant}

    def mask(self, text: str) -> str:
        """The text without the keys, in whichever form a server may echo them."""
        import html  # noqa: PLC0415 - 2 ms that importing this package need not cost

        for secret in filter(None, (self._key, self._basic().rstrip("="), self._merchant_key)):
            escaped, quoted = json.dumps(secret)[1:-1], quote(secret, safe="")
            lower = re.sub("%..", lambda code: code[0].lower(), quoted)
            for form in (secret, escaped, escaped.replace("/", "\\/"), quoted, lower, html.escape(secret)):
                text = text.replace(form, MASK)
        return text

    def mask_body(self, body: bytes) -> bytes:
        """As `mask`; also what only shows when the JSON is read."""
        text = body.decode("utf-8", "surrogateescape")
        try:
            read = json.dumps(json.loads(body), ensure_ascii=False)
            text = text if self.mask(read) == read else read
        except (ValueError, RecursionError):
            pass  # no JSON
        return self.mask(text).encode("utf-8", "surrogateescape")

    def _basic(self) -> str:
        return base64.b64encode(f"{self._key}:".encode()).decode()

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
        if not options:
            return Call(self.retry, self.timeout, self.check_totals)
        timeout, retry = options.get("timeout", self.timeout), options.get("retry", self.retry)
        check_totals = options.get("check_totals", self.check_totals)
        if problem := _unknown(options, SendOptions) or _problem(timeout, retry, check_totals):
            raise ConfigurationError(problem)
        return Call(retry, _as_timeout(timeout), check_totals)


def read_settings(api_key: str | None, options: Mapping[str, Any], client: object, kind: type) -> Settings | str:
    """The settings, or what is wrong with them: returned, since a traceback from here would show the keys.

    A caller's own `client` is to be of this `kind` of httpx.
    """
    if problem := _unknown(options, ClientOptions):
        return problem
    # What is given counts, even if it is empty: that is a mistake, and another key would hide it.
    api_key = os.environ.get("IMPRINT_API_KEY") if api_key is None else api_key
    merchant_key = options.get("merchant_key", os.environ.get("IMPRINT_MERCHANT_KEY") or None)
    credentials = Credentials(api_key, merchant_key, options.get("auth", "bearer"))
    base_url = options.get("base_url", os.environ.get("IMPRINT_BASE_URL") or CONTRACT["servers"][0]["url"])
    timeout, retry = options.get("timeout", DEFAULT_TIMEOUT_SECONDS), options.get("retry", RetryPolicy())
    check_totals = options.get("check_totals", True)
    problem = credentials.problem() or _url_problem(base_url) or _problem(timeout, retry, check_totals)
    if not problem and client is not None and not isinstance(client, kind):
        problem = f"http_client must be an httpx.{kind.__name__}; it is of {type(client)}"
    return problem or Settings(base_url.rstrip("/"), credentials, _as_timeout(timeout), retry, check_totals)


def _unknown(options: Mapping[str, Any], known: type) -> str | None:
    unknown = sorted(options.keys() - known.__annotations__.keys())
    return f"there is no argument {', '.join(unknown)}" if unknown else None


def _url_problem(base_url: object) -> str | None:
    """Without quoting it: a key may have got into it."""
    found = _URL.fullmatch(base_url) if isinstance(base_url, str) else None
    if found is None:
        beyond = isinstance(base_url, str) and re.match("https?://.*[@?#]", base_url, re.IGNORECASE)
        what = "has a user, a query or a fragment, which it may not have" if beyond else "is not an absolute https URL"
        return f"the base URL {what}"
    if not all(0 < len(label) < 64 for label in found["host"].split(".")) or int(found["port"] or 443) > 65535:
        return "the base URL is not an absolute https URL: there can be no such host or port"
    if found["scheme"].lower() == "http" and not _is_loopback(found["host"].strip("[]")):
        return "the base URL must be https, unless its host is loopback"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _problem(timeout: object, retry: object, check_totals: object) -> str | None:
    parts = timeout.as_dict().values() if isinstance(timeout, httpx.Timeout) else [timeout]
    for part in parts:
        is_number = isinstance(part, int | float) and not isinstance(part, bool) and 0 < part <= LONGEST_TIMEOUT_SECONDS
        if not is_number and (part is not None or part is timeout):
            return "timeout must be a number of seconds above 0, no more than a day, or an httpx.Timeout of such"
    if not isinstance(retry, RetryPolicy):
        return "retry must be a RetryPolicy, such as RetryPolicy(attempts=2) or RetryPolicy.none()"
    return None if isinstance(check_totals, bool) else "check_totals must be True or False"


def _as_timeout(timeout: float | httpx.Timeout) -> httpx.Timeout:
    if isinstance(timeout, httpx.Timeout):
        return timeout
    return httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
