"""`python -m tools.review`: what it compares, what it says, and how it ends."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.generation.support import ROOT, root_of
from tools.generate import PACKAGE, generate
from tools.review import __main__ as command
from tools.review import mend, report, wire
from tools.review.change import Change, Impact

from .mutations import CONTRACT, Edit, all_of, edited, put

TEXT = {"type": "string"}


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.test")
    subprocess.run(["git", "-C", root, *identity, *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository: a commit without a contract, and one with the contract and what is generated from it."""
    folder = tmp_path_factory.mktemp("repository")
    root = root_of(folder, CONTRACT)
    shutil.rmtree(root / "generated")
    state(root, "0.1.0", "")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Before there was a client")
    (root / "generated").mkdir()
    generate(root, folder).rename(root / PACKAGE)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Generated")
    return root


@pytest.fixture
def root(committed: Path, tmp_path: Path) -> Path:
    """A copy of that repository, to change."""
    return Path(shutil.copytree(committed, tmp_path / "copy"))


def state(root: Path, version: str, news: str) -> None:
    (root / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
    (root / "CHANGELOG.md").write_text(f"## [Unreleased]\n\n{news}\n\n## [0.1.0] - 2026-01-01\n\n- First\n")


def change(root: Path, edit: Edit) -> None:
    (root / "openapi.yaml").write_text(json.dumps(edited(edit)))


def review(root: Path, monkeypatch: pytest.MonkeyPatch, said: list[Change] | None = None) -> int:
    """The command, in this process; `said` is what the wire layer says."""
    monkeypatch.setattr(wire, "compare", lambda *_: said or [])
    monkeypatch.setattr(mend, "type_errors", lambda *_: ([], []))
    monkeypatch.setattr(sys, "argv", ["review", "HEAD", "--root", str(root)])
    return command.main()


def rows(root: Path) -> list[str]:
    return [line for line in (root / "review.md").read_text().splitlines() if line.startswith("| `")]


@pytest.mark.parametrize(
    ("base", "problem"),
    [
        ("nonsense", "BASE=nonsense names no commit"),
        ("", "BASE is not given, and nothing is uncommitted: make review BASE=<a commit, a branch or a tag>"),
        ("--help", "BASE=--help names no commit"),
        ("HEAD:openapi.yaml", "BASE=HEAD:openapi.yaml names no commit"),
        ("HEAD~1", "BASE=HEAD~1 has no contract to compare with: no generated/imprint_api/openapi.json"),
        ("\x1b[31m\n", "BASE=\\x1b[31m names no commit"),
    ],
)
def test_a_base_that_cannot_be_read_is_told_in_one_line(
    base: str, problem: str, committed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["review", f"--root={committed}", "--", base])

    assert command.main() == 2
    assert capsys.readouterr() == ("", f"review: {problem}\n")


def test_no_change_fits_every_version(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert review(root, monkeypatch) == 0
    assert capsys.readouterr().out.startswith("No change.\n")
    assert "**No change.**\n\nCompared with" in (root / "review.md").read_text()
    assert "That commit is checked out, and nothing is uncommitted" in (root / "review.md").read_text()


def test_what_an_installation_requires_is_reviewed_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state(root, "0.2.0", "- Requires httpx")
    with (root / "pyproject.toml").open("a") as project:
        project.write('dependencies = ["httpx"]\n')

    assert review(root, monkeypatch) == 0
    assert rows(root) == ["| `requirements.httpx` |  | is new |"]


def test_what_is_not_generated_yet_is_reviewed_and_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change(root, put("NewOrder>properties>phone", TEXT))

    assert review(root, monkeypatch) == 1
    assert rows(root) == ["| `NewOrder.phone` (sent) |  | is new |"]
    assert "`generated/` is out of date" in (root / "review.md").read_text()
    assert "set version 0.2.0 or higher in pyproject.toml, which says 0.1.0" in capsys.readouterr().out


def test_both_layers_have_one_name_for_one_thing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit = all_of(put("Order>properties>kind>enum", ["a", "b", "c"]), put("get /orders>operationId", "findOrders"))
    change(root, edit)
    state(root, "0.2.0", "- **Breaking (names):** Another name")
    said = [
        Change("Order", "kind", Impact.ADDED, "said of the member"),
        Change("GET /orders", "", Impact.BREAKING, "said of the operation"),
    ]

    assert review(root, monkeypatch, said) == 0
    operation, member = rows(root)
    moved = "`orders.find_orders` takes the place of `orders.list_orders`"
    assert operation == f"| `GET /orders` | said of the operation | {moved} |"
    assert member == "| `Order.kind` (received) | said of the member | `OrderKind`: `C` is new |"


def test_a_parameter_has_one_row(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(root, put("get /orders>parameters>3>schema>default", "a"))

    assert review(root, monkeypatch, [Change("GET /orders", "X-Trace", Impact.NOTED, "said of it")]) == 1
    assert "| `GET /orders x_trace` | said of it | default changed from `UNSET` to `'a'` |" in rows(root)


@pytest.mark.thorough
def test_a_schema_is_called_as_its_class(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "generator-config.yaml").write_text("class_overrides: {Order: {class_name: Receipt, module_name: receipt}}")

    assert review(root, monkeypatch, [Change("Order", "", Impact.NOTED, "`Order` holds `order`")]) == 1
    assert "| `Receipt` (received) | holds `order` | is new |" in rows(root)


@pytest.mark.thorough
def test_a_change_of_a_template_alone_is_reviewed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = root / "generator-templates" / "model.py.jinja"
    template.write_text(template.read_text().replace("def additional_keys", "def other_keys"))

    assert review(root, monkeypatch) == 1
    gone, new = rows(root)
    assert gone.startswith("| `Bank.additional_keys` (received)<br>`Company.additional_keys` (sent)<br>")
    assert gone.endswith(" |  | is gone |")
    assert new.endswith(" |  | is new |")


@pytest.mark.parametrize(
    ("name", "text"), [("openapi.yaml", "openapi: 3.0.3"), ("generator-config.yaml", "nonsense: true")]
)
def test_a_tree_that_cannot_be_read_is_told_in_one_line(
    name: str, text: str, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / name).write_text(text)
    (root / "review.md").write_text("of something else")

    assert review(root, monkeypatch) == 2
    assert not (root / "review.md").exists()
    assert capsys.readouterr().err.startswith(f"review: {name} ")


@pytest.mark.thorough
@pytest.mark.parametrize("problem", [RuntimeError("unexpected"), BrokenPipeError("nobody reads")])
def test_what_nobody_expected_is_no_verdict(
    problem: Exception, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(report, "plain", fail)

    assert review(root, monkeypatch) == 2
    assert str(problem) in capsys.readouterr().err


@pytest.mark.thorough
def test_nobody_reading_is_no_verdict(root: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "tools.review", "--root", root, "HEAD"], stdout=writing, check=False, cwd=ROOT
    )
    os.close(writing)

    assert done.returncode not in (0, 1)


def test_without_node_the_python_layer_is_done_and_the_rest_is_named(root: Path, tmp_path: Path) -> None:
    change(root, put("NewOrder>properties>phone", TEXT))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(shutil.which("git") or "")

    done = subprocess.run(
        [sys.executable, "-m", "tools.review", "--root", root, "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path / "bin")},
    )

    assert done.returncode == 2, done.stderr
    assert done.stdout.startswith("This is not all: the wire was not compared. Install Node.js")
    assert rows(root) == ["| `NewOrder.phone` (sent) |  | is new |"]
