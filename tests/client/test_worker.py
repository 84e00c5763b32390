"""What a worker needs of the exceptions: codes, what to do next, and texts that name the thing."""

import inspect
import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imprint_client
import pytest
from imprint_client import (
    APIResponseValidationError,
    APIStatusError,
    EventMismatchError,
    ImprintWarning,
    InvalidRequestError,
    NewOrderEvent,
    NotFoundError,
    Order,
    OutcomeUnknownError,
    RetryPolicy,
    check_totals,
)
from imprint_client.totals import check_body
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import Clock, Flavour, make_event, make_line, make_order

WORKER = {
    "ImprintError": ("imprint", "never"),
    "ConfigurationError": ("configuration", "later"),
    "InvalidRequestError": ("invalid_request", "never"),
    "TotalsMismatchError": ("totals_mismatch", "never"),
    "PaginationError": ("pagination", "later"),
    "OutcomeUnknownError": ("outcome_unknown", "after settling"),
    "MismatchError": ("mismatch", "never"),
    "EventMismatchError": ("event_mismatch", "never"),
    "OrderMismatchError": ("order_mismatch", "never"),
    "AmbiguousOrderError": ("ambiguous_order", "never"),
    "APIError": ("api", "never"),
    "APIConnectionError": ("api_connection", "later"),
    "APITimeoutError": ("api_timeout", "later"),
    "APIResponseValidationError": ("api_response_validation", "later"),
    "APIStatusError": ("api_status", "never"),
    "BadRequestError": ("bad_request", "never"),
    "AuthenticationError": ("authentication", "later"),
    "PermissionDeniedError": ("permission_denied", "later"),
    "NotFoundError": ("not_found", "never"),
    "ConflictError": ("conflict", "never"),
    "UnprocessableEntityError": ("unprocessable_entity", "never"),
    "RateLimitError": ("rate_limit", "later"),
    "InternalServerError": ("internal_server", "later"),
}


def test_every_exception_has_a_stable_code_and_says_what_a_worker_does_next() -> None:
    kinds = [getattr(imprint_client, name) for name in imprint_client.__all__ if name.endswith("Error")]

    assert {kind.__name__: (kind.code, kind.retryable) for kind in kinds} == WORKER


def test_the_table_for_workers_in_the_documentation_is_right_and_complete() -> None:
    text = (Path(__file__).parents[2] / "docs/reference/exceptions.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| ") and line.count("|") == 5]
    table = {name: row[2].strip() for row in rows[1:] for name in re.findall(r"`(\w+Error)`", row[0])}
    # These two are only of a base's, and of lists.
    raised = WORKER.keys() - {"ImprintError", "APIError", "PaginationError"}

    assert {name: WORKER[name][1] for name in table} == table
    for name in raised:
        kind: type = getattr(imprint_client, name)
        row = next((table[base.__name__] for base in kind.__mro__ if base.__name__ in table), None)
        assert (name, row) == (name, WORKER[name][1])


def test_a_408_of_a_get_is_retried_later(sandbox: Sandbox, client: Flavour) -> None:
    sandbox.fail("listOrders", SandboxFault(status=408))

    with pytest.raises(APIStatusError) as caught:
        client.list_orders(retry=RetryPolicy.none())

    assert (caught.value.code, caught.value.retryable) == ("api_status", "later")


def test_a_class_of_a_users_own_keeps_the_code_of_its_base() -> None:
    class OurError(NotFoundError):
        pass

    assert (OurError.code, OurError.retryable) == ("not_found", "never")


def test_an_unknown_outcome_names_what_was_sent(
    sandbox: Sandbox, client: Flavour, order_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut"))

    with pytest.raises(OutcomeUnknownError, match="partner_event_id 'e-9'"):
        client.create(make_event(order_id, "e-9"), retry=RetryPolicy.none())

    assert [record.message for record in caplog.records if "partner_event_id 'e-9'" in record.message]


def test_a_mismatch_shows_both_values(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    client.create(make_event(order_id, amount=1, order_lines=[make_line(1)]))

    with pytest.raises(EventMismatchError, match=r"amount: recorded 1, sent 2; ") as caught:
        client.ensure(make_event(order_id, amount=2, order_lines=[make_line(2)]))

    difference: Any = caught.value.differences[0]
    assert (difference, difference.recorded, difference.sent) == ("amount", 1, 2)


@pytest.mark.parametrize("change", [{"amount": 999}, {"currency": "EUR"}, {"order_lines": []}])
def test_a_success_with_other_contents_than_were_sent_is_a_mismatch(
    sandbox: Sandbox, client: Flavour, order_id: str, change: dict[str, Any]
) -> None:
    event = make_event(order_id, currency="USD")
    sandbox.fail("postOrderEvent", SandboxFault(status=200, body=event.to_dict() | change, write="made"))

    with pytest.raises(EventMismatchError) as caught:
        client.create(event)

    assert caught.value.differences == list(change)
    assert caught.value.sent is event


def test_what_a_server_adds_or_leaves_out_is_no_difference(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    event = make_event(order_id)
    answer = {k: v for k, v in event.to_dict().items() if k != "rewards_amount"} | {"order_event_id": "i", "novel": 1}
    sandbox.fail("postOrderEvent", SandboxFault(status=200, body=answer, write="made"))

    assert client.create(event).order_event_id == "i"


@pytest.mark.parametrize("name", ["order_id", "network_transaction_id"])
def test_events_that_do_not_fit_a_filter_are_not_handed_out(
    sandbox: Sandbox, client: Flavour, order_id: str, name: str, clock: Clock
) -> None:
    client.create(make_event(order_id))
    answer = {"data": sandbox.events, "has_more": False}
    sandbox.fail("listOrderEvents", SandboxFault(status=200, body=answer), times=4)

    with pytest.raises(APIResponseValidationError, match=f"data.0..{name} is not the one that was asked for"):
        client.list(**{name: "another"})


@pytest.mark.parametrize("delete", ["delete_order", "delete"])
def test_a_first_deletion_of_what_is_not_there_is_not_found(sandbox: Sandbox, client: Flavour, delete: str) -> None:
    with pytest.raises(NotFoundError):
        getattr(client, delete)("nothing")


MISTAKES: dict[str, tuple[Callable[[], Any], str]] = {
    "no order_id": (lambda: make_event(""), "order_id is empty"),
    "no network_transaction_id": (lambda: make_event(network_transaction_id=""), "network_transaction_id is empty"),
    "no partner_order_id": (lambda: make_order(partner_order_id=""), "partner_order_id is empty"),
    "a small currency": (lambda: make_order(currency="usd"), "currency is 'usd', not three capital letters"),
    "a long currency": (lambda: make_event(currency="DOLLARS"), "currency is 'DOLLARS'"),
    "yen": (lambda: make_event(amount=1000.5, currency="JPY"), "amounts are whole minor units, as an int$"),
    "whole yen": (lambda: make_event(amount=1000.0, currency="JPY"), "as an int: 1000$"),
    "dinars": (lambda: make_event(amount=1.234, currency="KWD"), "1.234 KWD is 1234"),
    "euros": (lambda: make_event(amount=2749.99, currency="EUR"), "2,749.99 EUR is 274999"),
}


@pytest.mark.parametrize(("make", "text"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_with_advice(make: Callable[[], Any], text: str) -> None:
    body = make()
    with pytest.raises(InvalidRequestError, match=text):
        check_body(body, type(body), totals=True)


DOUBTFUL = {
    "no partner_event_id": (lambda: make_event(partner_event_id=imprint_client.UNSET), "no partner_event_id"),
    "no quantity": (lambda: make_event(order_lines=[make_line(quantity=0)]), "quantity below 1"),
    "a negative amount": (lambda: make_event(order_lines=[make_line(-5, rewards_rate=0)]), "negative"),
}


@pytest.mark.parametrize(("make", "text"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_is_likely_a_mistake_is_a_warning_that_can_be_made_an_error(
    make: Callable[[], NewOrderEvent], text: str
) -> None:
    with pytest.warns(ImprintWarning, match=text):
        check_totals(make())
    body = make()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ImprintWarning)
        with pytest.raises(ImprintWarning, match=text):
            check_totals(body)


def test_what_is_well_is_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ImprintWarning)
        check_totals(make_event())
        check_totals(make_order())


def test_an_order_as_it_came_back_can_be_sent_as_an_update(sandbox: Sandbox, client: Flavour) -> None:
    order = client.create_order(make_order())
    order.merchant_name = "Rest Assured"

    updated = client.update_order(order.id, order)  # type: ignore[arg-type]

    assert isinstance(updated, Order)
    assert sandbox.orders[0]["merchant_name"] == "Rest Assured"
    assert not {"id", "created_at", "updated_at"} & json.loads(sandbox.requests[-1].body).keys()


def test_a_list_has_a_first_event_and_a_repr(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    for number in range(2):
        client.create(make_event(order_id, f"e-{number}"))
    imprint: Any = client.imprint  # type: ignore[attr-defined]
    pager, empty = imprint.order_events.list(), imprint.order_events.list(order_id="none")
    first, nothing = pager.first(), empty.first()
    if inspect.iscoroutine(first):
        first, nothing = client._loop.run(first), client._loop.run(nothing)  # type: ignore[attr-defined]

    assert (first.partner_event_id, nothing) == ("e-0", None)
    assert "of order events with limit=100;" in repr(pager)
    assert "order_id='none', limit=100;" in repr(empty)
    assert "with no filters" in repr(imprint.order_events.list(limit=None))
