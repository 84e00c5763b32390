"""README.md: its Python blocks run, in order, in one namespace, and what it names exists."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from imprint_sandbox import Sandbox

README = Path(__file__).resolve().parent.parent / "README.md"


def blocks() -> list[tuple[int, str]]:
    text = README.read_text(encoding="utf-8")
    return [
        (text[: found.start(1)].count("\n"), found[1])
        for found in re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S)
    ]


def test_the_examples_run(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPRINT_API_KEY", sandbox.api_key)
    monkeypatch.setenv("IMPRINT_BASE_URL", sandbox.url)
    namespace: dict[str, Any] = {"__name__": "readme"}

    for line, block in blocks():
        # The line numbers are README's own, for whoever must mend it.
        exec(compile("\n" * line + block, str(README), "exec"), namespace)  # noqa: S102 - our own text

    tests = [value for name, value in namespace.items() if name.startswith("test_")]
    for test in tests:
        test()
    assert (len(blocks()), len(tests)) == (3, 1)
    assert sandbox.events


def test_the_readme_speaks_of_this_version() -> None:
    text = README.read_text(encoding="utf-8")
    major, minor, _ = version("imprint-client").split(".")

    assert f"dist/imprint_client-{version('imprint-client')}-py3-none-any.whl" in text
    assert f"`imprint-client>={major}.{minor},<{major}.{int(minor) + 1}`" in text


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 200


def test_what_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!https)([^)#]+)", README.read_text(encoding="utf-8"))

    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []


def test_the_readme_names_only_make_targets_that_exist() -> None:
    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")

    for target in re.findall(r"`?make ([a-z-]+)", README.read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.M), target
