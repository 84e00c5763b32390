"""The floor: what a program by hand does with httpx and json; nothing is checked."""

import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import httpx

from benchmarks.variants import AsyncCreate, Variant
from benchmarks.workload import HEADERS, PATH, new_event


def make(address: str, stack: ExitStack) -> Variant:
    client = stack.enter_context(httpx.Client(base_url=address, headers=HEADERS))
    event = new_event()

    def create() -> object:
        return client.post(PATH, json=event).json()

    def count(events: int, size: int) -> int:
        counted, more = 0, True
        params: dict[str, str | int] = {"order_id": str(events), "limit": size}
        while more:
            page: dict[str, Any] = client.get(PATH, params=params).json()
            for _ in page["data"]:
                counted += 1
            more = page["has_more"]
            params["starting_after"] = page["data"][-1]["order_event_id"]
        return counted

    @asynccontextmanager
    async def connect() -> AsyncIterator[AsyncCreate]:
        async with httpx.AsyncClient(base_url=address, headers=HEADERS) as client:

            async def create() -> object:
                return (await client.post(PATH, json=event)).json()

            yield create

    return Variant(
        name="floor: httpx and json by hand",
        imports="import httpx, json",
        decode=json.loads,
        encoder=lambda event: lambda: json.dumps(event),
        create=create,
        count=count,
        connect=connect,
    )
