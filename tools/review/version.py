"""Which version a change asks for, and whether pyproject.toml and CHANGELOG.md have it.

What counts is what was last released: a version that CHANGELOG.md has a section for. So a second change after the bump
is not asked for another one.
"""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from packaging.version import Version

from tools.review.change import Impact

SECTION = re.compile(r"^## \[?(?P<name>[^\]\s]+)\]?[^\n]*\n(?P<text>.*?)(?=^## |\Z)", re.M | re.S)
UNRELEASED = "Unreleased"
BREAKING = re.compile(r"\s*- \*\*Breaking")


class VersionError(Exception):
    """The version cannot be told; the message says why."""


class Verdict(NamedTuple):
    bump: str
    """What SemVer asks for: none, patch, minor or major."""
    released: Version
    """What BASE builds on."""
    asked: Version
    """The least version for this change."""
    stated: Version
    """What pyproject.toml says now."""
    noted: bool
    """Whether CHANGELOG.md has a new entry for it, marked as breaking if it is."""
    heading: str
    """Where in CHANGELOG.md that belongs."""

    @property
    def fits(self) -> bool:
        """A patch is given its number when it is released; a change of the interface has it from the start."""
        return self.bump in ("none", "patch") or (self.stated >= self.asked and self.noted)


def verdict(impact: Impact | None, before: Path, after: Path) -> Verdict:
    """Judge a change between two trees; `impact` is that of its gravest part."""
    released, now = last_released(before), stated(after)
    bump = bump_of(impact, released)
    # An entry belongs to the version that is stated, or waits for its number.
    places = [name for name in sections(after) if name == str(now) and now > released] or [UNRELEASED]
    old = {line for text in sections(before).values() for line in text.splitlines()}
    new = [line for name in {UNRELEASED, *places} for line in sections(after).get(name, "").splitlines()]
    entries = [line for line in new if line not in old and line.lstrip().startswith("-")]
    if impact is Impact.BREAKING:
        entries = [line for line in entries if BREAKING.match(line)]
    return Verdict(bump, released, bumped(released, bump), now, bool(entries), places[0])


def bump_of(impact: Impact | None, released: Version) -> str:
    if impact is Impact.BREAKING:
        return "minor" if released.major == 0 else "major"  # before 1.0.0 a minor version may break
    return "none" if impact is None else "minor" if impact is Impact.ADDED else "patch"


def bumped(released: Version, bump: str) -> Version:
    major, minor, patch = released.release
    following = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return Version(".".join(map(str, following.get(bump, released.release))))


def stated(tree: Path) -> Version:
    try:
        text = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    except (OSError, ValueError, KeyError) as error:
        raise VersionError(f"pyproject.toml has no version: {error}") from None
    return parsed(text)


def parsed(text: str) -> Version:
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise VersionError(f"the version {text} is not three numbers, as SemVer has it")
    return Version(text)


def last_released(tree: Path) -> Version:
    """The newest version that has a section; without any, what pyproject.toml says."""
    named = [Version(name) for name in sections(tree) if re.fullmatch(r"\d+\.\d+\.\d+", name)]
    return max((version for version in named if version <= stated(tree)), default=stated(tree))


def sections(tree: Path) -> dict[str, str]:
    path = tree / "CHANGELOG.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return {found["name"]: found["text"].strip() for found in SECTION.finditer(text)}
