"""What these tests share: the repository's inputs, copies of them to spoil, and a look at trees of files."""

import importlib
import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "tests" / "published"
PACKAGE = Path("generated/imprint_api")
INPUTS = ("openapi.yaml", "openapi.overlay.yaml", "generator-config.yaml", "generator-templates")

# An overlay without an action would do; this is one that fits every document with an `info`.
FITTING_OVERLAY = """
overlay: 1.0.0
info: {title: Corrections, version: "1"}
actions:
  - target: $.info
    description: Any contract has this object.
    update: {x-corrected: true}
"""


def copy_of_inputs(folder: Path) -> Path:
    """A repository root with everything that generation reads, and an old package that tells whether it was touched."""
    root = folder / "root"
    for name in INPUTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name)
        else:
            root.mkdir(exist_ok=True)
            shutil.copy(source, root / name)
    (root / PACKAGE / "models").mkdir(parents=True)
    (root / PACKAGE / "__init__.py").write_text("# what was generated before\n")
    (root / PACKAGE / "models" / "old.py").write_text("# a model that the contract once had\n")
    return root


def root_of(folder: Path, contract: Any) -> Path:
    """A repository root for another contract: an object, or the text of its file."""
    root = copy_of_inputs(folder)
    (root / "openapi.yaml").write_text(contract if isinstance(contract, str) else json.dumps(contract))
    (root / "openapi.overlay.yaml").write_text(FITTING_OVERLAY)
    return root


def contract_of(schemas: dict[str, Any], **operation: Any) -> dict[str, Any]:
    """A small contract whose one operation answers with the first of `schemas`."""
    answer = {"application/json": {"schema": {"$ref": f"#/components/schemas/{next(iter(schemas))}"}}}
    get = {"operationId": "getThing", "responses": {"200": {"description": "Found", "content": answer}}, **operation}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"get": get}},
        "components": {"schemas": schemas},
    }


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every path below `folder`: the bytes of a file, None for a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


def import_package(folder: Path, name: str) -> Any:
    """Import a generated package under a name of its own, so that it stands beside the installed imprint_api."""
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    for module in folder.rglob("*.py"):
        importlib.import_module(".".join([name, *module.relative_to(folder).with_suffix("").parts]))
    return package


def nodes(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a JSON document with its JSON pointer, the document itself first."""
    yield pointer, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from nodes(inner, f"{pointer}/{escaped(key)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nodes(inner, f"{pointer}/{index}")


def escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def validator(contract: dict[str, Any], pointer: str) -> jsonschema_rs.Validator:
    """A validator for the schema at `pointer`, its references resolved in the contract."""
    return jsonschema_rs.Draft202012Validator({**contract, "$ref": f"#{quote(pointer)}"}, validate_formats=True)
