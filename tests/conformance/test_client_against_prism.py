"""A server that nobody here wrote judges the client's traffic: Prism, which checks each request against the contract.

Bodies come from Schemathesis' strategies for the contract; they go through `imprint_client`, and any answer that is no
success is a fault of the client.
"""

import contextlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imprint_api
import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from imprint_api.api.order_events import post_order_event
from imprint_api.api.orders import create_order
from imprint_client import (
    APIResponseValidationError,
    Imprint,
    InvalidRequestError,
    MismatchError,
    NewOrder,
    NewOrderEvent,
    OutcomeUnknownError,
    RetryPolicy,
)

from tests.support import make_event, make_order

CONTRACT = Path(imprint_api.__file__).with_name("openapi.json")
PRISM = Path(__file__).resolve().parents[2] / "tools/conformance/node_modules/.bin/prism"
SCHEMA = schemathesis.openapi.from_dict(json.loads(CONTRACT.read_text(encoding="utf-8")))
bounded = settings(
    max_examples=2 * settings().max_examples,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def imprint() -> Iterator[Imprint]:
    command = [str(PRISM), "mock", "--errors", "--host", "127.0.0.1", "--port", "0", str(CONTRACT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as prism:
        assert prism.stdout is not None
        listening = filter(None, (re.search(r"is listening on (http://[\d.:]+)", line) for line in prism.stdout))
        url = next(listening)[1]
        with Imprint("key", base_url=url, retry=RetryPolicy.none(), check_totals=False) as imprint:
            yield imprint
        prism.terminate()
        prism.stdout.read()


def bodies(path: str) -> st.SearchStrategy[Any]:
    return SCHEMA[path]["POST"].as_strategy().map(lambda case: case.body)


def made(model: Any, body: Any) -> Any:
    """The model of a body; not of one that the contract allows and the client is right to refuse."""
    try:
        return model.from_dict(body)
    except ValueError:  # an integer beyond 2**53 - 1, a date-time that no calendar has
        assume(False)


def accepted(send: Any, body: Any) -> None:
    try:
        send(body)
    except InvalidRequestError:
        assume(False)
    except MismatchError:
        pass  # Prism accepts, and answers with the contract's example; what it refuses is a status
    except OutcomeUnknownError as unknown:  # or its ids are others
        if "is not the one that was sent" not in unknown.why:
            raise


@bounded
@given(body=bodies("/v2/orders"))
def test_every_order_that_the_client_sends_is_one_that_the_contract_allows(imprint: Imprint, body: Any) -> None:
    accepted(imprint.orders.create, made(NewOrder, body))


@bounded
@given(body=bodies("/v2/orders"))
def test_every_update_that_the_client_sends_is_one_that_the_contract_allows(imprint: Imprint, body: Any) -> None:
    def update(order: NewOrder) -> None:
        imprint.orders.update(order.id or "id-1", order)

    accepted(update, made(NewOrder, body))


@bounded
@given(body=bodies("/v2/order_events"))
def test_every_event_that_the_client_sends_is_one_that_the_contract_allows(imprint: Imprint, body: Any) -> None:
    accepted(imprint.order_events.create, made(NewOrderEvent, body))


text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@bounded
@given(
    filters=st.fixed_dictionaries(
        {},
        optional={
            "order_id": text,
            "partner_event_id": text,
            "order_event_id": text,
            "network_transaction_id": text,
            "starting_after": text,
            "limit": st.integers(1, 2**31 - 1),
        },
    )
)
def test_every_list_that_the_client_asks_for_is_one_that_the_contract_allows(
    imprint: Imprint, filters: dict[str, Any]
) -> None:
    # Prism answers with the contract's example, whose ids are others; what it refuses is an APIStatusError.
    with contextlib.suppress(APIResponseValidationError):
        imprint.order_events.list(**filters).first()


@bounded
@given(filters=st.fixed_dictionaries({}, optional={"id": text, "partner_order_id": text}))
def test_every_list_of_orders_that_the_client_asks_for_is_one_that_the_contract_allows(
    imprint: Imprint, filters: dict[str, Any]
) -> None:
    # Prism answers with the contract's example, whose ids are others; what it refuses is an APIStatusError.
    with contextlib.suppress(APIResponseValidationError):
        imprint.orders.list(**filters)


@bounded
@given(identifier=text)
def test_every_deletion_that_the_client_sends_is_one_that_the_contract_allows(
    imprint: Imprint, identifier: str
) -> None:
    accepted(imprint.orders.delete, identifier)
    accepted(imprint.order_events.delete, identifier)


def test_prism_would_refuse_what_the_contract_does_not_allow(imprint: Imprint) -> None:
    """That it judges at all: what the client would never send, sent around it."""
    wrong_type = make_event(type_="NO_SUCH_TYPE")
    with pytest.raises(Exception, match="422"):
        post_order_event.sync(client=imprint.api, body=wrong_type)
    wrong_amount = make_order(total_order_amount="1")
    with pytest.raises(Exception, match="422"):
        create_order.sync(client=imprint.api, body=wrong_amount)
