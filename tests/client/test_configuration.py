"""How a client is made, what it then sends, and how it ends."""

import asyncio
import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import httpx
import imprint_client
import pytest
from imprint_client import (
    UNSET,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncImprint,
    ConfigurationError,
    Imprint,
    InvalidRequestError,
    OutcomeUnknownError,
    RetryPolicy,
    delivery,
)
from imprint_client import wire as wires
from imprint_client.settings import CONTRACT
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import NO_TLS, Blocking, Clock, Flavour, make_event, make_order

from .conftest import Wire

Connect = Callable[..., Flavour]
Client = Any  # Imprint or AsyncImprint, which many of these tests give what their types refuse

each_client = pytest.mark.parametrize("client", [Imprint, AsyncImprint])


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make()
    return str(caught.value)


def find_with(client: Client, wire: Wire, **options: Any) -> dict[str, str]:
    """The headers with which a client that is made with `options` looks something up."""
    return find(client(**{"base_url": wire.url, **options}), wire)


def find(client: Imprint | AsyncImprint, wire: Wire) -> dict[str, str]:
    if isinstance(client, Imprint):
        with client:
            client.order_events.find(partner_event_id="e-1")
    else:

        async def run() -> None:
            async with client:
                await client.order_events.find(partner_event_id="e-1")

        asyncio.run(run())
    return wire.headers[-1]


# --- The keys ---------------------------------------------------------------------------------------------------------


@each_client
def test_the_api_key_is_a_bearer_token(client: Client, wire: Wire) -> None:
    assert find_with(client, wire, api_key="k-1")["authorization"] == "Bearer k-1"
    assert find_with(client, wire, api_key="k-1", auth="bearer")["authorization"] == "Bearer k-1"


@each_client
def test_basic_sends_the_key_as_user_name_with_an_empty_password(client: Client, wire: Wire) -> None:
    # base64 of "k-1:"
    assert find_with(client, wire, api_key="k-1", auth="basic")["authorization"] == "Basic ay0xOg=="


@pytest.mark.parametrize("auth", ["bearer", "basic"])
def test_the_sandbox_takes_both(sandbox: Sandbox, connect: Connect, auth: str) -> None:
    assert connect(sandbox, auth=auth).find(partner_event_id="e-1") is None


@each_client
def test_the_environment_is_read_when_the_client_is_made(
    client: Client, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("k-1", "k-2"):
        monkeypatch.setenv("IMPRINT_API_KEY", key)
        monkeypatch.setenv("IMPRINT_MERCHANT_KEY", f"m-{key}")
        monkeypatch.setenv("IMPRINT_BASE_URL", f"{wire.url}/{key}")
        made = client()
        monkeypatch.setenv("IMPRINT_API_KEY", "too late")
        monkeypatch.setenv("IMPRINT_MERCHANT_KEY", "too late")
        monkeypatch.setenv("IMPRINT_BASE_URL", "too late")

        headers = find(made, wire)

        assert headers["authorization"] == f"Bearer {key}"
        assert headers["x-imprint-merchant-key"] == f"m-{key}"
        assert wire.paths[-1].startswith(f"/{key}/v2/order_events?")


@each_client
def test_an_argument_goes_before_the_environment(client: Client, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IMPRINT_API_KEY", "IMPRINT_MERCHANT_KEY", "IMPRINT_BASE_URL"):
        monkeypatch.setenv(name, "https://not-this-one.example")

    headers = find_with(client, wire, api_key="k-1", merchant_key="m-1")

    assert (headers["authorization"], headers["x-imprint-merchant-key"]) == ("Bearer k-1", "m-1")


@each_client
def test_without_a_merchant_key_there_is_no_such_header(client: Client, wire: Wire) -> None:
    assert "x-imprint-merchant-key" not in find_with(client, wire, api_key="k-1")


@each_client
@pytest.mark.parametrize("in_environment", [None, ""])
@pytest.mark.parametrize("key", [None, ""])
def test_a_key_is_needed(
    client: Client, monkeypatch: pytest.MonkeyPatch, key: str | None, in_environment: str | None
) -> None:
    if in_environment is not None:
        monkeypatch.setenv("IMPRINT_API_KEY", in_environment)

    message = refusal(lambda: client(key))

    assert "IMPRINT_API_KEY" in message
    assert "api_key=" in message


@each_client
def test_an_empty_key_that_is_given_does_not_make_way_for_another(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPRINT_API_KEY", "another")

    assert "IMPRINT_API_KEY" in refusal(lambda: client(""))


UNFIT_KEYS: list[Any] = [
    "k-1\n",
    "k-1\r\n",
    "\nk-1",
    "k 1",
    " k-1",
    "k-1\t",
    "k\x00",
    "k\x7f",
    "ké",
    "k\u200b",
    "\ud800",
]
UNFIT_KEYS += [b"k-1", 5, True, ["k-1"], {"k": 1}, 1.5, object]


@each_client
@pytest.mark.parametrize("option", ["api_key", "merchant_key"])
@pytest.mark.parametrize("key", UNFIT_KEYS, ids=ascii)
def test_a_key_that_is_not_visible_ascii_is_refused_without_being_quoted(client: Client, option: str, key: Any) -> None:
    message = refusal(lambda: client(**{"api_key": "k-2", option: key}))

    assert f"the {option.replace('_', ' ').replace('api', 'API')} has characters other than visible ASCII" in message
    assert str(key).strip() not in message


@each_client
@pytest.mark.parametrize("variable", ["IMPRINT_API_KEY", "IMPRINT_MERCHANT_KEY"])
def test_a_line_end_is_refused_from_the_environment_too(
    client: Client, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("IMPRINT_API_KEY", "k-1")
    monkeypatch.setenv(variable, "k-1\n")

    assert "line break" in refusal(client)


@each_client
@pytest.mark.parametrize("auth", ["Bearer", "digest", "", None, 5, ["bearer"], b"basic"])
def test_auth_is_bearer_or_basic(client: Client, auth: Any) -> None:
    assert refusal(lambda: client("k-1", auth=auth)) == "auth must be 'bearer' or 'basic'"


def words(text: str) -> list[str]:
    return text.split()


# --- The base URL -----------------------------------------------------------------------------------------------------


@each_client
def test_the_base_url_is_the_contracts_server_if_none_is_given(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = CONTRACT["servers"][0]["url"]

    assert repr(client("k-1")) == f"<{client.__name__} {expected}>"
    monkeypatch.setenv("IMPRINT_BASE_URL", "")
    assert repr(client("k-1")) == f"<{client.__name__} {expected}>"


FIT_URLS = words("""
    https://imprint.example https://imprint.example:8443 https://imprint.example/prefix HTTPS://IMPRINT.EXAMPLE
    https://127.0.0.1 https://[2001:db8::1]:8443
    http://localhost http://localhost:8080/prefix http://LOCALHOST http://127.0.0.1 http://127.255.255.254:1 http://[::1]
    http://[::1]:8080""")


@each_client
@pytest.mark.parametrize("url", FIT_URLS)
def test_a_base_url_is_https_or_http_on_loopback(client: Client, url: str) -> None:
    assert repr(client("k-1", base_url=url)) == f"<{client.__name__} {url}>"


UNFIT_URLS: dict[str, list[Any]] = {
    "must be https": words("""
        http://imprint.example http://imprint.example:443 http://127.0.0.1.imprint.example http://localhost.example
        http://127.0.0.1.evil.com http://localhost.evil http://notlocalhost http://128.0.0.1 http://0.0.0.0 http://[::]
        http://[::2] http://10.0.0.1 http://192.168.0.1 http://169.254.0.1 http://127.1 http://2130706433 http://0x7f.1"""),
    "has a user, a query or a fragment": words("""
        https://user@imprint.example https://user:pass@imprint.example https://:pass@imprint.example
        http://user@127.0.0.1 http://127.0.0.1@imprint.example http://localhost:80@imprint.example
        https://127.0.0.1\\@imprint.example https://%40@imprint.example
        https://imprint.example?key=v https://imprint.example/? https://imprint.example?
        https://imprint.example#part https://imprint.example# https://imprint.example/# https://imprint.example?#
        http://127.0.0.1?x"""),
    "is not an absolute https URL": [
        *words(
            "http://127.0.0.1%2eevil.com http://127.0.0.1%00.evil.com http://localhost%2eevil.com https://@imprint.example"
        ),
        *words(
            "https://imprint..example https://. https://- https://imprint.example:99999 https://imprint.example:65536"
        ),
        "https://" + "a" * 64 + ".example",
        "https://im print.example",
        "",
        *words("http://127.0.0.1%2eevil.com http://127.0.0.1%00.evil.com http://localhost%2eevil.com"),
        *words("imprint.example imprint.example:443 //imprint.example /v2 ftp://imprint.example file:///etc/passwd"),
        *words("javascript:alert(1) https: https:/ https:// https:///v2 https:imprint.example https://:443"),
        *words("ws://127.0.0.1 httpss://imprint.example https://[::1 https://[imprint] https://imprint.example:port"),
        "http\u017f://imprint.example",  # the long s is an s to a comparison that ignores case
        "https://imprint.example:\u0664\u0664\u0663",
        "https://imprint.example\n",
        "https://imprint.example\r\nX: y",
        " https://imprint.example",
        "https://\ud800",
        "https://\u200b",
        "https://" + "a" * 70_000,
        "nonsense",
        b"https://imprint.example",
        5,
        ["https://imprint.example"],
        httpx.URL("https://imprint.example"),
    ],
}


@each_client
@pytest.mark.parametrize(
    ("url", "problem"),
    [(url, problem) for problem, urls in UNFIT_URLS.items() for url in urls],
    ids=lambda value: ascii(value)[:50],
)
def test_any_other_base_url_is_refused_without_being_quoted(
    client: Client, monkeypatch: pytest.MonkeyPatch, url: Any, problem: str
) -> None:
    message = refusal(lambda: client("k-1", base_url=url))

    assert message.startswith("the base URL ")
    assert ("must be https" in message) == (problem == "must be https")
    assert not url or str(url) not in message
    if isinstance(url, str) and url and url.isascii():
        monkeypatch.setenv("IMPRINT_BASE_URL", url)
        assert refusal(lambda: client("k-1")) == message


@each_client
def test_plain_http_to_another_host_is_allowed_only_by_name(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://imprint:8420"
    advice = "its host is imprint. For a sandbox in another container use allow_insecure_http=True"
    for unclear in ({}, {"allow_insecure_http": "yes"}, {"allow_insecure_http": False}):
        assert advice in refusal(lambda: client("k-1", base_url=url, **unclear))  # noqa: B023 - called at once
    assert repr(client("k-1", base_url=url, allow_insecure_http=True)) == f"<{client.__name__} {url}>"
    monkeypatch.setenv("IMPRINT_ALLOW_INSECURE_HTTP", "1")
    assert repr(client("k-1", base_url=url)) == f"<{client.__name__} {url}>"
    assert advice in refusal(lambda: client("k-1", base_url=url, allow_insecure_http=False))
    assert "user, query or fragment" in refusal(lambda: client("k-1", base_url="http://u:secret@imprint"))


@each_client
def test_timeout_and_deadline_can_come_from_the_environment(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPRINT_TIMEOUT", "2.5")
    monkeypatch.setenv("IMPRINT_RETRY_DEADLINE", "7")
    settings = client("k-1")._settings
    assert (settings.timeout["read"], settings.retry) == (2.5, RetryPolicy(deadline=7))
    settings = client("k-1", timeout=3, retry=RetryPolicy(attempts=1))._settings
    assert (settings.timeout["read"], settings.retry) == (3, RetryPolicy(attempts=1))


@each_client
@pytest.mark.parametrize("name", ["IMPRINT_TIMEOUT", "IMPRINT_RETRY_DEADLINE"])
@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e3", "30s", " "])
def test_seconds_in_the_environment_that_make_no_sense_are_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    assert name in refusal(lambda: client("k-1"))


@each_client
@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("", "/v2/order_events"),
        ("/", "/v2/order_events"),
        ("//", "/v2/order_events"),
        ("/prefix", "/prefix/v2/order_events"),
        ("/prefix/", "/prefix/v2/order_events"),
        ("/two/parts//", "/two/parts/v2/order_events"),
    ],
)
def test_the_path_of_the_base_url_is_kept_and_slashes_at_its_end_are_not(
    client: Client, wire: Wire, path: str, asked: str
) -> None:
    find_with(client, wire, api_key="k-1", base_url=wire.url + path)

    assert wire.paths == [f"{asked}?partner_event_id=e-1&limit=10"]


# --- Timeouts, retries, and what there is not -------------------------------------------------------------------------


def timeouts_of(connect: Connect, server: Any, options: dict[str, Any], call: dict[str, Any]) -> dict[str, float]:
    """The timeouts with which a request leaves, as httpx is told them."""
    seen: list[dict[str, float]] = []

    def keep(request: httpx.Request) -> None:
        seen.append(request.extensions["timeout"])

    async def keep_async(request: httpx.Request) -> None:
        keep(request)

    # Which flavour it is, is known only from what it refuses.
    try:
        client = connect(server, http_client=httpx.Client(verify=NO_TLS, event_hooks={"request": [keep]}), **options)
    except ConfigurationError:
        client = connect(
            server, http_client=httpx.AsyncClient(verify=NO_TLS, event_hooks={"request": [keep_async]}), **options
        )
    client.find(partner_event_id="e-1", **call)
    return seen[0]


DEFAULT_TIMEOUTS = {"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 30.0}
OF_HTTPX = httpx.Timeout(1.0, connect=2.0, read=3.0)
TIMEOUTS: list[tuple[dict[str, Any], dict[str, Any], dict[str, float]]] = [
    ({}, {}, DEFAULT_TIMEOUTS),
    ({"timeout": 10}, {}, {"connect": 5.0, "read": 10, "write": 10, "pool": 10}),
    ({"timeout": 2.5}, {}, dict.fromkeys(DEFAULT_TIMEOUTS, 2.5)),
    ({"timeout": OF_HTTPX}, {}, {"connect": 2.0, "read": 3.0, "write": 1.0, "pool": 1.0}),
    ({"timeout": 10}, {"timeout": 20}, {"connect": 5.0, "read": 20, "write": 20, "pool": 20}),
    ({}, {"timeout": OF_HTTPX}, {"connect": 2.0, "read": 3.0, "write": 1.0, "pool": 1.0}),
    ({"timeout": 90}, {}, {"connect": 5.0, "read": 60.0, "write": 60.0, "pool": 60.0}),
    ({"timeout": 90, "retry": RetryPolicy.none()}, {}, {"connect": 5.0, "read": 90, "write": 90, "pool": 90}),
    ({}, {"retry": RetryPolicy(deadline=4)}, dict.fromkeys(DEFAULT_TIMEOUTS, 4)),
]


@pytest.mark.parametrize(("options", "call", "expected"), TIMEOUTS, ids=repr)
@pytest.mark.filterwarnings("ignore:unclosed")  # the httpx client of this test
def test_timeouts_are_those_of_the_call_or_of_the_client_cut_to_the_deadline(
    wire: Wire, connect: Connect, options: dict[str, Any], call: dict[str, Any], expected: dict[str, float]
) -> None:
    assert timeouts_of(connect, wire, options, call) == expected


def test_a_timeout_of_a_call_goes_before_the_clients(sandbox: Sandbox, connect: Connect) -> None:
    client = connect(sandbox, timeout=3600, retry=RetryPolicy.none())
    sandbox.fail("listOrderEvents", SandboxFault(delay=3600))

    with pytest.raises(APITimeoutError):
        client.find(partner_event_id="e-1", timeout=0.05)


UNFIT_OPTIONS: dict[str, list[Any]] = {
    "timeout": [
        *[0, -1, -0.5, float("nan"), float("inf"), float("-inf"), True, "30", None, (1, 2), [1], b"1", 1e300],
        *[httpx.Timeout(-1), httpx.Timeout(5, read=0), httpx.Timeout(float("nan")), httpx.Timeout(1e300), 10**400],
    ],
    "retry": [None, 3, True, {}, "none", RetryPolicy],
    "no_such_option": [1],
    "apikey": ["k-1"],
}
UNFIT_SWITCHES: list[Any] = ["false", "no", 0, 1, None]
CALLS: dict[str, Callable[[Flavour, dict[str, Any]], object]] = {
    "create": lambda client, options: client.create(make_event(), **options),
    "create_order": lambda client, options: client.create_order(make_order(), **options),
    "ensure": lambda client, options: client.ensure(make_event(), **options),
    "find": lambda client, options: client.find(partner_event_id="e-1", **options),
    "list": lambda client, options: client.list(**options),
    "delete": lambda client, options: client.delete("event-1", **options),
    "ensure_order": lambda client, options: client.ensure_order(make_order(), **options),
    "update_order": lambda client, options: client.update_order("order-1", make_order(), **options),
    "delete_order": lambda client, options: client.delete_order("order-1", **options),
    "find_order": lambda client, options: client.find_order(id="order-1", **options),
    "list_orders": lambda client, options: client.list_orders(**options),
}


@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in UNFIT_OPTIONS.items() for value in values], ids=repr
)
def test_an_option_that_is_wrong_or_unknown_is_refused_before_anything_is_sent(
    sandbox: Sandbox, connect: Connect, option: str, value: Any
) -> None:
    client = connect(sandbox)
    makers: list[Callable[[], object]] = [lambda: connect(sandbox, **{option: value})]
    makers += [lambda call=call: call(client, {option: value}) for call in CALLS.values()]  # type: ignore[misc]

    for make in makers:
        message = refusal(make)

        assert option in message
    assert sandbox.requests == []


@pytest.mark.parametrize("value", UNFIT_SWITCHES, ids=repr)
def test_switches_are_true_or_false_and_nothing_like_it(sandbox: Sandbox, connect: Connect, value: Any) -> None:
    client = connect(sandbox)

    assert "check_totals" in refusal(lambda: connect(sandbox, check_totals=value))
    assert "check_totals" in refusal(lambda: client.create(make_event(), check_totals=value))
    assert "resend_unknown" in refusal(lambda: RetryPolicy(resend_unknown=value))
    assert sandbox.requests == []


@each_client
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTPS_PROXY", "socks9://127.0.0.1:1"),
        ("HTTPS_PROXY", "nonsense://x"),
        ("HTTPS_PROXY", "http://host:port/"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_an_environment_with_which_no_http_client_can_be_made_is_a_clear_error(
    client: Client, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    wires._ssl_context.cache_clear()  # it is made once for a process

    message = refusal(lambda: client("k-1"))

    monkeypatch.undo()
    client("k-1")
    assert "proxy variables" in message


@each_client
@pytest.mark.filterwarnings("ignore:unclosed")  # of the client that found nobody
def test_what_goes_to_this_machine_goes_to_no_proxy_where_it_would_be_read(
    client: Client, wire: Wire, serve: Callable[..., Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve()
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, proxy.url)

    find_with(client, wire, api_key="k-1")

    assert proxy.received == []


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_what_goes_elsewhere_goes_through_the_proxy_of_the_environment(
    connect: Callable[..., Flavour], serve: Callable[..., Wire], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    proxy = serve(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv(variable, proxy.url)
    client = connect(SimpleNamespace(url="https://api.example.test", api_key="k-1"), retry=RetryPolicy.none())

    with pytest.raises(APIConnectionError):
        client.find(partner_event_id="e-1")

    assert [request.partition(b"\r\n")[0] for request in proxy.received] == [b"CONNECT api.example.test:443 HTTP/1.1"]


UNFIT_POLICIES: dict[str, list[Any]] = {
    "attempts": [0, -1, 1.0, 2.5, True, "3", None, float("inf")],
    **{
        name: [-1, -0.1, float("nan"), float("inf"), True, "1", None]
        for name in ("deadline", "first_wait", "longest_wait")
    },
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in UNFIT_POLICIES.items() for value in values], ids=repr
)
def test_a_retry_policy_has_sensible_numbers(field: str, value: Any) -> None:
    assert refusal(lambda: RetryPolicy(**{field: value})).startswith(f"RetryPolicy: {field} is ")


def test_a_retry_policy_cannot_be_changed_behind_the_clients_back() -> None:
    with pytest.raises(AttributeError):
        RetryPolicy().attempts = 0  # type: ignore[misc]


# --- A caller's own httpx client --------------------------------------------------------------------------------------


@pytest.mark.parametrize("http_client", [httpx.AsyncClient, httpx.Client, 5, "https://proxy", httpx, object()])
def test_an_http_client_is_of_the_same_flavour(http_client: Any) -> None:
    given = http_client() if isinstance(http_client, type) else http_client
    for client, kind in ((Imprint, httpx.Client), (AsyncImprint, httpx.AsyncClient)):
        if not isinstance(given, kind):
            message = refusal(lambda client=client: client("k-1", http_client=given))  # type: ignore[misc]

            assert f"httpx.{kind.__name__}" in message
            assert type(given).__name__ in message


class Own:
    """A caller's own httpx client of one flavour, with everything set that the client must not take over."""

    def __init__(self, flavour: str, wire: Wire, **options: Any) -> None:
        self.requests: list[httpx.Request] = []
        self.responses: list[httpx.Response] = []
        self.is_sync = flavour == "sync"
        kind: Any = httpx.Client if self.is_sync else httpx.AsyncClient
        hooks: Any = self._hooks() if self.is_sync else self._async_hooks()
        settings: dict[str, Any] = {
            "headers": {"X-Own": "1", "User-Agent": "own", "Authorization": "own", "Accept": "own"},
            "auth": ("own", "password"),
            "timeout": 77.0,
            "cookies": {"own": "cookie"},
            "follow_redirects": True,
            "base_url": "http://localhost:1/own",
            "event_hooks": hooks,
            "verify": NO_TLS,
        }
        self.http: Any = kind(**settings | options)
        made = Imprint if self.is_sync else AsyncImprint
        self.imprint: Any = made("k-1", base_url=wire.url, http_client=self.http, retry=RetryPolicy.none())

    def state(self) -> dict[str, Any]:
        return {
            "headers": dict(self.http.headers),
            "timeout": self.http.timeout,
            "auth": self.http.auth,
            "cookies": dict(self.http.cookies),
            "follow_redirects": self.http.follow_redirects,
            "base_url": self.http.base_url,
            "hooks": {name: list(hooks) for name, hooks in self.http.event_hooks.items()},
            "trust_env": self.http.trust_env,
            "closed": self.http.is_closed,
            "params": self.http.params,
        }

    def use(self, call: Callable[[], Any]) -> Any:
        """Call, close the Imprint, and note the state of the httpx client before it is closed."""
        if self.is_sync:
            try:
                return call()
            finally:
                self.imprint.close()
                self.left = self.state()
                self.http.close()

        async def run() -> Any:
            try:
                return await call()
            finally:
                await self.imprint.aclose()
                self.left = self.state()
                await self.http.aclose()

        return asyncio.run(run())

    def _hooks(self) -> dict[str, list[Callable[..., None]]]:
        return {"request": [self.requests.append], "response": [self.responses.append]}

    def _async_hooks(self) -> dict[str, list[Callable[..., Awaitable[None]]]]:
        async def on_request(request: httpx.Request) -> None:
            self.requests.append(request)

        async def on_response(response: httpx.Response) -> None:
            self.responses.append(response)

        return {"request": [on_request], "response": [on_response]}


each_flavour = pytest.mark.parametrize("flavour", ["sync", "async"])


@each_flavour
def test_a_callers_own_http_client_is_neither_changed_nor_closed(flavour: str, wire: Wire) -> None:
    own = Own(flavour, wire)
    before = own.state()

    own.use(lambda: own.imprint.order_events.find(partner_event_id="e-1"))

    assert own.left == before
    assert own.left["closed"] is False


@each_flavour
def test_the_headers_cookies_and_hooks_of_a_callers_http_client_are_used_and_its_auth_and_timeout_are_not(
    flavour: str, wire: Wire
) -> None:
    own = Own(flavour, wire)

    own.use(lambda: own.imprint.order_events.find(partner_event_id="e-1"))

    [headers], [request], [response] = wire.headers, own.requests, own.responses
    assert (headers["x-own"], headers["cookie"]) == ("1", "own=cookie")
    assert headers["authorization"] == "Bearer k-1"
    assert headers["user-agent"].startswith("imprint-client/")
    assert headers["accept"] == "application/json"
    assert request.extensions["timeout"] == DEFAULT_TIMEOUTS
    assert response.status_code == 200


@each_flavour
def test_a_callers_http_client_that_follows_redirects_does_not_follow_them_here(
    flavour: str, serve: Callable[..., Wire]
) -> None:
    elsewhere = serve()
    wire = serve(f"HTTP/1.1 307 Elsewhere\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n".encode())
    own = Own(flavour, wire)

    with pytest.raises(APIStatusError) as caught:
        own.use(lambda: own.imprint.order_events.create(make_event(partner_event_id=UNSET)))

    assert caught.value.status_code == 307
    assert elsewhere.received == []
    assert len(wire.received) == 1


@each_flavour
def test_a_callers_http_client_that_is_closed_is_a_clear_error(flavour: str, wire: Wire) -> None:
    own = Own(flavour, wire)
    if own.is_sync:
        own.http.close()
    else:
        asyncio.run(own.http.aclose())

    with pytest.raises(ConfigurationError, match="closed"):
        own.use(lambda: own.imprint.order_events.find(partner_event_id="e-1"))

    assert wire.received == []


# --- Lifetime ---------------------------------------------------------------------------------------------------------


def test_use_after_close_is_a_clear_error(sandbox: Sandbox, connect: Connect) -> None:
    for call in CALLS.values():
        client = connect(sandbox)
        imprint: Any = client.imprint  # type: ignore[attr-defined]
        client.find(partner_event_id="e-1")
        arrived = len(sandbox.requests)
        if isinstance(client, Blocking):
            client.close()
        else:
            client._loop.run(imprint.aclose())  # type: ignore[attr-defined]

        assert "closed" in refusal(lambda client=client, call=call: call(client, {}))  # type: ignore[misc]
        assert len(sandbox.requests) == arrived


def test_a_client_that_is_closed_while_a_call_waits_is_a_clear_error_and_no_outcome_is_lost(
    sandbox: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(operation: str) -> None:
        imprint = Imprint(sandbox.api_key, base_url=sandbox.url)
        monkeypatch.setattr(delivery, "seam", clock.seam._replace(sleep=lambda _: imprint.close()))
        use(imprint, operation)

    async def call_async(operation: str) -> None:
        async with AsyncImprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            monkeypatch.setattr(delivery, "seam", clock.seam._replace(sleep_async=lambda _: imprint.aclose()))
            await use(imprint, operation)

    def use(imprint: Any, operation: str) -> Any:
        events = imprint.order_events
        return events.find(partner_event_id="e-1") if operation == "find" else events.create(make_event())

    for caller in (call, lambda operation: asyncio.run(call_async(operation))):
        for operation, expected in (("find", ConfigurationError), ("create", OutcomeUnknownError)):
            sandbox.fail("postOrderEvent", SandboxFault(status=500))
            sandbox.fail("listOrderEvents", SandboxFault(status=500))
            with pytest.raises(expected):
                caller(operation)
            sandbox.reset()


def test_a_context_manager_closes_on_any_way_out(sandbox: Sandbox) -> None:
    clients: list[Any] = []

    def use() -> None:
        with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            clients.append(imprint)
            assert imprint.order_events.find(partner_event_id="e-1") is None
            raise KeyError

    async def use_async() -> None:
        async with AsyncImprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            clients.append(imprint)
            assert await imprint.order_events.find(partner_event_id="e-1") is None
            raise KeyError

    with pytest.raises(KeyError):
        use()
    with pytest.raises(KeyError):
        asyncio.run(use_async())

    blocking, awaiting = (client._transport._direct for client in clients)
    assert [pool.connections for pool in (blocking._pool, *(lane._pool for lane in awaiting._idle))] == [[], []]


def one_connection(sandbox: Sandbox) -> AsyncImprint:
    limits = httpx.Limits(max_connections=1)
    return AsyncImprint(sandbox.api_key, base_url=sandbox.url, retry=RetryPolicy.none(), limits=limits)


def test_what_waits_for_a_connection_while_the_client_is_closed_is_never_sent(sandbox: Sandbox) -> None:
    sandbox.fail("createOrder", SandboxFault(delay=3600))

    async def close_while_one_waits() -> tuple[Any, Any]:
        async with one_connection(sandbox) as imprint:
            running = asyncio.create_task(imprint.orders.create(make_order()))
            await asyncio.to_thread(sandbox.wait_for_requests, 1)
            waiting = asyncio.create_task(imprint.orders.create(make_order(partner_order_id="o-2")))
            await asyncio.sleep(0)
        return await asyncio.gather(running, waiting, return_exceptions=True)

    running, waiting = asyncio.run(close_while_one_waits())

    assert isinstance(running, OutcomeUnknownError)
    assert isinstance(waiting, ConfigurationError)
    assert len(sandbox.requests) == 1


def test_all_connections_taken_for_too_long_is_a_timeout_of_what_was_never_sent(sandbox: Sandbox) -> None:
    sandbox.fail("createOrder", SandboxFault(delay=3600))

    async def wait_in_vain() -> None:
        async with one_connection(sandbox) as imprint:
            running = asyncio.create_task(imprint.orders.create(make_order()))
            await asyncio.to_thread(sandbox.wait_for_requests, 1)
            with pytest.raises(APITimeoutError, match="PoolTimeout"):
                await imprint.orders.create(make_order(), timeout=0.01)
            running.cancel()

    asyncio.run(wait_in_vain())

    assert len(sandbox.requests) == 1


def test_closing_twice_is_no_error(sandbox: Sandbox) -> None:
    async def close_twice() -> None:
        imprint = AsyncImprint(sandbox.api_key, base_url=sandbox.url)
        await imprint.aclose()
        await imprint.aclose()

    imprint = Imprint(sandbox.api_key, base_url=sandbox.url)
    imprint.close()
    imprint.close()
    asyncio.run(close_twice())


@each_client
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps], ids=lambda way: way.__name__)
def test_a_client_refuses_to_be_copied_or_pickled(client: Client, way: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match=f"{client.__name__} cannot be copied or pickled"):
        way(client("k-1"))


# --- Sharing ----------------------------------------------------------------------------------------------------------


def test_threads_share_a_client(sandbox: Sandbox, clock: Clock) -> None:
    threads, each = 16, 4

    with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint:
        order = imprint.orders.create(make_order()).id
        # So few that none can use up the attempts of one call.
        sandbox.fail("postOrderEvent", SandboxFault(status=429), times=3)

        def work(thread: int) -> list[str | None]:
            sent = [
                make_event(order, f"e-{thread}-{number}", currency=f"TA{chr(65 + thread)}") for number in range(each)
            ]
            recorded = [imprint.order_events.create(event) for event in sent]
            found = [imprint.order_events.find(partner_event_id=event.partner_event_id or "") for event in sent]
            assert found == recorded
            return [event.partner_event_id or None for event in recorded]

        with ThreadPoolExecutor(threads) as pool:
            mine = list(pool.map(work, range(threads)))
        listed = [event.partner_event_id for event in imprint.order_events.list(order_id=order)]

    expected = {f"e-{thread}-{number}" for thread in range(threads) for number in range(each)}
    assert mine == [[f"e-{thread}-{number}" for number in range(each)] for thread in range(threads)]
    assert len(sandbox.events) == len(listed) == threads * each
    assert set(listed) == expected


def test_tasks_share_a_client(sandbox: Sandbox, clock: Clock) -> None:
    tasks = 100

    async def run() -> list[Any]:
        async with AsyncImprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            order = (await imprint.orders.create(make_order())).id
            sandbox.fail("postOrderEvent", SandboxFault(status=429), times=3)

            async def work(number: int) -> Any:
                recorded = await imprint.order_events.create(make_event(order, f"e-{number}"))
                assert await imprint.order_events.find(partner_event_id=f"e-{number}") == recorded
                return recorded.partner_event_id

            return await asyncio.gather(*map(work, range(tasks)))

    assert asyncio.run(run()) == [f"e-{number}" for number in range(tasks)]
    assert len(sandbox.events) == tasks


def test_an_async_client_refuses_another_event_loop_before_anything_is_sent(sandbox: Sandbox) -> None:
    for http_client in (None, httpx.AsyncClient(verify=NO_TLS)):
        with asyncio.Runner() as home:
            imprint = AsyncImprint(sandbox.api_key, base_url=sandbox.url, http_client=http_client)
            home.run(imprint.orders.create(make_order()))
            arrived = len(sandbox.requests)

            for call in (imprint.orders.create, imprint.orders.ensure):
                with pytest.raises(ConfigurationError, match="is for another event loop; make one in each"):
                    asyncio.run(call(make_order()))
            with pytest.raises(ConfigurationError, match="is for another event loop"):
                asyncio.run(imprint.aclose())

            assert len(sandbox.requests) == arrived
            home.run(imprint.aclose())
            if http_client:
                home.run(http_client.aclose())


# --- Who it says it is ------------------------------------------------------------------------------------------------


@each_client
def test_the_user_agent_names_the_version_of_the_distribution(client: Client, wire: Wire) -> None:
    agent = find_with(client, wire, api_key="k-1")["user-agent"]

    assert agent.split()[0] == f"imprint-client/{version('imprint-client')}"


def test_versions_are_of_the_distribution_and_of_the_contract() -> None:
    assert imprint_client.__version__ == version("imprint-client")
    assert CONTRACT["info"]["version"] == imprint_client.API_VERSION


def test_importing_reads_no_environment() -> None:
    program = (
        "import os, imprint_client\n"
        "os.environ['IMPRINT_API_KEY'] = 'k-1'; os.environ['IMPRINT_BASE_URL'] = 'https://late.example'\n"
        "print(imprint_client.Imprint())"
    )
    environment = {**os.environ, "IMPRINT_API_KEY": "unfit\n", "IMPRINT_BASE_URL": "unfit", "IMPRINT_MERCHANT_KEY": "m"}

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) == ("<Imprint https://late.example>", "")


def test_switching_sums_off_is_for_a_client_or_a_call(sandbox: Sandbox, connect: Connect) -> None:
    wrong = make_order(total_order_amount=1)
    lax = connect(sandbox, check_totals=False)

    for client, options in ((lax, {"check_totals": True}), (connect(sandbox), {})):
        with pytest.raises(InvalidRequestError):
            client.create_order(wrong, **options)
    assert sandbox.requests == []
    sandbox.fail("createOrder", SandboxFault(status=400), times=2)
    for client, options in ((lax, {}), (connect(sandbox), {"check_totals": False})):
        with pytest.raises(APIStatusError):
            client.create_order(wrong, **options)
    assert len(sandbox.requests) == 2
