"""Order events: what became of an order: captured, refunded."""

from collections.abc import Mapping
from typing import Any, Unpack

from imprint_api.api.order_events import list_order_events, post_order_event
from imprint_api.models import NewOrderEvent, OrderEvent, OrderEventsResponse
from imprint_api.types import ContractError, is_text

from .comparison import differences
from .delivery import Call, Flow, Lookup, Request, deliver, settle
from .errors import EventMismatchError, Fault, InvalidRequestError
from .pagination import AsyncPager, Pager
from .settings import CallOptions, SendOptions
from .totals import check_body
from .transport import AsyncTransport, Transport, make_request


class FindOptions(CallOptions, total=False):
    """Which event to find: one of the two ids."""

    partner_event_id: str
    order_event_id: str


class ListOptions(FindOptions, total=False):
    """Which events to list: those that fit all filters given, which go with every page."""

    order_id: str
    network_transaction_id: str
    limit: int
    """Events a page, at least 1; the contract's default (10) if not given. Not how many you get."""
    starting_after: str
    """Resume: the order_event_id of the last event that you handled."""


# --- The rules, for both flavours -------------------------------------------------------------------------------------


def _create(event: NewOrderEvent, call: Call) -> Flow[OrderEvent]:
    check_body(event, NewOrderEvent, call.check_totals)
    arguments = post_order_event._get_kwargs(body=event)
    request: Request[OrderEvent] = make_request(**arguments, sent=event)
    return settle(request, call, _lookup(event) if event.partner_event_id else None)


def _ensure(event: NewOrderEvent, call: Call) -> Flow[OrderEvent]:
    check_body(event, NewOrderEvent, call.check_totals)
    if not event.partner_event_id:
        raise InvalidRequestError([Fault("partner_event_id", "is needed: without it nothing can be looked up")])
    lookup = _lookup(event)
    recorded: OrderEvent | None = lookup.found((yield from deliver(lookup.request, call)))
    if recorded is not None:
        return recorded
    return (yield from _create(event, call.another()))


def _find(wanted: Mapping[str, Any]) -> Request[OrderEvent | None]:
    """A request whose result is the one event with this id, or None."""

    def only(_: object, __: object, page: OrderEventsResponse) -> OrderEvent | None:
        events = page.data
        if len(events) > 1:
            raise ContractError("data", f"has {len(events)} events for one id")
        for event, (name, value) in zip(events, wanted.items(), strict=True) if events else ():
            if getattr(event, name) != value:
                raise ContractError(f"data[0].{name}", "is not the one asked for")
        return events[0] if events else None

    return make_request(**list_order_events._get_kwargs(**wanted), result=only)


def _lookup(event: NewOrderEvent) -> Lookup:
    def found(recorded: OrderEvent | None) -> OrderEvent | None:
        different = [] if recorded is None else differences(event, recorded)
        if different:
            raise EventMismatchError(event, recorded, different)
        return recorded

    return Lookup(_find({"partner_event_id": event.partner_event_id}), found)


def _page(filters: Mapping[str, Any], cursor: str | None) -> Request[OrderEventsResponse]:
    after = {} if cursor is None else {"starting_after": cursor}
    arguments = list_order_events._get_kwargs(**{**filters, **after})
    return make_request(**arguments)


def _split(options: Mapping[str, Any], names: frozenset[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Filters, each checked (an empty one might be none to a server), and what is left of the options."""
    filters = {name: value for name, value in options.items() if name in names}
    faults = [Fault(name, problem, value) for name, value in filters.items() if (problem := _problem(name, value))]
    if faults:
        raise InvalidRequestError(faults)
    return filters, {name: value for name, value in options.items() if name not in names}


def _problem(name: str, value: object) -> str | None:
    if name == "limit":
        is_right = isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**31
        return None if is_right else f"is {value!r}, not a whole number from 1"
    if value and is_text(value):
        return None
    return f"is {value!r}, which finds nothing; leave it out if there is none"


def _one_id(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    wanted, rest = _split(options, _IDS)
    if len(wanted) != 1:
        raise InvalidRequestError([Fault("find", "needs partner_event_id or order_event_id, one of the two")])
    return wanted, rest


_IDS = frozenset(FindOptions.__annotations__.keys() - CallOptions.__annotations__.keys())
_FILTERS = frozenset(ListOptions.__annotations__.keys() - CallOptions.__annotations__.keys())


# --- The resources ----------------------------------------------------------------------------------------------------


class OrderEvents:
    """`imprint.order_events`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """Tell Imprint about an event (POST /v2/order_events): one call never records it twice.

        If the outcome is unknown, and the event has a `partner_event_id`, it is looked up until it is found or the
        deadline of the retry policy has come.

        Args:
            event: Its amounts are integers of minor units, positive in a refund too: the sign is in its type.
            options: `timeout`, `check_totals`, `retry`: as the client says, if not given. With a retry policy that
                says `resend_unknown`, the promise rests on Imprint's keeping partner_event_id unique: if it does not,
                a first request that lands late is a second record.

        Raises:
            InvalidRequestError: Nothing was sent; TotalsMismatchError if all that is wrong is sums.
            OutcomeUnknownError: It may or may not be recorded.
            EventMismatchError: Its partner_event_id is recorded with other contents.
            APIError: It was not recorded.
        """
        return self._transport.run(_create(event, self._transport.settings.call(options)))

    def ensure(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """Have an event recorded that may have been sent before, by a call that crashed or was left with it unknown.

        Looks first, and creates only what is not there. While the earlier request may still be running, it can land
        after the look, and be recorded a second time: wait until it cannot be running any more.

        Args, Raises: As `create`. The event needs a `partner_event_id` (InvalidRequestError).
        """
        return self._transport.run(_ensure(event, self._transport.settings.call(options)))

    def find(self, **options: Unpack[FindOptions]) -> OrderEvent | None:
        """The event with this `partner_event_id` or `order_event_id`, one of the two; None if there is none.

        GET /v2/order_events; `timeout` and `retry` as the client says, if not given.

        Raises:
            InvalidRequestError: Not exactly one id was given, or it is empty or no text.
            APIResponseValidationError: The answer is another event, or more than one.
            APIError: It could not be looked up.
        """
        wanted, rest = _one_id(options)
        return self._transport.run(deliver(_find(wanted), self._transport.settings.call(rest)))

    def list(self, **options: Unpack[ListOptions]) -> Pager:
        """The events that fit all filters given (GET /v2/order_events), page by page as you iterate.

        Args:
            options: The filters `order_id`, `partner_event_id`, `order_event_id`, `network_transaction_id`; `limit`,
                the events a page; `starting_after`, the order_event_id of the last event that you handled, to resume;
                `timeout` and `retry`, for each page: as the client says, if not given.

        Raises:
            InvalidRequestError: A filter is empty or no text, or `limit` is less than 1. For iterating, see Pager.
        """
        filters, rest = _split(options, _FILTERS)
        self._transport.settings.call(rest)

        def fetch(cursor: str | None) -> OrderEventsResponse:
            return self._transport.run(deliver(_page(filters, cursor), self._transport.settings.call(rest)))

        return Pager(fetch, filters.get("starting_after"))


class AsyncOrderEvents:
    """`imprint.order_events` of an AsyncImprint."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """As `OrderEvents.create`: the same arguments (amounts in minor units), results and exceptions."""
        return await self._transport.run(_create(event, self._transport.settings.call(options)))

    async def ensure(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """As `OrderEvents.ensure`: the same arguments (amounts in minor units), results and exceptions."""
        return await self._transport.run(_ensure(event, self._transport.settings.call(options)))

    async def find(self, **options: Unpack[FindOptions]) -> OrderEvent | None:
        """As `OrderEvents.find`: the same arguments, results and exceptions."""
        wanted, rest = _one_id(options)
        return await self._transport.run(deliver(_find(wanted), self._transport.settings.call(rest)))

    def list(self, **options: Unpack[ListOptions]) -> AsyncPager:
        """As `OrderEvents.list`: the same arguments and exceptions; iterate with `async for`."""
        filters, rest = _split(options, _FILTERS)
        self._transport.settings.call(rest)

        async def fetch(cursor: str | None) -> OrderEventsResponse:
            return await self._transport.run(deliver(_page(filters, cursor), self._transport.settings.call(rest)))

        return AsyncPager(fetch, filters.get("starting_after"))
