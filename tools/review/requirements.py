"""Whether an installation that worked still does: the range of Python, and the ranges of what is required."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_version
from packaging.version import Version

from tools.review.change import Change, Impact


def compare(before: Path, after: Path) -> Iterator[Change]:
    """What the `pyproject.toml` of two trees requires."""
    old, new = ranges(before), ranges(after)
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was is None or now is None:
            yield told(name, Impact.NOTED, "is new" if was is None else "is gone")
        elif was != now:
            impact = Impact.ADDED if is_wider(was, now) else Impact.BREAKING
            yield told(name, impact, f"is `{now or 'any'}`, was `{was or 'any'}`")


def told(name: str, impact: Impact, words: str) -> Change:
    return Change("requirements", name, impact, words)


def ranges(tree: Path) -> dict[str, SpecifierSet]:
    """By name; Python is one of them."""
    project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = [Requirement(text) for text in project.get("dependencies", [])]
    python = SpecifierSet(project.get("requires-python", ""))
    return {"python": python, **{one.name: one.specifier for one in required}}


def is_wider(was: SpecifierSet, now: SpecifierSet) -> bool:
    """Whether all that was supported still is. Judged at the bounds that are named, and just beside them."""
    bounds = {one.version.removesuffix(".*") for one in [*was, *now]}
    near = [version for bound in bounds for version in (bound, f"{bound}.0.1", just_before(bound))]
    return all(now.contains(version) for version in near if was.contains(version))


def just_before(bound: str) -> str:
    """A version that comes before a bound, and after all that matters: 25.9999 for 26."""
    *first, last = Version(canonicalize_version(bound)).release
    return ".".join(map(str, [*first, last - 1, 9999]))
