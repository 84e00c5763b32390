"""Which version a change asks for, and when pyproject.toml and CHANGELOG.md have it."""

from pathlib import Path

import pytest

from tools.review.change import Impact
from tools.review.version import VersionError, verdict

BREAKING, ADDED, NOTED = Impact.BREAKING, Impact.ADDED, Impact.NOTED
RELEASED = "# Changelog\n\n## [Unreleased]\n\n## [{0}] - 2026-01-01\n\n- What it has\n"
NOTED_THERE = "# Changelog\n\n## [Unreleased]\n\n- New\n\n## [{0}] - 2026-01-01\n\n- What it has\n"
MARKED = NOTED_THERE.replace("- New", "- **Breaking (names):** Gone")
ELSEWHERE = MARKED.replace("[Unreleased]", "[Unreleased]\n\n## [0.9.0] - 2026-02-02")
NUMBERED = NOTED_THERE.replace("[Unreleased]", "[0.2.0] - 2026-02-02")


def tree(folder: Path, version: str, changelog: str) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
    (folder / "CHANGELOG.md").write_text(changelog)
    return folder


@pytest.mark.parametrize(
    ("released", "impact", "bump", "asked"),
    [
        ("0.1.0", None, "none", "0.1.0"),
        ("0.1.0", NOTED, "patch", "0.1.1"),
        ("0.1.3", ADDED, "minor", "0.2.0"),
        ("0.1.3", BREAKING, "minor", "0.2.0"),
        ("1.2.3", NOTED, "patch", "1.2.4"),
        ("1.2.3", ADDED, "minor", "1.3.0"),
        ("1.2.3", BREAKING, "major", "2.0.0"),
    ],
)
def test_the_gravest_change_asks_for_a_version(
    released: str, impact: Impact | None, bump: str, asked: str, tmp_path: Path
) -> None:
    before = tree(tmp_path / "before", released, RELEASED.format(released))

    found = verdict(impact, before, before)

    assert (found.bump, str(found.asked)) == (bump, asked)


@pytest.mark.parametrize(
    ("impact", "stated", "changelog", "fits"),
    [
        (None, "0.1.0", RELEASED, True),
        (NOTED, "0.1.0", RELEASED, True),
        (ADDED, "0.1.0", NOTED_THERE, False),
        (ADDED, "0.1.1", NOTED_THERE, False),
        (ADDED, "0.2.0", RELEASED, False),
        (ADDED, "0.2.0", NOTED_THERE, True),
        (BREAKING, "0.1.9", MARKED, False),
        (BREAKING, "0.2.0", MARKED, True),
        (BREAKING, "0.10.0", MARKED, True),
        (BREAKING, "1.0.0", MARKED, True),
        (BREAKING, "0.0.9", MARKED, False),
        (BREAKING, "0.2.0", NOTED_THERE, False),
        (BREAKING, "0.2.0", ELSEWHERE, False),
        (ADDED, "0.2.0", NUMBERED, True),
        (ADDED, "0.3.0", NUMBERED, False),
        (ADDED, "0.2.0", NUMBERED.replace("- New", ""), False),
    ],
)
def test_a_version_fits_if_it_is_high_enough_and_the_changelog_has_an_entry_under_it(
    impact: Impact | None, stated: str, changelog: str, fits: bool, tmp_path: Path
) -> None:
    before = tree(tmp_path / "before", "0.1.0", RELEASED.format("0.1.0"))
    after = tree(tmp_path / "after", stated, changelog.format("0.1.0"))

    assert verdict(impact, before, after).fits is fits


def test_a_second_change_before_a_release_needs_no_second_bump(tmp_path: Path) -> None:
    before = tree(tmp_path / "before", "0.2.0", NOTED_THERE.format("0.1.0"))
    after = tree(tmp_path / "after", "0.2.0", NOTED_THERE.format("0.1.0").replace("- New", "- New\n- Newer"))

    assert verdict(ADDED, before, after).fits
    assert not verdict(ADDED, before, before).fits


@pytest.mark.parametrize("version", ["1.0", "1.0.0rc1", "one", "1.0.0.0"])
def test_a_version_that_is_not_three_numbers_cannot_be_judged(version: str, tmp_path: Path) -> None:
    before = tree(tmp_path / "before", version, RELEASED.format("0.1.0"))

    with pytest.raises(VersionError, match="three numbers"):
        verdict(ADDED, before, before)
