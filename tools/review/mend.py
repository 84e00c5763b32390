"""What no longer fits the generated code: hand-written code, and programs that were written for BASE.

mypy judges both in one run, against the packages as they are now. What it cannot see, hand-written code that names an
operation, a path or a field in a string, is looked for by name.
"""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import naming
from tools.contract import all_schemas, operations
from tools.review.change import Mend

FOLDERS = ("generated", "overrides", "sandbox", "bulk")
CONSUMERS = "consumers"
"""Where in the new tree the old programs are, while they are checked."""
PROGRAMS = ("tests/typing/accepted.py", "tests/wheel/alone.py", "tests/client/test_*.py", "examples/**/*.py")
# Only what this package exports is promised to a consumer.
PRIVATE = re.compile(r"^\s*(from|import) imprint_(client|sandbox|bulk)\.", re.M)
ERROR = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+): error: (?P<words>.*?)  \[(?P<code>[\w-]+)\]$", re.M)
OURS = '"imprint_'
"""A module that mypy misses may be one that is not installed here, unless it is one of ours."""
SECONDS = 120


class MendError(Exception):
    """The type checker failed; the message says how."""


def type_errors(before: Path, after: Path, cache: Path) -> tuple[list[Mend], list[Mend]]:
    """What mypy finds in the hand-written code, and in the programs of BASE."""
    hand_written = [path for folder in FOLDERS[1:] for path in sorted((after / folder).rglob("*.py"))]
    programs = [path for pattern in PROGRAMS for path in sorted(before.glob(pattern)) if is_public(path)]
    if programs:
        (after / CONSUMERS).mkdir()
        for folder in ("tests", "examples"):
            if (before / folder).is_dir():
                (before / folder).rename(after / CONSUMERS / folder)
    files = [*(path.relative_to(after) for path in hand_written)]
    files += [CONSUMERS / path.relative_to(before) for path in programs]
    if not files:
        return [], []
    forget_others(cache, after)
    command = [sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={cache}", "--no-error-summary"]
    command += ["--check-untyped-defs", "--explicit-package-bases", "--show-error-codes"]
    command += ["--python-executable", str(without_this_tree(after.parent / "python"))]
    environment = {**os.environ, "MYPYPATH": os.pathsep.join((*FOLDERS, CONSUMERS)), "NO_COLOR": "1"}
    done = subprocess.run(
        [*command, *map(str, files)],
        cwd=after,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    errors = [
        one for one in ERROR.finditer(done.stdout) if not one["code"].startswith("import") or OURS in one["words"]
    ]
    found = [Mend(one["file"], int(one["line"]), one["words"]) for one in errors]
    if done.returncode not in (0, 1) and not found:
        raise MendError(f"mypy ended with {done.returncode}: {' '.join((done.stderr or done.stdout).split())[:300]}")
    ours = [one for one in found if not one.file.startswith(CONSUMERS) and not one.file.startswith("generated")]
    theirs = [one._replace(file=one.file[len(CONSUMERS) + 1 :]) for one in found if one.file.startswith(CONSUMERS)]
    return ours, [one for one in theirs if '"_' not in one.words]


def forget_others(cache: Path, tree: Path) -> None:
    """Empty the cache if other modules were there: mypy repeats that one is missing after it has come back."""
    modules = "\n".join(sorted(str(path.relative_to(tree)) for path in tree.rglob("*.py")))
    listed = cache / "modules"
    if not listed.is_file() or listed.read_text(encoding="utf-8") != modules:
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        listed.write_text(modules, encoding="utf-8")


def without_this_tree(script: Path) -> Path:
    """A Python with what is installed here, but for this project: of it, mypy would find what the new tree lacks."""
    paths = {key: shlex.quote(sysconfig.get_path(key)) for key in ("purelib", "platlib")}
    where = f"PYTHONPATH={paths['purelib']}:{paths['platlib']}"
    script.write_text(f'#!/bin/sh\n{where} exec {shlex.quote(sys.executable)} -S "$@"\n')
    script.chmod(0o755)
    return script


def is_public(program: Path) -> bool:
    return not PRIVATE.search(program.read_text(encoding="utf-8"))


def named(before: dict[str, Any], after: dict[str, Any], tree: Path) -> Iterator[Mend]:
    """Hand-written code that names what the contract no longer has; both are canonical."""
    old, new = names_of(before), names_of(after)
    gone = {name: f"{what} is gone" for name, what in old.items() if name not in new}
    # Gone from one operation that stays: only code that is about this one is meant.
    still = taken(after)
    parameters = [(key, where) for key, where in taken(before).items() if key not in still and {*key} <= new.keys()]
    for folder in FOLDERS[1:]:
        for path in sorted((tree / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            here = {
                name: f"`{where}` no longer takes `{name}`"
                for (operation, name), where in parameters
                if operation in text or naming.member(operation) in text
            }
            yield from uses(path.relative_to(tree).as_posix(), text, {**gone, **here})


def uses(file: str, text: str, gone: dict[str, str]) -> Iterator[Mend]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return  # mypy says so
    found = set()
    paths = [name for name in gone if name.startswith("/")]
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(value)):
                below = [name for name in paths if value.startswith(f"{name}/")]
                found |= {(node.lineno, gone[name]) for name in (value, *below) if name in gone}
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.keyword(arg=str(name)) if name in gone:
                found.add((node.lineno, gone[name]))
    yield from (Mend(file, line, words) for line, words in sorted(found))


def names_of(contract: dict[str, Any]) -> dict[str, str]:
    """The names in a contract that code can have in a string, with what each is."""
    found = {name: f"the field `{name}`" for slot in all_schemas(contract) for name in slot.value.get("properties", {})}
    found |= {name: f"the parameter `{name}`" for _, name in taken(contract)}
    for _, name, operation, _ in operations(contract):
        path = name.partition(" ")[2].partition("/{")[0]
        found |= {operation.get("operationId", ""): f"`{name}`", path: f"the path `{path}`"}
    return found


def taken(contract: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Each parameter by its operationId and its name, with its operation as a reader calls it."""
    return {
        (operation.get("operationId", ""), one.get("name", "")): name
        for _, name, operation, _ in operations(contract)
        for one in operation["parameters"]
    }
