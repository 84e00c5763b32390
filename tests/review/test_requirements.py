"""A range that takes less is breaking, one that takes more is not."""

from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from tools.review.change import Impact
from tools.review.requirements import compare, is_wider


def tree(folder: Path, python: str, dependency: str) -> Path:
    folder.mkdir()
    text = f'[project]\nrequires-python = "{python}"\ndependencies = ["{dependency}"]\n'
    (folder / "pyproject.toml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("python", "dependency", "told"),
    [
        (">=3.11", "attrs>=23,<26", []),
        (">=3.12", "attrs>=23,<26", [("python", Impact.BREAKING)]),
        (">=3.10", "attrs>=23,<26", [("python", Impact.ADDED)]),
        (">=3.11,<3.14", "attrs>=23,<26", [("python", Impact.BREAKING)]),
        (">=3.11", "attrs>=24,<26", [("attrs", Impact.BREAKING)]),
        (">=3.11", "attrs>=23,<25", [("attrs", Impact.BREAKING)]),
        (">=3.11", "attrs>=23,<27", [("attrs", Impact.ADDED)]),
        (">=3.11", "attrs>=23", [("attrs", Impact.ADDED)]),
        (">=3.11", "attrs>=23,<26,!=24.1", [("attrs", Impact.BREAKING)]),
        (">=3.11", "attrs==23", [("attrs", Impact.BREAKING)]),
        (">=3.11", "attrs==23.*", [("attrs", Impact.BREAKING)]),
        (">=3.11", "attrs~=23.0", [("attrs", Impact.BREAKING)]),
        (">=3.11", "attrs>=22.2", [("attrs", Impact.ADDED)]),
        (">=3.11", "httpx", [("attrs", Impact.NOTED), ("httpx", Impact.NOTED)]),
    ],
)
def test_a_range_is_compared(python: str, dependency: str, told: list[tuple[str, Impact]], tmp_path: Path) -> None:
    before = tree(tmp_path / "before", ">=3.11", "attrs>=23,<26")
    after = tree(tmp_path / "after", python, dependency)

    assert [(one.member, one.impact) for one in compare(before, after)] == told


@pytest.mark.parametrize(
    ("was", "now", "wider"),
    [
        (">=23", "==23", False),
        (">=23", ">=23,<30", False),
        (">=23,<26.0", "==23.*", False),
        ("==23.*", ">=23,<26.0", True),
        (">=0", ">=0.0", True),
        ("<1", ">=0,<1", True),
    ],
)
def test_a_range_is_wider_when_all_that_was_supported_still_is(was: str, now: str, wider: bool) -> None:
    assert is_wider(SpecifierSet(was), SpecifierSet(now)) == wider
