"""What to compare with, out of git: the commit that a branch began from, and the packages as they were there."""

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

CONTRACT = Path("generated/imprint_api/openapi.json")
"""The corrected contract; it is committed beside the code that was generated from it."""
# What is read of a version: its packages, what it requires and says of itself, and programs that use it.
PARTS = (
    *("openapi.yaml", "generated", "overrides", "sandbox", "bulk", "pyproject.toml", "CHANGELOG.md"),
    *("tests", "examples"),
)
HOW = "make review BASE=<a commit, a branch or a tag>"


class BaseError(Exception):
    """There is nothing to compare with; the message says why."""


class Base(NamedTuple):
    given: str
    """As a reader calls it."""
    commit: str
    words: str
    """Which commit that is, and whatever a reader should know about the comparison."""


def find(root: Path, given: str) -> Base:
    """Return the commit to compare the working tree with: where HEAD and `given` last agreed."""
    head = git(root, "rev-parse", "HEAD")
    is_changed = bool(git(root, "status", "--porcelain"))
    if not given and not is_changed:
        raise BaseError(f"BASE is not given, and nothing is uncommitted: {HOW}")
    shallow = git(root, "rev-parse", "--is-shallow-repository") == "true"
    # --verify and --end-of-options: whatever is given is a revision, never an option or a path.
    named = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{given or 'HEAD'}^{{commit}}")
    if not named:
        raise BaseError(f"BASE={given} names no commit{advice(given) if shallow else ''}")
    commit = git(root, "merge-base", named, head)
    if not commit:
        raise BaseError(f"BASE={given} and HEAD have no commit in common{advice(given) if shallow else ''}")
    words = f"Compared with {git(root, 'show', '--no-patch', '--format=%h (%cs, `%s`)', commit)}"
    if commit != named:
        words += f", where this branch left {given}: what {given} has gained since is not part of this change"
    if commit == head and not is_changed:
        words += ". That commit is checked out, and nothing is uncommitted: give the commit before the change"
    if git(root, "cat-file", "-t", f"{commit}:{CONTRACT.as_posix()}") != "blob":
        raise BaseError(f"BASE={given} has no contract to compare with: no {CONTRACT.as_posix()}")
    return Base(given or "HEAD", commit, f"{words}.")


def advice(given: str) -> str:
    """How much of the history is needed; `HEAD^1` needs two commits, a branch all that lies between."""
    is_parent = given in ("HEAD^", "HEAD^1", "HEAD~", "HEAD~1")
    depth = "a fetch-depth of 2 (git fetch --depth 2)" if is_parent else "a fetch-depth of 0 (git fetch --unshallow)"
    return f": this clone is shallow, and needs {depth}"


def extract(root: Path, base: Base, folder: Path) -> None:
    """Put what is committed there into `folder`."""
    there = git(root, "ls-tree", "--name-only", base.commit).splitlines()
    archive = run(root, "archive", "--format=tar", base.commit, "--", *(part for part in PARTS if part in there))
    if archive.returncode != 0:
        raise BaseError(f"git cannot read BASE={base.given}: {archive.stderr.decode(errors='replace')}")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")


def git(root: Path, *arguments: str) -> str:
    """What git prints; nothing if it fails."""
    done = run(root, *arguments)
    return "" if done.returncode else done.stdout.decode(errors="replace").strip()


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", root, *arguments], capture_output=True, check=False)  # noqa: S607
    except OSError:
        raise BaseError("git is needed") from None
