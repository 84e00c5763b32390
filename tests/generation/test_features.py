"""Every feature of OpenAPI 3.1 comes out right or is refused: one row each.

`WIRE` has what is generated: all of it in one contract, generated once, each row called over HTTP against a server that
records what arrives. `REFUSED` has what is not: each is one line that names the place and the feature.
"""

import datetime
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tools import generator
from tools.generate import GenerateError, corrected, load_yaml

from .support import ROOT, import_package

NO_ACTIONS: dict[str, Any] = {"overlay": "1.0.0", "actions": []}
STRING = {"type": "string"}
INTEGER = {"type": "integer"}
MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
KEY = UUID("0144ea84-3c39-4382-a37a-03c699b77646")


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def in_(place: str, name: str, schema: dict[str, Any], **words: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": schema, **({"required": True} if place == "path" else {}), **words}


def content(schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"content": {kind: {"schema": schema}}}


def obj(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


SCHEMAS: dict[str, Any] = {
    "Level": {"type": "integer", "enum": [1, 2]},
    "State": {"type": "string", "enum": ["on", "off"]},
    "MaybeState": {"type": "string", "enum": ["on", "off"], "nullable": True},
    "Amount": {"type": "integer", "minimum": -5, "description": "An amount"},
    "Thing": obj(name=STRING, size=INTEGER),
    "Card": obj(kind=STRING, digits=STRING),
    "Bank": obj(kind=STRING, iban=STRING),
    "Cat": {**obj(lives=INTEGER, name=STRING), "required": ["lives"]},
    "Pet": obj(name=STRING),
    "Node": obj(next=ref("Node"), children={"type": "array", "items": ref("Node")}),
    "Base": {**obj(id=STRING), "required": ["id"]},
    "Whole": {"allOf": [ref("Base"), {**obj(more=INTEGER), "required": ["more"]}]},
    "Counts": {**obj(), "additionalProperties": INTEGER},
    "Closed": {**obj(a=STRING), "additionalProperties": False},
}
SOURCE = {
    "oneOf": [ref("Card"), ref("Bank")],
    "discriminator": {
        "propertyName": "kind",
        "mapping": {"card": "#/components/schemas/Card", "bank": "#/components/schemas/Bank"},
    },
}
MEMBERS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    # What stands for a member in the contract, a JSON value of it, and what that is in Python.
    "string": (STRING, "ü ", "ü "),
    "format byte": ({"type": "string", "format": "byte"}, "aGk=", "aGk="),
    "format email": ({"type": "string", "format": "email"}, "a@b.c", "a@b.c"),
    "contentEncoding": ({"type": "string", "contentEncoding": "base64"}, "aGk=", "aGk="),
    "format date": ({"type": "string", "format": "date"}, "2026-01-02", datetime.date(2026, 1, 2)),
    "format date-time": ({"type": "string", "format": "date-time"}, "2026-01-02T03:04:05+00:00", MOMENT),
    "format uuid": ({"type": "string", "format": "uuid"}, str(KEY), KEY),
    "integer": (INTEGER, 274999, 274999),
    "format int64": ({"type": "integer", "format": "int64"}, 2**53 - 1, 2**53 - 1),
    "number": ({"type": "number"}, 0.5, 0.5),
    "boolean": ({"type": "boolean"}, True, True),
    "no type": ({}, {"a": [1, None]}, {"a": [1, None]}),
    "array": ({"type": "array", "items": INTEGER}, [1, 2], [1, 2]),
    "array of arrays": ({"type": "array", "items": {"type": "array", "items": STRING}}, [["a"], []], [["a"], []]),
    "array of dates": (
        {"type": "array", "items": {"type": "string", "format": "date"}},
        ["2026-01-02"],
        [datetime.date(2026, 1, 2)],
    ),
    "array of nullable strings": ({"type": "array", "items": {**STRING, "nullable": True}}, ["a", None], ["a", None]),
    "array of two types": ({"type": "array", "items": {"type": ["integer", "string"]}}, [1, "a"], [1, "a"]),
    "const string": ({"const": "v1"}, "v1", "v1"),
    "const integer": ({"type": "integer", "const": 3}, 3, 3),
    "const boolean": ({"const": True}, True, True),
    "type and null": ({"type": ["string", "null"]}, None, None),
    "two types": ({"type": ["integer", "string"]}, "5", "5"),
    "nullable of 3.0": ({"type": "string", "nullable": True}, None, None),
    "nullable array": ({"type": "array", "items": STRING, "nullable": True}, None, None),
    "nullable date-time": ({"type": "string", "format": "date-time", "nullable": True}, None, None),
    "nullable reference": ({**ref("Amount"), "nullable": True}, None, None),
    "nullable allOf": ({"allOf": [ref("Amount"), {"example": 1, "nullable": True}]}, None, None),
    "nullable oneOf": ({"oneOf": [ref("Amount"), {"type": "null"}]}, None, None),
    "null alone": ({"type": "null"}, None, None),
    "allOf of a scalar": ({"allOf": [ref("Amount"), {"description": "Paid"}]}, 5, 5),
    "reference with siblings": ({**ref("Amount"), "description": "Paid", "maximum": 9}, 5, 5),
    "default": ({"type": "integer", "default": 7}, 8, 8),
    "default date": (
        {"type": "string", "format": "date", "default": "2026-01-01"},
        "2026-01-02",
        datetime.date(2026, 1, 2),
    ),
    "readOnly": ({"type": "string", "readOnly": True}, "x", "x"),
    "deprecated": ({"type": "string", "deprecated": True}, "x", "x"),
    "a word of our own": ({"type": "string", "x-ours": 1}, "x", "x"),
}
CLASSES: dict[str, tuple[dict[str, Any], Any, str]] = {
    # The same for what has a class: the last is its name.
    "enum of strings": (ref("State"), "on", "State"),
    "enum value to come": (ref("State"), "broken", "State"),
    "enum of integers": (ref("Level"), 2, "Level"),
    "nullable enum": ({"type": ["string", "null"], "enum": ["A", "B", None]}, "A", "BodyNullableEnum"),
    "nullable enum of 3.0": ({"type": "string", "enum": ["A", "B"], "nullable": True}, "B", "BodyNullableEnumOf30"),
    "nullable enum of no type": ({"enum": ["A", "B", None]}, "A", "BodyNullableEnumOfNoType"),
    "nullable enum, null": (ref("MaybeState"), None, "NoneType"),
    "nullable enum, referred to": (ref("MaybeState"), "off", "MaybeState"),
    "reference to an enum, described": ({"allOf": [ref("State"), {"description": "Its state"}]}, "on", "State"),
    "object": (ref("Thing"), {"name": "a", "size": 1}, "Thing"),
    "inline object": (obj(a=STRING), {"a": "x"}, "BodyInlineObject"),
    "nullable inline object": ({**obj(a=STRING), "nullable": True}, {"a": "x"}, "BodyNullableInlineObject"),
    "recursion": (ref("Node"), {"next": {"children": [{}, {"next": {}}]}}, "Node"),
    "allOf of objects": (ref("Whole"), {"id": "a", "more": 1}, "Whole"),
    "allOf of one object, and members": (
        {"allOf": [ref("Pet")], **obj(more=INTEGER), "required": ["more"]},
        {"name": "Rex", "more": 1},
        "BodyAllOfOfOneObjectAndMembers",
    ),
    "additionalProperties of a type": (ref("Counts"), {"a": 1}, "Counts"),
    "additionalProperties false": (ref("Closed"), {"a": "x"}, "Closed"),
    "discriminator": (SOURCE, {"kind": "bank", "iban": "N1"}, "Bank"),
    "discriminator, first": (SOURCE, {"kind": "card", "digits": "1"}, "Card"),
    "oneOf, by what is required": ({"oneOf": [ref("Pet"), ref("Cat")]}, {"lives": 9, "name": "Tom"}, "Cat"),
    "anyOf, the other": ({"anyOf": [ref("Cat"), ref("Pet")]}, {"name": "Rex"}, "Pet"),
}


@dataclass(frozen=True)
class Wire:
    """One operation, how it is called, what must arrive, and what its answer must be read as."""

    feature: str
    operation: dict[str, Any] = field(default_factory=dict[str, Any])
    given: Callable[[Any], dict[str, Any]] = lambda api: {}
    target: str | None = None
    headers: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    body: Any = None
    answer: tuple[int, str, bytes] = (200, "application/json", b"{}")
    read: Callable[[Any, Any], Any] = lambda parsed, api: True
    method: str = "get"
    path: str = ""


def query(feature: str, schema: dict[str, Any], value: Any, sent: str, **words: Any) -> Wire:
    return Wire(feature, {"parameters": [in_("query", "q", schema, **words)]}, lambda api: {"q": value}, f"?{sent}")


def path(feature: str, schema: dict[str, Any], value: Any, sent: str) -> Wire:
    return Wire(feature, {"parameters": [in_("path", "p", schema)]}, lambda api: {"p": value}, sent, path="/{p}/end")


def header(feature: str, schema: dict[str, Any], value: Any, sent: str) -> Wire:
    return Wire(
        feature, {"parameters": [in_("header", "X-H", schema)]}, lambda api: {"x_h": value}, headers={"X-H": sent}
    )


def answer(feature: str, schema: dict[str, Any], text: bytes, read: Callable[[Any, Any], Any], **other: Any) -> Wire:
    return Wire(
        feature,
        {"responses": {"200": {"description": "", **content(schema)}}},
        answer=(200, "application/json", text),
        read=read,
        **other,
    )


WIRE = [
    query("query: string", STRING, "a b&c=d/ü+%", "q=a+b%26c%3Dd%2F%C3%BC%2B%25"),
    query("query: empty string", STRING, "", "q=", allowEmptyValue=True),
    query("query: integer", INTEGER, 5, "q=5"),
    query("query: number", {"type": "number"}, 0.5, "q=0.5"),
    query("query: boolean", {"type": "boolean"}, True, "q=true"),
    query("query: date", {"type": "string", "format": "date"}, datetime.date(2026, 1, 2), "q=2026-01-02"),
    query("query: date-time", {"type": "string", "format": "date-time"}, MOMENT, "q=2026-01-02T03%3A04%3A05%2B00%3A00"),
    query("query: uuid", {"type": "string", "format": "uuid"}, KEY, f"q={KEY}"),
    query("query: array", {"type": "array", "items": STRING}, ["a", "b,c"], "q=a&q=b%2Cc"),
    query(
        "query: array, style form", {"type": "array", "items": INTEGER}, [1, 2], "q=1&q=2", style="form", explode=True
    ),
    query("query: array of booleans", {"type": "array", "items": {"type": "boolean"}}, [True, False], "q=true&q=false"),
    query(
        "query: array of dates",
        {"type": "array", "items": {"type": "string", "format": "date"}},
        [MOMENT.date()],
        "q=2026-01-02",
    ),
    query("query: const", {"const": "v1"}, "v1", "q=v1"),
    query("query: two types", {"type": ["integer", "string"]}, 5, "q=5"),
    query("query: nullable", {"type": "string", "nullable": True}, "a", "q=a"),
    query("query: nullable enum in a component", ref("MaybeState"), "off", "q=off"),
    query("query: explode of a single value", STRING, "a,b", "q=a%2Cb", explode=False),
    Wire("query: default", {"parameters": [in_("query", "q", {"type": "integer", "default": 7})]}, target="?q=7"),
    Wire("query: absent", {"parameters": [in_("query", "q", STRING)]}, target=""),
    Wire(
        "query: deprecated",
        {"parameters": [in_("query", "q", STRING, deprecated=True)]},
        lambda api: {"q": "a"},
        "?q=a",
    ),
    Wire(
        "query: name with brackets",
        {"parameters": [in_("query", "q[gte]", STRING)]},
        lambda api: {"qgte": "a"},
        "?q%5Bgte%5D=a",
    ),
    Wire(
        "query: enum",
        {"parameters": [in_("query", "q", ref("State"))]},
        lambda api: {"q": api.models.State.ON},
        "?q=on",
    ),
    Wire(
        "query: enum of integers",
        {"parameters": [in_("query", "q", ref("Level"))]},
        lambda api: {"q": api.models.Level.VALUE_2},
        "?q=2",
    ),
    Wire(
        "query: inline enum",
        {"parameters": [in_("query", "q", {"type": "string", "enum": ["x"]})]},
        lambda api: {"q": next(each for name, each in vars(api.models).items() if name.endswith("Q"))("x")},
        "?q=x",
    ),
    Wire("parameter of a path", {"parameters": []}, lambda api: {"shared": "a"}, "/shared?shared=a", path="/shared"),
    Wire(
        "parameter by reference",
        {"parameters": [{"$ref": "#/components/parameters/page", "description": "Mine"}]},
        lambda api: {"page": 2},
        "?page=2",
    ),
    Wire(
        "one name in two places",
        {"parameters": [in_("query", "n", STRING), in_("header", "n", STRING)]},
        lambda api: {"n_query": "q", "n_header": "h"},
        "?n=q",
        {"n": "h"},
    ),
    path("path: string", STRING, "a/b ü?#%", "/a%2Fb%20%C3%BC%3F%23%25/end"),
    path("path: integer", INTEGER, 5, "/5/end"),
    path("path: number", {"type": "number"}, 0.5, "/0.5/end"),
    path("path: date", {"type": "string", "format": "date"}, datetime.date(2026, 1, 2), "/2026-01-02/end"),
    path("path: uuid", {"type": "string", "format": "uuid"}, KEY, f"/{KEY}/end"),
    Wire(
        "path: enum",
        {"parameters": [in_("path", "p", ref("State"))]},
        lambda api: {"p": api.models.State.OFF},
        "/off/end",
        path="/{p}/end",
    ),
    Wire(
        "path: enum of integers",
        {"parameters": [in_("path", "p", ref("Level"))]},
        lambda api: {"p": api.models.Level.VALUE_1},
        "/1/end",
        path="/{p}/end",
    ),
    header("header: string", STRING, "a b", "a b"),
    header("header: integer", INTEGER, 5, "5"),
    header("header: number", {"type": "number"}, 0.5, "0.5"),
    header("header: boolean", {"type": "boolean"}, True, "true"),
    Wire(
        "header: enum",
        {"parameters": [in_("header", "X-H", ref("State"))]},
        lambda api: {"x_h": api.models.State.ON},
        headers={"X-H": "on"},
    ),
    Wire("header: absent", {"parameters": [in_("header", "X-H", STRING)]}, headers={"X-H": None}),
    Wire(
        "body: object",
        {"requestBody": {"required": True, **content(ref("Thing"))}},
        lambda api: {"body": api.models.Thing(name="a")},
        "",
        {"Content-Type": "application/json"},
        {"name": "a"},
        method="post",
    ),
    Wire("body: optional, absent", {"requestBody": content(ref("Thing"))}, target="", body=b"", method="post"),
    Wire(
        "body: optional, given",
        {"requestBody": content(ref("Thing"))},
        lambda api: {"body": api.models.Thing(size=1)},
        "",
        body={"size": 1},
        method="post",
    ),
    Wire(
        "body: by reference",
        {"requestBody": {"$ref": "#/components/requestBodies/Thing"}},
        lambda api: {"body": api.models.Thing(size=1)},
        "",
        body={"size": 1},
        method="put",
    ),
    Wire(
        "body: array",
        {"requestBody": {"required": True, **content({"type": "array", "items": ref("Thing")})}},
        lambda api: {"body": [api.models.Thing(size=1)]},
        "",
        body=[{"size": 1}],
        method="post",
    ),
    Wire(
        "body: string",
        {"requestBody": {"required": True, **content(STRING)}},
        lambda api: {"body": "ü"},
        "",
        body="ü",
        method="post",
    ),
    Wire(
        "body: oneOf",
        {"requestBody": {"required": True, **content(SOURCE)}},
        lambda api: {"body": api.models.Bank(kind="bank", iban="N1")},
        "",
        body={"kind": "bank", "iban": "N1"},
        method="post",
    ),
    Wire(
        "body: merge-patch+json",
        {"requestBody": {"required": True, **content(ref("Thing"), "application/merge-patch+json")}},
        lambda api: {"body": api.models.Thing(size=1)},
        "",
        {"Content-Type": "application/merge-patch+json"},
        {"size": 1},
        method="patch",
    ),
    Wire(
        "body: json with a charset",
        {"requestBody": {"required": True, **content(ref("Thing"), "application/json; charset=utf-8")}},
        lambda api: {"body": api.models.Thing(size=1)},
        "",
        {"Content-Type": "application/json; charset=utf-8"},
        {"size": 1},
        method="post",
    ),
    Wire(
        "body: form",
        {"requestBody": {"required": True, **content(ref("Thing"), "application/x-www-form-urlencoded")}},
        lambda api: {"body": api.models.Thing(name="a b", size=1)},
        "",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"name=a+b&size=1",
        method="post",
    ),
    Wire(
        "body: of a GET",
        {"requestBody": {"required": True, **content(ref("Thing"))}},
        lambda api: {"body": api.models.Thing(size=1)},
        "",
        body={"size": 1},
    ),
    *(Wire(f"method: {name}", target="", method=name) for name in ("get", "put", "post", "delete", "options", "patch")),
    answer("answer: object", ref("Thing"), b'{"name": "a"}', lambda parsed, api: parsed == api.models.Thing(name="a")),
    answer(
        "answer: array of objects",
        {"type": "array", "items": ref("Thing")},
        b'[{"size": 1.0}]',
        lambda parsed, api: [type(each.size) for each in parsed] == [int],
    ),
    answer(
        "answer: array of integers",
        {"type": "array", "items": INTEGER},
        b"[1, 2.0]",
        lambda parsed, api: [*map(repr, parsed)] == ["1", "2"],
    ),
    answer("answer: string", STRING, b'"a"', lambda parsed, api: parsed == "a"),
    answer(
        "answer: date-time",
        {"type": "string", "format": "date-time"},
        b'"2026-01-02t03:04:05z"',
        lambda parsed, api: parsed == MOMENT,
    ),
    answer("answer: nullable", {"type": "string", "nullable": True}, b"null", lambda parsed, api: parsed is None),
    answer("answer: enum", ref("State"), b'"on"', lambda parsed, api: parsed is api.models.State.ON),
    answer(
        "answer: discriminator",
        SOURCE,
        b'{"kind": "bank", "iban": "N1"}',
        lambda parsed, api: type(parsed) is api.models.Bank,
    ),
    answer(
        "answer: oneOf",
        {"oneOf": [ref("Pet"), ref("Cat")]},
        b'{"lives": 9}',
        lambda parsed, api: type(parsed) is api.models.Cat,
    ),
    answer("answer: no schema", {}, b'{"a": 1}', lambda parsed, api: parsed == {"a": 1}),
    Wire(
        "answer: media type without a schema",
        {"responses": {"200": {"description": "", "content": {"application/json": {}}}}},
        answer=(200, "application/json", b"[1]"),
        read=lambda parsed, api: parsed == [1],
    ),
    answer("answer: other members kept", ref("Thing"), b'{"other": [1]}', lambda parsed, api: parsed["other"] == [1]),
    Wire(
        "answer: none",
        {"responses": {"204": {"description": ""}}},
        answer=(204, "", b""),
        read=lambda parsed, api: parsed is None,
        method="delete",
    ),
    Wire(
        "answer: by reference",
        {"responses": {"200": {"$ref": "#/components/responses/Thing"}}},
        answer=(200, "application/json", b'{"size": 1}'),
        read=lambda parsed, api: parsed.size == 1,
    ),
    Wire(
        "answer: problem+json",
        {"responses": {"400": {"description": "", **content(ref("Thing"), "application/problem+json")}}},
        answer=(400, "application/problem+json", b'{"name": "no"}'),
        read=lambda parsed, api: parsed.name == "no",
    ),
    Wire(
        "answer: range of statuses",
        {
            "responses": {
                "201": {"description": "", **content(ref("Thing"))},
                "2XX": {"description": "", **content(ref("Pet"))},
            }
        },
        answer=(202, "application/json", b'{"name": "a"}'),
        read=lambda parsed, api: type(parsed) is api.models.Pet,
    ),
    Wire(
        "answer: default",
        {"responses": {"200": {"description": ""}, "default": {"description": "", **content(ref("Pet"))}}},
        answer=(503, "application/json", b'{"name": "a"}'),
        read=lambda parsed, api: type(parsed) is api.models.Pet,
    ),
    Wire(
        "answer: text",
        {"responses": {"200": {"description": "", **content(STRING, "text/plain")}}},
        answer=(200, "text/plain; charset=utf-8", "ü".encode()),
        read=lambda parsed, api: parsed == "ü",
    ),
    Wire(
        "answer: header",
        {"responses": {"200": {"description": "", "headers": {"X-A": {"schema": STRING}}, "links": {}}}},
        target="",
    ),
    Wire("security: none", {"security": []}, target=""),
    Wire("security: Basic", {"security": [{"basicAuth": []}]}, target=""),
    Wire(
        "security: another, or ours",
        {"security": [{"oauth": ["a"]}, {"bearerAuth": []}]},
        target="",
        headers={"Authorization": "Bearer k"},
    ),
    Wire("security: bearer", {"security": [{"bearerAuth": []}]}, target="", headers={"Authorization": "Bearer k"}),
    Wire("operation: deprecated", {"deprecated": True}, target=""),
    Wire("operation: several tags", {"tags": ["one", "two"]}, target=""),
    Wire("operation: externalDocs", {"externalDocs": {"url": "https://example.com"}}, target=""),
]


def member_name(feature: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in feature)


def contract() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for number, row in enumerate(WIRE):
        item = paths.setdefault((row.path and f"/r{number}{row.path}") or f"/r{number}", {})
        item[row.method] = {"operationId": f"row{number}", "responses": {"200": {"description": ""}}, **row.operation}
        if row.feature == "parameter of a path":
            item["parameters"] = [in_("query", "shared", STRING)]
    body = {member_name(name): schema for name, (schema, *_) in {**MEMBERS, **CLASSES}.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Features", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {**SCHEMAS, "Body": {"type": "object", "properties": body}},
            "parameters": {"page": in_("query", "page", INTEGER, description="Any")},
            "requestBodies": {"Thing": {"required": True, **content(ref("Thing"))}},
            "responses": {"Thing": {"description": "", **content(ref("Thing"))}},
            "securitySchemes": {
                "basicAuth": {"type": "http", "scheme": "basic"},
                "bearerAuth": {"type": "http", "scheme": "bearer"},
                "oauth": {"type": "openIdConnect", "openIdConnectUrl": "https://example.com"},
            },
        },
    }


def make(folder: Path, document: dict[str, Any]) -> Path:
    package = folder / "package"
    config = load_yaml(ROOT / "generator-config.yaml")
    generator.run(corrected(document, NO_ACTIONS), package, config, ROOT / "generator-templates")
    return package


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("features"), contract())


@pytest.fixture(scope="module")
def api(package: Path) -> Any:
    return import_package(package, "featured_api")


class Recorder(ThreadingHTTPServer):
    """A server that keeps the last request and answers as it is told."""

    answer: tuple[int, str, bytes] = (200, "", b"")
    target: str = ""
    method: str = ""
    headers: Any = None
    body: bytes = b""


class Handler(BaseHTTPRequestHandler):
    server: Recorder  # pyright: ignore[reportIncompatibleVariableOverride]

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.server.method, self.server.target, self.server.headers = self.command, self.path, self.headers
        self.server.body = self.rfile.read(length)
        status, kind, text = self.server.answer
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_POST = do_DELETE = do_OPTIONS = do_PATCH = _handle  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with Recorder(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def client(api: Any, recorder: Recorder) -> Iterator[Any]:
    with api.AuthenticatedClient(f"http://127.0.0.1:{recorder.server_port}", "k") as client:
        yield client


@pytest.mark.parametrize("number", range(len(WIRE)), ids=[row.feature for row in WIRE])
def test_a_call_puts_the_right_bytes_on_the_wire_and_reads_the_right_value(
    number: int, api: Any, client: Any, recorder: Recorder
) -> None:
    row = WIRE[number]
    recorder.answer = row.answer
    tag = (row.operation.get("tags") or ["default"])[0]
    operation = import_module(f"{api.__name__}.api.{tag}.row{number}")

    response = operation.sync_detailed(client=client, **row.given(api))

    assert recorder.method == row.method.upper()
    if row.target is not None:
        assert recorder.target == f"/r{number}{row.target}"
    assert {name: recorder.headers.get(name) for name in row.headers} == row.headers
    if isinstance(row.body, bytes):
        assert recorder.body == row.body
    elif row.body is not None:
        assert json.loads(recorder.body) == row.body
    assert response.status_code == row.answer[0]
    assert row.read(response.parsed, api)


@pytest.mark.parametrize("feature", [*MEMBERS, *CLASSES])
def test_a_member_is_read_and_written_as_what_it_is(feature: str, api: Any) -> None:
    _, value, expected = {**MEMBERS, **CLASSES}[feature]
    name = member_name(feature)
    python_name = name.lower() if name.lower() in api.models.Body.__annotations__ else name

    read = api.models.Body.from_dict({name: value})

    found = getattr(
        read,
        next(
            each
            for each in api.models.Body.__annotations__
            if each.replace("_", "") == python_name.replace("_", "").lower()
        ),
    )
    if feature in CLASSES:
        assert type(found).__name__ == expected
    else:
        assert (found, type(found)) == (expected, type(expected))
    assert json.loads(json.dumps(read.to_dict())) == {name: value}
    assert list(api.types.faults_of(read, api.models.Body)) == []


# --- What is refused --------------------------------------------------------------------------------------------------


def one(path: str = "/a", /, **operation: Any) -> dict[str, Any]:
    answer = {"responses": {"200": {"description": "", **content(ref("Thing"))}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "One", "version": "1"},
        "paths": {path: {"post": {"operationId": "one", **answer, **operation}}},
        "components": {"schemas": {"Thing": obj(a=STRING)}},
    }


def with_parameter(place: str, schema: dict[str, Any], **words: Any) -> dict[str, Any]:
    return one("/{p}" if place == "path" else "/a", parameters=[in_(place, "p", schema, **words)])


def with_body(schema: dict[str, Any], kind: str = "application/json", **media: Any) -> dict[str, Any]:
    return one(requestBody={"content": {kind: {"schema": schema, **media}}})


def with_member(schema: Any, **schemas: Any) -> dict[str, Any]:
    document = one()
    document["components"]["schemas"] |= {"Thing": obj(a=schema), **schemas}
    return document


def with_word(word: str, value: Any) -> dict[str, Any]:
    return with_member({"type": "string", word: value})


def with_(document: dict[str, Any], *path: str, value: Any) -> dict[str, Any]:
    inner = document
    for key in path[:-1]:
        inner = inner.setdefault(key, {})
    inner[path[-1]] = value
    return document


CARDS = {"Card": obj(kind=STRING), "Bank": obj(kind=STRING)}
DISCRIMINATED = {
    "oneOf": [ref("Card"), ref("Bank")],
    "discriminator": {"propertyName": "kind", "mapping": {"1": "Card", "2": "Bank"}},
}
JSON = content(obj(a=STRING))["content"]
ARRAY = {"type": "array", "items": STRING}
DATE_TIME = {"type": "string", "format": "date-time"}
MEMBER = "#/components/schemas/Thing/properties/a"

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "query: explode false": (with_parameter("query", ARRAY, explode=False), "an array with `explode: false`"),
    "query: spaceDelimited": (with_parameter("query", ARRAY, style="spaceDelimited"), "has `style: spaceDelimited`"),
    "query: pipeDelimited": (with_parameter("query", ARRAY, style="pipeDelimited"), "has `style: pipeDelimited`"),
    "query: deepObject": (with_parameter("query", obj(gte=STRING), style="deepObject"), "has `style: deepObject`"),
    "query: object": (with_parameter("query", obj(gte=STRING)), "is object, which the code cannot write into a query"),
    "query: array of arrays": (with_parameter("query", {"type": "array", "items": ARRAY}), "array of more than single"),
    "query: allowReserved": (with_parameter("query", STRING, allowReserved=True), "has `allowReserved`"),
    "query: no type": (with_parameter("query", {}), "is any, which the code cannot write into a query"),
    "query: array of nullable items": (
        with_parameter("query", {"type": "array", "items": {"type": ["string", "null"]}}),
        "array of more than single",
    ),
    "query: required and nullable": (
        with_parameter("query", {"type": ["string", "null"]}, required=True),
        "is required and may be null",
    ),
    **{
        f"parameter: called {name}": (one(parameters=[in_("query", name, STRING)]), f"is called {name}")
        for name in ("params", "headers", "cookies", "Quote")
    },
    "query: content": (one(parameters=[{"name": "p", "in": "query", **content(STRING)}]), "has no schema"),
    "path: matrix": (with_parameter("path", STRING, style="matrix"), "has `style: matrix`"),
    "path: label": (with_parameter("path", STRING, style="label"), "has `style: label`"),
    "path: array": (with_parameter("path", ARRAY), "is array, which the code cannot write into a path"),
    "path: boolean": (with_parameter("path", {"type": "boolean"}), "is boolean, which the code cannot"),
    "path: date-time": (with_parameter("path", DATE_TIME), "is date-time, which the code cannot"),
    "path: nullable": (with_parameter("path", {"type": "string", "nullable": True}), "is null, which the code cannot"),
    "path: two types": (with_parameter("path", {"type": ["integer", "string"]}), "is integer or string, which"),
    "header: array": (with_parameter("header", ARRAY), "is array, which the code cannot write into a header"),
    "header: date-time": (with_parameter("header", DATE_TIME), "is date-time, which the code cannot"),
    "header: nullable": (with_parameter("header", {"type": ["string", "null"]}), "is null, which the code cannot"),
    "header: reserved": (
        one(parameters=[in_("header", "Authorization", STRING)]),
        "is the header Authorization, which OpenAPI reserves",
    ),
    "cookie": (with_parameter("cookie", STRING), "is a cookie"),
    "parameter: sibling of a reference": (
        with_(
            one(parameters=[{"$ref": "#/components/parameters/p", "name": "q"}]),
            *("components", "parameters", "p"),
            value=in_("query", "p", STRING),
        ),
        "is not OpenAPI 3.1",
    ),
    "body: several media types": (
        one(requestBody={"content": {"application/json": {"schema": STRING}, "text/plain": {"schema": STRING}}}),
        "has several media types",
    ),
    "body: multipart": (with_body(obj(a=STRING), "multipart/form-data"), "cannot send multipart/form-data"),
    "body: octet-stream": (with_body(STRING, "application/octet-stream"), "cannot send application/octet-stream"),
    "body: text": (with_body(STRING, "text/plain"), "cannot send text/plain"),
    "body: XML": (with_body(STRING, "application/xml"), "cannot send application/xml"),
    "body: encoding": (
        with_body(obj(a=ARRAY), "application/x-www-form-urlencoded", encoding={"a": {"explode": False}}),
        "has `encoding`",
    ),
    "body: nested form": (
        with_body(obj(a=obj(b=STRING)), "application/x-www-form-urlencoded"),
        "has more than single values",
    ),
    "body: nullable": (with_body({"anyOf": [ref("Thing"), {"type": "null"}]}), "may be null"),
    "body: no schema": (one(requestBody={"content": {"application/json": {}}}), "has no schema"),
    "answer: XML": (
        one(responses={"200": {"description": "", **content(STRING, "application/xml")}}),
        "cannot read application/xml",
    ),
    "answer: octet-stream": (
        one(responses={"200": {"description": "", **content(STRING, "application/octet-stream")}}),
        "cannot read application/octet-stream",
    ),
    "answer: several media types": (
        one(responses={"200": {"description": "", "content": {**content(STRING, "text/plain")["content"], **JSON}}}),
        "the response 200 at #/paths//a/post has several media types",
    ),
    "answer: typed text": (
        one(responses={"200": {"description": "", **content(INTEGER, "text/plain")}}),
        "as a string only",
    ),
    "security: apiKey": (
        with_(
            one(security=[{"key": []}]),
            *("components", "securitySchemes", "key"),
            value={"type": "apiKey", "in": "header", "name": "X-Key"},
        ),
        "#/paths//a/post/security asks for more than",
    ),
    "security: two at once": (
        with_(
            one(security=[{"key": [], "other": []}]),
            *("components", "securitySchemes"),
            value={"key": {"type": "http", "scheme": "bearer"}, "other": {"type": "http", "scheme": "basic"}},
        ),
        "asks for more than",
    ),
    "security: oauth2": (
        with_(
            one() | {"security": [{"key": []}]},
            *("components", "securitySchemes", "key"),
            value={"type": "openIdConnect", "openIdConnectUrl": "https://example.com"},
        ),
        "#/security asks for more than",
    ),
    "webhooks": (one() | {"webhooks": {}}, "# has `webhooks`"),
    "callbacks": (one(callbacks={}), "#/paths//a/post has `callbacks`"),
    "servers of an operation": (one(servers=[{"url": "https://example.com"}]), "#/paths//a/post has `servers`"),
    "servers of a path": (with_(one(), "paths", "/a", "servers", value=[{"url": "/b"}]), "#/paths//a has `servers`"),
    "path by reference": (
        with_(with_(one(), "paths", "/b", value={"$ref": "#/x-item"}), "x-item", value={"summary": "B"}),
        "#/paths//b has `$ref`",
    ),
    "pathItems": (with_(one(), "components", "pathItems", value={}), "#/components has `pathItems`"),
    "jsonSchemaDialect": (one() | {"jsonSchemaDialect": "https://example.com"}, "Unknown JSON Schema dialect"),
    **{
        f"schema: {word}": (with_word(word, value), f"passes over `{word}` at {MEMBER}")
        for word, value in {
            "not": {"const": "a"},
            "if": {"const": "a"},
            "then": {"minLength": 1},
            "else": {"minLength": 1},
            "contains": STRING,
            "minContains": 1,
            "maxContains": 1,
            "prefixItems": [STRING],
            "unevaluatedItems": {"type": "string"},
            "propertyNames": STRING,
            "patternProperties": {"a": STRING},
            "unevaluatedProperties": {"type": "string"},
            "dependentRequired": {"a": ["b"]},
            "dependentSchemas": {"a": STRING},
            "contentSchema": STRING,
            "$defs": {"a": STRING},
            "$anchor": "a",
            "$dynamicAnchor": "a",
            "$dynamicRef": "#a",
            "$vocabulary": {},
            "maximun": 3,
        }.items()
    },
    "schema: format binary": (with_word("format", "binary"), f"binary string at {MEMBER}"),
    "schema: true": (with_member(True), "cannot read `true` or `false` as a schema"),
    "schema: items true": (with_member({"type": "array", "items": True}), "cannot read `true` or `false` as a schema"),
    "schema: array of anything": (with_member({"type": "array"}), "must have items"),
    "schema: enum of booleans": (with_member({"type": "boolean", "enum": [True]}), "has other values than strings"),
    "schema: enum of fractions": (with_member({"enum": [0.5]}), "has other values than strings"),
    "schema: enum of two types": (with_member({"enum": ["a", 1]}), "has other values than strings"),
    "schema: const null": (with_member({"const": None}), "is no string, integer or boolean"),
    "schema: const object": (with_member({"const": {}}), "is no string, integer or boolean"),
    "schema: pattern of another language": (with_word("pattern", "\\p{L}"), "is not a 'regex'"),
    **{
        f"schema: pattern {pattern}": (with_word("pattern", pattern), f"the pattern at {MEMBER} is not one that Python")
        for pattern in ("[^]a]", r"a\Z", r"\Aa", r"\a", "a{,3}", "(?i)a", "a++", "(?P<x>a)", "(?>a)", r"[\S]")
    },
    "schema: required, not there": (
        with_member(STRING, Other={**obj(a=STRING), "required": ["b"]}),
        "#/components/schemas/Other requires `b`",
    ),
    "schema: readOnly and required": (
        with_body({**obj(id={"type": "string", "readOnly": True}), "required": ["id"]}),
        "is required and `readOnly`",
    ),
    "schema: writeOnly and required": (
        with_member(STRING, Thing={**obj(id={"type": "string", "writeOnly": True}), "required": ["id"]}),
        "is required and `writeOnly`",
    ),
    "schema: allOf of what cannot be one": (
        with_member({"allOf": [{"type": "string", "pattern": "a"}, {"pattern": "b"}]}),
        f"the parts of the allOf at {MEMBER} are no objects",
    ),
    "schema: allOf of an enum and a limit": (
        with_member({"allOf": [ref("State"), {"maxLength": 2}]}, State={"type": "string", "enum": ["on", "off"]}),
        f"the parts of the allOf at {MEMBER} are no objects",
    ),
    "schema: additionalProperties beside an allOf": (
        with_member({"allOf": [ref("Card")], "additionalProperties": False}, **CARDS),
        "passes over `additionalProperties` of a part",
    ),
    "schema: allOf with a oneOf": (
        with_member({"allOf": [obj(b=STRING), {"oneOf": [ref("Card"), STRING]}]}, **CARDS),
        "passes over `oneOf` of a part",
    ),
    "schema: members beside oneOf": (
        with_member({"oneOf": [ref("Card"), STRING], "required": ["kind"]}, **CARDS),
        "passes over `required` beside `oneOf`",
    ),
    "schema: oneOf without a difference": (
        with_member({"oneOf": [ref("Card"), ref("Bank")]}, **CARDS),
        "nothing tells the variants",
    ),
    "schema: oneOf of arrays": (
        with_member({"oneOf": [{"type": "array", "items": ref(name)} for name in CARDS]}, **CARDS),
        "two arrays stand in one `oneOf`",
    ),
    "schema: oneOf within oneOf": (
        with_member(
            {"oneOf": [ref("Card"), {"oneOf": [ref("Bank"), {"type": "null"}]}]},
            **{name: {**each, "required": ["kind"]} for name, each in CARDS.items()},
        ),
        "nothing tells the variants",
    ),
    "schema: discriminator of integers": (
        with_member(DISCRIMINATED, Card=obj(kind=INTEGER), Bank=obj(kind=INTEGER)),
        "the discriminator at",
    ),
    "schema: discriminator of another name": (
        with_member({**DISCRIMINATED, "oneOf": [ref("Card"), ref("Alias")]}, **CARDS, Alias=ref("Bank")),
        "the discriminator at",
    ),
    "schema: discriminator of what is used elsewhere": (
        with_member(DISCRIMINATED, **CARDS, Wallet=obj(card=ref("Card"))),
        "used nowhere else",
    ),
    "schema: discriminator without oneOf": (
        with_member({**obj(kind=STRING), "discriminator": {"propertyName": "kind"}}),
        "the discriminator at",
    ),
    "schema: discriminator of two values": (
        with_member(
            {
                "oneOf": [ref("Card"), ref("Bank")],
                "discriminator": {"propertyName": "kind", "mapping": {"a": "Card", "b": "Card", "c": "Bank"}},
            },
            **CARDS,
        ),
        "the discriminator at",
    ),
    "schema: two enums in one": (
        with_member({"anyOf": [{"enum": ["a"], "title": "A"}, {"enum": ["b"], "title": "B"}]}),
        "two enums stand in one `anyOf`",
    ),
    "schema: allOf of itself": (
        with_member(ref("Loop"), Loop={"allOf": [ref("Loop"), obj(a=STRING)]}),
        "cannot be validated",
    ),
    "schema: reference to nothing": (with_member(ref("Nowhere")), "cannot be validated"),
    "status that is none": (one(responses={"20X": {"description": ""}}), "is not OpenAPI 3.1"),
}


@pytest.mark.parametrize("feature", REFUSED)
def test_what_cannot_be_generated_right_is_refused_in_a_line_that_names_it(feature: str, tmp_path: Path) -> None:
    document, said = REFUSED[feature]

    with pytest.raises((GenerateError, generator.GeneratorFailedError)) as refusal:
        make(tmp_path, document)

    assert [line for line in str(refusal.value).splitlines() if said in line] != [], str(refusal.value)
