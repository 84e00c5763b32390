"""Settings: the options of a client and of a single call, and the checks on them."""

import base64
import json
import os
import re
from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn, TypedDict

import imprint_api

from .coding import decode
from .delivery import Call, RetryPolicy
from .errors import ConfigurationError
from .gate import Gate
from .wire import LIMITS, LONGEST_TIMEOUT_SECONDS, Limits, Timeout, module_of

CONTRACT: dict[str, Any] = decode(Path(imprint_api.__file__).with_name("openapi.json").read_bytes())
DEFAULT_TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 5.0
SHORTEST_SECRET = 8
"""Characters of a header's value; what is shorter is in many texts by chance."""
MASK = "[secret]"
_OWN_HEADERS = frozenset(
    """accept accept-encoding authorization connection content-encoding content-length content-type expect host te
    trailer transfer-encoding upgrade user-agent x-imprint-merchant-key""".split()  # noqa: SIM905 - one a line is long
)
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?(/[!\"$->@-~]*)?",
    re.IGNORECASE | re.ASCII,
)


class CallOptions(TypedDict, total=False):
    """The options that every call can override."""

    timeout: float | Timeout
    retry: RetryPolicy
    headers: Mapping[str, str]


class SendOptions(CallOptions, total=False):
    """The options that a call which sends a body can override."""

    check_totals: bool


class ClientOptions(SendOptions, total=False):
    """The options of a client, apart from its API key."""

    auth: Literal["bearer", "basic"]
    merchant_key: str
    base_url: str
    allow_insecure_http: bool
    gate: Gate
    limits: Limits


class Credentials:
    """The keys and the caller's own headers. They are in no repr, and cannot be copied or pickled."""

    def __init__(self, key: str | None, merchant_key: str | None, auth: str, headers: Any = None) -> None:
        self._key, self._merchant_key, self._auth, self._given = key, merchant_key, auth, headers or {}

    def plus(self, headers: Any) -> "Credentials":
        """These credentials with more headers."""
        return Credentials(self._key, self._merchant_key, self._auth, {**self._given, **_lowered(headers)})

    def problem(self) -> str | None:
        """What is wrong with them, without quoting them."""
        if not self._key:
            return "an API key is needed: Imprint(api_key=...) or the environment variable IMPRINT_API_KEY"
        for name, value in (("API key", self._key), ("merchant key", self._merchant_key or "-")):
            if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]+", value):
                return f"the {name} has characters other than visible ASCII; is there a line break at its end?"
        for name, value in self._given.items():
            if not isinstance(name, str) or not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII):
                return "headers must be a mapping of header names to values"
            if name in _OWN_HEADERS:
                return f"headers must not have {name}: the client sets it itself"
            if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]+([ \t]+[\x21-\x7e]+)*", value):
                return f"headers: the value of {name} has characters other than visible ASCII"
        return None if self._auth in ("bearer", "basic") else "auth must be 'bearer' or 'basic'"

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers of a request."""
        merchant = {"x-imprint-merchant-key": self._merchant_key} if self._merchant_key else {}
        scheme = f"Basic {self._basic()}" if self._auth == "basic" else f"Bearer {self._key}"
        return {**self._given, "authorization": scheme, **merchant}

    def mask(self, text: str) -> str:
        """Mask every secret in a text, in each form in which a server may echo it."""
        return self._echoes.sub(lambda echo: "\0".join([*MASK, ""]) if "\0" in echo[0] else MASK, text)

    def mask_host(self, name: str) -> str:
        """The host of a URL; hidden if it may be the beginning of a key that was taken for a URL."""
        keys = f"{self._key} {self._merchant_key}".lower()
        is_key = any(len(label) >= SHORTEST_SECRET and label in keys for label in name.lower().split("."))
        return MASK if is_key else self.mask(name)

    def mask_success(self, body: bytes) -> bytes:
        """Mask the API key where it is a whole string, as an id may be. Recorded data must not change."""
        return body.replace(json.dumps(self._key).encode(), b'"%s"' % MASK.encode())

    @cached_property
    def _echoes(self) -> re.Pattern[str]:
        long = [value for value in self._given.values() if len(value) >= SHORTEST_SECRET]
        secrets = filter(None, (self._key, self._basic().rstrip("="), self._merchant_key, *long))
        return re.compile("|".join("".join(map(_forms, secret)) for secret in secrets), re.IGNORECASE)

    def _basic(self) -> str:
        return base64.b64encode(f"{self._key}:".encode()).decode()

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials cannot be copied or pickled")


def _lowered(headers: Any) -> Any:
    """Headers with lower-case names. Anything else is left for `problem` to find."""
    try:
        return {str(name).lower(): value for name, value in dict(headers).items()}
    except (TypeError, ValueError):
        return {None: None}


def _forms(character: str) -> str:
    """A pattern for a character of a secret, as JSON, URLs, HTML and UTF-16 write it."""
    import html  # noqa: PLC0415 - 2 ms that importing this package need not cost

    code = ord(character)
    escapes = rf"\u{code:04x}", f"\\{character}", f"%{code:x}", f"&#{code};", f"&#x{code:x};", html.escape(character)
    patterns = ("".join(re.escape(each) + "\0*" for each in form) for form in (character, *escapes))
    return f"(?:{'|'.join(patterns)})"


class Settings(NamedTuple):
    """The settings of a client."""

    base_url: str
    credentials: Credentials
    """The keys alone."""
    sending: Credentials
    """The keys, and the client's headers."""
    timeout: dict[str, float | None]
    retry: RetryPolicy
    check_totals: bool
    gate: Gate
    limits: Limits

    def call(self, options: Any) -> Call:
        """A call with these settings, except where its `options` (SendOptions) override them."""
        told = self.told(options) if options else self
        if told is not self and (problem := _unknown(options, SendOptions) or told.problem()):
            raise ConfigurationError(problem)
        return Call(told.retry, told.timeout, told.check_totals, told.gate, told.sending)

    def told(self, options: Any) -> "Settings":
        """These settings with `options`. Removes the headers from the options, because a traceback shows those."""
        return self._replace(
            sending=self.sending.plus(options.pop("headers", {})),
            timeout=_parts(options["timeout"]) if "timeout" in options else self.timeout,
            retry=options.get("retry", self.retry),
            check_totals=options.get("check_totals", self.check_totals),
        )

    def problem(self) -> str | None:
        """What is wrong with them, without quoting a secret."""
        if problem := self.sending.problem():
            return problem
        for part in self.timeout.values():
            is_number = isinstance(part, int | float) and not isinstance(part, bool)
            if part is not None and not (is_number and 0 < part <= LONGEST_TIMEOUT_SECONDS):
                advice = "a number of seconds, above 0 and at most a day, or an httpx.Timeout of such numbers"
                return f"timeout must be {advice}"
        if not isinstance(self.retry, RetryPolicy):
            return "retry must be a RetryPolicy, such as RetryPolicy(attempts=2) or RetryPolicy.none()"
        if not isinstance(self.gate, Gate):
            return "gate must be a Gate, such as Gate(rate=50)"
        return None if isinstance(self.check_totals, bool) else "check_totals must be True or False"


def read_settings(api_key: str | None, options: Any, client: object, kind: str) -> Settings | str:
    """The settings, or what is wrong with them. It is returned, because a traceback from here would show the keys.

    A caller's own `client` must be this `kind` of client.
    """
    # An empty key is a mistake. The key of the environment would hide it.
    api_key = os.environ.get("IMPRINT_API_KEY") if api_key is None else api_key
    merchant_key = options.get("merchant_key", os.environ.get("IMPRINT_MERCHANT_KEY") or None)
    keys = Credentials(api_key, merchant_key, options.get("auth", "bearer"))
    base_url = options.get("base_url", os.environ.get("IMPRINT_BASE_URL") or CONTRACT["servers"][0]["url"])
    allow_http = options.get("allow_insecure_http", os.environ.get("IMPRINT_ALLOW_INSECURE_HTTP") == "1")
    seconds = {"timeout": DEFAULT_TIMEOUT_SECONDS, "retry": RetryPolicy().deadline}
    for option, variable in (("timeout", "IMPRINT_TIMEOUT"), ("retry", "IMPRINT_RETRY_DEADLINE")):
        if option not in options and (text := os.environ.get(variable)):
            if not re.fullmatch(r"\d{1,5}(\.\d{1,9})?", text, re.ASCII) or not float(text):
                return f"the environment variable {variable} must be a number of seconds above 0, such as 2.5"
            seconds[option] = float(text)
    timeout, retry = _parts(seconds["timeout"]), RetryPolicy(deadline=seconds["retry"])
    gate, limits = Gate() if options.get("gate") is None else options["gate"], options.get("limits", LIMITS)
    settings = Settings(base_url, keys, keys, timeout, retry, True, gate, limits).told(options)
    problem = _unknown(options, ClientOptions) or settings.problem() or _url_problem(base_url, allow_http, keys)
    if not problem and client is not None and not module_of(client, kind):
        problem = f"http_client must be an httpx.{kind} or httpx2.{kind}; it is {type(client)}"
    if not problem and (not module_of(limits, "Limits") or (client is not None and "limits" in options)):
        problem = "limits must be an httpx.Limits or httpx2.Limits. For an http_client of your own, give them to it"
    return problem or settings._replace(base_url=base_url.rstrip("/"))


def _unknown(options: Mapping[str, Any], known: type) -> str | None:
    unknown = ", ".join(sorted(options.keys() - known.__annotations__.keys()))
    return f"unknown argument: {unknown}" if unknown else None


def _url_problem(base_url: object, allow_http: object, credentials: Credentials) -> str | None:
    """Quotes no more of it than scheme and host: a key may have got into it."""
    found = _URL.fullmatch(base_url) if isinstance(base_url, str) else None
    if found is None:
        beyond = isinstance(base_url, str) and re.match("https?://.*[@?#]", base_url, re.IGNORECASE)
        return f"the base URL {'must not have a user, query or fragment' if beyond else 'is not an absolute https URL'}"
    if not all(0 < len(label) < 64 for label in found["host"].split(".")) or int(found["port"] or 443) > 65535:
        return "the base URL is not an absolute https URL: no host or port can have this name"
    if found["scheme"].lower() == "http" and not (allow_http is True or _is_loopback(found["host"].strip("[]"))):
        return (
            "the base URL must be https unless its host is loopback; it is http, and its host is "
            f"{credentials.mask_host(found['host'])}. For a sandbox in another container use "
            "allow_insecure_http=True or IMPRINT_ALLOW_INSECURE_HTTP=1; the API key is then sent unencrypted"
        )
    return None


def _is_loopback(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(timeout: Any) -> dict[str, Any]:
    """The timeouts for connect, read, write and pool. None means no limit; only an httpx.Timeout can have it."""
    if hasattr(timeout, "as_dict"):
        return dict(timeout.as_dict())
    connect = min(timeout, CONNECT_SECONDS) if isinstance(timeout, int | float) else 0
    return {"connect": connect, **dict.fromkeys(("read", "write", "pool"), timeout or 0)}
