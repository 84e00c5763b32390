"""`imprint send` and `imprint status`, against a sandbox: what is sent, in which order, and what the exit code says."""

import json
import os
import pty
import resource
import select
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from imprint_bulk import cli, journal
from imprint_bulk.journal import Journal
from imprint_client import RetryPolicy
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import Clock

from .support import Fields, event_row, imprint, order_row, refund_row, rows, write

COMMAND = [sys.executable, "-m", "imprint_bulk"]


pytestmark = pytest.mark.usefixtures("clock")  # the client's waits take no time


def sent(sandbox: Sandbox) -> list[str]:
    """The partner ids of what was recorded, in order."""
    return [each["partner_order_id"] for each in sandbox.orders] + [each["partner_event_id"] for each in sandbox.events]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_every_row_is_recorded_once(tmp_path: Path, imprint_there: Sandbox, suffix: str) -> None:
    file = write(tmp_path / f"file{suffix}", rows(5))

    ran = imprint("send", file)

    assert ran == (0, f"{file}.journal: 15 rows: 15 recorded\n", "")
    assert sorted(sent(imprint_there)) == sorted(f"{kind}-{number}" for kind in "oer" for number in range(5))
    assert {event["order_id"] for event in imprint_there.events} == {order["id"] for order in imprint_there.orders}


def test_a_finished_file_sends_no_requests(tmp_path: Path, imprint_there: Sandbox) -> None:
    file = write(tmp_path / "file.csv", rows(2))
    imprint("send", file)
    before = len(imprint_there.requests)

    assert imprint("send", file).code == 0
    assert len(imprint_there.requests) == before


def test_rows_of_an_order_go_in_turn_and_orders_side_by_side(tmp_path: Path, imprint_there: Sandbox) -> None:
    """The answer of one order hangs: the other orders are recorded meanwhile, and its own events wait."""
    imprint_there.fail("createOrder", SandboxFault(delay=3600))
    many = [row for number in range(4) for row in (order_row(number), *refunds(number))]
    meanwhile: list[str] = []

    def let_go() -> None:
        imprint_there.wait_for_requests(1 + 3 * 11)
        meanwhile.extend(sent(imprint_there))
        imprint_there.settle()

    thread = threading.Thread(target=let_go)
    thread.start()
    ran = imprint("send", write(tmp_path / "file.jsonl", many))
    thread.join()

    assert (ran.code, len(meanwhile)) == (0, 4 + 3 * 10)
    [hung] = [number for number in range(4) if refunds(number)[0]["partner_event_id"] not in meanwhile]
    for number in range(4):
        in_turn = [each for each in sent(imprint_there) if each.startswith(f"{number}-")]
        assert in_turn == [each["partner_event_id"] for each in refunds(number)], hung


def refunds(number: int) -> list[Fields]:
    """Ten refunds of one order."""
    return [refund_row(number, partner_event_id=f"{number}-{each}") for each in range(10)]


def test_an_event_finds_its_order_if_the_file_does_not_have_it(tmp_path: Path, imprint_there: Sandbox) -> None:
    imprint("send", write(tmp_path / "orders.jsonl", [order_row(1)]))

    ran = imprint("send", write(tmp_path / "events.jsonl", [event_row(1), refund_row(1)]))

    assert ran.code == 0
    assert [event["order_id"] for event in imprint_there.events] == [imprint_there.orders[0]["id"]] * 2
    assert [request.operation for request in imprint_there.requests].count("listOrders") == 1


def test_an_event_may_name_its_order_by_the_id_that_the_file_gives_it(tmp_path: Path, imprint_there: Sandbox) -> None:
    event = refund_row(order_id="my-id")
    del event["partner_order_id"]
    imprint_there.fail("createOrder", SandboxFault(status=422))

    ran = imprint("send", write(tmp_path / "file.jsonl", [order_row(id="my-id"), event]), "--json")

    assert (ran.code, ran.json[-1]["refused"]) == (1, 2)
    assert sent(imprint_there) == []


def test_a_refused_row_is_shown_with_its_reason_and_written_to_the_rejects(
    tmp_path: Path, imprint_there: Sandbox
) -> None:
    imprint_there.fail("postOrderEvent", SandboxFault(status=422))
    file, rejects = write(tmp_path / "file.csv", rows(1)), tmp_path / "rejects.jsonl"

    ran = imprint("send", file, "--rejects", rejects)

    assert (ran.code, "3 rows: 2 recorded, 1 refused" in ran.out) == (1, True)
    status = imprint("status", f"{file}.journal")
    assert (status.code, "row 3: event 'e-0': refused: POST /v2/order_events: 422" in status.out) == (1, True)
    [row] = map(json.loads, rejects.read_text().splitlines())
    assert (row.pop("_row"), "422" in row.pop("_reason")) == (3, True)
    assert row == event_row(0)
    assert imprint("send", rejects).code == 0
    assert sent(imprint_there) == ["o-0", "r-0", "e-0"]


def test_events_of_a_refused_order_are_refused_with_it(tmp_path: Path, imprint_there: Sandbox) -> None:
    imprint_there.fail("createOrder", SandboxFault(status=400))

    ran = imprint("send", write(tmp_path / "file.jsonl", rows(1)), "--rejects", tmp_path / "rejects.jsonl")

    assert (ran.code, "3 rows: 3 refused" in ran.out) == (1, True)
    assert imprint("send", tmp_path / "rejects.jsonl").code == 0
    assert sent(imprint_there) == ["o-0", "e-0", "r-0"]


def test_an_event_of_an_order_that_nobody_has_is_refused(tmp_path: Path, imprint_there: Sandbox) -> None:
    file = write(tmp_path / "file.jsonl", [refund_row(7)])

    assert imprint("send", file).code == 1
    assert "no order with the partner_order_id 'o-7'" in imprint("status", f"{file}.journal").out


def test_a_row_of_unknown_outcome_is_left_alone_and_holds_up_its_order(
    tmp_path: Path, imprint_there: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    imprint_there.fail("createOrder", SandboxFault(answer="cut", write="late"))
    file = write(tmp_path / "file.jsonl", rows(2))

    ran = imprint("send", file, "--concurrency", 1, "--json")
    again = imprint("send", file, "--json")

    assert ran.code == again.code == 3
    for each in (ran, again):
        counts = each.json[-1]
        assert (counts["recorded"], counts["unknown"], counts["blocked"]) == (3, 1, 2)
    assert "row 1: order 'o-0': unknown" in imprint("status", f"{file}.journal").out
    assert "row 2: event 'e-0': blocked: row 1 of its order is unknown" in imprint("status", f"{file}.journal").out

    imprint_there.settle()
    monkeypatch.setattr(time, "time", lambda real=time.time: real() + 901)

    assert imprint("send", file).code == 0
    assert sorted(sent(imprint_there)) == ["e-0", "e-1", "o-0", "o-1", "r-0", "r-1"]


def test_a_row_that_was_being_sent_is_left_alone_from_when_it_may_have_left(
    tmp_path: Path, imprint_there: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was killed may have sent it as late as its deadline."""
    file = write(tmp_path / "file.jsonl", [order_row()])
    imprint("send", file)
    imprint_there.reset()
    with closing(sqlite3.connect(f"{file}.journal", isolation_level=None)) as database:
        database.execute("UPDATE rows SET state = 'sending', at = ?", (time.time() + 60,))

    real = time.time
    for seconds, code, requests in ((0, 3, []), (930, 3, []), (961, 0, ["listOrders", "createOrder"])):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: real() + seconds)
        assert imprint("send", file).code == code
        assert [request.operation for request in imprint_there.requests] == requests


def test_a_shorter_settle_wait_can_be_asked_for(tmp_path: Path, imprint_there: Sandbox) -> None:
    imprint_there.fail("createOrder", SandboxFault(status=503))
    file = write(tmp_path / "file.jsonl", [order_row()])

    assert imprint("send", file).code == 3
    assert imprint("send", file, "--settle-wait", 0).code == 0


def test_a_look_that_fails_leaves_the_row_as_it_was(tmp_path: Path, imprint_there: Sandbox) -> None:
    imprint_there.fail("createOrder", SandboxFault(status=503))
    file = write(tmp_path / "file.jsonl", [order_row()])
    imprint("send", file)
    imprint_there.fail("listOrders", SandboxFault(status=400), times=3)

    ran = imprint("send", file, "--settle-wait", 0, "--json")

    assert (ran.code, ran.json[-1]["unknown"]) == (3, 1)
    assert "row 1 was given up for now" in ran.err
    assert imprint("send", file, "--settle-wait", 0).code == 0


def test_what_is_recorded_with_other_contents_is_refused(tmp_path: Path, imprint_there: Sandbox) -> None:
    imprint_there.fail("postOrderEvent", SandboxFault(answer="cut"))
    first = write(tmp_path / "first.jsonl", [order_row(), event_row()])
    imprint("send", first)
    imprint("send", write(tmp_path / "other.jsonl", [refund_row(partner_event_id="e-0")]))

    assert imprint("send", first, "--settle-wait", 0).code == 1
    assert "row 2: event 'e-0': refused: " in imprint("status", f"{first}.journal").out


def test_when_imprint_cannot_be_reached_the_rest_is_unsent(
    tmp_path: Path, imprint_there: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPRINT_BASE_URL", "http://127.0.0.1:9")
    file = write(tmp_path / "file.jsonl", rows(3))

    ran = imprint("send", file, "--json")

    assert (ran.code, ran.json[-1]["unsent"] + ran.json[-1]["blocked"]) == (3, 9)
    assert "was given up for now" in ran.err
    monkeypatch.setenv("IMPRINT_BASE_URL", imprint_there.url)
    assert imprint("send", file).code == 0


def test_a_wrong_key_stops_the_run_and_no_row_is_blamed(
    tmp_path: Path, imprint_there: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPRINT_API_KEY", "wrong")
    file = write(tmp_path / "file.jsonl", rows(3))

    ran = imprint("send", file)

    assert (ran.code, "401" in ran.err) == (4, True)
    assert imprint("status", f"{file}.journal").code == 3
    monkeypatch.setenv("IMPRINT_API_KEY", imprint_there.api_key)
    assert imprint("send", file).code == 0


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [("IMPRINT_API_KEY", None, "IMPRINT_API_KEY"), ("IMPRINT_BASE_URL", "http://example.com", "https")],
)
def test_without_what_it_needs_it_cannot_go_on(
    tmp_path: Path, imprint_there: Sandbox, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, said: str
) -> None:
    monkeypatch.delenv(variable)
    if value:
        monkeypatch.setenv(variable, value)

    ran = imprint("send", write(tmp_path / "file.jsonl", rows(1)))

    assert (ran.code, said in ran.err) == (4, True)


def test_a_file_with_faults_is_not_sent_at_all(tmp_path: Path, imprint_there: Sandbox) -> None:
    ran = imprint("send", write(tmp_path / "file.jsonl", [*rows(3), refund_row(9, amount=1.5)]))

    assert (ran.code, "row 10: amount is 1.5" in ran.out) == (2, True)
    assert (imprint_there.requests, [each.suffix for each in tmp_path.iterdir()]) == ([], [".jsonl", ".lock"])


def test_a_rate_is_kept_by_all_requests_together(tmp_path: Path, imprint_there: Sandbox, clock: Clock) -> None:
    began = clock.seconds

    assert imprint("send", write(tmp_path / "file.jsonl", rows(4)), "--rate", 5).code == 0
    assert len(imprint_there.requests) == 12
    assert clock.seconds - began == pytest.approx(11 / 5) or clock.seconds - began > 11 / 5


def test_a_dry_run_says_what_would_be_sent(tmp_path: Path, imprint_there: Sandbox) -> None:
    file = write(tmp_path / "file.jsonl", rows(2))

    assert "6 rows of 6 would be sent" in imprint("send", file, "--dry-run").out
    assert (imprint_there.requests, list(tmp_path.iterdir())) == ([], [file])
    imprint("send", file)
    write(file, rows(3))
    assert "3 rows of 9 would be sent" in imprint("send", file, "--dry-run").out
    assert imprint("status", f"{file}.journal", "--json").json[-1]["rows"] == 6


# --- The journal ------------------------------------------------------------------------------------------------------

CHANGES: list[tuple[str, list[Fields], str]] = [
    ("a changed row", [order_row(0), event_row(0), refund_row(0, amount=4000)], "row 3: has changed since"),
    ("a row that is gone", [order_row(0), event_row(0)], "1 rows of the journal are missing"),
    ("another file", list(rows(9))[6:], "the journal that of another file?"),
]


@pytest.mark.parametrize(("changed", "said"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_a_journal_goes_with_its_file_only(
    tmp_path: Path, imprint_there: Sandbox, changed: list[Fields], said: str
) -> None:
    file = write(tmp_path / "file.jsonl", rows(1))
    imprint("send", file)
    before = len(imprint_there.requests)
    write(file, changed)

    ran = imprint("send", file)

    assert (ran.code, said in ran.out) == (2, True), ran
    assert len(imprint_there.requests) == before
    assert imprint("status", f"{file}.journal", "--json").json[-1]["recorded"] == 3


def test_rows_may_be_added_to_a_file(tmp_path: Path, imprint_there: Sandbox) -> None:
    file = write(tmp_path / "file.jsonl", rows(1))
    imprint("send", file)
    write(file, [order_row(9), *rows(2)])

    assert imprint("send", file).code == 0
    assert sorted(sent(imprint_there)) == ["e-0", "e-1", "o-0", "o-1", "o-9", "r-0", "r-1"]


def test_a_file_that_changes_while_it_is_sent_stops_the_run(
    tmp_path: Path, imprint_there: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "file.jsonl", rows(1))
    commit = Journal.commit

    def change_then_commit(self: Journal) -> None:
        monkeypatch.setattr(Journal, "commit", commit)
        write(file, [order_row(0), event_row(0, network_transaction_id="x"), refund_row(0)])
        commit(self)

    monkeypatch.setattr(Journal, "commit", change_then_commit)
    ran = imprint("send", file)

    assert (ran.code, "row 2 has changed since the file was checked" in ran.err) == (4, True)
    assert sent(imprint_there) in ([], ["o-0"])


def test_a_second_process_on_one_journal_is_refused_at_once(tmp_path: Path, imprint_there: Sandbox) -> None:
    file = write(tmp_path / "file.jsonl", rows(1))
    with closing(Journal(tmp_path / "file.jsonl.journal")):
        ran = imprint("send", file)

    assert (ran.code, "another process is using this journal" in ran.err) == (4, True)
    assert imprint("send", file).code == 0


def test_status_reads_a_journal_that_is_in_use(tmp_path: Path, imprint_there: Sandbox) -> None:
    file = write(tmp_path / "file.jsonl", rows(1))
    imprint("send", file)
    with closing(Journal(tmp_path / "file.jsonl.journal")):
        assert imprint("status", f"{file}.journal").code == 0


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough" * 100])
def test_what_is_no_journal_is_left_as_it_is(tmp_path: Path, imprint_there: Sandbox, content: bytes | None) -> None:
    other = tmp_path / "other"
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE theirs (x)")
    if content is not None:
        other.write_bytes(content)
    before = other.read_bytes()

    ran = imprint("send", write(tmp_path / "file.jsonl", rows(1)), "--journal", other)

    if content == b"":
        assert ran.code == 0  # an empty file is an empty database
    else:
        assert (ran.code, other.read_bytes()) == (4, before)
    assert imprint("status", tmp_path / "no.journal").code == 4


def test_a_full_disk_stops_the_run_before_anything_is_sent_and_nothing_is_lost(
    tmp_path: Path, imprint_there: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "file.jsonl", rows(40))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    codes = []
    for kilobytes in (4, 60, 90, 120):
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, most))
        try:
            ran = imprint("send", file)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        codes.append(ran.code)
        assert ran.code != 4 or "disk is full or fails" in ran.err, ran
        assert len(set(sent(imprint_there))) == len(sent(imprint_there))

    assert codes[0] == 4
    monkeypatch.setattr(time, "time", lambda real=time.time: real() + 1000)
    assert imprint("send", file).code == 0
    assert len(sent(imprint_there)) == len(set(sent(imprint_there))) == 120


def test_the_journal_is_written_through_to_the_disk() -> None:
    assert "FULL" in Path(journal.__file__).read_text(encoding="utf-8")


# --- The process ------------------------------------------------------------------------------------------------------


def test_ctrl_c_finishes_what_is_in_flight(tmp_path: Path, imprint_there: Sandbox) -> None:
    imprint_there.fail("createOrder", SandboxFault(delay=3600), times=2)
    file = write(tmp_path / "file.jsonl", rows(50))
    process = subprocess.Popen([*COMMAND, "send", str(file), "--concurrency", "2"], stderr=subprocess.PIPE, text=True)
    imprint_there.wait_for_requests(2)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline() == "imprint: interrupted: finishing what is in flight\n"
    imprint_there.settle()
    process.communicate(timeout=30)

    assert process.returncode == 3
    assert sorted(sent(imprint_there)) == ["o-0", "o-1"]
    counts = imprint("status", f"{file}.journal", "--json").json[-1]
    assert (counts["recorded"], counts["unsent"]) == (2, 148)


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path, imprint_there: Sandbox) -> None:
    imprint_there.fail("createOrder", SandboxFault(delay=3600))
    file = write(tmp_path / "file.jsonl", rows(2))
    process = subprocess.Popen([*COMMAND, "send", str(file), "--concurrency", "1"], stderr=subprocess.PIPE, text=True)
    imprint_there.wait_for_requests(1)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    process.communicate()

    assert imprint("status", f"{file}.journal", "--json").json[-1]["sending"] == 1


def test_nobody_looks_so_there_is_no_colour_and_no_progress(tmp_path: Path, imprint_there: Sandbox) -> None:
    ran = subprocess.run([*COMMAND, "send", str(write(tmp_path / "a.jsonl", rows(1)))], capture_output=True, check=True)

    assert b"\x1b" not in ran.stdout + ran.stderr
    assert ran.stderr == b""


def test_on_a_terminal_there_is_a_progress_bar_and_the_key_is_asked_for(
    tmp_path: Path, imprint_there: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IMPRINT_API_KEY")
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    file = write(tmp_path / "file.jsonl", rows(5))
    process = subprocess.Popen([*COMMAND, "send", str(file)], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"API key: " not in shown:
        shown += os.read(ours, 1000)
    os.write(ours, imprint_there.api_key.encode() + b"\n")
    while True:
        try:
            read = os.read(ours, 1000) if select.select([ours], [], [], 30)[0] else b""
        except OSError:
            read = b""
        if not read:
            break
        shown += read
    os.close(ours)

    assert process.wait() == 0
    assert b"15/15" in shown
    assert imprint_there.api_key.encode() not in shown


def test_help_says_what_each_command_does() -> None:
    said = imprint("--help").out
    for command in ("check", "send", "status"):
        assert f"  {command}  " in said
        assert "Exit code" in imprint(command, "--help").out
    assert (imprint("send").code, imprint("no-such").code) == (2, 2)


def test_without_the_extra_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['typer'] = None; from imprint_bulk.__main__ import main; main()"

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (ran.returncode, "pip install 'imprint-client[cli]'" in ran.stderr) == (4, True)


def test_the_retry_policy_is_that_of_the_client() -> None:
    assert RetryPolicy() == cli.RETRY


def test_the_status_of_a_file_that_is_no_journal_says_where_the_journal_is(tmp_path: Path) -> None:
    ran = imprint("status", write(tmp_path / "day.jsonl", rows(5)))

    assert (ran.code, "with .journal behind it" in ran.err) == (4, True)
