"""Rewrite the parts of a contract that the generator cannot read into equivalent forms.

Nothing here corrects Imprint's mistakes: openapi.overlay.yaml does. Each rule works around one limit of
openapi-python-client 0.29.1, names it, and can be deleted when the generator reads the published form. A rule may match
nothing, so a later publication that uses its form just works. If no rule can rewrite a form, `tools.refusals` or the
generator refuses it.
"""

import copy
from collections import Counter
from typing import Any

from tools.contract import Slot, all_schemas, inner_schemas, media_types, operations, parameters, resolve, schemas

# Keywords that only inform people. Of two, the one nearer to where the schema is used wins.
ANNOTATIONS = frozenset(
    (
        *("title", "description", "example", "examples", "default", "deprecated", "externalDocs", "$comment", "xml"),
        *("readOnly", "writeOnly"),
    )
)
# If two limits must both hold, the stricter one is enough.
STRICTER: dict[str, Any] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}


def normalise(contract: dict[str, Any]) -> dict[str, Any]:
    """A copy of a contract with the same meaning, in forms that the generator reads."""
    contract = copy.deepcopy(contract)
    write_out_parameter_references(contract)
    name_discriminated_variants(contract)
    for slot in list(schemas(contract)):
        slot.value = rewritten(contract, slot)
    describe_parameters(contract)
    mark_deprecated_operations(contract)
    drop_repeated_security(contract)
    let_answers_be_anything(contract)
    return contract


def rewritten(contract: dict[str, Any], slot: Slot) -> Any:
    """Apply every rule for schemas to the schema in a slot, inner schemas first."""
    schema = dict(slot.value)
    # In a part of an allOf, these apply to the whole.
    parts = [part for part in schema.get("allOf", ()) if isinstance(part, dict) and "$ref" not in part]
    is_nullable = [take_nullable(each) for each in (schema, *parts)].count(True) > 0
    for inner in list(inner_schemas(schema, slot.place, slot.name)):
        inner.value = rewritten(contract, inner)
    schema = write_out_reference(contract, schema)
    schema = write_out_all_of(contract, schema)
    if is_nullable:
        schema = allow_null(schema)
    return mark_deprecated(name_nullable_class(schema, slot.name))


# --- Null -------------------------------------------------------------------------------------------------------------


def take_nullable(schema: dict[str, Any]) -> bool:
    """Rewrite `nullable`, a keyword of OpenAPI 3.0 that 3.1 ignores and Imprint still uses.

    The generator reads it, but not beside an enum (its issue 1405) or a reference. Can go when Imprint writes
    `type: [..., 'null']`.
    """
    return bool(schema.pop("nullable", False))


def allow_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with null allowed, as `nullable: true` intends."""
    null = {"type": "null"}
    if null in schema.get("oneOf", ()) and not assertions_of(schema).keys() - {"oneOf"}:
        return schema
    if "anyOf" in schema and not assertions_of(schema).keys() - {"anyOf"}:
        return schema if null in schema["anyOf"] else schema | {"anyOf": [*schema["anyOf"], null]}
    if {"$ref", "allOf", "const", "enum", "oneOf", "anyOf"} & schema.keys():
        said, rest = annotations_of(schema), assertions_of(schema)
        reference = rest.get("allOf", [])
        rest = reference[0] if len(rest) == 1 and len(reference) == 1 else rest
        if "enum" in rest:  # the type may already list null
            rest = {**rest, "enum": [value for value in rest["enum"] if value is not None]}
            kinds = [kind for kind in listed(rest.pop("type", None)) if kind != "null"]
            rest = {"type": kinds[0] if len(kinds) == 1 else kinds, **rest} if kinds else rest
        return {"anyOf": [rest, null], **said}  # not oneOf: the target may allow null too
    types = listed(schema.get("type"))
    return schema | {"type": [*types, "null"]} if types and "null" not in types else schema


def name_nullable_class(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """Give a nullable enum or inline object one class, named as if it were not nullable.

    The generator makes three classes of `type: [string, 'null']` with an enum, named by list position
    (its issue 1120). Can go when it makes one.
    """
    types = listed(schema.get("type"))
    if len(types) == 1:
        schema = schema | {"type": types[0]}
    elif not types and None in schema.get("enum", ()) and len(schema["enum"]) > 1:
        schema = allow_null(schema)
    if "null" in types and len(types) == 2 and ("enum" in schema or "properties" in schema):
        kind = next(each for each in types if each != "null")
        said, rest = annotations_of(schema), assertions_of(schema) | {"type": kind}
        if "enum" in rest:
            values = list(rest["enum"])
            rest["enum"] = [value for value in values if value is not None]
            if len(rest["enum"]) == len(values):
                return schema | {"type": kind}  # the enum allows no null, whatever the type does
        schema = {"anyOf": [rest, {"type": "null"}], **said}
    elif "enum" in schema and types and "null" not in types and None in schema["enum"]:
        schema = schema | {"enum": [value for value in schema["enum"] if value is not None]}
    variants = schema.get("oneOf", schema.get("anyOf", []))
    if len(variants) == 2 and {"type": "null"} in variants:
        classes = [each for each in variants if "enum" in each or "properties" in each]
        for each in classes:
            each["title"] = schema.get("title", name)
    return schema


# --- References and allOf ---------------------------------------------------------------------------------------------


def write_out_reference(contract: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Rewrite a `$ref` with siblings, which 3.1 allows, as an `allOf`. The generator drops them (its issue 1432).

    A sibling that repeats the target is dropped. Can go when the generator reads siblings.
    """
    if "$ref" not in schema or len(schema) == 1:
        return schema
    target = resolve(contract, schema)
    same = {key for key, value in schema.items() if isinstance(target, dict) and target.get(key, schema) == value}
    said, rest = annotations_of(schema), assertions_of(schema)
    rest = {key: value for key, value in rest.items() if key not in same | {"$ref"}}
    said = {key: value for key, value in said.items() if key not in same}
    reference = {"$ref": schema["$ref"]}
    if not rest and not said:
        return reference
    return {"allOf": [reference, rest] if rest else [reference], **said}


def write_out_all_of(contract: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Rewrite an `allOf` of anything but objects as one equivalent schema.

    The generator drops each model that has one, with a warning ("Cannot take allOf a non-object", its issues 674 and
    1066), and every operation that uses the model. Can go when it merges scalars.
    """
    if not isinstance(schema.get("allOf"), list) or not all(isinstance(part, dict) for part in schema["allOf"]):
        return schema
    outer = {key: value for key, value in schema.items() if key != "allOf"}
    parts = [*schema["allOf"], outer] if outer else schema["allOf"]
    classes = [part for part in parts if makes_class(contract, part)]
    if len(classes) == 1 and "$ref" in classes[0] and not any(assertions_of(p) for p in parts if p is not classes[0]):
        said = {key: value for part in parts for key, value in part.items() if key != "$ref"}
        return {"allOf": [classes[0]], **said}
    if classes:
        rest = assertions_of(outer)
        if len(schema["allOf"]) > 1 or not rest or rest == {"type": "object"}:
            return schema
        return {"allOf": [*schema["allOf"], rest], **annotations_of(outer)}  # of one part, it drops what is beside it
    whole: dict[str, Any] = {}
    for part in parts:
        target = copy.deepcopy(resolve(contract, part))
        if not isinstance(target, dict):
            return schema
        target = allow_null(target) if take_nullable(target) else target
        inner = write_out_all_of(contract, write_out_reference(contract, target))
        if "allOf" in inner or not merge(whole, inner):
            return schema
    return whole


def merge(whole: dict[str, Any], part: dict[str, Any]) -> bool:
    """Merge `part` into `whole`; False if they cannot be one schema."""
    for key, value in part.items():
        if key not in whole or whole[key] == value or key in ANNOTATIONS or key.startswith("x-"):
            whole[key] = value
        elif key in STRICTER:
            whole[key] = STRICTER[key](whole[key], value)
        elif key == "enum":
            whole[key] = [each for each in whole[key] if each in value]
        elif key == "type":
            both = [each for each in listed(whole[key]) if each in listed(value)]
            if {"integer", "number"} <= {*listed(whole[key]), *listed(value)}:
                both = ["integer", *(each for each in both if each not in ("integer", "number"))]
            if not both:
                return False
            whole[key] = both[0] if len(both) == 1 else both
        else:
            return False
    return True


def makes_class(contract: dict[str, Any], schema: Any) -> bool:
    """Whether the generator makes a class or a union from a schema, which then cannot be merged."""
    target = resolve(contract, schema)
    if not isinstance(target, dict):
        return False
    if "$ref" in schema and "enum" in target:
        return True
    parts = target.get("allOf", [])
    return (
        bool({"properties", "oneOf", "anyOf", "additionalProperties", "required"} & target.keys())
        or "object" in listed(target.get("type"))
        or any(makes_class(contract, part) for part in parts)
    )


# --- Unions -----------------------------------------------------------------------------------------------------------


def name_discriminated_variants(contract: dict[str, Any]) -> None:
    """Rewrite a `discriminator`: each variant requires its own constant instead.

    The generator ignores discriminators and uses the first variant that fits; no upstream issue is known. Can go when
    it reads them. `tools.refusals` refuses those that are left.
    """
    every = [slot.value for slot in all_schemas(contract)]
    unions = [(each, values) for each in every if (values := discriminated(contract, each)) is not None]
    told_apart = Counter(reference for _, values in unions for reference in values)
    used = Counter(each["$ref"] for each in every if "$ref" in each)
    for union, values in unions:
        # A variant that is used elsewhere, too, would there require what it need not; or have another value.
        if discriminated(contract, union) != values or any(told_apart[each] != used[each] for each in values):
            continue
        name = union.pop("discriminator")["propertyName"]
        for reference, value in values.items():
            variant = resolve(contract, {"$ref": reference})
            said = annotations_of(variant.setdefault("properties", {}).get(name, {}))
            kept = {key: each for key, each in said.items() if key != "default"}
            variant["properties"][name] = {"type": "string", "const": value, **kept}
            variant["required"] = [
                *variant.get("required", []),
                *([] if name in variant.get("required", []) else [name]),
            ]


def discriminated(contract: dict[str, Any], schema: dict[str, Any]) -> dict[str, str] | None:
    """The value of each variant of a discriminated union, by reference. None for anything else."""
    said = schema.get("discriminator")
    variants = schema.get("oneOf", schema.get("anyOf"))
    if not isinstance(said, dict) or not isinstance(variants, list) or not isinstance(said.get("propertyName"), str):
        return None
    references = [each["$ref"] for each in variants if isinstance(each, dict) and "$ref" in each]
    if len(references) != len([each for each in variants if each != {"type": "null"}]):
        return None
    mapped: dict[str, list[str]] = {}
    for value, reference in (said.get("mapping") or {}).items():
        whole = reference if "/" in reference else f"#/components/schemas/{reference}"
        mapped.setdefault(whole, []).append(value)
    if mapped.keys() - {*references}:
        return None
    values = {reference: mapped.get(reference, [reference.rpartition("/")[2]]) for reference in references}
    name = said["propertyName"]
    for reference, stated in values.items():
        variant = resolve(contract, {"$ref": reference})
        if len(stated) != 1 or not isinstance(variant, dict) or "allOf" in variant:
            return None
        present = variant.get("properties", {}).get(name, {})
        allowed = present.get("enum", [present.get("const", stated[0])]) if isinstance(present, dict) else []
        if "$ref" in present or present.get("type", "string") != "string" or stated[0] not in allowed:
            return None
    return {reference: stated[0] for reference, stated in values.items()}


# --- Parameters and texts ---------------------------------------------------------------------------------------------


def write_out_parameter_references(contract: dict[str, Any]) -> None:
    """Replace a parameter reference that has siblings; 3.1 allows it only a description.

    Imprint adds a redundant `name`. The generator drops both. Other siblings stay, and validation refuses them. Can go
    when the generator reads descriptions there.
    """
    for slot in list(parameters(contract)):
        if "$ref" not in slot.value or len(slot.value) == 1:
            continue
        target = resolve(contract, slot.value)
        if not isinstance(target, dict):
            continue
        new = {key: value for key, value in slot.value.items() if key != "$ref" and target.get(key) != value}
        if not new:
            slot.value = {"$ref": slot.value["$ref"]}
        elif new.keys() <= {"description", "summary"}:
            slot.value = copy.deepcopy(target) | {key: text for key, text in new.items() if key == "description"}


def describe_parameters(contract: dict[str, Any]) -> None:
    """Copy a parameter's description into its schema, the only place the generator reads (its issue 1411).

    Can go when it reads the parameter's own.
    """
    for slot in parameters(contract):
        parameter, schema = slot.value, slot.value.get("schema")
        if "$ref" in parameter or not isinstance(schema, dict):
            continue
        said = {key: parameter[key] for key in ("description", "deprecated") if key in parameter}
        if said:
            schema = {"allOf": [schema], **said} if "$ref" in schema else schema | said
            parameter["schema"] = mark_deprecated(write_out_all_of(contract, schema))


def mark_deprecated(schema: dict[str, Any]) -> dict[str, Any]:
    """Say `deprecated` in the description, because the generator ignores it; no upstream issue is known.

    Can go when the generator prints it.
    """
    text = schema.get("description", "")
    if schema.get("deprecated") is not True or text.startswith("Deprecated."):
        return schema
    return schema | {"description": f"Deprecated. {text}".rstrip()}


def mark_deprecated_operations(contract: dict[str, Any]) -> None:
    """As `mark_deprecated`."""
    for _, _, operation, _ in operations(contract):
        operation.update(mark_deprecated(operation))


def drop_repeated_security(contract: dict[str, Any]) -> None:
    """Drop an operation's security if it only repeats the document's.

    The generator reads only the security of operations, and requires a different client class where it finds any. No
    upstream issue is known. Can go when it reads both.
    """
    for _, _, operation, _ in operations(contract):
        if "security" in operation and operation["security"] == contract.get("security"):
            del operation["security"]


def let_answers_be_anything(contract: dict[str, Any]) -> None:
    """A response without a schema may hold anything; the generator does not read it. Can go when it does."""
    for _, _, media, kind in media_types(contract):
        if kind == "response":
            media.setdefault("schema", {})


# --- Words ------------------------------------------------------------------------------------------------------------


def annotations_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key in ANNOTATIONS or key.startswith("x-")}


def assertions_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in ANNOTATIONS and not key.startswith("x-")}


def listed(types: Any) -> list[str]:
    """The list of types that a schema names; empty if it names none."""
    return types if isinstance(types, list) else [types] if isinstance(types, str) else []
