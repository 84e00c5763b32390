"""Orders: what a customer bought, told to Imprint once, before its events."""

from typing import Unpack

from imprint_api.api.orders import create_order
from imprint_api.models import NewOrder, Order

from .delivery import Call, Flow, Request, settle
from .settings import SendOptions
from .totals import check_body
from .transport import AsyncTransport, Transport, make_request


def _create(order: NewOrder, call: Call) -> Flow[Order]:
    check_body(order, NewOrder, call.check_totals)
    arguments = create_order._get_kwargs(body=order)
    request: Request[Order] = make_request(**arguments, sent=order)
    # The contract has no way to look an order up.
    return settle(request, call, lookup=None)


class Orders:
    """`imprint.orders`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """Tell Imprint about an order (POST /v2/orders). Keep the `id` of what comes back: its events need it.

        Args:
            order: Its amounts are integers of minor units: 274999 is $2,749.99.
            options: `timeout`, `retry`, `check_totals`: as the client says, if not given.

        Raises:
            InvalidRequestError: Nothing was sent; TotalsMismatchError if all that is wrong is sums.
            OutcomeUnknownError: It may or may not be recorded: the contract has no way to look it up.
            APIError: It was not recorded.
        """
        return self._transport.run(_create(order, self._transport.settings.call(options)))


class AsyncOrders:
    """`imprint.orders` of an AsyncImprint."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """As `Orders.create`: the same arguments (amounts in minor units), results and exceptions."""
        return await self._transport.run(_create(order, self._transport.settings.call(options)))
