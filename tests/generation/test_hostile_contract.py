"""The contract is somebody else's document: nothing in it may become code, here or where the wheel is installed.

A contract whose every text tries is generated beside its twin, the same contract with plain texts. But for the contents
of strings and the names that Python identifiers are made of, the two must be the same code.
"""

import ast
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tools import naming
from tools.generate import generate, main

ROOT = Path(__file__).resolve().parents[2]
OVERLAY = {
    "overlay": "1.0.0",
    "info": {"title": "Corrections", "version": "1"},
    "actions": [{"target": "$.info", "description": "Any contract has one.", "update": {"x-corrected": True}}],
}
# What an attack would leave behind, wherever it runs.
CANARY = "an-attack-ran"
CODE = f"__import__('pathlib').Path('{CANARY}').touch()"

# Anything goes in a text and in the name of a member. In other names, nothing that does not print; in a value, no quote
# or backslash either: those are refused, further down.
VALUES = [
    CODE,
    f"' + str({CODE}) + '",
    f"'''; {CODE}; '''",
    f"{{{CODE}}}",
    f"{{{{ {CODE} }}}}",
    "{% for each in ().__class__.__base__.__subclasses__() %}{{ each }}{% endfor %}{% include '/etc/passwd' %}",
    f"{{# {CODE} #}} # {CODE}",
    f") or {CODE} or (",
    f"]; {CODE}; [",
    "%(name)s %s %r {0} {0.__class__} {self!r:>9999}",
    "../../outside",
]
NAMES = [
    *VALUES,
    f'" + str({CODE}) + "',
    f'"""; {CODE}; """',
    f'\\"; {CODE}; \\"',
    f"\\N{{DASH}} \\x22 \\u0022 \\042; {CODE} \\",
    f'f"{{{CODE}}}"',
]
TEXTS = [
    *NAMES,
    f'"""\n{CODE}\n"""',
    f'\\"""\n{CODE}\n\\',
    f"'''\n{CODE}\n'''",
    f"\0\n{CODE}",
    f"\r{CODE}\r\n{CODE}",
    f"\u2028{CODE}\u2029{CODE}\x85{CODE}\x0b{CODE}\x0c{CODE}\x1c{CODE}",
    f"\u202e{CODE}\u2066\u200b\ufeff",
    "\\" * 101 + '"' * 101,
    f'"\0"\0"; {CODE}',
]


@dataclass
class Source:
    """Where the contract gets its texts: each call gives the next attack, or, for the twin, a plain word."""

    hostile: bool
    _counts: dict[str, Iterator[int]] = field(default_factory=dict[str, Iterator[int]])

    def text(self) -> str:
        """Where there are many of a kind: one attack each."""
        return self._next(TEXTS)

    def texts(self) -> str:
        """Where there are few: all of them."""
        return "\n".join(self.text() for _ in TEXTS)

    def name(self) -> str:
        """The number is at the end, where it makes the names differ."""
        return self._next(NAMES)

    def member(self) -> str:
        return self._next([*TEXTS, *NAMES])

    def path(self) -> str:
        return "/" + self._next([name for name in NAMES if not set("{}") & set(name)])

    def value(self) -> str:
        return self._next(VALUES)

    def enum(self, name: str, attacks: list[str]) -> list[str]:
        """Generated code sorts these by name: so the number comes first."""
        return [f"{name}{n:02} {each if self.hostile else 'plain'}" for n, each in enumerate(attacks)]

    def _next(self, attacks: list[str]) -> str:
        number = next(self._counts.setdefault(str(len(attacks)), itertools.count()))
        plain = f"plain{len(attacks)}x{number}"
        return f"{attacks[number % len(attacks)]} {plain}" if self.hostile else plain


def properties(source: Source) -> dict[str, Any]:
    simple: list[dict[str, Any]] = [
        {"type": "string"},
        {"type": "string", "default": source.value()},
        {"type": "string", "const": source.value()},
        {"default": source.value()},
        {"default": {source.member(): [source.text(), {source.member(): None}]}},
        {"type": ["string", "null"]},
        {"type": "array", "items": {"type": "string"}},
        {"type": "string", "format": "date-time"},
        {"type": "integer", "default": 1},
        *({"type": "string"} for _ in [*TEXTS, *NAMES]),
    ]
    return {source.member(): {"description": source.text(), "example": source.text(), **each} for each in simple}


def contract(source: Source) -> dict[str, Any]:
    def reference(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    def body(content: str = "application/json") -> dict[str, Any]:
        return {"description": source.text(), "content": {content: {"schema": reference("Plain")}}}

    def parameter(place: str, **members: Any) -> dict[str, Any]:
        return {
            "name": source.name(),
            "in": place,
            "description": source.text(),
            "schema": {"type": "string", "description": source.text(), "example": source.text(), **members},
        }

    def operation(**members: Any) -> dict[str, Any]:
        return {
            "operationId": source.name(),
            "tags": [source.name()],
            "summary": source.texts(),
            "description": source.texts(),
            "security": [{"plain": []}],
            "parameters": [
                parameter("query"),
                parameter("query", default=source.value()),
                parameter("query", const=source.value()),
                parameter("header"),
                *(parameter("query") for _ in NAMES),
            ],
            "responses": {"200": body(), "404": body(), "default": body()},
            **members,
        }

    named = {"name": "plain_id", "in": "path", "required": True, "schema": {"type": "string"}}
    templated = {"get": operation(), "parameters": [named]}
    return {
        "openapi": "3.1.0",
        "info": {"title": source.texts(), "version": source.texts(), "description": source.texts()},
        "servers": [{"url": f"https://example.com/{source.value()}", "description": source.text()}],
        "tags": [{"name": source.name(), "description": source.text()}],
        "x-extension": {source.member(): source.texts()},
        "paths": {
            **{source.path(): {"post": operation(requestBody=body())} for _ in NAMES[:4]},
            source.path() + "/{plain_id}": templated,
        },
        "components": {
            "securitySchemes": {
                "plain": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": source.text(),
                    "description": source.text(),
                }
            },
            "schemas": {
                "Plain": {
                    "type": "object",
                    "description": source.texts(),
                    "example": {source.member(): source.texts()},
                    "properties": {
                        **properties(source),
                        "kind": reference("PlainKind"),
                        "number": reference("PlainNumber"),
                        "closed": reference("PlainClosed"),
                    },
                },
                "PlainClosed": {
                    "type": "object",
                    "example": source.texts(),
                    "additionalProperties": False,
                    "properties": properties(source),
                },
                "PlainKind": {"type": "string", "description": source.texts(), "enum": source.enum("K", NAMES)},
                "PlainNumber": {"type": "integer", "enum": [1, 2], "x-enum-varnames": source.enum("N", TEXTS[:2])},
            },
        },
    }


def root_of(folder: Path, document: Any) -> Path:
    """A repository root with this contract, our configuration and our templates."""
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "generator-config.yaml", folder)
    shutil.copytree(ROOT / "generator-templates", folder / "generator-templates")
    (folder / "openapi.yaml").write_text(json.dumps(document), encoding="utf-8")
    (folder / "openapi.overlay.yaml").write_text(json.dumps(OVERLAY), encoding="utf-8")
    return folder


def package_of(folder: Path, source: Source) -> Path:
    (folder / "out").mkdir(parents=True)
    return generate(root_of(folder / "root", contract(source)), folder / "out")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package that the hostile contract gives; what runs while it is made leaves the canary here."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield package_of(folder, Source(hostile=True))


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package_of(tmp_path_factory.mktemp("twin"), Source(hostile=False))


# --- The code ---------------------------------------------------------------------------------------------------------


def modules_of(package: Path, source: Source) -> list[Path]:
    """Its modules, those of the operations in the order of the contract, whatever they are called."""
    operations = [one for item in contract(source)["paths"].values() for one in (item.get("post"), item.get("get"))]
    named = [package / "api" / naming.module_of(one) for one in operations if one]
    return [*named, *(package / path for path in sorted(fixed_names(package)))]


def fixed_names(package: Path) -> set[str]:
    found = (path.relative_to(package) for path in package.rglob("*.py"))
    return {path.as_posix() for path in found if path.parts[0] != "api" or len(path.parts) < 3}


@dataclass
class Comparison:
    """Two trees, walked side by side; `renamed` is what each name of the one is in the other."""

    renamed: dict[str, str] = field(default_factory=dict[str, str])

    def check(self, one: Any, other: Any, place: str) -> None:
        assert type(one) is type(other), place
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            assert type(one.value) is type(getattr(other, "value", None)), place
        elif isinstance(one, ast.AST):
            for name, value in ast.iter_fields(one):
                self.check(value, getattr(other, name), f"{place} > {type(one).__name__}.{name}")
        elif isinstance(one, list):
            assert len(one) == len(other), f"{place}: {ast.dump(ast.Module(one, []))[:2000]}"
            for number, (value, twin) in enumerate(zip(one, other, strict=True)):
                self.check(value, twin, f"{place}[{number}]")
        elif isinstance(one, str) and one != other:
            # A name made of a text of the contract, and always the same one.
            assert "plain" in other.lower(), f"{place}: {one}"
            assert all(part.isidentifier() for part in one.split(".") if part), f"{place}: {one}"
            assert self.renamed.setdefault(one, other) == other, f"{place}: {one}"
        else:
            assert one == other, place


def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def test_hostile_texts_change_no_code_but_the_contents_of_strings_and_the_spelling_of_names(
    hostile: Path, twin: Path
) -> None:
    ours, theirs = Source(hostile=True), Source(hostile=False)
    comparison = Comparison()

    for one, other in zip(modules_of(hostile, ours), modules_of(twin, theirs), strict=True):
        comparison.check(tree(one), tree(other), one.name)

    assert len(set(comparison.renamed.values())) == len(comparison.renamed)
    assert len(comparison.renamed) > 2 * len(NAMES), "the names of the hostile contract have not come out"


# What the templates call and import, whatever the contract: in the twin, whose names are known.
CALLS = """
    HTTPStatus Plain.from_dict Response _MEMBERS.issuperset _attrs_define _attrs_field _build_response
    _get_kwargs _parse_response any asyncio_detailed body.to_dict client.get_async_httpx_client
    client.get_async_httpx_client().request client.get_httpx_client client.get_httpx_client().request
    cls.__new__ constant d.get d.items frozenset int_enum isinstance list list_of one_of params.items quote
    read_member read_object response.json self.additional_properties.keys str str.__new__ str.format str_enum
    sync_detailed type write core_schema json_schema object.__dir__ shown
"""
IMPORTS = """
    __future__ attrs collections.abc datetime enum http httpx typing urllib.parse
    ...client ...models.plain ...types ..models.plain_closed ..models.plain_kind ..models.plain_number ..types
    .client .plain .plain_closed .plain_kind .plain_number
"""
# What every package has, whatever the contract is.
RUNTIME = ("client.py", "errors.py", "types.py")


def test_the_code_calls_and_imports_only_what_the_templates_do(twin: Path) -> None:
    calls: set[str] = set()
    imports: set[str] = set()
    for module in modules_of(twin, Source(hostile=False)):
        for node in ast.walk(tree(module)) if module.name not in RUNTIME else ():
            if isinstance(node, ast.Call):
                of_text = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant)
                calls.add("str.format" if of_text else ast.unparse(node.func))
            elif isinstance(node, ast.Import):
                imports.update(each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                imports.add("." * node.level + (node.module or ""))

    assert calls == {*CALLS.split()}
    assert imports == {*IMPORTS.split()}


@pytest.mark.parametrize("name", RUNTIME)
def test_what_every_package_has_is_the_same_whatever_the_contract_is(hostile: Path, name: str) -> None:
    assert (hostile / name).read_bytes() == (ROOT / "generated" / "imprint_api" / name).read_bytes()


# --- What it does -----------------------------------------------------------------------------------------------------

IMPORT_ALL = """
import importlib, json, os, pathlib, sys
# What the package may import is here before the watch begins.
import attr, attrs, dateutil.parser, datetime, enum, http, httpx, typing, urllib.parse, uuid

package = pathlib.Path(sys.argv[1])
modules = [["imprint_api", *path.relative_to(package).with_suffix("").parts] for path in sorted(package.rglob("*.py"))]
done = []

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        harmless = pathlib.Path(path).is_relative_to(package) and not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    elif event in ("compile", "exec"):
        name = arguments[0].co_filename if event == "exec" else str(arguments[1])
        # attrs writes the methods of its classes.
        harmless = name.startswith(str(package)) or sys._getframe(1).f_code.co_filename == attr._make.__file__
    elif event == "import":
        harmless = f"{arguments[0]}.".startswith("imprint_api.") or arguments[0] in sys.modules
    elif event in ("os.listdir", "os.scandir"):
        harmless = pathlib.Path(arguments[0]).is_relative_to(package.parent)
    else:
        # What attrs and the machinery of imports do: they read modules and look at classes.
        harmless = event in ("marshal.loads", "object.__getattr__", "object.__setattr__", "sys._getframe")
    if not harmless:
        done.append(repr((event, arguments)))

sys.path.insert(0, str(package.parent))
sys.addaudithook(watch)
for module in modules:
    importlib.import_module(".".join(module))
print(json.dumps({"done": done.copy(), "imported": sum(name.startswith("imprint_api") for name in sys.modules)}))
"""


def in_a_process(program: str, package: Path, folder: Path) -> Any:
    """Run a program on the package, in a folder where a canary would be seen; return the JSON it prints."""
    # -I: this environment has an imprint_api of its own. -B: what is imported writes nothing beside itself. An escape
    # that Python does not know is a warning of the one kind or, later, of the other.
    strict = ["-W", "error::DeprecationWarning", "-W", "error::SyntaxWarning"]
    command = [sys.executable, "-I", "-B", *strict, "-c", program, str(package)]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    return json.loads(run.stdout)


def test_importing_the_code_does_nothing_else(hostile: Path, tmp_path: Path) -> None:
    told = in_a_process(IMPORT_ALL, hostile, tmp_path)

    assert told["done"] == []
    assert told["imported"] >= len([*hostile.rglob("*.py")])
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "attack", [CODE, "open('x', 'w')", "eval('1')", "__import__('socket').socket()", "__import__('os').system('true')"]
)
def test_an_attack_that_succeeded_would_be_seen(hostile: Path, tmp_path: Path, attack: str) -> None:
    package = shutil.copytree(hostile, tmp_path / "imprint_api")
    with (package / "errors.py").open("a", encoding="utf-8") as module:
        module.write(f"\n{attack}\n")

    assert in_a_process(IMPORT_ALL, package, tmp_path)["done"] != []


def test_nothing_ran_while_the_code_was_made(hostile: Path) -> None:
    assert not [*hostile.parents[1].rglob(CANARY)]


USE_ALL = """
import importlib, inspect, json, pathlib, sys
package = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(package.parent))
import imprint_api.models as models

contract = json.loads((package / "openapi.json").read_text(encoding="utf-8"))
schemas = contract["components"]["schemas"]
EXAMPLES = {"date-time": "2026-01-02T03:04:05+00:00"}

def value_of(schema):
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        return {name: value_of(each) for name, each in schema["properties"].items()}
    for choice in ("const", "default"):
        if choice in schema:
            return schema[choice]
    if "enum" in schema:
        return schema["enum"][-1]
    kind = schema["type"]
    return ["a"] if kind == "array" else EXAMPLES.get(schema.get("format"), "text")

told = {"documents": {}, "requests": [], "enum": [str(each) for each in models.PlainKind]}
for name in ("Plain", "PlainClosed"):
    sent = value_of(schemas[name])
    read = getattr(models, name).from_dict(sent)
    told["documents"][name] = [sent, read.to_dict(), sorted(getattr(read, "additional_properties", {}))]
for module in sorted((package / "api").glob("*/*.py")):
    if module.name != "__init__.py":
        module = importlib.import_module(f"imprint_api.api.{module.parent.name}.{module.stem}")
        parameters = inspect.signature(module._get_kwargs).parameters
        given = {name: "text" for name in parameters if name != "body"}
        if "body" in parameters:
            given["body"] = models.Plain()
        told["requests"].append({**module._get_kwargs(**given), "json": None})
print(json.dumps(told))
"""


def test_hostile_texts_survive_as_the_texts_they_are(hostile: Path, tmp_path: Path) -> None:
    document = contract(Source(hostile=True))

    told = in_a_process(USE_ALL, hostile, tmp_path)

    for sent, read, unlisted in told["documents"].values():
        assert (read, unlisted) == (sent, [])
    assert sorted(told["enum"]) == sorted(document["components"]["schemas"]["PlainKind"]["enum"])
    wanted = [
        (path.replace("{plain_id}", "text"), {kind: names(operation, kind) for kind in ("query", "header")})
        for path, item in document["paths"].items()
        for operation in [item.get("post") or item["get"]]
    ]
    sent = [(each["url"], {"query": {*each["params"]}, "header": {*each["headers"]}}) for each in told["requests"]]
    for each in sent:
        each[1]["header"].discard("Content-Type")
    assert sorted(map(repr_of, sent)) == sorted(map(repr_of, wanted))
    assert [*tmp_path.iterdir()] == []


def names(operation: dict[str, Any], place: str) -> set[str]:
    return {each["name"] for each in operation["parameters"] if each["in"] == place}


def repr_of(request: tuple[str, dict[str, set[str]]]) -> str:
    return repr((request[0], {kind: sorted(each) for kind, each in request[1].items()}))


# --- What is refused --------------------------------------------------------------------------------------------------


def small(path: str = "/plain", **operation: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Plain", "version": "1"},
        "paths": {path: {"get": {"operationId": "get", "responses": {"200": {"description": "Plain"}}, **operation}}},
    }


def with_parameter(name: str, place: str = "query", **members: Any) -> dict[str, Any]:
    given = {"name": name, "in": place, "required": place == "path", "schema": {"type": "string", **members}}
    return {"parameters": [given]}


def with_schema(**schema: Any) -> dict[str, Any]:
    return small() | {"components": {"schemas": {"Plain": {"type": "object", **schema}}}}


def with_member(member: str = "a", /, **schema: Any) -> dict[str, Any]:
    return with_schema(properties={member: schema})


IDS = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        # It would be read from here, and from the net, by the validator, the generator and the sandbox.
        (with_member(**{"$ref": "file:///etc/passwd"}), "refers to another document: 'file:///etc/passwd'"),
        (with_member(**{"$ref": "https://example.com/#/a"}), "refers to another document: 'https://example.com/#/a'"),
        (with_member(**{"$ref": "other.yaml#/a"}), "refers to another document: 'other.yaml#/a'"),
        (with_schema(example={"$ref": "file:///etc/passwd"}), "refers to another document"),
        (with_member(**{"$dynamicRef": "//example.com"}), "refers to another document"),
        (with_schema(**{"$id": "https://example.com"}), "refers to another document"),
        (with_schema(**{"$schema": "https://example.com"}), "refers to another document"),
        (small("/{id}/{id:>999999999}", **IDS), "has braces that name no parameter"),
        (small("/{id}/{id.__class__}", **IDS), "has braces that name no parameter"),
        (small("/{id}/{id!r}", **IDS), "has braces that name no parameter"),
        (small("/{id}/{{7*7}}", **IDS), "has braces that name no parameter"),
        (small("/{"), "has braces that name no parameter"),
        (small("/{% raw %}"), "has braces that name no parameter"),
        (small("/a\nb"), "would alter the path '/a\\nb'"),
        (small("/a\u2028b"), "would alter the path '/a\\u2028b'"),
        (small(**with_parameter("a\0b")), "would alter the name 'a\\x00b'"),
        (small(**with_parameter("a\u202eb", "header")), "would alter the name 'a\\u202eb'"),
        (small(requestBody={"content": {"a/b; c=\n": {}}}), "would alter the name 'a/b; c=\\n'"),
        (small(**with_parameter("a", default='"')), "which the generator escapes twice"),
        (with_member(type="string", default="\\"), "which the generator escapes twice"),
        (with_member(const='"+"'), "which the generator escapes twice"),
        (with_member(type="string", enum=["a\nb"]), "dropped or altered the enum"),
        (with_member(type="string", description="\ud800"), "holds what JSON cannot"),
        # One name in Python, two in the contract.
        (small(**with_parameter("client\uff41")), None),
        (small(**with_parameter("\uff43lient")), "is not Python: duplicate argument 'client'"),
        (with_schema(properties={"\ufb01": {"type": "string"}, "fi": {"type": "string"}}), "has fi twice"),
        (with_member("\uff54o_dict", type="string"), "has to_dict twice"),
        (with_member("to_dict", type="string"), "has the name of a method"),
        (with_member("from_dict", type="string"), "has the name of a method"),
        (with_member("additional_properties", type="string"), "has the name of a method"),
        (with_schema(title=f"A\n{CODE}"), "dropped the schema Plain"),
        (small() | {"components": {"schemas": {f"A; {CODE}": {"type": "object"}}}}, "is not OpenAPI 3.1"),
        (small() | {"components": {"securitySchemes": {'"': {"type": "http", "scheme": "basic"}}}}, "not OpenAPI 3.1"),
        (
            with_schema(properties={"a": {"type": "integer", "enum": [1], "x-enum-varnames": [f"1 = {CODE}"]}}),
            "openapi-python-client cannot do this contract: ruff failed",
        ),
        (with_member(type="number", default=f"float({CODE})"), "is not of type 'number'"),
        (with_member(**{"$ref": "\x1b]0;title\x07"}), "'\\x1b]0;title\\x07'"),
    ],
)
def test_what_cannot_be_represented_is_refused_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    document: dict[str, Any],
    said: str | None,
) -> None:
    root = root_of(tmp_path / "root", document)
    before = {path.relative_to(root) for path in root.rglob("*")}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["generate", "--root", str(root)])

    status = main()

    printed = capsys.readouterr().err
    if said is None:  # the harmless neighbour of what is refused
        assert (status, printed) == (0, "")
        return
    assert status == 1
    assert printed.startswith("generate: ")
    assert said in printed
    assert printed.count("\n") == 1
    assert printed.rstrip("\n").isprintable()
    assert {path.relative_to(root) for path in root.rglob("*")} == before
    assert [path.name for path in tmp_path.iterdir()] == ["root"]
