"""What the sandbox was told, in SQLite: each record as the JSON it is, in the order of recording.

A change is committed before the call that makes it returns. A file survives the death of the process at any moment; it
need not survive a loss of power, so that a commit does not wait for the disk. One sandbox at a time has a file, and a
file that is not a sandbox's is refused as it is.

Lookups read a temporary copy, `seen_orders` and `seen_events`: a change that they are not to see yet reaches it later.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

JsonObject = dict[str, Any]
Table = Literal["orders", "events"]

# The members that records can be found by.
INDEXED: Mapping[Table, tuple[str, ...]] = {
    "orders": ("id", "partner_order_id"),
    "events": ("order_event_id", "order_id", "partner_event_id", "network_transaction_id"),
}
# What each version of the file (its user_version) can find records by.
_VERSIONS: Sequence[Mapping[Table, tuple[str, ...]]] = ({**INDEXED, "orders": ("id",)}, INDEXED)
_VERSION = len(_VERSIONS) - 1
_STAMPS = ("application_id", "user_version")
_APPLICATION = 0x496D7053  # "ImpS", the application_id of the file. The sandbox of 0.2.0 and before left it 0.


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the records that match, whether more follow, and how many match in all."""

    records: list[JsonObject]
    has_more: bool
    total: int


class Store:
    """The records of one sandbox. Not safe for two threads at a time: its owner holds a lock.

    `path` is that of a file, or ":memory:". With `refuse_duplicates`, an order or event whose id, or whose id in the
    partner's system, is recorded already is to be refused.

    Raises ValueError when the file is another program's or a later version's, OSError when something else has it open,
    and sqlite3.Error when it is no database or cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, refuse_duplicates: bool) -> None:
        self.refuse_duplicates = refuse_duplicates
        self._changed: list[tuple[Table, int]] | None = None
        self._seen: dict[Table, int] = dict.fromkeys(INDEXED, 0)  # how many records lookups see
        self._db = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._open(path)
            for table in INDEXED:
                self._make_table("temp", f"seen_{table}", INDEXED[table])
                copied = self._db.execute(f"INSERT INTO seen_{table} SELECT * FROM {table}")  # noqa: S608 - our own names
                self._seen[table] = copied.rowcount
        except BaseException:
            self._db.close()
            raise

    def add(self, table: Table, record: JsonObject) -> None:
        """Record `record`."""
        self._has_changed(table, self._insert(table, record))

    def replace(self, table: Table, number: int, record: JsonObject) -> None:
        """Put `record` in the place of the one with this number."""
        columns = ", ".join(f"{column} = ?" for column in _columns(table))
        sql = f"UPDATE {table} SET {columns} WHERE number = ?"  # noqa: S608 - our own names
        self._db.execute(sql, (*_values(table, record), number))
        self._has_changed(table, number)

    def remove(self, table: Table, number: int) -> None:
        """Forget the record with this number."""
        self._db.execute(f"DELETE FROM {table} WHERE number = ?", (number,))  # noqa: S608 - our own names
        self._has_changed(table, number)

    @contextmanager
    def unseen(self) -> Iterator[Callable[[], None]]:
        """Let lookups not see what changes within until the function that this gives is called.

        They also see it when the same record changes again.
        """
        changed: list[tuple[Table, int]] = []
        self._changed = changed
        try:
            yield lambda: self._show(changed)
        finally:
            self._changed = None

    def find(self, table: Table, member: str, value: str) -> dict[int, JsonObject]:
        """Return the records that are kept, seen or not, whose `member` is `value`, by their numbers."""
        sql = f"SELECT number, body FROM {table} WHERE {member} = ? ORDER BY number"  # noqa: S608 - our own names
        return {number: json.loads(body) for number, body in self._db.execute(sql, (value,))}

    def has(self, table: Table, member: str, value: str) -> bool:
        """Say whether a record is kept, seen or not, whose `member` is `value`."""
        sql = f"SELECT 1 FROM {table} WHERE {member} = ? LIMIT 1"  # noqa: S608 - our own names
        return self._db.execute(sql, (value,)).fetchone() is not None

    def all(self, table: Table) -> list[JsonObject]:
        """Return every record, seen or not, in the order of recording."""
        sql = f"SELECT body FROM {table} ORDER BY number"  # noqa: S608 - our own names
        return [json.loads(body) for (body,) in self._db.execute(sql)]

    def latest(self, table: Table, filters: Mapping[str, str], limit: int) -> list[tuple[int, JsonObject]]:
        """Return the last `limit` of the records that match every filter, seen or not, newest first, with numbers."""
        sql = f"SELECT number, body FROM {table} WHERE {_matching(filters)} ORDER BY number DESC LIMIT ?"  # noqa: S608
        return [(number, json.loads(body)) for number, body in self._db.execute(sql, (*filters.values(), limit))]

    def amounts(self, order_id: str) -> list[tuple[str, str | None, int]]:
        """Return type, currency and amount of each event of an order, seen or not."""
        members = ", ".join(f"json_extract(body, '$.{name}')" for name in ("type", "currency", "amount"))
        sql = f"SELECT {members} FROM events WHERE order_id = ?"  # noqa: S608 - our own names
        return self._db.execute(sql, (order_id,)).fetchall()

    def count(self, table: Table) -> int:
        """Return how many records there are, seen or not."""
        count: int = self._db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
        return count

    def number_of(self, table: Table, member: str, value: str) -> int | None:
        """Return the number of the first record that a lookup sees whose `member` is `value`."""
        sql = f"SELECT MIN(number) FROM seen_{table} WHERE {member} = ?"  # noqa: S608 - our own names
        number: int | None = self._db.execute(sql, (value,)).fetchone()[0]
        return number

    def matching(self, table: Table, filters: Mapping[str, str]) -> list[JsonObject]:
        """Return the records that a lookup sees and that match every filter, in the order of recording."""
        sql = f"SELECT body FROM seen_{table} WHERE {_matching(filters)} ORDER BY number"  # noqa: S608 - our own names
        return [json.loads(body) for (body,) in self._db.execute(sql, (*filters.values(),))]

    def page(self, table: Table, filters: Mapping[str, str], *, first_only: bool, after: int, limit: int) -> Page:
        """Return up to `limit` of the records that a lookup sees, match every filter and come after number `after`.

        With `first_only`, only the first record of those that match counts as matching.
        """
        matching, values = _matching(filters), (*filters.values(),)
        if first_only:
            matching = f"number = (SELECT MIN(number) FROM seen_{table} WHERE {matching})"  # noqa: S608 - our own names
        rows = f"SELECT body FROM seen_{table} WHERE {matching} AND number > ? ORDER BY number LIMIT ?"  # noqa: S608
        found = self._db.execute(rows, (*values, after, limit + 1)).fetchall()
        has_more = len(found) > limit
        if not filters:
            total = self._seen[table]
        elif not after and not has_more:
            total = len(found)
        else:
            count = f"SELECT COUNT(*) FROM seen_{table} WHERE {matching}"  # noqa: S608 - our own names
            total = self._db.execute(count, values).fetchone()[0]
        return Page([json.loads(body) for (body,) in found[:limit]], has_more=has_more, total=total)

    def clear(self) -> None:
        """Forget every record."""
        for table in INDEXED:
            for each in (table, f"seen_{table}"):
                self._db.execute(f"DELETE FROM {each}")  # noqa: S608 - our own names
            self._seen[table] = 0

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _open(self, path: str | os.PathLike[str]) -> None:
        """Take the file for this sandbox alone, and bring it to this version. A file that is refused stays as it is."""
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            self._db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise OSError(
                f"{os.fspath(path)} is in use by another sandbox or program. Stop that one, or use another file."
            ) from None
        application, version = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in _STAMPS)
        problem = self._problem(application, version)
        if problem:
            raise ValueError(f"{os.fspath(path)} {problem}. It was not changed. Use another file.")
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        if (application, version) != (_APPLICATION, _VERSION):
            self._make_file()

    def _problem(self, application: int, version: int) -> str | None:
        """Say why the file, whose stamps these are, is not one that this version can open; None when it is."""
        if application == _APPLICATION:
            return None if version <= _VERSION else f"is of a later version of the sandbox ({version}, not {_VERSION})"
        others = "SELECT name FROM sqlite_master WHERE type <> 'index' AND substr(name, 1, 7) <> 'sqlite_'"
        tables = {name: self._columns_of(name) for (name,) in self._db.execute(others)}
        if application == 0 and 0 <= version <= _VERSION:
            ours = {name: {"number", "body", *members} for name, members in _VERSIONS[version].items()}
            # Until 0.1.0 had made both tables, there was one or none.
            if tables == ours or (version == 0 and tables.items() <= ours.items()):
                return None
        return "is the database of another program"

    def _columns_of(self, table: str) -> set[str]:
        return {name for (name,) in self._db.execute("SELECT name FROM pragma_table_info(?)", (table,))}

    def _make_file(self) -> None:
        """Make the tables anew, with the records that a file of an earlier version has."""
        self._db.execute("BEGIN IMMEDIATE")
        for table, members in INDEXED.items():
            exists = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
            records = self.all(table) if exists else []
            self._db.execute(f"DROP TABLE IF EXISTS {table}")
            self._make_table("main", table, members)
            for record in records:
                self._insert(table, record)
        for name, value in zip(_STAMPS, (_APPLICATION, _VERSION), strict=True):
            self._db.execute(f"PRAGMA {name} = {value}")
        self._db.execute("COMMIT")

    def _make_table(self, schema: str, table: str, members: tuple[str, ...]) -> None:
        columns = ", ".join(f"{member} TEXT" for member in members)
        # AUTOINCREMENT: the number of a record that was removed, and may still be seen, is not used again.
        self._db.execute(
            f"CREATE TABLE {schema}.{table} (number INTEGER PRIMARY KEY AUTOINCREMENT, {columns}, body TEXT NOT NULL)"
        )
        for member in members:
            self._db.execute(f"CREATE INDEX {schema}.{table}_{member} ON {table} ({member})")

    def _insert(self, table: Table, record: JsonObject) -> int:
        columns = _columns(table)
        marks = ", ".join("?" for _ in columns)
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names
        return self._db.execute(sql, _values(table, record)).lastrowid or 0  # never 0: that is for the type checkers

    def _has_changed(self, table: Table, number: int) -> None:
        if self._changed is None:
            self._show([(table, number)])
        else:
            self._changed.append((table, number))

    def _show(self, changed: Sequence[tuple[Table, int]]) -> None:
        for table, number in changed:
            gone = self._db.execute(f"DELETE FROM seen_{table} WHERE number = ?", (number,))  # noqa: S608 - our own names
            sql = f"INSERT INTO seen_{table} SELECT * FROM {table} WHERE number = ?"  # noqa: S608 - our own names
            self._seen[table] += self._db.execute(sql, (number,)).rowcount - gone.rowcount


def _columns(table: Table) -> tuple[str, ...]:
    return (*INDEXED[table], "body")


def _values(table: Table, record: JsonObject) -> tuple[str | None, ...]:
    return (*(record.get(member) for member in INDEXED[table]), json.dumps(record))


def _matching(filters: Mapping[str, str]) -> str:
    return " AND ".join(("TRUE", *(f"{member} = ?" for member in filters)))
