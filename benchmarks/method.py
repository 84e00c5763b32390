"""How a ratio is measured, on machines whose speed drifts by 30 to 90%.

Each sample of a variant is taken between two samples of the floor, and divided by their mean; the order is rotated from
round to round, so that no variant always comes after the same one. What is sampled is CPU time, since loopback and the
other processes of a machine are not what is compared. The floor measured against itself (the A/A row) says how much of
a difference is noise.
"""

import gc
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

Sampler = Callable[[], float]
"""Does its work once, and says what that cost."""


class Spread(NamedTuple):
    """What the samples gave."""

    least: float
    median: float
    most: float


def compare(floor: Sampler, variants: Mapping[str, Sampler], rounds: int) -> dict[str, Spread]:
    """What each variant costs, as a ratio to the floor."""
    ratios: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds):
        before = floor()
        for name in rotated(list(variants), number):
            taken = variants[name]()
            after = floor()
            ratios[name].append(taken / ((before + after) / 2))
            before = after
    return {name: spread(values) for name, values in ratios.items()}


def rotated(names: Sequence[str], number: int) -> list[str]:
    """The names in the order of round `number`: backwards in every other one, each time beginning with another."""
    names = list(names) if number % 2 == 0 else list(reversed(names))
    start = number // 2 % len(names) if names else 0
    return names[start:] + names[:start]


def spread(values: Sequence[float]) -> Spread:
    return Spread(min(values), median(values), max(values))


def cpu(work: Callable[[], object], times: int = 1, clock: Callable[[], float] = time.process_time) -> Sampler:
    """Samples the CPU time of this process, all its threads, for so many runs of `work`."""

    def sample() -> float:
        began = clock()
        for _ in range(times):
            work()
        return clock() - began

    return sample


def cpu_of_child(command: Sequence[str]) -> Sampler:
    """Samples the CPU time of a whole child process, a Python with no setting of ours: it may write compiled files."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def sample() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return sample


@contextmanager
def settled() -> Iterator[None]:
    """What exists by now is left out of garbage collection: a variant must not pay for the modules of the others."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
