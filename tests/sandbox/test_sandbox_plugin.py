"""The pytest fixtures that set the environment and make clients; `imprint_sandbox` is in test_sandbox_lifetime.py."""

import os
import subprocess
import sys
from pathlib import Path

from .test_sandbox_lifetime import CONFTEST

SERVICE_TESTS = """
import asyncio
import os

import pytest
from imprint_client import Imprint, NewOrder, NewOrderEvent, OrderEventType
from imprint_sandbox import SandboxFault

ORDER = NewOrder(payment_method_id="p", partner_order_id="o-1", total_order_amount=5)

def event(order):
    return NewOrderEvent(
        order_id=order.id, type_=OrderEventType.CAPTURED, amount=5, network_transaction_id="n", partner_event_id="e"
    )

def test_the_environment_leads_to_the_sandbox(imprint_env):
    assert "IMPRINT_MERCHANT_KEY" not in os.environ
    with Imprint() as made_by_the_service:
        made_by_the_service.orders.create(ORDER)
    assert [order["partner_order_id"] for order in imprint_env.orders] == ["o-1"]

def test_the_environment_is_that_of_the_test_alone():
    assert (os.environ["IMPRINT_BASE_URL"], os.environ["IMPRINT_MERCHANT_KEY"]) == ("https://before.example", "before")

def test_a_client(imprint, imprint_sandbox):
    order = imprint.orders.create(ORDER)
    imprint_sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="made"))
    imprint.order_events.create(event(order))
    assert len(imprint_sandbox.events) == 1

def test_an_async_client(async_imprint, imprint_sandbox):
    async def work():
        order = await async_imprint.orders.create(ORDER)
        imprint_sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="made"))
        await asyncio.gather(async_imprint.order_events.create(event(order)), async_imprint.orders.list())
        return [each.amount async for each in async_imprint.order_events.list()]

    assert asyncio.run(work()) == [5]

@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_an_async_client_in_the_loop_of_a_plugin(async_imprint, imprint_sandbox):
    await async_imprint.orders.create(ORDER)
    assert len(imprint_sandbox.orders) == 1

def test_all_of_them_are_of_one_sandbox(imprint, async_imprint, imprint_env, imprint_sandbox):
    assert imprint_env is imprint_sandbox
    imprint.orders.create(ORDER)
    assert len(asyncio.run(async_imprint.orders.list())) == 1

def test_what_lands_late_is_found(imprint, imprint_sandbox):
    order = imprint.orders.create(ORDER)
    imprint_sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="late", settles_after=3))
    imprint.order_events.create(event(order))
    assert len(imprint_sandbox.events) == 1
"""


def test_the_fixtures_make_clients_and_leave_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_service.py").write_text(SERVICE_TESTS)
    # Whatever is left open is a warning, and so an error.
    options = ["-W", "error", "-p", "no:cacheprovider", "-p", "anyio", "--rootdir", str(tmp_path)]
    env = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "IMPRINT_BASE_URL": "https://before.example",
        "IMPRINT_MERCHANT_KEY": "before",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "7 passed" in done.stdout, done.stdout


def test_a_sandbox_and_its_fixture_run_without_the_client() -> None:
    program = """
import sys
from imprint_sandbox import pytest_plugin, Sandbox
Sandbox().close()
print([name for name in ("imprint_api", "imprint_client", "httpx") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
