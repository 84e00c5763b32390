"""The templates serve more than today's contract: what a next publication may bring is generated, read and written."""

import ast
import copy
import datetime
import pickle
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tools.generate import generate

from .support import contract_of, import_package, root_of

# Names that the generated code uses for itself: local variables, parameters, imports, builtins.
AWKWARD = [
    *("d", "new", "value", "self", "cls", "data", "key", "src_dict", "field_dict", "prop", "_MEMBERS"),
    *("Any", "Mapping", "UNSET", "read_member", "read_str", "read_int", "write", "list_of", "one_of"),
    *("str", "int", "dict", "list", "type", "property", "classmethod", "frozenset", "id", "None", "True", "class"),
    *(
        "with space",
        'a "quote"',
        "back\\slash",
        "new\nline",
        "{brace}",
        "%s",
        "größe",
        "1st",
        "$ref-like",
        "kebab-case",
    ),
]
DESCRIPTION = 'It says "quoted", \'single\', """three""", {{ braces }}, a \\ backslash, \\n\nand a second line.\n\nEnd"'

SCHEMAS: dict[str, Any] = {
    "Everything": {
        "type": "object",
        "properties": {
            name: {"$ref": f"#/components/schemas/{name}"}
            for name in ["Node", "Owner", "Kinds", "Counts", "Cats", "Closed", "Awkward", "Words", "Quoted", "Shop"]
        },
    },
    "Node": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "next": {"$ref": "#/components/schemas/Link"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        },
    },
    "Link": {"type": "object", "required": ["to"], "properties": {"to": {"$ref": "#/components/schemas/Node"}}},
    "Cat": {"type": "object", "required": ["lives"], "properties": {"lives": {"type": "integer"}}},
    "Dog": {"type": "object", "required": ["barks"], "properties": {"barks": {"type": "boolean"}}},
    "Owner": {
        "type": "object",
        "required": ["pet"],
        "properties": {"pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}},
    },
    "Level": {"type": "integer", "enum": [1, 2, 10]},
    "Kinds": {
        "type": "object",
        "properties": {
            "level": {"$ref": "#/components/schemas/Level"},
            "version": {"const": "v1"},
            "day": {"type": "string", "format": "date"},
            "at": {"type": "string", "format": "date-time"},
            "key": {"type": "string", "format": "uuid"},
            "ratio": {"type": "number"},
            "anything": {},
            "grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
            "days": {"type": "array", "items": {"type": "string", "format": "date"}},
            "names": {"type": ["array", "null"], "items": {"type": "string"}},
            "maybe_at": {"type": ["string", "null"], "format": "date-time"},
            "maybe_amount": {"type": ["integer", "null"]},
            "maybe_cat": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"type": "null"}]},
            "maybe_level": {"oneOf": [{"$ref": "#/components/schemas/Level"}, {"type": "null"}]},
            "either": {"type": ["integer", "string"]},
            "state": {"type": "string", "enum": ["on", "off", "in-between", "1"]},
            "size": {"type": "integer", "default": 7},
        },
    },
    "Counts": {
        "type": "object",
        "properties": {"label": {"type": "string"}},
        "additionalProperties": {"type": "integer"},
    },
    "Cats": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Cat"}},
    "Closed": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
    "Awkward": {
        "type": "object",
        "required": AWKWARD[::2],
        "properties": {name: {"type": "string"} for name in AWKWARD},
    },
    # Words of JSON Schema, where they are names and data.
    "Words": {
        "type": "object",
        "example": {"nullable": True, "enum": ["a"], "type": "b"},
        "properties": {
            name: {"type": "boolean"}
            for name in ["nullable", "enum", "type", "default", "required", "properties", "example", "in", "name"]
        },
    },
    "Quoted": {
        "type": "object",
        "description": DESCRIPTION,
        "properties": {"a": {"type": "string", "description": DESCRIPTION, "example": DESCRIPTION}},
    },
    "Shop": {
        "type": "object",
        "properties": {
            "address": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}},
            "tills": {"type": "array", "items": {"type": "object", "properties": {"number": {"type": "integer"}}}},
        },
    },
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other")
    return generate(root_of(folder, contract_of(SCHEMAS)), folder)


@pytest.fixture(scope="module")
def api(package: Path) -> Any:
    """The generated package, imported; that another name will do shows that its modules name none but each other."""
    return import_package(package, "another_api")


KINDS: dict[str, Any] = {
    "level": 10,
    "version": "v1",
    "day": "2025-02-13",
    "at": "2025-02-13T19:08:07.125000+05:30",
    "key": "0144ea84-3c39-4382-a37a-03c699b77646",
    "ratio": 0.5,
    "anything": {"a": [1, None, {"b": 2.5}]},
    "grid": [[1, 2], [], [3]],
    "days": ["2025-02-13", "2024-02-29"],
    "names": ["a", "b"],
    "maybe_at": "2025-02-13T19:08:07+00:00",
    "maybe_amount": 5,
    "maybe_cat": {"lives": 9},
    "maybe_level": 2,
    "either": "x",
    "state": "in-between",
    "size": 8,
}


@pytest.mark.parametrize(
    ("model", "document"),
    [
        ("Node", {"name": "a"}),
        ("Node", {"name": "a", "next": {"to": {"name": "b", "next": {"to": {"name": "c"}}}}}),
        ("Node", {"name": "a", "children": [{"name": "b", "children": []}, {"name": "c", "other": 1}]}),
        ("Owner", {"pet": {"lives": 9}}),
        ("Owner", {"pet": {"barks": True, "name": "Rex"}}),
        ("Kinds", {}),
        ("Kinds", KINDS),
        ("Kinds", dict.fromkeys(["names", "maybe_at", "maybe_amount", "maybe_cat", "maybe_level", "anything"])),
        ("Kinds", {"either": 1}),
        ("Kinds", {"state": "a state to come"}),
        ("Kinds", {"ratio": 3}),
        ("Counts", {"label": "x", "a": 1, "b": 2}),
        ("Cats", {"tom": {"lives": 9}, "to_dict": {"lives": 1, "age": 3}}),
        ("Closed", {"a": "x"}),
        ("Awkward", {name: f"the value of {name}" for name in AWKWARD}),
        ("Awkward", {name: name for name in AWKWARD[::2]} | {"additional": {"new": 1}}),
        ("Words", {"nullable": True, "enum": False, "type": True, "default": False, "properties": True, "in": True}),
        ("Quoted", {"a": DESCRIPTION}),
        ("Shop", {"address": {"city": "Oslo"}, "tills": [{"number": 1}, {}]}),
        ("Everything", {"Node": {"name": "a"}, "Kinds": KINDS, "Owner": {"pet": {"lives": 1}}, "Cats": {}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_document_comes_through_every_form_of_schema_unaltered(
    model: str, document: dict[str, Any], api: Any
) -> None:
    before = copy.deepcopy(document)
    read = getattr(api.models, model).from_dict(document)

    assert read.to_dict() == document == before
    assert list(api.types.faults_of(read, type(read))) == []
    for again in (copy.deepcopy(read), pickle.loads(pickle.dumps(read))):  # noqa: S301 - what was pickled here
        assert again == read
        assert again.to_dict() == document


@pytest.mark.parametrize(
    ("model", "document", "path"),
    [
        ("Node", {"name": "a", "next": {"to": {"name": "b", "next": {"to": {}}}}}, "next.to.next.to.name"),
        ("Node", {"name": "a", "children": [{"name": "b"}, {"name": 1}]}, "children[1].name"),
        ("Owner", {"pet": {}}, "pet"),
        ("Owner", {"pet": {"lives": "9"}}, "pet"),
        ("Owner", {"pet": 3}, "pet"),
        ("Kinds", {"level": 3}, "level"),
        ("Kinds", {"level": True}, "level"),
        ("Kinds", {"level": "1"}, "level"),
        ("Kinds", {"version": "v2"}, "version"),
        ("Kinds", {"version": None}, "version"),
        ("Kinds", {"day": "13.02.2025"}, "day"),
        ("Kinds", {"day": 20250213}, "day"),
        ("Kinds", {"key": "0144ea84"}, "key"),
        ("Kinds", {"ratio": True}, "ratio"),
        ("Kinds", {"ratio": "0.5"}, "ratio"),
        ("Kinds", {"grid": [[1], [2, "x"]]}, "grid[1][1]"),
        ("Kinds", {"grid": [1]}, "grid[0]"),
        ("Kinds", {"names": [None]}, "names[0]"),
        ("Kinds", {"maybe_at": "2025-02-13T19:08:07"}, "maybe_at"),
        ("Kinds", {"maybe_amount": 0.5}, "maybe_amount"),
        ("Kinds", {"maybe_cat": {"lives": 0.5}}, "maybe_cat.lives"),
        ("Kinds", {"maybe_level": 3}, "maybe_level"),
        ("Kinds", {"either": []}, "either"),
        ("Kinds", {"state": 1}, "state"),
        ("Counts", {"a": "x"}, "a"),
        ("Counts", {"a": None}, "a"),
        ("Cats", {"tom": {}}, "tom.lives"),
        ("Cats", {"tom": None}, "tom"),
        ("Awkward", {name: name for name in AWKWARD[2::2]}, AWKWARD[0]),
        ("Shop", {"tills": [{"number": 1}, {"number": "2"}]}, "tills[1].number"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(model: str, document: dict[str, Any], path: str, api: Any) -> None:
    with pytest.raises(api.types.ContractError) as refusal:
        getattr(api.models, model).from_dict(document)

    assert refusal.value.path == path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("day", datetime.date(2025, 2, 13)),
        ("key", UUID("0144ea84-3c39-4382-a37a-03c699b77646")),
        ("level", 10),
        ("days", [datetime.date(2025, 2, 13), datetime.date(2024, 2, 29)]),
        ("grid", [[1, 2], [], [3]]),
        ("ratio", 0.5),
    ],
)
def test_members_are_read_as_the_types_they_are_declared_with(name: str, expected: object, api: Any) -> None:
    read = getattr(api.models.Kinds.from_dict(KINDS), name)

    assert read == expected
    assert isinstance(read, type(expected))


def test_one_of_two_models_is_read_as_the_one_that_fits(api: Any) -> None:
    pets = [api.models.Owner.from_dict({"pet": pet}).pet for pet in ({"lives": 9}, {"barks": True})]

    assert [type(pet) for pet in pets] == [api.models.Cat, api.models.Dog]


def test_a_default_is_for_what_is_sent_and_invents_nothing_in_what_is_read(api: Any) -> None:
    assert api.models.Kinds().to_dict() == {"size": 7}
    assert api.models.Kinds.from_dict({}).size is api.types.UNSET


def test_members_that_a_closed_schema_does_not_list_are_ignored(api: Any) -> None:
    assert api.models.Closed.from_dict({"a": "x", "b": 1}).to_dict() == {"a": "x"}


@pytest.mark.parametrize("text", ["ON", "IN_BETWEEN", "VALUE_3", "OFF", "On", ""])
def test_the_name_of_another_enum_value_is_no_listed_value(text: str, api: Any) -> None:
    names = {member.name for member in api.models.KindsState}

    state = api.models.Kinds.from_dict({"state": text}).state

    assert names == {"ON", "OFF", "IN_BETWEEN", "VALUE_3"}
    assert not state.known
    assert state == text
    assert state not in list(api.models.KindsState)
    assert copy.deepcopy(state) == text


@pytest.mark.parametrize("text", ["on", "off", "in-between", "1"])
def test_a_listed_enum_value_is_known_whatever_its_name(text: str, api: Any) -> None:
    state = api.models.KindsState(text)

    assert state.known
    assert state == text
    assert hash(state) == hash(text)


def test_a_description_with_quotes_and_line_ends_stays_a_docstring(package: Path) -> None:
    source = (package / "models" / "quoted.py").read_text()
    module = ast.parse(source)
    model = next(node for node in module.body if isinstance(node, ast.ClassDef))

    text = ast.get_docstring(model)

    assert text is not None
    assert text.count("and a second line.") == 3
    assert '"""three"""' in text
    assert isinstance(model.body[1], ast.AnnAssign)


@pytest.mark.parametrize("model", [name for name in SCHEMAS if name != "Level"])
def test_every_model_is_keyword_only(model: str, api: Any) -> None:
    with pytest.raises(TypeError, match="positional"):
        getattr(api.models, model)("x")
