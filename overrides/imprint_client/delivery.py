"""Delivery: what may be sent again, and when; how an unknown outcome is settled.

Imprint publishes nothing about repeating a POST, and a server that answers late may still write. So a request is sent
again only when it was certainly not carried out (never sent, or refused with 429) or when it only reads; whatever else
happens to a POST leaves its outcome unknown, which is settled by looking, or raised. One call never records twice.

The rules are generators that yield what to do next, an `Attempt` or a `Wait`, and are driven by a loop that blocks and
one that awaits: one rule, two flavours.
"""

import logging
import random
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import inf, isfinite
from typing import Any, Literal, NamedTuple, TypeVar, cast

import attrs

from .errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    ConfigurationError,
    ConflictError,
    ImprintError,
    OutcomeUnknownError,
    status_error,
)

T = TypeVar("T")

LAST_LOOK_SECONDS = 5.0
_LOG = logging.getLogger("imprint_client")


def _not_negative(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise ConfigurationError(f"RetryPolicy {attribute.name} is {value!r}, not a number of seconds from 0")


def _at_least_one(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"RetryPolicy {attribute.name} is {value!r}, not a whole number from 1")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How long a call goes on. Times are seconds.

    Args:
        attempts: How often a request is sent at the most; lookups that settle an outcome are not counted.
        deadline: No attempt starts later than this after the call began, and timeouts are cut to what is left of it.
            0: one attempt, with its timeouts alone.
        first_wait: The wait before the second attempt is random, from 0 to this; it doubles with each attempt ...
        longest_wait: ... up to this.
        resend_unknown: Say True only if Imprint has told you that it keeps partner_event_id unique: then an event whose
            outcome is unknown, and which a lookup did not find, is sent again. If it does not keep it unique, a first
            request that lands late is a second record of the same capture or refund.
    """

    attempts: int = attrs.field(default=4, validator=_at_least_one)
    deadline: float = attrs.field(default=60.0, validator=_not_negative)
    first_wait: float = attrs.field(default=0.5, validator=_not_negative)
    longest_wait: float = attrs.field(default=8.0, validator=_not_negative)
    resend_unknown: bool = False

    @classmethod
    def none(cls) -> "RetryPolicy":
        """Send once, and look once if the outcome is unknown."""
        return cls(attempts=1, deadline=0)


class Seam:
    """Time and chance, in one place that tests replace: ``delivery.seam = ...``."""

    def now(self) -> float:
        return time.monotonic()

    def wall_clock(self) -> float:
        return time.time()

    def chance(self) -> float:
        return random.random()  # noqa: S311 - spreads waits, guards nothing

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        import asyncio  # noqa: PLC0415 - costs 15 ms, which no synchronous program needs

        await asyncio.sleep(seconds)


seam = Seam()


# --- What is sent, and what became of it ------------------------------------------------------------------------------


class Request(NamedTuple):
    """A request without its credentials."""

    method: str
    url: str
    params: Mapping[str, Any] | None
    sent: Any
    """What it sends, as the dict that JSON is made of; None if nothing."""
    content: bytes | None
    headers: Mapping[str, str]
    succeeds_with: Mapping[int, bool]
    """The statuses with which the contract says that it succeeds, each with whether it then has a body."""

    @property
    def operation(self) -> str:
        return f"{self.method} {self.url}"

    @property
    def reads_only(self) -> bool:
        return self.method == "GET"


class Answer(NamedTuple):
    """An answer that was read to its end; the header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    parsed: Any
    """What the body of a success says."""
    problem: str | None
    """What is wrong with the body of a success, if it could not be read: it is cut off, or no JSON."""


class NoAnswer(NamedTuple):
    """A request that was not answered."""

    error: APIConnectionError
    kind: Literal["never sent", "unknown", "final"]


class Attempt(NamedTuple):
    """Send this, with its timeouts cut to `seconds`; the result is an Answer or NoAnswer."""

    request: Request
    seconds: float


class Wait(NamedTuple):
    seconds: float


Step = Attempt | Wait
Flow = Generator[Step, Any, T]


class Budget:
    """What is left of one call: attempts, and time."""

    def __init__(self, policy: RetryPolicy, began: float | None = None) -> None:
        self.policy = policy
        self.attempts = 0
        self._began = seam.now() if began is None else began

    def another(self) -> "Budget":
        """One for another request of the same call: the same deadline, its own attempts."""
        return Budget(self.policy, self._began)

    def left(self) -> float:
        return self.policy.deadline - (seam.now() - self._began)

    def seconds_for_attempt(self) -> float:
        """To how long the timeouts of an attempt are cut. With no deadline at all, the first has its timeouts alone."""
        return self.left() if self.policy.deadline else inf

    def backoff(self, number: int) -> float:
        """Exponential, with full jitter: also at the cap, where callers would otherwise march in step."""
        # The exponent is bounded since 2.0**1024 overflows; the cap is reached long before.
        return seam.chance() * min(self.policy.longest_wait, self.policy.first_wait * 2.0 ** min(number - 1, 64))

    def wait_before_next(self, asked: float | None) -> float | None:
        """How long to wait before the next attempt, `asked` by the server; None if there is to be none."""
        wait = self.backoff(self.attempts) if asked is None else asked
        if self.attempts >= self.policy.attempts or wait >= self.left():
            return None
        return wait


def deliver(request: Request, budget: Budget) -> Flow[Answer]:
    """Send a request until it succeeds; raise what it came to if it does not.

    Raises:
        OutcomeUnknownError: It was no GET, and may or may not have been carried out.
        APIError: It was certainly not carried out; or it only reads.
    """
    while True:
        budget.attempts += 1
        outcome = yield Attempt(request, budget.seconds_for_attempt())
        verdict, error = judge(request, outcome)
        if error is None:
            return cast(Answer, outcome)
        if verdict == "unknown" and not request.reads_only:
            raise OutcomeUnknownError(request.operation, request.sent, False, str(error)) from error
        wait = None if verdict == "final" else budget.wait_before_next(_asked_wait(outcome))
        if wait is None:
            raise error
        _LOG.info("%s: attempt %d came to: %s; again in %.2f s", request.operation, budget.attempts, error, wait)
        yield Wait(wait)


Verdict = Literal["good", "never sent", "refused", "unknown", "final"]


def judge(request: Request, outcome: Answer | NoAnswer) -> tuple[Verdict, APIError | None]:
    """What an outcome means: the table of the README."""
    if isinstance(outcome, NoAnswer):
        return outcome.kind, outcome.error
    status = outcome.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        problem = outcome.problem
        if status not in request.succeeds_with:
            problem = f"has the status {status}"
        if problem is None:
            return "good", None
        return "unknown", APIResponseValidationError(request.operation, "", problem)
    error = status_error(request.operation, status, outcome.headers, outcome.body)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "refused", error
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "unknown", error
    return "final", error


def _asked_wait(outcome: Answer | NoAnswer) -> float | None:
    """The seconds that Retry-After asks for, in a refusal that may have it; None for one that makes no sense."""
    if isinstance(outcome, NoAnswer) or outcome.status not in (
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ):
        return None
    text = outcome.headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - seam.wall_clock())
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if isfinite(seconds) and seconds >= 0 else None


# --- Settling ---------------------------------------------------------------------------------------------------------


class Call(NamedTuple):
    """A step: call this generated operation; the result is what it read."""

    name: str
    operation: Any
    """The generated module, such as `imprint_api.api.order_events.post_order_event`."""
    arguments: Mapping[str, Any]
    budget: Budget


class Lookup(NamedTuple):
    """How to find what may have been recorded."""

    call: Callable[[Budget], Call]
    found: Callable[[Any], Any]
    """From what the call read: what is recorded, or None; raises if that is not what was sent."""


def settle(create: Call, sent: Any, lookup: Lookup | None) -> Generator[Call | Wait, Any, Any]:
    """Create what is `sent`; if the outcome is unknown, look until it is known or the time is up.

    Raises:
        OutcomeUnknownError: Not found, or there is no way to look.
        ConflictError: 409, and one lookup did not explain it.
    """
    name, budget, unknown = create.name, create.budget, False
    while True:
        cause: BaseException | None
        try:
            return (yield create)
        except OutcomeUnknownError as error:
            cause, why = error.__cause__, error.why
        except APIResponseValidationError as error:
            cause, why = error, str(error)
        except ConflictError as error:
            cause, why = error, str(error)
            if not unknown:
                found, _ = (yield from _look(name, lookup, budget, once=True)) if lookup else (None, False)
                if found is None:
                    raise
                return found
        unknown = True
        if lookup is None:
            raise OutcomeUnknownError(name, sent, False, why) from cause
        found, looked_up = yield from _look(name, lookup, budget, once=budget.policy.resend_unknown)
        if found is not None:
            return found
        wait = budget.wait_before_next(None)
        if not (budget.policy.resend_unknown and looked_up) or wait is None:
            raise OutcomeUnknownError(name, sent, looked_up, why) from cause
        _LOG.info("%s: not found; sent again in %.2f s, as resend_unknown says", name, wait)
        yield Wait(wait)


def _look(name: str, lookup: Lookup, budget: Budget, *, once: bool) -> Generator[Call | Wait, Any, tuple[Any, bool]]:
    """Look until it is found, or the time is up, or `once` a lookup was answered: what was found, whether one was."""
    looked_up = False
    number = 1
    seconds = max(budget.left(), LAST_LOOK_SECONDS)
    while True:
        try:
            found = lookup.found((yield lookup.call(Budget(RetryPolicy(attempts=1, deadline=seconds)))))
        except APIError as error:
            found, outcome = None, f"the lookup failed: {error}"
        else:
            looked_up, outcome = True, "not found" if found is None else "found"
        wait = budget.backoff(number)
        ends = found is not None or (once and looked_up) or wait >= budget.left()
        _LOG.info(
            "%s: outcome unknown, lookup %d: %s%s", name, number, outcome, "" if ends else f"; again in {wait:.2f} s"
        )
        if ends:
            return found, looked_up
        yield Wait(wait)
        number += 1
        seconds = budget.left()


# --- The two loops ----------------------------------------------------------------------------------------------------


def drive(flow: Generator[Any, Any, T], perform: Callable[[Any], Any]) -> T:
    """Run a flow; `perform` carries out each step that it yields."""
    try:
        step = next(flow)
        while True:
            try:
                result = perform(step)
            except ImprintError as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as stop:
        return cast(T, stop.value)


async def drive_async(flow: Generator[Any, Any, T], perform: Callable[[Any], Awaitable[Any]]) -> T:
    """As `drive`, with a `perform` to await."""
    try:
        step = next(flow)
        while True:
            try:
                result = await perform(step)
            except ImprintError as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as stop:
        return cast(T, stop.value)
