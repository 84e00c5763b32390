"""Take Imprint's published example order through its life in a local sandbox: `make demo`.

Each step checks its own result. The first wrong result ends the demo with a message and exit code 1.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from imprint_client import (
    Imprint,
    ImprintError,
    NewOrder,
    NewOrderEvent,
    Order,
    OrderEvent,
    OrderEventType,
    OrderLine,
    TotalsMismatchError,
    sum_lines,
)
from imprint_sandbox import Sandbox
from rich.console import Console
from rich.markup import escape
from rich.table import Table

EXAMPLE = Path(__file__).resolve().parent.parent / "tests/published/post_orders_example.json"
COUCH = OrderLine(name="Couch Supreme", quantity=1, rate=269999, rewards_rate=2500)
DELIVERY = OrderLine(name="Delivery", quantity=1, rate=5000, rewards_rate=0)
CUSHION = OrderLine(name="Cushion", quantity=2, rate=1250, rewards_rate=25)
FURTHER_EVENTS = 25


class DemoError(Exception):
    """A step had the wrong result."""


def main() -> int:
    console = Console(highlight=False)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Sandbox(db=str(Path(folder) / "imprint.db")) as sandbox,
            Imprint(sandbox.api_key, base_url=sandbox.url) as imprint,
        ):
            console.print("[bold]The published example order, through its life[/] (local sandbox)")
            run(console, sandbox, imprint)
    except (DemoError, ImprintError, OSError) as error:
        console.print(f"[bold red]The demo failed:[/] {type(error).__name__}: {escape(str(error))}", soft_wrap=True)
        return 1
    return 0


def run(console: Console, sandbox: Sandbox, imprint: Imprint) -> None:
    order = imprint.orders.create(NewOrder.from_dict(json.loads(EXAMPLE.read_text(encoding="utf-8"))))
    done(console, f"order created: {order.partner_order_id}, {dollars(order.total_order_amount)}, id {order.id}")

    refuse_a_wrong_sum(console, sandbox, imprint, order)

    for number, line in enumerate((COUCH, DELIVERY), start=1):
        captured = record(imprint, order, f"capture-{number}", OrderEventType.CAPTURED, [line])
        done(console, f"captured, part {number} of 2: {line.name}, {dollars(captured.amount)}")
    refunded = record(imprint, order, "refund-1", OrderEventType.REFUNDED, [DELIVERY])
    done(console, f"refunded: {DELIVERY.name}, {dollars(refunded.amount)}")
    take_out_what_was_refunded(console, sandbox, imprint, order)

    for number in range(FURTHER_EVENTS):
        record(imprint, order, f"capture-cushions-{number}", OrderEventType.CAPTURED, [CUSHION])
    done(console, f"captured {FURTHER_EVENTS} times more: {CUSHION.name} x {CUSHION.quantity}")

    delete_an_event(console, imprint, order)
    delete_an_order(console, sandbox, imprint, order)

    pages = [page.data for page in imprint.order_events.list(order_id=order.id, limit=10).pages()]
    events = [event for page in pages for event in page]
    expect("events listed", len(events), 3 + FURTHER_EVENTS)
    expect("events kept by the sandbox", len(sandbox.events), len(events))
    done(console, f"listed {len(events)} events, in {len(pages)} pages of {[len(page) for page in pages]}")

    found = imprint.order_events.find(partner_event_id="refund-1")
    expect("the event found", found, refunded)
    done(console, "looked up by its partner_event_id: refund-1")

    print_totals(console, events)


def refuse_a_wrong_sum(console: Console, sandbox: Sandbox, imprint: Imprint, order: Order) -> None:
    before = len(sandbox.requests)
    try:
        record(imprint, order, "capture-wrong", OrderEventType.CAPTURED, [COUCH, DELIVERY], amount=275000)
    except TotalsMismatchError as error:
        done(console, f"a wrong sum refused: [italic]{escape(str(error))}[/]")
    else:
        raise DemoError("a wrong sum was not refused")
    expect("requests sent with the wrong sum", len(sandbox.requests) - before, 0)


def take_out_what_was_refunded(console: Console, sandbox: Sandbox, imprint: Imprint, order: Order) -> None:
    totals = sum_lines([COUCH])
    smaller = NewOrder.from_dict(order.to_dict())
    smaller.order_lines = [COUCH]
    smaller.total_order_amount, smaller.total_rewards_amount = totals
    updated = imprint.orders.update(order.id, smaller)
    expect("the updated order", (updated.id, updated.order_lines), (order.id, [COUCH]))
    expect("the total kept by the sandbox", [each["total_order_amount"] for each in sandbox.orders], [totals.amount])
    done(console, f"order updated: without {DELIVERY.name} it is {dollars(updated.total_order_amount)}")


def delete_an_event(console: Console, imprint: Imprint, order: Order) -> None:
    mistake = record(imprint, order, "capture-mistake", OrderEventType.CAPTURED, [DELIVERY])
    imprint.order_events.delete(mistake.order_event_id or "")
    expect("the deleted event", imprint.order_events.find(partner_event_id="capture-mistake"), None)
    done(console, "an event recorded by mistake is deleted: capture-mistake")


def delete_an_order(console: Console, sandbox: Sandbox, imprint: Imprint, order: Order) -> None:
    mistake = NewOrder(payment_method_id=order.payment_method_id, partner_order_id="o-mistake", total_order_amount=5000)
    imprint.orders.create(mistake)
    found = imprint.orders.find(partner_order_id="o-mistake")
    if found is None:
        raise DemoError("the order placed by mistake was not found")
    imprint.orders.delete(found.id)
    expect("the orders kept by the sandbox", [each["id"] for each in sandbox.orders], [order.id])
    done(console, "an order placed by mistake is found and deleted: o-mistake")


def record(
    imprint: Imprint,
    order: Order,
    partner_event_id: str,
    type_: OrderEventType,
    lines: list[OrderLine],
    amount: int | None = None,
) -> OrderEvent:
    totals = sum_lines(lines)
    event = NewOrderEvent(
        order_id=order.id,
        type_=type_,
        partner_event_id=partner_event_id,
        amount=totals.amount if amount is None else amount,
        rewards_amount=totals.rewards_amount,
        network_transaction_id="615e3ba0-6b99-495b-ade4-1f584c40f376",
        order_lines=lines,
    )
    return imprint.order_events.create(event)


def print_totals(console: Console, events: Sequence[OrderEvent]) -> None:
    captured = sum(event.amount for event in events if event.type_ == OrderEventType.CAPTURED)
    refunded = sum(event.amount for event in events if event.type_ == OrderEventType.REFUNDED)
    expect("captured", captured, COUCH.rate + DELIVERY.rate + FURTHER_EVENTS * sum_lines([CUSHION]).amount)
    expect("refunded", refunded, DELIVERY.rate)
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name, amount in (("captured", captured), ("refunded", refunded), ("[bold]net[/]", captured - refunded)):
        table.add_row(name, dollars(amount))
    console.print()
    console.print(table)


def expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise DemoError(f"{what}: expected {expected}, found {found}")


def done(console: Console, text: str) -> None:
    console.print(f"  [green]✓[/] {text}", soft_wrap=True)


def dollars(minor_units: int) -> str:
    return f"${minor_units // 100:,}.{minor_units % 100:02}"


if __name__ == "__main__":
    sys.exit(main())
