"""Normalising changes forms, never meaning: each rule on other contracts, and documents that prove it."""

import copy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.generate import load_yaml
from tools.normalise import normalise
from tools.overlay import apply_overlay

from .support import ROOT, contract_of

NULL = {"type": "null"}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


COMPONENTS: dict[str, Any] = {
    "Amount": {"type": "integer", "description": "An amount", "minimum": -9},
    "Text": {"type": "string", "description": "A text", "maxLength": 2},
    "State": {"type": "string", "enum": ["on", "off"], "description": "A state"},
    "MaybeState": {"type": "string", "enum": ["on", "off"], "nullable": True},
    "MaybeText": {"type": "string", "maxLength": 2, "nullable": True},
    "Thing": {"type": "object", "description": "A thing", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    "List": {"type": "array", "items": ref("Amount"), "maxItems": 2},
}


def normalised(schema: dict[str, Any], **components: Any) -> dict[str, Any]:
    """What becomes of a member's schema, beside those components."""
    contract = contract_of({"Holder": {"type": "object", "properties": {"m": schema}}, **COMPONENTS, **components})
    member: dict[str, Any] = normalise(contract)["components"]["schemas"]["Holder"]["properties"]["m"]
    return member


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        # Forms that mean the same as a plain one.
        ({"allOf": [ref("Amount"), {"example": 1}]}, {**COMPONENTS["Amount"], "example": 1}),
        ({"allOf": [ref("Amount"), {"description": "Paid"}]}, {**COMPONENTS["Amount"], "description": "Paid"}),
        ({"allOf": [ref("Amount")], "description": "Paid"}, {**COMPONENTS["Amount"], "description": "Paid"}),
        ({**ref("Amount"), "description": "Paid"}, {**COMPONENTS["Amount"], "description": "Paid"}),
        ({**ref("Amount"), "minimum": 0}, {**COMPONENTS["Amount"], "minimum": 0}),
        ({**ref("Amount"), "minimum": -10}, COMPONENTS["Amount"]),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, {"type": "integer"}),
        ({"allOf": [{"type": ["string", "null"]}, {"type": "string"}]}, {"type": "string"}),
        ({"allOf": [{"allOf": [ref("Text"), {"minLength": 1}]}, {"maxLength": 1}]},
         {"type": "string", "description": "A text", "minLength": 1, "maxLength": 1}),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"enum": ["b"]}),
        # A class is kept as a reference, with what is said of it here.
        ({**ref("Thing"), "description": "Mine"}, {"allOf": [ref("Thing")], "description": "Mine"}),
        ({**ref("Thing"), "type": "object"}, ref("Thing")),
        ({"allOf": [ref("State"), {"description": "Mine"}]}, {"allOf": [ref("State")], "description": "Mine"}),
        ({"allOf": [ref("Thing")]}, {"allOf": [ref("Thing")]}),
        # Null.
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}),
        ({**ref("Thing"), "nullable": True}, {"anyOf": [ref("Thing"), NULL]}),
        ({"allOf": [ref("Thing")], "nullable": True}, {"anyOf": [ref("Thing"), NULL]}),
        ({"oneOf": [ref("Thing"), {"type": "string"}], "nullable": True},
         {"anyOf": [{"oneOf": [ref("Thing"), {"type": "string"}]}, NULL]}),
        ({"oneOf": [ref("Thing"), NULL], "nullable": True}, {"oneOf": [ref("Thing"), NULL]}),
        ({"type": "string", "enum": ["a"], "nullable": True},
         {"anyOf": [{"type": "string", "enum": ["a"], "title": "m"}, NULL]}),
        ({"type": "string", "enum": ["a", None], "nullable": True, "description": "A"},
         {"anyOf": [{"type": "string", "enum": ["a"], "title": "m"}, NULL], "description": "A"}),
        ({"type": ["string", "null"], "enum": ["a", None]},
         {"anyOf": [{"type": "string", "enum": ["a"], "title": "m"}, NULL]}),
        ({"type": ["string", "null"], "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": "string", "enum": ["a", None]}, {"type": "string", "enum": ["a"]}),
        ({"const": "a", "nullable": True}, {"anyOf": [{"const": "a"}, NULL]}),
        ({"description": "Anything", "nullable": True}, {"description": "Anything"}),
        ({"allOf": [ref("Amount"), {"nullable": True}]}, {**COMPONENTS["Amount"], "type": ["integer", "null"]}),
        ({"type": "array", "items": {**ref("Amount"), "description": "One"}},
         {"type": "array", "items": {**COMPONENTS["Amount"], "description": "One"}}),
        ({"allOf": [ref("MaybeText"), {"description": "A"}]},
         {"type": ["string", "null"], "maxLength": 2, "description": "A"}),
        ({"allOf": [ref("MaybeText"), {"type": "string"}]}, {"type": "string", "maxLength": 2}),
        # What the generator reads as it is.
        ({"type": "string", "description": "A"}, {"type": "string", "description": "A"}),
        (ref("Amount"), ref("Amount")),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"type": ["string"]}, {"type": "string"}),
        ({"type": "string", "deprecated": True, "description": "Old"},
         {"type": "string", "deprecated": True, "description": "Deprecated. Old"}),
    ],
    ids=str,
)  # fmt: skip
def test_a_form_that_the_generator_cannot_read_becomes_one_that_it_can(
    schema: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert normalised(schema) == expected


@pytest.mark.parametrize("word", ["nullable", "allOf", "deprecated", "$ref"])
def test_a_word_that_is_a_name_or_data_is_left_alone(word: str) -> None:
    schema = {
        "type": "object",
        "properties": {word: {"type": "boolean"}},
        "example": {word: True},
        "default": {word: []},
    }

    assert normalised(schema) == schema


def test_a_discriminator_becomes_a_constant_that_each_variant_requires() -> None:
    card: dict[str, Any] = {"type": "object", "properties": {"kind": {"type": "string", "description": "Which"}}}
    union = {"oneOf": [ref("Card"), ref("Bank")], "discriminator": {"propertyName": "kind", "mapping": {"c": "Card"}}}
    contract = contract_of(
        {"Holder": {"type": "object", "properties": {"m": union}}, "Card": card, "Bank": {"type": "object"}}
    )

    schemas = normalise(contract)["components"]["schemas"]

    assert schemas["Holder"]["properties"]["m"] == {"oneOf": [ref("Card"), ref("Bank")]}
    assert schemas["Card"]["properties"]["kind"] == {"type": "string", "const": "c", "description": "Which"}
    assert schemas["Bank"]["properties"]["kind"] == {"type": "string", "const": "Bank"}
    assert [schemas[name]["required"] for name in ("Card", "Bank")] == [["kind"], ["kind"]]


def test_a_parameters_description_is_its_schemas_too_and_a_siblings_is_its_own() -> None:
    shared = {"name": "limit", "in": "query", "description": "Any", "schema": {"type": "integer"}}
    contract = contract_of(
        {"Thing": {"type": "object"}, "State": COMPONENTS["State"]},
        parameters=[
            {"$ref": "#/components/parameters/limit", "name": "limit"},
            {"name": "state", "in": "query", "description": "Which", "deprecated": True, "schema": ref("State")},
        ],
    )
    contract["components"]["parameters"] = {"limit": shared}

    result = normalise(contract)
    one, other = result["paths"]["/things"]["get"]["parameters"]

    assert one == {"$ref": "#/components/parameters/limit"}
    assert result["components"]["parameters"]["limit"]["schema"] == {"type": "integer", "description": "Any"}
    assert other["schema"] == {"allOf": [ref("State")], "description": "Deprecated. Which", "deprecated": True}


# --- Meaning is kept --------------------------------------------------------------------------------------------------


def as_meant(schema: Any) -> Any:
    """A schema of the publication in the words of JSON Schema: `nullable` allows null, whatever else is said.

    Said in a part of an `allOf`, it is meant of the whole. Written apart from the rules that it judges.
    """
    if isinstance(schema, list):
        return [as_meant(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: value if key in ("enum", "example", "default") else as_meant(value) for key, value in schema.items()}
    parts = [part for part in schema.get("allOf", ()) if "$ref" not in part]
    is_nullable = any(isinstance(each.get("nullable"), bool) and each["nullable"] for each in (schema, *parts))
    if "allOf" in inner:
        inner["allOf"] = [
            as_meant({key: value for key, value in part.items() if key != "nullable"}) for part in schema["allOf"]
        ]
    if isinstance(schema.get("nullable"), bool):
        del inner["nullable"]
    return {"anyOf": [inner, NULL]} if is_nullable else inner


def without_references(schema: Any, components: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [without_references(each, components) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: without_references(value, components) for key, value in schema.items() if key != "$ref"}
    if "$ref" not in schema:
        return inner
    target = without_references(components[schema["$ref"].rpartition("/")[2]], components)
    return {"allOf": [target, inner]} if inner else target


def agree(published: Any, rewritten: Any, document: Any) -> bool:
    verdicts = [
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(document)
        for schema in (published, rewritten)
    ]
    return verdicts[0] == verdicts[1]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.sampled_from([1.0, 0.5, "", "on", "off", "a", "b", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abm"), inner, max_size=3),
    max_leaves=5,
)
TYPES = ["string", "integer", "number", "boolean"]
ANNOTATED = st.sampled_from([{}, {"description": "Here"}, {"example": 1}, {"nullable": True}, {"nullable": False}])
SCALARS = st.one_of(
    st.sampled_from([ref(name) for name in COMPONENTS]),
    st.builds(lambda kind: {"type": kind}, st.sampled_from(TYPES)),
    st.builds(lambda kind: {"type": [kind, "null"]}, st.sampled_from(TYPES)),
    st.sampled_from(
        [
            {"type": "string", "enum": ["a", "b"]},
            {"type": ["string", "null"], "enum": ["a", None]},
            {"enum": ["a", None]},
        ]
    ),
    st.sampled_from([{"type": "string", "maxLength": 1}, {"type": "integer", "minimum": 0, "maximum": 5}]),
)
ASSERTED = st.sampled_from([{}, {"maxLength": 1}, {"minimum": 0}, {"type": "integer"}, {"maxItems": 1}])
FORMS = st.one_of(
    st.builds(lambda one, said: {**one, **said}, SCALARS, ANNOTATED),
    st.builds(lambda one, said, more: {"allOf": [one, {**said, **more}]}, SCALARS, ANNOTATED, ASSERTED),
    st.builds(lambda one, said, outer: {"allOf": [one, said], **outer}, SCALARS, ANNOTATED, ANNOTATED),
    st.builds(lambda one, said: {"type": "array", "items": {**one, **said}}, SCALARS, ANNOTATED),
    st.builds(lambda one, said: {"type": "object", "properties": {"a": {**one, **said}}}, SCALARS, ANNOTATED),
    st.builds(lambda one, said: {"anyOf": [one, {"type": "boolean"}], **said}, SCALARS, ANNOTATED),
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(schema=FORMS, data=st.data())
def test_any_schema_and_what_becomes_of_it_allow_the_same_documents(
    schema: dict[str, Any], data: st.DataObject
) -> None:
    contract = contract_of({"Holder": {"type": "object", "properties": {"m": schema}}, **COMPONENTS})
    before = copy.deepcopy(contract)
    rewritten = normalise(contract)
    schemas = rewritten["components"]["schemas"]
    published = without_references(as_meant(schema), as_meant(COMPONENTS))
    result = without_references(schemas["Holder"]["properties"]["m"], schemas)

    document = data.draw(JSON)

    assert agree(published, result, document)
    assert contract == before
    assert normalise(rewritten) == rewritten


def documents(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Documents that a schema without references allows, or nearly so: a few are spoiled."""
    if "anyOf" in schema or "oneOf" in schema:
        return st.one_of([documents(each) for each in schema.get("anyOf", schema.get("oneOf", []))])
    if "allOf" in schema:
        parts = st.tuples(*(documents(each) for each in schema["allOf"]))
        return parts.map(
            lambda found: (
                {k: v for each in found for k, v in each.items()}
                if all(isinstance(each, dict) for each in found)
                else found[0]
            )
        )
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | JSON
    kinds = schema.get("type", [])
    return st.one_of([_of_kind(schema, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)] or [JSON])


def _of_kind(schema: dict[str, Any], kind: str) -> st.SearchStrategy[Any]:
    match kind:
        case "object":
            known = {name: documents(each) | JSON for name, each in schema.get("properties", {}).items()}
            some = st.fixed_dictionaries({}, optional=known)
            whole = st.fixed_dictionaries({name: known[name] for name in schema.get("required", ()) if name in known})
            return st.builds(lambda one, other: {**one, **other}, some, st.just({}) | whole)
        case "array":
            return st.lists(documents(schema.get("items", {})), max_size=2)
        case "string" if schema.get("format") == "date-time":
            return st.sampled_from(["2026-01-02T03:04:05Z", "2026-01-02", ""])
        case "null":
            return st.none()
        case _:
            return {"string": st.text(max_size=3), "boolean": st.booleans()}.get(
                kind, st.integers(-9, 9) | st.just(0.5)
            )


@pytest.fixture(scope="module")
def both(raw: dict[str, Any], corrected: dict[str, Any]) -> dict[str, tuple[Any, Any, st.SearchStrategy[Any]]]:
    """Each schema of Imprint as published and corrected, as normalised, and documents of either."""
    published = apply_overlay(raw, load_yaml(ROOT / "openapi.overlay.yaml"))["components"]["schemas"]
    schemas = corrected["components"]["schemas"]
    meant = as_meant(published)
    pairs = {
        name: (without_references(meant[name], meant), without_references(schemas[name], schemas)) for name in published
    }
    return {name: (*pair, documents(pair[0]) | documents(pair[1])) for name, pair in pairs.items()}


NAMES = ["OrdersResponse", "OrderBase", "Order", "Address", "OrderEventsResponse", "OrderEvent", "OrderEventBase"]
NAMES += ["CurrencyAmount", "OrderLine"]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_documents_of_imprint_are_allowed_before_and_after(
    name: str, data: st.DataObject, both: dict[str, tuple[Any, Any, st.SearchStrategy[Any]]]
) -> None:
    published, rewritten, documents = both[name]
    assert both.keys() == set(NAMES)

    document = data.draw(documents)

    assert agree(published, rewritten, document)
