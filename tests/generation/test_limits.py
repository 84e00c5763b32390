"""What a contract limits beside the types is checked before anything is sent, all of it at once, each with its path."""

import copy
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import generator
from tools.generate import corrected, load_yaml
from tools.limits import python_pattern

from .support import ROOT, contract_of, import_package

STRINGS = {"type": "array", "items": {"type": "string", "maxLength": 2}}
# Each limit with what it allows, what it does not, and what is said of that.
ROWS: dict[str, tuple[dict[str, Any], list[Any], list[Any], str]] = {
    "minimum": ({"type": "integer", "minimum": 1}, [1, 5], [0, -1], "is 0, and the least allowed is 1"),
    "maximum": ({"type": "integer", "maximum": 3}, [3, -5], [4], "is 4, and the most allowed is 3"),
    "exclusiveMinimum": ({"type": "number", "exclusiveMinimum": 0}, [0.1], [0, -1], "is 0, and must be more than 0"),
    "exclusiveMaximum": ({"type": "number", "exclusiveMaximum": 1}, [0.9], [1, 2.5], "is 1, and must be less than 1"),
    "multipleOf": ({"type": "integer", "multipleOf": 5}, [0, 10, -5], [7], "is 7, not a multiple of 5"),
    "multipleOf, fraction": ({"type": "number", "multipleOf": 0.1}, [0.3, 1], [0.35], "not a multiple of 0.1"),
    "minLength": (
        {"type": "string", "minLength": 2},
        ["ab", "üü"],
        ["a", ""],
        "has 1 characters, and needs at least 2",
    ),
    "maxLength": ({"type": "string", "maxLength": 2}, ["", "😀😀"], ["abc"], "has 3 characters, and may have 2"),
    "pattern": (
        {"type": "string", "pattern": "^[a-z]+$"},
        ["ab"],
        ["aB", "ab\n", ""],
        "is the string 'aB', which does",
    ),
    "pattern, digits": ({"type": "string", "pattern": r"^\d{2}"}, ["12x"], ["٣٣", "1"], "does not match"),
    "minItems": ({"type": "array", "items": {}, "minItems": 1}, [[1]], [[]], "has 0 items, and needs at least 1"),
    "maxItems": ({"type": "array", "items": {}, "maxItems": 1}, [[], [1]], [[1, 2]], "has 2 items, and may have 1"),
    "uniqueItems": ({"type": "array", "items": {}, "uniqueItems": True}, [[1, True]], [[1, 2, 1]], "has an item twice"),
    "of items": (STRINGS, [[], ["ab"]], [["ab", "abc"]], "has 3 characters"),
    "int32": ({"type": "integer", "format": "int32"}, [2**31 - 1], [2**31, -(2**31) - 1], "the most allowed is"),
    "nullable": ({"type": "string", "nullable": True, "maxLength": 1}, [None, "a"], ["ab"], "has 2 characters"),
    "of a reference": ({"$ref": "#/components/schemas/Code"}, ["ABC"], ["AB"], "does not match"),
    "of a reference and beside it": (
        {"$ref": "#/components/schemas/Small", "minimum": 1, "description": "Small"},
        [1, 9],
        [0, 10],
        "is 0, and the least allowed is 1",
    ),
    "of an allOf": ({"allOf": [{"$ref": "#/components/schemas/Small"}, {"minimum": 2}]}, [2], [1, 10], "is 1, and the"),
    "of one of two": (
        {"anyOf": [{"type": "string", "maxLength": 1}, {"type": "integer", "minimum": 5}]},
        ["a", 5],
        ["ab", 4],
        "has 2 characters",
    ),
    "const": ({"const": "v1"}, ["v1"], ["v2"], "is the string 'v2', not 'v1'"),
    "const integer": ({"type": "integer", "const": 3}, [3], [4, "3"], "is 4, not 3"),
    "enum of integers": ({"$ref": "#/components/schemas/Level"}, [1], [3], "is 3, not one of 1, 2"),
}
SCHEMAS: dict[str, Any] = {
    "Body": {"type": "object", "properties": {f"m{index}": schema for index, (schema, *_) in enumerate(ROWS.values())}},
    "Code": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "Small": {"type": "integer", "maximum": 9},
    "Level": {"type": "integer", "enum": [1, 2]},
    "Outer": {
        "type": "object",
        "properties": {"list": {"type": "array", "items": {"$ref": "#/components/schemas/Body"}}},
    },
    "Counts": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}, "maxProperties": 2},
    "Free": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
}
NUMBERS = [*ROWS]
PARAMETERS = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "string", "maxLength": 2}}},
    {"name": "X-Key", "in": "header", "schema": {"type": "string", "pattern": "^[a-z]+$"}},
    {"name": "n", "in": "query", "schema": {"type": "integer", "maximum": 5}},
    {"name": "n", "in": "header", "schema": {"type": "integer"}},
    {"name": "free", "in": "query", "schema": {"type": "integer"}},
]
# Of the path, where the operation has its own; and a body that is no model.
OF_PATH = {"name": "free", "in": "query", "schema": {"type": "integer", "maximum": 5}}
CODES = {"type": "array", "items": {"type": "string", "maxLength": 2}, "maxItems": 2}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": CODES}}}
    contract = contract_of(SCHEMAS, parameters=PARAMETERS, requestBody=body)
    contract["paths"]["/things"]["parameters"] = [OF_PATH]
    return corrected(contract, {"overlay": "1.0.0", "actions": []})


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]) -> Path:
    folder = tmp_path_factory.mktemp("limits") / "package"
    generator.run(document, folder, load_yaml(ROOT / "generator-config.yaml"), ROOT / "generator-templates")
    return folder


@pytest.fixture(scope="module")
def api(package: Path) -> Any:
    return import_package(package, "limited_api")


def faults(api: Any, body: Any) -> list[tuple[str, str]]:
    return [(path, said) for path, said, _ in api.types.faults_of(body, type(body))]


@pytest.mark.parametrize("limit", ROWS)
def test_a_value_beyond_a_limit_is_a_fault_and_one_within_it_is_none(limit: str, api: Any) -> None:
    _, allowed, refused, said = ROWS[limit]
    name = f"m{NUMBERS.index(limit)}"

    for value in allowed:
        body = api.models.Body(**{name: value})
        assert faults(api, body) == []
    for value in refused:
        body = api.models.Body(**{name: value})
        assert re.match(rf"{name}(\[\d+\])?$", faults(api, body)[0][0])
        assert not body._is_plain()
    assert said in faults(api, api.models.Body(**{name: refused[0]}))[0][1]


def test_all_faults_are_found_at_once_however_deep(api: Any) -> None:
    body = api.models.Outer(list_=[api.models.Body(), api.models.Body(m0=0, m7="abc", m13=["a", "abc"])])

    assert [path for path, _ in faults(api, body)] == ["list[1].m0", "list[1].m7", "list[1].m13[1]"]


def test_what_is_not_listed_and_how_much_of_it_there_is_is_limited_too(api: Any) -> None:
    body = api.models.Counts()
    body.additional_properties = {"a": 1, "b": -1, "c": "x"}

    assert faults(api, body) == [
        ("b", "is -1, and the least allowed is 0"),
        ("c", "is the string 'x', not an int"),
        ("", "has 3 members, and may have 2"),
    ]
    assert not body._is_plain()


def test_a_model_without_limits_has_no_word_of_them(package: Path) -> None:
    assert "_LIMITS" in (package / "models" / "body.py").read_text()
    assert "_LIMITS" not in (package / "models" / "free.py").read_text()


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"limit": 0}, "limit", "is 0, and the least allowed is 1"),
        ({"ids": ["ab", "abc"]}, "ids[1]", "has 3 characters, and may have 2"),
        ({"x_key": "A"}, "x_key", "does not match"),
        ({"n_query": 6}, "n_query", "is 6, and the most allowed is 5"),
        ({"body": ["a", "b", "c"]}, "body", "has 3 items, and may have 2"),
        ({"body": ["abc"]}, "body[0]", "has 3 characters, and may have 2"),
        ({"limit": 101, "x_key": "A"}, "limit", "x_key is the string 'A'"),
    ],
)
def test_a_parameter_beyond_its_limit_is_refused_before_it_is_sent(
    given: dict[str, Any], path: str, said: str, api: Any
) -> None:
    operation = api.api.default.get_thing

    with pytest.raises(api.types.ContractError) as refusal:
        operation.sync_detailed(client=None, **given)

    assert refusal.value.path == path
    assert said in str(refusal.value)


def test_parameters_within_their_limits_are_sent(api: Any) -> None:
    kwargs = api.api.default.get_thing._get_kwargs(
        limit=100, ids=["ab"], x_key="a", n_query=5, n_header=6, free=6, body=["ab"]
    )

    assert kwargs["params"] == {"limit": 100, "ids": ["ab"], "n": 5, "free": 6}
    assert kwargs["headers"] == {"X-Key": "a", "n": "6", "Content-Type": "application/json"}
    assert kwargs["json"] == ["ab"]


VALUES = st.one_of(
    st.integers(-9, 20),
    st.sampled_from([2**31, -(2**31), 0.3, 0.35, None]),
    st.text("abAB1 ü\n", max_size=3),
    st.lists(st.text("ab", max_size=3) | st.integers(0, 2), max_size=3),
)


@given(data=st.data())
def test_the_models_refuse_what_a_validator_of_the_contract_refuses(
    data: st.DataObject, api: Any, document: dict[str, Any]
) -> None:
    limit = data.draw(st.sampled_from([each for each in ROWS if each not in ("int32", "multipleOf, fraction")]))
    value = data.draw(VALUES)
    schema = document["components"]["schemas"]["Body"]["properties"][f"m{NUMBERS.index(limit)}"]
    body = api.models.Body(**{f"m{NUMBERS.index(limit)}": copy.deepcopy(value)})

    is_allowed = jsonschema_rs.Draft202012Validator({**document, **schema}).is_valid(value)

    assert (faults(api, body) == []) == is_allowed


@pytest.mark.parametrize(
    ("pattern", "python"),
    [("^a$", r"^a\Z"), (r"\$", r"\$"), ("[$]", "[$]"), (r"[\]$]$", r"[\]$]\Z"), ("a|b$", r"a|b\Z"), ("", "")],
)
def test_a_pattern_of_ecma_ends_where_the_text_does(pattern: str, python: str) -> None:
    assert python_pattern(pattern).pattern == python


@pytest.mark.parametrize(
    ("pattern", "matched", "unmatched"),
    [
        ("^.$", ["a", "\u0085"], ["\n", "\r", "\u2028"]),
        (r"^\s$", [" ", "\u00a0", "\ufeff"], ["a", "\u200b"]),
        (r"^[\s,]$", ["\u3000", ","], ["s"]),
        (r"^\S$", ["a"], ["\u00a0"]),
        (r"^[[\[.&~|]+$", ["[.&~|"], ["a"]),
        (r"^\.[.]$", [".."], ["a."]),
        (r"^a\+\+$", ["a++"], ["aa"]),
    ],
)
def test_a_pattern_of_ecma_matches_what_it_does_there(pattern: str, matched: list[str], unmatched: list[str]) -> None:
    compiled = python_pattern(pattern)

    assert [text for text in matched + unmatched if compiled.search(text)] == matched
