"""`imprint send`: record each row of a file once, even if this process is killed.

Rows of one order are sent one after the other, in file order; different orders are sent in parallel. The journal
decides between `create` and `ensure`. The client's exceptions decide the outcome.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from imprint_client import AsyncImprint, ImprintError

from imprint_bulk.checks import Entry
from imprint_bulk.journal import DEFAULT_SETTLE_SECONDS, Journal, JournalError, Record, State, step, wall_clock
from imprint_bulk.verdicts import judge

ROWS_AHEAD = 1000
"""How far the file is read ahead of the oldest row that is not done."""
PAUSES_SECONDS: Sequence[float] = (5.0, 15.0, 45.0)
"""Before a row is tried again that was certainly not recorded. The client has retried it before."""
LAZY_COMMIT_SECONDS = 0.2
"""What became of a row waits so long for the commit of another row that is to be sent."""
_DONE_AT_ONCE = 200


class Stop(NamedTuple):
    """Why no more rows are started."""

    exit_code: int
    reason: str


class Sender:
    """Sends the rows of one file.

    Args:
        journal: The file's journal, with its rows entered.
        imprint: The client that sends every request.
        deadline_seconds: The client's retry deadline. No request leaves later than this after its call began.
        settle_seconds: How long to leave a row with an unknown outcome alone before `ensure`.
        concurrency: How many orders to send at a time.
        changed: Called when a row changes state.
    """

    def __init__(
        self,
        journal: Journal,
        imprint: AsyncImprint,
        *,
        deadline_seconds: float,
        settle_seconds: float = DEFAULT_SETTLE_SECONDS,
        concurrency: int = 20,
        now: Callable[[], float] = wall_clock,
        changed: Callable[[State, State], None] = lambda _before, _after: None,
    ) -> None:
        self._journal, self._imprint, self._now, self._changed = journal, imprint, now, changed
        self._deadline_seconds, self._settle_seconds = deadline_seconds, settle_seconds
        self._slots, self._window = asyncio.Semaphore(concurrency), asyncio.Semaphore(max(ROWS_AHEAD, concurrency))
        self._last: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._commit: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._lazy: asyncio.TimerHandle | None = None
        self._halted = asyncio.Event()
        self._errors: list[BaseException] = []
        self.stop: Stop | None = None

    def halt(self, exit_code: int, reason: str) -> None:
        """Start no more rows, and finish those in flight."""
        if self.stop is None or exit_code > self.stop.exit_code:
            self.stop = Stop(exit_code, reason)
        self._halted.set()

    async def run(self, entries: Iterable[Entry]) -> None:
        """Send every unrecorded row that can be sent now. If this ended early, `stop` says why.

        Raises:
            FileError: The rest of the file cannot be read.
        """
        try:
            await self._read(entries)
        except JournalError as error:
            self.halt(4, str(error))
        except asyncio.CancelledError:
            for task in self._running:
                task.cancel()
            raise
        finally:
            await self._end()
        if self._errors:  # unexpected: a bug in this package
            raise self._errors[0]

    async def _read(self, entries: Iterable[Entry]) -> None:
        for number, entry in enumerate(entries):
            if self.stop:
                return
            record = (await self._journal_free()).find(entry)
            if step(record, self._now(), self._settle_seconds) != "nothing":
                await self._window.acquire()
                self._start(entry, record)
            elif number % _DONE_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _end(self) -> None:
        while self._running:
            await asyncio.wait(self._running)
        if self._lazy:
            self._lazy.cancel()
        try:
            if self._commit:
                await self._commit
            (await self._journal_free()).commit()
        except JournalError as error:
            self.halt(4, str(error))

    def _start(self, entry: Entry, record: Record) -> None:
        task = asyncio.create_task(self._after(self._last.get(record.order), entry))
        self._running.add(task)
        self._last[record.order] = task

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                self._errors.append(error)
                self.halt(4, repr(error))
            self._window.release()
            self._running.discard(task)
            if self._last.get(record.order) is task:
                del self._last[record.order]

        task.add_done_callback(ended)

    async def _after(self, before: "asyncio.Task[None] | None", entry: Entry) -> None:
        if before:
            await asyncio.wait([before])
        async with self._slots:
            try:
                if not self.stop:
                    await self._row(entry)
            except JournalError as error:
                self.halt(4, str(error))

    async def _row(self, entry: Entry) -> None:
        journal = await self._journal_free()
        record = journal.find(entry)
        todo = step(record, self._now(), self._settle_seconds)
        if todo == "leave":
            return
        if holder := journal.holds_up(record):
            self._hold(record, holder)
            return
        for pause in (*PAUSES_SECONDS, None):
            try:
                await self._send(entry, record, ensure=todo == "ensure")
                return
            except ImprintError as error:
                await self._journal_free()
                if not self._is_worth_another_try(record, error):
                    return
                if pause is None:
                    self.halt(3, f"row {record.number} was given up for now: {error}")
                    return
                wait = getattr(error, "retry_after", None) or pause
            if await self._is_halted_within(wait):
                return

    async def _send(self, entry: Entry, record: Record, *, ensure: bool) -> None:
        body = entry.body
        if entry.kind == "event" and not body.order_id:
            body.order_id = await self._order_id(record.order.removeprefix("partner_order_id="))
        # `at` is the latest time at which the request may leave.
        journal = await self._journal_free()
        journal.mark(record, "sending", at=self._now() + self._deadline_seconds)
        await self._committed()
        resource: Any = self._imprint.orders if entry.kind == "order" else self._imprint.order_events
        recorded = await (resource.ensure if ensure else resource.create)(body)
        journal = await self._journal_free()
        if entry.kind == "order":
            journal.keep_order_id(entry.id, recorded.id)
        self._note(record, "recorded")

    async def _order_id(self, partner_order_id: str) -> str:
        known = (await self._journal_free()).order_id(partner_order_id)
        if known is None:
            found = await self._imprint.orders.find(partner_order_id=partner_order_id)
            if found is None:
                raise _NoOrderError(f"Imprint has no order with the partner_order_id {partner_order_id!r}")
            known = found.id
            (await self._journal_free()).keep_order_id(partner_order_id, known)
        return known

    def _hold(self, record: Record, holder: Record) -> None:
        if record.state not in ("unsent", "blocked"):
            return
        if holder.state == "refused":
            self._note(record, "refused", f"its order (row {holder.number}) was refused")
        else:
            self._note(record, "blocked", f"row {holder.number} of its order is {holder.state}")

    def _is_worth_another_try(self, record: Record, error: ImprintError) -> bool:
        """Note the outcome that an exception means for a row."""
        verdict = judge(error, may_be_recorded=record.state not in ("unsent", "blocked"))
        if verdict in ("unknown", "refused"):
            self._note(record, "unknown" if verdict == "unknown" else "refused", str(error))
        else:
            self._note_as_before(record)
        if verdict == "stop":
            self.halt(4, str(error))
        return verdict == "later"

    def _note_as_before(self, record: Record) -> None:
        """Restore the row's earlier state, because nothing was sent."""
        self._journal.mark(record, record.state, record.reason, at=record.at)
        self._commit_soon()

    def _note(self, record: Record, state: State, reason: str | None = None) -> None:
        self._journal.mark(record, state, reason)
        self._commit_soon()
        self._changed(record.state, state)

    async def _is_halted_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._halted.wait(), seconds)
        except TimeoutError:
            return False
        return True

    # --- Many rows share one commit, and nobody else waits for the disk -------------------------------------------

    async def _journal_free(self) -> Journal:
        """The journal, once no commit is running. It stays free until the caller awaits something."""
        while self._writing:
            await asyncio.wait([self._writing])
        return self._journal

    async def _committed(self) -> None:
        await asyncio.shield(self._commit_now())

    def _commit_soon(self) -> None:
        if self._lazy is None:
            self._lazy = asyncio.get_running_loop().call_later(LAZY_COMMIT_SECONDS, self._commit_now)

    def _commit_now(self) -> "asyncio.Task[None]":
        if self._commit is None:
            self._commit = asyncio.create_task(self._commit_next())
            self._commit.add_done_callback(lambda task: task.cancelled() or task.exception())  # whoever waits has it
        return self._commit

    async def _commit_next(self) -> None:
        await asyncio.sleep(0)
        journal = await self._journal_free()
        if self._lazy:
            self._lazy.cancel()
        self._commit = self._lazy = None
        self._writing = asyncio.create_task(asyncio.to_thread(journal.commit))
        try:
            await asyncio.shield(self._writing)
        except JournalError as error:
            self.halt(4, str(error))
            raise
        finally:
            self._writing = None


class _NoOrderError(ImprintError):
    """An event names an order that Imprint does not have."""
