"""One form for what a contract can say in several, so that another way to say the same is no change."""

import copy
from typing import Any

from tools.contract import LISTS, all_schemas, operations, resolve
from tools.normalise import ANNOTATIONS, listed, merge

TEXTS = ("title", "description", "example", "examples", "$comment")
NULL = {"type": "null"}


def canonical(contract: dict[str, Any]) -> dict[str, Any]:
    """A copy in which each operation has all its parameters, and each schema says what it says in one way."""
    contract = copy.deepcopy(contract)
    for _, _, operation, item in operations(contract):
        own = [resolve(contract, one) or {} for one in operation.get("parameters", [])]
        named = {(one.get("name"), one.get("in")) for one in own}
        shared = [resolve(contract, one) or {} for one in item.get("parameters", [])]
        # A copy each, or the tool tells of a shared one for its first operation only.
        all_of_them = [*(one for one in shared if (one.get("name"), one.get("in")) not in named), *own]
        operation["parameters"] = copy.deepcopy(all_of_them)
    for item in contract.get("paths", {}).values():
        item.pop("parameters", None)
    whole = copy.deepcopy(contract)  # what references mean, before any of it is rewritten
    for slot in all_schemas(contract):
        is_named = slot.holder is contract.get("components", {}).get("schemas")
        slot.value = plain(whole, slot.value, is_named)
    return contract


def plain(contract: dict[str, Any], schema: dict[str, Any], is_named: bool) -> dict[str, Any]:
    schema = written_out(contract, schema, is_named)
    if "const" in schema and "enum" not in schema:
        schema = {key: value for key, value in schema.items() if key != "const"} | {"enum": [schema["const"]]}
    for word in ("anyOf", "oneOf"):
        if len(schema.get(word, [])) == 2 and NULL in schema[word]:
            schema = or_null(schema, word)
    for word in LISTS:  # the tool pairs those without a name by how alike they look, and a text may be most of one
        if word in schema:
            schema[word] = [{key: value for key, value in one.items() if key not in TEXTS} for one in schema[word]]
    if types := sorted(listed(schema.get("type"))):
        schema["type"] = types[0] if len(types) == 1 else types
    if "required" in schema:
        schema["required"] = sorted(schema["required"])
    return schema


def written_out(contract: dict[str, Any], schema: dict[str, Any], is_named: bool) -> dict[str, Any]:
    """An `allOf` as the one schema that it means, if there is one; a reference with annotations as the reference."""
    parts = schema.get("allOf")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        return dict(schema)
    outer = {key: value for key, value in schema.items() if key != "allOf"}
    if len(parts) == 1 and "$ref" in parts[0] and not is_named and not outer.keys() - ANNOTATIONS:
        return dict(parts[0])
    whole: dict[str, Any] = {}
    for part in [*parts, outer]:
        target = resolve(contract, part)
        inner = written_out(contract, target, True) if isinstance(target, dict) else {"allOf": []}
        if "allOf" in inner or not merged(whole, inner):
            return dict(schema)
    return whole


def merged(whole: dict[str, Any], part: dict[str, Any]) -> bool:
    """Add an object, or a part of one, to another; False if they cannot be one."""
    part = copy.deepcopy(part)
    fields = whole.setdefault("properties", {}) if "properties" in part else {}
    for name, field in part.pop("properties", {}).items():
        if not merge(fields.setdefault(name, {}), field):
            return False
    if required := part.pop("required", []):
        whole["required"] = [*dict.fromkeys([*whole.get("required", []), *required])]
    return merge(whole, part)


def or_null(schema: dict[str, Any], word: str) -> dict[str, Any]:
    """`anyOf: [a, null]` as `type: [a, 'null']` if a has a type, else as `oneOf`."""
    [other] = [one for one in schema[word] if one != NULL] or [NULL]
    rest = {key: value for key, value in schema.items() if key != word}
    if not listed(other.get("type")) or {"properties", "items"} & other.keys() or rest.keys() - ANNOTATIONS:
        return rest | {"oneOf": [other, NULL]}
    allowed = {"enum": [*(one for one in other["enum"] if one is not None), None]} if "enum" in other else {}
    return {**other, **rest, **allowed, "type": [*listed(other["type"]), "null"]}
