"""What a reader sees, and that no text of a contract can change what that is."""

import io
import re
from typing import Any

import pytest
from packaging.version import Version
from rich.console import Console

from tools.review import report
from tools.review.change import RECEIVED, SENT, Change, Direction, Impact
from tools.review.report import LIMIT, Review
from tools.review.version import Verdict

MISSING = Verdict("minor", Version("0.1.0"), Version("0.2.0"), Version("0.1.0"), noted=False)
THERE = MISSING._replace(stated=Version("0.2.0"), noted=True)
WIRE = [Change("NewOrder", "currency", Impact.BREAKING, "`currency` is required", "major: #/components")]
PYTHON = [
    Change("Order", "note", Impact.ADDED, "`note` is new", "imprint_api.models.order.Order.note: new"),
    Change("NewOrder", "currency", Impact.BREAKING, "`currency` must be given", "NewOrder(currency)"),
]
HOSTILE = "`a`</details>|\n\n# x\x1b[31m<script>\u202e@all [a](https://e.test) www.e.test **b** ```\\| #1"


def review(**changed: Any) -> Review:
    return Review("main", WIRE, PYTHON, {}, MISSING, "", "")._replace(**changed)


def printed(of: Review) -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    report.show(of, console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def plain(shown: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_what_to_know_comes_first() -> None:
    title, _, first, _, asked, _, there, *_ = report.markdown(review()).splitlines()

    assert title == "## Review of the API since `main`"
    assert first == "**Breaking. On the wire: 1 breaking. In Python: 1 breaking, 1 new.**"
    assert asked == "SemVer asks for a minor version after 0.1.0: 0.2.0 or higher."
    assert there.startswith("pyproject.toml does not have it: it says 0.1.0. CHANGELOG.md says nothing")


def test_both_layers_stand_side_by_side_the_gravest_first() -> None:
    rows = [line for line in report.markdown(review()).splitlines() if line.startswith("| `")]

    assert rows == [
        "| `NewOrder.currency` | breaking | **`currency` is required** | **`currency` must be given** |",
        "| `Order.note` | new |  | `note` is new |",
    ]


def test_things_of_which_the_same_is_said_stand_in_one_row() -> None:
    new = Change("A", "", Impact.ADDED, "is new", "")
    gone = new._replace(subject="C", impact=Impact.BREAKING, words="is gone")
    of = review(wire=[new._replace(subject="D")], python=[new, new._replace(subject="B"), gone])

    assert [line for line in report.markdown(of).splitlines() if line.startswith("| `")] == [
        "| `C` | breaking |  | **is gone** |",
        "| `A`<br>`B` | new |  | is new |",
        "| `D` | new | is new |  |",
    ]
    assert "On the wire: 1 new. In Python: 1 breaking, 2 new." in report.markdown(of)
    assert re.search(r"│ A +│ new +│ +│ is new +│\s+│ B +│ +│ +│ +│", plain(printed(of)))


def test_a_row_says_which_way_a_model_goes_if_it_is_one_way() -> None:
    directions = {"NewOrder": SENT, "Order": RECEIVED, "Line": Direction(sent=True, received=True)}
    of = review(directions=directions, wire=[*WIRE, WIRE[0]._replace(subject="Line")])

    names = [line.split(" | ")[0] for line in report.markdown(of).splitlines() if line.startswith("| `")]
    assert names == ["| `Line.currency`", "| `NewOrder.currency` (sent)", "| `Order.note` (received)"]
    assert re.search(r"│ NewOrder\.currency \(sent\) │", plain(printed(of)))


def test_what_is_told_once_is_counted_once() -> None:
    assert "In Python: 1 breaking." in report.markdown(review(python=PYTHON[1:] * 6))


def test_the_terminal_tells_the_class_without_its_colour() -> None:
    shown = plain(printed(review()))

    assert re.search(r"NewOrder\.currency │ breaking │", shown)
    assert re.search(r"Order\.note +│ new +│", shown)


def test_what_the_tools_said_is_folded_away() -> None:
    raw = report.markdown(review()).partition("<details>")[2]

    assert "breaking: major: #/components" in raw
    assert raw.rstrip().endswith("</details>")


def test_no_change_says_so() -> None:
    none = review(wire=[], python=[], verdict=MISSING._replace(bump="none"))

    assert report.markdown(none) == "## Review of the API since `main`\n\n**No change.**\n"
    assert printed(none).strip() == "No change."


def test_a_version_that_fits_is_told() -> None:
    assert "pyproject.toml has it: it says 0.2.0. CHANGELOG.md says what changed." in report.markdown(
        review(verdict=THERE)
    )


def test_what_was_not_compared_comes_before_all_else() -> None:
    lines = report.markdown(review(wire=[], failed="the wire was not compared. Install Node.js")).splitlines()

    assert lines[2] == "**This is not all: the wire was not compared. Install Node.js.**"
    assert "On the wire: not compared." in lines[4]


@pytest.mark.parametrize("place", ["subject", "member", "words", "raw"])
def test_no_text_of_a_contract_is_markup(place: str) -> None:
    one = Change("Order", "note", Impact.BREAKING, "`note` is new", "raw")._replace(**{place: HOSTILE})  # type: ignore[arg-type]
    text = report.markdown(review(wire=[one], python=[]))
    table, _, raw = text.partition("<details>")

    assert text.count("</details>") == 1 + (place == "raw")  # which stands in a fence that is longer than its own
    assert not set(text) & {"\x1b", "\u202e"}
    assert len([line for line in table.splitlines() if line.startswith("|")]) == 3
    assert "<script" not in table
    assert "@all" not in table
    assert "](" not in table
    assert not re.search(r"(?<!&#8203;)//|www\.", table)
    if place == "raw":
        assert "\n````text\n" in raw


@pytest.mark.parametrize("place", ["subject", "member", "words"])
def test_no_text_of_a_contract_commands_the_terminal(place: str) -> None:
    one = Change("Order", "note", Impact.BREAKING, "new", "raw")._replace(**{place: HOSTILE})  # type: ignore[arg-type]
    shown = plain(printed(review(wire=[one], python=[])).replace("\x1b[31m", "", 4))

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[31m" in re.sub(r"[\s│]", "", shown)


def test_what_is_too_long_for_a_pull_request_is_cut_with_a_word() -> None:
    many = [Change(f"M{n}", "m", Impact.ADDED, f"`m` of {n} is new" * 9, "raw" * 20) for n in range(2000)]
    text = report.markdown(review(wire=many, python=[]))

    assert len(text) <= LIMIT
    assert text.count("more, for which there is no room here") == 2
    assert text.rstrip().endswith("</details>")
