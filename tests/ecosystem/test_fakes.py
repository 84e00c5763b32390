"""What people fake or record requests with takes the place of Imprint for a default client."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import vcr
from imprint_client import AsyncImprint, Imprint, NewOrder, NewOrderEvent, OrderEventType
from imprint_sandbox import Sandbox
from pytest_httpx import HTTPXMock

URL = "https://imprint.example/v2/order_events"
EVENT = {
    "order_event_id": "1",
    "order_id": "o",
    "type": "CAPTURED",
    "partner_event_id": "e",
    "amount": 5000,
    "network_transaction_id": "n",
}


def record(flavour: str, base_url: str = "https://imprint.example", api_key: str = "key-of-the-test") -> str:
    """Create an event, and find it; return its id."""
    event = NewOrderEvent(
        order_id="o", type_=OrderEventType.CAPTURED, partner_event_id="e", amount=5000, network_transaction_id="n"
    )
    if flavour == "sync":
        with Imprint(api_key, base_url=base_url) as imprint:
            imprint.order_events.create(event)
            found = imprint.order_events.find(partner_event_id="e")
    else:

        async def run() -> Any:
            async with AsyncImprint(api_key, base_url=base_url) as imprint:
                await imprint.order_events.create(event)
                return await imprint.order_events.find(partner_event_id="e")

        found = asyncio.run(run())
    assert found is not None
    return str(found.order_event_id)


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_respx_fakes_a_default_client(flavour: str) -> None:
    with respx.mock(assert_all_called=True) as fake:
        post = fake.post(URL).mock(return_value=httpx.Response(200, json=EVENT))
        fake.get(URL).mock(return_value=httpx.Response(200, json={"data": [EVENT]}))

        assert record(flavour) == "1"

    assert json.loads(post.calls.last.request.content)["amount"] == 5000


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_pytest_httpx_fakes_a_default_client(flavour: str, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(method="POST", url=URL, json=EVENT)
    httpx_mock.add_response(method="GET", json={"data": [EVENT]})

    assert record(flavour) == "1"


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_fake_may_fail_as_a_network_does(flavour: str, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.ReadTimeout("slow"), method="POST")
    httpx_mock.add_response(method="GET", json={"data": [EVENT]}, is_reusable=True)

    assert record(flavour) == "1", "the outcome is unknown, and settled by a lookup"


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_vcrpy_records_a_default_client_and_plays_it_back(flavour: str, tmp_path: Path) -> None:
    cassette = vcr.VCR(filter_headers=["authorization"]).use_cassette(str(tmp_path / "cassette.yaml"))
    with Sandbox() as sandbox:
        with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint:
            imprint.orders.create(
                NewOrder(id="o", payment_method_id="p", partner_order_id="o", total_order_amount=5000)
            )
        with cassette:
            recorded = record(flavour, sandbox.url, sandbox.api_key)
    assert sandbox.api_key not in (tmp_path / "cassette.yaml").read_text()

    with vcr.VCR(record_mode="none").use_cassette(str(tmp_path / "cassette.yaml")):
        assert record(flavour, sandbox.url) == recorded, "and the sandbox is gone"
