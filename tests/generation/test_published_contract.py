"""openapi.yaml is what Imprint published, no more and no less, and every example that was published fits it.

There are two publications. Of the older one tests/published quotes fragments, and what both have is compared with them.
Of the newer one it quotes nothing: what that one alone has is compared with its structure, which is written out here.
"""

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
    "/paths/~1v2~1orders/post",
    "/components/schemas/OrderBase",
    "/components/schemas/Order",
    "/components/schemas/Address",
)

ABSENT = object()
# All that the newer publication says otherwise than the fragments, as (then, now): an amount is a whole number now, and
# its format, the name of a standard for currencies, is gone.
SAID_OTHERWISE = {
    "/components/schemas/CurrencyAmount/type": ("number", "integer"),
    "/components/schemas/CurrencyAmount/format": ("iso-4217", ABSENT),
}


def string(name: str, location: str) -> dict[str, Any]:
    required = {"required": True} if location == "path" else {}
    return {"name": name, "in": location, "schema": {"type": "string"}, **required}


def json_of(schema: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


# All that the newer publication alone has, and what it changed: the structure, which is everything but the texts.
NEWER: dict[str, Any] = {
    "/paths/~1v2~1orders/get": {
        "tags": ["Orders"],
        "operationId": "listOrders",
        "parameters": [string("id", "query"), string("partner_order_id", "query")],
        "responses": {"200": json_of("OrdersResponse")},
    },
    "/paths/~1v2~1orders~1{order_id}/put": {
        "tags": ["Orders"],
        "operationId": "putOrder",
        "parameters": [string("order_id", "path")],
        "requestBody": {"required": True, **json_of("OrderBase")},
        "responses": {"200": json_of("Order")},
    },
    "/paths/~1v2~1orders~1{order_id}/delete": {
        "tags": ["Orders"],
        "operationId": "deleteOrder",
        "parameters": [string("order_id", "path")],
        "responses": {"204": {}},
    },
    "/paths/~1v2~1order_events~1{order_event_id}/delete": {
        "tags": ["Order Events"],
        "operationId": "deleteOrderEvent",
        "parameters": [string("order_event_id", "path")],
        "responses": {"204": {}},
    },
    "/components/schemas/OrdersResponse": {
        "type": "object",
        "required": ["orders"],
        "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}},
    },
    "/components/schemas/CurrencyAmount": {"type": "integer"},
    "/components/securitySchemes/basicAuth": {"type": "http", "scheme": "basic"},
}


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


def leaves(contract: dict[str, Any]) -> dict[str, Any]:
    """Every value in a contract by its pointer, but for the objects that only hold others."""
    return {pointer: value for pointer, value in nodes(contract) if not (value and isinstance(value, dict))}


def structure(node: Any) -> Any:
    """A part of a contract without its texts and examples."""
    if isinstance(node, dict):
        return {
            key: structure(value) for key, value in node.items() if key not in ("summary", "description", "example")
        }
    return [structure(item) for item in node] if isinstance(node, list) else node


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
def test_each_node_of_a_published_fragment_is_in_the_contract_but_for_what_was_said_otherwise_since(
    name: str, raw: dict[str, Any]
) -> None:
    contract, published = leaves(raw), leaves(fragment(name))

    # As text, to which 1, 1.0 and true differ.
    altered = {p: v for p, v in published.items() if p not in contract or json.dumps(contract[p]) != json.dumps(v)}

    assert len(published) > 50
    assert {pointer: (then, contract.get(pointer, ABSENT)) for pointer, then in altered.items()} == SAID_OTHERWISE


def test_nothing_else_is_in_the_contract_but_what_was_written_out(raw: dict[str, Any]) -> None:
    elsewhere = tuple(f"{pointer}/" for pointer in (*WRITTEN_OUT, *NEWER))

    quoted, published = (
        {pointer: value for pointer, value in leaves(contract).items() if not pointer.startswith(elsewhere)}
        for contract in (raw, merged(fragment(FRAGMENTS[0]), fragment(FRAGMENTS[1])))
    )

    assert quoted == published


@pytest.mark.parametrize("pointer", NEWER)
def test_what_the_newer_publication_alone_has_is_structured_as_published(pointer: str, raw: dict[str, Any]) -> None:
    assert structure(dict(nodes(raw))[pointer]) == NEWER[pointer]


def test_an_address_and_each_of_its_children_is_described(raw: dict[str, Any]) -> None:
    address = raw["components"]["schemas"]["Address"]

    assert [node.get("description") for node in (address, *address["properties"].values())].count(None) == 0


@pytest.mark.parametrize("pointer", [*WRITTEN_OUT, *NEWER])
def test_the_head_of_the_contract_says_where_each_part_comes_from(pointer: str) -> None:
    head = (ROOT / "openapi.yaml").read_text().partition("openapi:")[0]
    if pointer.startswith("/paths/"):
        path, method = pointer.removeprefix("/paths/").split("/")
        named = rf"\b{method.upper()}\b[\w ]* {re.escape(path.replace('~1', '/'))}"
    else:
        named = rf"\b{pointer.rpartition('/')[2]}"

    assert re.search(rf"{named}(?![\w/])", head)


@pytest.mark.parametrize("name", FRAGMENTS)
def test_the_head_of_the_contract_names_the_fragments(name: str) -> None:
    assert f"tests/published/{name}" in (ROOT / "openapi.yaml").read_text().partition("openapi:")[0]


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
        ({"total_order_amount": 2749.99}, False, False),
        ({"total_order_amount": 274999.0}, True, True),
        ({"total_order_amount": "274999"}, False, False),
        # 3.1 does not know the `nullable` of the published form, so there a null is refused.
        ({"merchant_name": None}, False, True),
        ({"created_at": None}, False, True),
        ({"created_at": "yesterday"}, False, False),
        ({"partner_order_id": None}, False, False),
        ({"order_lines": [{"name": "Couch Supreme"}]}, False, False),
        ({"order_lines": [{"name": "C", "quantity": 1, "rate": 1.5, "rewards_rate": 0}]}, False, False),
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


def test_a_list_of_orders_fits_once_corrected(raw: dict[str, Any], corrected: dict[str, Any]) -> None:
    bodies = [{"data": [order_example()]}, {"data": []}, {}]

    fits = [
        [validator(contract, "/components/schemas/OrdersResponse").is_valid(body) for body in bodies]
        for contract in (raw, corrected)
    ]

    assert fits == [[False, False, False], [True, True, False]]
