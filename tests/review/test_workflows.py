"""The shell steps of the workflows, as GitHub runs them: real git and our commands, a stub for gh, a local remote."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.generation.support import FITTING_OVERLAY, ROOT

from .mutations import TEXT, Edit, drop, put
from .test_review import change, committed, git

__all__ = ["committed"]  # a fixture
pytestmark = pytest.mark.thorough  # each generates and reviews in processes of its own

GH = """#!/bin/sh
echo "$@" >> "$LOG"
case "$*" in "pr list"*) echo "$PULL" ;; esac
"""
MAKE = """#!/bin/sh
export PYTHONPATH="$PROJECT"
case "$1" in
  generate) exec "$PYTHON" -m tools.generate --root "$PWD" --drop-stale ;;
  review) exec "$PYTHON" -m tools.review --root "$PWD" -- "${2#BASE=}${BASE:-}" ;;
esac
"""
STALE = "  - target: $.info.nothing\n    description: It has gone.\n    remove: true\n"


class Runner:
    """A clone of a bare remote, in which steps run."""

    def __init__(self, origin: Path, folder: Path, branch: str) -> None:
        self.folder, self.branch, self.remote = folder, branch, folder / "remote.git"
        git(folder, "clone", "--quiet", "--bare", str(origin), "remote.git")
        git(folder, "clone", "--quiet", "remote.git", "work")
        self.work = folder / "work"
        git(self.work, "switch", "--quiet", "--create", branch)
        for name, script in (("gh", GH), ("make", MAKE)):
            (folder / "bin").mkdir(exist_ok=True)
            (folder / "bin" / name).write_text(script)
            (folder / "bin" / name).chmod(0o755)

    def run(self, workflow: str, job: str, pull: str = "") -> int:
        """The shell steps of a job, in turn; the status of the last, which may be wrong."""
        self.temporary = self.folder / f"temp{len(list(self.folder.glob('temp*')))}"
        self.temporary.mkdir()
        known = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "LOG": str(self.temporary / "gh.txt"),
            "PULL": pull,
            "PYTHON": sys.executable,
            "PROJECT": str(ROOT),
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary.md"),
            "GITHUB_REF_NAME": self.branch,
            "GITHUB_SHA": "0123abc",
            "GITHUB_REPOSITORY": "owner/name",
        }
        status = 0
        for step in steps(workflow, job):
            given = {name: str(value).split(" ")[0] for name, value in step.get("env", {}).items()}
            given = {name: "origin/HEAD" if name == "BASE" else value for name, value in given.items()}
            done = subprocess.run(
                ["bash", "-e", "-c", step["run"]],
                cwd=self.work,
                env={**known, **given},
                check=False,
                capture_output=True,
            )
            status = done.returncode
        return status

    def said(self, name: str) -> str:
        path = self.temporary / name
        return path.read_text() if path.is_file() else ""

    def pushed(self) -> list[str]:
        done = subprocess.run(
            ["git", "-C", self.remote, "ls-tree", "-r", "--name-only", f"regenerate/{self.branch}"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.splitlines()


def steps(workflow: str, job: str) -> list[dict[str, Any]]:
    text = (ROOT / ".github" / "workflows" / f"{workflow}.yml").read_text()
    found = YAML(typ="safe").load(text)["jobs"][job]["steps"]
    return [step for step in found if "run" in step]


@pytest.fixture
def runner(committed: Path, tmp_path: Path) -> Runner:
    return Runner(committed, tmp_path, "feature/new")  # with a slash


def commit(runner: Runner) -> None:
    git(runner.work, "commit", "--quiet", "--all", "--message", "Change the contract")


def test_nothing_to_generate_opens_no_pull_request_and_closes_one(runner: Runner) -> None:
    assert runner.run("regenerate", "regenerate", pull="7") == 0

    assert "pr close 7 --delete-branch" in runner.said("gh.txt")
    assert runner.pushed() == []


@pytest.mark.parametrize(
    ("edit", "is_draft"),
    [(put("NewOrder>properties>phone", TEXT), False), (drop(">paths>/orders/{order_id}>delete"), True)],
)
def test_a_change_opens_a_pull_request_that_is_a_draft_if_hand_work_is_needed(
    edit: Edit, is_draft: bool, runner: Runner
) -> None:
    client = runner.work / "overrides" / "imprint_client"
    client.mkdir(parents=True)
    (client / "__init__.py").write_text('OPERATION = "deleteOrder"\n')
    git(runner.work, "add", "--all")
    change(runner.work, edit)
    commit(runner)

    assert runner.run("regenerate", "regenerate") == 0

    created = runner.said("gh.txt").splitlines()[-1]
    assert created.startswith("pr create --base feature/new --head regenerate/feature/new")
    assert created.endswith("--draft") == is_draft
    assert runner.said("body.md").startswith("The client was generated, but" if is_draft else "## Review of the API")
    assert "generated/imprint_api/openapi.json" in runner.pushed()


def test_a_second_push_replaces_the_branch_and_updates_the_pull_request(runner: Runner) -> None:
    change(runner.work, put("NewOrder>properties>phone", TEXT))
    commit(runner)
    runner.run("regenerate", "regenerate")
    git(runner.work, "switch", "--quiet", "feature/new")
    git(runner.work, "branch", "--delete", "--force", "--quiet", "regenerate/feature/new")
    change(runner.work, put("NewOrder>properties>fax", TEXT))
    commit(runner)

    assert runner.run("regenerate", "regenerate", pull="7") == 0

    said = runner.said("gh.txt").splitlines()
    assert said[-2].startswith("api --silent --method PATCH repos/owner/name/pulls/7 --field body=@")
    assert said[-1] == "pr ready 7"
    assert "`NewOrder.fax`" in runner.said("body.md")


def test_a_stale_action_is_deleted_in_the_pull_request(runner: Runner) -> None:
    (runner.work / "openapi.overlay.yaml").write_text(FITTING_OVERLAY + STALE)
    commit(runner)

    assert runner.run("regenerate", "regenerate") == 0

    assert "matches nothing; is it stale? Deleted." in runner.said("body.md")
    assert "pr create" in runner.said("gh.txt")
    assert "It has gone" not in (runner.work / "openapi.overlay.yaml").read_text()


def test_a_contract_that_is_refused_opens_a_draft_that_says_why(runner: Runner) -> None:
    change(runner.work, put("NewOrder>properties>kind", {"type": "string", "enum": ["a", "A"]}))
    commit(runner)

    assert runner.run("regenerate", "regenerate") == 0

    assert runner.said("gh.txt").splitlines()[-1].endswith("--draft")
    assert runner.said("body.md").startswith("The client could not be generated.")
    assert "### To mend by hand" in runner.said("body.md")


def test_the_review_of_a_pull_request_is_its_summary_and_its_verdict(runner: Runner) -> None:
    change(runner.work, put(">info>version", "1.1"))
    commit(runner)

    status = runner.run("ci", "review")

    assert "## Review of the API since `HEAD^1`" in runner.said("summary.md")
    assert status == (0 if has_node() else 2)


def has_node() -> bool:
    return shutil.which("node") is not None and (ROOT / "tools" / "review" / "node_modules").is_dir()
