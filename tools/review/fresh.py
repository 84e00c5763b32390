"""The working tree as it would be after `make generate`, or as near to that as generation comes."""

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from tools.generate import OVERLAY, GenerateError, generate, is_generated, load_yaml, published_contract
from tools.normalise import normalise
from tools.overlay import OverlayError, apply_overlay
from tools.review.base import CONTRACT
from tools.review.change import Mend

CODE = ("overrides", "sandbox", "bulk")
INPUTS = ("openapi.yaml", OVERLAY, "generator-config.yaml", "generator-templates")


class Fresh(NamedTuple):
    is_complete: bool
    """Whether the package was generated; if not, only the published contracts can be compared."""
    mend: list[Mend]
    note: str


def build(root: Path, folder: Path) -> Fresh:
    """Put the working tree into a new folder, with what generation makes of the contract now."""
    copy(root, folder, (*CODE, "pyproject.toml", "CHANGELOG.md", "openapi.yaml"))
    (folder / "generated").mkdir()
    try:
        fresh = generate(root, folder / "generated")
    except GenerateError as error:
        return as_far_as_possible(root, folder, str(error))
    if is_generated(root, fresh):
        return Fresh(True, [], "")
    return Fresh(True, [], "`generated/` is out of date: run `make generate`. This reviews what it will write.")


def as_far_as_possible(root: Path, folder: Path, problem: str) -> Fresh:
    """Generate without the actions of the overlay that fail; else take the package as it is."""
    mend: list[Mend] = []
    try:
        copy(root, folder / "inputs", INPUTS)
        mend = drop_failing_actions(folder / "inputs")
        if mend:
            generate(folder / "inputs", folder / "generated")
            return Fresh(True, mend, f"{OVERLAY} no longer fits. This reviews the contract without what fails in it.")
    except GenerateError as error:
        problem = str(error)
    except OverlayError:
        pass  # none of its actions can be told from the others; `problem` says why
    shutil.rmtree(folder / "generated")
    copy(root, folder, ("generated",))
    return Fresh(
        False,
        [*mend, *(Mend("openapi.yaml", 0, line) for line in problem.splitlines())],
        "Nothing can be generated. The two published contracts are compared as they are, without the corrections in "
        f"{OVERLAY}. Python is compared with `generated/` as it is.",
    )


def drop_failing_actions(root: Path) -> list[Mend]:
    """Take the actions that fail out of the overlay of a copy, and say where they are."""
    overlay = load_yaml(root / OVERLAY)
    try:
        apply_overlay(published_contract(root), overlay)
    except OverlayError as error:
        if not error.failures:
            raise
        failures = {failure.number - 1: failure for failure in error.failures}
    else:
        return []
    lines = YAML().load((root / OVERLAY).read_text(encoding="utf-8"))["actions"].lc
    kept = [action for index, action in enumerate(overlay["actions"]) if index not in failures]
    (root / OVERLAY).write_text(json.dumps({**overlay, "actions": kept}), encoding="utf-8")
    return [
        Mend(OVERLAY, lines.item(index)[0] + 1, f"{failure}{' Delete it.' if failure.is_stale else ''}")
        for index, failure in failures.items()
    ]


def contracts(before: Path, after: Path, is_complete: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The corrected contracts of two trees, or the published ones."""
    if is_complete:
        return load_json(before / CONTRACT), load_json(after / CONTRACT)
    return published(before), published(after)


def published(tree: Path) -> dict[str, Any]:
    contract = published_contract(tree)
    try:
        return normalise(contract)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):  # of what is no OpenAPI
        return contract


def load_json(path: Path) -> dict[str, Any]:
    contract: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return contract


def copy(root: Path, folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (root / name).is_file():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, folder / name)
