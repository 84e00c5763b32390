"""Say what changed in the API since BASE: on the wire and in Python, and which version that asks for.

Exit 0: the version fits the change. 1: it does not. 2: it cannot be told.
"""

import argparse
import json
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import griffe
from rich.console import Console

from tools.generate import ROOT, GenerateError, class_overrides, generate, is_generated
from tools.review import report, requirements, surface, wire
from tools.review.base import CONTRACT, BaseError, extract
from tools.review.places import directions
from tools.review.report import Review
from tools.review.subjects import Subjects
from tools.review.surface import SurfaceError
from tools.review.version import VersionError, verdict
from tools.text import printable

OUTPUT = "review.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.review", description=__doc__)
    parser.add_argument("base", help="what to compare the working tree with: a commit, a branch, a tag")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    try:
        return told(arguments.root, arguments.base)
    except (BaseError, GenerateError, SurfaceError, VersionError, OSError, SyntaxError, griffe.GriffeError) as error:
        print(f"review: {printable(' '.join(str(error).split()))}", file=sys.stderr)
    except Exception:  # noqa: BLE001 - 1 says that the version does not fit, and is Python's own word for a crash
        traceback.print_exc()
    return 2


def told(root: Path, base: str) -> int:
    """Review, and say what came of it; the status with which the program ends."""
    (root / OUTPUT).unlink(missing_ok=True)  # whatever happens, what it says of something else goes
    with tempfile.TemporaryDirectory() as folder:
        result = review(root, base, Path(folder))
    (root / OUTPUT).write_text(report.markdown(result), encoding="utf-8")
    console = Console()
    with console.capture() as shown:  # not printed by rich, which ends the program with 1 if nobody reads it
        report.show(result, console)
    print(shown.get(), end="")
    print(f"{OUTPUT} has it for a pull request.", flush=True)
    if result.failed:
        return 2
    return 0 if result.verdict.fits else 1


def review(root: Path, base: str, folder: Path) -> Review:
    """Compare the working tree of `root`, as generation gives it now, with what is committed at `base`."""
    before, after = folder / "before", folder / "after"
    extract(root, base, before)
    note = copy_of(root, after)
    contracts = (load(before), load(after))
    subjects = Subjects(contracts, class_overrides(root))
    failed, on_wire = "", []
    try:
        on_wire = [subjects.of_wire(change) for change in wire.compare(before / CONTRACT, after / CONTRACT, folder)]
    except wire.WireError as error:
        failed = str(error)
    in_python = [subjects.of_python(change) for change in surface.compare(surface.read(before), surface.read(after))]
    in_python += requirements.compare(before, after)
    gravest = max((change.impact for change in [*on_wire, *in_python]), default=None)
    ways = {subjects.class_of(schema): direction for schema, direction in directions(*contracts).items()}
    return Review(base, on_wire, in_python, ways, verdict(gravest, before, after), note, failed)


def copy_of(root: Path, folder: Path) -> str:
    """The working tree as it would be after `make generate`; a word about it if that is not what it is."""
    (folder / "generated").mkdir(parents=True)
    fresh = generate(root, folder / "generated")
    for name in ("overrides", "sandbox"):
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "CHANGELOG.md"):
        if (root / name).is_file():
            shutil.copy(root / name, folder / name)
    if is_generated(root, fresh):
        return ""
    return "`generated/` is not what generation gives: run `make generate`. What it will give is reviewed here."


def load(tree: Path) -> dict[str, Any]:
    contract: dict[str, Any] = json.loads((tree / CONTRACT).read_text(encoding="utf-8"))
    return contract


if __name__ == "__main__":
    sys.exit(main())
