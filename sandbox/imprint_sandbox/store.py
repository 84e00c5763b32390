"""What the sandbox was told, in SQLite: each record as the JSON it is, in the order of recording.

A record is committed before the call that adds it returns. A file survives the death of the process at any moment.
"""

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

JsonObject = dict[str, Any]
Table = Literal["orders", "events"]

# The members that records can be found by.
INDEXED: Mapping[Table, tuple[str, ...]] = {
    "orders": ("id",),
    "events": ("order_event_id", "order_id", "partner_event_id", "network_transaction_id"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the records that match, whether more follow, and how many match in all."""

    records: list[JsonObject]
    has_more: bool
    total: int


class Store:
    """The records of one sandbox. Not safe for two threads at a time: its owner holds a lock.

    `path` is that of a file, or ":memory:". With `refuse_duplicates`, an event whose id is recorded already is to be
    refused. `unseen` holds what lookups do not see yet, as (table, number of the record).
    """

    def __init__(self, path: str | os.PathLike[str], *, refuse_duplicates: bool) -> None:
        self.refuse_duplicates = refuse_duplicates
        self.unseen: set[tuple[Table, int]] = set()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            for table, members in INDEXED.items():
                columns = ", ".join(f"{member} TEXT" for member in members)
                self._db.execute(
                    f"CREATE TABLE IF NOT EXISTS {table} (number INTEGER PRIMARY KEY, {columns}, body TEXT NOT NULL)"
                )
                for member in members:
                    self._db.execute(f"CREATE INDEX IF NOT EXISTS {table}_{member} ON {table} ({member})")
        except BaseException:
            self._db.close()
            raise

    def add(self, table: Table, record: JsonObject) -> None:
        """Record `record` and commit it."""
        members = INDEXED[table]
        marks = ", ".join("?" for _ in members)
        self._db.execute(
            f"INSERT INTO {table} ({', '.join(members)}, body) VALUES ({marks}, ?)",  # noqa: S608 - our own names
            (*(record.get(member) for member in members), json.dumps(record)),
        )

    def has(self, table: Table, member: str, value: str) -> bool:
        """Say whether a record is kept, seen or not, whose `member` is `value`."""
        sql = f"SELECT 1 FROM {table} WHERE {member} = ? LIMIT 1"  # noqa: S608 - our own names
        return self._db.execute(sql, (value,)).fetchone() is not None

    def all(self, table: Table) -> list[JsonObject]:
        """Return every record, seen or not, in the order of recording."""
        sql = f"SELECT body FROM {table} ORDER BY number"  # noqa: S608 - our own names
        return [json.loads(body) for (body,) in self._db.execute(sql)]

    def newest(self, table: Table) -> int:
        """Return the number of the record that was added last, or 0."""
        sql = f"SELECT MAX(number) FROM {table}"  # noqa: S608 - our own names
        return self._db.execute(sql).fetchone()[0] or 0

    def number_of(self, table: Table, member: str, value: str) -> int | None:
        """Return the number of the first record that a lookup sees whose `member` is `value`."""
        sql = f"SELECT MIN(number) FROM {table} WHERE {member} = ? AND {_SEEN}"  # noqa: S608 - our own names
        number: int | None = self._db.execute(sql, (value, self._unseen(table))).fetchone()[0]
        return number

    def page(self, table: Table, filters: Mapping[str, str], *, first_only: bool, after: int, limit: int) -> Page:
        """Return up to `limit` of the records that match every filter and come after number `after`.

        With `first_only`, only the first record of those that match counts as matching.
        """
        matching = " AND ".join((*(f"{member} = ?" for member in filters), _SEEN))
        values = (*filters.values(), self._unseen(table))
        if first_only:
            matching = f"number = (SELECT MIN(number) FROM {table} WHERE {matching})"  # noqa: S608 - our own names
        count = f"SELECT COUNT(*) FROM {table} WHERE {matching}"  # noqa: S608 - our own names
        rows = f"SELECT body FROM {table} WHERE {matching} AND number > ? ORDER BY number LIMIT ?"  # noqa: S608
        total: int = self._db.execute(count, values).fetchone()[0]
        found = self._db.execute(rows, (*values, after, limit + 1)).fetchall()
        return Page([json.loads(body) for (body,) in found[:limit]], has_more=len(found) > limit, total=total)

    def clear(self) -> None:
        """Forget every record."""
        self.unseen.clear()
        for table in INDEXED:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _unseen(self, table: Table) -> str:
        return json.dumps([number for name, number in self.unseen if name == table])


_SEEN = "number NOT IN (SELECT value FROM json_each(?))"
