"""The outbox, on a real PostgreSQL: jobs deferred in the merchant's transaction, recorded once and in turn.

Its waits are real, and shorter than the default: a database has a clock of its own.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import random
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import procrastinate
import psycopg
import pytest
from imprint_bulk import cli, outbox
from imprint_client import AsyncImprint, InvalidRequestError, RetryPolicy
from imprint_sandbox import Sandbox, SandboxFault

from tests.bulk.support import imprint
from tests.support import make_event, make_order

from .conftest import end_sessions

SOON = RetryPolicy(deadline=0.5, first_wait=0.02, longest_wait=0.1)
SETTLE_SECONDS, STALLED_SECONDS = 3.0, 1.0
LATENESS_SECONDS = 1.0
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["imprint_bulk.cli", "imprint_bulk.outbox"])


@pytest.fixture
def app(database: str) -> procrastinate.App:
    assert imprint("outbox", "setup").code == 0
    return outbox.make_app(database)


def event(number: int, kind: str = "e", **members: Any) -> Any:
    return make_event(order_id="", partner_event_id=f"{kind}-{number}", **members)


def defer_orders(app: procrastinate.App, database: str, orders: int) -> None:
    """Each order, its capture and its refund, in one transaction."""
    with psycopg.connect(database) as connection:
        for number in range(orders):
            outbox.defer(app, make_order(partner_order_id=f"o-{number}"), connection=connection)
            for kind in "er":
                outbox.defer(app, event(number, kind), partner_order_id=f"o-{number}", connection=connection)


def work(app: procrastinate.App, until: Callable[[dict[str, int]], bool], settle_seconds: float = 0.1) -> str | None:
    """A worker in this process, until the jobs are as wanted, or it stops by itself; why it did."""

    async def run() -> str | None:
        async with app.open_async(), AsyncImprint(retry=SOON) as client:
            options: dict[str, Any] = {"settle_seconds": settle_seconds, "stalled_seconds": STALLED_SECONDS}
            worker = outbox.OutboxWorker(app, client, retry_policy=SOON, **options)
            working = asyncio.create_task(worker.run())
            async with asyncio.timeout(30):
                while not working.done() and not until((await outbox.status(app))[0]):  # noqa: ASYNC110 - a database
                    await asyncio.sleep(0.02)
            worker.stop("done")
            await working
            return worker.stop_reason

    return asyncio.run(run())


def ended(counts: dict[str, int]) -> bool:
    return not counts.keys() & {"todo", "doing"}


def sent(sandbox: Sandbox) -> list[str]:
    return [each["partner_order_id"] for each in sandbox.orders] + [each["partner_event_id"] for each in sandbox.events]


def test_a_job_is_there_if_and_only_if_the_transaction_commits(app: procrastinate.App, database: str) -> None:
    with psycopg.connect(database) as connection:
        outbox.defer(app, make_order(), connection=connection)
        connection.rollback()
        assert imprint("outbox", "status", "--json").json[-1]["jobs"] == {}
        outbox.defer(app, make_order(), connection=connection)

    assert imprint("outbox", "status", "--json").json[-1] == {"jobs": {"todo": 1}, "problems": 0, "exit_code": 3}


def test_what_would_be_refused_is_not_deferred(app: procrastinate.App, database: str) -> None:
    with psycopg.connect(database) as connection:
        with pytest.raises(InvalidRequestError, match="amount is 1"):
            outbox.defer(app, event(1, amount=1), partner_order_id="o-1", connection=connection)
        with pytest.raises(ValueError, match="partner_event_id is needed"):
            outbox.defer(app, make_event(partner_event_id=""), connection=connection)
        with pytest.raises(ValueError, match="partner_order_id in its place"):
            outbox.defer(app, event(1), connection=connection)

    assert imprint("outbox", "status").out == "0 jobs: none\n"


def test_jobs_can_be_deferred_asynchronously(app: procrastinate.App, database: str, imprint_there: Sandbox) -> None:
    async def defer() -> None:
        async with await psycopg.AsyncConnection.connect(database) as connection:
            await outbox.defer_async(app, make_order(), connection=connection)

    asyncio.run(defer())
    work(app, ended)

    assert sent(imprint_there) == ["o-1"]


def test_orders_and_events_are_recorded_in_turn(app: procrastinate.App, database: str, imprint_there: Sandbox) -> None:
    defer_orders(app, database, 5)

    work(app, ended)

    assert sorted(sent(imprint_there)) == sorted(f"{kind}-{number}" for kind in "oer" for number in range(5))
    assert {request.method for request in imprint_there.requests if request.operation == "createOrder"} == {"POST"}
    assert imprint("outbox", "status").code == 0


def test_an_event_of_unknown_outcome_is_ensured_after_the_settle_wait_and_holds_up_its_order(
    app: procrastinate.App, database: str, imprint_there: Sandbox
) -> None:
    imprint_there.fail("postOrderEvent", SandboxFault(status=503, write="late"))
    defer_orders(app, database, 1)

    work(app, lambda counts: counts.get("todo") == 2 and not counts.get("doing"), settle_seconds=1)
    assert sent(imprint_there) == ["o-0"]
    imprint_there.settle()
    work(app, ended)

    assert sent(imprint_there) == ["o-0", "e-0", "r-0"]


def test_what_a_person_must_look_at_is_listed_with_its_reason(
    app: procrastinate.App, database: str, imprint_there: Sandbox
) -> None:
    imprint_there.fail("postOrderEvent", SandboxFault(status=422))
    defer_orders(app, database, 1)
    with psycopg.connect(database) as connection:
        outbox.defer(app, event(9), partner_order_id="o-9", connection=connection)

    work(app, ended)

    ran = imprint("outbox", "status")
    assert (ran.code, "event 'e-0': POST /v2/order_events: 422" in ran.out) == (1, True)
    assert "event 'e-9': Imprint has no order with the partner_order_id 'o-9'" in ran.out
    assert "4 jobs: 2 failed, 2 succeeded" in ran.out


def test_a_wrong_key_stops_the_worker_and_the_job_stays(
    app: procrastinate.App, database: str, imprint_there: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    defer_orders(app, database, 1)
    monkeypatch.setenv("IMPRINT_API_KEY", "wrong")

    ran = imprint("outbox", "worker")

    assert (ran.code, "401" in ran.err) == (4, True)
    assert imprint("outbox", "status", "--json").json[-1]["jobs"] == {"todo": 3}


# --- Workers that die -------------------------------------------------------------------------------------------------


def run_worker(environment: dict[str, str]) -> None:
    """The command, in a process of its own."""
    os.environ.update(environment)
    logging.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    cli.RETRY = SOON
    outbox.FIRST_PAUSE_SECONDS = 0.2
    arguments = ["--settle-wait", str(SETTLE_SECONDS), "--stalled-after", str(STALLED_SECONDS), "--concurrency", "5"]
    cli.app(["outbox", "worker", *arguments])


class Workers:
    """Worker processes, each replaced when it is killed."""

    def __init__(self, count: int) -> None:
        names = ("IMPRINT_API_KEY", "IMPRINT_BASE_URL", "DATABASE_URL")
        self._environment = {name: os.environ[name] for name in names}
        self.processes = [self._start() for _ in range(count)]

    def _start(self) -> Any:
        process = _PROCESSES.Process(target=run_worker, args=(self._environment,))
        process.start()
        return process

    def kill(self, index: int) -> None:
        self.processes[index].kill()
        self.processes[index].join()
        self.processes[index] = self._start()

    def send(self, index: int, number: int) -> None:
        os.kill(self.processes[index].pid, number)

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.join()


@contextlib.contextmanager
def landing_late(sandbox: Sandbox) -> Iterator[None]:
    """What is late lands within LATENESS_SECONDS."""
    is_over = threading.Event()

    def land() -> None:
        while not is_over.wait(LATENESS_SECONDS):
            sandbox.settle()

    thread = threading.Thread(target=land)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        sandbox.settle()


BAD_DAY = [
    SandboxFault(answer="cut", write="late"),
    SandboxFault(answer="cut", write="made"),
    SandboxFault(answer="cut"),
    SandboxFault(status=503, write="late"),
    SandboxFault(status=429, headers={"Retry-After": "0.1"}),
    SandboxFault(write="unseen"),
    SandboxFault(delay=0.1),
]


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it takes too long"
        time.sleep(0.05)


@pytest.mark.parametrize("orders", [60, pytest.param(500, marks=pytest.mark.thorough)])
def test_with_kills_a_pause_and_a_restart_of_the_database_nothing_is_doubled_lost_or_out_of_turn(
    app: procrastinate.App, database: str, imprint_there: Sandbox, orders: int
) -> None:
    chance = random.Random(orders)  # noqa: S311 - a test
    for operation in ("createOrder", "postOrderEvent"):
        for fault in chance.choices(BAD_DAY, k=15):
            imprint_there.fail(operation, fault)
            imprint_there.fail(operation, SandboxFault(answer="normal"), times=chance.randint(1, 4))
    defer_orders(app, database, orders)
    share = orders // 4
    with landing_late(imprint_there), contextlib.closing(Workers(2)) as workers:
        for kill in range(1, 4):
            wait_until(lambda kill=kill: len(imprint_there.requests) > kill * share)  # type: ignore[misc]
            workers.kill(kill % 2)
        workers.send(0, signal.SIGSTOP)  # past its heartbeat, until its jobs were put back and recorded
        wait_until(lambda: end_sessions(database) > 0)
        wait_until(
            lambda: imprint("outbox", "status", "--json").json[-1]["jobs"].get("doing", 0) == 0 and quiet(database)
        )
        workers.send(0, signal.SIGCONT)
        wait_until(lambda: imprint("outbox", "status").code != 3)

    assert wrong(imprint_there, orders) == []
    assert imprint("outbox", "status", "--json").json[-1] == {
        "jobs": {"succeeded": 3 * orders},
        "problems": 0,
        "exit_code": 0,
    }


def quiet(database: str) -> bool:
    """Whether all jobs have ended but those that wait."""
    sql = "SELECT COUNT(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    with psycopg.connect(database) as connection:
        return connection.execute(sql).fetchone() == (0,)


def wrong(sandbox: Sandbox, orders: int) -> list[str]:
    recorded = defaultdict(list)
    for own_id in sent(sandbox):
        recorded[own_id[2:]].append(own_id)
    numbers = map(str, range(orders))
    return [f"{recorded[each]}" for each in numbers if recorded[each] != [f"o-{each}", f"e-{each}", f"r-{each}"]]
