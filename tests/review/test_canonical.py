"""Two ways to say the same are one contract."""

from typing import Any

import pytest

from tools.review.canonical import canonical

from .mutations import CONTRACT, TEXT, Edit, all_of, drop, edited, put, ref, turn

NULL = {"type": "null"}
PERSON: dict[str, Any] = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
NAMED = {"type": "object", "required": ["a", "name"], "properties": {"a": TEXT, "name": TEXT}}
BOTH = [ref("Person"), {"type": "object", "required": ["a"], "properties": {"a": TEXT}}]


def field(schema: Any) -> Edit:
    return put("Order>properties>x", schema)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (field({"type": ["string", "null"]}), field({"anyOf": [TEXT, NULL]})),
        (field({"type": ["string", "null"]}), field({"type": ["null", "string"]})),
        (field({"anyOf": [ref("Person"), NULL]}), field({"oneOf": [ref("Person"), NULL]})),
        (field({"type": "string", "enum": ["a"]}), field({"type": "string", "const": "a"})),
        (field({"type": ["string", "null"], "enum": ["a", None]}), field({"oneOf": [{**TEXT, "enum": ["a"]}, NULL]})),
        (field({"anyOf": [{**TEXT, "description": "A text"}, ref("Person")]}), field({"anyOf": [TEXT, ref("Person")]})),
        (field({"allOf": [ref("Person")], "description": "The payer"}), field(ref("Person"))),
        (put(">components>schemas>Spare", {"allOf": BOTH}), put(">components>schemas>Spare", NAMED)),
        (put(">components>schemas>Spare", {"allOf": [ref("Person")]}), put(">components>schemas>Spare", PERSON)),
        (turn("Order>required"), all_of()),
        (put(">paths>/orders>parameters", []), all_of()),
        (
            all_of(
                put(">paths>/orders>parameters", [CONTRACT["paths"]["/orders"]["get"]["parameters"][0]]),
                drop(">paths>/orders>post"),
            ),
            drop(">paths>/orders>post"),
        ),
    ],
)
def test_what_means_the_same_is_one_contract(one: Edit, other: Edit) -> None:
    assert canonical(edited(one)) == canonical(edited(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (field({"anyOf": [TEXT, NULL]}), field(TEXT)),
        (field({"oneOf": [ref("Person"), NULL]}), field(ref("Person"))),
        (field({"allOf": [ref("Person")], "minProperties": 2}), field(ref("Person"))),
        (
            put(">components>schemas>Spare", {"allOf": BOTH}),
            put(">components>schemas>Spare", {**NAMED, "required": ["name"]}),
        ),
    ],
)
def test_what_means_something_else_is_another(one: Edit, other: Edit) -> None:
    assert canonical(edited(one)) != canonical(edited(other))


def test_what_cannot_be_one_schema_stays_as_it_is() -> None:
    parts = {"allOf": [{"type": "string"}, {"type": "integer"}]}

    assert canonical(edited(field(parts)))["components"]["schemas"]["Order"]["properties"]["x"] == parts
