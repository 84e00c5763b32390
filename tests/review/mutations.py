"""A small contract, and what can happen to it: each change with what it is on the wire and in Python.

What is sent (NewOrder), what is received (Order) and what is both (Line) are schemas of their own, so that each rule is
there in both directions. The classes are those of the policy at the head of CHANGELOG.md.
"""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from tools.review.change import Impact

NONE, NOTED, ADDED, BREAKING = None, Impact.NOTED, Impact.ADDED, Impact.BREAKING
Class = Impact | None
Edit = Callable[[dict[str, Any]], None]

TEXT = {"type": "string"}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1.0"},
    "servers": [{"url": "https://api.example.test"}],
    "security": [{"basicAuth": []}],
    "paths": {
        "/orders": {
            "get": {
                "operationId": "listOrders",
                "summary": "List orders",
                "tags": ["Orders"],
                "parameters": [
                    {"name": "status", "in": "query", "schema": ref("Status")},
                    {"name": "since", "in": "query", "required": True, "schema": {"type": "string"}},
                    {"name": "note", "in": "query", "schema": {"type": "string", "maxLength": 20}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                    {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 100, "default": 10},
                    },
                ],
                "responses": {"200": answer("Orders", ref("Page"))},
            },
            "post": {
                "operationId": "createOrder",
                "summary": "Create an order",
                "tags": ["Orders"],
                "requestBody": {"required": True, "content": {"application/json": {"schema": ref("NewOrder")}}},
                "responses": {"200": answer("Created", ref("Order"))},
            },
        },
        "/orders/{order_id}": {
            "parameters": [{"name": "order_id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "getOrder",
                "tags": ["Orders"],
                "responses": {"200": answer("The order", ref("Order")), "404": answer("None", ref("Problem"))},
            },
            "delete": {"operationId": "deleteOrder", "tags": ["Orders"], "responses": {"204": {"description": "Gone"}}},
        },
    },
    "components": {
        "securitySchemes": {
            "basicAuth": {"type": "http", "scheme": "basic"},
            "bearerAuth": {"type": "http", "scheme": "bearer"},
            "login": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a.test", "scopes": {}}}},
        },
        "schemas": {
            "NewOrder": {
                "type": "object",
                "description": "What is sent",
                "required": ["partner_id", "amount"],
                "properties": {
                    "partner_id": {"type": "string", "description": "Yours", "example": "o-1"},
                    "amount": {"type": "integer", "minimum": 1, "maximum": 1000},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "level": {"type": "integer", "enum": [1, 2]},
                    "note": {"type": "string", "minLength": 2, "maxLength": 20, "pattern": "^[a-z]+$"},
                    "nickname": {"type": ["string", "null"]},
                    "share": {"type": "number"},
                    "points": {"type": "integer", "format": "int32"},
                    "serial": {"type": "integer", "format": "int64"},
                    "placed_at": {"type": "string", "format": "date-time"},
                    "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 9},
                    "lines": {"type": "array", "items": ref("Line")},
                    "source": {"type": "string", "default": "api"},
                    "payer": {"oneOf": [ref("Person"), ref("Company")]},
                },
            },
            "Order": {
                "type": "object",
                "description": "What is received",
                "required": ["id", "amount"],
                "properties": {
                    "id": {"type": "string", "description": "Ours", "example": "7"},
                    "amount": {"type": "integer", "minimum": 1, "maximum": 1000},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "level": {"type": "integer", "enum": [1, 2]},
                    "note": {"type": "string", "minLength": 2, "maxLength": 20, "pattern": "^[a-z]+$"},
                    "nickname": {"type": ["string", "null"]},
                    "share": {"type": "number"},
                    "points": {"type": "integer", "format": "int32"},
                    "serial": {"type": "integer", "format": "int64"},
                    "placed_at": {"type": "string", "format": "date-time"},
                    "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 9},
                    "lines": {"type": "array", "items": ref("Line")},
                    "source": {"type": "string", "default": "api"},
                    "payer": {"oneOf": [ref("Bank"), ref("Wallet")]},
                },
            },
            "Line": {
                "type": "object",
                "description": "What is both",
                "required": ["name", "rate"],
                "properties": {
                    "name": {"type": "string"},
                    "rate": {"type": "integer"},
                    "count": {"type": "integer", "minimum": 0},
                    "points": {"type": "integer", "format": "int32"},
                    "serial": {"type": "integer", "format": "int64"},
                    "url": {"type": ["string", "null"]},
                    "unit": {"type": "string", "enum": ["piece", "pound"]},
                },
            },
            "Status": {"type": "string", "enum": ["open", "closed"]},
            "Person": {"type": "object", "required": ["name"], "properties": {"name": TEXT}},
            "Company": {"type": "object", "required": ["firm"], "properties": {"firm": TEXT}},
            "Bank": {"type": "object", "required": ["iban"], "properties": {"iban": TEXT}},
            "Wallet": {"type": "object", "required": ["wallet"], "properties": {"wallet": TEXT}},
            "Spare": {"type": "object", "required": ["spare"], "properties": {"spare": TEXT}},
            "Page": {
                "type": "object",
                "required": ["data"],
                "properties": {"data": {"type": "array", "items": ref("Order")}, "has_more": {"type": "boolean"}},
            },
            "Problem": {"type": "object", "properties": {"message": {"type": "string"}}},
        },
    },
}


class Mutation(NamedTuple):
    name: str
    edit: Edit
    wire: Class
    python: Class


# --- Edits ------------------------------------------------------------------------------------------------------------


def edited(edit: Edit) -> dict[str, Any]:
    """The contract after an edit."""
    contract = copy.deepcopy(CONTRACT)
    edit(contract)
    return contract


def at(contract: dict[str, Any], place: str) -> Any:
    """`Order>properties>id` is in a schema, `get /orders>tags` in an operation, `>servers>0` in the document."""
    first, *rest = place.split(">")
    node: Any = contract
    if " " in first:
        method, path = first.split(" ")
        node = contract["paths"][path][method]
    elif first:
        node = contract["components"]["schemas"][first]
    for key in rest:
        node = node[key_of(node, key)]
    return node


def key_of(node: Any, key: str) -> Any:
    return int(key) if isinstance(node, list) else key


def put(place: str, value: Any) -> Edit:
    def edit(contract: dict[str, Any]) -> None:
        parent, _, key = place.rpartition(">")
        node = at(contract, parent)
        node[key_of(node, key)] = copy.deepcopy(value)

    return edit


def drop(place: str) -> Edit:
    def edit(contract: dict[str, Any]) -> None:
        parent, _, key = place.rpartition(">")
        node = at(contract, parent)
        del node[key_of(node, key)]

    return edit


def add(place: str, value: Any) -> Edit:
    return lambda contract: at(contract, place).append(copy.deepcopy(value))


def rename(place: str, new: str) -> Edit:
    """Another key for the same value, where it stands."""

    def edit(contract: dict[str, Any]) -> None:
        parent, _, old = place.rpartition(">")
        node = at(contract, parent)
        renamed = {new if key == old else key: value for key, value in node.items()}
        node.clear()
        node.update(renamed)

    return edit


def turn(place: str) -> Edit:
    """The same in reverse order."""

    def edit(contract: dict[str, Any]) -> None:
        node = at(contract, place)
        if isinstance(node, list):
            node.reverse()
        else:
            turned = dict(reversed(node.items()))
            node.clear()
            node.update(turned)

    return edit


def all_of(*edits: Edit) -> Edit:
    def edit(contract: dict[str, Any]) -> None:
        for one in edits:
            one(contract)

    return edit


def words(member: str, **changes: Any) -> Callable[[str], Edit]:
    """Words put into the schema of a member, or taken out of it if they are None."""

    def edit_of(schema: str) -> Edit:
        place = f"{schema}>properties>{member}"
        edits = [drop(f"{place}>{word}") if to is None else put(f"{place}>{word}", to) for word, to in changes.items()]
        return all_of(*edits)

    return edit_of


def instead(member: str, schema: Any) -> Callable[[str], Edit]:
    """Another schema for a member, or a new member."""
    return lambda name: put(f"{name}>properties>{member}", schema)


# --- The table --------------------------------------------------------------------------------------------------------


def both_ways(
    name: str, edit: Callable[[str], Edit], sent: tuple[Class, Class], received: tuple[Class, Class]
) -> list[Mutation]:
    """One edit of a schema that is sent and of one that is received: each (on the wire, in Python)."""
    return [Mutation(f"{name}, sent", edit("NewOrder"), *sent), Mutation(f"{name}, received", edit("Order"), *received)]


ALWAYS = BREAKING, BREAKING
WIRE_ONLY = BREAKING, NONE
HARMLESS = NOTED, NONE
# Models check what is sent and received against the limits of the contract, so that their code follows.
STRICTER = {"sent": (BREAKING, NOTED), "received": (NOTED, NOTED)}
LOOSER = {"sent": (NOTED, NOTED), "received": (BREAKING, NOTED)}
LIMIT = BREAKING, NOTED

LOGIN = ">components>securitySchemes>login>flows>clientCredentials"
PATH_PARAMETERS = CONTRACT["paths"]["/orders/{order_id}"]["parameters"]
QUERY = "get /orders>parameters"
BODY = "post /orders>requestBody"
RESPONSES = "post /orders>responses"
PUT = {"operationId": "putOrder", "tags": ["Orders"], "responses": {"204": {"description": "Done"}}}
IMPORT = {
    "operationId": "importOrders",
    "tags": ["Orders"],
    "parameters": [{"name": "dry", "in": "query", "schema": {"type": "boolean"}}],
    "requestBody": {"content": {"application/json": {"schema": {"type": "array", "items": ref("NewOrder")}}}},
    "responses": {"200": answer("Orders", ref("Page")), "400": answer("No", ref("Problem"))},
}
SERVER = CONTRACT["servers"][0]
PROBLEM = {"content": {"application/json": {"schema": ref("Problem")}}}
INLINE = {"type": "object", "required": ["code"], "properties": {"code": TEXT}}
MAY_BE_NULL = ["string", "null"]
HEADER = {"name": "X-Id", "in": "header", "schema": TEXT}
LONG = "The longest text that anybody has ever written about so small a thing, and it says nothing but that."
PAGE = {"name": "page", "in": "query", "required": True, "schema": TEXT}

MUTATIONS = [
    Mutation("nothing", all_of(), NONE, NONE),
    # --- Members
    *both_ways("a new optional member", instead("phone", TEXT), (ADDED, ADDED), (ADDED, ADDED)),
    *both_ways(
        "a new required member",
        lambda s: all_of(put(f"{s}>properties>phone", TEXT), add(f"{s}>required", "phone")),
        ALWAYS,
        (ADDED, BREAKING),  # whoever makes an Order in a test must give it
    ),
    *both_ways(
        "a new member with a default",
        instead("phone", {"type": "string", "default": "none"}),
        (ADDED, BREAKING),  # it is sent
        (ADDED, ADDED),
    ),
    # On the wire a server may be sent more than it reads.
    *both_ways("an optional member removed", lambda s: drop(f"{s}>properties>note"), (NOTED, BREAKING), ALWAYS),
    *both_ways(
        "a required member removed",
        lambda s: all_of(drop(f"{s}>properties>amount"), drop(f"{s}>required>1")),
        (NOTED, BREAKING),
        ALWAYS,
    ),
    *both_ways("a member renamed", lambda s: rename(f"{s}>properties>note", "remark"), (ADDED, BREAKING), ALWAYS),
    *both_ways(
        "a member that gets a name like its own",
        lambda s: rename(f"{s}>properties>note", "notes"),
        (NOTED, BREAKING),
        ALWAYS,
    ),
    *both_ways("a member made required", lambda s: add(f"{s}>required", "note"), ALWAYS, (NOTED, BREAKING)),
    *both_ways("a member made optional", lambda s: drop(f"{s}>required>1"), (NOTED, ADDED), ALWAYS),
    *both_ways("members in another order", lambda s: turn(f"{s}>properties"), (NONE, NOTED), (NONE, NOTED)),
    *both_ways("required in another order", lambda s: turn(f"{s}>required"), (NONE, NONE), (NONE, NONE)),
    # --- Types
    *both_ways("another type", instead("note", {"type": "integer"}), ALWAYS, ALWAYS),
    *both_ways("a number becomes an integer", words("share", type="integer"), ALWAYS, (NOTED, ADDED)),
    *both_ways("an integer becomes a number", words("amount", type="number"), (NOTED, ADDED), ALWAYS),
    *both_ways("null allowed", words("note", type=MAY_BE_NULL), (NOTED, ADDED), ALWAYS),
    *both_ways("null no longer allowed", words("nickname", type="string"), ALWAYS, (NOTED, ADDED)),
    *both_ways("another type as well", words("share", type=["number", "string"]), (NOTED, ADDED), ALWAYS),
    *both_ways("types in another order", words("nickname", type=["null", "string"]), (NONE, NOTED), (NONE, NOTED)),
    *both_ways("a string becomes a list", instead("nickname", {"type": "array", "items": TEXT}), ALWAYS, ALWAYS),
    *both_ways("items of another type", words("tags", items={"type": "integer"}), ALWAYS, ALWAYS),
    *both_ways("items may be null", words("tags", items={"type": MAY_BE_NULL}), (NOTED, ADDED), ALWAYS),
    *both_ways("items of another class", words("lines", items=INLINE), ALWAYS, ALWAYS),
    *both_ways("anything goes", instead("share", {}), (NOTED, ADDED), ALWAYS),
    *both_ways("a format added", words("nickname", format="date-time"), ALWAYS, (NOTED, BREAKING)),
    *both_ways("a format removed", words("placed_at", format=None), (NOTED, BREAKING), ALWAYS),
    *both_ways("a format without a type of its own", words("amount", format="int32"), WIRE_ONLY, HARMLESS),
    *both_ways("a format that nobody knows", words("amount", format="iso-4217"), HARMLESS, HARMLESS),
    *both_ways("a format of more numbers", words("points", format="int64"), **LOOSER),
    *both_ways("a format of fewer numbers", words("serial", format="int32"), **STRICTER),
    *both_ways("a constant", words("nickname", type="string", const="Al"), ALWAYS, (NOTED, ADDED)),
    *both_ways("another schema", instead("payer", ref("Spare")), ALWAYS, ALWAYS),
    # --- Enums: a string that is not listed is kept as it is
    *both_ways(
        "a value added to an enum", lambda s: add(f"{s}>properties>kind>enum", "c"), (NOTED, ADDED), (ADDED, ADDED)
    ),
    *both_ways(
        "a value removed from an enum", lambda s: drop(f"{s}>properties>kind>enum>0"), ALWAYS, (NOTED, BREAKING)
    ),
    *both_ways(
        "a value of an enum renamed", lambda s: put(f"{s}>properties>kind>enum>0", "c"), ALWAYS, (ADDED, BREAKING)
    ),
    *both_ways("an enum in another order", lambda s: turn(f"{s}>properties>kind>enum"), HARMLESS, HARMLESS),
    *both_ways(
        "a number added to an enum", lambda s: add(f"{s}>properties>level>enum", 3), (NOTED, ADDED), (BREAKING, ADDED)
    ),
    *both_ways("a string becomes an enum", words("note", enum=["ab", "cd"]), ALWAYS, (NOTED, ADDED)),
    *both_ways("an enum becomes a string", words("kind", enum=None), (NOTED, BREAKING), ALWAYS),
    # --- Constraints: nothing of them is in the code
    *both_ways("a minimum raised", words("amount", minimum=5), **STRICTER),
    *both_ways("a minimum lowered", words("amount", minimum=0), **LOOSER),
    *both_ways("a minimum set", words("share", minimum=5), **STRICTER),
    *both_ways("a minimum removed", words("amount", minimum=None), **LOOSER),
    *both_ways("a minimum made exclusive", words("amount", minimum=None, exclusiveMinimum=1), **STRICTER),
    *both_ways("a maximum lowered", words("amount", maximum=500), **STRICTER),
    *both_ways("a maximum raised", words("amount", maximum=5000), **LOOSER),
    *both_ways("a maximum set", words("share", maximum=5), **STRICTER),
    *both_ways("a maximum removed", words("amount", maximum=None), **LOOSER),
    *both_ways("a multiple asked for", words("amount", multipleOf=5), **STRICTER),
    *both_ways("a length shortened", words("note", maxLength=10), **STRICTER),
    *both_ways("a length extended", words("note", maxLength=99), **LOOSER),
    *both_ways("a length set", words("nickname", maxLength=10), **STRICTER),
    *both_ways("a length no longer set", words("note", maxLength=None), **LOOSER),
    *both_ways("a least length raised", words("note", minLength=3), **STRICTER),
    *both_ways("a least length lowered", words("note", minLength=1), **LOOSER),
    *both_ways("a pattern set", words("nickname", pattern="^[A-Z]"), **STRICTER),
    *both_ways("another pattern", words("note", pattern="^[a-z ]+$"), LIMIT, LIMIT),
    *both_ways("a pattern removed", words("note", pattern=None), **LOOSER),
    *both_ways("fewer items", words("tags", maxItems=3), **STRICTER),
    *both_ways("more items", words("tags", maxItems=30), **LOOSER),
    *both_ways("more items at least", words("tags", minItems=2), **STRICTER),
    *both_ways("items must differ", words("tags", uniqueItems=True), **STRICTER),
    # --- Defaults are sent, so that other bytes go out for the same call
    *both_ways("another default", words("source", default="web"), (NOTED, BREAKING), (NOTED, BREAKING)),
    *both_ways("a default removed", words("source", default=None), (NOTED, BREAKING), (NOTED, BREAKING)),
    *both_ways("a default set", words("nickname", default="Al"), (NOTED, BREAKING), (NOTED, BREAKING)),
    # --- Direction
    *both_ways("a member that is only received", words("note", readOnly=True), WIRE_ONLY, WIRE_ONLY),
    *both_ways("a member that is only sent", words("note", writeOnly=True), WIRE_ONLY, WIRE_ONLY),
    # --- Objects
    *both_ways(
        "no members but those named", lambda s: put(f"{s}>additionalProperties", False), ALWAYS, (NOTED, BREAKING)
    ),
    *both_ways(
        "other members have a type",
        lambda s: put(f"{s}>additionalProperties", {"type": "integer"}),
        ALWAYS,
        (ADDED, BREAKING),
    ),
    *both_ways(
        "one more alternative", lambda s: add(f"{s}>properties>payer>oneOf", ref("Spare")), (ADDED, ADDED), ALWAYS
    ),
    *both_ways("an alternative removed", lambda s: drop(f"{s}>properties>payer>oneOf>1"), ALWAYS, (NOTED, ADDED)),
    *both_ways(
        "alternatives in another order", lambda s: turn(f"{s}>properties>payer>oneOf"), (NONE, NOTED), (NONE, NOTED)
    ),
    Mutation(
        "a schema renamed",
        all_of(
            rename(">components>schemas>Line", "Item"),
            put("NewOrder>properties>lines>items", ref("Item")),
            put("Order>properties>lines>items", ref("Item")),
        ),
        NOTED,
        BREAKING,
    ),
    Mutation("a schema that nothing uses removed", drop(">components>schemas>Spare"), NOTED, BREAKING),
    Mutation("a schema that nothing uses added", put(">components>schemas>Extra", {"type": "object"}), NOTED, ADDED),
    # --- Of a schema that is sent and received: the graver of the two
    Mutation("a member made required, both", add("Line>required", "url"), *ALWAYS),
    Mutation("a member made optional, both", put("Line>required", ["name"]), *ALWAYS),
    Mutation("a new optional member, both", put("Line>properties>weight", {"type": "number"}), ADDED, ADDED),
    Mutation(
        "a new required member, both",
        all_of(put("Line>properties>weight", {"type": "number"}), add("Line>required", "weight")),
        *ALWAYS,
    ),
    Mutation("a member removed, both", drop("Line>properties>unit"), *ALWAYS),
    Mutation("null allowed, both", put("Line>properties>name>type", MAY_BE_NULL), *ALWAYS),
    Mutation("null no longer allowed, both", put("Line>properties>url>type", "string"), *ALWAYS),
    Mutation("a value added to an enum, both", add("Line>properties>unit>enum", "box"), ADDED, ADDED),
    Mutation("a value removed from an enum, both", drop("Line>properties>unit>enum>0"), *ALWAYS),
    Mutation("a minimum set, both", put("Line>properties>rate>minimum", 0), *LIMIT),
    Mutation("a format of more numbers, both", put("Line>properties>points>format", "int64"), *LIMIT),
    Mutation("a format of fewer numbers, both", put("Line>properties>serial>format", "int32"), *LIMIT),
    Mutation("a minimum removed, both", drop("Line>properties>count>minimum"), *LIMIT),
    # --- Parameters
    Mutation("a new optional parameter", add(QUERY, {"name": "page", "in": "query", "schema": TEXT}), ADDED, ADDED),
    Mutation("a new required parameter", add(QUERY, PAGE), *ALWAYS),
    Mutation(
        "a new parameter with a default",
        add(QUERY, {"name": "size", "in": "query", "schema": {"type": "integer", "default": 3}}),
        ADDED,
        BREAKING,  # it is sent
    ),
    Mutation("a new optional header", add(QUERY, HEADER), ADDED, ADDED),
    Mutation(
        "a new required header", add(QUERY, {"name": "X-Id", "in": "header", "required": True, "schema": TEXT}), *ALWAYS
    ),
    Mutation("a first parameter", put("post /orders>parameters", [HEADER]), ADDED, ADDED),
    Mutation("first parameters, one required", put("post /orders>parameters", [HEADER, PAGE]), *ALWAYS),
    Mutation("an optional parameter removed", drop(f"{QUERY}>0"), *ALWAYS),
    Mutation("a required parameter removed", drop(f"{QUERY}>1"), *ALWAYS),
    Mutation("a header removed", drop(f"{QUERY}>3"), *ALWAYS),
    Mutation("a parameter made required", put(f"{QUERY}>2>required", True), *ALWAYS),
    Mutation("a parameter made optional", put(f"{QUERY}>1>required", False), NOTED, ADDED),
    Mutation("a parameter renamed", put(f"{QUERY}>2>name", "remark"), *ALWAYS),
    Mutation("a parameter that gets a name like its own", put(f"{QUERY}>2>name", "notes"), *ALWAYS),
    Mutation("a parameter moved to the header", put(f"{QUERY}>2>in", "header"), BREAKING, NOTED),
    Mutation("another type of parameter", put(f"{QUERY}>1>schema>type", "integer"), *ALWAYS),
    Mutation("a parameter may be null", put(f"{QUERY}>1>schema>type", MAY_BE_NULL), NOTED, ADDED),
    Mutation("a parameter of more types", put(f"{QUERY}>1>schema>type", ["string", "integer"]), NOTED, ADDED),
    Mutation("another default of a parameter", put(f"{QUERY}>4>schema>default", 20), NOTED, BREAKING),
    Mutation("a default of a parameter removed", drop(f"{QUERY}>4>schema>default"), NOTED, BREAKING),
    Mutation("a maximum of a parameter lowered", put(f"{QUERY}>4>schema>maximum", 50), *LIMIT),
    Mutation("a format of more numbers, of a parameter", put(f"{QUERY}>4>schema>format", "int64"), *HARMLESS),
    Mutation(
        "parameters in another order, and one changed",
        all_of(turn(QUERY), put(f"{QUERY}>0>schema>maximum", 50)),
        BREAKING,
        NOTED,
    ),
    Mutation("a maximum of a parameter raised", put(f"{QUERY}>4>schema>maximum", 500), NOTED, NOTED),
    Mutation("a value added to the enum of a parameter", add("Status>enum", "lost"), NOTED, ADDED),
    Mutation("a value removed from the enum of a parameter", drop("Status>enum>0"), *ALWAYS),
    Mutation("parameters in another order", turn(QUERY), NONE, NOTED),
    Mutation(
        "a path parameter renamed",
        all_of(rename(">paths>/orders/{order_id}", "/orders/{id}"), put(">paths>/orders/{id}>parameters>0>name", "id")),
        NOTED,
        BREAKING,
    ),
    Mutation(
        "another type of path parameter", put(">paths>/orders/{order_id}>parameters>0>schema>type", "integer"), *ALWAYS
    ),
    # --- Operations
    Mutation("a new operation", put(">paths>/orders/{order_id}>put", PUT), ADDED, ADDED),
    Mutation("a new operation with a body", put(">paths>/orders/{order_id}>put", IMPORT), ADDED, ADDED),
    Mutation("a new path", put(">paths>/refunds", {"get": PUT}), ADDED, ADDED),
    Mutation("an operation removed", drop(">paths>/orders/{order_id}>delete"), *ALWAYS),
    Mutation("a path removed", drop(">paths>/orders/{order_id}"), *ALWAYS),
    Mutation("another path", rename(">paths>/orders", "/v2/orders"), BREAKING, NOTED),
    Mutation("another method", rename(">paths>/orders/{order_id}>delete", "post"), BREAKING, NOTED),
    Mutation("another operationId", put("get /orders>operationId", "findOrders"), *ALWAYS),
    Mutation("another tag", put("get /orders>tags", ["Lists"]), NOTED, BREAKING),
    Mutation("an operation deprecated", put("get /orders>deprecated", True), NOTED, NOTED),
    Mutation("paths in another order", turn(">paths"), NONE, NONE),
    # --- Bodies and answers
    Mutation("a body made optional", put(f"{BODY}>required", False), NOTED, ADDED),
    Mutation("a body removed", drop(BODY), *ALWAYS),
    Mutation("a body added", put("delete /orders/{order_id}>requestBody", {"required": True, **PROBLEM}), *ALWAYS),
    Mutation("an optional body added", put("delete /orders/{order_id}>requestBody", PROBLEM), ADDED, ADDED),
    Mutation(
        "another media type, sent",
        rename(f"{BODY}>content>application/json", "application/x-www-form-urlencoded"),
        BREAKING,
        NOTED,
    ),
    Mutation(
        "another media type, received",
        rename(f"{RESPONSES}>200>content>application/json", "application/vnd.orders+json"),
        BREAKING,
        NONE,
    ),
    Mutation(
        "one more media type, sent",
        put(f"{BODY}>content>application/x-www-form-urlencoded", {"schema": ref("NewOrder")}),
        ADDED,
        ADDED,
    ),
    Mutation("another success", rename(f"{RESPONSES}>200", "201"), BREAKING, NOTED),
    Mutation("one more success", put(f"{RESPONSES}>202", answer("Later", ref("Problem"))), ADDED, BREAKING),
    Mutation("one more failure, typed", put(f"{RESPONSES}>400", answer("No", ref("Problem"))), ADDED, BREAKING),
    Mutation("one more failure, without a body", put(f"{RESPONSES}>400", {"description": "No"}), ADDED, BREAKING),
    Mutation("a failure removed", drop("get /orders/{order_id}>responses>404"), BREAKING, ADDED),
    Mutation("an answer without a body", put(f"{RESPONSES}>200", {"description": "Done"}), *ALWAYS),
    Mutation(
        "an answer with a body",
        put("delete /orders/{order_id}>responses>204", answer("Gone", ref("Order"))),
        ADDED,
        ADDED,
    ),
    Mutation("another answer", put(f"{RESPONSES}>200", answer("Created", ref("Problem"))), *ALWAYS),
    Mutation(
        "a list instead of its first",
        put("get /orders/{order_id}>responses>200", answer("Orders", {"type": "array", "items": ref("Order")})),
        *ALWAYS,
    ),
    # --- The document
    Mutation("another server", put(">servers>0>url", "https://other.example.test"), *WIRE_ONLY),
    Mutation("one more server", add(">servers", {"url": "https://other.example.test"}), *HARMLESS),
    Mutation("another security", put(">security", [{"bearerAuth": []}]), *WIRE_ONLY),
    Mutation(
        "one more server, the first", put(">servers", [{"url": "https://other.example.test"}, SERVER]), *WIRE_ONLY
    ),
    Mutation("servers of one operation", put("get /orders>servers", [SERVER]), *WIRE_ONLY),
    Mutation("servers of one path", put(">paths>/orders>servers", [SERVER]), *WIRE_ONLY),
    Mutation("one more security", add(">security", {"bearerAuth": []}), ADDED, NONE),
    Mutation("both securities", put(">security", [{"basicAuth": [], "bearerAuth": []}]), *WIRE_ONLY),
    Mutation("no security", drop(">security"), *HARMLESS),
    Mutation("security of one operation", put("get /orders>security", [{"bearerAuth": []}]), *ALWAYS),
    Mutation("another scheme", put(">components>securitySchemes>basicAuth>scheme", "digest"), *WIRE_ONLY),
    Mutation("another title", put(">info>title", "Orders and more"), NOTED, NOTED),
    Mutation("another version", put(">info>version", "1.1"), *HARMLESS),
    Mutation("a contact", put(">info>contact", {"email": "a@example.test"}), *HARMLESS),
    Mutation(
        "a webhook", put(">webhooks", {"paid": {"post": {"responses": {"200": {"description": "Seen"}}}}}), *HARMLESS
    ),
    Mutation("a header of an answer", put(f"{RESPONSES}>200>headers", {"X-Id": {"schema": TEXT}}), *HARMLESS),
    Mutation("another token URL", put(f"{LOGIN}>tokenUrl", "https://b.test"), *WIRE_ONLY),
    # --- Another way to say the same; test_canonical.py has more
    Mutation("the security of all, said of one", put("get /orders>security", [{"basicAuth": []}]), NONE, NONE),
    Mutation(
        "parameters of a path, said of its operations",
        all_of(
            put("get /orders/{order_id}>parameters", PATH_PARAMETERS),
            put("delete /orders/{order_id}>parameters", PATH_PARAMETERS),
            drop(">paths>/orders/{order_id}>parameters"),
        ),
        NONE,
        NONE,
    ),
    *both_ways(
        "null as an alternative", instead("nickname", {"anyOf": [TEXT, {"type": "null"}]}), (NONE, NONE), (NONE, NONE)
    ),
    # --- A schema of another kind
    Mutation("one instead of a list", put("Order>properties>lines", ref("Line")), *ALWAYS),
    Mutation(
        "a list instead of one", put("Order>properties>lines>items", {"type": "array", "items": ref("Line")}), *ALWAYS
    ),
    *both_ways(
        "names of a pattern", lambda s: put(f"{s}>patternProperties", {"^x-": TEXT}), (BREAKING, NONE), HARMLESS
    ),
    # --- Texts
    *both_ways(
        "another description of a model",
        lambda s: put(f"{s}>description", "Something else"),
        (NOTED, NOTED),
        (NOTED, NOTED),
    ),
    *both_ways("another description of a member", words("amount", description="Cents"), (NOTED, NOTED), (NOTED, NOTED)),
    *both_ways("another example", words("amount", example=8), (NOTED, NOTED), (NOTED, NOTED)),
    *both_ways("a title", words("note", title="Note"), HARMLESS, HARMLESS),
    *both_ways("a member deprecated", words("note", deprecated=True), (NOTED, NOTED), (NOTED, NOTED)),
    Mutation("another summary", put("get /orders>summary", "Every order"), NOTED, NOTED),
    Mutation("another description of an answer", put("get /orders>responses>200>description", "All"), *HARMLESS),
    Mutation("a description of a parameter", put(f"{QUERY}>2>schema>description", "A note"), NOTED, NOTED),
    Mutation(
        "a long text and an example of a short parameter",
        all_of(put(f"{QUERY}>1>description", LONG), put(f"{QUERY}>1>example", "2026-07-01T00:00:00Z")),
        NOTED,
        NOTED,
    ),
    Mutation(
        "a parameter with the text of another, which has a new one",
        all_of(put(f"{QUERY}>1>description", LONG), put(f"{QUERY}>2>description", LONG.upper())),
        NOTED,
        NOTED,
    ),
]
