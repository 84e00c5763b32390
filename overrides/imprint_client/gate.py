"""The gate that every request of a client passes: when a server says "too many", all calls wait, not only one.

Pure decisions about time: nothing here sleeps or sends, so that threads and tasks share one rule.
"""

from collections import deque
from collections.abc import Iterator
from math import inf
from threading import Lock

from . import delivery
from .errors import ConfigurationError

LEAST_LEARNED_RATE = 10.0
"""Requests a second. One stray 429 in a quiet hour must not hold up the next burst of calls for long."""
RECOVERY_SECONDS = 64.0
"""After this long without a refusal, the rate has doubled; after twice as long, it is nine times what it was."""
RECOVERY_FROM_GUESS_SECONDS = 8.0
"""The same, if what the server takes could not be measured."""
LONGEST_PAUSE_SECONDS = 3600.0
"""However long a server asks to wait: a mistake in one response must not close the gate for good."""
MOST_AT_ONCE = 20
"""Requests under way. Further ones start spaced, so that the first 429 is heard before all of a burst is sent."""
LEAST_BURST_RATE = 500.0
"""Requests a second of a burst; or ten times what was accepted in the last second, if that is more."""
_MARGIN = 0.97


class Gate:
    """Decide when a request may start. Every request passes it: retries, lookups, and pages of lists too.

    A 429, or a 503 with Retry-After, closes the gate for all calls until the server's time has come, but for an hour at
    most; without Retry-After, for the backoff of the RetryPolicy. Then requests start evenly spaced: at half of the
    former rate, but not below what was accepted in the second before the refusal. The rate grows again while nothing is
    refused.

    While 20 requests are under way, further ones start at most 500 a second, or at ten times the rate that was accepted
    in the last second, so that the first 429 of a burst is heard before all of it is sent.

    Each client has a gate of its own. Clients that share a server's limit should share one, in threads and event loops
    alike: ``gate = Gate(); Imprint(gate=gate)``. For rules of your own, override `enter`, `leave`, or both::

        class Quiet(Gate):
            def enter(self):
                while backup_is_running():
                    yield 5.0
                yield from super().enter()

    A call waits at the gate no longer than its deadline allows: then it raises APITimeoutError, and nothing was sent.

    Args:
        rate: How many requests a second may start at most; None: as many as the server takes.

    Raises:
        ConfigurationError: `rate` is not a number above 0.
    """

    def __init__(self, rate: float | None = None) -> None:
        if rate is not None and (not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 < rate < inf):
            raise ConfigurationError(f"Gate: rate is {rate!r}, but it must be a number of requests a second above 0")
        self._most = inf if rate is None else rate
        self._learned, self._recovery = inf, RECOVERY_SECONDS
        self._closed = self._opens = self._next = -inf  # when it was last closed, when it opens, who starts next
        self._under_way = 0
        self._accepted: deque[float] = deque()
        self._lock = Lock()

    def enter(self) -> Iterator[float]:
        """Yield how many seconds to wait, as often as it takes; when nothing more is yielded, the request starts."""
        while True:
            with self._lock:
                now, opens = delivery.seam.now(), self._opens
                start = max(now, opens, self._next)
                rate = self._rate(start)
                if start > now or self._under_way >= MOST_AT_ONCE:
                    rate = min(rate, max(LEAST_BURST_RATE, 10 * self._accepted_lately(now)))
                end = self._next = start + 1 / rate
            try:
                if start > now:
                    yield start - now
            except GeneratorExit:  # whoever cannot wait so long gives the turn back
                self._next -= end - start if opens == self._opens else 0
                raise
            if opens == self._opens:  # else it was closed meanwhile, and all turns are given anew
                break
        with self._lock:
            self._under_way += 1

    def leave(self, started: float, pause: float | None) -> None:
        """Hear that a request is over. Called once for each that entered, even if it was cancelled.

        Args:
            started: When it started, by `time.monotonic`.
            pause: For how many seconds the server wants no more requests; None if it did not refuse this one.
        """
        with self._lock:
            now = delivery.seam.now()
            if pause is None:
                self._accepted.append(now)
                self._accepted_lately(now)  # else it would grow for ever
            else:
                if started >= self._closed:  # the first of a burst; the others were under way when it closed
                    self._learn(now)
                opens = now + min(pause, LONGEST_PAUSE_SECONDS)
                if opens > self._opens:
                    self._opens = self._next = opens
            self._under_way -= 1

    def _learn(self, now: float) -> None:
        accepted = self._accepted_lately(now)
        if accepted:  # else all that is known is that it is too early
            former = min(self._rate(now), max(2 * LEAST_LEARNED_RATE, accepted + self._under_way))
            measured = _MARGIN * accepted
            self._learned, self._recovery = max((measured, RECOVERY_SECONDS), (former / 2, RECOVERY_FROM_GUESS_SECONDS))
        self._closed = now

    def _accepted_lately(self, now: float) -> int:
        """How many requests were accepted in the last second; the gate forgets those before."""
        while self._accepted and self._accepted[0] <= now - 1:
            self._accepted.popleft()
        return len(self._accepted)

    def _rate(self, at: float) -> float:
        quiet = max(0.0, at - max(self._closed, self._opens))
        return min(self._most, self._learned * (1 + (quiet / self._recovery) ** 3))
