"""An outbox worker: sends each event of a table once, even if it is killed."""

import json
import sqlite3
import time

from imprint_client import Imprint, ImprintError, NewOrderEvent

SETTLE_SECONDS = 900  # how long a request that was cut off may still be running
RETRY_SECONDS = 30
TABLE = """
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new', -- new, in doubt, recorded or aside
    due REAL NOT NULL DEFAULT 0,
    reason TEXT
)
"""

DUE = """
SELECT id, body, state FROM outbox
WHERE state IN ('new', 'in doubt') AND due <= ? ORDER BY rowid
"""


def add(database: sqlite3.Connection, event: NewOrderEvent) -> None:
    """Call this in the transaction that ships the goods."""
    row = (event.partner_event_id, json.dumps(event.to_dict()))
    database.execute("INSERT INTO outbox (id, body) VALUES (?, ?)", row)


def work(database: sqlite3.Connection, imprint: Imprint) -> None:
    """Send every row that is due."""
    for key, body, state in database.execute(DUE, (time.time(),)).fetchall():
        event = NewOrderEvent.from_dict(json.loads(body))
        send = (
            imprint.order_events.create
            if state == "new"
            else imprint.order_events.ensure
        )
        # Committed before the request leaves: after a crash, this row is in doubt.
        mark(database, key, "in doubt", wait=SETTLE_SECONDS)
        try:
            send(event)
        except ImprintError as error:
            if error.retryable == "later":  # it was not recorded
                mark(database, key, state, str(error), wait=RETRY_SECONDS)
            elif error.retryable == "after settling":  # it may be recorded
                mark(database, key, "in doubt", str(error), wait=SETTLE_SECONDS)
            else:  # a retry would fail the same way: a person must look
                mark(database, key, "aside", str(error))
        else:
            mark(database, key, "recorded")


def mark(
    database: sqlite3.Connection,
    key: str,
    state: str,
    reason: str | None = None,
    wait: float = 0,
) -> None:
    changed = (state, reason, time.time() + wait, key)
    database.execute(
        "UPDATE outbox SET state = ?, reason = ?, due = ? WHERE id = ?", changed
    )
    database.commit()


def main() -> None:
    database = sqlite3.connect("shop.db")
    database.execute(TABLE)
    with Imprint() as imprint:
        while True:
            work(database, imprint)
            time.sleep(1)


if __name__ == "__main__":
    main()
