"""The page of the command `imprint`: what its `--help` says, as a page."""

from collections.abc import Iterator
from typing import Any

import typer.main
from imprint_bulk.cli import app


def command_page() -> str:
    """The page, in Markdown."""
    command: Any = typer.main.get_command(app)
    context: Any = command.context_class(command, info_name="imprint")
    lines = ["# The command `imprint`", "", "```sh", "pip install 'imprint-client[cli]'", "```", ""]
    lines += [_prose(command.help or ""), ""]
    lines += ["This page is what `imprint COMMAND --help` prints.", ""]
    for name in command.list_commands(context):
        lines += _command(name, command.get_command(context, name), context)
    return "\n".join(lines) + "\n"


def _command(name: str, command: Any, parent: Any) -> Iterator[str]:
    context = command.context_class(command, info_name=name, parent=parent)
    yield f"## imprint {name}\n"
    subcommands = getattr(command, "list_commands", None)
    if subcommands is not None:
        yield _prose(command.help or "") + "\n"
        for each in subcommands(context):
            yield from _command(f"{name} {each}", command.get_command(context, each), parent)
        return
    yield f"```text\nimprint {name} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    yield _prose(command.help or "") + "\n"
    rows = [record for each in command.params if (record := each.get_help_record(context))]
    if rows:
        yield "| option | |\n|---|---|"
        yield from (f"| `{_cell(option)}` | {_cell(text)} |" for option, text in rows)
        yield ""


def _prose(text: str) -> str:
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
