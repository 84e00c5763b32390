"""Print lines for people, JSON lines for programs, and a progress bar on a terminal."""

import getpass
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from imprint_bulk.files import plain


def say(*parts: object) -> None:
    """Print a line for people."""
    print(*parts)


def say_json(**fields: object) -> None:
    """Print a line for programs."""
    print(json.dumps(fields, default=plain))


def complain(problem: object) -> None:
    """Print what went wrong."""
    print(f"imprint: {problem}", file=sys.stderr)


def count(number: int, noun: str) -> str:
    """A number and its noun: 1 row, 2,000 rows."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def moment(seconds: float) -> str:
    """A time of day, in the time zone of this machine."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def api_key() -> str | None:
    """Get the API key from the environment or a hidden prompt. It is never an argument, which `ps` would show."""
    key = os.environ.get("IMPRINT_API_KEY")
    if not key and sys.stdin.isatty() and sys.stderr.isatty():
        key = getpass.getpass("Imprint API key: ", stream=sys.stderr)
    return key or None


class Changed(Protocol):
    """Called when a row changes from one state to another."""

    def __call__(self, before: Any, after: Any) -> None: ...


@contextmanager
def progress(counts: Counter[Any], *, shown: bool) -> Iterator[Changed]:
    """Show the progress of a file from `counts` of its rows by state, if `shown` and on a terminal."""
    if not (shown and sys.stderr.isatty()):
        yield lambda before, after: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    counts, began = counts.copy(), time.monotonic()
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.0f}/s"),
        TextColumn("{task.fields[refused]} refused"),
        TextColumn("{task.fields[unknown]} unknown"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        done = counts["recorded"] + counts["refused"]
        fields: dict[str, Any] = {"rate": 0.0, "refused": counts["refused"], "unknown": counts["unknown"]}
        task = bar.add_task("", total=counts.total(), completed=done, **fields)

        def changed(before: Any, after: Any) -> None:
            counts[before] -= 1
            counts[after] += 1
            now = counts["recorded"] + counts["refused"]
            rate = (now - done) / max(time.monotonic() - began, 0.1)
            unknown = counts["unknown"] + counts["sending"]
            bar.update(task, completed=now, rate=rate, refused=counts["refused"], unknown=unknown)

        yield changed
