"""openapi.yaml is what Imprint published, no more and no less, and every example that was published fits it."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tools.generate import load_yaml

from .support import PUBLISHED, ROOT, nodes, validator

FRAGMENTS = ("post_order_events.yaml", "get_order_events.yaml")

# What the comment at the head of openapi.yaml says was written out from a rendered page.
WRITTEN_OUT = (
    ("paths", "/v2/orders"),
    ("components", "schemas", "OrderBase"),
    ("components", "schemas", "Order"),
    ("components", "schemas", "Address"),
)


def fragment(name: str) -> dict[str, Any]:
    document: dict[str, Any] = load_yaml(PUBLISHED / name)
    return document


def merged(left: Any, right: Any, pointer: str = "") -> Any:
    """Both documents in one: objects joined, everything else, lists included, equal where both have it."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = [*left, *(key for key in right if key not in left)]
        return {
            key: merged(left[key], right[key], f"{pointer}/{key}")
            if key in left and key in right
            else left.get(key, right.get(key))
            for key in keys
        }
    assert json.dumps(left) == json.dumps(right), f"two published parts differ at {pointer}"
    return left


def examples(contract: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every example in a contract, with the pointer of the schema that it is an example of."""
    for pointer, node in nodes(contract):
        if isinstance(node, dict) and "example" in node:
            if "in" in node:
                yield f"{pointer}/schema", node["example"]
            else:
                # In `allOf: [CurrencyAmount, {example, description}]` it is an example of the whole.
                yield re.sub(r"/allOf/\d+$", "", pointer), node["example"]


def example_of(contract: dict[str, Any], schema: str) -> dict[str, Any]:
    """An object made of the published examples of a schema's properties."""
    place = f"/components/schemas/{schema}/properties/"
    return {pointer.removeprefix(place): value for pointer, value in examples(contract) if pointer.startswith(place)}


def order_example() -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PUBLISHED / "post_orders_example.json").read_text())
    return body


@pytest.mark.parametrize("name", FRAGMENTS)
def test_each_node_of_a_published_fragment_is_in_the_contract_unaltered(name: str, raw: dict[str, Any]) -> None:
    contract = {pointer: value for pointer, value in nodes(raw) if not isinstance(value, dict)}

    published = {pointer: value for pointer, value in nodes(fragment(name)) if not isinstance(value, dict)}

    # As text, to which 1, 1.0 and true differ.
    altered = {p: v for p, v in published.items() if p not in contract or json.dumps(contract[p]) != json.dumps(v)}
    assert len(published) > 50
    assert altered == {}


def test_nothing_else_is_in_the_contract_but_what_was_written_out_from_the_rendered_page(raw: dict[str, Any]) -> None:
    rest = copy.deepcopy(raw)

    for *parents, key in WRITTEN_OUT:
        parent = rest
        for name in parents:
            parent = parent[name]
        del parent[key]

    assert rest == merged(fragment(FRAGMENTS[0]), fragment(FRAGMENTS[1]))


@pytest.mark.parametrize("named", [*FRAGMENTS, "POST /v2/orders", "OrderBase", "Order", "Address"])
def test_the_head_of_the_contract_says_where_each_part_comes_from(named: str) -> None:
    head = (ROOT / "openapi.yaml").read_text().partition("openapi:")[0]

    assert re.search(rf"\b{re.escape(named)}\b", head)


@pytest.mark.parametrize("form", ["raw", "corrected"])
def test_each_example_in_the_contract_fits_its_schema(form: str, request: pytest.FixtureRequest) -> None:
    contract: dict[str, Any] = request.getfixturevalue(form)
    stated = re.findall(r"^ *(?:- )?example:", (ROOT / "openapi.yaml").read_text(), flags=re.MULTILINE)

    found = list(examples(contract))

    misfits = [(pointer, value) for pointer, value in found if not validator(contract, pointer).is_valid(value)]
    assert misfits == []
    assert len(found) == len(stated)


@pytest.mark.parametrize("form", ["raw", "corrected"])
@pytest.mark.parametrize("schema", ["OrderBase", "Order"])
def test_the_published_order_fits_the_contract(form: str, schema: str, request: pytest.FixtureRequest) -> None:
    contract: dict[str, Any] = request.getfixturevalue(form)

    validator(contract, f"/components/schemas/{schema}").validate(order_example())


@pytest.mark.parametrize("form", ["raw", "corrected"])
def test_an_event_made_of_the_published_examples_fits_the_contract(form: str, request: pytest.FixtureRequest) -> None:
    contract: dict[str, Any] = request.getfixturevalue(form)

    event = example_of(contract, "OrderEventBase")

    assert set(event) == set(contract["components"]["schemas"]["OrderEventBase"]["properties"])
    for schema, value in {
        "OrderEventBase": event,
        "OrderEvent": event,
        "OrderEventsResponse": {"data": [event, event], "has_more": False, "total": 2},
    }.items():
        validator(contract, f"/components/schemas/{schema}").validate(value)


def test_the_examples_written_out_for_an_order_are_those_of_the_published_body(raw: dict[str, Any]) -> None:
    written_out = example_of(raw, "OrderBase") | {"merchant_address": [example_of(raw, "Address")]}

    assert written_out == order_example()


@pytest.mark.parametrize(
    ("change", "fits_raw", "fits_corrected"),
    [
        ({}, True, True),
        ({"total_order_amount": 2749.99}, True, False),
        ({"total_order_amount": 274999.0}, True, True),
        ({"total_order_amount": "274999"}, False, False),
        # 3.1 does not know the `nullable` of the published form, so there a null is refused.
        ({"merchant_name": None}, False, True),
        ({"created_at": None}, False, True),
        ({"created_at": "yesterday"}, False, False),
        ({"partner_order_id": None}, False, False),
        ({"order_lines": [{"name": "Couch Supreme"}]}, False, False),
        ({"order_lines": [{"name": "C", "quantity": 1, "rate": 1.5, "rewards_rate": 0}]}, True, False),
    ],
    ids=str,
)
def test_the_corrections_change_what_fits_where_they_mean_to(
    change: dict[str, Any], fits_raw: bool, fits_corrected: bool, raw: dict[str, Any], corrected: dict[str, Any]
) -> None:
    body = order_example() | change

    assert [validator(contract, "/components/schemas/OrderBase").is_valid(body) for contract in (raw, corrected)] == [
        fits_raw,
        fits_corrected,
    ]


def test_a_received_order_needs_its_id_once_corrected(raw: dict[str, Any], corrected: dict[str, Any]) -> None:
    without_id = {key: value for key, value in order_example().items() if key != "id"}

    fits = {
        (form, schema): validator(contract, f"/components/schemas/{schema}").is_valid(without_id)
        for form, contract in (("raw", raw), ("corrected", corrected))
        for schema in ("OrderBase", "Order")
    }

    assert [key for key, value in fits.items() if not value] == [("corrected", "Order")]
