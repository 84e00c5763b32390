"""The shell of publication.yml, run against a remote of its own with a `gh` that keeps what it was told."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

WORKFLOW = Path(__file__).resolve().parents[2] / ".github" / "workflows" / "publication.yml"
FETCH, PULL_REQUEST = (
    step["run"] for step in YAML(typ="safe").load(WORKFLOW.read_text())["jobs"]["vendor"]["steps"] if "run" in step
)
GH = """#!/bin/bash
printf '%s ' "$@" >> "$GH_SAID"; echo >> "$GH_SAID"
if [ "$1 $2" = "pr list" ]; then cat "$GH_PULL"; fi
"""
MAKE = """#!/bin/bash
if [ "$FROM" = fails ]; then echo "vendor: $FROM cannot be fetched" >&2; exit 2; fi
echo "$FROM" > openapi.yaml; echo "vendor: openapi.yaml now has $FROM"
"""


class Runner:
    """A machine of GitHub's with a fresh checkout of main."""

    def __init__(self, folder: Path) -> None:
        self.remote, self.folder = folder / "remote.git", folder
        stubs = folder / "stubs"
        stubs.mkdir()
        for name, text in (("gh", GH), ("make", MAKE)):
            (stubs / name).write_text(text)
            (stubs / name).chmod(0o755)
        (folder / "pull").write_text("")
        self.environment = {
            "PATH": f"{stubs}:{os.environ['PATH']}",
            "HOME": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "RUNNER_TEMP": str(folder),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GH_SAID": str(folder / "gh.txt"),
            "GH_PULL": str(folder / "pull"),
            "BASE": "main",
        }
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        self.commit("main", "openapi.yaml", "first\n")

    def git(self, *words: str, at: Path | None = None) -> str:
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *words]
        run = subprocess.run(
            command, cwd=at or self.folder, env=self.environment, check=True, capture_output=True, text=True
        )
        return run.stdout.strip()

    def commit(self, branch: str, name: str, text: str) -> None:
        """What a person pushes."""
        clone = self.folder / f"clone-{len(list(self.folder.iterdir()))}"
        self.git("clone", "--quiet", str(self.remote), str(clone))
        self.git("switch", "--quiet", *(() if self.branches() else ("--create",)), branch, at=clone)
        (clone / name).write_text(text)
        self.git("add", name, at=clone)
        self.git("commit", "--quiet", "--message", f"Change {name}", at=clone)
        self.git("push", "--quiet", "origin", branch, at=clone)

    def branches(self) -> list[str]:
        return self.git("branch", "--format=%(refname:short)", at=self.remote).split()

    def file(self, branch: str, name: str = "openapi.yaml") -> str:
        return self.git("show", f"{branch}:{name}", at=self.remote)

    def run(self, publication: str) -> str:
        """Both steps; returns what `gh` was told, without its question for the pull request."""
        said = self.folder / "gh.txt"
        said.write_text("")
        work = self.folder / f"work-{len(list(self.folder.iterdir()))}"
        self.git("clone", "--quiet", "--depth=1", f"file://{self.remote}", str(work))
        for script in (FETCH, PULL_REQUEST):
            environment = {**self.environment, "FROM": publication}
            run = subprocess.run(
                ["bash", "-e", "-c", script], cwd=work, env=environment, check=False, capture_output=True, text=True
            )
            if run.returncode:
                return f"exit {run.returncode}: {run.stderr}"
        if "pr create" in said.read_text():
            (self.folder / "pull").write_text("7\n")
        return "".join(
            line for line in said.read_text().splitlines(keepends=True) if not line.startswith(("pr list", "auth"))
        )

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text()


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_without_an_address_it_says_so_and_ends_well(runner: Runner) -> None:
    assert runner.run("") == ""
    assert "IMPRINT_PUBLICATION is not set" in runner.summary
    assert runner.branches() == ["main"]


def test_a_fetch_that_fails_fails_the_run(runner: Runner) -> None:
    assert runner.run("fails").startswith("exit 2: vendor: fails cannot be fetched")


def test_an_unchanged_publication_opens_nothing(runner: Runner) -> None:
    assert runner.run("first") == ""
    assert "openapi.yaml matches what Imprint publishes." in runner.summary
    assert runner.branches() == ["main"]


def test_a_changed_publication_opens_one_pull_request_and_starts_regeneration(runner: Runner) -> None:
    said = runner.run("second")

    assert said.splitlines()[0].startswith("pr create --base main --head publication")
    assert said.splitlines()[1] == "workflow run regenerate.yml --ref publication "
    assert runner.file("publication") == "second"
    assert "openapi.yaml now has second" in (runner.folder / "body.md").read_text()


def test_the_same_publication_on_the_next_day_changes_nothing(runner: Runner) -> None:
    runner.run("second")
    before = runner.git("rev-parse", "publication", at=runner.remote)

    assert runner.run("second") == ""
    assert runner.git("rev-parse", "publication", at=runner.remote) == before
    assert "has this publication already" in runner.summary


def test_a_second_change_goes_on_top_of_what_people_have_done_meanwhile(runner: Runner) -> None:
    runner.run("second")
    runner.commit("publication", "by-hand.txt", "kept\n")

    assert runner.run("third") == "workflow run regenerate.yml --ref publication \n"
    assert (runner.file("publication"), runner.file("publication", "by-hand.txt")) == ("third", "kept")


def test_a_branch_left_by_an_earlier_pull_request_is_replaced(runner: Runner) -> None:
    runner.run("second")
    (runner.folder / "pull").write_text("")  # merged or closed, its branch left
    runner.commit("main", "on-main.txt", "there\n")

    assert "pr create" in runner.run("third")
    assert (runner.file("publication"), runner.file("publication", "on-main.txt")) == ("third", "there")


def test_a_publication_that_is_taken_back_closes_the_pull_request(runner: Runner) -> None:
    runner.run("second")

    assert runner.run("first").startswith("pr close 7 --delete-branch")


def test_the_workflow_may_do_what_its_shell_does_and_no_more() -> None:
    workflow: dict[Any, Any] = YAML(typ="safe").load(WORKFLOW.read_text())
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["vendor"]["permissions"] == {
        "contents": "write",
        "pull-requests": "write",
        "actions": "write",
    }
