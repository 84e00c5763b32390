"""`imprint reconcile`: compare the merchant's events with Imprint's. It lists Imprint's once and changes nothing.

A temporary database holds the merchant's events, so neither side has to fit into memory.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, NamedTuple

from imprint_client import Imprint, NewOrderEvent, OrderEvent
from imprint_client.comparison import differences

from imprint_bulk.checks import Entry
from imprint_bulk.files import plain
from imprint_bulk.journal import Journal
from imprint_bulk.show import DEFAULT_CURRENCY

EVENTS_PER_PAGE = 100
Kind = Literal["missing at Imprint", "missing in the file", "different", "recorded more than once"]
_BY_PARTNER_ID = "partner_order_id="


class Difference(NamedTuple):
    """One difference between the two sides."""

    kind: Kind
    partner_event_id: str | None
    paths: list[str]
    """The fields that are different."""
    here: dict[str, Any] | None
    there: dict[str, Any] | None


class Totals:
    """Events and amounts in minor units, by type and currency."""

    def __init__(self) -> None:
        self.events: Counter[tuple[str, str]] = Counter()
        self.amounts: Counter[tuple[str, str]] = Counter()

    def add(self, event: NewOrderEvent | OrderEvent) -> None:
        """Count an event."""
        key = (str(event.type_), event.currency or DEFAULT_CURRENCY)
        self.events[key] += 1
        self.amounts[key] += event.amount


class Reconciliation:
    """The comparison of one file: `add` its rows, then iterate `compare`."""

    def __init__(self, journal: Path) -> None:
        self.here, self.there = Totals(), Totals()
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            """PRAGMA journal_mode = OFF; BEGIN;
            CREATE TABLE events (id TEXT PRIMARY KEY, number INTEGER, "order" TEXT, body TEXT, seen INTEGER)
            WITHOUT ROWID;
            CREATE TABLE orders (partner_order_id TEXT PRIMARY KEY, id TEXT) WITHOUT ROWID;"""
        )
        if journal.is_file():  # from `imprint send`, so that order ids need no lookup
            with closing(Journal(journal, read_only=True)) as sent:
                self._database.executemany("INSERT INTO orders VALUES (?, ?)", sent.order_ids())

    def close(self) -> None:
        """Delete the temporary database."""
        self._database.close()

    def add(self, entry: Entry) -> int | None:
        """Add an event of the file; return the earlier row with the same id, if there is one."""
        sql = "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, 0)"
        body = json.dumps(entry.body.to_dict(), default=plain)
        if self._database.execute(sql, (entry.id, entry.number, entry.order, body)).rowcount:
            self.here.add(entry.body)
            return None
        found = self._database.execute("SELECT number FROM events WHERE id = ?", (entry.id,)).fetchone()
        return int(found[0])

    def compare(self, imprint: Imprint, events: Iterable[OrderEvent]) -> Iterator[Difference]:
        """The differences between the file and all `events` of Imprint."""
        for event in events:
            self.there.add(event)
            own_id = event.partner_event_id or None
            found = (
                own_id
                and self._database.execute('SELECT "order", body, seen FROM events WHERE id = ?', (own_id,)).fetchone()
            )
            if not found:
                yield Difference("missing in the file", own_id, [], None, event.to_dict())
                continue
            order, body, seen = found
            self._database.execute("UPDATE events SET seen = seen + 1 WHERE id = ?", (own_id,))
            here = NewOrderEvent.from_dict(json.loads(body))
            if order.startswith(_BY_PARTNER_ID):
                here.order_id = self._order_id(imprint, order.removeprefix(_BY_PARTNER_ID))
            if seen:
                yield Difference("recorded more than once", own_id, [], here.to_dict(), event.to_dict())
            elif paths := differences(here, event, kept=True):
                yield Difference("different", own_id, paths, here.to_dict(), event.to_dict())
        for own_id, body in self._database.execute("SELECT id, body FROM events WHERE seen = 0 ORDER BY number"):
            yield Difference("missing at Imprint", own_id, [], json.loads(body), None)

    def _order_id(self, imprint: Imprint, partner_order_id: str) -> str:
        sql = "SELECT id FROM orders WHERE partner_order_id = ?"
        known = self._database.execute(sql, (partner_order_id,)).fetchone()
        if known:
            return str(known[0])
        found = imprint.orders.find(partner_order_id=partner_order_id)
        order_id = found.id if found else ""
        self._database.execute("INSERT INTO orders VALUES (?, ?)", (partner_order_id, order_id))
        return order_id
