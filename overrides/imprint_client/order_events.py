"""Order events: what happened to an order, such as a capture or a refund."""

from collections.abc import Callable
from typing import Any, Unpack

from imprint_api.api.order_events import delete_order_event, list_order_events, post_order_event
from imprint_api.models import NewOrderEvent, OrderEvent, OrderEventsResponse

from .comparison import matched
from .delivery import Call, Flow, Lookup, Request, deliver, ensure, settle
from .lookups import check, fits, gone, only, split, split_one, those_with, writing
from .pagination import AsyncPager, Pager, Walk
from .settings import CallOptions, SendOptions, Settings
from .transport import AsyncTransport, Transport, make_request


class FindOptions(CallOptions, total=False):
    """Which event to find: one of the two ids."""

    partner_event_id: str
    order_event_id: str


class ListOptions(FindOptions, total=False):
    """Which events to list: those that fit all filters given, which go with every page."""

    order_id: str
    network_transaction_id: str
    limit: int | None
    """Events a page, at least 1. Not given: 100. None: the contract's default (10). Not how many events you get."""
    starting_after: str | None
    """Resume: the order_event_id of the last event that you handled; None, as if not given: from the start."""


EVENTS_A_PAGE = 100
_PAGING = ("limit", "starting_after")
_IDS = FindOptions.__optional_keys__ - CallOptions.__optional_keys__
_FILTERS = ListOptions.__optional_keys__ - CallOptions.__optional_keys__


# --- The rules, for both flavours -------------------------------------------------------------------------------------


def _creation(event: NewOrderEvent, call: Call) -> tuple[Request[OrderEvent], Call, Lookup | None]:
    request = writing(event, NewOrderEvent, call, "partner_event_id", post_order_event._get_kwargs)
    wanted = {"partner_event_id": event.partner_event_id}
    lookup = Lookup(lambda: _with(wanted), lambda found: matched(event, only(found)), kept_unique=True)
    return request, call, lookup if event.partner_event_id else None


def _delete(order_event_id: str, call: Call) -> Flow[Any]:
    check({"order_event_id": order_event_id}, delete_order_event._get_kwargs)
    request: Request[Any] = make_request(**delete_order_event._get_kwargs(order_event_id))
    return settle(request, call, Lookup(lambda: _with({"order_event_id": order_event_id}), gone))


def _find(options: FindOptions, settings: Settings) -> Flow[OrderEvent | None]:
    wanted, call = split_one(options, _IDS, list_order_events._get_kwargs, settings)
    return only((yield from deliver(_with(wanted), call)))


def _with(wanted: dict[str, Any]) -> Request[list[OrderEvent]]:
    return those_with(wanted, list_order_events._get_kwargs(**wanted), unique=True)


def _list(options: ListOptions, settings: Settings) -> tuple[Callable[[], Walk], dict[str, Any]]:
    if options.setdefault("limit", EVENTS_A_PAGE) is None:
        del options["limit"]
    if options.get("starting_after", "") is None:
        del options["starting_after"]
    filters, call = split(options, _FILTERS, list_order_events._get_kwargs, settings)
    wanted = {name: value for name, value in filters.items() if name not in _PAGING}

    def ask(cursor: str | None) -> Flow[OrderEventsResponse]:
        after = {} if cursor is None else {"starting_after": cursor}
        arguments = list_order_events._get_kwargs(**{**filters, **after})
        return deliver(make_request(**arguments, result=lambda _, __, page: fits(wanted, page)), call.again())

    return lambda: Walk(ask, filters.get("starting_after")), filters


# --- The resources ----------------------------------------------------------------------------------------------------


class OrderEvents:
    """Create, find, list and delete order events: `imprint.order_events`."""

    def __init__(self, transport: Transport) -> None:
        self._run, self._settings = transport.run, transport.settings

    def create(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """Create an order event (POST /v2/order_events). One call never records an event twice.

        If the outcome is unknown and the event has a `partner_event_id`, the client looks it up until it is found or
        the deadline of the retry policy is over.

        Args:
            event: Its amounts are integers of minor units, and positive in a refund, too: the type has the sign.
            options: Override the client's `timeout`, `retry`, `headers` and `check_totals`. With `resend_unknown` in
                the retry policy, an event is recorded once only if Imprint keeps partner_event_id unique.

        Raises:
            InvalidRequestError: Nothing was sent. It is a TotalsMismatchError if only the sums are wrong.
            OutcomeUnknownError: The event may or may not be recorded.
            EventMismatchError: A different event is recorded under this partner_event_id.
            APIError: The event was not recorded.
        """
        return self._run(settle(*_creation(event, self._settings.call(options))))

    def ensure(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """Create an event unless it is already recorded. Use it if an earlier call crashed or its outcome is unknown.

        It looks first, and creates only what is not there. Wait until the earlier request cannot be running any more:
        if it lands after the lookup, the event is recorded twice. The same happens if two calls of `ensure` for one id
        run at once.

        Args, Raises: See `create`. An event without a `partner_event_id` raises InvalidRequestError.
        """
        return self._run(ensure(*_creation(event, self._settings.call(options)), needs="partner_event_id"))

    def delete(self, order_event_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an event (DELETE /v2/order_events/{order_event_id}).

        Imprint has not published what happens to its rewards. If the outcome is unknown, the client looks the event up
        until it is gone, or the deadline is over.

        Args:
            order_event_id: The id that `create` returned.
            options: Override the client's `timeout`, `retry` and `headers`.

        Raises:
            InvalidRequestError: The id is empty or not a string. Nothing was sent.
            OutcomeUnknownError: The event may or may not be deleted.
            APIError: The event was not deleted. It is a NotFoundError if there is no such event.
        """
        self._run(_delete(order_event_id, self._settings.call(options)))

    def find(self, **options: Unpack[FindOptions]) -> OrderEvent | None:
        """Find an event by its `partner_event_id` or its `order_event_id` (GET /v2/order_events).

        Args:
            options: Exactly one of the two ids. Also override the client's `timeout`, `retry` and `headers`.

        Returns:
            The event, or None if there is none.

        Raises:
            InvalidRequestError: Not exactly one id was given, or it is empty or not a string.
            APIResponseValidationError: The response has a different event, or several.
            APIError: The lookup failed.
        """
        return self._run(_find(options, self._settings))

    def list(self, **options: Unpack[ListOptions]) -> Pager:
        """List the events that match all filters (GET /v2/order_events). Iterating asks for a page at a time.

        Args:
            options: The filters `order_id`, `partner_event_id`, `order_event_id` and `network_transaction_id`. `limit`
                is the number of events in a page: 100 by default, or the contract's default if it is None. To resume,
                set `starting_after` to the order_event_id of the last event that you handled. `timeout`, `retry` and
                `headers` override the client's, for each page.

        Raises:
            InvalidRequestError: A filter is empty or not a string, or `limit` is less than 1. For what iterating
                raises, see Pager.
        """
        return Pager(self._run, *_list(options, self._settings))


class AsyncOrderEvents:
    """`imprint.order_events` of an AsyncImprint."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._run, self._settings = transport.run, transport.settings

    async def create(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """See `OrderEvents.create`: the same arguments (amounts in minor units), results and exceptions."""
        return await self._run(settle(*_creation(event, self._settings.call(options))))

    async def ensure(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """See `OrderEvents.ensure`: the same arguments (amounts in minor units), results and exceptions."""
        return await self._run(ensure(*_creation(event, self._settings.call(options)), needs="partner_event_id"))

    async def delete(self, order_event_id: str, **options: Unpack[CallOptions]) -> None:
        """See `OrderEvents.delete`: the same arguments and exceptions."""
        await self._run(_delete(order_event_id, self._settings.call(options)))

    async def find(self, **options: Unpack[FindOptions]) -> OrderEvent | None:
        """See `OrderEvents.find`: the same arguments, results and exceptions."""
        return await self._run(_find(options, self._settings))

    def list(self, **options: Unpack[ListOptions]) -> AsyncPager:
        """See `OrderEvents.list`: the same arguments and exceptions; iterate with `async for`."""
        return AsyncPager(self._run, *_list(options, self._settings))
