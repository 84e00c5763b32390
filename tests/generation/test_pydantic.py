"""Models in pydantic and FastAPI: read by `from_dict`, written by `to_dict`, described by the contract."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI
from fastapi.testclient import TestClient
from imprint_api.models import NewOrder, Order, OrderEventsResponse, OrderEventType, OrderLine
from pydantic import BaseModel, TypeAdapter, ValidationError

LINE = {"name": "Couch Supreme", "quantity": 1, "rate": 274999, "rewards_rate": 2500}
BODY = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 274999, "order_lines": [LINE]}
app = FastAPI()


@app.post("/checkout")
def checkout(order: Annotated[NewOrder, Body()]) -> Order:  # FastAPI takes other classes for query parameters
    return Order.from_dict(order.to_dict() | {"id": "1"})


@app.get("/lines", response_model=list[OrderLine])
def lines() -> Any:
    return [OrderLine.from_dict(LINE)]


class Basket(BaseModel):
    lines: list[OrderLine]
    order: NewOrder | None = None
    kind: OrderEventType = OrderEventType.CAPTURED


@app.post("/baskets")
def baskets(basket: Basket) -> Basket:
    return basket


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def test_a_model_is_a_request_body_and_a_response(client: TestClient) -> None:
    response = client.post("/checkout", json=BODY)

    assert (response.status_code, response.json()) == (200, BODY | {"id": "1"})
    assert client.get("/lines").json() == [LINE]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BODY | {"total_order_amount": 2749.99}, "total_order_amount is not a whole number"),
        (BODY | {"order_lines": [{**LINE, "rate": "1"}]}, "order_lines[0].rate is a string, not an integer"),
        ({}, "payment_method_id is missing"),
        ([], "is an array, not an object"),
    ],
)
def test_a_body_that_the_contract_does_not_allow_is_a_422_that_says_where(
    body: Any, said: str, client: TestClient
) -> None:
    response = client.post("/checkout", json=body)

    assert response.status_code == 422
    assert said in response.json()["detail"][0]["msg"]


def test_a_model_is_a_field_of_a_pydantic_model(client: TestClient) -> None:
    basket = {"lines": [LINE], "order": BODY, "kind": "REFUNDED"}

    read = Basket.model_validate(basket)

    assert isinstance(read.lines[0], OrderLine)
    assert isinstance(read.order, NewOrder)
    assert read.model_dump(mode="json") == basket == json.loads(read.model_dump_json())
    assert Basket(lines=[OrderLine.from_dict(LINE)]).lines[0].rate == 274999
    assert client.post("/baskets", json=basket).json() == basket
    with pytest.raises(ValidationError, match=r"rate is missing"):
        Basket.model_validate({"lines": [{"name": "x", "quantity": 1}]})


def test_the_openapi_page_describes_a_model_as_the_contract_does(client: TestClient) -> None:
    page = client.get("/openapi.json").json()
    schemas = page["components"]["schemas"]

    text = json.dumps(schemas["NewOrder"])
    assert schemas["NewOrder"]["required"] == ["payment_method_id", "partner_order_id", "total_order_amount"]
    assert schemas["NewOrder"]["title"] == "NewOrder"
    assert "Total order amount" in text
    assert "Name of the order line item" in text
    assert "$ref" not in text
    sent = page["paths"]["/checkout"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert sent == {"$ref": "#/components/schemas/NewOrder"}
    assert client.get("/docs").status_code == 200


@pytest.mark.parametrize("model", [NewOrder, Order, OrderLine, OrderEventsResponse])
@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_each_model_has_a_json_schema(model: type, mode: Any) -> None:
    schema = TypeAdapter(model).json_schema(mode=mode)

    assert model.__name__ in json.dumps(schema)
    assert "properties" in json.dumps(schema)


def test_the_models_do_not_import_pydantic() -> None:
    program = "import sys, imprint_client, imprint_api.models; print('pydantic' in sys.modules)"

    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert run.stdout == "False\n"
