import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings
from imprint_client import delivery
from imprint_sandbox import Sandbox

from tests.support import FLAVOURS, Clock, Flavour, make_order

# A shell ignores SIGINT for what it runs in the background. Some tests start a program and interrupt it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadlines: how long an example takes depends on the machine and on what else it is doing.
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("quick")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("IMPRINT_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def _one_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_one_sandbox: Sandbox) -> Iterator[Sandbox]:
    yield _one_sandbox
    _one_sandbox.reset()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(delivery, "seam", clock.seam)
    return clock


@pytest.fixture(params=sorted(FLAVOURS))
def client(request: pytest.FixtureRequest, sandbox: Sandbox, clock: Clock) -> Iterator[Flavour]:
    client = FLAVOURS[request.param](sandbox)
    yield client
    client.close()


@pytest.fixture
def order_id(sandbox: Sandbox, client: Flavour) -> str:
    """Of an order that the sandbox keeps."""
    return client.create_order(make_order()).id
