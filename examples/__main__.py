"""Run an example against a sandbox of its own: `python -m examples checkout`."""

import csv
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from imprint_client import Imprint, NewOrder, NewOrderEvent, OrderEventType
from imprint_sandbox import Sandbox, SandboxFault

from examples import backfill, checkout, outbox, reconcile


def run_checkout(sandbox: Sandbox) -> None:
    from fastapi.testclient import TestClient  # noqa: PLC0415 - the other examples do without FastAPI

    lines = [
        {"name": "Couch Supreme", "quantity": 1, "rate": 274999, "rewards_rate": 2500}
    ]
    basket = {"number": "o-1", "payment_method_id": "p-1", "lines": lines}
    with TestClient(checkout.app) as shop:
        print("POST /checkout:", shop.post("/checkout", json=basket).status_code)
        sandbox.fail("createOrder", SandboxFault(answer="cut", write="made"))
        print(
            "POST /checkout with a lost response:",
            shop.post("/checkout", json={**basket, "number": "o-2"}).status_code,
        )
    print("recorded:", *(order["partner_order_id"] for order in sandbox.orders))


def run_outbox(sandbox: Sandbox) -> None:
    database = sqlite3.connect(":memory:")
    database.execute(outbox.TABLE)
    with Imprint() as imprint:
        order_id = imprint.orders.create(an_order()).id
        for number in (1, 2, 3):
            outbox.add(database, an_event(order_id, f"shipment-{number}"))
        sandbox.fail("postOrderEvent", SandboxFault(answer="cut", write="made"))
        outbox.work(database, imprint)
    print("outbox:", *database.execute("SELECT id, state FROM outbox"))
    print("recorded:", *(event["partner_event_id"] for event in sandbox.events))


def run_reconcile(_: Sandbox) -> None:
    with Imprint() as imprint:
        order_id = imprint.orders.create(an_order()).id
        imprint.order_events.create(an_event(order_id, "shipment-1"))
        imprint.order_events.create(an_event(order_id, "shipment-2"))
    with Path("ledger.csv").open("w", newline="", encoding="utf-8") as file:
        ledger = [
            ("id", "type", "amount"),
            ("shipment-1", "CAPTURED", 999),
            ("shipment-3", "CAPTURED", 1000),
        ]
        csv.writer(file).writerows(ledger)
    reconcile.main()


def run_backfill(sandbox: Sandbox) -> None:
    with sqlite3.connect("shop.db") as database:
        database.execute("CREATE TABLE orders (number, card, cents, placed_at)")
        database.execute(
            "CREATE TABLE shipments (id, cents, transaction_id, order_number)"
        )
        database.execute("INSERT INTO orders VALUES ('o-1', 'p-1', 5000, '2025-02-13')")
        database.execute(
            "INSERT INTO shipments VALUES ('shipment-1', 5000, 'n-1', 'o-1')"
        )
    try:
        backfill.main()
    finally:
        print(f"recorded: {len(sandbox.orders)} order, {len(sandbox.events)} event")


def an_order() -> NewOrder:
    return NewOrder(
        payment_method_id="p-1", partner_order_id="o-1", total_order_amount=3000
    )


def an_event(order_id: str, key: str) -> NewOrderEvent:
    return NewOrderEvent(
        order_id=order_id,
        type_=OrderEventType.CAPTURED,
        partner_event_id=key,
        amount=1000,
        network_transaction_id=f"n-{key}",
    )


EXAMPLES: dict[str, Callable[[Sandbox], None]] = {
    "checkout": run_checkout,
    "outbox": run_outbox,
    "reconcile": run_reconcile,
    "backfill": run_backfill,
}


def main(names: list[str]) -> None:
    if len(names) != 1 or names[0] not in EXAMPLES:
        sys.exit(f"Name one of the examples: {', '.join(EXAMPLES)}.")
    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        os.chdir(folder)  # where the examples leave their files
        os.environ |= {
            "IMPRINT_API_KEY": sandbox.api_key,
            "IMPRINT_BASE_URL": sandbox.url,
        }
        # Commands such as `imprint` stand beside this interpreter.
        os.environ["PATH"] = os.pathsep.join(
            [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
        )
        EXAMPLES[names[0]](sandbox)


if __name__ == "__main__":
    main(sys.argv[1:])
