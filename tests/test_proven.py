"""`make check` does not repeat a check that has passed on what is there now, and on nothing else."""

import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import proven


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(proven, "ROOT", tmp_path)
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "package" / "inner").mkdir(parents=True)
    (tmp_path / "package" / "inner" / "a.py").write_text("a")
    return tmp_path


def runs(code: Path, program: str = "", status: int = 0) -> int:
    """How often the check has run, after this call."""
    count = f"open('.runs', 'a').write('x'); {program}"
    assert proven.main([sys.executable, "-c", f"{count}\nraise SystemExit({status})"]) == status
    return len((code / ".runs").read_text())


def test_a_check_that_passed_on_what_is_there_is_not_repeated(code: Path) -> None:
    first = runs(code)
    (code / "README.md").touch()
    (code / "package" / "__pycache__").mkdir()
    (code / "package" / "__pycache__" / "a.pyc").touch()

    assert [first, runs(code), runs(code)] == [1, 1, 1]


CHANGES: dict[str, Callable[[Path], object]] = {
    "other contents": lambda folder: (folder / "a.py").write_text("b"),
    "a missing file": lambda folder: (folder / "a.py").unlink(),
    "a new file": lambda folder: (folder / "py.typed").touch(),
    "a moved file": lambda folder: (folder / "a.py").rename(folder.parent / "a.py"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_code_runs_it_again(code: Path, change: Callable[[Path], object]) -> None:
    runs(code)
    change(code / "package" / "inner")

    assert [runs(code), runs(code)] == [2, 2]


def test_another_command_or_other_packages_run_it_again(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(code)
    assert runs(code, "pass") == 2
    monkeypatch.setattr(sysconfig, "get_path", lambda _: code / "empty")

    assert runs(code, "pass") == 3


def test_a_check_that_failed_is_repeated(code: Path) -> None:
    assert [runs(code, status=3), runs(code, status=3)] == [1, 2]


def test_what_changes_while_the_check_runs_is_not_proven(code: Path) -> None:
    assert [runs(code, "open('late.py', 'a').write('x')") for _ in range(2)] == [1, 2]


def test_in_ci_it_always_runs(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    assert [runs(code), runs(code)] == [1, 2]
