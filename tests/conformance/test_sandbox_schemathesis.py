"""Schemathesis judges the sandbox: requests made from the contract, allowed and not, over HTTP.

The checks that are on are those which fit a contract that declares no errors. Off, and why:

- status_code_conformance: the contract declares successes alone, and every refusal is a 4xx;
- positive_data_acceptance: what the contract allows can still break a rule that it states in prose: sums of lines, an
  event of an order that does not exist, an id that exists already, a cursor that nobody gave out;
- response_headers_conformance: the contract declares no headers;
- use_after_free and ensure_resource_availability: the contract has no operation that reads one record.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from imprint_sandbox import Sandbox
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    unsupported_method,
)

CHECKS = [
    not_a_server_error,
    response_schema_conformance,
    content_type_conformance,
    negative_data_rejection,
    ignored_auth,
    unsupported_method,
]
SPEC = importlib.util.find_spec("imprint_api")
assert SPEC is not None
assert SPEC.submodule_search_locations is not None
SCHEMA = schemathesis.openapi.from_path(Path(SPEC.submodule_search_locations[0], "openapi.json"))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, headers={"Authorization": f"Bearer {sandbox.api_key}"}) as api:
        yield api


@pytest.fixture(scope="module")
def accepted(sandbox: Sandbox) -> Iterator[set[str]]:
    """The operations that accepted something: were there none, the checks of answers would have checked nothing."""
    accepted: set[str] = set()
    yield accepted
    orders = {"listOrders", "createOrder", "putOrder", "deleteOrder"}
    assert accepted == orders | {"listOrderEvents", "postOrderEvent", "deleteOrderEvent"}


@SCHEMA.parametrize()
@settings(
    max_examples=2 * settings().max_examples,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)
def test_the_sandbox_answers_as_the_contract_says(
    case: Case[Any], sandbox: Sandbox, api: httpx.Client, accepted: set[str]
) -> None:
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        _obey_the_prose(case, api)
    response = case.call_and_validate(
        base_url=sandbox.url, headers={"Authorization": f"Bearer {sandbox.api_key}"}, checks=CHECKS
    )
    if response.status_code < 300:
        accepted.add(case.operation.definition.raw["operationId"])


def _obey_the_prose(case: Case[Any], api: httpx.Client) -> None:
    """Aim at an order or event that exists, and leave out lines, which would have to add up."""
    order = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1}
    order_id = api.post("/v2/orders", json=order).json()["id"]
    if "order_event_id" in case.path_parameters:
        event = {"order_id": order_id, "type": "CAPTURED", "amount": 1, "network_transaction_id": "n"}
        case.path_parameters["order_event_id"] = api.post("/v2/order_events", json=event).json()["order_event_id"]
    if "order_id" in case.path_parameters:
        case.path_parameters["order_id"] = order_id
    if isinstance(case.body, dict):
        if "order_id" in case.body:
            case.body["order_id"] = order_id
        if case.path_parameters:
            case.body.pop("id", None)
        case.body.pop("order_lines", None)
