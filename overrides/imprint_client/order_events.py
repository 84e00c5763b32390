"""Order events: what became of an order: captured, refunded."""

from collections.abc import Callable
from typing import Any, Unpack

from imprint_api.api.order_events import delete_order_event, list_order_events, post_order_event
from imprint_api.models import NewOrderEvent, OrderEvent, OrderEventsResponse

from .comparison import matched
from .delivery import Call, Flow, Lookup, Request, deliver, ensure, settle
from .lookups import check, gone, only, split, split_one, those_with, with_id
from .pagination import AsyncPager, Pager, Walk
from .settings import CallOptions, SendOptions, Settings
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
    starting_after: str | None
    """Resume: the order_event_id of the last event that you handled; None, as if not given: from the start."""


_IDS = FindOptions.__optional_keys__ - CallOptions.__optional_keys__
_FILTERS = ListOptions.__optional_keys__ - CallOptions.__optional_keys__


# --- The rules, for both flavours -------------------------------------------------------------------------------------


def _creation(event: NewOrderEvent, call: Call) -> tuple[Request[OrderEvent], Call, Lookup | None]:
    plain = check_body(event, NewOrderEvent, call.check_totals)
    wanted = {"partner_event_id": event.partner_event_id}
    lookup = Lookup(lambda: _with(wanted), lambda found: matched(event, only(found)), kept_unique=True)
    result = with_id("partner_event_id", event.partner_event_id)
    arguments = post_order_event._get_kwargs(body=event)
    request: Request[OrderEvent] = make_request(**arguments, sent=event, plain=plain, result=result)
    return request, call, lookup if event.partner_event_id else None


def _delete(order_event_id: str, call: Call) -> Flow[Any]:
    check({"order_event_id": order_event_id}, delete_order_event._get_kwargs)
    request: Request[Any] = make_request(**delete_order_event._get_kwargs(order_event_id))
    return settle(request, call, Lookup(lambda: _with({"order_event_id": order_event_id}), gone))


def _find(options: FindOptions, settings: Settings) -> Flow[OrderEvent | None]:
    wanted, rest = split_one(options, _IDS, list_order_events._get_kwargs)
    return only((yield from deliver(_with(wanted), settings.call(rest))))


def _with(wanted: dict[str, Any]) -> Request[list[OrderEvent]]:
    return those_with(wanted, list_order_events._get_kwargs(**wanted), unique=True)


def _list(options: ListOptions, settings: Settings) -> Callable[[], Walk]:
    given = {name: value for name, value in options.items() if (name, value) != ("starting_after", None)}
    filters, rest = split(given, _FILTERS, list_order_events._get_kwargs)
    settings.call(rest)  # what is wrong with an option is raised now, not with the first page

    def ask(cursor: str | None) -> Flow[OrderEventsResponse]:
        after = {} if cursor is None else {"starting_after": cursor}
        return deliver(make_request(**list_order_events._get_kwargs(**{**filters, **after})), settings.call(rest))

    return lambda: Walk(ask, filters.get("starting_after"))


# --- The resources ----------------------------------------------------------------------------------------------------


class OrderEvents:
    """`imprint.order_events`."""

    def __init__(self, transport: Transport) -> None:
        self._run, self._settings = transport.run, transport.settings

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
        return self._run(settle(*_creation(event, self._settings.call(options))))

    def ensure(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """Have an event recorded that may have been sent before, by a call that crashed or was left with it unknown.

        Looks first, and creates only what is not there. While the earlier request may still be running, it can land
        after the look, and be recorded a second time: wait until it cannot be running any more. So can two
        `ensure` of one id at once.

        Args, Raises: As `create`. The event needs a `partner_event_id` (InvalidRequestError).
        """
        return self._run(ensure(*_creation(event, self._settings.call(options)), needs="partner_event_id"))

    def delete(self, order_event_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an event (DELETE /v2/order_events/{order_event_id}). What becomes of its rewards is not published.

        If the outcome is unknown, the event is looked up until it is gone or the deadline has come.

        Args:
            order_event_id: As `create` gave it.
            options: `timeout`, `retry`: as the client says, if not given.

        Raises:
            InvalidRequestError: The id is empty or no text; nothing was sent.
            OutcomeUnknownError: It may or may not be deleted.
            APIError: It was not deleted; NotFoundError if there is no such event.
        """
        self._run(_delete(order_event_id, self._settings.call(options)))

    def find(self, **options: Unpack[FindOptions]) -> OrderEvent | None:
        """The event with this `partner_event_id` or `order_event_id`, one of the two; None if there is none.

        GET /v2/order_events; `timeout` and `retry` as the client says, if not given.

        Raises:
            InvalidRequestError: Not exactly one id was given, or it is empty or no text.
            APIResponseValidationError: The answer is another event, or more than one.
            APIError: It could not be looked up.
        """
        return self._run(_find(options, self._settings))

    def list(self, **options: Unpack[ListOptions]) -> Pager:
        """The events that fit all filters given (GET /v2/order_events), page by page as you iterate.

        Args:
            options: The filters `order_id`, `partner_event_id`, `order_event_id`, `network_transaction_id`; `limit`,
                the events a page; `starting_after`, the order_event_id of the last event that you handled, to resume;
                `timeout` and `retry`, for each page: as the client says, if not given.

        Raises:
            InvalidRequestError: A filter is empty or no text, or `limit` is less than 1. For iterating, see Pager.
        """
        return Pager(self._run, _list(options, self._settings))


class AsyncOrderEvents:
    """`imprint.order_events` of an AsyncImprint."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._run, self._settings = transport.run, transport.settings

    async def create(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """As `OrderEvents.create`: the same arguments (amounts in minor units), results and exceptions."""
        return await self._run(settle(*_creation(event, self._settings.call(options))))

    async def ensure(self, event: NewOrderEvent, **options: Unpack[SendOptions]) -> OrderEvent:
        """As `OrderEvents.ensure`: the same arguments (amounts in minor units), results and exceptions."""
        return await self._run(ensure(*_creation(event, self._settings.call(options)), needs="partner_event_id"))

    async def delete(self, order_event_id: str, **options: Unpack[CallOptions]) -> None:
        """As `OrderEvents.delete`: the same arguments and exceptions."""
        await self._run(_delete(order_event_id, self._settings.call(options)))

    async def find(self, **options: Unpack[FindOptions]) -> OrderEvent | None:
        """As `OrderEvents.find`: the same arguments, results and exceptions."""
        return await self._run(_find(options, self._settings))

    def list(self, **options: Unpack[ListOptions]) -> AsyncPager:
        """As `OrderEvents.list`: the same arguments and exceptions; iterate with `async for`."""
        return AsyncPager(self._run, _list(options, self._settings))
