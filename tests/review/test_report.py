"""What a reader sees, and that no text of a contract can change what that is."""

import re
from typing import Any

import pytest
from packaging.version import Version

from tools.review import report
from tools.review.change import RECEIVED, SENT, UNSEEN, Change, Direction, Impact, Mend
from tools.review.report import LIMIT, Review
from tools.review.version import Verdict

MISSING = Verdict("minor", Version("0.1.0"), Version("0.2.0"), Version("0.1.0"), noted=False, heading="Unreleased")
THERE = MISSING._replace(stated=Version("0.2.0"), noted=True)
WIRE = [Change("NewOrder", "currency", Impact.BREAKING, "`currency` is required")]
PYTHON = [
    Change("Order", "note", Impact.ADDED, "`note` is new"),
    Change("NewOrder", "currency", Impact.BREAKING, "`currency` must be given"),
]
PLACE = Mend("overrides/imprint_client/orders.py", 6, 'Module "imprint_api.api.orders" has no attribute "put_order"')
HOSTILE = "`a`</details>|\n\n# x\x1b[31m<script>\u202e@all [a](https://e.test) www.e.test **b** ```\\| #1"


def review(**changed: Any) -> Review:
    return Review("main", WIRE, PYTHON, {}, MISSING)._replace(**changed)


def table(of: Review) -> list[str]:
    return [line for line in report.markdown(of).splitlines() if line.startswith("| `")]


def test_breaking_or_not_what_to_do_and_why_come_first() -> None:
    title, _, first, _, todo, _, why, *_ = report.markdown(review()).splitlines()

    assert title == "## Review of the API since `main`"
    assert first == "**Breaking.**"
    assert todo == (
        "To do: set version 0.2.0 or higher in pyproject.toml, which says 0.1.0; add an entry marked "
        "`**Breaking (kind):**` to CHANGELOG.md, under &#91;Unreleased&#93;."
    )
    assert why == "Why: `NewOrder.currency` is required."
    assert report.plain(review()).splitlines()[0] == "Breaking."


def test_both_layers_stand_side_by_side_the_gravest_first() -> None:
    assert table(review()) == ["| `NewOrder.currency` | is required | must be given |", "| `Order.note` |  | is new |"]
    headings = [line for line in report.markdown(review()).splitlines() if line.startswith("### ")]
    assert headings == ["### Breaking", "### New"]


def test_what_is_only_noted_is_folded_away() -> None:
    noted = Change("Order", "note", Impact.NOTED, "description changed")
    text = report.markdown(review(wire=[noted], python=[]))

    assert "<details><summary>Texts and other code (1)</summary>" in text
    assert "1 other change of texts and code" in report.plain(review(wire=[noted], python=[]))
    assert "description changed" not in report.plain(review(wire=[noted], python=[]))


def test_things_of_which_the_same_is_said_stand_in_one_row() -> None:
    new = Change("A", "", Impact.ADDED, "is new")
    gone = new._replace(subject="C", impact=Impact.BREAKING, words="is gone")
    of = review(wire=[new._replace(subject="D")], python=[new, new._replace(subject="B"), gone])

    assert table(of) == ["| `C` |  | is gone |", "| `D` | is new |  |", "| `A`<br>`B` |  | is new |"]
    assert "  A\n  B\n    in Python: is new\n" in report.plain(of)


def test_the_most_important_reason_comes_first_whatever_its_name() -> None:
    python = [
        Change(name, "", Impact.BREAKING, "is gone") for name in ("Address.x", "imprint_client.Z", "imprint_bulk.a")
    ]
    wire = [
        Change("GET /a", "limit", Impact.BREAKING, "Upper bound changed"),
        Change("GET /b", "", Impact.BREAKING, "Operation `GET /b` was removed"),
    ]

    names = [line.split("`")[1] for line in table(review(wire=wire, python=python))]
    assert names == ["GET /b", "GET /a limit", "imprint_client.Z"]


def test_an_async_twin_of_which_the_same_is_said_is_not_named() -> None:
    new = Change("imprint_client.Orders.list", "", Impact.ADDED, "is new")
    twin = new._replace(subject="imprint_client.AsyncOrders.list")
    alone = new._replace(subject="imprint_client.AsyncGate")

    assert table(review(wire=[], python=[alone, twin, new])) == [
        "| `imprint_client.AsyncGate`<br>`imprint_client.Orders.list` (sync and async) |  | is new |"
    ]


def test_a_field_and_the_parameter_that_sets_it_are_one_row() -> None:
    field = Change("imprint_client.Gate.limit", "", Impact.ADDED, "is new")
    parameter = Change("imprint_client.Gate", "limit", Impact.ADDED, "`limit` is new")

    assert table(review(wire=[], python=[field, parameter])) == ["| `imprint_client.Gate.limit` |  | is new |"]


def test_a_row_says_which_way_a_model_goes() -> None:
    directions = {"NewOrder": SENT, "Order": RECEIVED, "Line": Direction(sent=True, received=True)}
    of = review(directions=directions, wire=[*WIRE, WIRE[0]._replace(subject="Line")])

    assert [line.split(" | ")[0] for line in table(of)] == [
        "| `Line.currency` (sent and received)",
        "| `NewOrder.currency` (sent)",
        "| `Order.note` (received)",
    ]


def test_what_is_told_twice_is_read_once() -> None:
    assert table(review(python=PYTHON[1:] * 4)) == table(review(python=PYTHON[1:]))


def test_places_to_mend_are_listed_with_what_is_missing() -> None:
    of = review(mend=[PLACE])

    assert "To do: mend 1 place by hand; set version" in report.markdown(of)
    assert (
        "### To mend by hand\n\n- `overrides/imprint_client/orders.py:6`: Module `imprint_api.api.orders` has no "
        "attribute `put_order`\n"
    ) in report.markdown(of)
    assert "To mend by hand:\n  overrides/imprint_client/orders.py:6: Module" in report.plain(of)


def test_old_programs_that_no_longer_type_check_make_a_change_breaking() -> None:
    of = review(wire=[], python=PYTHON[:1], programs=[PLACE])

    assert report.gravest(of.wire, of.python, of.programs) is Impact.BREAKING
    assert "Why: 1 line of programs written for main no longer type-check." in report.plain(of)
    assert "### Programs written for main that no longer type-check" in report.markdown(of)


def test_a_narrower_type_that_an_old_program_sees_breaks_nothing() -> None:
    narrower = PLACE._replace(words='Expression is of type "str", not "str | None"')

    assert report.gravest([], PYTHON[:1], [narrower]) is Impact.ADDED


def test_no_change_says_so() -> None:
    none = review(wire=[], python=[], verdict=MISSING._replace(bump="none"))

    assert report.markdown(none) == "## Review of the API since `main`\n\n**No change.**\n"
    assert report.plain(none).strip() == "No change."


def test_a_version_that_fits_is_told() -> None:
    assert "To do: nothing. pyproject.toml says 0.2.0, and CHANGELOG.md has an entry." in report.markdown(
        review(verdict=THERE)
    )


def test_what_was_not_compared_comes_before_all_else_and_no_version_is_named() -> None:
    text = report.markdown(review(wire=[], failed="the wire was not compared. Install Node.js"))

    assert text.splitlines()[2] == "**This is not all: the wire was not compared. Install Node.js.**"
    assert "0.2.0" not in text
    assert "0.2.0" not in report.plain(review(wire=[], failed="the wire was not compared"))


def test_the_changelog_draft_has_an_entry_for_each_row() -> None:
    of = review(
        wire=[*WIRE, Change("GET /orders", "limit", Impact.BREAKING, "`limit` is required")],
        python=[*PYTHON, Change("GET /orders", "limit", Impact.NOTED, UNSEEN)],
    )

    assert report.changelog(of) == (
        "### Added\n\n- `Order.note`: is new.\n\n### Changed\n\n"
        "- **Breaking (wire):** `GET /orders limit`: is required.\n"
        "- **Breaking (wire):** `NewOrder.currency`: is required; must be given.\n"
    )


@pytest.mark.parametrize("place", ["subject", "member", "words"])
def test_no_text_of_a_contract_is_markup(place: str) -> None:
    one = Change("Order", "note", Impact.BREAKING, "`note` is new")._replace(**{place: HOSTILE})  # type: ignore[arg-type]
    text = report.markdown(review(wire=[one], python=[], mend=[PLACE._replace(words=HOSTILE)]))

    assert "</details>" not in text
    assert not set(text) & {"\x1b", "\u202e"}
    assert len([line for line in text.splitlines() if line.startswith("|")]) == 3
    assert "<script" not in text
    assert "@all" not in text
    assert "](" not in text
    assert not re.search(r"(?<!&#8203;)//|www\.", text)


@pytest.mark.parametrize("place", ["subject", "member", "words"])
def test_no_text_of_a_contract_commands_the_terminal(place: str) -> None:
    one = Change("Order", "note", Impact.BREAKING, "new")._replace(**{place: HOSTILE})  # type: ignore[arg-type]
    shown = report.plain(review(wire=[one], python=[]))

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[31m" in shown


def test_what_is_too_long_for_a_pull_request_is_cut_with_a_word() -> None:
    many = [Change(f"M{impact}{n}", "m", impact, f"`m` of {n} is new" * 9) for impact in Impact for n in range(600)]
    text = report.markdown(review(wire=many, python=[], mend=[PLACE] * 2000))

    assert len(text) <= LIMIT
    assert text.count("more, for which there is no room here") == 4
    assert text.rstrip().endswith("</details>")
