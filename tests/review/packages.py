"""Generate packages fast: in this process, without the formatting, with the templates compiled once.

What griffe reads is the same; tests/generation has the whole way.
"""

import functools
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jinja2
import openapi_python_client

from tests.generation.support import ROOT
from tools import generator
from tools.normalise import normalise
from tools.review import surface
from tools.review.change import Change
from tools.review.places import directions

from .mutations import CONTRACT, MUTATIONS, edited


def generate(contract: dict[str, Any], tree: Path) -> Path:
    """Put the package of a contract into `generated/` of a new tree."""
    package = tree / "generated" / "imprint_api"
    package.parent.mkdir(parents=True)
    compiled = tree.parent / "templates"
    compiled.mkdir(exist_ok=True)
    cached = functools.partial(jinja2.Environment, bytecode_cache=jinja2.FileSystemBytecodeCache(str(compiled)))
    with patch.object(openapi_python_client, "Environment", cached):
        generator.run(normalise(contract), package, {"post_hooks": []}, ROOT / "generator-templates")
    return tree


class InPython:
    """What the Python layer says of a mutation of the table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.before = surface.read(generate(CONTRACT, folder / "before"))
        self.found: dict[str, list[Change]] = {}

    def __getitem__(self, name: str) -> list[Change]:
        if name not in self.found:
            [index] = [index for index, mutation in enumerate(MUTATIONS) if mutation.name == name]
            contract = edited(MUTATIONS[index].edit)
            after = generate(contract, self.folder / str(index))
            same = sources(self.before.tree) == sources(after)  # as for most constraints: griffe need not read it again
            new = self.before if same else surface.read(after)
            self.found[name] = surface.compare(self.before, new, directions(CONTRACT, contract))
        return self.found[name]


def sources(tree: Path) -> dict[Path, bytes]:
    return {path.relative_to(tree): path.read_bytes() for path in tree.rglob("*.py")}
