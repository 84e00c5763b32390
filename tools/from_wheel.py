"""A pytest plugin that fails the run if any of our packages was imported from outside the environment."""

import sys
from pathlib import Path

import pytest

OURS = ("imprint_api", "imprint_client", "imprint_sandbox")


def pytest_sessionfinish(session: pytest.Session) -> None:
    installed = Path(sys.prefix).resolve()
    loaded = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in OURS}
    strays = [name for name, module in loaded.items() if installed not in Path(module.__file__ or "").resolve().parents]
    missing = [name for name in OURS if name not in loaded]
    if strays or missing:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nnot from the wheel: {sorted(strays)}; never imported: {missing}", file=sys.stderr)
