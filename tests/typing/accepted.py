"""A consumer's program, which type checkers must accept."""

from typing import assert_type

import httpx
from imprint_client import (
    UNSET,
    AmbiguousOrderError,
    AsyncImprint,
    EventMismatchError,
    Fault,
    Imprint,
    InvalidRequestError,
    MismatchError,
    NewOrder,
    NewOrderEvent,
    Order,
    OrderEvent,
    OrderEventsResponse,
    OrderEventType,
    OrderLine,
    OrderMismatchError,
    OutcomeUnknownError,
    Pager,
    RetryPolicy,
    Totals,
    Unset,
    check_totals,
    sum_lines,
)


def blocking() -> None:
    Imprint("key", limits=httpx.Limits(max_connections=10), allow_insecure_http=True).close()
    with Imprint("key", base_url="https://example.com", timeout=5, auth="basic", retry=RetryPolicy.none()) as imprint:
        lines = [OrderLine(name="Couch Supreme", quantity=1, rate=274999, rewards_rate=2500)]
        totals = assert_type(sum_lines(lines), Totals)
        assert_type(totals.amount, int)
        order = imprint.orders.create(
            NewOrder(
                payment_method_id="p",
                partner_order_id="o",
                order_lines=lines,
                total_order_amount=totals.amount,
                total_rewards_amount=totals.rewards_amount,
                merchant_id=None,
                customer_id=UNSET,
            ),
            check_totals=False,
        )
        assert_type(order, Order)
        assert_type(order.id, str)
        assert_type(order.customer_id, str | Unset)
        changed = NewOrder.from_dict(order.to_dict())
        assert_type(imprint.orders.ensure(changed, retry=RetryPolicy(attempts=1)), Order)
        assert_type(imprint.orders.update(order.id, changed, check_totals=False, timeout=5), Order)
        assert_type(imprint.orders.find(id=order.id), Order | None)
        assert_type(imprint.orders.find(partner_order_id="o", timeout=5), Order | None)
        assert_type(imprint.orders.list(partner_order_id="o"), list[Order])
        imprint.orders.delete(order.id, retry=RetryPolicy.none())
        event = NewOrderEvent(
            order_id=order.id, type_=OrderEventType.CAPTURED, amount=1, network_transaction_id="n", order_lines=lines
        )
        check_totals(event)
        assert_type(imprint.order_events.create(event, timeout=httpx.Timeout(5)), OrderEvent)
        assert_type(imprint.order_events.ensure(event, retry=RetryPolicy(attempts=1)), OrderEvent)
        found = assert_type(imprint.order_events.find(partner_event_id="e"), OrderEvent | None)
        if found is not None:
            assert_type(found.amount, int)
            assert_type(found.type_.known, bool)
            if found.order_event_id:
                imprint.order_events.delete(found.order_event_id)
        events = assert_type(imprint.order_events.list(order_id=order.id, limit=5, starting_after="x"), Pager)
        for each in events:
            assert_type(each, OrderEvent)
        for page in events.pages():
            assert_type(page, OrderEventsResponse)
        try:
            imprint.order_events.create(event)
        except InvalidRequestError as error:
            assert_type(error.faults, list[Fault])
        except OutcomeUnknownError as error:
            assert_type(error.looked_up, bool)
        except (EventMismatchError, OrderMismatchError) as error:
            assert_type(error.differences, list[str])
            mismatch: MismatchError = error
            print(mismatch.recorded)
        except AmbiguousOrderError as error:
            assert_type(error.partner_order_id, str)


async def awaiting() -> None:
    async with AsyncImprint(http_client=httpx.AsyncClient()) as imprint:
        assert_type(await imprint.order_events.find(order_event_id="i"), OrderEvent | None)
        assert_type(await imprint.orders.find(id="i"), Order | None)
        for order in assert_type(await imprint.orders.list(), list[Order]):
            await imprint.orders.delete(order.id)
        await imprint.order_events.delete("i")
        async for each in imprint.order_events.list(network_transaction_id="n"):
            assert_type(each, OrderEvent)
        async for page in imprint.order_events.list().pages():
            assert_type(page.data, list[OrderEvent])
