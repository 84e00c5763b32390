"""An outbox on many machines: orders and events as jobs of Procrastinate, in the merchant's own PostgreSQL.

    app = make_app("postgresql://...")
    with psycopg.connect(...) as connection:  # your transaction: the job exists if, and only if, it commits
        connection.execute("UPDATE shipments SET ...")
        defer(app, event, partner_order_id="o-1", connection=connection)

`imprint outbox worker` records them. Jobs for the same order share a lock, so they run one at a time, in the order they
were deferred, on any number of machines. Every attempt after the first uses `ensure`. If a worker dies, its job goes
back to the queue only when its request can no longer be running.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
from imprint_client import AsyncImprint, NewOrder, NewOrderEvent, RetryPolicy, check_totals
from procrastinate import exceptions, jobs, retry

from imprint_bulk.checks import IDS, Kind
from imprint_bulk.journal import DEFAULT_SETTLE_SECONDS
from imprint_bulk.verdicts import judge

QUEUE = "imprint"
STALLED_SECONDS = 30.0
"""A worker without a heartbeat for this long counts as dead."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 600.0
LONGEST_CONFIRMATION_SECONDS = 5.0
POLLING_SECONDS = 0.5
"""Nothing tells a worker that the next job of an order may start, because the one before it has ended."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS imprint_outbox_problems (
  job_id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), kind text NOT NULL, id text NOT NULL,
  reason text NOT NULL);
CREATE TABLE IF NOT EXISTS imprint_outbox_orders (partner_order_id text PRIMARY KEY, id text NOT NULL);
"""
_LOG = logging.getLogger("imprint_bulk.outbox")


def make_app(database_url: str) -> procrastinate.App:
    """An app of Procrastinate on this PostgreSQL database, with the tasks."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database_url))
    add_tasks(app)
    return app


def add_tasks(app: procrastinate.App) -> None:
    """Add the tasks `imprint:record_order` and `imprint:record_event` to an app of your own."""
    for task in (record_order, record_event):
        app.task(name=f"imprint:{task.__name__}", queue=QUEUE, pass_context=True, retry=_Retry())(task)


async def set_up(app: procrastinate.App) -> None:
    """Create the tables of Procrastinate and of the outbox if they do not exist. The app must be open."""
    if not await app.check_connection_async():
        await app.schema_manager.apply_schema_async()
    await app.connector.execute_query_async(_SCHEMA)


def defer(
    app: procrastinate.App,
    body: NewOrder | NewOrderEvent,
    *,
    partner_order_id: str | None = None,
    connection: Any = None,
) -> int:
    """Defer an order or event. It is recorded after your transaction commits, and only if it does.

    Args:
        app: The app from `make_app`; it need not be open if you pass a `connection`.
        body: Its amounts are integers of minor units. It needs its own id: partner_order_id or partner_event_id.
        partner_order_id: For an event: its order. The worker then finds `order_id` when it sends the event.
        connection: Your psycopg connection. The job becomes part of its transaction.

    Returns: The id of the job.

    Raises:
        InvalidRequestError: The order or event is invalid. Nothing was deferred.
    """
    return _deferrer(app, body, partner_order_id, connection).defer(**_arguments(body, partner_order_id))


async def defer_async(
    app: procrastinate.App,
    body: NewOrder | NewOrderEvent,
    *,
    partner_order_id: str | None = None,
    connection: Any = None,
) -> int:
    """As `defer`, with an asynchronous connection."""
    deferrer = _deferrer(app, body, partner_order_id, connection)
    return await deferrer.defer_async(**_arguments(body, partner_order_id))


def _deferrer(app: procrastinate.App, body: Any, partner_order_id: str | None, connection: Any) -> jobs.JobDeferrer:
    kind: Kind = "order" if isinstance(body, NewOrder) else "event"
    check_totals(body)
    if not getattr(body, IDS[kind]):
        raise ValueError(f"{IDS[kind]} is needed: without it nothing can be looked up after a failure")
    if isinstance(body, NewOrderEvent) and bool(body.order_id) == bool(partner_order_id):
        raise ValueError("an event needs its order_id, or partner_order_id in its place")
    named = body.partner_order_id if isinstance(body, NewOrder) else partner_order_id
    lock = f"imprint partner_order_id={named}" if named else f"imprint id={getattr(body, 'order_id', '')}"
    return app.configure_task(f"imprint:record_{kind}", queue=QUEUE, lock=lock, connection=connection)


def _arguments(body: Any, partner_order_id: str | None) -> dict[str, Any]:
    return {"body": body.to_dict(), **({"partner_order_id": partner_order_id} if partner_order_id else {})}


# --- The tasks --------------------------------------------------------------------------------------------------------


class _AgainError(Exception):
    """Try the job again in this many seconds; the cause says why."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds


class _Retry(retry.BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> retry.RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError | exceptions.JobAborted):  # in the middle of a call
            exception = _AgainError(RetryPolicy().deadline + DEFAULT_SETTLE_SECONDS)
        if not isinstance(exception, _AgainError):
            return None
        return retry.RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=exception.seconds))


async def record_order(context: procrastinate.JobContext, *, body: dict[str, Any]) -> None:
    """Record an order."""
    worker: OutboxWorker = context.additional_context["worker"]
    await worker.record(context.job, "order", lambda: _order(body))


async def record_event(
    context: procrastinate.JobContext, *, body: dict[str, Any], partner_order_id: str | None = None
) -> None:
    """Record an event. If its order_id is empty, find the order by this partner_order_id."""
    worker: OutboxWorker = context.additional_context["worker"]
    await worker.record(context.job, "event", lambda: worker.event(context.job, body, partner_order_id))


async def _order(body: dict[str, Any]) -> NewOrder:
    return NewOrder.from_dict(body)


# --- The worker -------------------------------------------------------------------------------------------------------


class OutboxWorker:
    """A worker process: one client, one app.

    Args:
        app: The app from `make_app`.
        imprint: The client. Create it with `retry_policy`, whose deadline limits how late a request can leave.
        settle_seconds: How long to leave a request with an unknown outcome alone before `ensure`.
        stalled_seconds: A worker without a heartbeat for this long counts as dead.
    """

    def __init__(
        self,
        app: procrastinate.App,
        imprint: AsyncImprint,
        *,
        retry_policy: RetryPolicy,
        concurrency: int = 20,
        settle_seconds: float = DEFAULT_SETTLE_SECONDS,
        stalled_seconds: float = STALLED_SECONDS,
    ) -> None:
        self._app, self._imprint, self._concurrency = app, imprint, concurrency
        self._deadline_seconds = retry_policy.deadline
        self._settle_seconds, self._stalled_seconds = settle_seconds, stalled_seconds
        self._running: asyncio.Task[None] | None = None
        self.stop_reason: str | None = None

    def stop(self, reason: str) -> None:
        """Take no more jobs, and finish those in flight."""
        self.stop_reason = self.stop_reason or reason
        if self._running:
            self._running.cancel()

    async def run(self) -> None:
        """Work until `stop`. The app must be open. The worker survives a database outage."""
        keeper = asyncio.create_task(self._put_back_again_and_again())
        try:
            while self.stop_reason is None:
                self._running = asyncio.create_task(self._work())
                [ended], _ = await asyncio.wait([self._running])
                if not ended.cancelled() and (error := ended.exception()):
                    _LOG.warning("the worker ended (%s); it is started again", error)
                await asyncio.sleep(0 if self.stop_reason else 1)
        finally:
            keeper.cancel()

    async def _work(self) -> None:
        await self._app.run_worker_async(
            queues=[QUEUE],
            concurrency=self._concurrency,
            additional_context={"worker": self},
            install_signal_handlers=False,
            fetch_job_polling_interval=POLLING_SECONDS,
            update_heartbeat_interval=self._stalled_seconds / 3,
            stalled_worker_timeout=self._stalled_seconds,
        )

    async def event(self, job: jobs.Job, body: dict[str, Any], partner_order_id: str | None) -> NewOrderEvent:
        """The event of a job, with the id of its order."""
        event = NewOrderEvent.from_dict(body)
        if partner_order_id:
            event.order_id = await self._order_id(job, partner_order_id)
        return event

    async def _order_id(self, job: jobs.Job, partner_order_id: str) -> str:
        sql = "SELECT id FROM imprint_outbox_orders WHERE partner_order_id = %(partner_order_id)s"
        known = await self._app.connector.execute_query_all_async(sql, partner_order_id=partner_order_id)
        if known:
            return str(known[0]["id"])
        order = await self._imprint.orders.find(partner_order_id=partner_order_id)
        if order is None and not job.attempts:
            raise _AgainError(self._settle_seconds)  # it may be too new to show up in lookups
        if order is None:
            raise LookupError(f"Imprint has no order with the partner_order_id {partner_order_id!r}")
        return await self._keep_order_id(partner_order_id, order.id)

    async def _keep_order_id(self, partner_order_id: str, order_id: str) -> str:
        sql = """INSERT INTO imprint_outbox_orders VALUES (%(partner_order_id)s, %(order_id)s)
            ON CONFLICT (partner_order_id) DO UPDATE SET id = excluded.id"""
        await self._app.connector.execute_query_async(sql, partner_order_id=partner_order_id, order_id=order_id)
        return order_id

    async def record(self, job: jobs.Job, kind: Kind, make: Callable[[], Awaitable[Any]]) -> None:
        """Record a job's order or event, or say when to try again, or set it aside for a person."""
        again = job.attempts > 0
        try:
            body = await make()
            await self._confirm(job)
            resource: Any = self._imprint.orders if kind == "order" else self._imprint.order_events
            recorded = await (resource.ensure if again else resource.create)(body)
            if kind == "order":
                await self._keep_order_id(body.partner_order_id, recorded.id)
        except _AgainError:
            raise
        except exceptions.ConnectorException as error:  # the database is down, and the job may already be recorded
            raise _AgainError(self._settle_seconds) from error
        except Exception as error:
            verdict = judge(error, may_be_recorded=again)
            if verdict == "refused":
                await self._note_problem(job, kind, error)
                raise
            if verdict == "stop":
                self.stop(str(error))
            raise _AgainError(self._wait(verdict, job, error)) from error

    def _wait(self, verdict: str, job: jobs.Job, error: BaseException) -> float:
        if verdict == "unknown":
            return self._settle_seconds
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(job.attempts, 20), LONGEST_PAUSE_SECONDS)
        return float(getattr(error, "retry_after", None) or pause)

    async def _confirm(self, job: jobs.Job) -> None:
        """Send nothing for a job that was put back because this process seemed dead, for example while suspended."""
        began = time.monotonic()
        found = await self._app.connector.execute_query_one_async(
            "SELECT status::text, worker_id FROM procrastinate_jobs WHERE id = %(id)s", id=job.id
        )
        is_ours = (found["status"], found["worker_id"]) == ("doing", job.worker_id)
        if not is_ours or time.monotonic() - began > LONGEST_CONFIRMATION_SECONDS:
            raise _AgainError(self._deadline_seconds + self._settle_seconds)

    async def _note_problem(self, job: jobs.Job, kind: Kind, error: BaseException) -> None:
        body: Any = job.task_kwargs["body"]
        sql = """INSERT INTO imprint_outbox_problems (job_id, kind, id, reason)
            VALUES (%(job_id)s, %(kind)s, %(id)s, %(reason)s)
            ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, at = now()"""
        await self._app.connector.execute_query_async(
            sql, job_id=job.id, kind=kind, id=str(body.get(IDS[kind])), reason=str(error) or repr(error)
        )

    async def _put_back_again_and_again(self) -> None:
        while True:
            try:
                await self._put_back()
            except Exception as error:  # noqa: BLE001 - the database is down; try again later
                _LOG.warning("stalled jobs cannot be put back now: %s", error)
            await asyncio.sleep(self._stalled_seconds / 3)

    async def _put_back(self) -> None:
        """Put back the jobs of dead workers, to start when their requests can no longer be running."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=self._stalled_seconds):
            wait = timedelta(seconds=self._deadline_seconds + self._settle_seconds)
            try:
                await manager.retry_job(job, retry_at=datetime.now(UTC) + wait)
                _LOG.warning("job %s of a worker that died is put back, in %s", job.id, wait)
            except exceptions.ConnectorException as error:  # another worker was faster
                _LOG.info("job %s was not put back: %s", job.id, error)


async def status(app: procrastinate.App) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """The number of jobs by status, and the jobs that need a person."""
    counts = await app.connector.execute_query_all_async(
        "SELECT status::text, COUNT(*) AS count FROM procrastinate_jobs WHERE queue_name = %(queue)s GROUP BY status",
        queue=QUEUE,
    )
    problems = await app.connector.execute_query_all_async(
        """SELECT job_id, at, kind, problems.id, reason FROM imprint_outbox_problems problems
        JOIN procrastinate_jobs jobs ON jobs.id = job_id AND status = 'failed' ORDER BY job_id"""
    )
    return {row["status"]: row["count"] for row in counts}, [dict(row) for row in problems]
