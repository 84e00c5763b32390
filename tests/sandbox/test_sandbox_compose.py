"""examples/compose.yaml cannot be run here; its command lines can, each against a sandbox that it describes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from imprint_sandbox.__main__ import DEFAULT_PORT
from ruamel.yaml import YAML

from .test_sandbox_lifetime import command

FILE = Path(__file__).parents[2] / "examples" / "compose.yaml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load(FILE)
    assert set(document) == {"x-python", "services"}
    return dict(document["services"])


def test_the_services_of_the_compose_file_work_together(services: dict[str, Any]) -> None:
    imprint, service = services["imprint"], services["service"]
    assert service["depends_on"] == {"imprint": {"condition": "service_healthy"}}
    program, *arguments = imprint["command"]
    assert program == "imprint-sandbox"
    port = str(DEFAULT_PORT)
    assert arguments[arguments.index("--port") + 1] == port
    assert imprint["ports"] == [f"127.0.0.1:{port}:{port}"]
    host = service["environment"]["IMPRINT_BASE_URL"]
    assert host == f"http://{arguments[arguments.index('--allowed-host') + 1]}:{port}"

    # At this address, which only containers can reach, a client can be made at least.
    assert (
        run(["-c", "import imprint_client; print(imprint_client.Imprint())"], service["environment"])
        == f"<Imprint {host}>\n"
    )

    # The last --port counts: `command` gives a free one first.
    del arguments[arguments.index("--port") : arguments.index("--port") + 2]
    with command(*arguments) as (_, url):
        kind, python, *check = imprint["healthcheck"]["test"]
        assert (kind, python) == ("CMD", "python")
        run([*check[:-1], check[-1].replace(f"http://127.0.0.1:{port}", url)], {})
        interpreter, *work = service["command"]
        assert interpreter == "python"
        assert run(work, {**service["environment"], "IMPRINT_BASE_URL": url}) == "created o-1\n"


def test_a_container_that_is_not_healthy_is_seen(services: dict[str, Any]) -> None:
    check = services["imprint"]["healthcheck"]["test"][2:]
    with pytest.raises(subprocess.CalledProcessError):
        run([*check[:-1], check[-1].replace(str(DEFAULT_PORT), "1")], {})


def test_the_image_installs_the_wheel_that_make_dist_builds(services: dict[str, Any]) -> None:
    for service in services.values():
        assert service["build"]["context"] == ".."
        steps = [line.split(maxsplit=1) for line in service["build"]["dockerfile_inline"].splitlines()]
        assert [step for step, _ in steps] == ["FROM", "COPY", "RUN", "USER"]
        assert steps[1][1] == "dist/*.whl /wheels/"
        # Compose reads $$ as a dollar.
        assert steps[2][1] == 'pip install --no-cache-dir "$$(ls /wheels/imprint_client-*.whl)[sandbox]"'


def run(arguments: list[str], environment: dict[str, str]) -> str:
    program = [sys.executable, *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(program, env=env, capture_output=True, text=True, check=True, timeout=60).stdout
