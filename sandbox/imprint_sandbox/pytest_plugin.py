"""The pytest fixture `imprint_sandbox`. In a conftest.py: `pytest_plugins = ["imprint_sandbox.pytest_plugin"]`."""

from collections.abc import Iterator

import pytest

from imprint_sandbox import Sandbox


@pytest.fixture
def imprint_sandbox() -> Iterator[Sandbox]:
    """A local Imprint of this test's own, in memory."""
    with Sandbox() as sandbox:
        yield sandbox
