"""Programs that misuse the client: each line that says so must be refused by type checkers, and no other."""

from imprint_client import AsyncImprint, Imprint, NewOrder, NewOrderEvent, OrderEventType, OrderLine, RetryPolicy

imprint = Imprint("key")
order = NewOrder(payment_method_id="p", partner_order_id="o", total_order_amount=1)
event = NewOrderEvent(order_id="o", type_=OrderEventType.CAPTURED, amount=1, network_transaction_id="n")

OrderLine(name="x", quantity=1, rate=2749.99, rewards_rate=0)  # refused: a float amount
OrderLine("x", 1, 274999, 0)  # refused: a positional member
OrderLine(name="x", quantity=1, rate=274999)  # refused: a missing member
NewOrderEvent(order_id="o", type_="CAPTURED", amount=1, network_transaction_id="n")  # refused: a bare string
print(imprint.order_events.find(partner_event_id="e").amount)  # refused: find without a check for None
imprint.order_events.list(orderid="o")  # refused: a filter that does not exist
imprint.order_events.list(limit="5")  # refused: a text for a number
imprint.order_events.find(partner_event_id=None)  # refused: None for an id
imprint.order_events.create({"order_id": "o"})  # refused: a dict for a model
imprint.orders.create(event)  # refused: an event for an order
imprint.order_events.create(event, retries=3)  # refused: an option that does not exist
print(imprint.orders.find(id="i").total_order_amount)  # refused: find without a check for None
imprint.orders.find(order_id="i")  # refused: an id that orders do not have
imprint.orders.list(limit=5)  # refused: a page of what has no pages
imprint.orders.update(order)  # refused: an update that does not say of which order
imprint.orders.delete(order_id=5)  # refused: a number for an id
imprint.orders.delete("i", check_totals=False)  # refused: sums of what has none
imprint.order_events.delete(event)  # refused: an event for its id
Imprint("key", auth="digest")  # refused: an authentication that does not exist
RetryPolicy(4)  # refused: a positional setting


async def awaiting() -> None:
    await imprint.order_events.create(event)  # refused: awaiting the synchronous client
    for _ in AsyncImprint("key").order_events.list():  # refused: a plain loop over an asynchronous list
        pass
