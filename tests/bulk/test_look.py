"""`imprint show`, `export` and `reconcile`: what Imprint has, beside what the merchant has."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from imprint_bulk.money import money
from imprint_client import Imprint
from imprint_sandbox import Sandbox, SandboxFault

from .support import LINE, Fields, event_row, imprint, order_row, refund_row, rows, write


def record(folder: Path, recorded: list[Fields]) -> None:
    """Have these rows recorded."""
    file = write(folder / "recorded.jsonl", recorded)
    assert imprint("send", file).code == 0
    file.with_name("recorded.jsonl.journal").unlink()


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (274999, "USD", "$2,749.99"),
        (-5, "USD", "-$0.05"),
        (274999, "EUR", "2,749.99 EUR"),
        (274999, "JPY", "274,999 JPY"),
        (274999, "KWD", "274.999 KWD"),
        (2**53, "USD", "$90,071,992,547,409.92"),
    ],
)
def test_money_is_shown_with_the_decimals_of_its_currency(amount: int, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown


# --- show -------------------------------------------------------------------------------------------------------------


def test_show_adds_up_what_is_known_and_nothing_else(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, [order_row(1), event_row(1), refund_row(1), refund_row(1, partner_event_id="odd", amount=777)])
    odd = imprint_there.events[2] | {"type": "CHARGED_BACK"}
    page = {"data": [*imprint_there.events[:2], odd], "has_more": False}
    imprint_there.fail("listOrderEvents", SandboxFault(status=200, body=page), times=2)

    ran, by_id = imprint("show", "--partner-order-id", "o-1"), imprint("show", imprint_there.orders[0]["id"], "--json")

    assert ran.code == by_id.code == 0
    assert [" ".join(line.split()[:3]) for line in ran.out.splitlines()[1:]] == [
        "CAPTURED e-1 $2,749.99",
        "REFUNDED r-1 $50.00",
        "CHARGED_BACK odd $7.77",
        "ordered $2,749.99 274999",
        "captured $2,749.99 274999",
        "refunded $50.00 5000",
        "net $2,699.99 269999",
    ]
    assert "(unknown type: not added)" in ran.out
    totals = {"currency": "USD", "ordered": 274999, "captured": 274999, "refunded": 5000, "net": 269999}
    assert by_id.json[0]["totals"] == [totals]


def test_currencies_are_never_added_to_each_other(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, [order_row(1), refund_row(1, currency="JPY", amount=100), event_row(1)])

    totals = imprint("show", "--partner-order-id", "o-1", "--json").json[0]["totals"]

    assert [(each["currency"], each["net"]) for each in totals] == [("USD", 274999), ("JPY", -100)]


def test_show_says_that_there_is_no_such_order(imprint_there: Sandbox) -> None:
    ran = imprint("show", "--partner-order-id", "o-1")

    assert (ran.code, "no order with the partner_order_id 'o-1'" in ran.err) == (1, True)
    assert imprint("show").code == imprint("show", "x", "--partner-order-id", "y").code == 2


# --- export -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_an_export_holds_every_event_and_can_be_checked_and_reconciled(
    tmp_path: Path, imprint_there: Sandbox, suffix: str
) -> None:
    record(tmp_path, [order_row(1), *(event_row(1, partner_event_id=f"e-{number}") for number in range(120))])
    file = tmp_path / f"export{suffix}"

    ran = imprint("export", "-o", file)

    assert (ran.code, ran.out) == (0, f"{file}: 120 events\n")
    assert imprint("check", file).code == 0
    assert imprint("reconcile", file).code == 0
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith("export")) == [file.name]


def test_an_export_that_was_killed_goes_on_where_it_was(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, [order_row(1), *(refund_row(1, partner_event_id=f"e-{number}") for number in range(250))])
    file, part = tmp_path / "export.jsonl", tmp_path / "export.jsonl.part"
    assert imprint("export", "-o", file).code == 0
    whole = file.read_text()
    file.unlink()
    # A kill in the middle of a line of the second page.
    part.write_text('{"imprint export": {}}\n' + whole[: len(whole) // 2])
    before = len(imprint_there.requests)

    assert imprint("export", "-o", file).code == 0
    assert file.read_text() == whole
    assert "starting_after" in imprint_there.requests[before].query
    assert len(imprint_there.requests) - before == 2


def test_an_export_does_not_go_on_with_the_part_of_another(tmp_path: Path, imprint_there: Sandbox) -> None:
    (tmp_path / "export.csv.part").write_text('{"imprint export": {"order_id": "x"}}\n')

    assert imprint("export", "-o", tmp_path / "export.csv").code == 2
    assert imprint("export", "-o", tmp_path / "export.csv", "--order-id", "x").code == 0
    assert imprint("export", "-o", tmp_path / "export.xls").code == 2


def test_a_list_that_ends_early_is_no_export(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, [order_row(1), *(refund_row(1, partner_event_id=f"e-{number}") for number in range(150))])
    imprint_there.fail("listOrderEvents", SandboxFault(answer="normal"))
    imprint_there.fail("listOrderEvents", SandboxFault(status=400))
    file = tmp_path / "export.csv"

    assert (imprint("export", "-o", file).code, file.exists()) == (4, False)
    assert (imprint("export", "-o", file).code, len(file.read_text().splitlines())) == (0, 151)


def test_without_a_file_events_are_printed(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, list(rows(2)))
    order_id = imprint_there.orders[1]["id"]

    printed = imprint("export", "--order-id", order_id).json

    assert [event["order_id"] for event in printed] == [order_id] * 2


def test_what_imprint_sends_beyond_the_contract_is_exported(tmp_path: Path, imprint_there: Sandbox) -> None:
    event: Any = refund_row(1, order_id="x", order_event_id="i", order_lines=[LINE], tax={"rate": 7}, note="a,b")
    del event["partner_order_id"]
    for suffix in ("csv", "parquet", "jsonl"):
        imprint_there.fail("listOrderEvents", SandboxFault(status=200, body={"data": [event], "has_more": False}))
        assert imprint("export", "-o", tmp_path / f"export.{suffix}").code == 0

    assert json.loads((tmp_path / "export.jsonl").read_text()) == event
    [row] = pyarrow.parquet.read_table(tmp_path / "export.parquet").to_pylist()
    assert (row["note"], row["tax"], row["amount"]) == ("a,b", '{"rate": 7}', 5000)
    assert '"{""rate"": 7}"' in (tmp_path / "export.csv").read_text()


# --- reconcile --------------------------------------------------------------------------------------------------------


def reconcile(file: Path, *arguments: object) -> tuple[int, list[tuple[str, str, list[str]]]]:
    ran = imprint("reconcile", file, *arguments)
    differences = file.with_name(f"{file.name}.differences.jsonl")
    found = [json.loads(line) for line in differences.read_text().splitlines()] if differences.exists() else []
    return ran.code, sorted((each["kind"], each["partner_event_id"], each["paths"]) for each in found)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_the_same_on_both_sides_is_no_difference(tmp_path: Path, imprint_there: Sandbox, suffix: str) -> None:
    record(tmp_path, list(rows(3)))
    before = len(imprint_there.requests)

    assert reconcile(write(tmp_path / f"ledger{suffix}", rows(3))) == (0, [])
    assert {request.method for request in imprint_there.requests[before:]} == {"GET"}


def test_every_kind_of_difference_is_found(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, [*rows(2), refund_row(0, partner_event_id="only there")])
    record(tmp_path, [event_row(1)])
    changed = event_row(0, amount=2, rewards_amount=3, order_lines=[LINE | {"rate": 2, "rewards_rate": 3}])
    ledger = [
        order_row(0),
        changed,
        refund_row(0),
        event_row(1),
        refund_row(1),
        refund_row(1, partner_event_id="only here"),
    ]

    code, found = reconcile(write(tmp_path / "ledger.csv", ledger))

    assert code == 1
    assert found == [
        ("different", "e-0", ["amount", "rewards_amount", "order_lines[0].rate", "order_lines[0].rewards_rate"]),
        ("missing at Imprint", "only here", []),
        ("missing in the file", "only there", []),
        ("recorded more than once", "e-1", []),
    ]


def test_an_event_of_another_order_is_a_difference(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, list(rows(2)))
    ledger = [event_row(0, partner_order_id="o-1"), refund_row(0), event_row(1, partner_order_id="o-9"), refund_row(1)]

    assert reconcile(write(tmp_path / "ledger.jsonl", ledger)) == (
        1,
        [("different", "e-0", ["order_id"]), ("different", "e-1", ["order_id"])],
    )


def test_a_field_that_imprint_did_not_keep_is_a_difference(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, [order_row(0), refund_row(0)])

    ledger = write(tmp_path / "ledger.jsonl", [refund_row(0, rewards_amount=5)])

    assert reconcile(ledger) == (1, [("different", "r-0", ["rewards_amount"])])


def test_both_sides_are_added_up(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, list(rows(3)))

    ran = imprint("reconcile", write(tmp_path / "ledger.jsonl", [*rows(2), refund_row(2)]))

    assert "CAPTURED    in the file: 2 events, $5,499.98;  at Imprint: 3 events, $8,249.97" in ran.out
    assert "REFUNDED    in the file: 3 events, $150.00;  at Imprint: 3 events, $150.00" in ran.out
    assert "1 missing in the file: see" in ran.out
    [captured, _, summary] = imprint("reconcile", tmp_path / "ledger.jsonl", "--json").json
    assert captured["there"] == {"events": 3, "amount": 824997}
    assert summary["differences"] == {"missing in the file": 1}


def test_with_the_journal_of_the_file_no_order_is_looked_up(tmp_path: Path, imprint_there: Sandbox) -> None:
    file = write(tmp_path / "file.jsonl", rows(3))
    imprint("send", file)
    before = len(imprint_there.requests)

    assert reconcile(file) == (0, [])
    assert {request.operation for request in imprint_there.requests[before:]} == {"listOrderEvents"}


def test_a_ledger_with_faults_is_not_compared(tmp_path: Path, imprint_there: Sandbox) -> None:
    ran = imprint("reconcile", write(tmp_path / "ledger.jsonl", [refund_row(1), refund_row(1, amount=2)]))

    assert (ran.code, "row 2: partner_event_id is 'r-1', as in row 1" in ran.out) == (2, True)
    assert imprint_there.requests == []


def test_when_the_list_ends_early_nothing_is_said_of_differences(tmp_path: Path, imprint_there: Sandbox) -> None:
    imprint_there.fail("listOrderEvents", SandboxFault(status=400))

    assert reconcile(write(tmp_path / "ledger.jsonl", [refund_row(1)])) == (4, [])


def test_the_client_finds_the_exported_events_unchanged(tmp_path: Path, imprint_there: Sandbox) -> None:
    record(tmp_path, list(rows(1)))
    with Imprint() as client:
        events = [event.to_dict() for event in client.order_events.list()]

    assert imprint("export").json == events
