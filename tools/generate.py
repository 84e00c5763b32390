"""Regenerate `generated/imprint_api` from the contract, or check that it is up to date.

openapi.yaml -> overlay -> corrected contract -> validated -> generator -> verified -> `generated/imprint_api`.
All steps run in a temporary folder. `generated/` is replaced only after the last one, so a failed run changes nothing.
"""

import argparse
import ast
import difflib
import json
import re
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tools import generator, naming
from tools.contract import all_schemas, media_types, operations, parameters, resolve, schemas
from tools.normalise import normalise
from tools.overlay import OverlayError, apply_overlay, without_actions
from tools.refusals import kinds_of, refusals
from tools.text import one_line, printable

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("generated/imprint_api")
OVERLAY = "openapi.overlay.yaml"
# Keywords that can make a later reader of the contract fetch another document, from a local file or the network.
REFERENCES = ("$ref", "$dynamicRef", "$id", "$schema")
# What Imprint calls amounts.
AMOUNT = re.compile(r"(^|_)amounts?$|^(rewards_)?rate$|(Amount|Money)$")
PLACEHOLDER = re.compile(r"\{[a-zA-Z_-][a-zA-Z0-9_-]*\}")


class GenerateError(Exception):
    """Regeneration failed; each line of the message is one reason."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail, with a diff, if regeneration would")
    parser.add_argument("--drop-stale", action="store_true", help="delete overlay actions that have nothing to do")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    root: Path = arguments.root
    try:
        if arguments.drop_stale and not arguments.check:
            drop_stale_actions(root)
        with tempfile.TemporaryDirectory() as folder:
            fresh = generate(root, Path(folder))
            if arguments.check:
                return report_differences(root / PACKAGE, fresh)
            exchange(root / PACKAGE, fresh)
    except (GenerateError, OSError) as error:
        for line in str(error).splitlines():
            print(f"generate: {printable(one_line(line))}", file=sys.stderr)
        return 1
    return 0


def generate(root: Path, folder: Path) -> Path:
    """Generate the package from the contract in `root` into a new folder inside `folder`; return the new folder."""
    contract = corrected_contract(root)
    package = folder / "imprint_api"
    overrides = class_overrides(root)
    templates = root / "generator-templates"
    if not templates.is_dir():
        raise GenerateError(f"{templates.name} is missing")
    try:
        generator.run(contract, package, load_yaml(root / "generator-config.yaml"), templates)
    except generator.GeneratorFailedError as error:
        raise GenerateError(f"openapi-python-client cannot do this contract: {error}") from None
    verify_complete(contract, package, overrides)
    verify_code(package)
    for module in package.rglob("*.py"):
        module.write_text(marker() + module.read_text(encoding="utf-8"), encoding="utf-8")
    text = json.dumps(contract, indent=2, ensure_ascii=False) + "\n"
    (package / "openapi.json").write_text(text, encoding="utf-8")
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
    """The contract of `root` with its overlay applied, rewritten for the generator, and validated."""
    return corrected(published_contract(root), load_yaml(root / OVERLAY))


def corrected(published: dict[str, Any], overlay: Any) -> dict[str, Any]:
    try:
        contract = apply_overlay(published, overlay)
    except OverlayError as error:
        raise GenerateError("\n".join(f"{OVERLAY}: {one_line(line)}" for line in str(error).splitlines())) from None
    refuse_other_documents(contract)
    try:
        contract = normalise(contract)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        validate(contract)  # the validator says where the document is not OpenAPI
        raise
    refuse_altered_names(contract)
    validate(contract)
    if problems := list(dict.fromkeys(refusals(contract))):
        raise GenerateError("\n".join(problems))
    refuse_inexact_amounts(contract)
    return contract


def published_contract(root: Path) -> dict[str, Any]:
    contract = load_yaml(root / "openapi.yaml")
    if not isinstance(contract, dict) or not str(contract.get("openapi", "")).startswith("3.1."):
        raise GenerateError("openapi.yaml is not an OpenAPI 3.1 document")
    return contract


def drop_stale_actions(root: Path) -> None:
    """Delete the overlay actions that no longer change anything, and return their names."""
    path = root / OVERLAY
    contract = published_contract(root)
    while True:  # deleting one action may make another stale
        try:
            apply_overlay(contract, load_yaml(path))
            return
        except OverlayError as error:
            stale = {failure.number: failure for failure in error.failures if failure.is_stale}
            if not stale:
                return  # other failures are reported when the overlay is applied
            try:
                path.write_text(without_actions(path.read_text(encoding="utf-8"), {*stale}), encoding="utf-8")
            except OverlayError as problem:
                raise GenerateError(f"{OVERLAY}: {problem}") from None
            for failure in stale.values():
                print(f"{OVERLAY}: {printable(one_line(str(failure)))} Deleted.")


def load_yaml(path: Path) -> Any:
    """Read YAML as JSON: timestamps and keys are strings."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)
    try:
        text = json.dumps(yaml.load(path.read_text(encoding="utf-8")), allow_nan=False, ensure_ascii=False)
        return json.loads(text.encode())  # half a surrogate pair is not text
    except YAMLError as error:
        raise GenerateError(f"{path.name} is not YAML: {one_line(str(error))}") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise GenerateError(f"{path.name} holds what JSON cannot: {one_line(str(error))}") from None


def refuse_other_documents(node: Any) -> None:
    """Refuse references to other documents, even in examples, because readers follow a reference wherever it is."""
    if isinstance(node, dict):
        for key in REFERENCES:
            if isinstance(node.get(key), str) and not node[key].startswith("#"):
                raise GenerateError(f"the corrected contract refers to another document: {node[key]!r}")
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        refuse_other_documents(inner)


def refuse_altered_names(contract: dict[str, Any]) -> None:
    """Refuse names with unprintable characters: the generator drops them silently, and would send other names."""
    paths = contract.get("paths")
    for path in paths if isinstance(paths, dict) else ():
        if not naming.is_kept(path):
            raise GenerateError(f"the generator would alter the path {path!r}")
        # The generated code calls str.format on the path, and braces there can do more than name a parameter.
        if set("{}") & set(PLACEHOLDER.sub("", path)):
            raise GenerateError(f"the path {path!r} has braces that name no parameter")
    names = [(slot.place, slot.value["name"]) for slot in parameters(contract) if "name" in slot.value]
    names += [(place, name) for place, name, _, _ in media_types(contract)]
    for place, name in names:
        if isinstance(name, str) and "/parameters/" in place and naming.member(name) in naming.LOCAL:
            raise GenerateError(f"the parameter at {place} is called {name}, as something else in the code is")
        if isinstance(name, str) and not naming.is_kept(name):
            raise GenerateError(f"the generator would alter the name {name!r} at {place}")


def refuse_inexact_amounts(contract: dict[str, Any]) -> None:
    """Refuse amounts of type number, which would be floats. Imprint once published them so."""
    amount = contract.get("components", {}).get("schemas", {}).get("CurrencyAmount", {"type": "integer"})
    if amount.get("type") not in ("integer", ["integer", "null"]):
        raise GenerateError("CurrencyAmount is no integer: an action of the overlay must make it one, for exact money")
    named = [(f"the schema at {slot.place}", slot.name, slot.value) for slot in schemas(contract)]
    for slot in all_schemas(contract):
        named += [(f"{name} at {slot.place}", name, each) for name, each in slot.value.get("properties", {}).items()]
    for place, name, schema in named:
        items = (resolve(contract, schema) or {}).get("items", {})
        if AMOUNT.search(name) and "number" in kinds_of(contract, schema) | kinds_of(contract, items):
            raise GenerateError(f"{place} is no integer: an action of the overlay must make it one, for exact money")


def validate(contract: dict[str, Any]) -> None:
    """Refuse a document that is not valid OpenAPI 3.1."""
    try:
        error = next(OpenAPIV31SpecValidator(contract).iter_errors(), None)
    except Exception as failure:  # noqa: BLE001 - a validator may raise anything for somebody else's document
        raise GenerateError(f"the corrected contract cannot be validated: {one_line(str(failure))[:200]}") from None
    if error is not None:
        where = "/".join(map(str, error.absolute_path)) or "its root"
        raise GenerateError(f"the corrected contract is not OpenAPI 3.1, at {where}: {one_line(error.message)[:200]}")


# --- The generator ----------------------------------------------------------------------------------------------------


def class_overrides(root: Path) -> dict[str, str]:
    """The configured class names, by the names that they replace. Refuses unknown options."""
    try:
        return naming.class_overrides(load_yaml(root / "generator-config.yaml"))
    except ValueError as error:
        raise GenerateError(
            f"generator-config.yaml is no configuration of the generator: {one_line(str(error))}"
        ) from None


# --- What came out ----------------------------------------------------------------------------------------------------


def verify_code(package: Path) -> None:
    """Names that differ in the contract can be one name in Python (so can `ﬁ` and `fi`), or one of the template's."""
    for module in sorted(package.rglob("*.py")):
        name, source = module.relative_to(package).as_posix(), module.read_text(encoding="utf-8")
        try:
            compile(source, name, "exec", dont_inherit=True)  # unlike ast.parse, this rejects a duplicate parameter
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
    """Check that every operation, object schema and enum was generated: the generator drops those it cannot read."""
    verify_operations(contract, package)
    classes = classes_of(package / "models")
    for key, schema in contract.get("components", {}).get("schemas", {}).items():
        if is_object(schema) and naming.class_name(key, overrides) not in classes:
            raise GenerateError(f"the generator dropped the schema {key}: no class {naming.class_name(key, overrides)}")
    enums = [values for values in classes.values() if values]
    for slot in all_schemas(contract):
        values = {value for value in slot.value.get("enum", []) if value is not None}
        if values and values not in enums:
            raise GenerateError(
                f"the generator dropped or altered the enum at {slot.place}: {sorted(map(str, values))}"
            )
        for name in slot.value.get("properties", {}):
            if naming.member(name) in naming.TAKEN:
                raise GenerateError(f"the property {name} at {slot.place} has the name of a method of every model")


def verify_operations(contract: dict[str, Any], package: Path) -> None:
    modules: dict[Path, str] = {}
    for _, name, operation, _ in operations(contract):
        if "operationId" not in operation:
            raise GenerateError(f"{name} has no operationId, from which its function is named")
        module = naming.module_of(operation)
        if module in modules:
            raise GenerateError(f"{name} and {modules[module]} would both be api/{module}")
        modules[module] = name
        if not (package / "api" / module).is_file():
            raise GenerateError(f"the generator dropped {name}: no api/{module}")


def is_object(schema: dict[str, Any]) -> bool:
    """Whether the generator makes a class for a schema: an object that is not just one reference, however wrapped."""
    parts = [*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", [])]
    if "$ref" in schema or (len(parts) == 1 and "$ref" in parts[0]):
        return False
    return schema.get("type") == "object" or "properties" in schema or len(schema.get("allOf", [])) > 1


def classes_of(models: Path) -> dict[str, set[object]]:
    """The generated classes by name, with the values of each enum. The code is parsed, never imported."""
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
    """Replace `package` with `fresh` by renaming, so that it is never there only in part."""
    package.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=package.parent, prefix=".") as folder:
        shutil.copytree(fresh, Path(folder) / "new")
        if package.exists():
            package.rename(Path(folder) / "old")
        (Path(folder) / "new").rename(package)


def is_generated(root: Path, fresh: Path) -> bool:
    """Whether the package in `root` equals the one just generated, byte for byte."""
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
