"""Nightly reconciliation: what the ledger and Imprint do not agree on."""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from imprint_client import Imprint, OrderEvent

Ledger = Mapping[
    str, tuple[str, int]
]  # by partner_event_id: the type, and the amount in minor units


def differences(ledger: Ledger, events: Iterable[OrderEvent]) -> Iterator[str]:
    seen: set[str] = set()
    for event in events:
        key = event.partner_event_id or f"(no id: {event.order_event_id})"
        recorded = (str(event.type_), event.amount)
        if key in seen:
            yield f"{key}: recorded twice"
        elif key not in ledger:
            yield f"{key}: missing in the ledger"
        elif recorded != ledger[key]:
            yield f"{key}: the ledger has {ledger[key]}, Imprint has {recorded}"
        seen.add(key)
    yield from (f"{key}: missing at Imprint" for key in ledger if key not in seen)


def read_ledger(path: str) -> Ledger:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return {
            row["id"]: (row["type"], int(row["amount"])) for row in csv.DictReader(file)
        }


def main() -> None:
    with Imprint() as imprint:
        found = list(
            differences(read_ledger("ledger.csv"), imprint.order_events.list(limit=100))
        )
    print(*found or ["no differences"], sep="\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
