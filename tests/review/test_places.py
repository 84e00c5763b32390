"""Where a change is, as a reader calls it; what the tool says is written down here, so that no Node is needed."""

from typing import Any

import pytest

from tools.review.change import NEITHER, RECEIVED, SENT, Direction
from tools.review.places import Place, Places

from .mutations import CONTRACT, TEXT, all_of, edited, put, ref

LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
BEFORE = edited(
    all_of(
        put(">components>parameters", {"limitParam": LIMIT}),
        put("get /orders>parameters>4", {"$ref": "#/components/parameters/limitParam"}),
        put(
            ">components>schemas>Problem",
            {"allOf": [ref("Person"), {"type": "object", "properties": {"code": {"items": TEXT}}}]},
        ),
    )
)
BODY = "#/paths/~1orders/post/requestBody/content/application~1json/schema"
ANSWER = "#/paths/~1orders/post/responses/200/content/application~1json/schema"
SCHEMAS = "#/components/schemas"

# (what the tool points to on the way of operations, and where that is written, the place)
PLACES = [
    ("#/paths/~1orders/get/parameters/2", None, Place("GET /orders", "note", [], SENT)),
    (
        "#/paths/~1orders/get/parameters/4/schema",
        "#/components/parameters/limitParam/schema",
        Place("GET /orders", "limit", [], SENT),
    ),
    ("#/paths/~1orders~1{order_id}/parameters/0/schema", None, Place("/orders/{order_id}", "order_id", [], SENT)),
    (BODY, None, Place("POST /orders", "body", ["application/json"], SENT)),
    (ANSWER, None, Place("POST /orders", "", ["200", "application/json"], RECEIVED)),
    ("#/paths/~1orders/get/tags", None, Place("GET /orders", "", ["tags"], NEITHER)),
    (f"{BODY}/properties/note", f"{SCHEMAS}/NewOrder/properties/note", Place("NewOrder", "note", [], SENT)),
    (f"{ANSWER}/properties/note", f"{SCHEMAS}/Order/properties/note", Place("Order", "note", [], RECEIVED)),
    (
        f"{ANSWER}/properties/payer/oneOf/1",
        f"{SCHEMAS}/Order/properties/payer/oneOf/1",
        Place("Order", "payer", ["oneOf", "Wallet"], RECEIVED),
    ),
    (
        f"{ANSWER}/properties/lines/items/properties/rate",
        f"{SCHEMAS}/Line/properties/rate",
        Place("Line", "rate", [], Direction(sent=True, received=True)),
    ),
    ("#/x", f"{SCHEMAS}/Problem/allOf/1/properties/code/items", Place("Problem", "code", ["items"], RECEIVED)),
    ("#/x", f"{SCHEMAS}/Problem/allOf/0", Place("Problem", "", ["allOf", "Person"], RECEIVED)),
    (f"{SCHEMAS}/Spare", f"{SCHEMAS}/Spare", Place("Spare", "", [], NEITHER)),
    ("#/servers/0", None, Place("servers", "", ["https://api.example.test"], NEITHER)),
    ("#/security/0", None, Place("security", "", ["basicAuth"], NEITHER)),
    ("#/components/securitySchemes/basicAuth", None, Place("securitySchemes basicAuth", "", [], NEITHER)),
    ("#/", None, Place("the document", "", [], NEITHER)),
]


@pytest.mark.parametrize(("path", "written", "place"), PLACES)
def test_a_place_is_what_a_reader_calls_it(path: str, written: str | None, place: Place) -> None:
    said = {"path": path, "base": {"pointer": written or path}}

    assert Places(BEFORE, CONTRACT).of(said) == place


def test_a_place_is_looked_up_in_the_contract_that_has_it() -> None:
    path = "#/paths/~1orders/get/parameters/0"
    after = edited(put("get /orders>parameters", [LIMIT]))
    where: dict[str, Any] = {"pointer": path}

    assert Places(CONTRACT, after).of({"path": path, "base": where}).member == "status"
    assert Places(CONTRACT, after).of({"path": path, "base": where, "revision": where}).member == "limit"


def test_a_property_may_be_called_what_a_word_of_schemas_is() -> None:
    for name in ("properties", "content", "maximum"):
        pointer = f"{SCHEMAS}/Order/properties/{name}"
        said = {"path": ANSWER, "property": "maximum", "base": {"pointer": pointer}}

        assert Places(CONTRACT, CONTRACT).of(said).member == name
