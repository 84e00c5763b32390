"""The journal: the outcome of each row of a file, in SQLite, so that `imprint send` can be killed at any moment.

A row is committed as *sending* before its request leaves, and as *recorded*, *refused* or *unknown* after. Changes
are made at once and committed later by `commit`, so that many rows share one commit. The journal never stores a row's
contents. It stores a digest, which shows whether the file has changed.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from imprint_bulk.checks import IDS, Entry, Kind, Problem

State = Literal["recorded", "refused", "unknown", "sending", "blocked", "unsent"]
Step = Literal["create", "ensure", "leave", "nothing"]

DEFAULT_SETTLE_SECONDS = 900.0
"""How long to leave a request with an unknown outcome alone. After this, it can no longer be running."""
DURABILITY = "FULL"  # survives a power loss; tests turn it off
_APPLICATION, _VERSION = 0x496D5072, 1
_SCHEMA = """
CREATE TABLE rows (
  kind TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, pass INTEGER NOT NULL, digest BLOB NOT NULL,
  "order" TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL, order_id TEXT, reason TEXT, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX rows_of_an_order ON rows ("order", number);
CREATE TABLE orders (partner_order_id TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def wall_clock() -> float:
    """Seconds since 1970, so that times in the journal mean the same to the next process."""
    return time.time()


class JournalError(Exception):
    """The journal cannot be used. The message says why and what to do."""


class Record(NamedTuple):
    """What the journal knows of a row."""

    kind: Kind
    id: str
    number: int
    digest: bytes
    order: str
    state: State
    at: float
    """When it came into this state: seconds since 1970."""
    reason: str | None


class Summary(NamedTuple):
    """The progress of a file."""

    counts: Counter[State]
    due: float | None
    """When the next row of unknown outcome may be looked at: seconds since 1970."""

    @property
    def exit_code(self) -> int:
        """0: all recorded. 1: some refused. 3: rows remain that are unsent, blocked, or of unknown outcome."""
        remaining = self.counts.total() - self.counts["recorded"] - self.counts["refused"]
        return 3 if remaining else 1 if self.counts["refused"] else 0


class Journal:
    """The journal at `path`. With None it is temporary, and only finds faults between rows.

    Raises:
        JournalError: It is in use by another process, or not a journal, or its disk fails. All methods raise this.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False, now: Callable[[], float] = wall_clock) -> None:
        self._path, self._now, self._pass, self._is_new = path, now, 1, False
        self._database: sqlite3.Connection | None = None
        if read_only and path is not None and not path.is_file():
            raise JournalError(f"{path}: there is no such journal")
        # A lock of its own: `imprint status` reads the journal while `imprint send` writes it.
        self._lock = None if read_only or path is None else _locked(path)
        try:
            self._open(path, read_only)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it. Uncommitted changes are lost, and a new journal without a commit is deleted."""
        if self._database:
            self._database.close()
            self._database = None
            if self._is_new and self._path:
                self._path.unlink(missing_ok=True)
        if self._lock:
            self._lock.close()

    # --- The rows of the file -----------------------------------------------------------------------------------------

    def enter(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Enter the rows of a file, and yield each with any faults between it and other rows.

        Nothing is committed yet: call `commit` if there were no faults, otherwise `rollback`.
        """
        known = self._one("SELECT COUNT(*) FROM rows")[0]
        self._pass = self._one("SELECT IFNULL(MAX(pass), 0) + 1 FROM rows")[0]
        aliases = False
        for entry in entries:
            problem = None
            if entry.id:
                problem, is_known = self._enter(entry)
                known -= is_known
            if entry.kind == "order" and entry.id and not entry.problems and entry.body.id:
                aliases = True
            yield entry._replace(problems=[*entry.problems, problem]) if problem else entry
        if known > 0:
            yield self._missing(known)
        if aliases:
            # Events may name an order in the same file by its partner_order_id.
            self._run(
                """UPDATE rows SET "order" = (SELECT o."order" FROM rows o WHERE 'id=' || o.order_id = rows."order")
                WHERE "order" IN (SELECT 'id=' || order_id FROM rows WHERE order_id IS NOT NULL)"""
            )
        yield from self._too_early()

    def _enter(self, entry: Entry) -> tuple[Problem | None, bool]:
        found = self._find("SELECT pass, number, digest FROM rows WHERE kind = ? AND id = ?", entry.kind, entry.id)
        if found is None:
            given_id = (entry.body.id or None) if entry.kind == "order" and not entry.problems else None
            self._run(
                "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, 'unsent', ?, ?, NULL)",
                *(entry.kind, entry.id, entry.number, self._pass, entry.digest, entry.order, self._now(), given_id),
            )
            return None, False
        last_pass, number, digest = found
        if last_pass == self._pass:
            return Problem(IDS[entry.kind], f"is {entry.id!r}, as in row {number}. Each needs an id of its own"), False
        sql = "UPDATE rows SET pass = ?, number = ? WHERE kind = ? AND id = ?"
        self._run(sql, self._pass, entry.number, entry.kind, entry.id)
        if digest == entry.digest or entry.problems:
            return None, True
        return Problem(
            "",
            "has changed since this file was first sent. Put it back as it was, and send what is new as another file",
        ), True

    def _missing(self, count: int) -> Entry:
        sql = "SELECT kind, id, number FROM rows WHERE pass <> ? ORDER BY number LIMIT 1"
        kind, own_id, number = self._one(sql, self._pass)
        text = (
            f"is not in the file any more ({kind} {own_id!r}); {count} rows of the journal are missing. "
            "Is the file cut off, or the journal that of another file?"
        )
        return Entry(number, kind, own_id, "", None, b"", [Problem("", text)])

    def _too_early(self) -> Iterator[Entry]:
        """Events that come before their own order in the file."""
        sql = """SELECT e.number, e.id, o.number FROM rows o JOIN rows e ON e."order" = o."order"
            WHERE o.kind = 'order' AND e.kind = 'event' AND e.number < o.number ORDER BY e.number"""
        for number, own_id, order_number in self._run(sql).fetchall():
            text = f"stands before its order, which is row {order_number}. Rows are sent in the order of the file"
            yield Entry(number, "event", own_id, "", None, b"", [Problem("", text)])

    # --- What became of them ------------------------------------------------------------------------------------------

    def find(self, entry: Entry) -> Record:
        """Find the record of a row.

        Raises:
            JournalError: There is none, or the row is not the one that was checked, because the file has changed.
        """
        sql = f"SELECT {_FIELDS} FROM rows WHERE kind = ? AND id = ?"  # noqa: S608 - our own names
        found = self._find(sql, entry.kind, entry.id)
        record = Record(*found) if found else None
        if record is None or record.digest != entry.digest:
            raise JournalError(f"row {entry.number} has changed since the file was checked. Run the command again")
        return record

    def mark(self, record: Record, state: State, reason: str | None = None, *, at: float | None = None) -> None:
        """Note the outcome of a row, now or `at` another time. `commit` makes it permanent."""
        self._run(
            "UPDATE rows SET state = ?, at = ?, reason = ? WHERE kind = ? AND id = ?",
            *(state, self._now() if at is None else at, reason, record.kind, record.id),
        )

    def keep_order_id(self, partner_order_id: str, order_id: str) -> None:
        """Note the id that Imprint gave an order."""
        self._run("INSERT OR REPLACE INTO orders VALUES (?, ?)", partner_order_id, order_id)

    def order_id(self, partner_order_id: str) -> str | None:
        """The id that Imprint gave an order, if it is known."""
        found = self._find("SELECT id FROM orders WHERE partner_order_id = ?", partner_order_id)
        return found[0] if found else None

    def order_ids(self) -> Iterator[tuple[str, str]]:
        """Each partner_order_id with the id that Imprint gave it."""
        return self._run("SELECT partner_order_id, id FROM orders")

    def holds_up(self, record: Record) -> Record | None:
        """The row that this one must wait for: an earlier one of its order whose end is not known, or not good.

        A refused event holds nothing up: events need not add up. A refused order does: its events have no place.
        """
        found = self._find(
            f"""SELECT {_FIELDS} FROM rows WHERE "order" = ? AND number < ? AND (
                state IN ('unsent', 'sending', 'unknown', 'blocked') OR (kind = 'order' AND state = 'refused'))
                ORDER BY number LIMIT 1""",  # noqa: S608 - our own names
            record.order,
            record.number,
        )
        return Record(*found) if found else None

    def commit(self) -> None:
        """Make all changes permanent, even through a power loss."""
        self._run("COMMIT")
        self._is_new = False
        self._run("BEGIN")

    def rollback(self) -> None:
        """Forget all changes since the last commit."""
        self._run("ROLLBACK")
        self._run("BEGIN")

    # --- Reading it ---------------------------------------------------------------------------------------------------

    def summary(self, settle_seconds: float = DEFAULT_SETTLE_SECONDS) -> Summary:
        """The progress of the file."""
        counts: Counter[State] = Counter(dict(self._run("SELECT state, COUNT(*) FROM rows GROUP BY state")))
        first = self._one("SELECT MIN(at) FROM rows WHERE state IN ('sending', 'unknown')")[0]
        return Summary(counts, None if first is None else first + settle_seconds)

    def records(self, *states: State) -> Iterator[Record]:
        """The rows in these states, in file order."""
        marks = ", ".join("?" for _ in states)
        sql = f"SELECT {_FIELDS} FROM rows WHERE state IN ({marks}) ORDER BY number"  # noqa: S608 - our own names
        return (Record(*found) for found in self._run(sql, *states))

    # --- SQLite -------------------------------------------------------------------------------------------------------

    def _open(self, path: Path | None, read_only: bool) -> None:
        try:
            mode = "?mode=ro" if read_only else ""
            where = "" if path is None else f"{path.absolute().as_uri()}{mode}"
            self._database = sqlite3.connect(where, uri=True, isolation_level=None, timeout=10, check_same_thread=False)
            application, version = self._one("PRAGMA application_id")[0], self._one("PRAGMA user_version")[0]
            self._is_new = not application and not self._find("SELECT 1 FROM sqlite_master")
            if not self._is_new and (application, version) != (_APPLICATION, _VERSION):
                raise JournalError(f"{path}: is not a journal of this version of imprint")
            if path is None:
                self._run("PRAGMA journal_mode = OFF")  # rolled-back changes are then discarded
            elif not read_only:
                self._run("PRAGMA journal_mode = WAL")
                self._run(f"PRAGMA synchronous = {DURABILITY}")
            if self._is_new:
                pragmas = f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_VERSION};"
                self._database.executescript(f"BEGIN; {_SCHEMA} {pragmas} COMMIT;")
            self._run("BEGIN")
        except sqlite3.Error as error:
            raise JournalError(f"{path}: {_said(error)}") from None

    def _run(self, sql: str, *values: object) -> sqlite3.Cursor:
        if self._database is None:
            raise JournalError(f"{self._path}: is closed")
        try:
            return self._database.execute(sql, values)
        except sqlite3.Error as error:
            raise JournalError(f"{self._path or 'the temporary journal'}: {_said(error)}") from None

    def _find(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._run(sql, *values).fetchone()
        return found

    def _one(self, sql: str, *values: object) -> tuple[Any, ...]:
        return self._find(sql, *values) or ()


_FIELDS = 'kind, id, number, digest, "order", state, at, reason'


def step(record: Record, now: float, settle_seconds: float) -> Step:
    """What to do with a row next.

    A row that may have been sent is left alone until the wait is over. Then `ensure` looks first.
    """
    match record.state:
        case "recorded" | "refused":
            return "nothing"
        case "sending" | "unknown":
            return "ensure" if now >= record.at + settle_seconds else "leave"
        case "unsent" | "blocked":
            return "create"


def _locked(path: Path) -> sqlite3.Connection:
    """Hold a lock until it is closed or the process dies. SQLite can do this on every system."""
    lock = sqlite3.connect(path.with_name(path.name + ".lock"), isolation_level=None, timeout=0)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        if "locked" in str(error):
            raise JournalError(f"{path}: another process is using this journal. Wait until it has ended") from None
        raise JournalError(f"{path}: cannot be locked: {_said(error)}") from None
    return lock


def _said(error: sqlite3.Error) -> str:
    said = str(error)
    if "full" in said or "I/O" in said:
        return f"the disk is full or fails ({said}). Make room and run the command again: nothing is lost"
    if "not a database" in said:
        return "this is not a journal. The journal of a file has the file's name with .journal behind it"
    return f"the journal cannot be used: {said}"
