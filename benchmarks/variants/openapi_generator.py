"""The Python output of openapi-generator: over urllib3, which only blocks, and over aiohttp, which only awaits."""

import importlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from benchmarks.variants import AsyncCreate, Variant
from benchmarks.workload import API_KEY, new_event


def make_urllib3(address: str, stack: ExitStack) -> Variant:
    generated = importlib.import_module("imprint_urllib3")
    configuration = generated.Configuration(host=address, access_token=API_KEY)
    client = stack.enter_context(generated.ApiClient(configuration))
    api, event = generated.OrderEventsApi(client), generated.OrderEventBase.from_dict(new_event())

    def count(events: int, size: int) -> int:
        counted, more = 0, True
        after: dict[str, str] = {}
        while more:
            page = api.list_order_events(order_id=str(events), limit=size, **after)
            for _ in page.data:
                counted += 1
            more = page.has_more
            after = {"starting_after": page.data[-1].order_event_id}
        return counted

    return Variant(
        name="openapi-generator, urllib3",
        imports="import imprint_urllib3",
        decode=_decoder(client),
        encoder=_encoder(generated, client),
        create=lambda: api.post_order_event(event),
        count=count,
        connect=None,
    )


def make_asyncio(address: str, _: ExitStack) -> Variant:
    generated = importlib.import_module("imprint_asyncio")
    configuration = generated.Configuration(host=address, access_token=API_KEY)
    idle = generated.ApiClient(configuration)  # opens nothing before its first request
    event = generated.OrderEventBase.from_dict(new_event())

    @asynccontextmanager
    async def connect() -> AsyncIterator[AsyncCreate]:
        async with generated.ApiClient(configuration) as client:
            api = generated.OrderEventsApi(client)
            yield lambda: api.post_order_event(event)

    return Variant(
        name="openapi-generator, asyncio",
        imports="import imprint_asyncio",
        decode=_decoder(idle),
        encoder=_encoder(generated, idle),
        create=None,
        count=None,
        connect=connect,
    )


def _decoder(client: Any) -> Callable[[bytes], object]:
    return lambda page: client.deserialize(page.decode(), "OrderEventsResponse", "application/json")


def _encoder(generated: Any, client: Any) -> Callable[[dict[str, Any]], Callable[[], str]]:
    def encoder(event: dict[str, Any]) -> Callable[[], str]:
        model = generated.OrderEventBase.from_dict(event)
        return lambda: json.dumps(client.sanitize_for_serialization(model))

    return encoder
