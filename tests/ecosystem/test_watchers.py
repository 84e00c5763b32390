"""What people watch requests with sees those of a default client, and passes its trace on."""

import json
import os
import subprocess
import sys

import pytest
from imprint_sandbox import Sandbox

from .watchers import WATCHERS


@pytest.mark.parametrize("first", ["tool", "clients"])
@pytest.mark.parametrize("name", WATCHERS)
def test_each_request_is_seen_and_carries_the_trace(name: str, first: str) -> None:
    with Sandbox() as sandbox:
        run = subprocess.run(
            [sys.executable, "-m", "tests.ecosystem.watchers", name, first],
            env={**os.environ, "IMPRINT_BASE_URL": sandbox.url, "IMPRINT_API_KEY": sandbox.api_key},
            check=False,
            capture_output=True,
            text=True,
        )
        requests = sandbox.requests

    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert seen["spans"] == [["GET", 200], ["GET", 200]]
    assert seen.get("breadcrumbs", 2) == 2
    assert [request.query["partner_event_id"] for request in requests] == ["sync", "async"]
    assert all(seen["header"] in request.headers for request in requests)
    assert sandbox.api_key not in run.stdout + run.stderr
