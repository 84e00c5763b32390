"""From numbers to text: the table, and its cells."""

from collections.abc import Mapping, Sequence

from benchmarks.method import Spread

NOTHING = "-"


def table(lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its head first, whose columns stand under one another in plain text, too."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    head, *rows = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["-" * width for width in widths], *rows])


def row(name: str, results: Mapping[str, Spread], columns: Sequence[str]) -> list[str]:
    """What a variant cost in each column; where it was not measured, a dash."""
    return [name, *(shown(results[column]) if column in results else NOTHING for column in columns)]


def shown(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.least:.2f} to {spread.most:.2f})"
