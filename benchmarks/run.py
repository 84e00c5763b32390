"""Measure, and print what came of it: `make bench` does, and writes RESULTS.md.

While working on one number: `make bench ARGS="--only create --variants A/A ours --quick"` prints that alone.
"""

import argparse
import platform
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from benchmarks import server
from benchmarks.columns import COLUMNS, measure
from benchmarks.extras import EXTRAS
from benchmarks.method import Spread
from benchmarks.peers import OPENAPI_GENERATOR
from benchmarks.report import row, table
from benchmarks.variants import Make, floor, openapi_generator, ours, stock, structs

RESULTS = Path(__file__).with_name("RESULTS.md")
OURS = "ours"
VARIANTS: dict[str, tuple[str, Make]] = {
    "A/A": ("A/A: the floor against itself", floor.make),
    "stock": ("openapi-python-client, stock", stock.make),
    "urllib3": ("openapi-generator, urllib3", openapi_generator.make_urllib3),
    "asyncio": ("openapi-generator, asyncio", openapi_generator.make_asyncio),
    "structs": ("limit: msgspec Structs over httpx", structs.make),
    OURS: ("**ours**", ours.make),
    "httpx2": ("**ours**, over clients of httpx2", ours.make_over_httpx2),
}
COMPARED = (
    "imprint-client", "httpx", "httpcore", "httpx2", "httpcore2",
    "openapi-python-client", "openapi-generator-cli", "urllib3", "pydantic",
    "aiohttp", "msgspec",
)  # fmt: skip


def main() -> None:
    arguments = _arguments()
    share = 3 if arguments.quick else 1
    with server.running() as address:
        columns = [name for name in COLUMNS if name in arguments.only]
        results = _results(address, columns, arguments.variants, share) if columns else {}
        extras = list(_extras(address, [name for name in EXTRAS if name in arguments.only], share))
    tables = [_compared(results, columns)] if columns else []
    tables += [table([["also", "wanted", "measured"], *extras])] if extras else []
    text = "\n\n".join(tables)
    print(text)
    if arguments.write:
        RESULTS.write_text(_document(text), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    everything = [*COLUMNS, *EXTRAS]
    parser.add_argument(
        "--only", nargs="+", choices=everything, default=everything, metavar="PART", help=", ".join(everything)
    )
    parser.add_argument("--variants", nargs="+", choices=[*VARIANTS], default=[*VARIANTS])
    parser.add_argument("--quick", action="store_true", help="a third of the samples")
    parser.add_argument("--write", action="store_true", help=f"write benchmarks/{RESULTS.name}")
    return parser.parse_args()


def _results(address: str, columns: Iterable[str], names: Iterable[str], share: int) -> dict[str, dict[str, Spread]]:
    """By variant and column, what it cost."""
    with ExitStack() as stack:
        made = {name: VARIANTS[name][1](address, stack) for name in names if _is_there(name)}
        results: dict[str, dict[str, Spread]] = {name: {} for name in names}
        own = floor.make(address, stack)
        for column in columns:
            with _timed(column):
                for name, spread in measure(COLUMNS[column], own, made, -(-COLUMNS[column].rounds // share)).items():
                    results[name][column] = spread
    return results


def _is_there(name: str) -> bool:
    return name not in OPENAPI_GENERATOR or find_spec(OPENAPI_GENERATOR[name]) is not None


def _extras(address: str, names: Iterable[str], share: int) -> Iterator[list[str]]:
    for name in names:
        extra = EXTRAS[name]
        with _timed(name):
            yield [extra.title, extra.wanted, extra.measure(address, -(-extra.rounds // share))]


@contextmanager
def _timed(part: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{part}: {time.monotonic() - began:.0f} s", file=sys.stderr)


def _compared(results: Mapping[str, Mapping[str, Spread]], columns: Sequence[str]) -> str:
    head = ["CPU time, ratio to the floor", *(COLUMNS[name].title for name in columns)]
    rows = [
        row(VARIANTS[name][0] + ("" if _is_there(name) else " (needs Java: not measured)"), results[name], columns)
        for name in results
    ]
    wanted = ["ours, wanted", *(f"<= {COLUMNS[name].wanted:.2f}" for name in columns)]
    return table([head, ["floor: httpx and json by hand", *("1" for _ in columns)], *rows, wanted])


def _document(text: str) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in COMPARED)
    return f"""# Results

Written by `make bench`. Each cell is the median of the samples' ratios to the floor, and in brackets the least and the
most. CPU time of the client's process, over loopback, without TLS; the server is another process. The A/A row says how
much of a difference is noise. All stand in one virtual environment: what the client requires, the floor has, too.

{text}

With Python {platform.python_version()} ({platform.system()}, {_cpu_model()}), {versions}.
"""


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", info.read_text(encoding="utf-8")) if info.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
