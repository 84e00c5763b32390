"""An event type that the contract does not list yet loses nothing: it is kept, and it can be told from the others."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imprint_api.models import OrderEvent, OrderEventType

EVENT = {"order_id": "o", "type": "CAPTURED", "amount": 1, "network_transaction_id": "n"}
LISTED = ["CAPTURED", "REFUNDED"]

UNLISTED = ["CHARGED_BACK", "captured", "", " CAPTURED", "known", "mro", "value", "Größe", "\ud800", "a\nb"]


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - what was pickled here


def test_the_contracts_values_are_the_members() -> None:
    assert [member.value for member in OrderEventType] == LISTED


@pytest.mark.parametrize("text", LISTED)
def test_a_listed_value_is_read_as_its_member(text: str) -> None:
    read = OrderEvent.from_dict(EVENT | {"type": text}).type_

    assert read is OrderEventType[text]
    assert read.known


@pytest.mark.parametrize("text", UNLISTED)
def test_an_unlisted_value_is_kept_as_it_came(text: str) -> None:
    event = OrderEvent.from_dict(EVENT | {"type": text})

    assert isinstance(event.type_, OrderEventType)
    assert not event.type_.known
    assert event.type_.value == event.type_.name == str(event.type_) == f"{event.type_}" == text
    assert event.to_dict() == EVENT | {"type": text}
    assert text in repr(event.type_) or not text.isprintable()


@pytest.mark.parametrize("text", LISTED + UNLISTED)
def test_a_value_equals_its_string_and_is_found_by_it(text: str) -> None:
    value = OrderEventType(text)

    assert value == text
    assert text == value
    assert hash(value) == hash(text)
    assert {value: 1}[text] == {text: 1}[value] == 1  # type: ignore[index]
    assert value == OrderEventType(text)
    assert value != text + "x"


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled, OrderEventType])
@pytest.mark.parametrize("text", LISTED + UNLISTED)
def test_a_copy_of_a_value_is_that_value(text: str, duplicate: Callable[[Any], Any]) -> None:
    value = OrderEventType(text)

    again = duplicate(value)

    assert again == value
    assert type(again) is OrderEventType
    assert again.known is value.known is (text in LISTED)
    assert duplicate(OrderEvent.from_dict(EVENT | {"type": text}).type_) == text


@pytest.mark.parametrize("text", UNLISTED)
def test_an_event_with_an_unlisted_type_survives_being_copied_and_pickled(text: str) -> None:
    event = OrderEvent.from_dict(EVENT | {"type": text})

    for again in (copy.copy(event), copy.deepcopy(event), pickled(event)):
        assert again == event
        assert not again.type_.known
        assert again.to_dict() == event.to_dict()


def test_reading_an_unlisted_value_lists_nothing() -> None:
    OrderEventType("CHARGED_BACK")

    assert [member.value for member in OrderEventType] == LISTED
    assert "CHARGED_BACK" not in OrderEventType.__members__
    assert not OrderEventType("CHARGED_BACK").known


@pytest.mark.parametrize("value", [None, 1, 1.5, True, b"CAPTURED", ["CAPTURED"]], ids=str)
def test_only_a_string_can_be_a_value(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid OrderEventType"):
        OrderEventType(value)


@settings(deadline=None)
@given(text=st.text())
def test_any_string_comes_through(text: str) -> None:
    event = OrderEvent.from_dict(EVENT | {"type": text})

    assert event.type_ == text
    assert json.loads(json.dumps(event.to_dict()))["type"] == text
