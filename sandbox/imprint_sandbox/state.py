"""Everything one sandbox knows, behind one lock: records, what arrived, faults to come, writes still to land.

A request is handled in one piece under the lock: noted, its fault taken, its write made (or not), and then the writes
that its handling lets land. So 50 connections cannot tear a record, and a test that is sequential is deterministic.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from imprint_sandbox.answers import Answer, spoiled
from imprint_sandbox.contract import Operation
from imprint_sandbox.delays import Delays
from imprint_sandbox.faults import SandboxFault
from imprint_sandbox.received import ReceivedRequest
from imprint_sandbox.store import JsonObject, Store, Table

T = TypeVar("T")

MAX_REQUESTS_KEPT = 100_000


@dataclass(slots=True)
class _Pending:
    """Something that happens after `remaining` further requests, or (None) when the sandbox is settled."""

    remaining: int | None
    happen: Callable[[], object]


class State:
    """The state of one sandbox. Safe for threads."""

    def __init__(self, store: Store, operations: Mapping[str, Operation]) -> None:
        self.delays = Delays()
        self._store = store
        self._operations = operations
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._requests: deque[ReceivedRequest] = deque(maxlen=MAX_REQUESTS_KEPT)
        self._faults: dict[str, deque[SandboxFault]] = {name: deque() for name in operations}
        self._pending: list[_Pending] = []
        self.request_count = 0  # since the start or `reset`
        self.version = 0  # another one after each change

    @property
    def operations(self) -> list[str]:
        """The operationIds of the contract."""
        return list(self._operations)

    @property
    def late_count(self) -> int:
        """How many changes are still to land or to be seen."""
        return len(self._pending)

    def handle(
        self, request: ReceivedRequest, work: Callable[[Store, SandboxFault | None], Answer]
    ) -> tuple[Answer, ReceivedRequest]:
        """Take the fault of `request` and do `work` as that allows; return the answer to send, and what was noted."""
        with self._lock:
            if request.operation is None:
                fault, answer = None, spoiled(work(self._store, None), None)
            else:
                queue = self._faults[request.operation]
                fault = queue.popleft() if queue else None
                before = list(self._pending)
                answer = spoiled(self._write(fault, work), fault)
                self._count_down(before)
            status = None if fault is not None and fault.answer == "cut" else answer.status
            noted = replace(request, status=status, fault=fault)
            self._requests.append(noted)
            self.request_count += 1
            self.version += 1
            self._arrived.notify_all()
            return answer, noted

    def fail(self, operation: str, fault: SandboxFault, times: int) -> None:
        """Let `fault` happen to the next `times` requests to `operation` that have no fault before it."""
        if operation not in self._operations:
            raise ValueError(f"{operation!r} is not an operation of the contract. Use {', '.join(self._operations)}.")
        if times < 1:
            raise ValueError(f"times must be 1 or more, not {times}")
        fit = self._operations[operation]
        if fault.write is not None and not fit.writes:
            raise ValueError(f"{operation} writes nothing, so write cannot be set: {fault!r}")
        if fault.answer in ("empty_page", "repeated_page") and not fit.pages:
            raise ValueError(f"{operation} is not paginated: {fault!r}")
        if fault.answer == "unknown_type" and not (fit.has_body and fit.path.startswith("/v2/order_events")):
            raise ValueError(f"{operation} returns no events: {fault!r}")
        if fault.spoils_the_body and fault.status is None and not fit.has_body:
            raise ValueError(f"{operation} returns no body: {fault!r}")
        with self._lock:
            self._faults[operation].extend([fault] * times)
            self.version += 1

    def heal(self) -> None:
        """Forget the faults still to come."""
        with self._lock:
            self._forget_faults()

    def settle(self) -> None:
        """Let what is late land, what is unseen be seen, and what is delayed be answered."""
        with self._lock:
            pending, self._pending = self._pending, []
            for each in pending:
                each.happen()
            self.version += 1
        self.delays.end(send=True)

    def reset(self) -> None:
        """Forget everything; answers under way are not sent."""
        with self._lock:
            self._forget_faults()
            self._pending.clear()
            self._requests.clear()
            self.request_count = 0
            self._store.clear()
        self.delays.end(send=False)

    def wait_for_requests(self, count: int, timeout: float) -> None:
        """Return once `count` requests have arrived; raise TimeoutError after `timeout` seconds."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self.request_count >= count, timeout):
                raise TimeoutError(f"{self.request_count} of {count} requests arrived within {timeout} s")

    def requests(self) -> list[ReceivedRequest]:
        """Return what arrived, in order."""
        with self._lock:
            return list(self._requests)

    def faults(self) -> list[tuple[str, SandboxFault]]:
        """Return the faults still to come, with the operation of each."""
        with self._lock:
            return [(operation, fault) for operation, queue in self._faults.items() for fault in queue]

    def latest_requests(self, limit: int) -> list[tuple[int, ReceivedRequest]]:
        """Return the last `limit` requests, newest first; the first one to arrive has number 1."""
        with self._lock:
            numbers = range(self.request_count, 0, -1)
            return list(zip(numbers, islice(reversed(self._requests), limit), strict=False))

    def look(self, read: Callable[[Store], T]) -> T:
        """Return what `read` reads from the store, which it must not change."""
        with self._lock:
            return read(self._store)

    def records(self, table: Table) -> list[JsonObject]:
        """Return every record of `table`, in the order of recording."""
        with self._lock:
            return self._store.all(table)

    def close(self) -> None:
        """Close the store."""
        with self._lock:
            self._store.close()

    def _forget_faults(self) -> None:
        for queue in self._faults.values():
            queue.clear()
        self.version += 1

    def _write(self, fault: SandboxFault | None, work: Callable[[Store, SandboxFault | None], Answer]) -> Answer:
        def now() -> Answer:
            return work(self._store, fault)

        if fault is None:
            return now()
        match fault.write_or_default:
            case "made":
                return now()
            case "unseen":
                return self._unseen(fault, now)
            case "late":
                self._pending.append(_Pending(fault.settles_after, now))
            case "lost":
                pass
        # The fault has a status, or nothing is answered: this is never sent.
        return Answer(200, None)

    def _unseen(self, fault: SandboxFault, work: Callable[[], Answer]) -> Answer:
        with self._store.unseen() as show:
            answer = work()
        self._pending.append(_Pending(fault.settles_after, show))
        return answer

    def _count_down(self, pending: list[_Pending]) -> None:
        for each in pending:
            if each.remaining is not None:
                each.remaining -= 1
                if each.remaining == 0:
                    self._pending.remove(each)
                    each.happen()
