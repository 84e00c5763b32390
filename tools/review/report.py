"""The review as a person reads it: plain text in the terminal, Markdown for a pull request, a draft for CHANGELOG.md.

What a contract says is data. Printed, it commands no terminal; in Markdown it opens and closes nothing, calls nobody
and links to nothing.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tools.review.change import FOLLOWS, NEITHER, RECEIVED, SENT, UNSEEN, Change, Direction, Impact, Mend
from tools.review.version import Verdict
from tools.text import printable

LIMIT = 40_000
"""Characters of Markdown. A pull request takes 65,536, and regenerate.yml has something to say beside it."""
LONGEST = 300
"""Characters of one change in words; a description may be a page."""
REASONS = 3
"""Changes that are named at the head."""
VERBS = ("is ", "may ", "must ")
KINDS = {
    Impact.BREAKING: ("Breaking", "Breaking."),
    Impact.ADDED: ("New", "Not breaking; something is new."),
    Impact.NOTED: ("Texts and other code", "Not breaking."),
}
WAYS = {SENT: "sent", RECEIVED: "received", Direction(True, True): "sent and received"}
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
    notes: Sequence[str] = ()
    """What must be known to read it."""
    mend: Sequence[Mend] = ()
    """Where hand-written code, or the overlay, no longer fits."""
    programs: Sequence[Mend] = ()
    """Where programs that were written for BASE no longer type-check."""
    failed: str = ""
    """Why the wire was not compared; empty if it was."""


class Row(NamedTuple):
    """What both layers say of one thing."""

    subject: str
    member: str
    wire: list[Change]
    python: list[Change]

    @property
    def name(self) -> str:
        joint = "" if self.member.startswith("(") else " " if " " in self.subject else "."
        return f"{self.subject}{joint}{self.member}" if self.member else self.subject

    @property
    def impact(self) -> Impact:
        return max(change.impact for change in [*self.wire, *self.python])

    @property
    def on_wire(self) -> list[str]:
        return self.words_of(self.wire)

    @property
    def in_python(self) -> list[str]:
        return self.words_of(self.python)

    def words_of(self, changes: list[Change]) -> list[str]:
        """The gravest first. What the row is called need not be said, nor what all functions of an operation say."""
        own = re.compile(f"`{re.escape(re.split('[. ]', self.name)[-1])}`:? ")
        said = [own.sub("", one.words, 1) if own.match(one.words) else one.words for one in by_impact(changes)]
        return [words if len(words) <= LONGEST else f"{words[:LONGEST]}…" for words in dict.fromkeys(said)]

    @property
    def order(self) -> tuple[object, ...]:
        """The gravest first; of these what breaks or is new for everybody: on the wire, whole things, our client."""
        is_on_wire = any(one.impact is self.impact for one in self.wire)
        is_gone = any(one.words.endswith(("is gone", "was removed")) for one in [*self.wire, *self.python])
        others = ("imprint_sandbox", "imprint_bulk", "requirements")
        ranks = ("/" in self.subject, self.subject.startswith("imprint_client"), not self.subject.startswith(others))
        return -self.impact, not is_on_wire, not is_gone, *(not rank for rank in ranks), self.name


def by_impact(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda one: -one.impact)


def rows(review: Review) -> list[list[Row]]:
    """The gravest first. Of things that came or went together the same is said: they share a row."""
    found: dict[str, Row] = {}
    for changes, layer in ((review.wire, "wire"), (review.python, "python")):
        for change in changes:
            row = Row(*change[:2], [], [])
            getattr(found.setdefault(row.name, row), layer).append(change)
    together: dict[Any, list[Row]] = {}
    for row in sorted(found.values(), key=lambda row: row.order):
        together.setdefault((row.impact, *row.on_wire, None, *row.in_python), []).append(row)
    return [*together.values()]


def names_of(together: list[Row], review: Review) -> list[tuple[str, str]]:
    """What a row is about; and whether a model is sent, received or both, or a class has an async twin."""
    names = {row.name: WAYS.get(review.directions.get(row.subject, NEITHER), "") for row in together}
    for name in [*names]:
        sync = name.replace(".Async", ".", 1)
        if sync != name and sync in names:
            names[sync] = "sync and async"
            del names[name]
    return [(name, f" ({way})" if way else "") for name, way in names.items()]


# --- What to know first -----------------------------------------------------------------------------------------------


def headlines(review: Review) -> list[str]:
    """Breaking or not, what to do, and why; then what must be known to read the rest."""
    worst = gravest(review.wire, review.python, review.programs)
    if review.failed:
        first = f"{KINDS[worst][0]} in Python." if worst else "No change in Python."
        return [f"This is not all: {review.failed}.", first, *why(review, worst), *review.notes]
    return [KINDS[worst][1] if worst else "No change.", *to_do(review, worst), *why(review, worst), *review.notes]


def gravest(wire: Iterable[Change], python: Iterable[Change], programs: Iterable[Mend]) -> Impact | None:
    """How grave all of it is. A program that expects more of a type than it promises now is none that breaks."""
    breaks = [Impact.BREAKING for one in programs if not one.words.startswith("Expression is of type")]
    return max([*(change.impact for change in [*wire, *python]), *breaks], default=None)


def to_do(review: Review, worst: Impact | None) -> Iterator[str]:
    verdict, entry = review.verdict, f"to CHANGELOG.md, under [{review.verdict.heading}]"
    steps = [f"mend {counted(len(review.mend), 'place')} by hand"] if review.mend else []
    if not verdict.fits:
        if verdict.stated < verdict.asked:
            steps.append(f"set version {verdict.asked} or higher in pyproject.toml, which says {verdict.stated}")
        if not verdict.noted:
            mark = "marked `**Breaking (kind):**` " if worst is Impact.BREAKING else ""
            steps.append(f"add an entry {mark}{entry}")
    if steps:
        yield f"To do: {'; '.join(steps)}."
    elif verdict.bump == "patch":
        yield f"To do: nothing. A release would be {verdict.asked}."
    elif verdict.bump != "none":
        yield f"To do: nothing. pyproject.toml says {verdict.stated}, and CHANGELOG.md has an entry."


def why(review: Review, worst: Impact | None) -> Iterator[str]:
    """The gravest changes; none if they are only noted."""
    gravest = [together for together in rows(review) if together[0].impact is worst]
    if worst is Impact.BREAKING and not gravest:
        lines = counted(len(review.programs), "line")
        yield f"Why: {lines} of programs written for {review.base} no longer type-check."
    elif gravest and worst is not Impact.NOTED:
        reasons = [
            f"`{row.name}`{f' and {len(others)} more:' if others else '' if words.startswith(VERBS) else ':'} {words}"
            for row, *others in gravest[:REASONS]
            for words in [*row.on_wire, *row.in_python][:1]
        ]
        more = [f"and {counted(len(gravest) - REASONS, 'more row')}"] if len(gravest) > REASONS else []
        yield f"Why: {'; '.join([*reasons, *more])}."


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# --- The terminal -----------------------------------------------------------------------------------------------------


def plain(review: Review) -> str:
    """The whole of it as lines of text; of what is only noted, how much there is."""
    lines = [line.replace("`", "") for line in headlines(review)]
    for heading, places in sections_of(review):
        lines += ["", f"{heading}:", *(f"  {where(one)}: {one.words}" for one in places)]
    found = rows(review)
    for impact in (Impact.BREAKING, Impact.ADDED):
        listed = [one for one in found if one[0].impact is impact]
        lines += ["", f"{KINDS[impact][0]}:"] if listed else []
        for together in listed:
            lines += [f"  {name}{way}" for name, way in names_of(together, review)]
            lines += [f"    on the wire: {words}" for words in together[0].on_wire]
            lines += [f"    in Python: {words}" for words in together[0].in_python]
    noted = sum(len(one) for one in found if one[0].impact is Impact.NOTED)
    lines += ["", f"{counted(noted, 'other change')} of texts and code: see review.md."] if noted else []
    return "\n".join(map(printable, lines)) + "\n"


def sections_of(review: Review) -> Iterator[tuple[str, Sequence[Mend]]]:
    if review.mend:
        yield "To mend by hand", review.mend
    if review.programs:
        yield f"Programs written for {review.base} that no longer type-check", review.programs


def where(place: Mend) -> str:
    return f"{place.file}:{place.line}" if place.line else place.file


# --- Markdown ---------------------------------------------------------------------------------------------------------


def markdown(review: Review) -> str:
    """The whole of it, cut where a pull request would not take more."""
    first, *more = headlines(review)
    parts = [f"## Review of the API since {code(review.base)}", f"**{phrase(first)}**", *map(phrase, more)]
    for heading, places in sections_of(review):
        listed = [f"- {code(where(one))}: {phrase(one.words.replace(chr(34), '`'))}" for one in places]
        parts += [f"### {text(heading)}", "\n".join(fitting(listed, LIMIT // 6))]
    for impact, (heading, _) in KINDS.items():
        lines = [line_of(together, review) for together in rows(review) if together[0].impact is impact]
        if lines:
            table = ["| What | On the wire | In Python |", "|---|---|---|"]
            table += fitting(lines, (LIMIT - len("\n\n".join(parts))) * 2 // 3 - 500)
            body = "\n".join(table)
            is_folded = impact is Impact.NOTED
            parts += (
                [f"<details><summary>{heading} ({len(lines)})</summary>", body, "</details>"]
                if is_folded
                else [f"### {heading}", body]
            )
    return "\n\n".join(parts) + "\n"


def fitting(lines: list[str], characters: int) -> list[str]:
    """As many lines as there is room for, and a word about the rest."""
    taken: list[str] = []
    for line in lines:
        characters -= len(line) + 1
        if characters < 0:
            return [*taken, f"{len(lines) - len(taken)} more, for which there is no room here: run `make review`"]
        taken.append(line)
    return taken


def line_of(together: list[Row], review: Review) -> str:
    names = "<br>".join(f"{code(name)}{way}" for name, way in names_of(together, review))
    return f"| {names} | {cell(together[0].on_wire)} | {cell(together[0].in_python)} |"


def cell(lines: Iterable[str]) -> str:
    return "<br>".join(map(phrase, lines))


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


# --- CHANGELOG.md -----------------------------------------------------------------------------------------------------


def changelog(review: Review) -> str:
    """A draft of an entry, for a person to put into a user's words."""
    entries: dict[str, list[str]] = {"Added": [], "Changed": []}
    for together in rows(review):
        row = together[0]
        if row.impact is Impact.NOTED:
            continue
        names = ", ".join(f"`{one.name}`" for one in together)
        told = [*row.on_wire, *(words for words in row.in_python if words not in (FOLLOWS, UNSEEN))]
        mark = f"**Breaking ({kind_of(row)}):** " if row.impact is Impact.BREAKING else ""
        entry = f"- {mark}{names}: {'; '.join(told)}."
        entries["Changed" if mark else "Added"].append(
            textwrap.fill(printable(entry), 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        )
    return "\n\n".join(f"### {heading}\n\n" + "\n".join(lines) for heading, lines in entries.items() if lines) + "\n"


def kind_of(row: Row) -> str:
    """As the table at the head of CHANGELOG.md names them."""
    if row.subject == "requirements":
        return "requirements"
    if any(one.impact is Impact.BREAKING for one in row.wire):
        return "wire"
    return "types" if any(one.words.endswith(("`", ")")) for one in row.python) else "names"
