"""What the overlay changes in the published contract, and what normalising does: a correction cannot hide a mistake."""

import json
from collections.abc import Iterator
from typing import Any

from tools.generate import load_yaml
from tools.normalise import normalise
from tools.overlay import apply_overlay

from .support import ROOT, escaped, nodes

ORDER = "/components/schemas/OrderBase/properties"
EVENT = "/components/schemas/OrderEventBase/properties"
LINE = "/components/schemas/OrderLine/properties"
ABSENT = object()

CORRECTED: dict[str, tuple[Any, Any]] = {
    "/components/schemas/OrdersResponse/required/0": ("orders", "data"),
    # What is received is more than an alias of what is sent.
    "/components/schemas/Order/allOf/1": (ABSENT, {"type": "object", "required": ["id"]}),
    "/components/schemas/OrderEvent/allOf/1": (ABSENT, {"type": "object"}),
}
AMOUNTS = [f"{ORDER}/total_order_amount", f"{ORDER}/total_rewards_amount", f"{EVENT}/amount", f"{EVENT}/rewards_amount"]
AMOUNTS += [f"{LINE}/rate", f"{LINE}/rewards_rate"]
NULLABLE = [f"{ORDER}/{name}" for name in ("merchant_id", "merchant_name", "created_at", "updated_at")]
NULLABLE += [f"{LINE}/product_url"]
PARAMETERS_WITH_A_SIBLING = [f"/paths/~1v2~1order_events/get/parameters/{index}" for index in (4, 5)]


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


def overlaid(raw: dict[str, Any]) -> dict[str, Any]:
    return apply_overlay(raw, load_yaml(ROOT / "openapi.overlay.yaml"))


def test_the_overlay_changes_what_is_listed_here_and_nothing_else(raw: dict[str, Any]) -> None:
    assert {pointer: (old, new) for pointer, old, new in differences(raw, overlaid(raw))} == CORRECTED


def test_normalising_changes_amounts_nulls_and_parameters_and_nothing_else(
    raw: dict[str, Any], corrected: dict[str, Any]
) -> None:
    changed = {pointer for pointer, _, _ in differences(overlaid(raw), corrected)}

    expected = {f"{pointer}/{word}" for pointer in AMOUNTS for word in ("allOf", "type", "description", "example")}
    expected |= {f"{pointer}/{word}" for pointer in NULLABLE for word in ("nullable", "type")}
    expected |= {f"{pointer}/name" for pointer in PARAMETERS_WITH_A_SIBLING}
    described = {pointer for pointer in changed if pointer.endswith("/schema/description")}
    assert changed - described == expected
    assert len(described) == 11


def test_an_amount_is_currency_amount_and_what_was_published_beside_it(
    raw: dict[str, Any], corrected: dict[str, Any]
) -> None:
    amount = raw["components"]["schemas"]["CurrencyAmount"]
    published, written = dict(nodes(raw)), dict(nodes(corrected))

    for pointer in AMOUNTS:
        assert written[pointer] == amount | published[pointer]["allOf"][1]


def test_a_parameter_has_one_description_in_both_places(corrected: dict[str, Any]) -> None:
    parameters = [node for _, node in nodes(corrected) if isinstance(node, dict) and {"name", "in"} <= node.keys()]

    assert [p["schema"]["description"] for p in parameters] == [p["description"] for p in parameters]
    assert len(parameters) == 11


def test_what_is_normalised_is_left_as_it_is(corrected: dict[str, Any]) -> None:
    assert normalise(corrected) == corrected
