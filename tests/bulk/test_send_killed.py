"""`imprint send`, killed with SIGKILL at random moments while Imprint has a bad day: nothing twice, nothing missing.

The command runs in processes of its own. Their clock is ahead by what the test says, so that nobody waits for the
settle wait of 900 s; what is late lands, at the latest, before a clock is set ahead by that.
"""

import contextlib
import multiprocessing
import os
import random
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from imprint_bulk import cli, journal, send
from imprint_client import RetryPolicy
from imprint_sandbox import Sandbox, SandboxFault

from .support import imprint, rows, write

KILLS = 12
ORDERS = 20
SOON = RetryPolicy(deadline=0.4, first_wait=0.02, longest_wait=0.1)
BAD_DAY: list[tuple[str, SandboxFault]] = [
    *[
        (operation, fault)
        for operation in ("createOrder", "postOrderEvent")
        for fault in (
            SandboxFault(answer="cut"),
            SandboxFault(answer="cut", write="made"),
            SandboxFault(answer="cut", write="late", settles_after=3),
            SandboxFault(answer="cut", write="late"),
            SandboxFault(status=503, write="late"),
            SandboxFault(write="unseen", answer="cut"),
            SandboxFault(status=503, headers={"Retry-After": "0.01"}),
            SandboxFault(status=503, write="made"),
            SandboxFault(status=429, headers={"Retry-After": "0.05"}),
            SandboxFault(delay=0.05),
            SandboxFault(answer="cut_in_body"),
        )
    ],
    *[
        (operation, fault)
        for operation in ("listOrders", "listOrderEvents")
        for fault in (
            SandboxFault(status=503),
            SandboxFault(status=429, headers={"Retry-After": "0.05"}),
            SandboxFault(answer="cut"),
            SandboxFault(delay=0.05),
        )
    ],
]
# Forks of a process that has imported everything: starting the command anew takes a third of a second of CPU time.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["imprint_bulk.cli", "tests.bulk.support"])


def run_command(file: Path, environment: dict[str, str], ahead: float) -> None:
    """In a process of its own."""
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    real = time.time
    time.time = lambda: real() + ahead
    journal.DURABILITY = "OFF"  # it is killed, but there is no loss of power
    cli.RETRY = SOON
    send.PAUSES_SECONDS = (0.01, 0.1)
    cli.app(["send", str(file), "--concurrency", "8"])


class Day:
    """A file that is sent while the process is killed now and then."""

    def __init__(self, seed: int, folder: Path, sandbox: Sandbox, kills: int) -> None:
        self.chance, self.sandbox, self.kills = random.Random(seed), sandbox, kills  # noqa: S311 - a test
        self.file = write(folder / "file.jsonl", rows(ORDERS))
        self.environment = {"IMPRINT_API_KEY": sandbox.api_key, "IMPRINT_BASE_URL": sandbox.url}
        self.ahead = 0.0

    def live(self, *, settled: bool) -> list[int]:
        """Live through the kills, and on until all is recorded; the exit codes of the runs that ended themselves."""
        for _ in range(self.kills):
            for operation, fault in self.chance.choices(BAD_DAY, k=6):
                self.sandbox.fail(operation, fault)
            self._run(kill_after=self.chance.randint(0, 3 * ORDERS * 2 // self.kills))
            if self.chance.random() < 0.4:
                self._go_ahead(settled)
        self.sandbox.heal()
        codes = []
        for _ in range(4 + ORDERS):
            codes.append(self._run())
            if codes[-1] == 0:
                break
            self._go_ahead(settled)
        self.sandbox.settle()
        return codes

    def _go_ahead(self, settled: bool) -> None:
        if settled:
            self.sandbox.settle()
        self.ahead += 1000

    def _run(self, kill_after: int | None = None) -> int:
        arrived = len(self.sandbox.requests)
        process = _PROCESSES.Process(target=run_command, args=(self.file, self.environment, self.ahead))
        process.start()
        killer = threading.Thread(target=self._kill, args=(process, arrived + (kill_after or 0)))
        if kill_after is not None:
            killer.start()
        process.join()
        if kill_after is not None:
            killer.join()
        return process.exitcode or 0

    def _kill(self, process: Any, requests: int) -> None:
        """When so many requests have arrived, or a little later; or never, if they do not."""
        while len(self.sandbox.requests) < requests and process.is_alive():
            with contextlib.suppress(TimeoutError):
                self.sandbox.wait_for_requests(requests, timeout=0.1)
        process.join(self.chance.choice([0, 0, 0.001, 0.003, 0.01]))
        process.kill()

    def wrong(self) -> list[str]:
        """Orders and events that are not there once, and orders whose events are not in turn."""
        recorded = defaultdict(list)
        for each in self.sandbox.orders:
            recorded[each["partner_order_id"][2:]].append(each["partner_order_id"])
        for each in self.sandbox.events:
            recorded[each["partner_event_id"][2:]].append(each["partner_event_id"])
        return [
            f"{number}: {recorded[number]}"
            for number in map(str, range(ORDERS))
            if recorded[number] != [f"o-{number}", f"e-{number}", f"r-{number}"]
        ]


def check_a_day(seed: int, folder: Path, sandbox: Sandbox, kills: int) -> None:
    day = Day(seed, folder, sandbox, kills)

    codes = day.live(settled=True)

    assert codes[-1] == 0, codes
    assert set(codes[:-1]) <= {3}, codes
    assert day.wrong() == []
    assert imprint("status", f"{day.file}.journal").code == 0


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_run_records_nothing_twice_and_misses_nothing(seed: int, tmp_path: Path, sandbox: Sandbox) -> None:
    check_a_day(seed, tmp_path, sandbox, kills=5)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(20))
def test_a_run_that_is_killed_twelve_times_does_so_too(seed: int, tmp_path: Path, sandbox: Sandbox) -> None:
    check_a_day(seed, tmp_path, sandbox, kills=KILLS)


@pytest.mark.thorough
def test_with_a_settle_wait_that_is_too_short_something_is_recorded_twice(tmp_path: Path, sandbox: Sandbox) -> None:
    """The clock is set ahead while requests are still running: so the tests above can fail."""
    wrong = []
    for seed in range(20):
        folder = tmp_path / str(seed)
        folder.mkdir()
        day = Day(seed, folder, sandbox, KILLS)
        day.live(settled=False)
        wrong += day.wrong()
        sandbox.reset()

    assert wrong
