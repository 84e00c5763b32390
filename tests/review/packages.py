"""Generate packages fast: in this process, without the formatting, with the templates compiled once.

What griffe reads is the same; tests/generation has the whole way.
"""

import contextlib
import functools
import io
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jinja2
import openapi_python_client
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.generation.support import ROOT
from tools.review import surface
from tools.review.change import Change

from .mutations import CONTRACT, MUTATIONS, edited


def generate(contract: dict[str, Any], tree: Path) -> Path:
    """Put the package of a contract into `generated/` of a new tree."""
    package = tree / "generated" / "imprint_api"
    package.parent.mkdir(parents=True)
    source = tree / "openapi.json"
    source.write_text(json.dumps(contract), encoding="utf-8")
    compiled = tree.parent / "templates"
    compiled.mkdir(exist_ok=True)
    cached = functools.partial(jinja2.Environment, bytecode_cache=jinja2.FileSystemBytecodeCache(str(compiled)))
    config = Config.from_sources(ConfigFile(post_hooks=[]), MetaType.NONE, source, "utf-8", False, package)
    with patch.object(openapi_python_client, "Environment", cached), contextlib.redirect_stdout(io.StringIO()):
        errors = openapi_python_client.generate(config=config, custom_template_path=ROOT / "generator-templates")
    assert not errors, [error.detail for error in errors]
    return tree


def changes_of_all(folder: Path) -> list[list[Change]]:
    """What the Python layer says of each mutation of the table."""
    generate(CONTRACT, folder / "before")
    # Not forked: pytest may have threads by now.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        return [*pool.map(functools.partial(changes_of, folder), range(len(MUTATIONS)), chunksize=9)]


def changes_of(folder: Path, index: int) -> list[Change]:
    before, after = folder / "before", generate(edited(MUTATIONS[index].edit), folder / str(index))
    same = sources(before) == sources(after)  # as for most constraints: then griffe need not read it again
    return surface.compare(base_of(folder), base_of(folder) if same else surface.read(after))


def sources(tree: Path) -> dict[Path, bytes]:
    return {path.relative_to(tree): path.read_bytes() for path in tree.rglob("*.py")}


@functools.cache
def base_of(folder: Path) -> surface.Surface:
    return surface.read(folder / "before")
