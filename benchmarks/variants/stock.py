"""The stock output of openapi-python-client, from the same corrected contract, with none of our templates."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from imprint_stock import AuthenticatedClient
from imprint_stock.api.order_events import list_order_events, post_order_event
from imprint_stock.models import NewOrderEvent, OrderEventsResponse

from benchmarks.variants import AsyncCreate, Variant
from benchmarks.workload import API_KEY, new_event


def make(address: str, stack: ExitStack) -> Variant:
    client = stack.enter_context(AuthenticatedClient(base_url=address, token=API_KEY))
    event = NewOrderEvent.from_dict(new_event())

    def encoder(event: dict[str, Any]) -> Callable[[], str]:
        model = NewOrderEvent.from_dict(event)
        return lambda: json.dumps(model.to_dict())

    def count(events: int, size: int) -> int:
        counted, more = 0, True
        after: dict[str, str] = {}
        while more:
            page = list_order_events.sync(client=client, order_id=str(events), limit=size, **after)
            for _ in page.data:
                counted += 1
            more = page.has_more
            after = {"starting_after": page.data[-1].order_event_id}
        return counted

    @asynccontextmanager
    async def connect() -> AsyncIterator[AsyncCreate]:
        async with AuthenticatedClient(base_url=address, token=API_KEY) as client:
            yield lambda: post_order_event.asyncio(client=client, body=event)

    return Variant(
        name="openapi-python-client, stock",
        imports="""
from imprint_stock import AuthenticatedClient
from imprint_stock.api.order_events import list_order_events, post_order_event
from imprint_stock.models import NewOrderEvent, OrderEventType, OrderLine
""",
        decode=lambda page: OrderEventsResponse.from_dict(json.loads(page)),
        encoder=encoder,
        create=lambda: post_order_event.sync(client=client, body=event),
        count=count,
        connect=connect,
    )
