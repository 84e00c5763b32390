"""Our client, with everything on: totals checked, answers checked member by member, typed errors, delivery armed.

The only module here that knows what is inside of imprint_client: `decode` and `encoder` do what a call does between the
bytes and the models, without sending anything.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, nullcontext
from typing import Any

import httpx
import httpx2
from imprint_api.api.order_events import list_order_events
from imprint_client import AsyncImprint, Imprint, NewOrderEvent
from imprint_client.coding import encode
from imprint_client.delivery import Answer, judge
from imprint_client.totals import check_body
from imprint_client.transport import make_request

from benchmarks.variants import AsyncCreate, Variant
from benchmarks.workload import API_KEY, new_event


def make(address: str, stack: ExitStack) -> Variant:
    return _over(stack.enter_context(Imprint(API_KEY, base_url=address)), address)


def make_over_httpx2(address: str, stack: ExitStack) -> Variant:
    """Over clients of httpx2."""
    http = stack.enter_context(httpx2.Client())
    imprint = stack.enter_context(Imprint(API_KEY, base_url=address, http_client=http))
    return _over(imprint, address, httpx2.AsyncClient, imports="import httpx2, imprint_client")


def make_over_own_client(address: str, stack: ExitStack) -> Variant:
    """Over a caller's own httpx.Client."""
    http = stack.enter_context(httpx.Client())
    return _over(stack.enter_context(Imprint(API_KEY, base_url=address, http_client=http)), address)


def _over(
    imprint: Imprint, address: str, own: Callable[[], Any] = nullcontext, imports: str = "import imprint_client"
) -> Variant:
    event, listed = NewOrderEvent.from_dict(new_event()), make_request(**list_order_events._get_kwargs())

    def decode(page: bytes) -> object:
        verdict, result, _ = judge(listed, Answer(200, {}, page))
        return result if verdict == "good" else None

    def encoder(event: dict[str, Any]) -> Callable[[], bytes]:
        model = NewOrderEvent.from_dict(event)

        def check_and_encode() -> bytes:
            plain = check_body(model, NewOrderEvent, totals=True)
            return encode(model.to_dict(), plain=plain)

        return check_and_encode

    @asynccontextmanager
    async def connect() -> AsyncIterator[AsyncCreate]:
        async with own() as http, AsyncImprint(API_KEY, base_url=address, http_client=http) as imprint:
            yield lambda: imprint.order_events.create(event)

    return Variant(
        name="ours",
        imports=imports,
        decode=decode,
        encoder=encoder,
        create=lambda: imprint.order_events.create(event),
        count=lambda events, size: sum(1 for _ in imprint.order_events.list(order_id=str(events), limit=size)),
        connect=connect,
        has_sniffio=True,
    )
