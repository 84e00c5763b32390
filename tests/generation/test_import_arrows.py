"""Which way things point: the client on the generated code, the sandbox on the contract alone, nobody on the tools."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .support import ROOT

FOLDERS = {
    "imprint_api": ROOT / "generated" / "imprint_api",
    "imprint_client": ROOT / "overrides" / "imprint_client",
    "imprint_sandbox": ROOT / "sandbox" / "imprint_sandbox",
    "imprint_bulk": ROOT / "bulk" / "imprint_bulk",
}
OURS = {*FOLDERS, "tools", "tests", "benchmarks"}
MAY_IMPORT_OF_OURS: dict[str, set[str]] = {
    "imprint_api": set(),
    "imprint_client": {"imprint_api"},
    "imprint_sandbox": set(),
    "imprint_bulk": {"imprint_client"},
}
# Its fixtures make clients. They import them late: test_sandbox_plugin.py proves that a server runs without.
MAY_ALSO_IMPORT = {"sandbox/imprint_sandbox/pytest_plugin.py": {"imprint_client", "httpx"}}
# What pyproject.toml declares: the client's three, and the extras. Its pytest plugin is imported by pytest. What is
# imported from typing_extensions is for type checkers alone, which bring it along; httpx2 is for those who bring it.
MAY_IMPORT_OF_OTHERS = {
    "imprint_api": {"attrs", "httpx", "dateutil", "typing_extensions"},
    "imprint_client": {"httpx", "httpx2", "attrs", "orjson"},
    "imprint_sandbox": {"jsonschema_rs", "starlette", "uvicorn", "pytest"},
    "imprint_bulk": {"attrs", "typer", "rich", "pyarrow", "procrastinate", "psycopg", "psycopg_pool"},
}


def imported_by(source: str) -> Iterator[str]:
    """The top-level name of each module that some source imports, wherever in it, its own package left out."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield module.partition(".")[0]
            case ast.Call(func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"), args=[name, *_]):
                # A name made at run time could be anything: it is given as it is written, and allowed to nobody.
                constant = isinstance(name, ast.Constant) and isinstance(name.value, str)
                yield str(ast.literal_eval(name)).partition(".")[0] if constant else ast.unparse(name)
            case _:
                pass


def imports(folder: Path) -> dict[str, set[str]]:
    modules = sorted(folder.rglob("*.py"))
    names = {module.relative_to(ROOT).as_posix(): set(imported_by(module.read_text("utf-8"))) for module in modules}
    return {name: found - MAY_ALSO_IMPORT.get(name, set()) for name, found in names.items()}


@pytest.mark.parametrize("package", FOLDERS)
def test_a_package_imports_none_of_ours_but_what_its_arrow_allows(package: str) -> None:
    modules = imports(FOLDERS[package])

    forbidden = {name: found & OURS - {package} - MAY_IMPORT_OF_OURS[package] for name, found in modules.items()}

    assert modules
    assert {name: found for name, found in forbidden.items() if found} == {}


@pytest.mark.parametrize("package", FOLDERS)
def test_a_package_imports_none_of_others_but_what_is_declared(package: str) -> None:
    known = set(sys.stdlib_module_names) | OURS | MAY_IMPORT_OF_OTHERS[package]

    undeclared = {name: found - known for name, found in imports(FOLDERS[package]).items()}

    assert {name: found for name, found in undeclared.items() if found} == {}


def test_only_tools_and_tests_import_tools() -> None:
    others = ("tools", "tests")
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in others and path.name[0] != "."]
    modules = {name: found for folder in folders for name, found in imports(folder).items()}

    assert {name for name, found in modules.items() if "tools" in found} == set()
    assert len(modules) > 30


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import imprint_api.models as m, json", {"imprint_api", "json"}),
        ("from imprint_api.models import Order", {"imprint_api"}),
        ("def late():\n    from imprint_api import Client", {"imprint_api"}),
        ("from . import models\nfrom .imprint_api import x", set()),
        ("importlib.import_module('imprint_api.models')", {"imprint_api"}),
        ("__import__('tools')", {"tools"}),
        ("import_module = importlib.import_module(name)", {"name"}),
        ("from __future__ import annotations", {"__future__"}),
    ],
)
def test_every_form_of_import_is_seen(source: str, names: set[str]) -> None:
    assert set(imported_by(source)) == names
