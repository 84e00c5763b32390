"""The generator's templates that we had to fork: which upstream text each came from, why, and when it can go."""

import hashlib
import re
from importlib.metadata import version
from pathlib import Path

import openapi_python_client
import pytest

from .support import ROOT

FORKS = ROOT / "generator-templates"
UPSTREAM = Path(openapi_python_client.__file__).parent / "templates"

# SHA-256 of the upstream template under each fork. When one differs, compare the two upstream texts, carry over into
# the fork what matters, and only then write the new sum here.
UPSTREAM_SUMS = {
    "endpoint_module.py.jinja": "c1b2628053eb4875ba59566baa5ae907666f9cbfafa308d93f970a4404b7cd52",
    "model.py.jinja": "fd1c79680d51c06cfbb89809ad123750ba9add98b688036c04cabbf1f8ba40a0",
    "str_enum.py.jinja": "e4979a5e6b338351eda8bdac534017cfbeb51a809b494fd3c632db39414817fc",
    "types.py.jinja": "93df9d75883a4eafac77dd21bc6907f3ef612e3f7841e08656618dcf6c4ce494",
}
OURS = {"readers.jinja"}


def first_comment(name: str) -> str:
    text = (FORKS / name).read_text()
    found = re.match(r"\{#(.*?)#\}", text, re.DOTALL)
    assert found is not None, f"{name} does not begin with a comment"
    return " ".join(found[1].split())


def test_the_forks_are_those_listed_here() -> None:
    templates = {path.relative_to(FORKS).as_posix() for path in FORKS.rglob("*") if path.is_file()}
    upstream = {path.relative_to(UPSTREAM).as_posix() for path in UPSTREAM.rglob("*") if path.is_file()}

    assert templates & upstream == set(UPSTREAM_SUMS)
    assert templates - upstream == OURS


@pytest.mark.parametrize("name", UPSTREAM_SUMS)
def test_the_upstream_template_under_a_fork_is_the_one_that_was_forked(name: str) -> None:
    assert hashlib.sha256((UPSTREAM / name).read_bytes()).hexdigest() == UPSTREAM_SUMS[name]


@pytest.mark.parametrize("name", UPSTREAM_SUMS)
def test_a_fork_says_what_it_was_forked_from_why_and_when_it_can_go(name: str) -> None:
    comment = first_comment(name)

    assert comment.startswith(f"Forked from openapi-python-client {version('openapi-python-client')}. Why: ")
    assert re.search(r"upstream issue", comment)
    assert re.search(r"fork can go when ", comment)


@pytest.mark.parametrize("name", OURS)
def test_a_template_of_our_own_says_that_it_is_no_fork(name: str) -> None:
    assert first_comment(name).startswith("Ours, not a fork: ")
