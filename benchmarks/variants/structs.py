"""The limit: msgspec Structs over raw httpx. Types are checked in C; sums, unknown members and failures are not."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager

import httpx
import msgspec

from benchmarks.struct_models import NewOrderEvent, OrderEvent, OrderEventsResponse
from benchmarks.variants import AsyncCreate, Variant
from benchmarks.workload import HEADERS, PATH, new_event


def make(address: str, stack: ExitStack) -> Variant:
    headers = {**HEADERS, "Content-Type": "application/json"}
    client = stack.enter_context(httpx.Client(base_url=address, headers=headers))
    encode = msgspec.json.Encoder().encode
    decode_event, decode_page = (
        msgspec.json.Decoder(OrderEvent).decode,
        msgspec.json.Decoder(OrderEventsResponse).decode,
    )
    event = msgspec.convert(new_event(), NewOrderEvent)

    def create() -> object:
        return decode_event(client.post(PATH, content=encode(event)).content)

    def count(events: int, size: int) -> int:
        counted, more = 0, True
        params: dict[str, str | int] = {"order_id": str(events), "limit": size}
        while more:
            page = decode_page(client.get(PATH, params=params).content)
            for _ in page.data:
                counted += 1
            more = bool(page.has_more)
            params["starting_after"] = str(page.data[-1].order_event_id)
        return counted

    @asynccontextmanager
    async def connect() -> AsyncIterator[AsyncCreate]:
        async with httpx.AsyncClient(base_url=address, headers=headers) as client:

            async def create() -> object:
                return decode_event((await client.post(PATH, content=encode(event))).content)

            yield create

    def encoder(event: dict[str, object]) -> Callable[[], bytes]:
        struct = msgspec.convert(event, NewOrderEvent)
        return lambda: encode(struct)

    return Variant(
        name="limit: msgspec Structs over httpx",
        imports="import httpx, benchmarks.struct_models",
        decode=decode_page,
        encoder=encoder,
        create=create,
        count=count,
        connect=connect,
    )
