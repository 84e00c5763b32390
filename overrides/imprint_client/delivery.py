"""Delivery: what may be sent again, and when; how an unknown outcome is settled.

Imprint publishes nothing about repeating a request, and a server that answers late may still write. So it is sent
again only when it was certainly not carried out (never sent, or refused with 429) or when it only reads; whatever else
happens to one that writes leaves its outcome unknown, which is settled by looking, or raised. One call never writes
twice.

The rules are generators that yield what to do next, an `Attempt` or the seconds to wait; transport.py drives them with
a loop that blocks and one that awaits: one rule, two flavours.
"""

import logging
import random
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, cast

import attrs
from imprint_api.types import ContractError

from . import errors
from .coding import decode

if TYPE_CHECKING:
    from .gate import Gate

T = TypeVar("T")

LAST_LOOK_SECONDS = 5.0
SHORTEST_PAUSE_SECONDS = 0.05
LONGEST_TURN_SECONDS = 30.0
"""How long a call without a deadline waits at the gate."""
_LOG = logging.getLogger("imprint_client")


_SENSIBLE: dict[str, tuple[Any, float, str]] = {
    "attempts": (int, 1, "a whole number from 1"),
    "resend_unknown": (bool, 0, "True or False"),
}


def _sensible(_: object, field: "attrs.Attribute[Any]", value: Any) -> None:
    types, least, kind = _SENSIBLE.get(field.name, (int | float, 0, "a number of seconds from 0"))
    if not isinstance(value, types) or isinstance(value, bool) != (types is bool) or not least <= value < inf:
        raise errors.ConfigurationError(f"RetryPolicy: {field.name} is {value!r}, not {kind}")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often a call tries, and for how long. Times are in seconds.

    Args:
        attempts: How often a request is sent at most. Lookups that settle an outcome do not count, and neither do 429
            responses: those were not carried out, so the request is sent again until the deadline.
        deadline: No attempt starts later than this after the call began. Timeouts are cut to what is left of it, and a
            response that is still arriving then is cut off. 0: one attempt, no longer than its timeouts together.
        first_wait: The wait before the second attempt is random, from 0 to this. The limit doubles with each attempt.
        longest_wait: The largest that limit gets.
        resend_unknown: Whether to send an event again if its outcome is unknown and a lookup does not find it. Use True
            only if Imprint has told you that it keeps partner_event_id unique. Otherwise, a first request that lands
            late becomes a second record of the same capture or refund.
    """

    attempts: int = attrs.field(default=4, validator=_sensible)
    deadline: float = attrs.field(default=60.0, validator=_sensible)
    first_wait: float = attrs.field(default=0.5, validator=_sensible)
    longest_wait: float = attrs.field(default=8.0, validator=_sensible)
    resend_unknown: bool = attrs.field(default=False, validator=_sensible)

    @classmethod
    def none(cls) -> "RetryPolicy":
        """Send once. If the outcome is unknown, look once."""
        return cls(attempts=1, deadline=0)


async def _sleep_async(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - costs 15 ms, which no synchronous program needs

    await asyncio.sleep(seconds)


class Seam(NamedTuple):
    """Time and chance, in one place that tests replace: ``delivery.seam = ...``."""

    now: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep
    sleep_async: Callable[[float], Awaitable[None]] = _sleep_async


seam: Seam = Seam()


# --- What is sent, and what became of it ------------------------------------------------------------------------------


class Request(NamedTuple, Generic[T]):
    """A request without its credentials."""

    method: str
    url: str
    params: Mapping[str, Any] | None
    sent: Any
    """The model that it sends, for exceptions; through `Imprint.api` the dict; None if it sends nothing."""
    content: bytes | None
    headers: Mapping[str, str]
    reads: Mapping[int, Callable[[Any], Any] | None]
    """The statuses with which the contract says that it succeeds, each with what reads its body, if it has one."""
    result: Callable[["Answer", Any, Any], T]
    """Makes the result of a success from the answer, its body parsed from JSON, and what was read from that."""

    @property
    def operation(self) -> str:
        return f"{self.method} {self.url}"


class Answer(NamedTuple):
    """An answer that was received to its end, or as far as it came."""

    status: int
    headers: Mapping[str, str]
    """With their names in small letters."""
    body: bytes
    problem: str | None = None
    """Why there is no more of the body, if it broke off before its end."""


class NoAnswer(NamedTuple):
    """A request that was not answered."""

    error: errors.APIConnectionError | errors.ConfigurationError
    verdict: Literal["never sent", "unknown", "final"]


class Attempt(NamedTuple):
    """A step: send this, and be done in so many `seconds`; the result is an Answer or NoAnswer."""

    request: Request[Any]
    call: "Call"
    seconds: float


Flow = Generator[Attempt | float, Any, T]
"""Its steps: an Attempt, or the seconds to wait."""


@attrs.define
class Call:
    """One call of a user: what it may use, and what of that is left."""

    policy: RetryPolicy
    timeout: Mapping[str, float | None]
    """In seconds, for each of connect, read, write and pool."""
    check_totals: bool
    gate: "Gate"
    credentials: Any = None
    """The keys, and the caller's headers; None: the keys alone."""
    began: float = attrs.field(factory=lambda: seam.now())  # noqa: PLW0108 - tests replace the seam
    attempts: int = 0
    refusals: int = 0
    """Those of the attempts that were certainly not carried out, and so do not count."""

    def again(self) -> "Call":
        """The same, begun now."""
        return attrs.evolve(self, began=seam.now(), attempts=0, refusals=0)

    def left(self) -> float:
        """The seconds to the deadline."""
        return self.policy.deadline - (seam.now() - self.began)

    def patience(self) -> float:
        """The seconds that it may wait for its turn."""
        return self.left() if self.policy.deadline else LONGEST_TURN_SECONDS

    def backoff(self, number: int) -> float:
        """Exponential, with full jitter: also at the cap, where callers would otherwise march in step."""
        # 2.0**1024 overflows; the cap is reached long before the exponent is.
        return seam.chance() * min(self.policy.longest_wait, self.policy.first_wait * 2.0 ** min(number - 1, 64))

    def wait_before_next(self, asked: float | None = None, *, counts: bool = True) -> float | None:
        """How long to wait before the next attempt, `asked` by the server; None if there is to be none."""
        wait = self.backoff(self.attempts) if asked is None else asked
        is_last = counts and self.attempts - self.refusals >= self.policy.attempts
        return None if is_last or wait >= self.left() else wait

    def given_up(self, error: Exception) -> Exception:
        """The error, which then says how often the call tried, and for how long."""
        if isinstance(error, errors.RateLimitError | errors.InternalServerError):
            error.attempts, error.elapsed_seconds = self.attempts, seam.now() - self.began
        return error


def deliver(request: Request[T], call: Call) -> Flow[T]:
    """Send a request until it succeeds, and return what it reads; raise what it came to if it does not.

    Raises:
        OutcomeUnknownError: It is no GET, and may or may not have been carried out.
        APIError: It was certainly not carried out; or it only reads.
    """
    error: Exception | None = None
    while True:
        for turn in call.gate.enter():
            if turn >= call.patience():
                raise error or _late(request, f"its turn at the gate comes in {turn:.1f} s")
            yield turn
        started = seam.now()
        pause: float | None = None
        try:
            if call.patience() <= 0:  # a request of the same call before it, or a wait, has taken all the time
                raise error or _late(request, "its turn comes")
            call.attempts += 1
            # With no deadline at all, the one attempt has its timeouts alone. The outcome is kept in no variable: an
            # answer that echoes the API key must not stand in a traceback.
            left = call.left() if call.policy.deadline else inf
            verdict, result, pause = judge(request, (yield Attempt(request, call, left)))
            if verdict == "refused":  # which is not counted, so that something must keep it from going on at once
                pause = max(pause or call.backoff(call.attempts), SHORTEST_PAUSE_SECONDS)
        finally:
            call.gate.leave(started, pause)
        if verdict == "good":
            return cast(T, result)
        if verdict == "unknown" and request.method != "GET":
            raise errors.OutcomeUnknownError(request.operation, request.sent, False, str(result)) from result
        call.refusals += verdict == "refused"
        wait = None if verdict == "final" else call.wait_before_next(pause, counts=verdict != "refused")
        if wait is None:
            raise call.given_up(result)
        _LOG.info("%s: attempt %d: %s; retry in %.2f s", request.operation, call.attempts, result, wait)
        if pause is None:  # else it waits at the gate, as all others do
            yield wait
        error = call.given_up(result)


def _late(request: Request[Any], turn: str) -> errors.APITimeoutError:
    return errors.APITimeoutError(f"{request.operation}: {turn}, which is after the deadline; nothing was sent")


def judge(request: Request[Any], outcome: Answer | NoAnswer) -> tuple[str, Any, float | None]:
    """What an outcome means (docs/explanations/outcomes.md), its result or exception, and the wait that it asks for."""
    if isinstance(outcome, NoAnswer):
        return outcome.verdict, outcome.error, None
    status = outcome.status
    if 200 <= status < 300:
        try:
            return "good", _read(request, outcome), None
        except ContractError as fault:
            path, problem = fault.path, fault.problem
        return "unknown", errors.APIResponseValidationError(request.operation, path, problem), None
    error = errors.status_error(request.operation, status, outcome.headers, outcome.body)
    error.retry_after = asked = _seconds(outcome.headers.get("retry-after", "")) if status in (429, 503) else None
    verdict = "refused" if status == 429 else "unknown" if status == 408 or status >= 500 else "final"
    return verdict, error, asked


def _read(request: Request[T], answer: Answer) -> T:
    if answer.status not in request.reads:
        raise ContractError("", f"has the status {answer.status}")
    if answer.problem:
        raise ContractError("", answer.problem)
    read = request.reads[answer.status]
    if read is None:
        return request.result(answer, None, None)
    try:
        parsed = decode(answer.body)
    except (ValueError, RecursionError):
        raise ContractError("", "is not JSON") from None
    return request.result(answer, parsed, read(parsed))


def _seconds(retry_after: str) -> float | None:
    """What Retry-After asks for; None if it says nothing sensible."""
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            date = parsedate_to_datetime(retry_after)
            return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - seam.wall_clock())
        except (ValueError, TypeError, OverflowError):
            return None
    # Of 400 digits: infinity, which is more than is left; as a word it says nothing.
    return seconds if seconds >= 0 and (isfinite(seconds) or retry_after.isdigit()) else None


# --- Settling ---------------------------------------------------------------------------------------------------------


class Lookup(NamedTuple):
    """How to find what may have been recorded."""

    request: Callable[[], Request[Any]]
    found: Callable[[Any], Any]
    """From what the request read: the result, or None if it does not show it; raises if it shows something else."""
    kept_unique: bool = False
    """Whether it looks for what RetryPolicy.resend_unknown says is kept unique."""


def ensure(create: Request[T], call: Call, lookup: Lookup | None, needs: str) -> Flow[T]:
    """Look first, and create only what is not there.

    Raises:
        InvalidRequestError: Without the member that it `needs`, there is no way to look.
    """
    if lookup is None:
        raise errors.InvalidRequestError([errors.Fault(needs, "is required: without it, nothing can be looked up")])
    recorded = lookup.found((yield from deliver(lookup.request(), attrs.evolve(call, credentials=None))))
    if recorded is not None:
        return cast(T, recorded)
    # The same deadline, and attempts of its own.
    return (yield from settle(create, attrs.evolve(call, attempts=0, refusals=0), lookup))


def settle(request: Request[T], call: Call, lookup: Lookup | None) -> Flow[T]:
    """Send; if the outcome is unknown, look until it is known or the time is up.

    Raises:
        OutcomeUnknownError: Not found, or there is no way to look.
        ConflictError: 409, and a lookup did not explain it.
    """
    unknown = False
    while True:
        try:
            return (yield from deliver(request, call))
        except errors.OutcomeUnknownError as error:
            cause, why = error.__cause__, error.why
        except (errors.APIError, errors.ConfigurationError) as error:
            if not unknown:
                is_conflict = isinstance(error, errors.ConflictError)
                found = (yield from _look(request, lookup, call, until="looked"))[0] if is_conflict else None
                if found is None:
                    raise
                return cast(T, found)
            # What came of the second request says nothing of the first.
            cause, why = error, str(error)
        unknown = True
        _LOG.warning("outcome unknown%s: %s", errors.named(request.sent), why)
        resend = call.policy.resend_unknown and lookup is not None and lookup.kept_unique
        again = resend and call.attempts - call.refusals < call.policy.attempts
        found, looked_up = yield from _look(request, lookup, call, until="answered" if again else "found")
        if found is not None:
            return cast(T, found)
        wait = call.wait_before_next() if resend and looked_up else None
        if wait is not None:
            _LOG.info("%s: not found; will be sent again in %.2f s, because of resend_unknown", request.operation, wait)
            yield wait
        if wait is None or call.left() <= 0:
            raise errors.OutcomeUnknownError(request.operation, request.sent, looked_up, why) from cause


def _look(
    settled: Request[Any], lookup: Lookup | None, call: Call, until: Literal["looked", "answered", "found"]
) -> Flow[tuple[Any, bool]]:
    """Look, `until` or as long as there is time: what was found, and whether a lookup was answered."""
    if lookup is None:
        return None, False
    request, looked_up, number, seconds = lookup.request(), False, 1, max(call.left(), LAST_LOOK_SECONDS)
    while True:
        one_look = Call(RetryPolicy(attempts=1, deadline=seconds), call.timeout, call.check_totals, call.gate)
        try:
            found = lookup.found((yield from deliver(request, one_look)))
            looked_up, outcome = True, "not found yet" if found is None else "found"
        except errors.APIError as error:
            found, outcome = None, str(error)
        except errors.ConfigurationError:  # closed meanwhile: nothing more can be looked up
            return None, looked_up
        wait = call.backoff(number)
        enough = found is not None or until == "looked" or (until == "answered" and looked_up)
        ends = enough or wait >= call.left()
        next_look = "" if ends else f"; retry in {wait:.2f} s"
        _LOG.info("%s: lookup %d of %s: %s%s", settled.operation, number, request.params, outcome, next_look)
        if ends:
            return found, looked_up
        yield wait
        number, seconds = number + 1, call.left()
        if seconds <= 0:  # the wait took longer than it was to take, as in a busy event loop
            return None, looked_up
