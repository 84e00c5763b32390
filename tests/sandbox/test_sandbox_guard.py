"""Who may talk to a sandbox: no web page, and from other machines only when it was asked to listen to them."""

import logging
import socket

import httpx
import pytest
from imprint_sandbox import Sandbox

KEY = {"Authorization": "Bearer sandbox-key"}
ORDER = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8420", "127.8.8.8", "localhost", "LOCALHOST:1", "localhost.", "[::1]", "[::1]:8420"],
)
def test_a_loopback_host_is_answered(sandbox: Sandbox, host: str) -> None:
    assert httpx.get(f"{sandbox.url}/_sandbox/health", headers={"Host": host}).json() == {"status": "ok"}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8420",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost:8420.evil.example",
        "evil@localhost",
        "192.0.2.1",
        "[2001:db8::1]",
        "[::1",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/v2/order_events", "/_sandbox/requests", "/_sandbox/health", "/nothing"])
def test_another_host_is_refused_with_advice(sandbox: Sandbox, host: str, path: str) -> None:
    response = httpx.get(f"{sandbox.url}{path}", headers={"Host": host, **KEY})
    assert response.status_code == 403
    assert response.json()["error"]["type"] == "PERMISSION_ERROR"
    assert f"not at the host {host!r}. If it is, start it with --allowed-host" in response.json()["error"]["message"]
    assert sandbox.requests == []


@pytest.mark.parametrize(("method", "path"), [("POST", "reset"), ("POST", "settle"), ("DELETE", "faults")])
def test_a_web_page_cannot_change_a_sandbox(sandbox: Sandbox, method: str, path: str) -> None:
    httpx.post(f"{sandbox.url}/v2/orders", json=ORDER, headers=KEY)
    for headers in (
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": sandbox.url.replace("127.0.0.1", "localhost")},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        response = httpx.request(method, f"{sandbox.url}/_sandbox/{path}", headers=headers)
        assert (response.status_code, len(sandbox.orders)) == (403, 1), headers
    own = {"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"}
    assert httpx.request(method, f"{sandbox.url}/_sandbox/{path}", headers=own).status_code == 204


def test_a_refused_body_is_not_read_and_the_next_request_is_answered(sandbox: Sandbox) -> None:
    with httpx.Client(base_url=sandbox.url, headers=KEY) as client:
        refused = client.post("/v2/orders", json={**ORDER, "x": "x" * 300_000}, headers={"Host": "evil.example"})
        assert refused.status_code == 403
        assert client.post("/v2/orders", json=ORDER).status_code == 200


def test_a_request_without_a_host_is_refused(sandbox: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(sandbox.url).port or 0)) as connection:
        connection.sendall(b"GET /_sandbox/health HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


def test_a_sandbox_for_other_machines_says_so_and_answers_to_the_names_that_it_was_given(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Sandbox(host="0.0.0.0", allowed_hosts=["Imprint"]) as sandbox:  # noqa: S104 - what is tested
        [warning] = caplog.records
        assert (warning.name, warning.levelno) == ("imprint_sandbox", logging.WARNING)
        assert warning.getMessage() == (
            "The sandbox listens on 0.0.0.0: every machine that can reach this one can read and change what it holds."
        )
        assert sandbox.url.startswith("http://127.0.0.1:")
        port = httpx.URL(sandbox.url).port
        for host, status in (("imprint:8420", 200), ("other", 403), ("0.0.0.0", 200)):  # noqa: S104
            url = f"http://127.0.0.2:{port}/_sandbox/health"
            assert httpx.get(url, headers={"Host": host}).status_code == status


def test_a_sandbox_on_the_loopback_interface_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Sandbox().close()
    Sandbox(host="127.0.0.3").close()
    assert caplog.records == []


@pytest.mark.parametrize("host", ["", "http://imprint", "imprint:8420", "imprint/path", "a b"])
def test_an_allowed_host_is_a_name(host: str) -> None:
    with pytest.raises(ValueError, match=r"is not a host name or an IP address\. Give the name alone"):
        Sandbox(allowed_hosts=[host])


def test_allowed_hosts_are_a_list() -> None:
    with pytest.raises(ValueError, match=r"allowed_hosts is a string, but it must be a list: \['imprint'\]"):
        Sandbox(allowed_hosts="imprint")


@pytest.mark.parametrize(("given", "hint"), [("rejct", " Did you mean 'reject'?"), (None, ""), ("", "")])
def test_an_unknown_way_with_duplicates_is_refused_with_advice(given: str, hint: str) -> None:
    with pytest.raises(ValueError, match=r"duplicates is .*, but it must be 'keep' or 'reject'") as caught:
        Sandbox(duplicates=given)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert str(caught.value) == f"duplicates is {given!r}, but it must be 'keep' or 'reject'.{hint}"
