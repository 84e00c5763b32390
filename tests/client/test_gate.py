"""The gate: what calls that share a client, or a gate, do when the server says that there are too many of them."""

import asyncio
import heapq
import itertools
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from imprint_client import (
    APITimeoutError,
    AsyncImprint,
    ConfigurationError,
    Gate,
    Imprint,
    ImprintError,
    RateLimitError,
    RetryPolicy,
    delivery,
    wire,
)
from imprint_client.delivery import Answer, Attempt, Call, Flow, Seam, deliver
from imprint_client.transport import make_request
from imprint_sandbox import Sandbox, SandboxFault, app

from tests.support import Clock, Flavour, make_event, make_order

# --- Many calls at once, in simulated time ----------------------------------------------------------------------------

Limit = Callable[[float], float | None]
"""For a moment: None if a request is let through, or the seconds until it may come again."""


def window(limit: int, seconds: float = 1.0) -> Limit:
    """So many requests in each window."""
    counts: Counter[int] = Counter()

    def let(now: float) -> float | None:
        counts[int(now / seconds)] += 1
        return None if counts[int(now / seconds)] <= limit else seconds - now % seconds

    return let


def bucket(limit: float, burst: float) -> Limit:
    """So many requests a second, and a store of some that were not used."""
    tokens, last = burst, 0.0

    def let(now: float) -> float | None:
        nonlocal tokens, last
        tokens, last = min(burst, tokens + (now - last) * limit), now
        if tokens < 1:
            return (1 - tokens) / limit
        tokens -= 1
        return None

    return let


def sliding(limit: int) -> Limit:
    """So many requests in any second."""
    times: deque[float] = deque()

    def let(now: float) -> float | None:
        while times and times[0] <= now - 1:
            times.popleft()
        if len(times) >= limit:
            return times[0] + 1 - now
        times.append(now)
        return None

    return let


class Simulation:
    """Calls that run side by side against a limit, in a time that only passes here."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, limit: Limit, retry_after: Callable[[float], str | None]
    ) -> None:
        self.now, self.limit, self.retry_after = 0.0, limit, retry_after
        self.refusals = self.given_up = self.done = 0
        self.gate = Gate()
        chances = itertools.cycle([0.13, 0.87, 0.55, 0.34, 0.71, 0.02, 0.96])
        monkeypatch.setattr(delivery, "seam", Seam(now=lambda: self.now, chance=lambda: next(chances)))

    def run(self, calls: int, side_by_side: int, policy: RetryPolicy | None = None, latency: float = 0.01) -> None:
        gate, order = self.gate, itertools.count()
        due: list[tuple[float, int, Flow[Any], Any]] = []

        def begin() -> None:
            call = Call(policy or RetryPolicy(), {}, True, gate)
            flow: Flow[Any] = deliver(make_request(method="get", url="/v2/order_events"), call)
            # First, as a task goes on to its next call before others hear that they were refused.
            heapq.heappush(due, (self.now, -next(order), flow, None))

        for _ in range(side_by_side):
            begin()
        waiting = calls - side_by_side
        while due:
            self.now, _, flow, value = heapq.heappop(due)
            try:
                step = flow.send(value)
            except (StopIteration, ImprintError) as end:
                self.done += isinstance(end, StopIteration)
                self.given_up += isinstance(end, ImprintError)
                if waiting:
                    waiting -= 1
                    begin()
                continue
            seconds, answer = (latency, self.answer()) if isinstance(step, Attempt) else (step, None)
            heapq.heappush(due, (self.now + seconds, next(order), flow, answer))

    def answer(self) -> Answer:
        wait = self.limit(self.now)
        if wait is None:
            return Answer(200, {}, b'{"data": []}')
        self.refusals += 1
        asked = self.retry_after(wait)
        return Answer(429, {} if asked is None else {"retry-after": asked}, b"")


LIMITS = {
    "a window": lambda: window(50),
    "a bucket": lambda: bucket(50, 50),
    "a small bucket": lambda: bucket(50, 25),
    "any second": lambda: sliding(50),
}
RETRY_AFTER: dict[str, Callable[[float], str | None]] = {
    "whole seconds": lambda wait: str(int(wait) + 1),
    "exact": str,
    "none": lambda _: None,
}


@pytest.mark.parametrize("latency", [0.005, 0.1])
@pytest.mark.parametrize("retry_after", RETRY_AFTER.values(), ids=RETRY_AFTER)
@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_600_calls_of_100_at_a_time_keep_to_a_limit_of_50_a_second(
    monkeypatch: pytest.MonkeyPatch,
    limit: Callable[[], Limit],
    retry_after: Callable[[float], str | None],
    latency: float,
) -> None:
    simulation = Simulation(monkeypatch, limit(), retry_after)

    simulation.run(600, side_by_side=100, latency=latency)

    assert (simulation.done, simulation.given_up) == (600, 0)
    assert simulation.refusals <= 0.15 * 600


def test_most_of_what_the_server_takes_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = Simulation(monkeypatch, window(150), RETRY_AFTER["whole seconds"])

    simulation.run(3000, side_by_side=100)

    assert simulation.done == 3000
    assert simulation.refusals <= 0.05 * 3000
    assert simulation.now <= 3000 / 150 / 0.95


def test_calls_are_given_up_only_when_the_limit_does_not_allow_them_before_their_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulation = Simulation(monkeypatch, window(5), RETRY_AFTER["exact"])

    simulation.run(100, side_by_side=100, policy=RetryPolicy(deadline=10.0))

    assert 0.8 * 50 <= simulation.done <= 55
    assert simulation.given_up == 100 - simulation.done


def test_a_burst_that_nothing_limits_is_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = Simulation(monkeypatch, lambda _: None, RETRY_AFTER["none"])

    simulation.run(20, side_by_side=20, latency=0.1)
    assert simulation.now == pytest.approx(0.1)

    simulation.run(1000, side_by_side=100, latency=0.1)
    assert simulation.now == pytest.approx(0.1 + 1000 / 100 * 0.1, rel=0.3)


def test_a_limit_of_ones_own_spaces_requests_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = Simulation(monkeypatch, bucket(20, 1.001), RETRY_AFTER["exact"])
    simulation.gate = Gate(rate=20)

    simulation.run(100, side_by_side=50)

    assert (simulation.done, simulation.refusals) == (100, 0)
    assert simulation.now == pytest.approx(99 / 20 + 0.01)


def test_a_stray_refusal_in_a_quiet_hour_holds_nobody_up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    stray = iter([0.1])
    simulation = Simulation(monkeypatch, lambda _: next(stray, None), RETRY_AFTER["exact"])
    simulation.run(1, side_by_side=1)

    simulation.run(100, side_by_side=100)

    assert (simulation.done, simulation.refusals) == (101, 1)
    assert simulation.now < 10


# --- Over a socket ----------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sandbox, Counter[int]]]:
    """A sandbox that takes 40 requests in a fifth of a second, and how often it answered with each status."""
    let, statuses, make_app = window(40, 0.2), Counter[int](), app.make_app

    def limiting(*arguments: Any) -> Any:
        serve = make_app(*arguments)

        async def limit(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
            wait = let(time.monotonic())
            statuses[200 if wait is None else 429] += 1
            if wait is None:
                await serve(scope, receive, send)
                return
            await receive()
            headers = [(b"retry-after", str(wait).encode()), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 429, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

        return limit

    monkeypatch.setattr(app, "make_app", limiting)
    with Sandbox() as sandbox:
        yield sandbox, statuses


@pytest.mark.parametrize("flavour", ["threads", "tasks"])
def test_calls_side_by_side_are_all_recorded_once_with_few_refusals(
    limited: tuple[Sandbox, Counter[int]], flavour: str
) -> None:
    sandbox, statuses = limited
    ids = [f"e-{number}" for number in range(100)]
    # The gate has never heard of the limit, and each of the 100 is sent at once.
    if flavour == "threads":
        with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint, ThreadPoolExecutor(100) as pool:
            order = imprint.orders.create(make_order()).id
            list(pool.map(imprint.order_events.create, [make_event(order, each) for each in ids]))
    else:

        async def run() -> None:
            async with AsyncImprint(sandbox.api_key, base_url=sandbox.url) as imprint:
                order = (await imprint.orders.create(make_order())).id
                await asyncio.gather(*(imprint.order_events.create(make_event(order, each)) for each in ids))

        asyncio.run(run())

    assert sorted(event["partner_event_id"] for event in sandbox.events) == sorted(ids)
    assert statuses[200] == 101
    assert statuses[429] <= 100  # each at most once; each call on its own would ask again and again


# --- Who passes it ----------------------------------------------------------------------------------------------------


class Counting(Gate):
    """Notes who passes, and after which pause."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = 0
        self.left: list[float | None] = []

    def enter(self) -> Iterator[float]:
        self.entered += 1
        yield from super().enter()

    def leave(self, started: float, pause: float | None) -> None:
        self.left.append(pause)
        super().leave(started, pause)


def test_every_request_passes_retries_lookups_and_pages_too(
    sandbox: Sandbox, connect: Callable[..., Flavour], clock: Clock
) -> None:
    gate = Counting()
    client = connect(sandbox, gate=gate)
    order = client.create_order(make_order()).id
    client.find(partner_event_id="e-0")
    sandbox.fail("postOrderEvent", SandboxFault(status=429, headers={"Retry-After": "3"}))
    sandbox.fail("postOrderEvent", SandboxFault(status=503, headers={"Retry-After": "7"}))
    with pytest.raises(ImprintError):
        client.create(make_event(order), retry=RetryPolicy(deadline=12.0))
    client.ensure(make_event(order, "e-2"))
    client.list(limit=1)

    assert gate.entered == len(gate.left) == len(sandbox.requests)
    assert [pause for pause in gate.left if pause is not None] == [3.0, 7.0]


def test_an_interrupted_call_has_left_the_gate_although_its_exception_is_kept(
    sandbox: Sandbox, connect: Callable[..., Flavour], monkeypatch: pytest.MonkeyPatch
) -> None:
    class InterruptionError(BaseException):
        """As KeyboardInterrupt and CancelledError are, no Exception."""

    def interrupt(*_: object) -> None:
        raise InterruptionError

    gate = Counting()
    client = connect(sandbox, gate=gate)
    monkeypatch.setattr(wire.Exchange, "begin", interrupt)

    with pytest.raises(InterruptionError) as kept:
        client.list_orders()

    assert (gate.left, kept.value.__context__) == ([None], None)


def test_clients_that_share_a_gate_share_its_pauses(sandbox: Sandbox, clock: Clock) -> None:
    gate = Gate()
    sandbox.fail("listOrders", SandboxFault(status=429, headers={"Retry-After": "9"}))
    with Imprint(sandbox.api_key, base_url=sandbox.url, gate=gate) as one, pytest.raises(RateLimitError):
        one.orders.list(retry=RetryPolicy.none())

    with Imprint(sandbox.api_key, base_url=sandbox.url, gate=gate) as other:
        other.orders.list()
    with Imprint(sandbox.api_key, base_url=sandbox.url) as alone:
        alone.orders.list()

    assert clock.waits == [9.0]


def test_a_call_whose_turn_comes_after_its_deadline_is_not_sent(
    sandbox: Sandbox, connect: Callable[..., Flavour], clock: Clock
) -> None:
    client = connect(sandbox)
    sandbox.fail("listOrders", SandboxFault(status=429, headers={"Retry-After": "50"}))
    with pytest.raises(RateLimitError) as refused:
        client.list_orders(retry=RetryPolicy(deadline=20.0))

    with pytest.raises(APITimeoutError, match=r"its turn at the gate comes in 50\.0 s.* nothing was sent"):
        client.create_order(make_order(), retry=RetryPolicy(deadline=20.0))
    with pytest.raises(APITimeoutError, match="nothing was sent"):
        client.create_order(make_order(), retry=RetryPolicy.none())

    assert refused.value.retry_after == 50.0
    assert [request.operation for request in sandbox.requests] == ["listOrders"]
    assert clock.waits == []


@pytest.mark.parametrize("asked", ["1000000", "9" * 400])
def test_a_senseless_retry_after_closes_the_gate_for_an_hour_at_most(
    sandbox: Sandbox, connect: Callable[..., Flavour], clock: Clock, asked: str
) -> None:
    client = connect(sandbox)
    sandbox.fail("listOrders", SandboxFault(status=429, headers={"Retry-After": asked}))
    with pytest.raises(RateLimitError):
        client.list_orders()

    with pytest.raises(APITimeoutError, match=r"comes in 3600\.0 s"):
        client.list_orders()
    clock.seconds += 3600

    assert client.list_orders() == []
    assert clock.waits == []


def test_whoever_cannot_wait_for_a_turn_gives_it_back(clock: Clock) -> None:
    gate = Gate(rate=1)
    assert list(gate.enter()) == []
    for _ in range(10):
        turn = gate.enter()
        assert next(iter(turn)) == 1.0
        turn.close()  # type: ignore[attr-defined]

    assert next(iter(gate.enter())) == 1.0


def test_calls_that_are_cancelled_while_they_wait_give_their_turns_back(clock: Clock) -> None:
    gate = Gate(rate=1)
    assert list(gate.enter()) == []
    turns = [gate.enter() for _ in range(10)]
    assert [next(turn) for turn in turns] == [float(number) for number in range(1, 11)]

    for turn in turns:  # in the order in which a loop cancels its tasks, the first first
        turn.close()  # type: ignore[attr-defined]

    assert next(gate.enter()) == 1.0


def test_a_gate_of_ones_own_decides(sandbox: Sandbox, connect: Callable[..., Flavour], clock: Clock) -> None:
    class Late(Gate):
        def enter(self) -> Iterator[float]:
            yield 5.0
            yield from super().enter()

    connect(sandbox, gate=Late()).list_orders()

    assert clock.waits == [5.0]


@pytest.mark.parametrize("rate", [0, -1, True, "50", float("inf"), float("nan")])
def test_a_rate_that_is_none_is_refused(rate: Any) -> None:
    with pytest.raises(ConfigurationError, match="rate is"):
        Gate(rate)


def test_a_gate_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="gate must be a Gate"):
        Imprint("k", gate=50)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [(429, "1.5", 1.5), (429, None, None), (429, "soon", None), (503, "7", 7.0), (400, "7", None)],
)
def test_what_retry_after_asks_for_is_an_attribute(
    sandbox: Sandbox, client: Flavour, status: int, header: str | None, seconds: float | None
) -> None:
    sandbox.fail("listOrders", SandboxFault(status=status, headers={"Retry-After": header} if header else {}))

    with pytest.raises(ImprintError) as caught:
        client.list_orders(retry=RetryPolicy.none())

    assert caught.value.retry_after == seconds  # type: ignore[attr-defined]


def test_a_gate_forgets_the_requests_of_long_ago(clock: Clock) -> None:
    gate = Gate()
    for _ in range(100):
        assert list(gate.enter()) == []
        gate.leave(clock.seconds, None)
        clock.seconds += 0.5

    assert len(gate._accepted) <= 3
