"""Each program of examples/ does what its guide says, on a good day and on a bad one."""

import contextlib
import json
import re
import sqlite3
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from imprint_client import Imprint, RetryPolicy
from imprint_sandbox import Sandbox, SandboxFault

from examples import __main__ as programs
from examples import checkout, outbox, reconcile

PRINTED = {
    "checkout": r"POST /checkout: 201\nPOST /checkout with a lost response: 201\nrecorded: o-1 o-2\n",
    "outbox": r"outbox:( \('shipment-\d', 'recorded'\)){3}\nrecorded: shipment-1 shipment-2 shipment-3\n",
    "reconcile": r"shipment-1: the ledger has .* 999\), .* 1000\)\nshipment-2: .* ledger\nshipment-3: .* Imprint\n",
    "backfill": r"recorded: 1 order, 1 event\n",
}
QUICK = RetryPolicy(attempts=1, deadline=0.05, first_wait=0.01)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMPRINT_API_KEY", sandbox.api_key)
    monkeypatch.setenv("IMPRINT_BASE_URL", sandbox.url)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute(outbox.TABLE)
    return database


@pytest.mark.parametrize("name", programs.EXAMPLES)
def test_a_program_does_what_its_guide_says(name: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.suppress(SystemExit):
        programs.EXAMPLES[name](sandbox)

    assert re.fullmatch(PRINTED[name], capsys.readouterr().out)


def test_the_checkout_says_what_is_wrong_with_a_basket(sandbox: Sandbox) -> None:
    line = {"name": "Couch Supreme", "quantity": 1, "rate": 2**60, "rewards_rate": 0}

    with TestClient(checkout.app) as shop:
        response = shop.post("/checkout", json={"number": "o-1", "payment_method_id": "p-1", "lines": [line]})

    assert response.status_code == 422
    assert "rate" in response.json()["faults"][0]
    assert not sandbox.orders


def test_the_checkout_does_not_tell_a_customer_that_an_unknown_outcome_failed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "RetryPolicy", lambda **_: QUICK)
    sandbox.fail("createOrder", SandboxFault(status=500))

    with TestClient(checkout.app) as shop:
        response = shop.post("/checkout", json={"number": "o-1", "payment_method_id": "p-1", "lines": []})

    assert response.status_code == 202


def test_the_checkout_tells_a_number_that_is_taken_from_an_order_that_was_not_recorded() -> None:
    line = {"name": "Couch Supreme", "quantity": 1, "rate": 5000, "rewards_rate": 0}
    basket = {"number": "o-1", "payment_method_id": "p-1", "lines": [line]}

    with Sandbox(duplicates="reject") as sandbox, pytest.MonkeyPatch.context() as environment:
        environment.setenv("IMPRINT_API_KEY", sandbox.api_key)
        environment.setenv("IMPRINT_BASE_URL", sandbox.url)
        with TestClient(checkout.app) as shop:
            codes = [shop.post("/checkout", json=each).status_code for each in (basket, {**basket, "lines": []})]

    assert codes == [201, 409]


def states(database: sqlite3.Connection) -> list[str]:
    return [state for (state,) in database.execute("SELECT state FROM outbox ORDER BY rowid")]


def work(database: sqlite3.Connection) -> None:
    with Imprint(retry=QUICK) as imprint:
        outbox.work(database, imprint)


def an_order_id(sandbox: Sandbox) -> str:
    with Imprint() as imprint:
        return imprint.orders.create(programs.an_order()).id


def test_a_row_that_a_killed_worker_left_in_doubt_waits_and_is_then_looked_up(
    sandbox: Sandbox, database: sqlite3.Connection
) -> None:
    event = programs.an_event(an_order_id(sandbox), "shipment-1")
    outbox.add(database, event)
    sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="late"))
    work(database)
    assert states(database) == ["in doubt"]

    work(database)  # too early: nothing is due
    sandbox.settle()
    database.execute("UPDATE outbox SET due = 0")
    work(database)

    assert states(database) == ["recorded"]
    assert len(sandbox.events) == 1


@pytest.mark.parametrize(("status", "state"), [(429, "new"), (401, "new"), (500, "in doubt"), (400, "aside")])
def test_what_becomes_of_a_row_is_decided_by_its_exception(
    status: int, state: str, sandbox: Sandbox, database: sqlite3.Connection
) -> None:
    outbox.add(database, programs.an_event(an_order_id(sandbox), "shipment-1"))
    sandbox.fail("postOrderEvent", SandboxFault(status=status), times=9)

    work(database)

    assert states(database) == [state]


def test_an_event_in_the_outbox_is_kept_as_json(sandbox: Sandbox, database: sqlite3.Connection) -> None:
    event = programs.an_event("77f60af4-185e-4867-b113-34e3cf7c6acd", "shipment-1")

    outbox.add(database, event)

    [(body,)] = database.execute("SELECT body FROM outbox")
    assert json.loads(body) == event.to_dict()


def test_a_ledger_that_agrees_has_no_differences(sandbox: Sandbox) -> None:
    with Imprint() as imprint:
        imprint.order_events.create(programs.an_event(an_order_id(sandbox), "shipment-1"))
        found = list(reconcile.differences({"shipment-1": ("CAPTURED", 1000)}, imprint.order_events.list()))

    assert found == []


def test_an_event_that_is_recorded_twice_is_a_difference(sandbox: Sandbox) -> None:
    event = programs.an_event(an_order_id(sandbox), "shipment-1")

    with Imprint() as imprint:
        imprint.order_events.create(event)
        imprint.order_events.create(event)
        found = list(reconcile.differences({"shipment-1": ("CAPTURED", 1000)}, imprint.order_events.list()))

    assert found == ["shipment-1: recorded twice"]
