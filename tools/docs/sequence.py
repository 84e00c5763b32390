"""Draw a ```` ```sequence ```` block as an inline SVG, which takes its colours from the page.

    Service -> Client: create(event)      an arrow with its text
    Imprint x Client: 200, cut off        an arrow that does not arrive
    note Client: outcome unknown          a note on a lifeline

Participants appear from left to right in the order in which they are named.
"""

import re
from html import escape
from typing import Any, NamedTuple

STEP = re.compile(r"(?P<source>\w[\w ]*?) (?P<kind>->|x) (?P<target>\w[\w ]*?): (?P<text>.+)")
NOTE = re.compile(r"note (?P<source>\w[\w ]*?): (?P<text>.+)")

CHARACTER_WIDTH = 7.7
"""Of the 13 px text, in px: an estimate that is wide enough for every sans-serif font that was tried."""
ACTOR_HEIGHT, ROW_HEIGHT, MARGIN, LEAST_GAP = 30, 38, 12, 130


class SequenceError(ValueError):
    """A line of a block is not a step."""


class Step(NamedTuple):
    """One line of a block: an arrow, or a note if it has no target."""

    source: str
    text: str
    target: str | None = None
    is_lost: bool = False


def fence(source: str, language: str, css_class: str, options: Any, md: Any, **_: Any) -> str:
    """What pymdownx.superfences calls for a block; its other arguments say nothing that is needed."""
    return f'<div class="{css_class}">{draw(source)}</div>'


def parse(source: str) -> list[Step]:
    steps = []
    for line in filter(None, map(str.strip, source.splitlines())):
        if found := NOTE.fullmatch(line):
            steps.append(Step(found["source"], found["text"]))
        elif found := STEP.fullmatch(line):
            steps.append(Step(found["source"], found["text"], found["target"], found["kind"] == "x"))
        else:
            raise SequenceError(f"not a step of a sequence diagram: {line!r}")
    return steps


def draw(source: str) -> str:
    """The SVG of a block."""
    steps = parse(source)
    names = list(dict.fromkeys(name for step in steps for name in (step.source, step.target) if name))
    places = _places(names, steps)
    width = places[names[-1]] + _half_width(names[-1], steps) + MARGIN
    height = 2 * MARGIN + ACTOR_HEIGHT + ROW_HEIGHT * len(steps) + MARGIN
    shapes = [_actor(name, places[name], height) for name in names]
    for number, step in enumerate(steps):
        y = MARGIN + ACTOR_HEIGHT + ROW_HEIGHT * (number + 1) - 4
        shapes.append(_note(step, places, y) if step.target is None else _arrow(step, places, y))
    label = escape("; ".join(_spoken(step) for step in steps), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
        f'role="img" aria-label="{label}">{"".join(shapes)}</svg>'
    )


def _places(names: list[str], steps: list[Step]) -> dict[str, float]:
    """Where each lifeline stands: far enough from the one before it for every text between the two."""
    places = {names[0]: MARGIN + _half_width(names[0], steps)}
    for index, name in enumerate(names[1:], start=1):
        texts = [step.text for step in steps if {step.source, step.target} == {names[index - 1], name}]
        notes = [_half_width(each, steps) for each in (names[index - 1], name)]
        gap = max([LEAST_GAP, sum(notes) + MARGIN, *(len(text) * CHARACTER_WIDTH + 2 * MARGIN for text in texts)])
        places[name] = places[names[index - 1]] + gap
    return places


def _half_width(name: str, steps: list[Step]) -> float:
    notes = [len(step.text) for step in steps if step.target is None and step.source == name]
    return max([len(name) + 4, *(length + 3 for length in notes)]) * CHARACTER_WIDTH / 2


def _actor(name: str, x: float, height: int) -> str:
    half = (len(name) + 4) * CHARACTER_WIDTH / 2
    return (
        f'<line class="lifeline" x1="{x:.0f}" x2="{x:.0f}" y1="{MARGIN + ACTOR_HEIGHT}" y2="{height - MARGIN}"/>'
        f'<rect class="actor" x="{x - half:.0f}" y="{MARGIN}" width="{2 * half:.0f}" height="{ACTOR_HEIGHT}" rx="4"/>'
        f'<text class="actor" x="{x:.0f}" y="{MARGIN + 20}" text-anchor="middle">{escape(name)}</text>'
    )


def _note(step: Step, places: dict[str, float], y: float) -> str:
    x, half = places[step.source], (len(step.text) + 2) * CHARACTER_WIDTH / 2
    return (
        f'<rect class="note" x="{x - half:.0f}" y="{y - 19:.0f}" width="{2 * half:.0f}" height="24" rx="4"/>'
        f'<text class="note" x="{x:.0f}" y="{y - 3:.0f}" text-anchor="middle">{escape(step.text)}</text>'
    )


def _arrow(step: Step, places: dict[str, float], y: float) -> str:
    start, end = places[step.source], places[step.target or step.source]
    way, lost = (1 if end > start else -1), " lost" if step.is_lost else ""
    tip = start + (end - start) * 0.75 if step.is_lost else end - way * 2
    head = (
        f'<path class="arrow lost" d="M{tip - 5:.0f} {y - 5:.0f}l10 10m0 -10l-10 10"/>'
        if step.is_lost
        else f'<path class="head" d="M{tip:.0f} {y:.0f}l{-9 * way} -4.5v9z"/>'
    )
    return (
        f'<text class="{lost.strip()}" x="{(start + end) / 2:.0f}" y="{y - 7:.0f}" text-anchor="middle">'
        f"{escape(step.text)}</text>"
        f'<line class="arrow{lost}" x1="{start:.0f}" x2="{tip:.0f}" y1="{y:.0f}" y2="{y:.0f}"/>{head}'
    )


def _spoken(step: Step) -> str:
    if step.target is None:
        return f"{step.source}: {step.text}"
    return f"{step.source} to {step.target}: {step.text}{' (never arrives)' if step.is_lost else ''}"
