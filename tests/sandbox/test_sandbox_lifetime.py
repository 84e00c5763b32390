"""Starting and stopping: in a program, by the command, by the pytest fixture, and after a sudden death."""

import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from imprint_sandbox import Sandbox, SandboxFault

ORDER = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1, "id": "o"}
EVENT = {"order_id": "o", "type": "CAPTURED", "amount": 1, "network_transaction_id": "n"}
KEY = {"Authorization": "Bearer sandbox-key"}
LISTENING = "Imprint sandbox listening on "


@contextmanager
def command(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `imprint-sandbox` on a free port; give the process and the URL that it printed."""
    program = [sys.executable, "-m", "imprint_sandbox", "--port", "0", *arguments]
    # With output buffered, as it is for whoever reads it through a pipe.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout is not None
            assert select.select([process.stdout], [], [], 30)[0], "nothing was printed"
            line = process.stdout.readline()
            assert line.startswith(f"{LISTENING}http://127.0.0.1:"), line
            url = line.removeprefix(LISTENING).strip()
            assert process.stdout.readline() == f"Watch it at {url}/_sandbox\n"
            yield process, url
        finally:
            process.kill()


def test_a_sandbox_listens_on_the_loopback_interface_only(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:")
    port = httpx.URL(sandbox.url).port
    assert port is not None
    # Another address of this machine: were it bound to all of them, this one would be taken.
    with socket.create_server(("127.0.0.2", port)):
        pass


def test_sandboxes_do_not_see_each_other() -> None:
    with Sandbox() as one, Sandbox() as other:
        httpx.post(f"{one.url}/v2/orders", json=ORDER, headers=KEY)
        assert one.url != other.url
        assert (len(one.orders), len(other.orders)) == (1, 0)


def test_a_closed_sandbox_no_longer_listens_and_its_port_can_be_used_again() -> None:
    with Sandbox() as sandbox:
        port = httpx.URL(sandbox.url).port
        assert port is not None
    sandbox.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url)
    with Sandbox(port=port) as again:
        assert again.url == sandbox.url


def test_a_port_that_is_taken_is_an_error(sandbox: Sandbox) -> None:
    port = httpx.URL(sandbox.url).port
    assert port is not None
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=port)


def test_a_server_that_cannot_start_is_an_error_and_not_a_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imprint_sandbox.server.ServerState", None)
    with pytest.raises(TypeError):
        Sandbox()


def test_a_sandbox_closes_while_answers_are_delayed_and_connections_kept_alive(own_sandbox: Sandbox) -> None:
    own_sandbox.fail("createOrder", SandboxFault(delay=3600))
    with httpx.Client(base_url=own_sandbox.url, headers=KEY) as idle, ThreadPoolExecutor() as threads:
        idle.get("/v2/order_events")
        delayed = threads.submit(httpx.post, f"{own_sandbox.url}/v2/orders", json=ORDER, headers=KEY)
        own_sandbox.wait_for_requests(2)
        half = socket.create_connection(("127.0.0.1", httpx.URL(own_sandbox.url).port or 0))
        half.sendall(b"POST /v2/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        own_sandbox.close()
        with pytest.raises(httpx.RemoteProtocolError):
            delayed.result()
        half.close()


def test_a_file_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "imprint.db"
    with Sandbox(db=file) as sandbox:
        for order_id in ("o", "deleted"):
            httpx.post(f"{sandbox.url}/v2/orders", json={**ORDER, "id": order_id}, headers=KEY)
        for event_id in ("e", "deleted"):
            httpx.post(f"{sandbox.url}/v2/order_events", json={**EVENT, "order_event_id": event_id}, headers=KEY)
        httpx.put(f"{sandbox.url}/v2/orders/o", json={**ORDER, "total_order_amount": 2}, headers=KEY)
        httpx.delete(f"{sandbox.url}/v2/orders/deleted", headers=KEY)
        httpx.delete(f"{sandbox.url}/v2/order_events/deleted", headers=KEY)
        orders, events = sandbox.orders, sandbox.events
    assert [order["total_order_amount"] for order in orders] == [2]
    assert [event["order_event_id"] for event in events] == ["e"]
    with Sandbox(db=file) as sandbox:
        assert (sandbox.orders, sandbox.events) == (orders, events)
        assert httpx.get(f"{sandbox.url}/v2/orders", headers=KEY).json()["data"] == orders
        assert httpx.post(f"{sandbox.url}/v2/order_events", json=EVENT, headers=KEY).status_code == 200


def test_what_lookups_did_not_see_yet_they_see_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "imprint.db"
    with Sandbox(db=file) as sandbox:
        sandbox.fail("createOrder", SandboxFault(write="unseen"))
        httpx.post(f"{sandbox.url}/v2/orders", json=ORDER, headers=KEY)
        assert httpx.get(f"{sandbox.url}/v2/orders", headers=KEY).json()["data"] == []
    with Sandbox(db=file) as sandbox:
        assert httpx.get(f"{sandbox.url}/v2/orders", headers=KEY).json()["data"] == sandbox.orders != []


def test_a_file_of_the_first_version_is_read_with_all_that_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "imprint.db"
    orders = [{**ORDER, "id": order_id, "created_at": None} for order_id in ("z", "a")]
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE orders (number INTEGER PRIMARY KEY, id TEXT, body TEXT NOT NULL)")
        db.execute("CREATE INDEX orders_id ON orders (id)")
        db.executemany("INSERT INTO orders (id, body) VALUES (?, ?)", [(o["id"], json.dumps(o)) for o in orders])
    for _ in range(2):
        with Sandbox(db=file) as sandbox:
            params = {"partner_order_id": "o"}
            assert httpx.get(f"{sandbox.url}/v2/orders", params=params, headers=KEY).json()["data"] == orders
            assert (sandbox.orders, sandbox.events) == (orders, [])


def test_nothing_acknowledged_is_lost_and_nothing_half_written_when_the_process_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "imprint.db"
    writers, enough = 8, 200
    acknowledged: list[dict[str, Any]] = []
    reached = threading.Event()

    def write(url: str, writer: int) -> None:
        with httpx.Client(base_url=url, headers=KEY) as client:
            number = 0
            while True:
                number += 1
                event = {**EVENT, "partner_event_id": f"{writer}-{number}", "padding": "x" * 5000}
                try:
                    answer = client.post("/v2/order_events", json=event)
                except httpx.TransportError:
                    return
                acknowledged.append(answer.json())
                if len(acknowledged) >= enough:
                    reached.set()

    with command("--db", str(file)) as (process, url), ThreadPoolExecutor() as threads:
        httpx.post(f"{url}/v2/orders", json=ORDER, headers=KEY)
        running = [threads.submit(write, url, writer) for writer in range(writers)]
        assert reached.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        for each in running:
            each.result()

    with command("--db", str(file)) as (_, url):
        kept = httpx.get(f"{url}/_sandbox/events").json()["data"]
        assert len(httpx.get(f"{url}/_sandbox/orders").json()["data"]) == 1
    by_id = {event["order_event_id"]: event for event in kept}
    assert len(by_id) == len(kept)
    assert [event for event in acknowledged if by_id.get(event["order_event_id"]) != event] == []
    # Besides these there may be what was written and not yet acknowledged: one for each writer at most, and whole.
    assert len(kept) - len(acknowledged) <= writers
    assert {len(event["padding"]) for event in kept} == {5000}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_command_says_where_it_listens_and_stops_cleanly(name: str) -> None:
    with command("--api-key", "secret", "--quiet") as (process, url):
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer secret"}) as client:
            assert client.post("/v2/orders", json=ORDER).status_code == 200
            process.send_signal(signal.Signals[name])
            rest, errors = process.communicate(timeout=30)
        assert (process.returncode, rest, errors) == (0, "", "")


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "imprint-sandbox: "),
        (
            ["--port", "0", "--db", "no/such/folder/f.db"],
            "imprint-sandbox: --db no/such/folder/f.db: unable to open database file",
        ),
        (["--port", "0", "--db", __file__], f"imprint-sandbox: --db {__file__}: file is not a database"),
    ],
)
def test_the_command_says_why_it_cannot_start(arguments: list[str], message: str) -> None:
    done = run(f"from imprint_sandbox.__main__ import main; main({arguments})")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "jsonschema_rs"])
def test_without_the_extra_the_command_says_what_to_install(missing: str) -> None:
    done = run(
        f"import sys; sys.modules[{missing!r}] = None; from imprint_sandbox.__main__ import main; main(['--port', '0'])"
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"imprint-sandbox: The Imprint sandbox needs {missing}: pip install 'imprint-client[sandbox]'\n"
    )


CONFTEST = 'pytest_plugins = ["imprint_sandbox.pytest_plugin"]\n'
SERVICE_TEST = """
import httpx

def report(sandbox):
    return httpx.post(
        f"{sandbox.url}/v2/orders",
        json={"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1},
        headers={"Authorization": f"Bearer {sandbox.api_key}"},
    ).status_code

def test_one(imprint_sandbox):
    assert report(imprint_sandbox) == 200
    assert len(imprint_sandbox.orders) == 1

def test_another_starts_with_nothing(imprint_sandbox):
    assert imprint_sandbox.orders == []

def test_none():
    pass
"""


def run_pytest(folder: Path, conftest: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_service.py").write_text(SERVICE_TEST)
    program = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    # The plugins of this environment take longer to import than these tests run.
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(program, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_the_pytest_fixture_gives_each_test_a_sandbox_of_its_own(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, CONFTEST)
    assert "3 passed" in done.stdout, done.stdout


def test_without_the_extra_the_pytest_fixture_says_what_to_install(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, f"import sys\nsys.modules['uvicorn'] = None\n{CONFTEST}")
    assert "1 passed, 2 errors" in done.stdout, done.stdout
    assert "The Imprint sandbox needs uvicorn: pip install 'imprint-client[sandbox]'" in done.stdout
