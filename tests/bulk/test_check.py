"""`imprint check`: what is wrong with a file is found offline, all of it, each fault with its row, path and advice."""

import codecs
import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from imprint_bulk import checks, files
from imprint_bulk.checks import check_rows
from imprint_bulk.files import FileError, Row
from imprint_client import NewOrderEvent

from .support import LINE, Fields, event_row, imprint, order_row, refund_row, rows, write

FORMATS = [".jsonl", ".ndjson", ".csv", ".parquet"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_read_as_the_same_orders_and_events(tmp_path: Path, suffix: str) -> None:
    whole = [order_row(1, merchant_name='Möbel, "Haus"\nKöln', created_at="2025-02-13T19:08:07Z"), *rows(3)]
    expected = list(check_rows(write(tmp_path / "expected.jsonl", whole)))

    read = list(check_rows(write(tmp_path / f"file{suffix}", whole)))

    assert [entry._replace(number=0) for entry in read] == [entry._replace(number=0) for entry in expected]
    assert [entry.problems for entry in read] == [[]] * 10


def test_csv_is_text_so_that_ids_stay_as_they_are(tmp_path: Path) -> None:
    ids = ["000123", "12345678901234567890", "1e5", "true", "2025-01-01", " 7", "NaN"]
    file = write(tmp_path / "file.csv", [refund_row(partner_event_id=each) for each in ids])

    assert [entry.id for entry in check_rows(file)] == ids


def test_rows_are_counted_as_an_editor_or_a_spreadsheet_counts(tmp_path: Path) -> None:
    lines = tmp_path / "file.jsonl"
    lines.write_text("\n" + json.dumps(refund_row(1)) + "\n\n" + json.dumps(refund_row(2)) + "\n")

    assert [entry.number for entry in check_rows(lines)] == [2, 4]
    assert [entry.number for entry in check_rows(write(tmp_path / "file.csv", rows(1)))] == [2, 3, 4]


ROW_FAULTS: list[tuple[str, Fields, list[str]]] = [
    ("a decimal amount", refund_row(amount=2749.99), ["amount", "$2,749.99 is 274999"]),
    ("an amount as text", refund_row(amount="27,49"), ["amount is the string '27,49'"]),
    ("a sum", event_row(amount=275000), ["amount is 275000, but the lines add up to 274999"]),
    ("a line", event_row(order_lines=[LINE | {"rate": 1.5}]), ["order_lines[0].rate", "minor units"]),
    (
        "a line without a rate",
        event_row(order_lines=[{"name": "x", "quantity": 1}]),
        ["order_lines[0].rate is missing"],
    ),
    ("lines that are none", event_row(order_lines="[{"), ["order_lines is the string '[{', not a list"]),
    ("a misspelt type", refund_row(type="CAPTRUED"), ["type is the string 'CAPTRUED', not one of CAPTURED, REFUNDED"]),
    ("a missing field", {"type": "CAPTURED", "partner_order_id": "o", "partner_event_id": "e"}, ["amount is missing"]),
    ("a misspelt field", event_row(rewards_amuont=1), ["rewards_amuont is not a field of an event"]),
    ("no order", refund_row(partner_order_id=None), ["partner_order_id must be a string"]),
    ("two orders", refund_row(order_id="x"), ["partner_order_id stands beside order_id"]),
    ("no id of its own", refund_row(partner_event_id=""), ["partner_event_id is needed"]),
    ("no id of the order", order_row(partner_order_id=""), ["partner_order_id is needed"]),
    ("an id that is a number", refund_row(partner_event_id=123), ["partner_event_id is 123, not a str"]),
    (
        "an event with an id",
        event_row() | {"id": "e-0"},
        ["of an order (id)", "Your own id of an event is its partner_"],
    ),
    ("an order and an event", order_row() | event_row(), ["payment_method_id", "type", "one or the other"]),
    ("neither", {"currency": "USD"}, ["has no field that only an order has"]),
    ("nothing", {}, ["is empty"]),
    ("a null", refund_row(amount=None), ["amount is None; it is needed"]),
    ("a naive time", order_row(created_at="2025-02-13T19:08:07"), ["created_at has no offset"]),
    ("no time", order_row(created_at="yesterday"), ["created_at is the string 'yesterday'"]),
    ("too large", refund_row(amount=2**60), ["amount is beyond +-(2**53 - 1)"]),
    ("half a surrogate pair", refund_row(partner_event_id="\ud800"), ["partner_event_id holds half of a surrogate"]),
]


@pytest.mark.parametrize(("row", "said"), [case[1:] for case in ROW_FAULTS], ids=[case[0] for case in ROW_FAULTS])
def test_a_fault_of_a_row_has_its_number_path_and_advice(tmp_path: Path, row: Fields, said: list[str]) -> None:
    file = write(tmp_path / "file.jsonl", [order_row(9), row])

    ran = imprint("check", file)

    assert ran.code == 2
    for part in [f"{file}: row 2: ", *said, "1 row with faults. Nothing was sent."]:
        assert part in ran.out


def test_all_faults_of_a_row_are_found_at_once(tmp_path: Path) -> None:
    row = {"type": "X", "amount": 1.5, "rewards_amount": "1", "note": 1, "order_lines": [{"quantity": 0.5}]}

    ran = imprint("check", write(tmp_path / "file.jsonl", [row]), "--json")

    assert {fault["path"] for fault in ran.json[:-1]} == {
        *("type", "amount", "rewards_amount", "note", "network_transaction_id", "partner_event_id", "order_id"),
        *("order_lines[0].name", "order_lines[0].quantity", "order_lines[0].rate", "order_lines[0].rewards_rate"),
    }


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_decimal_amount_is_refused_in_every_format(tmp_path: Path, suffix: str) -> None:
    ran = imprint("check", write(tmp_path / f"file{suffix}", [refund_row(amount=2749.99)]))

    assert (ran.code, "$2,749.99 is 274999" in ran.out) == (2, True)


def test_fields_that_begin_with_an_underscore_are_the_merchants_own(tmp_path: Path) -> None:
    assert imprint("check", write(tmp_path / "file.csv", [refund_row(_note="call back")])).code == 0


def test_an_id_that_is_used_twice_is_found_with_both_rows(tmp_path: Path) -> None:
    file = write(tmp_path / "file.csv", [order_row(1), event_row(1), order_row(1), refund_row(1), event_row(1)])

    ran = imprint("check", file)

    assert ran.code == 2
    assert "row 4: partner_order_id is 'o-1', as in row 2" in ran.out
    assert "row 6: partner_event_id is 'e-1', as in row 3" in ran.out


def test_an_event_that_stands_before_its_order_is_found(tmp_path: Path) -> None:
    ran = imprint("check", write(tmp_path / "file.jsonl", [event_row(1), order_row(1)]))

    assert (ran.code, "row 1: stands before its order, which is row 2" in ran.out) == (2, True)


def test_several_files_are_checked_each_by_itself(tmp_path: Path) -> None:
    good, bad = write(tmp_path / "good.jsonl", rows(2)), write(tmp_path / "bad.csv", [refund_row(amount="x")])

    ran = imprint("check", good, bad, good)

    assert (ran.code, ran.out.count("2 orders, 4 events: no faults")) == (2, 2)


def test_programs_get_a_line_of_json_for_each_fault_and_one_for_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "file.jsonl", [refund_row(amount=1.5)])

    first, last = imprint("check", file, "--json").json

    assert (first["file"], first["row"], first["path"]) == (str(file), 1, "amount")
    assert last == {"file": str(file), "orders": 0, "events": 1, "rows_with_faults": 1}


# --- Files that cannot be read ----------------------------------------------------------------------------------------

GOOD = (json.dumps(refund_row()) + "\n").encode()
HEADER = b"type,partner_order_id,partner_event_id,network_transaction_id,amount\n"
FILES: list[tuple[str, str, bytes, str]] = [
    ("empty", "x.jsonl", b"", "has no rows"),
    ("blank lines only", "x.jsonl", b"\n\n", "has no rows"),
    ("empty CSV", "x.csv", b"", "has no rows"),
    ("a header only", "x.csv", HEADER, "has no rows"),
    ("UTF-16", "x.jsonl", codecs.BOM_UTF16_LE + GOOD.decode().encode("utf-16-le"), "Save it as UTF-8"),
    ("UTF-16 without a mark", "x.csv", HEADER.decode().encode("utf-16-be"), "Save it as UTF-8"),
    ("Latin-1", "x.jsonl", '{"merchant_name": "Möbel"}\n'.encode("latin-1"), "is not UTF-8 (byte 0xf6"),
    ("Latin-1 CSV", "x.csv", HEADER + b"M\xf6bel,,,,\n", "line 2 is not UTF-8 (byte 0xf6"),
    ("a line of 10 MB", "x.jsonl", GOOD + b'"' + b"x" * 10_000_000 + b'"\n', "line 2 is longer than 1,000,000 bytes"),
    ("a line of 10 MB in CSV", "x.csv", HEADER + b"x" * 10_000_000 + b"\n", "line 2 is longer than"),
    ("cut off", "x.jsonl", GOOD + GOOD[:40], "row 2: is not JSON"),
    ("cut off in a cell", "x.csv", HEADER + b"REFUNDED,o,e,n,27", "line (2) does not end with a line break"),
    ("cut off in quotes", "x.csv", HEADER + b'REFUNDED,"o,e,n,27\n', "is not CSV"),
    ("too few cells", "x.csv", HEADER + b"REFUNDED,o,e\n", "row 2: has 3 cells, but the header has 5"),
    ("too many cells", "x.csv", HEADER + b"REFUNDED,o,e,n,1,2\n", "row 2: has 6 cells, but the header has 5"),
    ("a column missing", "x.csv", b"type,partner_order_id,partner_event_id\nREFUNDED,o,e\n", "amount is missing"),
    ("a column too many", "x.csv", HEADER[:-1] + b",x\nREFUNDED,o,e,n,1,2\n", "x is not a field of an event"),
    ("a column twice", "x.csv", HEADER[:-1] + b",amount\n1,2,3,4,5,6\n", "has the column 'amount' twice"),
    ("a column without a name", "x.csv", HEADER[:-1] + b",\n1,2,3,4,5,6\n", "a column without a name"),
    ("no JSON object", "x.jsonl", b"[1]\n", "is not a JSON object"),
    ("a field twice", "x.jsonl", b'{"amount": 1, "amount": 2}\n', "the field 'amount' is there twice"),
    ("not a number", "x.jsonl", b'{"amount": NaN}\n', "NaN is not a number"),
    ("too deep", "x.jsonl", b"[" * 100_000 + b"\n", "is not JSON"),
    ("no Parquet", "x.parquet", b"PAR1 and no more", "is not Parquet"),
    ("another format", "x.xlsx", b"PK", "must end with .jsonl, .csv or .parquet"),
]


@pytest.mark.parametrize(("name", "content", "said"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
@pytest.mark.parametrize("command", ["check", "send"])
def test_bad_input_is_a_clear_error_and_nothing_is_sent(
    tmp_path: Path, command: str, name: str, content: bytes, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    ran = imprint(command, file)

    assert (ran.code, said in ran.out + ran.err) == (2, True), ran
    assert not list(tmp_path.glob("*.journal"))


def test_a_file_that_is_not_there_or_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()

    assert "No such file" in imprint("check", tmp_path / "no.csv").err
    assert os.strerror(errno.EISDIR) in imprint("check", tmp_path / "folder.csv").err


def test_a_byte_order_mark_before_utf_8_is_left_out_as_spreadsheets_write_it(tmp_path: Path) -> None:
    file = write(tmp_path / "file.csv", rows(1))
    file.write_bytes(codecs.BOM_UTF8 + file.read_bytes())

    assert imprint("check", file).code == 0


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "file.parquet", rows(1))
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(FileError, match=r"pip install 'imprint-client\[parquet\]'"):
        list(check_rows(file))


def test_only_parquet_imports_pyarrow(tmp_path: Path) -> None:
    file = write(tmp_path / "file.csv", rows(1))
    program = f"""
import pathlib, sys, imprint_bulk.checks
list(imprint_bulk.checks.check_rows(pathlib.Path({str(file)!r})))
sys.exit(any(name in sys.modules for name in ("pyarrow", "procrastinate")))
"""

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_damaged_parquet_file_is_an_error(tmp_path: Path) -> None:
    file = write(tmp_path / "file.parquet", rows(50))
    content = bytearray(file.read_bytes())
    content[20:400] = b"\xff" * 380
    file.write_bytes(content)

    assert imprint("check", file).code == 2


def test_a_row_that_the_reader_refuses_is_never_taken_for_a_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the client's reader ever refuse what its checks accept."""

    def refuse(_: Any) -> Any:
        raise ValueError("is strange")

    monkeypatch.setattr(NewOrderEvent, "from_dict", refuse)

    [problem] = checks.check_row(Row(1, refund_row())).problems
    assert problem.text == "is strange"


def test_what_a_file_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        files.write_json_lines(tmp_path / "no" / "file.jsonl", [{}])
