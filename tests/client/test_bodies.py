import datetime
import enum
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imprint_client import (
    UNSET,
    Address,
    InvalidRequestError,
    NewOrder,
    NewOrderEvent,
    OrderEventType,
    TotalsMismatchError,
    check_totals,
)
from imprint_sandbox import Sandbox

from tests.support import Flavour, make_event, make_line, make_order

AMOUNT_FAULTS: dict[str, tuple[Any, str]] = {
    "a float in major units": (
        make_event(amount=2749.99),
        "amount is 2749.99; amounts are whole minor units: $2,749.99 is 274999",
    ),
    "a whole float": (
        make_event(amount=2750.0),
        "amount is 2750.0; amounts are whole minor units, as an int: 2750, or 275000 if $2,750.00 is meant",
    ),
    "no amount, as a float": (make_event(amount=0.0), "amount is 0.0; amounts are whole minor units: $0.00 is 0"),
    "a Decimal": (
        make_event(amount=Decimal("2749.99")),
        "amount is Decimal('2749.99'); amounts are whole minor units: $2,749.99 is 274999",
    ),
    "as much as an amount can be": (
        make_event(amount=Decimal("90071992547409.91")),
        f"amount is Decimal('90071992547409.91'); amounts are whole minor units: $90,071,992,547,409.91 is {2**53 - 1}",
    ),
    "more than an amount can be": (
        make_event(amount=Decimal("90071992547409.92")),
        "amount is Decimal('90071992547409.92'); amounts are whole minor units, as an int",
    ),
    "a fraction of a cent": (make_event(amount=0.125), "amount is 0.125; amounts are whole minor units, as an int"),
    "infinity": (make_event(amount=float("inf")), "amount is inf; amounts are whole minor units, as an int"),
    "not a number": (make_event(amount=float("nan")), "amount is nan; amounts are whole minor units, as an int"),
    "a numeric string": (
        make_event(amount="2750"),
        "amount is the string '2750'; amounts are whole minor units, as an int: 2750, or 275000 if $2,750.00 is meant",
    ),
    "a bool": (make_event(amount=True), "amount is True; amounts are whole minor units, as an int"),
    "another number": (
        make_event(amount=Fraction(1, 2)),
        "amount is a Fraction; amounts are whole minor units, as an int",
    ),
    "beyond 2**53 - 1": (
        make_event(amount=2**53, order_lines=UNSET),
        "amount is beyond +-(2**53 - 1), which readers of JSON elsewhere would round",
    ),
    "beyond -(2**53 - 1)": (
        make_event(amount=-(2**53), order_lines=UNSET),
        "amount is beyond +-(2**53 - 1), which readers of JSON elsewhere would round",
    ),
}


def with_member(body: NewOrder | NewOrderEvent, name: str, value: Any) -> NewOrder | NewOrderEvent:
    setattr(body, name, value)
    return body


def with_extra(body: NewOrder | NewOrderEvent, name: str, value: Any) -> NewOrder | NewOrderEvent:
    body[name] = value
    return body


class Id(str, enum.Enum):  # noqa: UP042 - a StrEnum shows as its value
    A = "e-1"


MEMBER_FAULTS: list[tuple[Any, str]] = [
    (
        with_member(make_event(), "partner_event_id", Id.A),
        "partner_event_id is one string and shows as another, 'Id.A': give its value",
    ),
    (
        with_extra(make_event(), "rewards_amount", 25.5),
        "rewards_amount stands among the additional properties; give it as a member",
    ),
    (
        with_member(make_event(), "order_lines", [with_extra(make_line(), "rate", 1.5)]),  # type: ignore[arg-type]
        "order_lines[0].rate stands among the additional properties; give it as a member",
    ),
    (with_member(make_event(), "order_id", UNSET), "order_id is missing"),
    (with_member(make_event(), "order_id", None), "order_id is None; it is needed"),
    (with_member(make_event(), "order_id", 5), "order_id is 5, not a str"),
    (with_member(make_event(), "type_", "CAPTURE"), "type is the string 'CAPTURE', not one of CAPTURED, REFUNDED"),
    (with_member(make_event(), "type_", 5), "type is 5, not one of CAPTURED, REFUNDED"),
    (
        with_member(make_event(), "partner_event_id", None),
        "partner_event_id is None; leave it out (UNSET) if there is none",
    ),
    (with_member(make_event(), "order_lines", None), "order_lines is None; leave it out (UNSET) if there is none"),
    (with_member(make_event(), "order_lines", (make_line(),)), "order_lines is a tuple, not a list"),
    (with_member(make_event(), "order_lines", [make_line(), {}]), "order_lines[1] is a dict, not an OrderLine"),
    (
        with_member(make_event(), "order_lines", [make_line(quantity=1.5)]),  # type: ignore[arg-type]
        "order_lines[0].quantity is 1.5; quantities are whole numbers",
    ),
    (
        with_member(make_event(), "order_lines", [make_line(), make_line(), make_line(rate=2749.99)]),  # type: ignore[arg-type]
        "order_lines[2].rate is 2749.99; amounts are whole minor units: $2,749.99 is 274999",
    ),
    (with_member(make_event(), "currency", b"USD"), "currency is a bytes, not a str"),
    (
        with_member(make_event(), "partner_event_id", "\ud800"),
        "partner_event_id holds half of a surrogate pair, which is no text and cannot be sent",
    ),
    (
        with_member(make_order(), "created_at", datetime.datetime(2026, 1, 1)),  # noqa: DTZ001 - the mistake itself
        "created_at has no offset from UTC, which RFC 3339 needs: give it a tzinfo, such as datetime.UTC",
    ),
    (
        with_member(make_order(), "created_at", "2026-01-01T00:00:00Z"),
        "created_at is the string '2026-01-01T00:00:00Z', not a datetime",
    ),
    (with_member(make_order(), "merchant_address", [{"city": "x"}]), "merchant_address[0] is a dict, not an Address"),
    (with_member(make_order(), "merchant_address", [Address(city=5)]), "merchant_address[0].city is 5, not a str"),  # type: ignore[arg-type]
    (
        with_member(make_order(), "total_rewards_amount", False),
        "total_rewards_amount is False; amounts are whole minor units, as an int",
    ),
]


def send(client: Flavour, body: Any, **options: Any) -> None:
    if isinstance(body, NewOrder):
        client.create_order(body, **options)
    else:
        client.create(body, **options)


@pytest.mark.parametrize("check_totals", [True, False])
@pytest.mark.parametrize(
    ("body", "message"),
    [*AMOUNT_FAULTS.values(), *MEMBER_FAULTS],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_contract_would_refuse_is_refused_by_name_whatever_the_switch_says(
    sandbox: Sandbox, client: Flavour, body: Any, message: str, check_totals: bool
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        send(client, body, check_totals=check_totals)

    assert [str(fault) for fault in caught.value.faults] == [message]
    assert str(caught.value) == f"nothing was sent: {message}"
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("given", "stated"),
    [
        (2749.99, 2749.99),
        (Decimal("2749.99"), Decimal("2749.99")),
        ("274999", "274999"),
        (Fraction(1, 2), "a Fraction"),
        ({"amount": 5}, "a dict"),
    ],
)
def test_a_fault_has_what_was_given_if_it_is_a_scalar_and_else_what_it_is(given: Any, stated: object) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check_totals(make_event(amount=given))

    assert [fault.stated for fault in caught.value.faults] == [stated]


@pytest.mark.parametrize("body", [{}, None, "x", make_event().to_dict(), make_order()])
def test_an_event_must_be_a_new_order_event(sandbox: Sandbox, client: Flavour, body: Any) -> None:
    with pytest.raises(InvalidRequestError, match="not a NewOrderEvent"):
        client.create(body)

    assert sandbox.requests == []


def test_all_faults_of_a_body_are_reported_at_once_sums_among_them(client: Flavour) -> None:
    event = make_event(amount=274998, network_transaction_id=None, currency=5)

    with pytest.raises(InvalidRequestError) as caught:
        client.create(event)

    assert {fault.path for fault in caught.value.faults} == {"network_transaction_id", "currency", "amount"}
    assert not isinstance(caught.value, TotalsMismatchError)
    assert str(caught.value).startswith("nothing was sent, 3 faults:\n  ")


def test_a_bare_string_that_is_an_event_type_is_accepted(client: Flavour, order_id: str) -> None:
    recorded = client.create(make_event(order_id, type_="REFUNDED"))

    assert recorded.type_ is OrderEventType.REFUNDED


def test_an_unknown_event_type_is_refused_when_it_is_sent(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    with pytest.raises(InvalidRequestError, match="type is 'captured', which the contract does not know; it knows"):
        client.create(make_event(order_id, type_=OrderEventType("captured")))

    assert sandbox.requests[-1].operation == "createOrder"


def test_null_is_sent_where_the_contract_allows_it(sandbox: Sandbox, client: Flavour) -> None:
    order = client.create_order(make_order(merchant_id=None, created_at=None))

    assert order.merchant_id is None
    assert sandbox.orders[0]["merchant_id"] is None


def test_what_json_cannot_hold_is_refused_before_anything_is_sent(
    sandbox: Sandbox, client: Flavour, order_id: str
) -> None:
    before = len(sandbox.requests)
    for value in (object(), float("nan"), {1, 2}, "\ud800", uuid.UUID(int=1), datetime.datetime.now(datetime.UTC)):
        event = make_event(order_id)
        event["note"] = value
        with pytest.raises(InvalidRequestError, match="the body has a value that JSON cannot hold"):
            client.create(event)

    assert len(sandbox.requests) == before


@given(st.one_of(st.floats(), st.decimals(), st.text(), st.booleans(), st.binary(), st.none()))
def test_whatever_is_no_integer_is_no_amount(value: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check_totals(make_event(amount=value))

    assert caught.value.faults[0].path == "amount"


@given(st.integers())
def test_an_amount_is_accepted_exactly_within_what_json_readers_keep(amount: int) -> None:
    event = NewOrderEvent(order_id="o", type_=OrderEventType.CAPTURED, network_transaction_id="n", amount=amount)
    if abs(amount) < 2**53:
        check_totals(event)
    else:
        with pytest.raises(InvalidRequestError):
            check_totals(event)
