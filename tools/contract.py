"""Find the operations, parameters and schemas of an OpenAPI document, each with its place.

A place is a JSON pointer for people to read, such as `#/components/schemas/Order/properties/id`; nothing in it is
escaped. The structure of OpenAPI 3.1 decides what is a keyword and what is a name. So a property called `nullable` is
not mistaken for the keyword, nor an example for a schema.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# The keywords of JSON Schema that hold schemas: one schema, a list of schemas, or schemas by name.
ONE = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties", "contentSchema"),
)
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs")


@dataclass
class Slot:
    """One place in a document: `holder[key]` is its value, and `name` is what the generator calls it."""

    place: str
    holder: Any
    key: str | int
    name: str

    @property
    def value(self) -> Any:
        return self.holder[self.key]

    @value.setter
    def value(self, value: Any) -> None:
        self.holder[self.key] = value


def resolve(contract: dict[str, Any], node: Any) -> Any:
    """Follow a reference to its target, through any number of other references. None if there is no target."""
    for _ in range(100):  # a cycle
        if not isinstance(node, dict) or "$ref" not in node:
            return node
        found: Any = contract
        for key in str(node["$ref"]).removeprefix("#").split("/")[1:]:
            found = found.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        node = found
    return None


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Each operation: its place, its name (`GET /v2/orders`), the operation, and the path item that holds it."""
    for path, item in members(contract, "paths"):
        for method in METHODS:
            if isinstance(item.get(method), dict):
                yield f"#/paths/{path}/{method}", f"{method.upper()} {path}", item[method], item


def members(holder: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects in the object `holder[key]`, by name."""
    value = holder.get(key) if isinstance(holder, dict) else None
    for name, each in value.items() if isinstance(value, dict) else ():
        if isinstance(each, dict):
            yield name, each


def parameters(contract: dict[str, Any]) -> Iterator[Slot]:
    """Each parameter, both where it is defined and where it is used, because some uses are references."""
    for name, _ in members(contract.get("components"), "parameters"):
        yield Slot(f"#/components/parameters/{name}", contract["components"]["parameters"], name, name)
    for path, item in members(contract, "paths"):
        yield from _listed(item, f"#/paths/{path}")
    for place, _, operation, _ in operations(contract):
        yield from _listed(operation, place)


def _listed(holder: dict[str, Any], place: str) -> Iterator[Slot]:
    listed = holder.get("parameters")
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, dict):
            yield Slot(f"{place}/parameters/{index}", listed, index, str(each.get("name", index)))


def media_types(contract: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Each media type: its place, its name, the media type, and its use: "request", "response" or "parameter"."""
    components = contract.get("components")
    for slot in parameters(contract):
        yield from _contents(slot.value, slot.place, "parameter")
    for key, kind in (("requestBodies", "request"), ("responses", "response"), ("headers", "response")):
        for name, each in members(components, key):
            yield from _contents(each, f"#/components/{key}/{name}", kind)
    for place, _, operation, _ in operations(contract):
        if isinstance(operation.get("requestBody"), dict):
            yield from _contents(operation["requestBody"], f"{place}/requestBody", "request")
        for status, response in members(operation, "responses"):
            yield from _contents(response, f"{place}/responses/{status}", "response")


def _contents(holder: dict[str, Any], place: str, kind: str) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    for name, media in members(holder, "content"):
        yield f"{place}/content/{name}", name, media, kind


def schemas(contract: dict[str, Any]) -> Iterator[Slot]:
    """Every schema that is not inside another schema; `inner_schemas` returns those inside."""
    components = contract.get("components")
    for name, _ in members(components, "schemas"):
        yield Slot(f"#/components/schemas/{name}", contract["components"]["schemas"], name, name)
    for slot in parameters(contract):
        if isinstance(slot.value.get("schema"), dict):
            yield Slot(f"{slot.place}/schema", slot.value, "schema", slot.name)
    for name, header in members(components, "headers"):
        if isinstance(header.get("schema"), dict):
            yield Slot(f"#/components/headers/{name}/schema", header, "schema", name)
    for place, _, media, _ in media_types(contract):
        if isinstance(media.get("schema"), dict):
            yield Slot(f"{place}/schema", media, "schema", "body")


def inner_schemas(schema: dict[str, Any], place: str, name: str) -> Iterator[Slot]:
    """The schemas directly inside a schema."""
    for key in ONE:
        if isinstance(schema.get(key), dict):
            inner = {"items": f"{name}_item", "additionalProperties": "AdditionalProperty"}.get(key, name)
            yield Slot(f"{place}/{key}", schema, key, inner)
    for key in LISTS:
        parts = schema.get(key)
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, dict):
                yield Slot(f"{place}/{key}/{index}", parts, index, name)
    for key in NAMED:
        for inner, _ in members(schema, key):
            yield Slot(f"{place}/{key}/{inner}", schema[key], inner, inner)


def all_schemas(contract: dict[str, Any]) -> Iterator[Slot]:
    """Every schema, each before the schemas inside it."""
    waiting = list(schemas(contract))
    while waiting:
        slot = waiting.pop(0)
        yield slot
        waiting[:0] = inner_schemas(slot.value, slot.place, slot.name)


def properties_of(contract: dict[str, Any], schema: Any, depth: int = 0) -> dict[str, Any]:
    """The properties of an object schema, including those of its references and of the parts of its `allOf`."""
    schema = resolve(contract, schema)
    if not isinstance(schema, dict) or depth > 50:  # a cycle
        return {}
    found: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        found.update(properties_of(contract, part, depth + 1))
    found.update(schema.get("properties", {}))
    return found
