"""The wire layer of `make review`, which needs Node: each mutation of the contract, and the command as it is run."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.review.mutations import CONTRACT, MUTATIONS, Mutation, edited
from tools.review import wire
from tools.review.change import Change, Impact


@pytest.fixture(scope="module")
def on_wire(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Change]]:
    """What the wire layer says of each mutation, by its name."""
    folder = tmp_path_factory.mktemp("contracts")
    (folder / "before.json").write_text(json.dumps(CONTRACT))

    def changes_of(index: int) -> list[Change]:
        after = folder / f"{index}.json"
        after.write_text(json.dumps(edited(MUTATIONS[index].edit)))
        return wire.compare(folder / "before.json", after, folder)

    with ThreadPoolExecutor() as pool:
        found = pool.map(changes_of, range(len(MUTATIONS)))
        return {mutation.name: changes for mutation, changes in zip(MUTATIONS, found, strict=True)}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_of_the_contract_is_classed_on_the_wire(
    mutation: Mutation, on_wire: dict[str, list[Change]]
) -> None:
    changes = on_wire[mutation.name]

    assert max((change.impact for change in changes), default=None) == mutation.wire, changes


TOLD = [
    ("a member made required, sent", "NewOrder", "note", Impact.BREAKING, "`note` is required"),
    ("a member made optional, received", "Order", "amount", Impact.BREAKING, "`amount` is no longer required"),
    ("items of another class, sent", "NewOrder", "lines", Impact.BREAKING, "`code` is required"),
    ("a length extended, sent", "NewOrder", "note", Impact.NOTED, "`maxLength` is `99`, was `20`"),
    ("a length no longer set, sent", "NewOrder", "note", Impact.NOTED, "`maxLength` is not set, was `20`"),
    ("a new path", "GET /refunds", "", Impact.ADDED, "the operation is new"),
    ("a new operation", "PUT /orders/{order_id}", "", Impact.ADDED, "the operation is new"),
    ("a path removed", "GET /orders/{order_id}", "", Impact.BREAKING, "the operation is gone"),
    ("a path removed", "DELETE /orders/{order_id}", "", Impact.BREAKING, "the operation is gone"),
    ("a body added", "DELETE /orders/{order_id}", "", Impact.BREAKING, "`requestBody` is new: it must be sent"),
    (
        "one more server, the first",
        "servers",
        "",
        Impact.BREAKING,
        "the first is `https://other.example.test`, was `https://api.example.test`: no `base_url` given, it goes there",
    ),
    (
        "an operation removed",
        "DELETE /orders/{order_id}",
        "",
        Impact.BREAKING,
        "Operation `DELETE /orders/{order_id}` was removed",
    ),
    (
        "a value added to an enum, received",
        "Order",
        "kind",
        Impact.ADDED,
        "Enum of `kind` gained values: 'c' (breaking for other clients; this one keeps strings that it does not know)",
    ),
]


@pytest.mark.parametrize(("mutation", "subject", "member", "impact", "words"), TOLD)
def test_a_change_is_told_in_words(
    mutation: str, subject: str, member: str, impact: Impact, words: str, on_wire: dict[str, list[Change]]
) -> None:
    assert (subject, member, impact, words) in [change[:4] for change in on_wire[mutation]]


def test_a_contract_that_the_tool_cannot_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "before.json").write_text(json.dumps(CONTRACT))
    (tmp_path / "after.json").write_text("{")

    with pytest.raises(wire.WireError, match="redocly diff ended with"):
        wire.compare(tmp_path / "before.json", tmp_path / "after.json", tmp_path)
