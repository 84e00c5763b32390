"""Fixtures of the sandbox's tests, which talk HTTP over a socket; every answer that passes is held to the contract."""

import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from imprint_sandbox import Sandbox

from tests.support import NO_TLS

JsonObject = dict[str, Any]
MakeEvent = Callable[..., JsonObject]

ERROR_BODY = jsonschema_rs.validator_for(
    {
        "type": "object",
        "required": ["error"],
        "additionalProperties": False,
        "properties": {
            "error": {
                "type": "object",
                "required": ["type", "message"],
                "additionalProperties": False,
                "properties": {
                    "type": {"type": "string", "pattern": "^[A-Z_]+_ERROR$"},
                    "message": {"type": "string", "minLength": 1},
                    "param": {"type": "string", "minLength": 1},
                },
            }
        },
    }
)


def client_of(sandbox: Sandbox) -> httpx.Client:
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    return httpx.Client(base_url=sandbox.url, headers=headers, verify=NO_TLS)


@pytest.fixture(scope="session")
def contract() -> JsonObject:
    spec = importlib.util.find_spec("imprint_api")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    document: JsonObject = json.loads(Path(spec.submodule_search_locations[0], "openapi.json").read_text("utf-8"))
    return document


@pytest.fixture
def own_sandbox() -> Iterator[Sandbox]:
    """A sandbox that the test may close."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def held_to_the_contract(contract: JsonObject) -> Callable[[httpx.Response], None]:
    """Check that an answer under /v2 is what the contract says, or Imprint's error body."""

    def check(response: httpx.Response) -> None:
        response.read()
        if not response.request.url.path.startswith("/v2"):
            return
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/json"
            if response.request.method != "HEAD":
                ERROR_BODY.validate(response.json())
            return
        operation = contract["paths"][template(response)][response.request.method.lower()]
        content = operation["responses"][str(response.status_code)].get("content")
        if content is None:
            assert (response.content, response.headers.get("content-type")) == (b"", None)
            return
        assert response.headers["content-type"] == "application/json"
        whole = {**content["application/json"]["schema"], "components": contract["components"]}
        jsonschema_rs.validator_for(whole, validate_formats=True).validate(response.json())

    def template(response: httpx.Response) -> str:
        sent = response.request.url.raw_path.decode().partition("?")[0]
        [path] = [path for path in contract["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), sent)]
        return str(path)

    return check


@pytest.fixture
def api(sandbox: Sandbox, held_to_the_contract: Callable[[httpx.Response], None]) -> Iterator[httpx.Client]:
    """A client with the right key."""
    with client_of(sandbox) as client:
        client.event_hooks = {"response": [held_to_the_contract]}
        yield client


@pytest.fixture
def spoiled_api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client with the right key for answers that are meant to be wrong."""
    with client_of(sandbox) as client:
        yield client


@pytest.fixture
def an_order() -> JsonObject:
    return {"payment_method_id": "pm-1", "partner_order_id": "o-1", "total_order_amount": 274999}


@pytest.fixture
def an_event(api: httpx.Client, an_order: JsonObject) -> MakeEvent:
    """Make events of an order that exists; an absent partner_event_id is given as None."""
    order_id = api.post("/v2/orders", json=an_order).json()["id"]

    def make(partner_event_id: str | None = None, **members: Any) -> JsonObject:
        event = {"order_id": order_id, "type": "CAPTURED", "amount": 5, "network_transaction_id": "n-1", **members}
        return event if partner_event_id is None else {**event, "partner_event_id": partner_event_id}

    return make
