"""A backfill: exports a shop's orders and captures, and sends them."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def rows(database: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Each order, followed by its captures, which name it by your own number."""
    for number, card, cents in database.execute(
        "SELECT number, card, cents FROM orders ORDER BY placed_at"
    ):
        yield {
            "partner_order_id": number,
            "payment_method_id": card,
            "total_order_amount": cents,
        }
        shipments = (
            "SELECT id, cents, transaction_id FROM shipments WHERE order_number = ?"
        )
        for shipment, amount, transaction in database.execute(shipments, (number,)):
            yield {
                "partner_order_id": number,
                "partner_event_id": shipment,
                "type": "CAPTURED",
                "amount": amount,
                "network_transaction_id": transaction,
            }


def main() -> None:
    with Path("backfill.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps(row) + "\n" for row in rows(sqlite3.connect("shop.db"))
        )
    # It can be killed and started again: the journal beside the file knows
    # what became of each row.
    sys.exit(
        subprocess.run(["imprint", "send", "backfill.jsonl"], check=False).returncode
    )


if __name__ == "__main__":
    main()
