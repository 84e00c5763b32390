"""Read the limits of a contract beyond types, such as `maxLength`, which the generated models check.

The generator drops them. So this module reads them from the corrected contract and passes them to the templates, which
write them into the module of each model. A model without limits costs nothing.
"""

import re
from typing import Any

from tools.contract import properties_of, resolve
from tools.normalise import STRICTER, listed

LIMITS: dict[str, str] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), "string"),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems"), "array"),
    **dict.fromkeys(("minProperties", "maxProperties"), "object"),
}
"""Each word, with the JSON type of the values that it limits."""
# Signed 32-bit integers, from OpenAPI's registry of formats.
INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}


def limits_of_model(contract: dict[str, Any], schema: Any) -> dict[str, Any]:
    """The limits of an object schema, by property. Those of the object itself are under the name ""."""
    found = {name: limits_of(contract, each) for name, each in properties_of(contract, schema).items()}
    schema = resolve(contract, schema)
    other = schema.get("additionalProperties")
    if isinstance(other, dict):
        found["*"] = limits_of(contract, other)
    parts = [schema, *(resolve(contract, part) for part in schema.get("allOf", ()))]
    found[""] = {word: part[word] for part in parts for word in ("minProperties", "maxProperties") if word in part}
    return {name: limits for name, limits in found.items() if limits}


def limits_of(contract: dict[str, Any], schema: Any, depth: int = 0) -> dict[str, Any]:
    """The limits of a value, by JSON Schema keyword: `items` has those of an array's items, `anyOf` those of a union.

    Objects have none here, because each object's model has its own.
    """
    schema = resolve(contract, schema)
    if not isinstance(schema, dict) or depth > 20 or "properties" in schema:
        return {}
    found: dict[str, Any] = {word: schema[word] for word, kind in LIMITS.items() if word in schema and kind != "object"}
    if found.get("uniqueItems") is False:
        del found["uniqueItems"]
    if "pattern" in found:
        found["pattern"] = python_pattern(found["pattern"]).pattern
    if schema.get("format") == "int32" and "integer" in listed(schema.get("type")):
        for word, bound in INT32.items():
            found[word] = STRICTER[word](found.get(word, bound), bound)
    items = limits_of(contract, schema.get("items"), depth + 1)
    if items:
        found["items"] = items
    for part in schema.get("allOf", ()):
        found = {**limits_of(contract, part, depth + 1), **found}
    for word in ("oneOf", "anyOf"):
        variants = [limits_of(contract, each, depth + 1) for each in schema.get(word, ())]
        if any(variants):
            kinds = [listed((resolve(contract, each) or {}).get("type")) for each in schema[word]]
            found["anyOf"] = [
                {**limits, "type": kind} if kind else limits for kind, limits in zip(kinds, variants, strict=True)
            ]
    return found


def python_pattern(pattern: str) -> re.Pattern[str]:
    """Translate a contract's regular expression (ECMA 262) into Python's; raise re.error if it is invalid.

    Some syntax means different things in the two. In ECMA 262, `$` is the very end, `.` matches no line end of Unicode,
    `\\s` is any space of Unicode, and `\\d` and `\\w` are ASCII. Syntax that differs in any other way is invalid here.
    """
    parts = re.split(r"(\\.|\[(?:\\.|[^\]\\])*\])", pattern)
    for index, part in enumerate(parts):
        parts[index] = _python_class(part) if index % 2 else _python_text(part)
    return re.compile("".join(parts), re.ASCII)


SPACES = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
# Groups that ECMA 262 has not, quantifiers that take all they can, and `{,3}`, which is text there.
PYTHONS_OWN = re.compile(r"\(\?(?!:|=|!|<=|<!)|[*+?}]\+|\{,")


def _python_text(text: str) -> str:
    if PYTHONS_OWN.search(text):
        raise re.error("means something else to Python", text)
    return text.replace("$", r"\Z").replace(".", r"[^\n\r\u2028\u2029]")


def _python_class(part: str) -> str:
    spaces = {r"\s": f"[{SPACES}]", r"\S": f"[^{SPACES}]"}
    if part in spaces:
        return spaces[part]
    if part in (r"\A", r"\Z", r"\a", "[]", "[^]") or (part[0] == "[" and r"\S" in part):
        raise re.error("means something else to Python", part)
    if part[0] != "[":
        return part
    # Python warns of these: they may come to mean sets.
    written = {r"\s": SPACES, **{each: f"\\{each}" for each in "[&|~"}}
    return "[" + re.sub(r"\\.|.", lambda found: written.get(found[0], found[0]), part[1:], flags=re.DOTALL)
