"""A table of the versions that were tested, in the place of `<!-- versions: NAME NAME -->` on a page."""

import re
from pathlib import Path

MARKER = re.compile(r"^<!-- versions: (.*?) -->$", re.M)


def with_versions(markdown: str, requirements: Path) -> str:
    """The page with its tables. A package that is not among the requirements is an error."""
    if not MARKER.search(markdown):
        return markdown
    pins = dict(re.findall(r"^([\w-]+)==([^ ;]+)", requirements.read_text(encoding="utf-8"), re.M))
    return MARKER.sub(lambda found: _table(found[1].split(), pins), markdown)


def _table(names: list[str], pins: dict[str, str]) -> str:
    return "\n".join(["| tested with | version |", "|---|---|", *(f"| {name} | {pins[name]} |" for name in names)])
