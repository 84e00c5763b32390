"""Build the sdist and the wheel into dist/, twice, and check that they hold exactly what the tree does.

The wheel is built from the sdist, as it is for anyone who installs the sdist. The second build starts from the first
sdist, in another folder, time zone and umask. This proves that the bytes depend only on the tree, and that the sdist is
complete.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
PACKAGES = {
    "imprint_api": ROOT / "generated" / "imprint_api",
    "imprint_client": ROOT / "overrides" / "imprint_client",
    "imprint_sandbox": ROOT / "sandbox" / "imprint_sandbox",
    "imprint_bulk": ROOT / "bulk" / "imprint_bulk",
}
NO_HISTORY = "1580601600"  # 2020-02-02, hatchling's date for builds outside git
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
SDIST = {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}


class DistError(Exception):
    """The build must not be published; the message says why."""


def main() -> int:
    try:
        with tempfile.TemporaryDirectory() as folder:
            built = build(ROOT, Path(folder, "first"))
            check_contents(*built)
            again = build(unpacked(built[0], Path(folder, "elsewhere")), Path(folder, "second"), zone="Asia/Kolkata")
            check_same(built, again)
            run("check_wheel_contents", "--config", str(ROOT / "pyproject.toml"), str(built[1]))
            run("twine", "check", "--strict", *map(str, built))
            run("validate_pyproject", str(ROOT / "pyproject.toml"))
            shutil.rmtree(DIST, ignore_errors=True)
            DIST.mkdir()
            for artefact in built:
                print(shutil.copy(artefact, DIST))
    except DistError as error:
        print(f"dist: {error}", file=sys.stderr)
        return 1
    return 0


def date_of_the_tree() -> str:
    """The time of the last commit, in seconds since 1970."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    # An unpacked sdist may lie inside somebody else's repository.
    return found if found and (ROOT / ".git").exists() else NO_HISTORY


def build(tree: Path, folder: Path, zone: str = "UTC") -> tuple[Path, Path]:
    """Build the sdist of `tree`, then build the wheel from the sdist."""
    before = os.umask(0o077 if zone != "UTC" else 0o022)
    try:
        # No isolation, so that the build backend is the one in requirements.lock.
        run("build", "--no-isolation", "--outdir", str(folder), str(tree), TZ=zone, PYTHONHASHSEED=str(len(zone)))
    finally:
        os.umask(before)
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def unpacked(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    [tree] = folder.iterdir()
    return tree


def check_contents(sdist: Path, wheel: Path) -> None:
    """Check that the wheel holds the tree's packages with py.typed, the contract and the license, and nothing else."""
    expected = {f"{name}/{path}" for name, folder in PACKAGES.items() for path in files_of(folder)}
    for needed in [*(f"{name}/py.typed" for name in PACKAGES), "imprint_api/openapi.json"]:
        if needed not in expected:
            raise DistError(f"the tree has no {needed}")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    metadata = next(name.partition("/")[0] for name in names if name.endswith(".dist-info/METADATA"))
    check_names(wheel, names, expected | {f"{metadata}/{name}" for name in METADATA})

    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    sources = {f"{folder.relative_to(ROOT)}/{path}" for folder in PACKAGES.values() for path in files_of(folder)}
    check_names(sdist, names, SDIST | sources)


def check_names(artefact: Path, names: set[str], expected: set[str]) -> None:
    for problem, wrong in (("lacks", expected - names), ("must not hold", names - expected)):
        if wrong:
            raise DistError(f"{artefact.name} {problem} {', '.join(sorted(wrong))}")


def files_of(folder: Path) -> set[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return {path for path in found if path.endswith((".py", ".css", ".js")) or path in ("py.typed", "openapi.json")}


def check_same(first: tuple[Path, Path], second: tuple[Path, Path]) -> None:
    for one, other in zip(first, second, strict=True):
        if one.name != other.name or one.read_bytes() != other.read_bytes():
            raise DistError(f"two builds differ: {one.name} is not what a second build gives")


def run(module: str, *arguments: str, **environment: str) -> None:
    command = [sys.executable, "-m", module, *arguments]
    given = {"SOURCE_DATE_EPOCH": date_of_the_tree(), **os.environ, **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=given)
    if done.returncode != 0:
        raise DistError(f"{module} fails:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
