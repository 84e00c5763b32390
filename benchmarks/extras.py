"""What one number in the table cannot say about our client: below the table, each with what was wanted."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import NamedTuple

from imprint_client import Imprint

from benchmarks.columns import COLUMNS, measure
from benchmarks.method import Sampler, Spread, compare, cpu, settled
from benchmarks.report import shown
from benchmarks.variants import Variant, floor, ours
from benchmarks.workload import API_KEY, new_event, page

THREADS = 20
MEMORY_EVENTS = 200_000


class Extra(NamedTuple):
    title: str
    wanted: str
    measure: Callable[[str, int], str]
    """Takes the server's address and the number of rounds."""
    rounds: int


def _own_client(address: str, rounds: int) -> str:
    with ExitStack() as stack:
        variants = {"own": ours.make_over_own_client(address, stack)}
        return shown(measure(COLUMNS["create"], floor.make(address, stack), variants, rounds)["own"])


def _memory(address: str, _: int) -> str:
    command = [sys.executable, "-m", "benchmarks.memory", address, str(MEMORY_EVENTS)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _second_client(_: str, rounds: int) -> str:
    def make() -> None:
        Imprint(API_KEY).close()

    make()
    sample = cpu(make)
    taken = [sample() * 1000 for _ in range(rounds)]
    return f"{median(taken):.2f} ms ({min(taken):.2f} to {max(taken):.2f})"


def _threads(address: str, rounds: int) -> str:
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(THREADS))
        by_cpu = _of_threads(ours.make(address, stack), pool, time.process_time, rounds)
        by_clock = _of_threads(ours.make(address, stack), pool, time.perf_counter, rounds)
        of_floor = _of_threads(floor.make(address, stack), pool, time.process_time, rounds)
    return f"CPU {shown(by_cpu)}, time {shown(by_clock)}; the floor's CPU {shown(of_floor)}"


def _of_threads(variant: Variant, pool: ThreadPoolExecutor, clock: Callable[[], float], rounds: int) -> Spread:
    """What creating costs in many threads, as a ratio to one."""
    create = variant.create
    assert create is not None
    each = 20

    def some(_: int) -> None:
        for _ in range(each):
            create()

    def many() -> None:
        list(pool.map(some, range(THREADS)))

    one = cpu(create, times=each * THREADS, clock=clock)
    many()
    with settled():
        return compare(one, {"many": cpu(many, clock=clock)}, rounds)["many"]


def _lines(address: str, rounds: int) -> str:
    """Each sample handles 1,000 lines: in events of 100 lines, or of fewer or more."""
    with ExitStack() as stack:
        variant = ours.make(address, stack)
        encoders = {lines: variant.encoder(new_event(lines)) for lines in (10, 100, 1000)}
        encode = {lines: cpu(work, times=1000 // lines) for lines, work in encoders.items()}
        pages = {lines: page(0, 1, 1, lines) for lines in encoders}
        decode = {lines: cpu(partial(variant.decode, answer), times=1000 // lines) for lines, answer in pages.items()}
        with settled():
            return f"encode: {_by_size(encode, rounds)}; decode: {_by_size(decode, rounds)}"


def _pages(address: str, rounds: int) -> str:
    """Each sample follows 1,000 pages of 10 events: in lists of 100 pages, or of fewer or more."""
    with ExitStack() as stack:
        count = ours.make(address, stack).count
        assert count is not None
        samplers = {pages: cpu(partial(count, pages * 10, 10), times=1000 // pages) for pages in (10, 100, 1000)}
        with settled():
            return _by_size(samplers, rounds)


def _by_size(samplers: Mapping[int, Sampler], rounds: int) -> str:
    """What each size costs, as a ratio to the size 100."""
    others = {f"{size:,}": sampler for size, sampler in samplers.items() if size != 100}
    found = compare(samplers[100], others, rounds)
    return ", ".join(f"{size}: {spread.median:.2f}" for size, spread in found.items())


EXTRAS = {
    "own": Extra("create, sync, through a caller's own httpx.Client: ratio to the floor", "<= 0.95", _own_client, 25),
    "memory": Extra(f"peak memory, {MEMORY_EVENTS:,} events listed: growth", "<= 3 MiB", _memory, 1),
    "second": Extra("making the second client of a process, CPU", "<= 0.5 ms", _second_client, 50),
    "threads": Extra(f"create in {THREADS} threads on one client, to one thread", "no worse", _threads, 5),
    "lines": Extra("a line in events of so many, to one in events of 100", "linear", _lines, 9),
    "pages": Extra("a page in lists of so many, to one in lists of 100", "linear", _pages, 5),
}
