"""Bad input to `make generate` ends in one line that says what is wrong, and the old package stays as it was."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.generate import load_yaml, main

from .support import FITTING_OVERLAY, ROOT, contract_of, root_of, tree

THING: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
THINGS = contract_of({"Thing": THING})
ANSWER = {"200": {"description": "Found"}}
JSON_TEXT = {"application/json": {"schema": {"type": "string"}}}
NUMBER = {"type": "number"}
# The form in which amounts are published is written out; two patterns cannot be one.
UNMERGEABLE = {"allOf": [{"$ref": "#/components/schemas/Amount"}, {"pattern": "a"}, {"pattern": "b"}]}


def with_path(**operation: Any) -> dict[str, Any]:
    return THINGS | {"paths": THINGS["paths"] | {"/others": {"get": {"responses": ANSWER, **operation}}}}


def with_property(**schema: Any) -> dict[str, Any]:
    return contract_of({"Thing": {"type": "object", "properties": {"a": schema}}})


def failure(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the tool on `root`, which must fail and touch nothing; return what it says."""
    before = tree(root)
    monkeypatch.setattr(sys, "argv", ["generate", "--root", str(root)])

    status = main()

    printed = capsys.readouterr()
    assert status == 1
    assert tree(root) == before
    assert printed.out == ""
    assert printed.err.startswith("generate: ")
    assert printed.err.count("\n") == 1
    assert not re.search(r"Traceback|object at 0x", printed.err)
    return printed.err


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        ("paths: [\n", ["openapi.yaml is not YAML", "line 2"]),
        ("openapi: 3.1.0\nopenapi: 3.1.0\n", ["openapi.yaml is not YAML", 'duplicate key "openapi"']),
        ("openapi: 3.1.0\nx: .nan\n", ["openapi.yaml holds what JSON cannot"]),
        ("openapi: 3.1.0\nx: &x [*x]\n", ["openapi.yaml holds what JSON cannot", "Circular"]),
        ("", ["openapi.yaml is not an OpenAPI 3.1 document"]),
        ("- openapi\n", ["openapi.yaml is not an OpenAPI 3.1 document"]),
        ("title: A recipe\n", ["openapi.yaml is not an OpenAPI 3.1 document"]),
        (THINGS | {"openapi": "3.0.3"}, ["openapi.yaml is not an OpenAPI 3.1 document"]),
        (THINGS | {"paths": []}, ["the corrected contract is not OpenAPI 3.1, at paths", "object"]),
        (
            with_path(operationId="getThing"),
            ["the corrected contract is not OpenAPI 3.1", "'getThing' for 'get' in '/others' is not unique"],
        ),
        (
            with_property(**{"$ref": "#/components/schemas/Nowhere"}),
            ["the corrected contract cannot be validated: ", "/components/schemas/Nowhere"],
        ),
        (
            with_path(operationId="getOther", parameters=[{"name": "x", "in": "query", "content": JSON_TEXT}]),
            ["the parameter at #/paths//others/get/parameters/0 has no schema"],
        ),
        (
            with_property(type="string", default='say "x"'),
            ["the default at #/components/schemas/Thing/properties/a has a quote"],
        ),
        # From here on it is the generator, or a look at what it made, that refuses.
        (with_path(), ["GET /others has no operationId"]),
        (with_path(operationId="get_thing"), ["GET /others and GET /things would both be api/default/get_thing.py"]),
        (
            contract_of({"Thing": {"type": "object", "properties": {"toDict": {"type": "string"}}}}),
            ["the property toDict at #/components/schemas/Thing has the name of a method"],
        ),
        (
            with_property(type="string", format="binary"),
            ["the code cannot hold the binary string at #/components/schemas/Thing/properties/a"],
        ),
        (
            contract_of({"Thing": {"type": "object", "properties": {"total": UNMERGEABLE}}, "Amount": NUMBER}),
            ["the parts of the allOf at #/components/schemas/Thing/properties/total are no objects"],
        ),
        (
            with_path(operationId="getOther", responses={"200": ANSWER["200"] | {"content": {"application/xml": {}}}}),
            ["the code cannot read application/xml at #/paths//others/get/responses/200/content/application/xml"],
        ),
        (
            with_path(operationId="getOther", parameters=[{"name": "x", "in": "header", "schema": THING}]),
            ["the parameter at #/paths//others/get/parameters/0 is object, which the code cannot write into a header"],
        ),
        (
            with_property(type="string", enum=["a-b", "a_b"]),
            ["openapi-python-client cannot do this contract: ", "Duplicate key A_B in enum"],
        ),
        (with_property(type="boolean", enum=[True]), ["the enum at #/components/schemas/Thing/properties/a has other"]),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_contract_that_cannot_be_generated_from_is_refused_in_one_line(
    contract: dict[str, Any] | str,
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = root_of(tmp_path, contract)

    line = failure(root, monkeypatch, capsys)

    assert [words for words in said if words not in line] == []


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        ("actions: [\n", ["openapi.overlay.yaml is not YAML"]),
        ("", ["openapi.overlay.yaml: not an OpenAPI Overlay 1.0.0 document"]),
        (FITTING_OVERLAY.replace("1.0.0", "1.1.0"), ["openapi.overlay.yaml: not an OpenAPI Overlay 1.0.0 document"]),
        (FITTING_OVERLAY.replace("$.info", "$.inf"), ["openapi.overlay.yaml: action 1 ($.inf): matches nothing"]),
        (FITTING_OVERLAY.replace("$.info", "$.info["), ["openapi.overlay.yaml: action 1 ($.info[): not a JSONPath"]),
        (FITTING_OVERLAY.replace("$.info", "$[?nosuch(@)]"), ["action 1 ($[?nosuch(@)]): not a JSONPath"]),
        (FITTING_OVERLAY.replace("{x-corrected: true}", "[]"), ["action 1 ($.info): cannot merge a list"]),
        (
            FITTING_OVERLAY.replace("{x-corrected: true}", "{version: null}"),
            ["the corrected contract is not OpenAPI 3.1, at info/version"],
        ),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_an_overlay_that_cannot_be_applied_is_refused_in_one_line(
    overlay: str, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = root_of(tmp_path, THINGS)
    (root / "openapi.overlay.yaml").write_text(overlay)

    line = failure(root, monkeypatch, capsys)

    assert [words for words in said if words not in line] == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("openapi.yaml", None, "openapi.yaml"),
        ("openapi.yaml", b"openapi: \xff", "openapi.yaml"),
        ("openapi.overlay.yaml", None, "openapi.overlay.yaml"),
        ("generator-config.yaml", None, "generator-config.yaml"),
        ("generator-config.yaml", b"class_overrides: [\n", "generator-config.yaml is not YAML"),
        ("generator-config.yaml", b"class_overides: {}\n", "generator-config.yaml is no configuration"),
        ("generator-config.yaml", b"class_overrides: 3\n", "generator-config.yaml is no configuration"),
        ("generator-templates", None, "generator-templates is missing"),
        ("generator-templates/model.py.jinja", b"class {\n", "ruff failed"),
    ],
)
def test_a_file_that_is_missing_or_cannot_be_read_is_refused_in_one_line(
    name: str,
    content: bytes | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = root_of(tmp_path, THINGS)
    shutil.rmtree(root / name) if (root / name).is_dir() else (root / name).unlink()
    if content is not None:
        (root / name).write_bytes(content)

    assert said in failure(root, monkeypatch, capsys)


def test_the_contract_as_published_cannot_be_generated_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = root_of(tmp_path, (ROOT / "openapi.yaml").read_text())

    assert "the schema at #/components/schemas/OrdersResponse requires `orders`" in failure(root, monkeypatch, capsys)


def test_the_program_ends_with_status_1(tmp_path: Path) -> None:
    root = root_of(tmp_path, "title: A recipe\n")

    run = subprocess.run(
        [sys.executable, "-m", "tools.generate", "--root", str(root)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "generate: openapi.yaml is not an OpenAPI 3.1 document\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("at: 2025-02-13T19:08:07Z", {"at": "2025-02-13T19:08:07Z"}),
        ("on: 2025-02-13", {"on": "2025-02-13"}),
        ("200: {description: Found}", {"200": {"description": "Found"}}),
        ("state: [on, off, yes, no]", {"state": ["on", "off", "yes", "no"]}),
        ("postal_code: '02134'", {"postal_code": "02134"}),
        ("text: Größe", {"text": "Größe"}),
    ],
)
def test_yaml_is_read_as_the_json_it_stands_for(text: str, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(text, encoding="utf-8")

    assert load_yaml(path) == value
