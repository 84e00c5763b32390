"""Orders: what a customer bought. Imprint has to know an order before its events."""

import builtins
from typing import Any, Unpack

from imprint_api.api.orders import create_order, delete_order, list_orders, put_order
from imprint_api.models import NewOrder, Order

from .comparison import differences, matched
from .delivery import Call, Flow, Lookup, Request, deliver, ensure, settle
from .errors import AmbiguousOrderError, Fault, InvalidRequestError
from .lookups import check, gone, only, split, split_one, those_with, writing
from .settings import CallOptions, SendOptions, Settings
from .transport import AsyncTransport, Transport, make_request


class OrderFilters(CallOptions, total=False):
    """Which orders: those with this id."""

    id: str
    partner_order_id: str


_ASSIGNED = ("id", "created_at", "updated_at")
_FILTERS = OrderFilters.__optional_keys__ - CallOptions.__optional_keys__


# --- The rules, for both flavours -------------------------------------------------------------------------------------


def _creation(order: NewOrder, call: Call) -> tuple[Request[Order], Call, Lookup | None]:
    request = writing(order, NewOrder, call, "partner_order_id", create_order._get_kwargs)
    wanted = {"partner_order_id": order.partner_order_id}
    lookup = Lookup(lambda: _with(wanted), lambda found: matched(order, _one(found)))
    return request, call, lookup if order.partner_order_id else None


def _update(order_id: str, order: NewOrder | Order, call: Call) -> Flow[Order]:
    check({"order_id": order_id}, put_order._get_kwargs)
    if isinstance(order, Order):  # as it came back, and was changed
        order = NewOrder.from_dict({k: v for k, v in order.to_dict().items() if k not in _ASSIGNED})
    request: Request[Order] = writing(order, NewOrder, call, "id", put_order._get_kwargs, order_id)
    if order.id and order.id != order_id:
        raise InvalidRequestError([Fault("id", f"is {order.id!r}, but the order to update is {order_id!r}", order.id)])

    def updated(found: list[Order]) -> Order | None:
        return next((each for each in found if not differences(order, each, kept=True)), None)

    return settle(request, call, Lookup(lambda: _with({"id": order_id}), updated))


def _delete(order_id: str, call: Call) -> Flow[Any]:
    check({"order_id": order_id}, delete_order._get_kwargs)
    request: Request[Any] = make_request(**delete_order._get_kwargs(order_id))
    return settle(request, call, Lookup(lambda: _with({"id": order_id}), gone))


def _find(options: OrderFilters, settings: Settings) -> Flow[Order | None]:
    wanted, call = split_one(options, _FILTERS, list_orders._get_kwargs, settings)
    return _one((yield from deliver(_with(wanted), call)))


def _list(options: OrderFilters, settings: Settings) -> Flow[list[Order]]:
    filters, call = split(options, _FILTERS, list_orders._get_kwargs, settings)
    return (yield from deliver(_with(filters), call))


def _with(wanted: dict[str, Any]) -> Request[list[Order]]:
    return those_with(wanted, list_orders._get_kwargs(**wanted), unique="id" in wanted)


def _one(found: list[Order]) -> Order | None:
    if len(found) > 1:
        raise AmbiguousOrderError(found[0].partner_order_id, found)
    return only(found)


# --- The resource -----------------------------------------------------------------------------------------------------


class Orders:
    """Create, find, list, update and delete orders: `imprint.orders`."""

    def __init__(self, transport: Transport) -> None:
        self._run, self._settings = transport.run, transport.settings

    def create(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """Create an order (POST /v2/orders). Store the `id` of the result: the order's events need it.

        One call never records an order twice. If the outcome is unknown, the client looks the order up by its
        `partner_order_id`, until it is found or the deadline of the retry policy is over.

        Args:
            order: Its amounts are integers of minor units: 274999 is $2,749.99.
            options: Override the client's `timeout`, `retry`, `headers` and `check_totals`. `resend_unknown` of a retry
                policy has no effect here.

        Raises:
            InvalidRequestError: Nothing was sent. It is a TotalsMismatchError if only the sums are wrong.
            OutcomeUnknownError: The order may or may not be recorded.
            OrderMismatchError: A different order is recorded under this partner_order_id.
            AmbiguousOrderError: The outcome was unknown, and several orders have this partner_order_id.
            APIError: The order was not recorded.
        """
        return self._run(settle(*_creation(order, self._settings.call(options))))

    def ensure(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """Create an order unless it is already recorded. Use it if an earlier call crashed or its outcome is unknown.

        It looks first, and creates only what is not there. Wait until the earlier request cannot be running any more:
        if it lands after the lookup, the order is recorded twice. The same happens if two calls of `ensure` for one id
        run at once.

        Args, Raises: See `create`. An empty `partner_order_id` raises InvalidRequestError.
        """
        return self._run(ensure(*_creation(order, self._settings.call(options)), needs="partner_order_id"))

    def update(self, order_id: str, order: NewOrder | Order, **options: Unpack[SendOptions]) -> Order:
        """Replace an order (PUT /v2/orders/{order_id}). Send the whole order, not only what changed.

        Imprint has not published whether fields that the new order leaves out are removed. If the outcome is unknown,
        the client looks the order up until it has everything that was sent, or the deadline is over.

        Args:
            order_id: The `id` that `create` returned.
            order: Its amounts are integers of minor units. `NewOrder.from_dict(order.to_dict())` makes one from an
                Order.
            options: Override the client's `timeout`, `retry`, `headers` and `check_totals`.

        Raises:
            InvalidRequestError: Nothing was sent. It is a TotalsMismatchError if only the sums are wrong.
            OutcomeUnknownError: The order may or may not be updated.
            OrderMismatchError: Imprint answers that it recorded something else.
            APIError: The order was not updated. It is a NotFoundError if there is no such order.
        """
        return self._run(_update(order_id, order, self._settings.call(options)))

    def delete(self, order_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an order (DELETE /v2/orders/{order_id}).

        Imprint has not published what happens to its events and rewards. If the outcome is unknown, the client looks
        the order up until it is gone, or the deadline is over.

        Args:
            order_id: The `id` that `create` returned.
            options: Override the client's `timeout`, `retry` and `headers`.

        Raises:
            InvalidRequestError: The id is empty or not a string. Nothing was sent.
            OutcomeUnknownError: The order may or may not be deleted.
            APIError: The order was not deleted. It is a NotFoundError if there is no such order.
        """
        self._run(_delete(order_id, self._settings.call(options)))

    def find(self, **options: Unpack[OrderFilters]) -> Order | None:
        """Find an order by its `id` or its `partner_order_id` (GET /v2/orders).

        Args:
            options: Exactly one of the two ids. Also override the client's `timeout`, `retry` and `headers`.

        Returns:
            The order, or None if there is none.

        Raises:
            InvalidRequestError: Not exactly one id was given, or it is empty or not a string.
            AmbiguousOrderError: Several orders have this partner_order_id. It lists them.
            APIResponseValidationError: The response has a different order, or several for an `id`.
            APIError: The lookup failed.
        """
        return self._run(_find(options, self._settings))

    def list(self, **options: Unpack[OrderFilters]) -> builtins.list[Order]:
        """List the orders that match all filters (GET /v2/orders). This endpoint is not paginated.

        Args:
            options: The filters `id` and `partner_order_id`. Also override the client's `timeout`, `retry` and
                `headers`.

        Raises:
            InvalidRequestError: A filter is empty or not a string.
            APIError: The list could not be read.
        """
        return self._run(_list(options, self._settings))


class AsyncOrders:
    """`imprint.orders` of an AsyncImprint. Arguments (amounts in minor units) and exceptions are those of `Orders`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._run, self._settings = transport.run, transport.settings

    async def create(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """See `Orders.create`."""
        return await self._run(settle(*_creation(order, self._settings.call(options))))

    async def ensure(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """See `Orders.ensure`."""
        return await self._run(ensure(*_creation(order, self._settings.call(options)), needs="partner_order_id"))

    async def update(self, order_id: str, order: NewOrder | Order, **options: Unpack[SendOptions]) -> Order:
        """See `Orders.update`."""
        return await self._run(_update(order_id, order, self._settings.call(options)))

    async def delete(self, order_id: str, **options: Unpack[CallOptions]) -> None:
        """See `Orders.delete`."""
        await self._run(_delete(order_id, self._settings.call(options)))

    async def find(self, **options: Unpack[OrderFilters]) -> Order | None:
        """See `Orders.find`."""
        return await self._run(_find(options, self._settings))

    async def list(self, **options: Unpack[OrderFilters]) -> builtins.list[Order]:
        """See `Orders.list`."""
        return await self._run(_list(options, self._settings))
