"""Whatever changed, there is a report: with the changes, and with every place that a person must mend."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.generation.support import FITTING_OVERLAY, ROOT
from tools.review import base, fresh
from tools.review.base import BaseError
from tools.review.canonical import canonical
from tools.review.change import Mend
from tools.review.mend import forget_others, named, type_errors

from .mutations import all_of, drop, edited, put
from .test_review import change, committed, git, review, root, rows, state

__all__ = ["committed", "root"]  # fixtures

OPERATION = "imprint_api.api.orders"
CLIENT = """\
from imprint_api.api.orders import delete_order, list_orders

FILTERS = {"status": "open", "since": "2026"}
PATH = "/orders/1"


def forget() -> None:
    delete_order.sync_detailed("1", nobody=True)
"""


@pytest.fixture
def tree(committed: Path, tmp_path: Path) -> Path:
    """A tree with hand-written code of a client."""
    folder = Path(shutil.copytree(committed, tmp_path / "tree"))
    (folder / "overrides" / "imprint_client").mkdir(parents=True)
    (folder / "overrides" / "imprint_client" / "__init__.py").write_text(CLIENT)
    return folder


def lines(places: list[Mend], file: str = "overrides/imprint_client/__init__.py") -> dict[int, str]:
    return {place.line: place.words for place in places if place.file == file}


@pytest.mark.thorough  # mypy without a cache takes 10 s
def test_hand_written_code_and_old_programs_that_no_longer_fit_are_listed(tree: Path, tmp_path: Path) -> None:
    (tree / "generated" / "imprint_api" / "api" / "orders" / "list_orders.py").unlink()
    program = tmp_path / "before" / "tests" / "typing" / "accepted.py"
    program.parent.mkdir(parents=True)
    program.write_text("from imprint_api.api.orders import list_orders\n\n\nlist_orders.sync(since=1)\n")

    ours, programs = type_errors(tmp_path / "before", tree, ROOT / ".mypy_cache" / "review-tests")

    assert lines(ours)[1] == f'Module "{OPERATION}" has no attribute "list_orders"'
    assert 8 in lines(ours)
    assert lines(programs, "tests/typing/accepted.py") == {1: f'Module "{OPERATION}" has no attribute "list_orders"'}


def test_a_module_that_came_back_is_not_remembered_as_missing(tmp_path: Path) -> None:
    cache, tree = tmp_path / "cache", tmp_path / "tree"
    tree.mkdir()
    kept = []
    for module in ("a.py", "a.py", "b.py"):
        (tree / module).touch()
        forget_others(cache, tree)
        kept.append((cache / "meta.json").exists())
        (cache / "meta.json").touch()

    assert kept == [False, True, False]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (all_of(), {}),
        (drop("get /orders>parameters>0"), {3: "`GET /orders` no longer takes `status`"}),
        (drop("get /orders>parameters>1"), {3: "the parameter `since` is gone"}),
        (drop(">paths>/orders>get"), {3: "the parameter `since` is gone"}),  # not that it no longer takes `status`
        (drop(">paths>/orders/{order_id}"), {}),
        (all_of(drop(">paths>/orders/{order_id}"), drop(">paths>/orders")), {4: "the path `/orders` is gone"}),
    ],
)
def test_strings_that_name_what_is_gone_are_listed(edit: Any, expected: dict[int, str], tree: Path) -> None:
    with_status = edited(put("Person>properties>status", {"type": "string"}))
    after = edited(all_of(put("Person>properties>status", {"type": "string"}), edit))

    found = lines([*named(canonical(with_status), canonical(after), tree)])

    assert {line: words for line, words in found.items() if line in expected or not expected} == expected


def test_a_stale_overlay_is_reviewed_without_what_fails_in_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = "  - target: $.info.nothing\n    description: It has gone.\n    remove: true\n"
    (root / "openapi.overlay.yaml").write_text(FITTING_OVERLAY + stale)
    change(root, put("NewOrder>properties>phone", {"type": "string"}))
    state(root, "0.2.0", "- The phone")

    assert review(root, monkeypatch) == 1
    text = (root / "review.md").read_text()
    assert rows(root) == ["| `NewOrder.phone` (sent) |  | is new |"]
    assert "openapi.overlay.yaml no longer fits" in text
    assert "`openapi.overlay.yaml:8`" in text


def test_without_generation_the_published_contracts_are_compared(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(root, put("NewOrder>properties>kind", {"type": "string", "enum": ["a", "A"]}))

    now = fresh.build(root, tmp_path / "after")
    _, new = fresh.contracts(root, tmp_path / "after", now.is_complete)

    assert not now.is_complete
    assert [place.file for place in now.mend] == ["openapi.yaml"]
    assert new["components"]["schemas"]["NewOrder"]["properties"]["kind"]["enum"] == ["a", "A"]
    assert review(root, monkeypatch) == 1
    assert "Nothing can be generated" in (root / "review.md").read_text()


# --- The base ---------------------------------------------------------------------------------------------------------


def test_a_branch_is_compared_with_where_it_began(root: Path) -> None:
    began = base.git(root, "rev-parse", "HEAD")
    git(root, "branch", "ours")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Of main alone")
    git(root, "branch", "theirs")
    git(root, "switch", "--quiet", "ours")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Of this branch")

    found = base.find(root, "theirs")

    assert found.commit == began
    assert "where this branch left theirs" in found.words


def test_without_a_base_what_is_uncommitted_is_compared_with_head(root: Path) -> None:
    with pytest.raises(BaseError, match="BASE is not given"):
        base.find(root, "")
    change(root, put(">info>title", "Another"))

    assert base.find(root, "").given == "HEAD"


def test_the_commit_that_is_checked_out_is_no_silent_base(root: Path) -> None:
    assert "nothing is uncommitted" in base.find(root, "HEAD").words


def test_a_shallow_clone_says_so_and_what_it_needs(committed: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{committed}", "shallow")

    with pytest.raises(BaseError, match="shallow, and needs a fetch-depth of 2"):
        base.find(tmp_path / "shallow", "HEAD^1")
    with pytest.raises(BaseError, match="shallow, and needs a fetch-depth of 0"):
        base.find(tmp_path / "shallow", "main~7")
