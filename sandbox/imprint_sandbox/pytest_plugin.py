"""Fixtures for pytest. In a conftest.py: `pytest_plugins = ["imprint_sandbox.pytest_plugin"]`.

This module alone of the sandbox knows the client, and imports it only in the fixtures that make one: the server still
trusts the contract alone, so that a mistake in the client cannot hide in it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from imprint_sandbox import Sandbox

if TYPE_CHECKING:
    from imprint_client import AsyncImprint, Imprint, RetryPolicy

_DEADLINE = 2.0  # seconds: an outcome that stays unknown holds a test up for no longer
_FIRST_WAIT = 0.01  # seconds
_LONGEST_WAIT = 0.1  # seconds


@pytest.fixture
def imprint_sandbox() -> Iterator[Sandbox]:
    """A local Imprint of this test's own, in memory."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def imprint_env(imprint_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The test's sandbox, with IMPRINT_API_KEY and the like set for a service that makes its own client."""
    monkeypatch.setenv("IMPRINT_API_KEY", imprint_sandbox.api_key)
    monkeypatch.setenv("IMPRINT_BASE_URL", imprint_sandbox.url)
    monkeypatch.setenv("IMPRINT_RETRY_DEADLINE", str(_DEADLINE))
    monkeypatch.delenv("IMPRINT_MERCHANT_KEY", raising=False)
    return imprint_sandbox


@pytest.fixture
def imprint(imprint_sandbox: Sandbox) -> "Iterator[Imprint]":
    """A client of the test's sandbox, with waits so short that a bad day takes 2 s at most."""
    from imprint_client import Imprint  # noqa: PLC0415 - see above

    with Imprint(imprint_sandbox.api_key, base_url=imprint_sandbox.url, retry=_quick_retries()) as client:
        yield client


@pytest.fixture
def async_imprint(imprint_sandbox: Sandbox) -> "AsyncImprint":
    """As `imprint`, with `await`. Use it in one event loop, that of your async plugin or of `asyncio.run`."""
    import httpx  # noqa: PLC0415 - see above
    from imprint_client import AsyncImprint  # noqa: PLC0415 - see above

    # It cannot be closed here: the test's event loop is not running. So it keeps no connection open after a call.
    closing = httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)
    return AsyncImprint(
        imprint_sandbox.api_key, base_url=imprint_sandbox.url, retry=_quick_retries(), http_client=closing
    )


def _quick_retries() -> "RetryPolicy":
    from imprint_client import RetryPolicy  # noqa: PLC0415 - see above

    return RetryPolicy(deadline=_DEADLINE, first_wait=_FIRST_WAIT, longest_wait=_LONGEST_WAIT)
