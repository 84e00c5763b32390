"""The review as a person reads it: a summary in the terminal, Markdown for a pull request.

What a contract says is data. Printed, it commands no terminal; in Markdown it opens and closes nothing, calls nobody
and links to nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.review.change import NEITHER, RECEIVED, SENT, Change, Direction, Impact
from tools.review.version import Verdict
from tools.text import printable

LIMIT = 40_000
"""Characters of Markdown. A pull request takes 65,536, and regenerate.yml has something to say beside it."""
LONGEST = 300
"""Characters of one change in words; a description may be a page."""
NAMES = {Impact.BREAKING: "breaking", Impact.ADDED: "new", Impact.NOTED: "note"}
WAYS = {SENT: " (sent)", RECEIVED: " (received)"}
COLOURS = {Impact.BREAKING: "red", Impact.ADDED: "green", Impact.NOTED: "bright_black"}
# Not a letter and yet nothing that Markdown reads, alone or beside another of them.
PLAIN = frozenset(" .,;:()'\"?=+/-")
LINKS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
CODE = re.compile(r"[\w.,:;/{}()\[\]=<>'\"+*@#$%?!^-]+(?: +[\w.,:;/{}()\[\]=<>'\"+*@#$%?!^-]+)*")


class Review(NamedTuple):
    base: str
    wire: Sequence[Change]
    python: Sequence[Change]
    directions: Mapping[str, Direction]
    """Of the models, by their names."""
    verdict: Verdict
    note: str
    """What must be known to read it; empty if nothing."""
    failed: str
    """Why the wire was not compared; empty if it was."""


class Row(NamedTuple):
    """What both layers say of one thing."""

    subject: str
    member: str
    wire: list[Change]
    python: list[Change]

    @property
    def name(self) -> str:
        joint = " " if " " in self.subject else "."
        return f"{self.subject}{joint}{self.member}" if self.member else self.subject

    @property
    def impact(self) -> Impact:
        return max(change.impact for change in [*self.wire, *self.python])


def rows(review: Review) -> list[Row]:
    """One for each thing that changed, the gravest first."""
    found: dict[tuple[str, str], Row] = {}
    for change in review.wire:
        found.setdefault(change[:2], Row(*change[:2], [], [])).wire.append(change)
    for change in review.python:
        found.setdefault(change[:2], Row(*change[:2], [], [])).python.append(change)
    return sorted(found.values(), key=lambda row: (-row.impact, row.subject, row.member))


def table_of(review: Review) -> list[list[Row]]:
    """The lines of the table. Of things that came or went together the same is said: once is enough."""
    found: dict[Any, list[Row]] = {}
    for row in rows(review):
        found.setdefault((row.impact, *distinct(row.wire), None, *distinct(row.python)), []).append(row)
    return [*found.values()]


def headlines(review: Review) -> list[str]:
    """What to know first."""
    gravest = max((change.impact for change in [*review.wire, *review.python]), default=None)
    if gravest is None:
        lines = ["No change in Python." if review.failed else "No change."]
    else:
        kinds = {
            Impact.BREAKING: "Breaking.",
            Impact.ADDED: "Not breaking; something is new.",
            Impact.NOTED: "Not breaking.",
        }
        wire = counted(one for row in rows(review) for one in distinct(row.wire))
        python = counted(one for row in rows(review) for one in distinct(row.python))
        lines = [f"{kinds[gravest]} On the wire: {'not compared' if review.failed else wire}. In Python: {python}."]
    failed = [f"This is not all: {review.failed}."] if review.failed else []
    return [*failed, *lines, *asked_for(review.verdict), *([review.note] if review.note else [])]


def counted(told: Iterable[tuple[Impact, str]]) -> str:
    """As often as a reader finds it in the table: once for each name."""
    impacts = [impact for impact, _ in told]
    counts = {name: impacts.count(impact) for impact, name in NAMES.items()}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing"


def asked_for(verdict: Verdict) -> list[str]:
    if verdict.bump == "none":
        return []
    if verdict.bump == "patch":
        return [f"SemVer asks for a patch, {verdict.asked}, when it is released; nothing to do until then."]
    fits = "has it" if verdict.stated >= verdict.asked else "does not have it"
    noted = "says what changed" if verdict.noted else "says nothing that it did not say before: write what users notice"
    return [
        f"SemVer asks for a {verdict.bump} version after {verdict.released}: {verdict.asked} or higher.",
        f"pyproject.toml {fits}: it says {verdict.stated}. CHANGELOG.md {noted}.",
    ]


def distinct(changes: Iterable[Change]) -> list[tuple[Impact, str]]:
    """The four functions of an operation say the same; once is enough."""
    return [*dict.fromkeys((change.impact, shortened(change.words)) for change in changes)]


def shortened(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


# --- The terminal -----------------------------------------------------------------------------------------------------


def show(review: Review, console: Console) -> None:
    for line in headlines(review):
        console.print(Text(printable(line)))
    table = Table(show_lines=True)
    for heading in ("", "", "On the wire", "In Python"):
        table.add_column(heading, overflow="fold")  # nothing is left out
    for row, *more in table_of(review):
        names = "\n".join(printable(one.name) + way(one, review) for one in (row, *more))
        impact = Text(NAMES[row.impact], style=COLOURS[row.impact])
        table.add_row(Text(names), impact, coloured(row.wire), coloured(row.python))
    if table.row_count:
        console.print(table)


def way(row: Row, review: Review) -> str:
    """Whether a model is only sent or only received; nothing if it is both, or no model."""
    return WAYS.get(review.directions.get(row.subject, NEITHER), "")


def coloured(changes: list[Change]) -> Text:
    lines = [Text(printable(words), style=COLOURS[impact]) for impact, words in distinct(changes)]
    return Text("\n").join(lines)


# --- Markdown ---------------------------------------------------------------------------------------------------------


def markdown(review: Review) -> str:
    """The whole of it, cut where a pull request would not take more."""
    first, *more = headlines(review)
    parts = [f"## Review of the API since {code(review.base)}", f"**{phrase(first)}**", *map(phrase, more)]
    table = fitting([line_of(together, review) for together in table_of(review)], LIMIT * 2 // 3)
    if table:
        parts.append("\n".join(["| | | On the wire | In Python |", "|---|---|---|---|", *table]))
    raw = [f"{NAMES[change.impact]}: {printable(change.raw)}" for change in [*review.wire, *review.python]]
    listed = fitting(raw, LIMIT - len("\n\n".join(parts)) - 500)
    if listed:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", "\n".join(listed))), default=0))
        parts += [
            "<details><summary>As the tools say it</summary>",
            "\n".join([f"{fence}text", *listed, fence]),
            "</details>",
        ]
    return "\n\n".join(parts) + "\n"


def fitting(lines: list[str], characters: int) -> list[str]:
    """As many lines as there is room for, and a word about the rest."""
    taken: list[str] = []
    for line in lines:
        characters -= len(line) + 1
        if characters < 0:
            return [
                *taken,
                f"{len(lines) - len(taken)} more, for which there is no room here: `make review` prints them",
            ]
        taken.append(line)
    return taken


def line_of(together: list[Row], review: Review) -> str:
    row = together[0]
    names = "<br>".join(code(one.name) + way(one, review) for one in together)
    return f"| {names} | {NAMES[row.impact]} | {cell(row.wire)} | {cell(row.python)} |"


def cell(changes: list[Change]) -> str:
    lines = [phrase(words) for _, words in distinct(changes)]
    breaks = [impact is Impact.BREAKING for impact, _ in distinct(changes)]
    return "<br>".join(f"**{line}**" if breaking else line for line, breaking in zip(lines, breaks, strict=True))


def phrase(words: str) -> str:
    """Words with what they quote between backticks. Where these do not pair, all is escaped nonetheless."""
    return "".join(code(part) if index % 2 else text(part) for index, part in enumerate(words.split("`")) if part)


def code(content: str) -> str:
    content = printable(content)
    return f"`{content}`" if CODE.fullmatch(content) else f"<code>{text(content)}</code>"


def text(content: str) -> str:
    """As character references, which are never markup; with zero-width spaces, so that GitHub links to nothing."""
    escaped = "".join(c if c.isalnum() or c in PLAIN else f"&#{ord(c)};" for c in printable(content))
    return LINKS.sub("&#8203;", escaped.replace("&#64;", "&#64;&#8203;").replace("&#35;", "&#35;&#8203;"))
