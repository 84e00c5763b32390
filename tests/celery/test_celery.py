"""A slow request that lands after its job was delivered again: twice with `ensure` at once, once with a wait before it.

On a real RabbitMQ and Redis: BROKER_URL and LOCKS_URL, or on this machine.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from uuid import uuid4

import pytest
from imprint_client import Imprint, NewOrder, NewOrderEvent, OrderEventType
from imprint_sandbox import Sandbox, SandboxFault

HERE = Path(__file__).parent


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


class Worker:
    """A process of the recipe."""

    def __init__(self, environment: dict[str, str], log: IO[bytes]) -> None:
        command = [sys.executable, "-m", "celery", "-A", "recipe", "worker", "--pool", "solo", "--loglevel", "INFO"]
        command += ["--hostname", f"{uuid4().hex}@%h", "--without-mingle", "--without-gossip", "--without-heartbeat"]
        self.log = Path(str(log.name))
        self._process = subprocess.Popen(command, env=environment, cwd=HERE, stdout=log, stderr=log)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def wait_until(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < 60, what()
        time.sleep(0.05)


@pytest.mark.parametrize(("settle_seconds", "recorded"), [(0, 2), (4, 1)])
def test_redelivered_work_waits_before_it_is_ensured(
    sandbox: Sandbox, tmp_path: Path, settle_seconds: int, recorded: int
) -> None:
    environment = os.environ | {
        "IMPRINT_API_KEY": sandbox.api_key,
        "IMPRINT_BASE_URL": sandbox.url,
        "QUEUE": f"imprint-test-{uuid4().hex}",
        "SETTLE_SECONDS": str(settle_seconds),
        "LOCK_SECONDS": "1",  # a worker that was killed holds its lock for so long
    }
    with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint:
        order = imprint.orders.create(NewOrder(payment_method_id="p", partner_order_id="o", total_order_amount=100))
    event = NewOrderEvent(
        order_id=order.id,
        type_=OrderEventType.CAPTURED,
        partner_event_id="e-1",
        amount=100,
        network_transaction_id="n-1",
    )
    sandbox.fail(
        "postOrderEvent", SandboxFault(answer="cut", write="late", delay=3600)
    )  # slow: it lands when we say so
    program = f"import recipe; recipe.record_event.delay({event.to_dict()!r})"
    done = subprocess.run([sys.executable, "-c", program], env=environment, cwd=HERE, capture_output=True, check=False)
    assert done.returncode == 0, f"RabbitMQ is needed (apt-get install rabbitmq-server, or BROKER_URL): {done.stderr!r}"

    def posts() -> int:
        return sum(request.operation == "postOrderEvent" for request in sandbox.requests)

    with (tmp_path / "first").open("wb") as log:
        first = Worker(environment, log)
        wait_until(lambda: posts() == 1, first.log.read_text)
        first.kill()
    with (tmp_path / "second").open("wb") as log:
        second = Worker(environment, log)
        if settle_seconds:
            wait_until(lambda: "Retry in" in second.log.read_text(), second.log.read_text)
        else:
            wait_until(lambda: posts() == 2, second.log.read_text)
        sandbox.settle()
        wait_until(lambda: "succeeded" in second.log.read_text(), second.log.read_text)
        second.kill()

    assert [event["partner_event_id"] for event in sandbox.events] == ["e-1"] * recorded
