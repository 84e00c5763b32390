"""What the overlay changes in the published contract, all of it: a correction cannot hide a mistake."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tools.generate import load_yaml
from tools.overlay import OverlayError, apply_overlay

from .support import ROOT, escaped, nodes

ORDER = "/components/schemas/OrderBase/properties"
EVENT = "/components/schemas/OrderEventBase/properties"
LINE = "/components/schemas/OrderLine/properties"
ORDERS = "/paths/~1v2~1orders"
EVENTS = "/paths/~1v2~1order_events"
AMOUNT = {"$ref": "#/components/schemas/CurrencyAmount"}

ADDED: dict[str, Any] = {
    # Amounts are written out.
    f"{ORDER}/total_order_amount/type": "integer",
    f"{ORDER}/total_order_amount/example": 274999,
    f"{ORDER}/total_order_amount/description": "Total order amount ($2,699.99 + $50.00)",
    f"{ORDER}/total_rewards_amount/type": "integer",
    f"{ORDER}/total_rewards_amount/example": 2500,
    f"{ORDER}/total_rewards_amount/description": "Total rewards amount ($25 + $0)",
    f"{EVENT}/amount/type": "integer",
    f"{EVENT}/amount/example": 274999,
    f"{EVENT}/amount/description": "Total event amount ($2,699.99 + $50.00)",
    f"{EVENT}/rewards_amount/type": "integer",
    f"{EVENT}/rewards_amount/example": 2500,
    f"{EVENT}/rewards_amount/description": "Total rewards amount for the event ($25 + $0)",
    f"{LINE}/rate/type": "integer",
    f"{LINE}/rate/example": 274999,
    f"{LINE}/rate/description": "An amount in the smallest unit of the currency",
    f"{LINE}/rewards_rate/type": "integer",
    f"{LINE}/rewards_rate/example": 2500,
    f"{LINE}/rewards_rate/description": "An amount in the smallest unit of the currency",
    # What is received is more than an alias of what is sent.
    "/components/schemas/Order/allOf/1": {"type": "object", "required": ["id"]},
    "/components/schemas/OrderEvent/allOf/1": {"type": "object"},
    # Descriptions where the generator looks for them.
    f"{ORDERS}/get/parameters/0/schema/description": "The ID of an order. With it, at most one order comes back.",
    f"{ORDERS}/get/parameters/1/schema/description": "The identifier of the order in the partner system",
    f"{ORDERS}~1{{order_id}}/put/parameters/0/schema/description": "The ID of the order to update",
    f"{ORDERS}~1{{order_id}}/delete/parameters/0/schema/description": "The ID of the order to delete",
    f"{EVENTS}~1{{order_event_id}}/delete/parameters/0/schema/description": "The ID of the order event to delete",
    f"{EVENTS}/get/parameters/0/schema/description": (
        "An order event ID. If provided, the response will only have a maximum of one result."
    ),
    f"{EVENTS}/get/parameters/1/schema/description": "Enables searching for events by order ID",
    f"{EVENTS}/get/parameters/2/schema/description": (
        "The identifier of the order event in the partner system. If provided, the response will only have a maximum "
        "of one result."
    ),
    f"{EVENTS}/get/parameters/3/schema/description": (
        "The network's unique identifier for the transaction. Examples include Visa Transaction ID, Mastercard Trace "
        "ID, and American Express Network Reference ID"
    ),
    "/components/parameters/limitParam/schema/description": "Limits the number of returned results",
    "/components/parameters/startingAfterParam/schema/description": (
        "A cursor for use in pagination. An id that defines your place in the list."
    ),
}

REMOVED: dict[str, Any] = {
    f"{EVENTS}/get/parameters/4/name": "limit",
    f"{EVENTS}/get/parameters/5/name": "starting_after",
    f"{ORDER}/merchant_id/nullable": True,
    f"{ORDER}/merchant_name/nullable": True,
    f"{ORDER}/created_at/nullable": True,
    f"{ORDER}/updated_at/nullable": True,
    f"{LINE}/product_url/nullable": True,
    f"{ORDER}/total_order_amount/allOf": [
        AMOUNT,
        {"example": 274999, "description": "Total order amount ($2,699.99 + $50.00)"},
    ],
    f"{ORDER}/total_rewards_amount/allOf": [
        AMOUNT,
        {"example": 2500, "description": "Total rewards amount ($25 + $0)"},
    ],
    f"{EVENT}/amount/allOf": [AMOUNT, {"example": 274999, "description": "Total event amount ($2,699.99 + $50.00)"}],
    f"{EVENT}/rewards_amount/allOf": [
        AMOUNT,
        {"example": 2500, "description": "Total rewards amount for the event ($25 + $0)"},
    ],
    f"{LINE}/rate/allOf": [AMOUNT, {"example": 274999}],
    f"{LINE}/rewards_rate/allOf": [AMOUNT, {"example": 2500}],
    "/components/schemas/CurrencyAmount": {
        "type": "integer",
        "description": "An amount in the smallest unit of the currency",
    },
}

CHANGED: dict[str, tuple[Any, Any]] = {
    "/components/schemas/OrdersResponse/required/0": ("orders", "data"),
    f"{ORDER}/merchant_id/type": ("string", ["string", "null"]),
    f"{ORDER}/merchant_name/type": ("string", ["string", "null"]),
    f"{ORDER}/created_at/type": ("string", ["string", "null"]),
    f"{ORDER}/updated_at/type": ("string", ["string", "null"]),
    f"{LINE}/product_url/type": ("string", ["string", "null"]),
}

ABSENT = object()


def differences(old: Any, new: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two JSON documents differ, as far in as both have something of the same kind."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), f"{pointer}/{escaped(key)}")
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else ABSENT for items in (old, new))
            yield from differences(before, after, f"{pointer}/{index}")
    elif ABSENT in (old, new) or json.dumps(old) != json.dumps(new):
        yield pointer, old, new


def test_the_overlay_changes_what_is_listed_here_and_nothing_else(
    raw: dict[str, Any], corrected: dict[str, Any]
) -> None:
    found = list(differences(raw, corrected))

    assert {pointer: new for pointer, old, new in found if old is ABSENT} == ADDED
    assert {pointer: old for pointer, old, new in found if new is ABSENT} == REMOVED
    assert {pointer: (old, new) for pointer, old, new in found if ABSENT not in (old, new)} == CHANGED


@pytest.mark.parametrize("pointer", [pointer for pointer in REMOVED if pointer.endswith("/allOf")])
def test_an_amount_written_out_is_currency_amount_and_what_was_published_beside_it(
    pointer: str, raw: dict[str, Any], corrected: dict[str, Any]
) -> None:
    _, beside = REMOVED[pointer]

    written_out = dict(nodes(corrected))[pointer.removesuffix("/allOf")]

    assert written_out == raw["components"]["schemas"]["CurrencyAmount"] | beside


CURRENCY_AMOUNT = "/components/schemas/CurrencyAmount"


@pytest.mark.parametrize("pointer", [CURRENCY_AMOUNT, *(pointer for pointer in REMOVED if pointer.endswith("/allOf"))])
@pytest.mark.parametrize("word", [{"minimum": 0}, {"nullable": True}, {"type": "string"}, {"example": 3}], ids=str)
def test_no_word_about_an_amount_is_lost_in_silence(pointer: str, word: dict[str, Any], raw: dict[str, Any]) -> None:
    published = copy.deepcopy(raw)
    amount = dict(nodes(published))[pointer]
    (amount[1] if isinstance(amount, list) else amount).update(word)
    action = f"({pointer.replace('/', '.').replace('.', '$.', 1)}): matches something else than its `x-was`"

    with pytest.raises(OverlayError, match=re.escape(action)):
        apply_overlay(published, load_yaml(ROOT / "openapi.overlay.yaml"))


def test_a_parameter_has_one_description_in_both_places(corrected: dict[str, Any]) -> None:
    parameters = [node for _, node in nodes(corrected) if isinstance(node, dict) and {"name", "in"} <= node.keys()]

    assert [p["schema"]["description"] for p in parameters] == [p["description"] for p in parameters]
    assert len(parameters) == 11
