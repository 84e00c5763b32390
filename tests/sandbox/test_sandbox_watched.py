"""What a person can see of a sandbox while it runs: a log line for each request, and what became of it."""

import logging

import httpx
import pytest
from imprint_sandbox import Sandbox, SandboxFault

ORDER = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1}


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "imprint_sandbox.http"]


def test_each_request_is_a_log_line_with_its_status_and_fault(
    spoiled_api: httpx.Client, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "imprint_sandbox")
    sandbox.fail("createOrder", SandboxFault(status=503, write="made", headers={"Retry-After": "1"}))
    sandbox.fail("createOrder", SandboxFault(answer="cut"))
    spoiled_api.post("/v2/orders", json=ORDER)
    with pytest.raises(httpx.RemoteProtocolError):
        spoiled_api.post("/v2/orders", json=ORDER)
    spoiled_api.get("/v2/order_events", params={"order_id": "a\nb"})
    spoiled_api.get("/v2/nothing%0a")
    spoiled_api.get("/_sandbox/requests")
    assert lines(caplog) == [
        "POST /v2/orders 503 SandboxFault(write='made', status=503, headers={'Retry-After': '1'})",
        "POST /v2/orders cut SandboxFault(answer='cut')",
        "GET /v2/order_events?order_id=a%0Ab 200",
        "GET /v2/nothing%0a 404",
    ]


def test_no_log_line_has_a_secret(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "imprint_sandbox")
    headers = {"Authorization": "Bearer secret-key", "x-imprint-merchant-key": "secret-merchant"}
    httpx.get(f"{sandbox.url}/v2/order_events", headers=headers)
    assert len(lines(caplog)) == 1
    assert "secret" not in "\n".join(lines(caplog))


def test_a_request_shows_its_status_and_fault(spoiled_api: httpx.Client, sandbox: Sandbox) -> None:
    busy, cut = SandboxFault(status=503, body=b"\xff"), SandboxFault(answer="cut", write="made")
    sandbox.fail("createOrder", busy)
    sandbox.fail("createOrder", cut)
    spoiled_api.post("/v2/orders", json=ORDER)
    with pytest.raises(httpx.RemoteProtocolError):
        spoiled_api.post("/v2/orders", json=ORDER)
    spoiled_api.post("/v2/orders", json=ORDER)
    assert [(each.status, each.fault) for each in sandbox.requests] == [(503, busy), (None, cut), (200, None)]
    shown = spoiled_api.get("/_sandbox/requests").json()["data"]
    assert [each["status"] for each in shown] == [503, None, 200]
    assert (shown[0]["fault"]["status"], shown[0]["fault"]["body"], shown[2]["fault"]) == (503, "\ufffd", None)


def test_the_merchant_key_is_not_shown(sandbox: Sandbox) -> None:
    httpx.get(f"{sandbox.url}/v2/order_events", headers={"x-imprint-merchant-key": "secret-merchant"})
    (request,) = sandbox.requests
    assert request.headers["x-imprint-merchant-key"] == "***"
    assert "secret-merchant" not in repr(sandbox.requests)
    assert "secret-merchant" not in httpx.get(f"{sandbox.url}/_sandbox/requests").text


def test_a_fault_that_changes_nothing_is_refused_with_advice(sandbox: Sandbox) -> None:
    with pytest.raises(
        ValueError, match=r"SandboxFault\(\) changes nothing. Say what goes wrong, as in SandboxFault\(status=503\)"
    ):
        SandboxFault()
    response = httpx.post(f"{sandbox.url}/_sandbox/faults", json={"operation": "createOrder", "fault": {}})
    assert response.status_code == 400
    assert "No fault was set: SandboxFault() changes nothing." in response.json()["error"]["message"]


def test_a_request_can_go_well_before_the_next_one_fails(spoiled_api: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fail("createOrder", SandboxFault(answer="normal"))
    sandbox.fail("createOrder", SandboxFault(status=503))
    assert [spoiled_api.post("/v2/orders", json=ORDER).status_code for _ in range(3)] == [200, 503, 200]


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (SandboxFault(status=503), "SandboxFault(status=503)"),
        (
            SandboxFault(answer="cut", write="late", settles_after=2),
            "SandboxFault(write='late', settles_after=2, answer='cut')",
        ),
        (SandboxFault(delay=1.5), "SandboxFault(delay=1.5)"),
    ],
)
def test_a_fault_shows_what_was_asked_for_alone(fault: SandboxFault, shown: str) -> None:
    assert repr(fault) == shown
    assert eval(shown) == fault  # noqa: S307 - our own text
