"""What a test can see of what arrived."""

from dataclasses import FrozenInstanceError

import httpx
import pytest
from imprint_sandbox import ReceivedRequest, Sandbox, SandboxFault

from tests.support import NO_TLS


def test_each_request_is_shown_as_it_arrived_whatever_became_of_it(api: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fail("createOrder", SandboxFault(status=500))
    api.post("/v2/orders", content=b"{", headers={"X-Trace": "t"})
    api.get("/v2/order_events", params={"limit": 0, "order_id": "a b&c"})
    api.get("/v2/nothing")
    api.delete("/v2/orders/a%2Fb%20c")
    order, listing, nothing, deletion = sandbox.requests
    assert (order.method, order.path, order.query, order.operation) == ("POST", "/v2/orders", {}, "createOrder")
    assert (order.body, order.headers["x-trace"]) == (b"{", "t")
    assert (listing.operation, listing.query) == ("listOrderEvents", {"limit": "0", "order_id": "a b&c"})
    assert (nothing.path, nothing.operation) == ("/v2/nothing", None)
    assert (deletion.path, deletion.operation) == ("/v2/orders/a%2Fb%20c", "deleteOrder")


@pytest.mark.parametrize(
    ("credentials", "shown"),
    [("Bearer sandbox-key", "Bearer ***"), ("Basic wrong-key", "Basic ***"), ("wrong-key", "***")],
)
def test_credentials_are_not_shown(sandbox: Sandbox, credentials: str, shown: str) -> None:
    httpx.get(f"{sandbox.url}/v2/order_events", headers={"Authorization": credentials}, verify=NO_TLS)
    (request,) = sandbox.requests
    assert request.headers["authorization"] == shown
    assert "-key" not in repr(sandbox.requests)


def test_a_request_that_was_shown_does_not_change(api: httpx.Client, sandbox: Sandbox) -> None:
    api.get("/v2/order_events")
    (request,) = sandbox.requests
    assert isinstance(request, ReceivedRequest)
    with pytest.raises(FrozenInstanceError):
        request.path = "/"  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def test_what_a_test_does_to_a_list_that_it_was_given_does_not_change_the_sandbox(
    api: httpx.Client, sandbox: Sandbox
) -> None:
    api.post("/v2/orders", json={"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1})
    sandbox.orders[0].clear()
    sandbox.orders.clear()
    sandbox.requests.clear()
    assert sandbox.orders[0]["partner_order_id"] == "o"
    assert len(sandbox.requests) == 1
