"""What the pages of docs/ show is what happens: their Python and terminal blocks run, against a sandbox.

The Python blocks of a page run in order, in one namespace, and then its functions named test_*. A `text` block after a
Python block is what that prints. In a `console` block, `$` marks a command and the rest is its output. `...` stands for
anything. A `json` block with a title is a file, and a `curl` in an `sh` block is sent.
"""

import contextlib
import io
import re
import shlex
import subprocess
import textwrap
from pathlib import Path
from typing import Any, NamedTuple, get_args

import httpx
import pytest
from imprint_bulk.cli import app
from imprint_sandbox import Sandbox, SandboxFault
from imprint_sandbox.faults import AnswerKind
from typer.testing import CliRunner

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w+)(?: title=\"(?P<title>.*?)\")?\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)
SNIPPET = "--8<--"


class Block(NamedTuple):
    kind: str
    title: str | None
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["kind"], found["title"], textwrap.dedent(found["text"]), text[: found.start("text")].count("\n"))
        for found in FENCE.finditer(text)
    ]


PAGES = {str(page.relative_to(DOCS)): blocks(page) for page in sorted(DOCS.rglob("*.md"))}
RUN = [name for name, shown in PAGES.items() if any(block.kind in ("python", "console") for block in shown)]


@pytest.mark.parametrize("name", RUN)
def test_what_a_page_shows_happens(
    name: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMPRINT_API_KEY", sandbox.api_key)
    monkeypatch.setenv("IMPRINT_BASE_URL", sandbox.url)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "page"}
    printed: str | None = None

    for block in PAGES[name]:
        if block.kind == "python" and SNIPPET not in block.text:
            # The line numbers are the page's own, for whoever must mend it.
            code = compile("\n" * block.line + block.text, str(DOCS / name), "exec")
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(code, namespace)  # noqa: S102 - our own text
            printed = output.getvalue()
            continue
        if block.kind == "text" and printed is not None:
            assert_shown(block.text, printed)
        elif block.kind == "console":
            run_session(block.text)
        elif block.kind == "sh" and block.text.startswith("curl"):
            send(block.text, sandbox)
        elif block.title is not None:
            Path(block.title).write_text(block.text, encoding="utf-8")
        printed = None

    for test in (value for key, value in namespace.items() if key.startswith("test_")):
        test()


def run_session(text: str) -> None:
    for step in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, expected = step.partition("\n")
        program, *arguments = shlex.split(command)
        if program == "imprint":
            result = CliRunner().invoke(app, arguments)
            assert result.exception is None or isinstance(result.exception, SystemExit), result.output
            assert_shown(expected, result.stdout)
        else:
            subprocess.run([program, *arguments], check=True)


def send(command: str, sandbox: Sandbox) -> None:
    arguments = shlex.split(command.replace("\\\n", " "))
    url = next(each for each in arguments if each.startswith("http://"))
    path, body = httpx.URL(url).path, arguments[arguments.index("-d") + 1]
    assert httpx.post(sandbox.url + path, content=body).is_success


def assert_shown(shown: str, printed: str) -> None:
    pattern = ".*".join(map(re.escape, shown.strip().split("...")))
    assert re.fullmatch(pattern, printed.strip(), re.S), f"shown:\n{shown}\nprinted:\n{printed}"


def test_each_fault_of_the_table_can_be_made() -> None:
    table = (
        (DOCS / "reference/sandbox.md")
        .read_text(encoding="utf-8")
        .partition("`SandboxFault(...)`")[2]
        .partition("\n\n")[0]
    )

    made = [
        eval(f"SandboxFault({fields})", {"SandboxFault": SandboxFault})  # noqa: S307
        for fields in re.findall(r"\| `(.*)` \|$", table, re.M)
    ]

    assert len(made) > 10
    assert {fault.answer for fault in made} >= set(get_args(AnswerKind))


def test_each_example_is_shown_by_a_guide() -> None:
    examples = {path.name for path in (DOCS.parent / "examples").glob("[a-z]*.py")}
    shown = set(
        re.findall(r"^--8<--\nexamples/(\w+\.py)$", "".join(p.read_text("utf-8") for p in DOCS.rglob("*.md")), re.M)
    )

    assert shown == examples
