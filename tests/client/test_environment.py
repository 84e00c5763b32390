"""Plain http to other hosts, settings of the environment, and how many connections are kept."""

import asyncio
import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import httpx2
import pytest
from imprint_client import AsyncImprint, ConfigurationError, Imprint, RetryPolicy

from .conftest import EMPTY_PAGE, Wire

each_client = pytest.mark.parametrize("client", [Imprint, AsyncImprint])
Client = Any  # Imprint or AsyncImprint, given what their types refuse


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make()
    return str(caught.value)


def find(imprint: Imprint | AsyncImprint) -> None:
    if isinstance(imprint, Imprint):
        with imprint:
            imprint.order_events.find(partner_event_id="e-1")
    else:

        async def run() -> None:
            async with imprint:
                await imprint.order_events.find(partner_event_id="e-1")

        asyncio.run(run())


# --- Plain http -------------------------------------------------------------------------------------------------------


@each_client
@pytest.mark.parametrize("value", ["", "0", "true"])
def test_plain_http_to_another_host_is_refused_by_its_scheme_and_host(
    client: Client, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("IMPRINT_ALLOW_INSECURE_HTTP", value)

    message = refusal(lambda: client("the-api-key", base_url="HTTP://imprint.test:8420/a/path"))

    assert "it is http, and its host is imprint.test." in message
    assert "allow_insecure_http=True or IMPRINT_ALLOW_INSECURE_HTTP=1" in message
    assert "path" not in message


@each_client
@pytest.mark.parametrize(
    "url",
    [
        "http://the-api-key.test",
        "http://the-api-k.test",
        "http://THE-API-KEY",
        "http://the-api-key@imprint.test",
        "http://a?the-api-key",
    ],
)
def test_a_key_that_got_into_the_base_url_is_not_quoted(client: Client, url: str) -> None:
    assert "the-api" not in refusal(lambda: client("the-api-key", base_url=url)).lower()


@each_client
def test_plain_http_is_allowed_by_name_and_goes_to_no_proxy(
    client: Client, serve: Callable[..., Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire, proxy = serve(), serve()
    for variable in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, proxy.url)
    url = f"http://0.0.0.0:{wire.port}"  # not loopback by its name, but nothing leaves this machine

    find(client("k-1", base_url=url, allow_insecure_http=True))
    monkeypatch.setenv("IMPRINT_ALLOW_INSECURE_HTTP", "1")
    find(client("k-1", base_url=url))

    assert (len(wire.received), proxy.received) == (2, [])
    assert "its host is 0.0.0.0" in refusal(lambda: client("k-1", base_url=url, allow_insecure_http=False))


@pytest.mark.parametrize("url", ["ftp://imprint.test", "http://user@imprint.test", "http://imprint.test?a"])
def test_nothing_else_is_allowed_with_it(url: str) -> None:
    assert "the base URL" in refusal(lambda: Imprint("k-1", base_url=url, allow_insecure_http=True))


# --- The environment --------------------------------------------------------------------------------------------------

SECONDS = ("IMPRINT_TIMEOUT", "IMPRINT_RETRY_DEADLINE")


@each_client
def test_the_environment_sets_the_timeout_and_the_deadline(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    default = client("k-1")._settings
    for variable in SECONDS:
        monkeypatch.setenv(variable, "2.5")
    settings = client("k-1")._settings

    assert settings.timeout == dict.fromkeys(("connect", "read", "write", "pool"), 2.5)
    assert settings.retry == RetryPolicy(deadline=2.5)
    for variable in SECONDS:
        monkeypatch.setenv(variable, "")
    assert client("k-1")._settings[3:5] == default[3:5]


@each_client
def test_options_given_in_code_win(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in SECONDS:
        monkeypatch.setenv(variable, "nonsense")

    settings = client("k-1", timeout=7, retry=RetryPolicy(attempts=2))._settings

    assert (settings.timeout["read"], settings.retry) == (7, RetryPolicy(attempts=2))


WRONG = {
    "IMPRINT_TIMEOUT": ["0.0", "30s", "the-secret", "\u0663"],
    "IMPRINT_RETRY_DEADLINE": ["0.0", "1m", "the-secret", "999999"],
}


@each_client
@pytest.mark.parametrize(("variable", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_an_error_that_names_the_variable_and_does_not_quote_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError, match=f"the environment variable {variable} must be") as caught:
        client("k-1")

    assert "the-secret" not in str(caught.value)
    assert caught.value.__context__ is None


# --- Connections ------------------------------------------------------------------------------------------------------


class Counting(socketserver.ThreadingTCPServer):
    """A server that keeps connections open, counts them, and answers when `together` requests have arrived."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, together: int) -> None:
        self.accepted, self.barrier = 0, threading.Barrier(together)
        super().__init__(("127.0.0.1", 0), Kept)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> Any:
        self.accepted += 1
        return super().get_request()


class Kept(socketserver.BaseRequestHandler):
    server: Any

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while self.request.recv(65536):  # a GET has no body, and arrives whole
                self.server.barrier.wait(30)
                self.request.sendall(EMPTY_PAGE.replace(b"Connection: close\r\n", b""))


@pytest.fixture
def counting() -> Iterator[Callable[[int], Counting]]:
    with contextlib.ExitStack() as stack:

        def start(together: int) -> Counting:
            server = stack.enter_context(Counting(together))
            threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True).start()
            stack.callback(server.shutdown)
            return server

        yield start


def bursts(server: Counting, number: int, size: int, **options: Any) -> int:
    with Imprint("k-1", base_url=server.url, **options) as imprint, ThreadPoolExecutor(size) as pool:
        for _ in range(number):
            list(pool.map(lambda _: imprint.order_events.find(partner_event_id="e-1"), range(size)))
    return server.accepted


def bursts_async(server: Counting, number: int, size: int, **options: Any) -> int:
    async def run() -> None:
        async with AsyncImprint("k-1", base_url=server.url, **options) as imprint:
            for _ in range(number):
                await asyncio.gather(*(imprint.order_events.find(partner_event_id="e-1") for _ in range(size)))

    asyncio.run(run())
    return server.accepted


each_way = pytest.mark.parametrize("burst", [bursts, bursts_async])


@each_way
def test_as_many_connections_stay_open_as_were_used_up_to_100(
    burst: Callable[..., int], counting: Callable[[int], Counting]
) -> None:
    assert burst(counting(100), 3, 100) == 100


@each_way
@pytest.mark.parametrize("limits", [httpx.Limits, httpx2.Limits])
def test_limits_say_how_many_stay_open(
    burst: Callable[..., int], counting: Callable[[int], Counting], limits: Any
) -> None:
    assert burst(counting(4), 3, 4, limits=limits(max_keepalive_connections=1)) == 10
    assert burst(counting(4), 3, 4, limits=limits()) == 4


@each_client
@pytest.mark.parametrize("limits", [None, 100, httpx.Timeout(5)])
def test_limits_of_another_type_are_refused(client: Client, limits: Any) -> None:
    assert "limits must be an httpx.Limits" in refusal(lambda: client("k-1", limits=limits))


def test_limits_that_no_client_can_keep_are_refused() -> None:
    assert "check limits" in refusal(lambda: AsyncImprint("k-1", limits=httpx.Limits(max_connections=-1)))


def test_limits_do_not_go_with_an_http_client_of_your_own() -> None:
    with httpx.Client() as http:
        assert "give them to it" in refusal(lambda: Imprint("k-1", http_client=http, limits=httpx.Limits()))
