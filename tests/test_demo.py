import json
import subprocess
import sys
from typing import Any

import pytest
from imprint_sandbox import Sandbox, SandboxFault

from tools import demo

STEPS = [
    "order created: o-c8a1fe46bbff4a18ba1d, $2,749.99",
    "a wrong sum refused: nothing was sent: amount is 275000, but the lines add up to 274999",
    "captured, part 1 of 2: Couch Supreme, $2,699.99",
    "captured, part 2 of 2: Delivery, $50.00",
    "refunded: Delivery, $50.00",
    "order updated: without Delivery it is $2,699.99",
    "captured 25 times more",
    "an event recorded by mistake is deleted: capture-mistake",
    "an order placed by mistake is found and deleted: o-mistake",
    "listed 28 events, in 3 pages of [10, 10, 8]",
    "looked up by its partner_event_id: refund-1",
    "captured  $3,374.99",
    "refunded     $50.00",
    "net       $3,324.99",
]


def test_the_demo_takes_the_published_order_through_its_life_and_says_so() -> None:
    run = subprocess.run([sys.executable, "-m", "tools.demo"], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    positions = [run.stdout.find(step) for step in STEPS]
    assert -1 not in positions, STEPS[positions.index(-1)]
    assert positions == sorted(positions)


LESS = {"order_lines": [demo.COUCH.to_dict()]}
SAME = {name: json.loads(demo.EXAMPLE.read_text())[name] for name in ("id", "payment_method_id", "partner_order_id")}
UPDATED = {**SAME, "total_order_amount": 269999}
NOTHING = SandboxFault(status=200, body={"data": []})
BAD_DAYS: list[tuple[str, list[SandboxFault], str]] = [
    ("postOrderEvent", [SandboxFault(status=200, body={}, write="lost")], "may or may not have been carried out"),
    ("listOrderEvents", [SandboxFault(answer="normal"), NOTHING], "events listed"),
    ("listOrderEvents", [SandboxFault(answer="normal")] * 4 + [NOTHING], "the event found"),
    ("putOrder", [SandboxFault(status=200, body=UPDATED, write="lost")], "the updated order"),
    ("putOrder", [SandboxFault(status=200, body=UPDATED | LESS, write="lost")], "the total kept by the sandbox"),
    ("deleteOrderEvent", [SandboxFault(status=204, write="lost")], "the deleted event"),
    ("listOrders", [NOTHING], "was not found"),
    ("deleteOrder", [SandboxFault(status=204, write="lost")], "the orders kept by the sandbox"),
]


@pytest.mark.parametrize(("operation", "faults", "message"), BAD_DAYS)
def test_the_demo_fails_with_what_did_not_hold(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    clock: object,
    operation: str,
    faults: list[SandboxFault],
    message: str,
) -> None:
    class Spoilt(Sandbox):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            for fault in faults:
                self.fail(operation, fault)

    monkeypatch.setattr(demo, "Sandbox", Spoilt)

    assert demo.main() == 1
    assert message in capsys.readouterr().out


def test_the_demo_fails_when_a_wrong_sum_is_not_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "TotalsMismatchError", ZeroDivisionError)

    assert demo.main() == 1
    assert "275000" in capsys.readouterr().out
