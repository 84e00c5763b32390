"""The control endpoint does over HTTP what the Python API does."""

from typing import Any

import httpx
import pytest
from imprint_sandbox import Sandbox, SandboxFault

ORDER = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1}


def data(api: httpx.Client, what: str) -> Any:
    answer = api.get(f"/_sandbox/{what}")
    assert answer.status_code == 200
    return answer.json()["data"]


def test_what_is_kept_and_what_arrived_can_be_read(api: httpx.Client, sandbox: Sandbox) -> None:
    order = api.post("/v2/orders", json=ORDER).json()
    event = {"order_id": order["id"], "type": "REFUNDED", "amount": 1, "network_transaction_id": "n"}
    api.post("/v2/order_events", json=event)
    api.post("/v2/order_events", content=b"\xff")
    assert data(api, "orders") == sandbox.orders == [order]
    assert data(api, "events") == sandbox.events
    assert [request["operation"] for request in data(api, "requests")] == [
        "createOrder",
        "postOrderEvent",
        "postOrderEvent",
    ]
    assert data(api, "requests")[0]["headers"]["authorization"] == "Bearer ***"
    assert data(api, "requests")[2]["body"] == "\ufffd"


def test_a_fault_can_be_set_read_and_forgotten(api: httpx.Client, sandbox: Sandbox) -> None:
    fault = {"status": 503, "headers": {"Retry-After": "1"}, "body": "busy", "write": "made"}
    answer = api.post("/_sandbox/faults", json={"operation": "createOrder", "times": 2, "fault": fault})
    assert answer.status_code == 204
    assert sandbox.faults == [("createOrder", SandboxFault(**fault))] * 2  # type: ignore[arg-type]
    first = data(api, "faults")[0]
    assert first["operation"] == "createOrder"
    assert fault.items() <= first["fault"].items()
    assert api.delete("/_sandbox/faults").status_code == 204
    assert data(api, "faults") == []


def test_a_fault_that_was_set_happens_once_when_times_is_not_given(api: httpx.Client) -> None:
    api.post("/_sandbox/faults", json={"operation": "createOrder", "fault": {"status": 503}})
    assert [api.post("/v2/orders", json=ORDER).status_code for _ in range(2)] == [503, 200]


def test_a_fault_with_bytes_for_a_body_can_be_read(api: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fail("createOrder", SandboxFault(status=500, body=b"\xffx"))
    assert data(api, "faults")[0]["fault"]["body"] == "\ufffdx"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"1",
        b"{}",
        b'{"operation": "createOrder"}',
        b'{"operation": "unheard_of", "fault": {}}',
        b'{"operation": ["createOrder"], "fault": {}}',
        b'{"operation": "createOrder", "fault": []}',
        b'{"operation": "createOrder", "fault": {"stats": 500}}',
        b'{"operation": "createOrder", "fault": {"status": "500"}}',
        b'{"operation": "createOrder", "fault": {"headers": ["a"]}}',
        b'{"operation": "createOrder", "fault": {"headers": {"a": 1}}}',
        b'{"operation": "createOrder", "fault": {"write": []}}',
        b'{"operation": "createOrder", "fault": {"status": 500}, "times": 0}',
        b'{"operation": "createOrder", "fault": {"status": 500}, "times": "2"}',
        b'{"operation": "createOrder", "fault": {"status": 500}, "times": 1.5}',
    ],
)
def test_what_is_no_fault_is_refused_with_the_reason(api: httpx.Client, sandbox: Sandbox, body: bytes) -> None:
    answer = api.post("/_sandbox/faults", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("No fault was set: ")
    assert sandbox.faults == []


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ({"operation": "createOrder"}, 'the body must look like {"operation": '),
        (
            {"operation": "createOrder", "fault": {"stats": 500}},
            "Its fields are write, settles_after, answer, status, ",
        ),
        ({"operation": "createOrder", "fault": {"status": "500"}}, "status must be an int from 200 to 599"),
    ],
)
def test_a_refused_fault_says_what_to_send(api: httpx.Client, body: dict[str, Any], advice: str) -> None:
    assert advice in api.post("/_sandbox/faults", json=body).json()["error"]["message"]


def test_settling_and_resetting(api: httpx.Client, sandbox: Sandbox) -> None:
    api.post("/_sandbox/faults", json={"operation": "createOrder", "fault": {"status": 504, "write": "late"}})
    api.post("/v2/orders", json=ORDER)
    assert sandbox.orders == []
    assert api.post("/_sandbox/settle").status_code == 204
    assert len(sandbox.orders) == 1
    assert api.post("/_sandbox/reset").status_code == 204
    assert (sandbox.orders, sandbox.requests) == ([], [])


def test_the_control_endpoint_asks_for_no_key_and_is_not_among_the_requests(sandbox: Sandbox) -> None:
    assert httpx.get(f"{sandbox.url}/_sandbox/requests").json() == {"data": []}
    assert sandbox.requests == []
