"""The tree at BASE, out of git: the contract and the packages as they were committed there."""

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

CONTRACT = Path("generated/imprint_api/openapi.json")
"""The corrected contract; it is committed beside the code that was generated from it."""
# What is read of a version; the code that a tree has beside them is nobody's interface.
PARTS = ("generated", "overrides", "sandbox", "pyproject.toml", "CHANGELOG.md")


class BaseError(Exception):
    """There is nothing to compare with; the message says why."""


def extract(root: Path, base: str, folder: Path) -> None:
    """Put what is committed at `base` into `folder`."""
    if not base:
        raise BaseError("BASE is not given: make review BASE=<a commit, a branch or a tag>")
    # --verify and --end-of-options: whatever is given is a revision, never an option or a path.
    found = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if found.returncode != 0:
        raise BaseError(f"BASE={base} names no commit")
    commit = found.stdout.decode().strip()
    if git(root, "cat-file", "-e", f"{commit}:{CONTRACT.as_posix()}").returncode != 0:
        raise BaseError(f"BASE={base} has no contract to compare with: no {CONTRACT.as_posix()}")
    there = git(root, "ls-tree", "--name-only", commit).stdout.decode().splitlines()
    archive = git(root, "archive", "--format=tar", commit, "--", *(part for part in PARTS if part in there))
    if archive.returncode != 0:
        raise BaseError(f"git cannot read BASE={base}: {archive.stderr.decode(errors='replace')}")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")


def git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", root, *arguments], capture_output=True, check=False)  # noqa: S607
    except OSError:
        raise BaseError("git is needed") from None
