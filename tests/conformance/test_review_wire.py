"""The wire layer of `make review`, which needs Node: each mutation of the contract, and the command as it is run."""

import json
from pathlib import Path

import pytest

from tests.review.mutations import CONTRACT, MUTATIONS, Mutation, edited
from tools.review import wire
from tools.review.change import Change, Impact
from tools.review.places import Places


class OnWire:
    """What the wire layer says of a mutation; each takes Node a second, so it is asked once, and only if it must be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[str, list[Change]] = {}

    def __getitem__(self, name: str) -> list[Change]:
        if name not in self.found:
            [mutation] = [mutation for mutation in MUTATIONS if mutation.name == name]
            self.found[name] = wire.compare(CONTRACT, edited(mutation.edit), self.folder)
        return self.found[name]


@pytest.fixture(scope="module")
def on_wire(tmp_path_factory: pytest.TempPathFactory) -> OnWire:
    return OnWire(tmp_path_factory.mktemp("contracts"))


# One of each kind of verdict, and those that this package judges otherwise than the tool does.
QUICK = {
    *{(mutation.wire, mutation.python): mutation.name for mutation in MUTATIONS}.values(),
    *("a value added to an enum, received", "a format of more numbers, sent", "a format that nobody knows, sent"),
    *("a body added", "servers of one operation", "one more server, the first", "security of one operation"),
    *("names of a pattern, sent", "another token URL", "a webhook", "one instead of a list", "no security"),
    *("parameters of a path, said of its operations", "null as an alternative, sent", "a contact"),
    *("a long text and an example of a short parameter",),
}


def quick_or_thorough(name: str) -> list[pytest.MarkDecorator]:
    """Each mutation takes Node a third of a second of CPU."""
    return [] if name in QUICK else [pytest.mark.thorough]


CASES = [pytest.param(one, id=one.name, marks=quick_or_thorough(one.name)) for one in MUTATIONS]


@pytest.mark.parametrize("mutation", CASES)
def test_a_mutation_of_the_contract_is_classed_on_the_wire(mutation: Mutation, on_wire: OnWire) -> None:
    changes = on_wire[mutation.name]

    assert max((change.impact for change in changes), default=None) == mutation.wire, changes


TOLD = [
    ("a member made required, sent", "NewOrder", "note", Impact.BREAKING, "`note` is required"),
    ("a member made optional, received", "Order", "amount", Impact.BREAKING, "`amount` is no longer required"),
    ("items of another class, sent", "NewOrder", "lines", Impact.BREAKING, "`code` is required"),
    (
        "items of another type, sent",
        "NewOrder",
        "tags",
        Impact.BREAKING,
        "`items`: Type narrowed from 'string' to 'integer'",
    ),
    ("one more alternative, sent", "NewOrder", "payer", Impact.ADDED, "`oneOf`: `Spare` is new"),
    (
        "an alternative removed, sent",
        "NewOrder",
        "payer",
        Impact.BREAKING,
        "`payer` is now one of `Person`, was one of `Person`, `Company`",
    ),
    (
        "another schema, sent",
        "NewOrder",
        "payer",
        Impact.BREAKING,
        "`payer` is now one `Spare`, was one of `Person`, `Company`",
    ),
    ("one instead of a list", "Order", "lines", Impact.BREAKING, "`lines` is now one `Line`, was a list of `Line`"),
    (
        "security of one operation",
        "GET /orders",
        "",
        Impact.BREAKING,
        "authentication is now `bearerAuth`, was `basicAuth`",
    ),
    ("a value added to an enum, sent", "NewOrder", "kind", Impact.NOTED, '`enum` gained `"c"`'),
    ("a value removed from an enum, received", "Order", "kind", Impact.NOTED, '`enum` lost `"a"`'),
    (
        "a maximum removed, received",
        "Order",
        "amount",
        Impact.BREAKING,
        "Upper bound of `amount` was removed: it was `1000`",
    ),
    (
        "a maximum of a parameter lowered",
        "GET /orders",
        "limit",
        Impact.BREAKING,
        "`limit`: Upper bound changed from '<= 100' to '<= 50'",
    ),
    (
        "parameters in another order, and one changed",
        "GET /orders",
        "limit",
        Impact.BREAKING,
        "`limit`: Upper bound changed from '<= 100' to '<= 50'",
    ),
    (
        "a format of more numbers, of a parameter",
        "GET /orders",
        "limit",
        Impact.NOTED,
        """`limit`: format changed from `"int32"` to `"int64"`: takes more""",
    ),
    (
        "a format of fewer numbers, received",
        "Order",
        "serial",
        Impact.NOTED,
        """format changed from `"int64"` to `"int32"`: says more exactly what comes""",
    ),
    (
        "another default of a parameter",
        "GET /orders",
        "limit",
        Impact.NOTED,
        "`limit`: default changed from `10` to `20`",
    ),
    (
        "another type of path parameter",
        "GET /orders/{order_id}",
        "order_id",
        Impact.BREAKING,
        "`order_id`: Type narrowed from 'string' to 'integer'",
    ),
    (
        "a path parameter renamed",
        "GET /orders/{id}",
        "",
        Impact.NOTED,
        "path changed from `/orders/{order_id}` to `/orders/{id}`",
    ),
    ("a member that gets a name like its own, sent", "NewOrder", "notes", Impact.NOTED, 'renamed: it was `"note"`'),
    ("a first parameter", "POST /orders", "X-Id", Impact.ADDED, "`X-Id` is new"),
    ("first parameters, one required", "POST /orders", "X-Id", Impact.ADDED, "`X-Id` is new"),
    (
        "first parameters, one required",
        "POST /orders",
        "page",
        Impact.BREAKING,
        "Required `page` query parameter was added",
    ),
    (
        "another description of an answer",
        "GET /orders",
        "",
        Impact.NOTED,
        '`200`: description changed from `"Orders"` to `"All"`',
    ),
    ("an answer with a body", "DELETE /orders/{order_id}", "", Impact.ADDED, "`204`: `application/json` is new"),
    ("one more server", "servers", "", Impact.NOTED, "`https://other.example.test` is new"),
    (
        "one more security",
        "security",
        "",
        Impact.ADDED,
        "authentication is now `basicAuth` or `bearerAuth`, was `basicAuth`",
    ),
    ("a length extended, sent", "NewOrder", "note", Impact.NOTED, "maxLength changed from `20` to `99`"),
    ("a length no longer set, sent", "NewOrder", "note", Impact.NOTED, "maxLength is no longer `20`"),
    ("a new path", "GET /refunds", "", Impact.ADDED, "the operation is new"),
    ("a new operation", "PUT /orders/{order_id}", "", Impact.ADDED, "the operation is new"),
    ("a path removed", "GET /orders/{order_id}", "", Impact.BREAKING, "the operation is gone"),
    ("a path removed", "DELETE /orders/{order_id}", "", Impact.BREAKING, "the operation is gone"),
    ("a body added", "DELETE /orders/{order_id}", "body", Impact.BREAKING, "`body` is new: it must be sent"),
    (
        "one more server, the first",
        "servers",
        "",
        Impact.BREAKING,
        "the first is `https://other.example.test`, was `https://api.example.test`: no `base_url` given, it goes there",
    ),
    ("an operation removed", "DELETE /orders/{order_id}", "", Impact.BREAKING, "the operation is gone"),
    (
        "a value added to an enum, received",
        "Order",
        "kind",
        Impact.ADDED,
        "Enum of `kind` gained values: 'c' (breaking for other clients; this one keeps strings that it does not know)",
    ),
]


@pytest.mark.parametrize(
    ("mutation", "subject", "member", "impact", "words"),
    [pytest.param(*one, marks=quick_or_thorough(one[0])) for one in TOLD],
)
def test_a_change_is_told_in_words(
    mutation: str, subject: str, member: str, impact: Impact, words: str, on_wire: OnWire
) -> None:
    assert (subject, member, impact, words) in [change[:4] for change in on_wire[mutation]]


def test_only_what_the_contract_has_is_told(on_wire: OnWire) -> None:
    assert [change[:2] for change in on_wire["a parameter that gets a name like its own"]] == [("GET /orders", "notes")]


@pytest.mark.thorough
def test_a_path_is_told_by_its_operations_alone(on_wire: OnWire) -> None:
    assert [change.subject for change in on_wire["a path removed"]] == [
        "GET /orders/{order_id}",
        "DELETE /orders/{order_id}",
    ]


@pytest.mark.parametrize("path", ["#/webhooks/paid/post", "#/paths/~1orders/post/callbacks/paid/{$url}/post"])
def test_an_operation_that_is_not_called_but_calls_is_told_too(path: str) -> None:
    said = {"path": path, "typeName": "Operation", "kind": "added", "impact": "minor", "verdicts": []}
    where = {"pointer": path, "value": {"responses": {}}}

    (change,) = wire.as_changes({**said, "revision": where}, Places(CONTRACT, CONTRACT))

    impact = Impact.NOTED if path.startswith("#/webhooks") else Impact.ADDED
    assert (change.impact, change.words.endswith("the operation is new")) == (impact, True)


def test_a_contract_that_the_tool_cannot_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "before.json").write_text(json.dumps(CONTRACT))
    (tmp_path / "after.json").write_text("{")

    with pytest.raises(wire.WireError, match="redocly diff ended with"):
        wire.run(tmp_path / "before.json", tmp_path / "after.json", tmp_path)
