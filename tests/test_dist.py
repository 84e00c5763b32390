"""What `make dist` refuses to leave in dist/; that it builds twice, and compares, it does itself."""

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools import dist

METADATA = "imprint_client-0.1.0.dist-info"


def sources() -> list[str]:
    return [
        f"{folder.relative_to(dist.ROOT)}/{path}" for folder in dist.PACKAGES.values() for path in dist.files_of(folder)
    ]


def packed() -> list[str]:
    return [f"{name}/{path}" for name, folder in dist.PACKAGES.items() for path in dist.files_of(folder)]


def sdist_of(folder: Path, names: list[str]) -> Path:
    empty = folder / "empty"
    empty.touch()
    with tarfile.open(folder / "imprint_client-0.1.0.tar.gz", "w:gz") as archive:
        for name in names:
            archive.add(empty, f"imprint_client-0.1.0/{name}")
    return folder / "imprint_client-0.1.0.tar.gz"


def wheel_of(folder: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(folder / "imprint_client-0.1.0-py3-none-any.whl", "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return folder / "imprint_client-0.1.0-py3-none-any.whl"


WHEEL = [*packed(), *(f"{METADATA}/{name}" for name in dist.METADATA)]
SDIST = [*sources(), *dist.SDIST]


def test_what_holds_the_packages_and_their_metadata_is_accepted(tmp_path: Path) -> None:
    dist.check_contents(sdist_of(tmp_path, SDIST), wheel_of(tmp_path, WHEEL))


@pytest.mark.parametrize(
    "name",
    [
        "imprint_client/py.typed",
        "imprint_api/openapi.json",
        "imprint_sandbox/app.py",
        "imprint_sandbox/face/page.css",
        f"{METADATA}/licenses/LICENSE",
    ],
)
def test_a_wheel_that_lacks_anything_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(dist.DistError, match=f"lacks {name}"):
        dist.check_contents(sdist_of(tmp_path, SDIST), wheel_of(tmp_path, [one for one in WHEEL if one != name]))


@pytest.mark.parametrize("name", ["imprint_client/notes.txt", "tests/support.py", "imprint_client-0.1.0.data/x"])
def test_a_wheel_that_holds_anything_else_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(dist.DistError, match=f"must not hold {name}"):
        dist.check_contents(sdist_of(tmp_path, SDIST), wheel_of(tmp_path, [*WHEEL, name]))


def test_an_sdist_that_holds_anything_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(dist.DistError, match=r"must not hold \.env"):
        dist.check_contents(sdist_of(tmp_path, [*SDIST, ".env"]), wheel_of(tmp_path, WHEEL))


def test_two_builds_that_differ_are_refused(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first = (sdist_of(tmp_path, SDIST), wheel_of(tmp_path, WHEEL))
    second = (first[0], wheel_of(tmp_path / "again", WHEEL[::-1]))

    dist.check_same(first, first)
    with pytest.raises(dist.DistError, match="two builds differ: imprint_client"):
        dist.check_same(first, second)


def test_what_a_checker_says_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(dist, "ROOT", Path(os.devnull))

    assert dist.main() == 1
    assert capsys.readouterr().err.startswith("dist: build fails:\n")
