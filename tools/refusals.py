"""Refuse features of OpenAPI 3.1 that would generate wrong code, each in one line.

The generator ignores keywords that it does not know. So only keywords and values that are known to generate correctly
are accepted; tests/generation/test_features.py has a row for each. Everything else is refused, even if nobody foresaw
it.
"""

import re
from collections.abc import Iterator
from typing import Any

from tools.contract import (
    METHODS,
    ONE,
    Slot,
    all_schemas,
    inner_schemas,
    media_types,
    members,
    operations,
    parameters,
    properties_of,
    resolve,
    schemas,
)
from tools.limits import LIMITS, python_pattern
from tools.normalise import ANNOTATIONS, assertions_of, listed, makes_class

SCHEMA = ANNOTATIONS | LIMITS.keys() | {"$ref", "type", "format", "enum", "const", "items", "properties", "required"}
SCHEMA |= {"additionalProperties", "allOf", "anyOf", "oneOf", "contentEncoding", "contentMediaType"}
OBJECTS: dict[str, frozenset[str]] = {
    "document": frozenset(
        ("openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs", "jsonSchemaDialect")
    ),
    "components": frozenset(
        ("schemas", "responses", "parameters", "examples", "requestBodies", "headers", "securitySchemes", "links")
    ),
    "path": frozenset(("summary", "description", "parameters", *METHODS)),
    "operation": frozenset(
        (
            *("tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody"),
            *("responses", "deprecated", "security"),
        )
    ),
    "media type": frozenset(("schema", "example", "examples")),
}
DIALECT = "https://spec.openapis.org/oas/3.1/dialect/base"
# The default `style` of a parameter in each place, which is also the only one that the generated code writes.
STYLES = {"query": "form", "path": "simple", "header": "simple"}
# The types allowed in each place. The generator cannot write a date or UUID into a header.
KINDS = {
    "query": {"string", "integer", "number", "boolean", "null", "array", "date", "date-time", "uuid"},
    "path": {"string", "integer", "number", "date", "uuid"},
    "header": {"string", "integer", "number", "boolean"},
}
# httpx sets these headers itself. OpenAPI says that parameters with these names are ignored.
RESERVED_HEADERS = ("accept", "content-type", "authorization")
FORM = "application/x-www-form-urlencoded"


def refusals(contract: dict[str, Any]) -> Iterator[str]:
    """The features of a normalized contract that cannot be generated, each with its place."""
    yield from unknown_words(contract)
    yield from refused_security(contract)
    for slot in parameters(contract):
        yield from refused_parameter(contract, slot)
    for place, name, media, kind in media_types(contract):
        yield from refused_media_type(contract, place, name, media, kind)
    for slot in all_schemas(contract):
        yield from refused_schema(contract, slot)
    yield from refused_requirements(contract)
    yield from refused_directions(contract)


def unknown_words(contract: dict[str, Any]) -> Iterator[str]:
    """Keywords that nothing reads: `webhooks`, `callbacks`, an operation's `servers`, a path that is a reference."""
    yield from _unknown("#", contract, "document")
    yield from _unknown("#/components", contract.get("components", {}), "components")
    for path, item in members(contract, "paths"):
        yield from _unknown(f"#/paths/{path}", item, "path")
    for place, _, operation, _ in operations(contract):
        yield from _unknown(place, operation, "operation")
        if len((resolve(contract, operation.get("requestBody")) or {}).get("content", {})) > 1:
            yield f"the request body at {place} has several media types, and the code could send one"
        for status, response in operation.get("responses", {}).items():
            if len((resolve(contract, response) or {}).get("content", {})) > 1:
                yield f"the response {status} at {place} has several media types, and the code reads each as the first"
    for place, _, media, kind in media_types(contract):
        if kind != "parameter":
            yield from _unknown(place, media, "media type")
    if contract.get("jsonSchemaDialect", DIALECT) != DIALECT:
        yield "the jsonSchemaDialect is another than that of OpenAPI 3.1"


def _unknown(place: str, node: Any, kind: str) -> Iterator[str]:
    for word in node if isinstance(node, dict) else ():
        if word not in OBJECTS[kind] and not word.startswith("x-"):
            yield f"{place} has `{word}`, for which no code is generated"


def refused_security(contract: dict[str, Any]) -> Iterator[str]:
    """Refuse security that needs more than the API key, as a bearer token or as a Basic user."""
    schemes = contract.get("components", {}).get("securitySchemes", {})
    ours = {name for name, each in schemes.items() if each.get("scheme", "").lower() in ("bearer", "basic")}
    places = [("#", contract), *((place, operation) for place, _, operation, _ in operations(contract))]
    for place, node in places:
        alternatives = node.get("security", [])
        if alternatives and not any(not each or (len(each) == 1 and each.keys() <= ours) for each in alternatives):
            yield f"{place}/security asks for more than an API key as a bearer token or by HTTP Basic"


# --- Parameters and bodies --------------------------------------------------------------------------------------------


def refused_parameter(contract: dict[str, Any], slot: Slot) -> Iterator[str]:
    parameter, where = slot.value, f"the parameter at {slot.place}"
    if "$ref" in parameter:
        return
    if "schema" not in parameter:
        yield f"{where} has no schema, and the generator drops such a one"
        return
    place, schema = parameter.get("in"), parameter["schema"]
    if place not in STYLES:
        yield f"{where} is a {place}, which httpx takes for all requests of a client or none"
        return
    if parameter.get("style", STYLES[place]) != STYLES[place]:
        yield f"{where} has `style: {parameter['style']}`, and the code writes `{STYLES[place]}` alone"
    if parameter.get("allowReserved"):
        yield f"{where} has `allowReserved`, and the code escapes every reserved character"
    if place == "header" and str(parameter.get("name")).lower() in RESERVED_HEADERS:
        yield f"{where} is the header {parameter['name']}, which OpenAPI reserves"
    kinds = kinds_of(contract, schema)
    if place == "query":
        yield from refused_query(contract, parameter, where, kinds)
    odd = sorted(kinds - KINDS[place])
    if odd or (place != "query" and len(kinds) > 1):
        yield f"{where} is {' or '.join(odd or sorted(kinds))}, which the code cannot write into a {place}"


def refused_query(contract: dict[str, Any], parameter: dict[str, Any], where: str, kinds: set[str]) -> Iterator[str]:
    if "null" in kinds and parameter.get("required"):
        yield f"{where} is required and may be null, which the code would leave out"
    if "array" not in kinds:
        return
    if parameter.get("explode") is False:
        yield f"{where} is an array with `explode: false`, and the code repeats the name for each item"
    if {"array", "object", "any", "null"} & kinds_of(contract, resolve(contract, parameter["schema"]).get("items", {})):
        yield f"{where} is an array of more than single values"


def kinds_of(contract: dict[str, Any], schema: Any) -> set[str]:
    """The types a value may have: JSON types, or a string format that has a Python type of its own."""
    schema = resolve(contract, schema)
    if not isinstance(schema, dict):
        return {"any"}
    parts = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
    found = {kind for part in parts for kind in kinds_of(contract, part)}
    if "properties" in schema:
        found.add("object")
    said = schema.get("enum", [schema["const"]] if "const" in schema else [])
    names = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    found |= {names.get(type(value), "any") for value in said if "type" not in schema}
    for kind in listed(schema.get("type")):
        is_typed = kind == "string" and "enum" not in schema and schema.get("format") in ("date", "date-time", "uuid")
        found.add(schema["format"] if is_typed else kind)
    return found or {"any"}


def refused_media_type(
    contract: dict[str, Any], place: str, name: str, media: dict[str, Any], kind: str
) -> Iterator[str]:
    if kind == "parameter":
        return
    simple = name.partition(";")[0].strip().lower()
    is_json = simple == "application/json" or simple.endswith("+json")
    if kind == "request" and simple == FORM:
        properties = properties_of(contract, media.get("schema", {}))
        kinds = {name: kinds_of(contract, each) for name, each in properties.items()}
        if [name for name, each in kinds.items() if {"object", "null", "any"} & each] or not kinds:
            yield f"the form at {place} has more than single values and lists of them"
    elif kind == "request" and not is_json:
        yield f"the code cannot send {name} at {place}"
    elif kind == "response" and not is_json and not simple.startswith("text/"):
        yield f"the code cannot read {name} at {place}"
    elif kind == "response" and not is_json and kinds_of(contract, media.get("schema", {})) != {"string"}:
        yield f"the code can read {name} at {place} as a string only"
    if kind == "request" and is_json and "null" in kinds_of(contract, media.get("schema", {})):
        yield f"the body at {place} may be null, which the code would leave out"
    if kind == "request" and "schema" not in media:
        yield f"the body at {place} has no schema"


# --- Schemas ----------------------------------------------------------------------------------------------------------


def refused_schema(contract: dict[str, Any], slot: Slot) -> Iterator[str]:
    schema, place = slot.value, slot.place
    for word in sorted(schema):
        if word == "discriminator":
            yield f"the discriminator at {place} does not give each variant, a reference used nowhere else, one value"
        elif word not in SCHEMA and not word.startswith("x-"):
            yield f"the generator passes over `{word}` at {place}"
    if schema.get("format") == "binary":
        yield f"the code cannot hold the binary string at {place}"
    yield from refused_values(schema, place)
    for key in (*ONE, "properties"):
        inner = schema.get(key)
        booleans = inner.values() if key == "properties" and isinstance(inner, dict) else [inner]
        if key != "additionalProperties" and any(isinstance(each, bool) for each in booleans):
            yield f"the generator cannot read `true` or `false` as a schema, at {place}/{key}"
    yield from refused_union(contract, schema, place)
    parts = schema.get("allOf", ())
    are_objects = all(makes_class(contract, part) or not assertions_of(part) for part in parts)
    if parts and (not are_objects or not any(makes_class(contract, part) for part in parts)):
        yield f"the parts of the allOf at {place} are no objects, and cannot be written as one schema"
    for index, part in enumerate(parts):
        target = resolve(contract, part) or {}
        lost = {"oneOf", "anyOf", "enum", "const", "additionalProperties"} & target.keys()
        if len(parts) > 1 and lost:
            yield f"the generator passes over `{min(lost)}` of a part of an allOf, at {place}/allOf/{index}"


def refused_values(schema: dict[str, Any], place: str) -> Iterator[str]:
    values = [value for value in schema.get("enum", ()) if value is not None]
    if {type(value) for value in values} not in (set(), {str}, {int}) or (schema.get("type") == "boolean" and values):
        yield f"the enum at {place} has other values than strings alone or integers alone"
    if "const" in schema and not isinstance(schema["const"], str | int):
        yield f"the const at {place} is no string, integer or boolean"
    if "pattern" in schema:
        try:
            python_pattern(schema["pattern"])
        except re.error:
            yield f"the pattern at {place} is not one that Python reads as ECMA 262 does"
    for key in ("default", "const"):
        if isinstance(schema.get(key), str) and set(schema[key]) & set('\\"'):
            yield f"the {key} at {place} has a quote or backslash, which the generator escapes twice"


def refused_union(contract: dict[str, Any], schema: dict[str, Any], place: str) -> Iterator[str]:
    words = [word for word in ("oneOf", "anyOf") if word in schema]
    for word in words:
        beside = schema.keys() - SCHEMA.intersection(ANNOTATIONS) - {word}
        beside = {each for each in beside if not each.startswith("x-")}
        if beside:
            yield f"the generator passes over `{min(beside)}` beside `{word}` at {place}"
        variants = [resolve(contract, each) or {} for each in schema[word]]
        if len([each for each in variants if "enum" in each]) > 1:
            yield f"two enums stand in one `{word}` at {place}, and the first would take the values of both"
        if len([each for each in schema[word] if "array" in kinds_of(contract, each)]) > 1:
            yield f"two arrays stand in one `{word}` at {place}, and the first would take the items of both"
        objects = [each for each in schema[word] if "object" in kinds_of(contract, each)]
        for index, one in enumerate(objects):
            for other in objects[index + 1 :]:
                if not are_distinct(contract, one, other):
                    yield f"nothing tells the variants of the `{word}` at {place} apart: a discriminator would"


def are_distinct(contract: dict[str, Any], one: Any, other: Any) -> bool:
    """Whether one of two object schemas requires a property that the other lacks or defines differently."""
    if any({"oneOf", "anyOf"} & (resolve(contract, each) or {}).keys() for each in (one, other)):
        return False
    for schema, against in ((one, other), (other, one)):
        ours, theirs = properties_of(contract, schema), properties_of(contract, against)
        for name in required_of(contract, schema):
            if name not in theirs:
                return True
            mine, its = resolve(contract, ours.get(name, {})), resolve(contract, theirs[name])
            if "const" in mine and "const" in its and mine["const"] != its["const"]:
                return True
            if name in required_of(contract, against) and not kinds_of(contract, mine) & kinds_of(contract, its):
                return True
    return False


def required_of(contract: dict[str, Any], schema: Any, depth: int = 0) -> set[str]:
    schema = resolve(contract, schema)
    if not isinstance(schema, dict) or depth > 50:
        return set()
    parts = [required_of(contract, part, depth + 1) for part in schema.get("allOf", ())]
    return set(schema.get("required", ())).union(*parts)


def refused_requirements(contract: dict[str, Any]) -> Iterator[str]:
    """Refuse a required property that is not defined, because the generator ignores it."""
    waiting = list(schemas(contract))
    while waiting:
        slot = waiting.pop(0)
        missing = required_of(contract, slot.value) - properties_of(contract, slot.value).keys()
        if missing and "$ref" not in slot.value:
            yield f"the schema at {slot.place} requires `{min(missing)}`, a property that it does not have"
        # A part of an allOf may require what another part has.
        waiting[:0] = [each for each in inner_schemas(slot.value, slot.place, slot.name) if "/allOf/" not in each.place]


def refused_directions(contract: dict[str, Any]) -> Iterator[str]:
    """Refuse a required `readOnly` or `writeOnly` property: one class serves requests and responses."""
    for kind, word in (("request", "readOnly"), ("response", "writeOnly")):
        for place, schema in reached(contract, kind):
            required = required_of(contract, schema)
            for name, each in properties_of(contract, schema).items():
                if name in required and (resolve(contract, each) or {}).get(word) is True:
                    yield f"the property {name} of the {kind} at {place} is required and `{word}`"


def reached(contract: dict[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    """The schemas that bodies of one kind use."""
    waiting = [
        (f"{place}/schema", media["schema"])
        for place, _, media, its_kind in media_types(contract)
        if its_kind == kind and "schema" in media
    ]
    seen: list[Any] = []
    while waiting:
        place, schema = waiting.pop(0)
        schema = resolve(contract, schema)
        if not isinstance(schema, dict) or any(schema is each for each in seen):
            continue
        seen.append(schema)
        yield place, schema
        waiting += [(each.place, each.value) for each in inner_schemas(schema, place, "")]
