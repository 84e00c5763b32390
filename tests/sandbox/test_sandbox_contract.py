"""The sandbox speaks the contract: every operation, every parameter, and nothing that the contract does not allow."""

import base64
import subprocess
import sys
from typing import Any

import httpx
import pytest
from imprint_sandbox import Sandbox

from tests.support import NO_TLS

JsonObject = dict[str, Any]


def operations(contract: JsonObject) -> list[tuple[str, str, JsonObject]]:
    return [
        (method.upper(), path, operation)
        for path, item in contract["paths"].items()
        for method, operation in item.items()
        if method in ("get", "put", "post", "delete", "patch")
    ]


def parameters(contract: JsonObject, operation: JsonObject) -> list[JsonObject]:
    named = contract["components"]["parameters"]
    return [
        named[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in operation.get("parameters", [])
    ]


def test_every_operation_of_the_contract_is_served(api: httpx.Client, sandbox: Sandbox, contract: JsonObject) -> None:
    for method, path, operation in operations(contract):
        sandbox.reset()
        api.post("/v2/orders", json={**ORDER, "id": "without-events"})
        api.post("/v2/orders", json={**ORDER, "id": "with-events"})
        api.post("/v2/order_events", json={**EVENT, "order_event_id": "e"})

        body = {**ORDER, **EVENT} if "requestBody" in operation else None
        answer = api.request(method, path.format(order_id="without-events", order_event_id="e"), json=body)

        assert [str(answer.status_code)] == [*operation["responses"]], (method, path, answer.text)
        assert sandbox.requests[-1].operation == operation["operationId"]


def test_every_parameter_of_the_contract_is_understood(api: httpx.Client, contract: JsonObject) -> None:
    for method, path, operation in operations(contract):
        for parameter in parameters(contract, operation):
            name, in_path = parameter["name"], parameter["in"] == "path"
            value = 7 if parameter["schema"]["type"] == "integer" else "unheard-of"
            body = ORDER if "requestBody" in operation else None
            answer = api.request(
                method, path.format(**{name: value}), params=None if in_path else {name: value}, json=body
            )
            expected = 404 if in_path else 400 if name == "starting_after" else 200
            assert answer.status_code == expected, (name, answer.text)
            assert in_path <= (name == answer.json().get("error", {}).get("param"))


ORDER = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1}
EVENT = {"order_id": "with-events", "type": "CAPTURED", "amount": 1, "network_transaction_id": "n"}
LINE = {"name": "Couch", "quantity": 1, "rate": 1, "rewards_rate": 0}

REFUSED: list[tuple[str, str, dict[str, Any], int, str | None]] = [
    ("GET", "/", {}, 404, None),
    ("GET", "/v2/order_events/", {}, 404, None),
    ("GET", "/v3/orders", {}, 404, None),
    ("GET", "/v2/orders/", {}, 404, None),
    ("DELETE", "/v2/orders/", {}, 404, None),
    ("DELETE", "/v2/orders/o/lines", {}, 404, None),
    ("DELETE", "/v2/orders", {}, 405, None),
    ("GET", "/v2/orders/o", {}, 405, None),
    ("PATCH", "/v2/orders/o", {"json": ORDER}, 405, None),
    ("GET", "/v2/order_events/e", {}, 405, None),
    ("HEAD", "/v2/order_events", {}, 405, None),
    ("OPTIONS", "/v2/orders", {}, 405, None),
    ("POST", "/v2/orders", {}, 400, None),
    ("POST", "/v2/orders", {"content": b"{}"}, 415, None),
    ("POST", "/v2/orders", {"data": {"payment_method_id": "p"}}, 415, None),
    ("POST", "/v2/orders", {"json": []}, 400, None),
    ("POST", "/v2/orders", {"json": {}}, 400, "payment_method_id"),
    ("POST", "/v2/orders", {"json": {**ORDER, "total_order_amount": 2749.99}}, 400, "total_order_amount"),
    ("POST", "/v2/orders", {"json": {**ORDER, "total_order_amount": "1"}}, 400, "total_order_amount"),
    ("POST", "/v2/orders", {"json": {**ORDER, "total_order_amount": True}}, 400, "total_order_amount"),
    ("POST", "/v2/orders", {"json": {**ORDER, "customer_id": None}}, 400, "customer_id"),
    ("POST", "/v2/orders", {"json": {**ORDER, "created_at": "2025-02-13T19:08:07"}}, 400, "created_at"),
    ("POST", "/v2/orders", {"json": {**ORDER, "order_lines": [LINE, {"name": "x"}]}}, 400, "order_lines[1].quantity"),
    ("POST", "/v2/orders", {"json": {**ORDER, "order_lines": [{**LINE, "rate": "1"}]}}, 400, "order_lines[0].rate"),
    ("POST", "/v2/orders", {"json": ORDER, "params": {"dry_run": "1"}}, 400, "dry_run"),
    ("PUT", "/v2/orders/o", {}, 400, None),
    ("PUT", "/v2/orders/o", {"content": b"{}"}, 415, None),
    ("PUT", "/v2/orders/o", {"json": {"total_order_amount": 1}}, 400, "payment_method_id"),
    ("PUT", "/v2/orders/o", {"json": {**ORDER, "total_order_amount": 2749.99}}, 400, "total_order_amount"),
    ("PUT", "/v2/orders/o", {"json": {**ORDER, "id": "p"}}, 400, "id"),
    ("PUT", "/v2/orders/o", {"json": {**ORDER, "id": None}}, 400, "id"),
    ("PUT", "/v2/orders/o", {"json": ORDER, "params": {"merge": "1"}}, 400, "merge"),
    ("PUT", "/v2/orders/o", {"json": ORDER}, 404, "order_id"),
    ("DELETE", "/v2/orders/o", {}, 404, "order_id"),
    ("DELETE", "/v2/orders/o", {"params": {"force": "1"}}, 400, "force"),
    ("DELETE", "/v2/order_events/e", {}, 404, "order_event_id"),
    ("POST", "/v2/order_events", {"json": {}}, 400, "order_id"),
    ("GET", "/v2/orders", {"params": {"limit": "1"}}, 400, "limit"),
    ("GET", "/v2/orders", {"params": {"order_id": "o"}}, 400, "order_id"),
    ("GET", "/v2/orders", {"params": [("id", "o"), ("id", "p")]}, 400, "id"),
    ("GET", "/v2/order_events", {"params": {"limit": "0"}}, 400, "limit"),
    ("GET", "/v2/order_events", {"params": {"limit": "-1"}}, 400, "limit"),
    ("GET", "/v2/order_events", {"params": {"limit": "ten"}}, 400, "limit"),
    ("GET", "/v2/order_events", {"params": {"limit": "1.5"}}, 400, "limit"),
    ("GET", "/v2/order_events", {"params": {"limit": ""}}, 400, "limit"),
    ("GET", "/v2/order_events", {"params": {"limit": str(2**31)}}, 400, "limit"),
    ("GET", "/v2/order_events", {"params": {"limit": "9" * 5000}}, 400, "limit"),
    ("GET", "/v2/order_events", {"params": [("limit", "1"), ("limit", "2")]}, 400, "limit"),
    ("GET", "/v2/order_events", {"params": {"orderid": "o"}}, 400, "orderid"),
]


@pytest.mark.parametrize(("method", "path", "request_parts", "status", "param"), REFUSED)
def test_what_the_contract_does_not_allow_is_refused_and_not_kept(
    api: httpx.Client,
    sandbox: Sandbox,
    method: str,
    path: str,
    request_parts: dict[str, Any],
    status: int,
    param: str | None,
) -> None:
    answer = api.request(method, path, **request_parts)
    assert answer.status_code == status
    if method != "HEAD":
        assert answer.json()["error"].get("param") == param
    assert (sandbox.orders, sandbox.events) == ([], [])


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v2/orders", "GET, POST"), ("/v2/orders/o", "PUT, DELETE"), ("/v2/order_events/e", "DELETE")],
)
def test_a_method_that_is_not_possible_is_answered_with_those_that_are(
    api: httpx.Client, path: str, allowed: str
) -> None:
    assert api.patch(path).headers["allow"] == allowed


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(
    "credentials", ["Bearer secret", "bearer secret", basic("secret", "")], ids=["bearer", "small letters", "basic"]
)
def test_the_key_is_taken_as_bearer_token_or_as_basic_user(credentials: str) -> None:
    with Sandbox(api_key="secret") as sandbox:
        answer = httpx.get(f"{sandbox.url}/v2/order_events", headers={"Authorization": credentials}, verify=NO_TLS)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "credentials",
    [
        "",
        "secret",
        "Bearer",
        "Bearer sandbox-key",
        "Bearer secret secret",
        "Token secret",
        "Basic secret",
        basic("secret", "x"),
        basic("", "secret"),
        "Bearer s\u00e9cret",
    ],
)
def test_any_other_credentials_are_refused(credentials: str) -> None:
    with Sandbox(api_key="secret") as sandbox:
        headers = {b"Authorization": credentials.encode("latin-1")} if credentials else None
        answer = httpx.post(f"{sandbox.url}/v2/orders", json=ORDER, headers=headers, verify=NO_TLS)
        assert answer.status_code == 401
        assert answer.json()["error"]["type"] == "AUTHENTICATION_ERROR"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert sandbox.orders == []


def test_the_sandbox_serves_without_importing_the_client() -> None:
    program = (
        "import sys, urllib.request\n"
        "from imprint_sandbox import Sandbox\n"
        "with Sandbox() as sandbox:\n"
        "    request = urllib.request.Request(sandbox.url + '/v2/order_events')\n"
        "    request.add_header('Authorization', 'Bearer sandbox-key')\n"
        "    assert urllib.request.urlopen(request).status == 200\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in ('imprint_api', 'imprint_client')))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
