"""Where in the contracts a change is, as a reader calls it: of what, of which member, and which way that goes.

The tool gives a pointer, in which a number stands for an entry of a list. A reader knows a parameter by its name, an
alternative by its schema, a server by its address.
"""

from typing import Any, NamedTuple

from tools.contract import METHODS, resolve
from tools.review.change import NEITHER, RECEIVED, SENT, Direction

# Steps that only lead to the next one.
FORMAL = ("schema", "properties", "content", "responses")


class Place(NamedTuple):
    subject: str
    """A schema, an operation, or another part of the document."""
    member: str
    """A property of the schema; a parameter of the operation, or its `body`. Empty if it is about all of it."""
    within: list[str]
    """The way from there to what changed."""
    direction: Direction


class Places:
    """The places of two contracts, in their canonical form."""

    def __init__(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.contracts = {"base": before, "revision": after}
        self.directions = directions(before, after)

    def of(self, said: dict[str, Any]) -> Place:
        """A schema's if it has a name, else an operation's, else the document's."""
        side = "revision" if said.get("revision") else "base"
        contract, pointer = self.contracts[side], steps_of(said[side]["pointer"])
        if "value" in said[side] and pointer[-1] == said.get("property"):
            pointer.pop()
        return self.at(contract, pointer if pointer[:2] == ["components", "schemas"] else steps_of(said["path"]))

    def at(self, contract: dict[str, Any], steps: list[str]) -> Place:
        way = called(contract, steps)
        match way:
            case ["components", "schemas", schema, "properties", name, *within]:
                return Place(schema, name, plain(within), self.directions.get(schema, NEITHER))
            case ["components", "schemas", schema, *within]:
                return Place(schema, "", plain(within), self.directions.get(schema, NEITHER))
            case ["components", kind, name, *within]:
                return Place(f"{kind} {name}", "", plain(within), NEITHER)
            case ["paths", path, method, *within] if method in METHODS:
                return of_operation(f"{method.upper()} {path}", within)
            case ["paths", path, *within]:
                return of_operation(path, within)
        return Place(way[0] or "the document", "", plain(way[1:]), NEITHER)

    def exchanged(self, said: dict[str, Any]) -> tuple[Place, str] | None:
        """Where, on the way to a change, a schema took the place of one of another kind; and both in words."""
        contract = self.contracts["revision"]
        old, new = self.contracts["base"], contract
        pointer: list[str] = []
        before = ""
        for step in steps_of(said["path"]):
            if isinstance(new, dict) and isinstance(new.get("$ref"), str):
                pointer = steps_of(new["$ref"])
            pointer.append(step)
            old, new = resolve(self.contracts["base"], old), resolve(contract, new)
            old, new = counterpart(old, new, step), entry(new, step)
            is_schema, before = before == "properties" or step in ("schema", "items"), step
            if old is None or new is None:
                return None
            if not is_schema:
                continue
            kinds = [kind_of(self.contracts[side], node) for side, node in (("base", old), ("revision", new))]
            if kinds[0] != kinds[1] and {"list", "object", "union"} & {*kinds} and "" not in kinds:
                return self.at(contract, pointer), f"is now {described(new)}, was {described(old)}"
        return None


def counterpart(old: Any, new: Any, step: str) -> Any:
    """The entry of an old list that refers to what the new one refers to; of an object, that of the same key."""
    wanted = entry(new, step)
    if isinstance(old, list) and isinstance(wanted, dict) and "$ref" in wanted and wanted in old:
        return wanted
    return entry(old, step)


def kind_of(contract: dict[str, Any], schema: Any) -> str:
    """Whether a schema is a list, an object, a union or a plain value; empty if it is no schema."""
    schema = resolve(contract, schema)
    if not isinstance(schema, dict):
        return ""
    alternatives = [one for one in schema.get("oneOf") or schema.get("anyOf") or [] if one != {"type": "null"}]
    if len(alternatives) == 1:
        return kind_of(contract, alternatives[0])
    types: Any = schema.get("type")
    kinds = {"array": "list", "object": "object"}
    named = [kinds.get(one, "plain") for one in (types if isinstance(types, list) else [types]) if one != "null"]
    return "union" if alternatives else "object" if "properties" in schema else named[0] if types and named else ""


def described(schema: dict[str, Any]) -> str:
    """What a schema is, in a few words."""
    if "$ref" in schema:
        return f"one `{schema['$ref'].rpartition('/')[2]}`"
    if alternatives := schema.get("oneOf") or schema.get("anyOf"):
        return f"one of {', '.join(described(one).removeprefix('one ') for one in alternatives)}"
    if schema.get("type") == "array":
        return f"a list of {described(schema.get('items', {})).removeprefix('one ')}"
    return f"`{schema.get('type', 'object')}`"


def of_operation(subject: str, within: list[str]) -> Place:
    match within:
        case ["parameters", name, *inner]:
            return Place(subject, name, plain(inner), SENT)
        case ["requestBody", *inner]:
            return Place(subject, "body", plain(inner), SENT)
        case ["responses", *_]:
            return Place(subject, "", plain(within), RECEIVED)
    return Place(subject, "", plain(within), NEITHER)


def plain(steps: list[str]) -> list[str]:
    return [step for step in steps if step not in FORMAL]


def steps_of(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix("#/").split("/")]


def called(contract: dict[str, Any], steps: list[str]) -> list[str]:
    """The steps of a pointer, an entry of a list by its name. What is written into an `allOf` is no step."""
    node: Any = contract
    names: list[str] = []
    for index, step in enumerate(steps):
        node = resolve(contract, node)
        if isinstance(node, list):
            node = entry(node, step)
            names.append(name_of(contract, names[-1], node, step))
            if names[-2] == "allOf" and "$ref" not in (node or {}) and index + 1 < len(steps):
                del names[-2:]
        else:
            node = entry(node, step)
            names.append(step)
    return names


def entry(node: Any, step: str) -> Any:
    """None if it is not there, as in the contract that a path is not of."""
    if isinstance(node, list):
        return node[int(step)] if step.isdecimal() and int(step) < len(node) else None
    return node.get(step) if isinstance(node, dict) else None


def name_of(contract: dict[str, Any], kind: str, node: Any, step: str) -> str:
    match node:
        case {"$ref": str(reference)} if kind != "parameters":
            return reference.rpartition("/")[2]
        case dict() if kind == "security":
            return " and ".join(node)
    described = resolve(contract, node)
    known = {"parameters": "name", "servers": "url"}.get(kind, "type")
    return str(described.get(known, step)) if isinstance(described, dict) else step


# --- Which way --------------------------------------------------------------------------------------------------------


def directions(*contracts: dict[str, Any]) -> dict[str, Direction]:
    """Of each schema that operations send or answer with."""
    sent: set[str] = set()
    received: set[str] = set()
    for contract in contracts:
        for item in contract.get("paths", {}).values():
            operations = [item[method] for method in METHODS if method in item]
            taken = [[one.get("parameters"), one.get("requestBody")] for one in operations]
            sent |= reached(contract, [item.get("parameters"), taken])
            received |= reached(contract, [one.get("responses") for one in operations])
    return {name: Direction(name in sent, name in received) for name in sent | received}


def reached(contract: dict[str, Any], start: Any) -> set[str]:
    """The names of all that is referred to, from there on."""
    found: set[str] = set()
    left = [start]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left += node
        elif isinstance(node, dict):
            left += node.values()
            reference = node.get("$ref")
            if isinstance(reference, str) and (name := reference.rpartition("/")[2]) not in found:
                found.add(name)
                left.append(resolve(contract, node))
    return found
