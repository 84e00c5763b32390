"""Regenerate `generated/imprint_api` from the contract, or check that it is what regeneration gives.

openapi.yaml -> overlay -> corrected contract -> validated -> generator -> verified -> `generated/imprint_api`.
Everything happens in a temporary folder; `generated/` is exchanged only after the last step, so a failed run leaves it
as it was.
"""

import argparse
import ast
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tools import naming
from tools.overlay import OverlayError, apply_overlay

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("generated/imprint_api")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# What may fetch another document: whoever reads the contract after us would follow it, to a file here or into the net.
REFERENCES = ("$ref", "$dynamicRef", "$id", "$schema")
PLACEHOLDER = re.compile(r"\{[a-zA-Z_-][a-zA-Z0-9_-]*\}")


class GenerateError(Exception):
    """Regeneration cannot be done; the message is one line that says why."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail, with a diff, if regeneration would")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    root: Path = arguments.root
    try:
        with tempfile.TemporaryDirectory() as folder:
            fresh = generate(root, Path(folder))
            if arguments.check:
                return report_differences(root / PACKAGE, fresh)
            exchange(root / PACKAGE, fresh)
    except (GenerateError, OSError) as error:
        print(f"generate: {printable(one_line(str(error)))}", file=sys.stderr)
        return 1
    return 0


def generate(root: Path, folder: Path) -> Path:
    """Generate the package of the contract in `root` into a new folder inside `folder`; return that folder."""
    contract = corrected_contract(root)
    source = folder / "openapi.json"
    source.write_text(json.dumps(contract, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    package = folder / "imprint_api"
    overrides = class_overrides(root)
    run_generator(source, package, root)
    verify_complete(contract, package, overrides)
    verify_code(package)
    for module in package.rglob("*.py"):
        module.write_text(marker() + module.read_text(encoding="utf-8"), encoding="utf-8")
    shutil.copy(source, package / "openapi.json")
    (package / "py.typed").touch()
    return package


def marker() -> str:
    return (
        "# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client "
        f"{version('openapi-python-client')}, with `make generate`.\n"
        "# Do not edit: the next run would undo it, and `make check-generated` refuses it.\n\n"
    )


# --- The contract -----------------------------------------------------------------------------------------------------


def corrected_contract(root: Path) -> dict[str, Any]:
    """The contract of `root` with its overlay applied, valid OpenAPI."""
    contract = load_yaml(root / "openapi.yaml")
    if not isinstance(contract, dict) or not str(contract.get("openapi", "")).startswith("3.1."):
        raise GenerateError("openapi.yaml is not an OpenAPI 3.1 document")
    try:
        corrected = apply_overlay(contract, load_yaml(root / "openapi.overlay.yaml"))
    except OverlayError as error:
        raise GenerateError(f"openapi.overlay.yaml: {one_line(str(error))}") from None
    refuse_other_documents(corrected)
    refuse_altered_names(corrected)
    validate(corrected)
    return corrected


def load_yaml(path: Path) -> Any:
    """Read YAML as the JSON it stands for: a timestamp is a string, every key is one too."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)
    try:
        text = json.dumps(yaml.load(path.read_text(encoding="utf-8")), allow_nan=False, ensure_ascii=False)
        return json.loads(text.encode())  # half a surrogate pair is no text
    except YAMLError as error:
        raise GenerateError(f"{path.name} is not YAML: {one_line(str(error))}") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise GenerateError(f"{path.name} holds what JSON cannot: {one_line(str(error))}") from None


def refuse_other_documents(node: Any) -> None:
    """In examples too: what reads the contract does not ask where a reference stands."""
    if isinstance(node, dict):
        for key in REFERENCES:
            if isinstance(node.get(key), str) and not node[key].startswith("#"):
                raise GenerateError(f"the corrected contract refers to another document: {node[key]!r}")
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        refuse_other_documents(inner)


def refuse_altered_names(contract: dict[str, Any]) -> None:
    """The generator drops what does not print from names, in silence: others would go over the wire."""
    paths = contract.get("paths")
    for path in paths if isinstance(paths, dict) else ():
        if not naming.is_kept(path):
            raise GenerateError(f"the generator would alter the path {path!r}")
        # The generated code calls str.format on it, whose braces can do more than name a parameter.
        if set("{}") & set(PLACEHOLDER.sub("", path)):
            raise GenerateError(f"the path {path!r} has braces that name no parameter")
    for place, node in walk(contract):
        content = node.get("content")
        names = [*content] if isinstance(content, dict) else []
        if isinstance(node.get("name"), str) and "in" in node:
            names.append(node["name"])
        for name in names:
            if not naming.is_kept(name):
                raise GenerateError(f"the generator would alter the name {name!r} at {place}")


def validate(contract: dict[str, Any]) -> None:
    """Refuse what is not OpenAPI 3.1, and what the generator would pass over in silence."""
    try:
        error = next(OpenAPIV31SpecValidator(contract).iter_errors(), None)
    except Exception as failure:  # noqa: BLE001 - whatever a validator raises of somebody else's document
        raise GenerateError(f"the corrected contract cannot be validated: {one_line(str(failure))[:200]}") from None
    if error is not None:
        where = "/".join(map(str, error.absolute_path)) or "its root"
        raise GenerateError(f"the corrected contract is not OpenAPI 3.1, at {where}: {one_line(error.message)[:200]}")
    for path, node in walk(contract):
        if node.get("nullable") is True:
            raise GenerateError(f"the corrected contract says `nullable` at {path}, which OpenAPI 3.1 ignores")
        if {"in", "name"} <= node.keys() and not {"schema", "type"} & node.keys():  # with a type: a security scheme
            raise GenerateError(f"the parameter at {path} has no schema, and the generator drops such a one")
        for key in ("default", "const"):
            if isinstance(node.get(key), str) and set(node[key]) & set('\\"'):
                raise GenerateError(f"the {key} at {path} has a quote or backslash, which the generator escapes twice")


# What these words hold is data, in which a contract's words mean nothing; what those hold has names for keys.
DATA = ("example", "examples", "default", "enum", "const", "required")
NAMED = ("properties", "schemas", "parameters", "responses", "requestBodies", "headers", "paths", "content", "$defs")


def walk(node: Any, path: str = "#", *, named: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a contract that is no data, with its place; `named`: its keys are names, not words."""
    if isinstance(node, dict):
        if not named:
            yield path, node
        for key, value in node.items():
            if named or key not in DATA:
                yield from walk(value, f"{path}/{key}", named=key in NAMED and not named)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{path}/{index}")


# --- The generator ----------------------------------------------------------------------------------------------------


def class_overrides(root: Path) -> dict[str, str]:
    """The configured class names, by the names that they replace; an option that means nothing is refused."""
    config = load_yaml(root / "generator-config.yaml")
    try:
        return naming.class_overrides(config)
    except ValueError as error:
        raise GenerateError(
            f"generator-config.yaml is no configuration of the generator: {one_line(str(error))}"
        ) from None


def run_generator(source: Path, package: Path, root: Path) -> None:
    templates = root / "generator-templates"
    if not templates.is_dir():
        raise GenerateError(f"{templates.name} is missing")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(source), "--meta", "none"]
    command += ["--output-path", str(package), "--fail-on-warning", "--config", str(root / "generator-config.yaml")]
    command += ["--custom-template-path", str(templates)]
    # The post hooks call ruff by name: the one beside this interpreter.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "COLUMNS": "10000"}
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if run.returncode != 0:
        raise GenerateError(f"openapi-python-client cannot do this contract: {what_it_said(run.stderr)}")


def what_it_said(text: str) -> str:
    """The generator's complaint in one line: without its farewell and its dumps; of a traceback the last line."""
    text = re.sub(r"^\{$.*?^\}$", "", text, flags=re.M | re.S)
    text = re.sub(r"<\S+ object at 0x\w+>", "...", text)
    lines = [line.strip(" │╭╰─╮╯") for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("If you believe", "Error(s)", "Warning(s)"))]
    if any(line.startswith("Traceback") for line in lines):
        return lines[-1]
    return one_line(" ".join(lines)) or "it gave no reason"


def one_line(text: str) -> str:
    return " ".join(text.split())


def printable(text: str) -> str:
    """The contract may be quoted: nothing in it shall command the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


# --- What came out ----------------------------------------------------------------------------------------------------


def verify_code(package: Path) -> None:
    """Names that differ in the contract can be one name in Python (so can `ﬁ` and `fi`), or one of the template's."""
    for module in sorted(package.rglob("*.py")):
        name, source = module.relative_to(package).as_posix(), module.read_text(encoding="utf-8")
        try:
            compile(source, name, "exec", dont_inherit=True)  # ast.parse would let a parameter be there twice
        except (SyntaxError, ValueError) as error:
            raise GenerateError(f"the generator wrote {name}, which is not Python: {error}") from None
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef):
                names = [name for statement in node.body for name in bound_names(statement)]
                for twice in (name for name in names if names.count(name) > 1):
                    raise GenerateError(f"the generator wrote {name}, whose class {node.name} has {twice} twice")


def bound_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def verify_complete(contract: dict[str, Any], package: Path, overrides: dict[str, str]) -> None:
    """Every operation, object schema and enum must have come out: the generator drops what it cannot do."""
    verify_operations(contract, package)
    classes = classes_of(package / "models")
    for key, schema in contract.get("components", {}).get("schemas", {}).items():
        if is_object(schema) and naming.class_name(key, overrides) not in classes:
            raise GenerateError(f"the generator dropped the schema {key}: no class {naming.class_name(key, overrides)}")
    enums = [values for values in classes.values() if values]
    for place, node in walk(contract):
        values = {value for value in node.get("enum", []) if value is not None}
        if values and values not in enums:
            raise GenerateError(f"the generator dropped or altered the enum at {place}: {sorted(map(str, values))}")
        for name in node.get("properties", {}):
            if naming.member(name) in naming.TAKEN:
                raise GenerateError(f"the property {name} at {place} has the name of a method of every model")


def verify_operations(contract: dict[str, Any], package: Path) -> None:
    modules: dict[Path, str] = {}
    for path, item in contract.get("paths", {}).items():
        for method in (method for method in METHODS if method in item):
            name, operation = f"{method.upper()} {path}", item[method]
            if "operationId" not in operation:
                raise GenerateError(f"{name} has no operationId, from which its function is named")
            module = naming.module_of(operation)
            if module in modules:
                raise GenerateError(f"{name} and {modules[module]} would both be api/{module}")
            modules[module] = name
            if not (package / "api" / module).is_file():
                raise GenerateError(f"the generator dropped {name}: no api/{module}")


def is_object(schema: dict[str, Any]) -> bool:
    """Whether a schema makes a class of its own: an object, but no alias (one reference alone, however wrapped)."""
    parts = [*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", [])]
    if "$ref" in schema or (len(parts) == 1 and "$ref" in parts[0]):
        return False
    return schema.get("type") == "object" or "properties" in schema or len(schema.get("allOf", [])) > 1


def classes_of(models: Path) -> dict[str, set[object]]:
    """The generated classes by name, each with the values that it has if it is an enum. Read, never imported."""
    classes: dict[str, set[object]] = {}
    for module in models.glob("*.py"):
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                is_enum = any(isinstance(base, ast.Name) and base.id.endswith("Enum") for base in node.bases)
                assigned = [statement.value for statement in node.body if isinstance(statement, ast.Assign)]
                classes[node.name] = {ast.literal_eval(value) for value in assigned} if is_enum else set()
    return classes


# --- The working tree -------------------------------------------------------------------------------------------------


def exchange(package: Path, fresh: Path) -> None:
    """Put `fresh` in the place of `package`, by renaming: at no moment is half of it there."""
    package.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=package.parent, prefix=".") as folder:
        shutil.copytree(fresh, Path(folder) / "new")
        if package.exists():
            package.rename(Path(folder) / "old")
        (Path(folder) / "new").rename(package)


def is_generated(root: Path, fresh: Path) -> bool:
    """Whether the package in `root` is, byte for byte, the one that was generated just now."""
    package = root / PACKAGE
    return not any(difference(name, package / name, fresh / name) for name in files_of(package) | files_of(fresh))


def report_differences(package: Path, fresh: Path) -> int:
    names = sorted(files_of(package) | files_of(fresh))
    differences = [line for name in names for line in difference(name, package / name, fresh / name)]
    if differences:
        print(*differences, sep="\n")
        print(
            f"\n{PACKAGE} is not what `make generate` gives. Run `make generate`; never edit it by hand.",
            file=sys.stderr,
        )
    return 1 if differences else 0


def files_of(package: Path) -> set[Path]:
    found = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(package) for path in found}


def difference(name: Path, ours: Path, fresh: Path) -> list[str]:
    old, new = (path.read_bytes() if path.is_file() else None for path in (ours, fresh))
    if old == new:
        return []
    if old is None or new is None:
        return [f"{PACKAGE / name} {'is missing' if old is None else 'is not generated'}"]
    before, after = (text.decode("utf-8", "backslashreplace").splitlines() for text in (old, new))
    lines = difflib.unified_diff(
        before, after, f"{PACKAGE / name} as it is", f"{PACKAGE / name} regenerated", lineterm=""
    )
    return list(lines) or [f"{PACKAGE / name} has other line ends"]


if __name__ == "__main__":
    sys.exit(main())
