"""The file of a sandbox: whose it may be, who may have it open, and what a sudden death leaves in it."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from imprint_sandbox import Sandbox
from imprint_sandbox.store import Store

ORDER = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1, "id": "o"}
EVENT = {"order_id": "o", "type": "CAPTURED", "amount": 1, "network_transaction_id": "n"}
KEY = {"Authorization": "Bearer sandbox-key"}

VERSION_1 = """
CREATE TABLE orders (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, partner_order_id TEXT, body TEXT NOT NULL);
CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, order_event_id TEXT, order_id TEXT,
                     partner_event_id TEXT, network_transaction_id TEXT, body TEXT NOT NULL);
CREATE INDEX orders_id ON orders (id);
INSERT INTO orders (id, partner_order_id, body) VALUES ('a', 'o', '{"id": "a"}');
INSERT INTO events (order_event_id, order_id, body) VALUES ('e', 'a', '{"order_event_id": "e"}');
PRAGMA user_version = 1;
"""


def make(file: Path, script: str) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.executescript(script)


@pytest.mark.parametrize(
    ("script", "whose"),
    [
        ("CREATE TABLE events (id TEXT, payload TEXT); INSERT INTO events VALUES ('1', 'x');", "another program"),
        ("PRAGMA journal_mode = WAL; CREATE TABLE users (name TEXT);", "another program"),
        ("CREATE TABLE users (name TEXT); PRAGMA user_version = 1;", "another program"),
        (f"{VERSION_1} CREATE TABLE notes (text TEXT);", "another program"),
        (f"{VERSION_1} ALTER TABLE events ADD COLUMN paid TEXT;", "another program"),
        (f"{VERSION_1} CREATE VIEW everything AS SELECT * FROM orders;", "another program"),  # noqa: S608 - our own
        (f"{VERSION_1} PRAGMA user_version = 2;", "another program"),
        (f"{VERSION_1} PRAGMA user_version = -1;", "another program"),
        (f"{VERSION_1} PRAGMA application_id = 7;", "another program"),
        (f"{VERSION_1} DROP TABLE orders; DROP TABLE events;", "another program"),
        (f"{VERSION_1} PRAGMA application_id = {0x496D7053}; PRAGMA user_version = 2;", "a later version"),
    ],
)
def test_a_file_that_is_not_a_sandboxs_is_refused_and_stays_as_it_is(tmp_path: Path, script: str, whose: str) -> None:
    file = tmp_path / "other.db"
    make(file, script)
    before = file.read_bytes()
    with pytest.raises(ValueError, match=rf"other\.db is .*{whose}.* It was not changed\. Use another file\."):
        Store(file, refuse_duplicates=False)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_of_0_2_is_kept_and_marked_as_a_sandboxs(tmp_path: Path) -> None:
    file = tmp_path / "imprint.db"
    make(file, VERSION_1)
    for _ in range(2):
        with closing(Store(file, refuse_duplicates=False)) as store:
            assert (store.all("orders"), store.all("events")) == ([{"id": "a"}], [{"order_event_id": "e"}])
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA application_id").fetchone() == (0x496D7053,)


def test_a_new_file_is_a_sandboxs_from_the_start(tmp_path: Path) -> None:
    file = tmp_path / "imprint.db"
    Store(file, refuse_duplicates=False).close()
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA application_id").fetchone() == (0x496D7053,)
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_second_sandbox_on_a_file_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "imprint.db"
    with Sandbox(db=file) as first:
        with pytest.raises(OSError, match=r"imprint\.db is in use by another sandbox or program\. Stop that one, or"):
            Sandbox(db=file)
        assert httpx.post(f"{first.url}/v2/orders", json=ORDER, headers=KEY).status_code == 200
    with Sandbox(db=file) as second:
        assert len(second.orders) == 1


def test_a_second_sandbox_in_another_process_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "imprint.db"
    program = [sys.executable, "-m", "imprint_sandbox", "--port", "0", "--db", str(file)]
    with Sandbox(db=file):
        done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"imprint-sandbox: {file} is in use by another sandbox or program.")


def test_the_command_refuses_the_database_of_another_program(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    make(file, "CREATE TABLE users (name TEXT);")
    program = [sys.executable, "-m", "imprint_sandbox", "--port", "0", "--db", str(file)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"imprint-sandbox: {file} is the database of another program. It was not changed. Use another file.\n"
    )


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    statements: list[str] = []
    store._db.set_trace_callback(statements.append)
    yield statements
    store._db.set_trace_callback(None)


def test_a_list_is_paged_without_counting_all_events_for_each_page() -> None:
    with closing(Store(":memory:", refuse_duplicates=False)) as store:
        for number in range(5):
            store.add("events", {"order_event_id": str(number), "order_id": "o"})
        with counted(store) as statements:
            pages = [store.page("events", {}, first_only=False, after=after, limit=2) for after in (0, 2, 4)]
        assert [(len(page.records), page.has_more, page.total) for page in pages] == [
            (2, True, 5),
            (2, True, 5),
            (1, False, 5),
        ]
    assert [each for each in statements if "COUNT" in each] == []


def test_the_total_is_of_what_lookups_see(tmp_path: Path) -> None:
    def total(store: Store) -> int:
        return store.page("events", {}, first_only=False, after=0, limit=1).total

    with closing(Store(tmp_path / "imprint.db", refuse_duplicates=False)) as store:
        store.add("events", {"order_event_id": "1"})
        with store.unseen() as show:
            store.add("events", {"order_event_id": "2"})
            store.remove("events", 1)
        assert total(store) == 1
        show()
        assert total(store) == 1
        store.replace("events", 2, {"order_event_id": "3"})
        store.add("events", {"order_event_id": "4"})
        assert total(store) == 2
    with closing(Store(tmp_path / "imprint.db", refuse_duplicates=False)) as store:
        assert total(store) == 2
        store.clear()
        assert total(store) == 0


def test_a_filtered_list_counts_what_matches() -> None:
    with closing(Store(":memory:", refuse_duplicates=False)) as store:
        for number in range(6):
            store.add("events", {"order_event_id": str(number), "order_id": "even" if number % 2 == 0 else "odd"})
        pages = [store.page("events", {"order_id": "odd"}, first_only=False, after=after, limit=2) for after in (0, 4)]
        assert [(len(page.records), page.has_more, page.total) for page in pages] == [(2, True, 3), (1, False, 3)]
