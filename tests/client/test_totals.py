from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imprint_client import (
    UNSET,
    InvalidRequestError,
    NewOrder,
    NewOrderEvent,
    OrderEvent,
    OrderEventType,
    OrderLine,
    Totals,
    TotalsMismatchError,
    check_totals,
    sum_lines,
)
from imprint_sandbox import Sandbox

from tests.support import Blocking, Flavour, make_event, make_line, make_order

amounts = st.integers(-(10**9), 10**9)
lines = st.lists(
    st.builds(OrderLine, name=st.just("x"), quantity=st.integers(-5, 100), rate=amounts, rewards_rate=amounts),
    max_size=8,
)


def fits(body: NewOrder | NewOrderEvent | OrderEvent) -> bool:
    try:
        check_totals(body)
    except TotalsMismatchError:
        return False
    return True


@given(lines, st.integers(-1, 1), st.integers(-1, 1))
def test_an_event_is_accepted_exactly_when_its_amounts_are_the_sums_of_its_lines(
    lines: list[OrderLine], off: int, rewards_off: int
) -> None:
    amount = sum(line.quantity * line.rate for line in lines)
    rewards = sum(line.quantity * line.rewards_rate for line in lines)

    event = make_event(order_lines=lines, amount=amount + off, rewards_amount=rewards + rewards_off)

    assert fits(event) == (off == 0 and rewards_off == 0)


@given(lines, st.integers(-1, 1))
def test_an_order_is_accepted_exactly_when_its_amounts_are_the_sums_of_its_lines(
    lines: list[OrderLine], off: int
) -> None:
    totals = sum_lines(lines)

    order = make_order(
        order_lines=lines, total_order_amount=totals.amount, total_rewards_amount=totals.rewards_amount + off
    )

    assert fits(order) == (off == 0)


@given(lines.flatmap(st.permutations))
def test_the_order_of_lines_changes_no_sum(shuffled: list[OrderLine]) -> None:
    assert sum_lines(shuffled) == sum_lines(sorted(shuffled, key=lambda line: line.rate))


@given(lines, st.integers(0, 100))
def test_splitting_a_line_changes_no_sum(lines: list[OrderLine], part: int) -> None:
    split = [
        make_line(line.rate, quantity, line.rewards_rate) for line in lines for quantity in (part, line.quantity - part)
    ]

    assert sum_lines(split) == sum_lines(lines)


@given(st.lists(st.integers(2**52, 2**53 - 1), min_size=2, max_size=6))
def test_no_sum_passes_through_a_float(rates: list[int]) -> None:
    totals = sum_lines([make_line(rate, 1, rate) for rate in rates])

    assert totals == (sum(rates), sum(rates))
    assert all(type(total) is int for total in totals)


def test_sums_need_no_client() -> None:
    assert sum_lines([]) == Totals(0, 0)
    assert sum_lines(iter([make_line(100, 3, 7), make_line(5)])) == Totals(305, 2521)


def test_an_empty_list_of_lines_is_given() -> None:
    assert fits(make_event(order_lines=[], amount=0, rewards_amount=0))
    assert not fits(make_event(order_lines=[], amount=1, rewards_amount=0))


def test_absent_lines_are_compared_with_nothing() -> None:
    assert fits(NewOrderEvent(order_id="o", type_="CAPTURED", amount=5, network_transaction_id="n"))  # type: ignore[arg-type]


def test_an_absent_rewards_amount_is_compared_with_nothing() -> None:
    event = NewOrderEvent.from_dict(
        {name: value for name, value in make_event().to_dict().items() if name != "rewards_amount"}
    )

    assert fits(event)


def test_what_was_received_can_be_checked_too() -> None:
    received = OrderEvent.from_dict(make_event(amount=1).to_dict())

    assert not fits(received)


def test_all_wrong_sums_are_reported_at_once_each_with_how_it_came_about() -> None:
    event = make_event(order_lines=[make_line(1000, 2, 3), make_line(5, 1, 0)], amount=2006, rewards_amount=1)

    with pytest.raises(TotalsMismatchError) as caught:
        check_totals(event)

    amount, rewards = caught.value.faults
    assert amount[2:] == (2006, 2005, 1)
    assert rewards[2:] == (1, 6, -5)
    assert str(amount) == "amount is 2006, but the lines add up to 2005 (2 x 1000 + 1 x 5): 1 too much"
    assert str(rewards) == "rewards_amount is 1, but the lines add up to 6 (2 x 3 + 1 x 0): 5 too little"


def test_an_orders_amounts_are_named_as_the_contract_names_them() -> None:
    with pytest.raises(TotalsMismatchError) as caught:
        check_totals(make_order(total_order_amount=1, total_rewards_amount=1))

    assert [fault.path for fault in caught.value.faults] == ["total_order_amount", "total_rewards_amount"]


def test_a_long_sum_is_shown_by_its_first_lines() -> None:
    with pytest.raises(TotalsMismatchError, match=r"1 x 1 \+ 1 x 1 \+ 994 more lines"):
        check_totals(make_event(order_lines=[make_line(1, 1, 0)] * 1000, amount=1))


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "no lines"), (6, " + ".join(["1 x 1"] * 6)), (8, " + ".join([*["1 x 1"] * 6, "2 more lines"]))],
)
def test_a_sum_is_shown_whole_up_to_six_lines(count: int, shown: str) -> None:
    with pytest.raises(TotalsMismatchError) as caught:
        check_totals(make_event(order_lines=[make_line(1, 1, 0)] * count, amount=count + 1))

    assert caught.value.faults[0].problem == (f"is {count + 1}, but the lines add up to {count} ({shown}): 1 too much")


def test_sum_lines_refuses_what_is_no_whole_minor_unit() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        sum_lines([make_line(), make_line(rate=27.5), make_line(quantity=True)])  # type: ignore[arg-type]

    assert [fault.path for fault in caught.value.faults] == ["lines[1].rate", "lines[2].quantity"]


@pytest.mark.parametrize("lines", [UNSET, None, make_line(), 5], ids=repr)
def test_what_are_no_lines_at_all_is_refused(lines: Any) -> None:
    with pytest.raises(InvalidRequestError, match=", not OrderLines"):
        sum_lines(lines)


@pytest.mark.parametrize("body", [{}, None, make_line(), make_event().to_dict()])
def test_what_is_no_order_or_event_has_no_totals(body: Any) -> None:
    with pytest.raises(InvalidRequestError, match="not a NewOrderEvent"):
        check_totals(body)


def test_an_amount_of_a_subclass_of_int_is_compared_too() -> None:
    class Cents(int):
        pass

    assert fits(make_event(amount=Cents(274999)))
    assert not fits(make_event(amount=Cents(1)))


def test_a_wrong_sum_is_refused_before_anything_is_sent(sandbox: Sandbox, client: Flavour, order_id: str) -> None:
    before = len(sandbox.requests)

    with pytest.raises(TotalsMismatchError):
        client.create(make_event(order_id, amount=1))
    with pytest.raises(TotalsMismatchError):
        client.ensure(make_event(order_id, amount=1))
    with pytest.raises(TotalsMismatchError):
        client.create_order(make_order(total_order_amount=1))

    assert len(sandbox.requests) == before


def test_the_check_of_sums_can_be_off_for_a_call(sandbox: Sandbox, client: Flavour) -> None:
    sandbox_refuses = pytest.raises(Exception, match="400 Bad Request")
    before = len(sandbox.requests)

    with sandbox_refuses:
        client.create_order(make_order(total_order_amount=1), check_totals=False)

    assert len(sandbox.requests) == before + 1


@pytest.mark.parametrize("say_true", [True, False])
def test_the_check_of_sums_can_be_off_for_a_client_and_on_for_a_call(sandbox: Sandbox, say_true: bool) -> None:
    client = Blocking(sandbox, check_totals=False)
    options = {"check_totals": True} if say_true else {}

    with pytest.raises(TotalsMismatchError if say_true else Exception, match=r"add up|400"):
        client.create_order(make_order(total_order_amount=1), **options)

    assert len(sandbox.requests) == (0 if say_true else 1)
    client.close()


def test_events_are_never_compared_with_their_order(client: Flavour, order_id: str) -> None:
    more_than_the_order = make_event(order_id, order_lines=[make_line(rate=10**9)])

    assert client.create(more_than_the_order).amount == 10**9


def test_refunds_are_never_compared_with_captures(client: Flavour, order_id: str) -> None:
    refund = make_event(order_id, type_=OrderEventType.REFUNDED, order_lines=[make_line(rate=10**9)])

    assert client.create(refund).amount == 10**9
