"""Orders: what a customer bought, told to Imprint before its events, and kept in step."""

import builtins
from typing import Any, Unpack

from imprint_api.api.orders import create_order, delete_order, list_orders, put_order
from imprint_api.models import NewOrder, Order

from .comparison import differences, matched
from .delivery import Call, Flow, Lookup, Request, deliver, ensure, settle
from .errors import AmbiguousOrderError, Fault, InvalidRequestError
from .lookups import check, gone, only, split, split_one, those_with, with_id
from .settings import CallOptions, SendOptions, Settings
from .totals import check_body
from .transport import AsyncTransport, Transport, make_request


class OrderFilters(CallOptions, total=False):
    """Which orders: those with this id."""

    id: str
    partner_order_id: str


_FILTERS = OrderFilters.__optional_keys__ - CallOptions.__optional_keys__


# --- The rules, for both flavours -------------------------------------------------------------------------------------


def _creation(order: NewOrder, call: Call) -> tuple[Request[Order], Call, Lookup | None]:
    plain = check_body(order, NewOrder, call.check_totals)
    wanted = {"partner_order_id": order.partner_order_id}
    lookup = Lookup(lambda: _with(wanted), lambda found: matched(order, _one(found)))
    result = with_id("partner_order_id", order.partner_order_id)
    arguments = create_order._get_kwargs(body=order)
    request: Request[Order] = make_request(**arguments, sent=order, plain=plain, result=result)
    return request, call, lookup if order.partner_order_id else None


def _update(order_id: str, order: NewOrder, call: Call) -> Flow[Order]:
    check({"order_id": order_id}, put_order._get_kwargs)
    plain = check_body(order, NewOrder, call.check_totals)
    if order.id and order.id != order_id:
        raise InvalidRequestError([Fault("id", f"is {order.id!r}, but the order to update is {order_id!r}", order.id)])

    def updated(found: list[Order]) -> Order | None:
        return next((each for each in found if not differences(order, each, kept=True)), None)

    arguments = put_order._get_kwargs(order_id, body=order)
    request: Request[Order] = make_request(**arguments, sent=order, plain=plain, result=with_id("id", order_id))
    return settle(request, call, Lookup(lambda: _with({"id": order_id}), updated))


def _delete(order_id: str, call: Call) -> Flow[Any]:
    check({"order_id": order_id}, delete_order._get_kwargs)
    request: Request[Any] = make_request(**delete_order._get_kwargs(order_id))
    return settle(request, call, Lookup(lambda: _with({"id": order_id}), gone))


def _find(options: OrderFilters, settings: Settings) -> Flow[Order | None]:
    wanted, rest = split_one(options, _FILTERS, list_orders._get_kwargs)
    return _one((yield from deliver(_with(wanted), settings.call(rest))))


def _list(options: OrderFilters, settings: Settings) -> Flow[list[Order]]:
    filters, rest = split(options, _FILTERS, list_orders._get_kwargs)
    return (yield from deliver(_with(filters), settings.call(rest)))


def _with(wanted: dict[str, Any]) -> Request[list[Order]]:
    return those_with(wanted, list_orders._get_kwargs(**wanted), unique="id" in wanted)


def _one(found: list[Order]) -> Order | None:
    if len(found) > 1:
        raise AmbiguousOrderError(found[0].partner_order_id, found)
    return only(found)


# --- The resource -----------------------------------------------------------------------------------------------------


class Orders:
    """`imprint.orders`."""

    def __init__(self, transport: Transport) -> None:
        self._run, self._settings = transport.run, transport.settings

    def create(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """Tell Imprint about an order (POST /v2/orders). Keep the `id` of what comes back: its events need it.

        If the outcome is unknown, the order is looked up by its `partner_order_id` until it is found or the deadline of
        the retry policy has come: one call never records it twice.

        Args:
            order: Its amounts are integers of minor units: 274999 is $2,749.99.
            options: `timeout`, `retry`, `check_totals`: as the client says, if not given. `resend_unknown` of a retry
                policy is about events: an order is never sent again.

        Raises:
            InvalidRequestError: Nothing was sent; TotalsMismatchError if all that is wrong is sums.
            OutcomeUnknownError: It may or may not be recorded.
            OrderMismatchError: The outcome was unknown; its partner_order_id is recorded with other contents.
            AmbiguousOrderError: The outcome was unknown; several orders are recorded with its partner_order_id.
            APIError: It was not recorded.
        """
        return self._run(settle(*_creation(order, self._settings.call(options))))

    def ensure(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """Have an order recorded that may have been sent before, by a call that crashed or was left with it unknown.

        Looks first, and creates only what is not there. While the earlier request may still be running, it can land
        after the look, and be recorded a second time: wait until it cannot be running any more. So can two
        `ensure` of one id at once.

        Args, Raises: As `create`. The order needs a `partner_order_id` that is not empty (InvalidRequestError).
        """
        return self._run(ensure(*_creation(order, self._settings.call(options)), needs="partner_order_id"))

    def update(self, order_id: str, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """Put an order in the place of the one that Imprint has (PUT /v2/orders/{order_id}): all of it.

        Whether what the new one leaves out is removed is not published. If the outcome is unknown, the order is looked
        up until it has all that was sent (what it has beyond that does not count) or the deadline has come.

        Args:
            order_id: The `id` that `create` gave.
            order: Its amounts are integers of minor units. `NewOrder.from_dict(order.to_dict())` makes one of an Order.
            options: `timeout`, `retry`, `check_totals`: as the client says, if not given.

        Raises:
            InvalidRequestError: Nothing was sent; TotalsMismatchError if all that is wrong is sums.
            OutcomeUnknownError: It may or may not be updated.
            APIError: It was not updated; NotFoundError if there is no such order.
        """
        return self._run(_update(order_id, order, self._settings.call(options)))

    def delete(self, order_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an order (DELETE /v2/orders/{order_id}). What becomes of its events and rewards is not published.

        If the outcome is unknown, the order is looked up until it is gone or the deadline has come.

        Args:
            order_id: The `id` that `create` gave.
            options: `timeout`, `retry`: as the client says, if not given.

        Raises:
            InvalidRequestError: The id is empty or no text; nothing was sent.
            OutcomeUnknownError: It may or may not be deleted.
            APIError: It was not deleted; NotFoundError if there is no such order.
        """
        self._run(_delete(order_id, self._settings.call(options)))

    def find(self, **options: Unpack[OrderFilters]) -> Order | None:
        """The order with this `id` or `partner_order_id`, one of the two; None if there is none.

        GET /v2/orders; `timeout` and `retry` as the client says, if not given.

        Raises:
            InvalidRequestError: Not exactly one id was given, or it is empty or no text.
            AmbiguousOrderError: Several orders have this partner_order_id; it lists them.
            APIResponseValidationError: The answer is another order, or more than one for an `id`.
            APIError: It could not be looked up.
        """
        return self._run(_find(options, self._settings))

    def list(self, **options: Unpack[OrderFilters]) -> builtins.list[Order]:
        """The orders that fit the filters given, `id` and `partner_order_id` (GET /v2/orders).

        The contract has no paging here: what the one answer holds is all. `timeout` and `retry` as the client says, if
        not given.

        Raises:
            InvalidRequestError: A filter is empty or no text.
            APIError: They could not be listed.
        """
        return self._run(_list(options, self._settings))


class AsyncOrders:
    """`imprint.orders` of an AsyncImprint: as `Orders`, the same arguments (amounts in minor units) and exceptions."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._run, self._settings = transport.run, transport.settings

    async def create(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """As `Orders.create`."""
        return await self._run(settle(*_creation(order, self._settings.call(options))))

    async def ensure(self, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """As `Orders.ensure`."""
        return await self._run(ensure(*_creation(order, self._settings.call(options)), needs="partner_order_id"))

    async def update(self, order_id: str, order: NewOrder, **options: Unpack[SendOptions]) -> Order:
        """As `Orders.update`."""
        return await self._run(_update(order_id, order, self._settings.call(options)))

    async def delete(self, order_id: str, **options: Unpack[CallOptions]) -> None:
        """As `Orders.delete`."""
        await self._run(_delete(order_id, self._settings.call(options)))

    async def find(self, **options: Unpack[OrderFilters]) -> Order | None:
        """As `Orders.find`."""
        return await self._run(_find(options, self._settings))

    async def list(self, **options: Unpack[OrderFilters]) -> builtins.list[Order]:
        """As `Orders.list`."""
        return await self._run(_list(options, self._settings))
