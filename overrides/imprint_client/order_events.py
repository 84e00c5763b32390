"""Order events: what became of an order: captured, refunded."""

from typing import Any

import httpx
from imprint_api.api.order_events import list_order_events, post_order_event
from imprint_api.models import NewOrderEvent, OrderEvent, OrderEventsResponse
from imprint_api.types import UNSET, Unset

from .bodies import is_text
from .comparison import differences
from .delivery import Budget, Call, Lookup, RetryPolicy, settle
from .errors import APIResponseValidationError, EventMismatchError, Fault, InvalidRequestError
from .pagination import AsyncPager, Pager
from .runner import AsyncRunner, CallFlow, Options, Runner
from .totals import check_body

# --- The rules, for both flavours -------------------------------------------------------------------------------------


def _create(event: NewOrderEvent, options: Options) -> CallFlow[OrderEvent]:
    check_body(event, NewOrderEvent, options.check_totals)
    return _send(event, options.budget)


def _send(event: NewOrderEvent, budget: Budget) -> CallFlow[OrderEvent]:
    create = Call("order_events.create", post_order_event, {"body": event}, budget)
    if not event.partner_event_id:
        return settle(create, event, lookup=None)
    wanted = {"partner_event_id": event.partner_event_id}
    return settle(
        create, event, Lookup(lambda budget: _look(wanted, budget), lambda page: _same(event, _only(page, wanted)))
    )


def _ensure(event: NewOrderEvent, options: Options) -> CallFlow[OrderEvent]:
    check_body(event, NewOrderEvent, options.check_totals)
    if not event.partner_event_id:
        raise InvalidRequestError([Fault("partner_event_id", "is needed: without it nothing can be looked up")])
    wanted = {"partner_event_id": event.partner_event_id}
    return _look_then_send(event, wanted, options.budget)


def _look_then_send(event: NewOrderEvent, wanted: dict[str, Any], budget: Budget) -> CallFlow[OrderEvent]:
    recorded = _same(event, _only((yield _look(wanted, budget)), wanted))
    if recorded is not None:
        return recorded
    return (yield from _send(event, budget.another()))


def _find(wanted: dict[str, Any], options: Options) -> CallFlow[OrderEvent | None]:
    return _only((yield _look(wanted, options.budget)), wanted)


def _page(filters: dict[str, Any], cursor: str | None, options: Options) -> CallFlow[OrderEventsResponse]:
    after = {} if cursor is None else {"starting_after": cursor}
    page: OrderEventsResponse = yield Call("order_events.list", list_order_events, filters | after, options.budget)
    return page


def _look(wanted: dict[str, Any], budget: Budget) -> Call:
    return Call("order_events.find", list_order_events, wanted, budget)


def _only(page: OrderEventsResponse, wanted: dict[str, Any]) -> OrderEvent | None:
    """The one event that was asked for by its id: the contract promises at most one."""
    if len(page.data) > 1:
        raise APIResponseValidationError("order_events.find", "data", f"has {len(page.data)} events for one id")
    for event in page.data:
        for name, value in wanted.items():
            if getattr(event, name) != value:
                raise APIResponseValidationError("order_events.find", f"data[0].{name}", "is not the one asked for")
        return event
    return None


def _same(sent: NewOrderEvent, recorded: OrderEvent | None) -> OrderEvent | None:
    different = [] if recorded is None else differences(sent, recorded)
    if different:
        raise EventMismatchError(sent, recorded, different)
    return recorded


def _filters(**given: object) -> dict[str, Any]:
    """The arguments of a list that were given, each checked: one that is empty might be no filter to a server."""
    faults = [
        Fault(name, problem, value)
        for name, value in given.items()
        if (problem := _limit_problem(value) if name == "limit" else _text_problem(value))
    ]
    if faults:
        raise InvalidRequestError(faults)
    return {name: value for name, value in given.items() if not isinstance(value, Unset)}


def _limit_problem(value: object) -> str | None:
    if isinstance(value, Unset) or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**31):
        return None
    return f"is {value!r}, not a whole number from 1"


def _text_problem(value: object) -> str | None:
    if isinstance(value, Unset) or (isinstance(value, str) and value and is_text(value)):
        return None
    return "is empty" if value == "" else f"is {value!r}, not a text; leave it out if there is none"


def _one_id(partner_event_id: str | Unset, order_event_id: str | Unset) -> dict[str, Any]:
    wanted = _filters(partner_event_id=partner_event_id, order_event_id=order_event_id)
    if len(wanted) != 1:
        raise InvalidRequestError([Fault("find", "needs partner_event_id or order_event_id, one of the two")])
    return wanted


# --- The resources ----------------------------------------------------------------------------------------------------


class OrderEvents:
    """`imprint.order_events`."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def create(
        self,
        event: NewOrderEvent,
        *,
        check_totals: bool | None = None,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> OrderEvent:
        """Tell Imprint about an event (POST /v2/order_events): one call never records it twice.

        If the outcome is unknown, and the event has a `partner_event_id`, it is looked up until it is found or the
        deadline of the retry policy has come.

        Args:
            event: Its amounts are integers of minor units, positive in a refund too: the sign is in its type.
            check_totals: False sends it even if its amounts are not the sums of its lines; None: as the client says.
            timeout: Seconds, or an httpx.Timeout; None: as the client says.
            retry: None: as the client says. With `resend_unknown=True` the promise rests on Imprint's keeping
                partner_event_id unique: if it does not, a first request that lands late is a second record.

        Raises:
            InvalidRequestError: Nothing was sent; TotalsMismatchError if all that is wrong is sums.
            OutcomeUnknownError: It may or may not be recorded.
            EventMismatchError: Its partner_event_id is recorded with other contents.
            APIError: It was not recorded.
        """
        options = self._runner.defaults.options(check_totals, timeout, retry)
        return self._runner.run(_create(event, options), options.timeout)

    def ensure(
        self,
        event: NewOrderEvent,
        *,
        check_totals: bool | None = None,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> OrderEvent:
        """Have an event recorded that may have been sent before, by a call that crashed or was left with it unknown.

        Looks first, and creates only what is not there. While the earlier request may still be running, it can land
        after the look, and be recorded a second time: wait until it cannot be running any more.

        Args, Raises: As `create`. The event needs a `partner_event_id` (InvalidRequestError).
        """
        options = self._runner.defaults.options(check_totals, timeout, retry)
        return self._runner.run(_ensure(event, options), options.timeout)

    def find(
        self,
        *,
        partner_event_id: str | Unset = UNSET,
        order_event_id: str | Unset = UNSET,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> OrderEvent | None:
        """The event with this id, one of the two; None if there is none (GET /v2/order_events).

        Raises:
            InvalidRequestError: Not exactly one id was given, or it is empty or no text.
            APIResponseValidationError: The answer is another event, or more than one.
            APIError: It could not be looked up.
        """
        wanted = _one_id(partner_event_id, order_event_id)
        options = self._runner.defaults.options(None, timeout, retry)
        return self._runner.run(_find(wanted, options), options.timeout)

    def list(
        self,
        *,
        order_id: str | Unset = UNSET,
        partner_event_id: str | Unset = UNSET,
        order_event_id: str | Unset = UNSET,
        network_transaction_id: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        starting_after: str | Unset = UNSET,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> Pager:
        """The events that fit all filters given (GET /v2/order_events), page by page as you iterate.

        Args:
            order_id, partner_event_id, order_event_id, network_transaction_id: Filters; they go with every page.
            limit: Events a page, at least 1; the contract's default (10) if not given. Not how many you get.
            starting_after: Resume: the order_event_id of the last event that you handled.
            timeout: Seconds, or an httpx.Timeout, for each request; None: as the client says.
            retry: For each page; None: as the client says.

        Raises:
            InvalidRequestError: A filter is empty or no text, or `limit` is less than 1. For iterating, see Pager.
        """
        options = self._runner.defaults.options(None, timeout, retry)
        filters = _filters(
            order_id=order_id,
            partner_event_id=partner_event_id,
            order_event_id=order_event_id,
            network_transaction_id=network_transaction_id,
            limit=limit,
            starting_after=starting_after,
        )

        def fetch(cursor: str | None) -> OrderEventsResponse:
            return self._runner.run(_page(filters, cursor, options.again()), options.timeout)

        return Pager(fetch, filters.pop("starting_after", None))


class AsyncOrderEvents:
    """`imprint.order_events` of an AsyncImprint."""

    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def create(
        self,
        event: NewOrderEvent,
        *,
        check_totals: bool | None = None,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> OrderEvent:
        """As `OrderEvents.create`: the same arguments (amounts in minor units), results and exceptions."""
        options = self._runner.defaults.options(check_totals, timeout, retry)
        return await self._runner.run(_create(event, options), options.timeout)

    async def ensure(
        self,
        event: NewOrderEvent,
        *,
        check_totals: bool | None = None,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> OrderEvent:
        """As `OrderEvents.ensure`: the same arguments (amounts in minor units), results and exceptions."""
        options = self._runner.defaults.options(check_totals, timeout, retry)
        return await self._runner.run(_ensure(event, options), options.timeout)

    async def find(
        self,
        *,
        partner_event_id: str | Unset = UNSET,
        order_event_id: str | Unset = UNSET,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> OrderEvent | None:
        """As `OrderEvents.find`: the same arguments, results and exceptions."""
        wanted = _one_id(partner_event_id, order_event_id)
        options = self._runner.defaults.options(None, timeout, retry)
        return await self._runner.run(_find(wanted, options), options.timeout)

    def list(
        self,
        *,
        order_id: str | Unset = UNSET,
        partner_event_id: str | Unset = UNSET,
        order_event_id: str | Unset = UNSET,
        network_transaction_id: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        starting_after: str | Unset = UNSET,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> AsyncPager:
        """As `OrderEvents.list`: the same arguments and exceptions; iterate with `async for`."""
        options = self._runner.defaults.options(None, timeout, retry)
        filters = _filters(
            order_id=order_id,
            partner_event_id=partner_event_id,
            order_event_id=order_event_id,
            network_transaction_id=network_transaction_id,
            limit=limit,
            starting_after=starting_after,
        )

        async def fetch(cursor: str | None) -> OrderEventsResponse:
            return await self._runner.run(_page(filters, cursor, options.again()), options.timeout)

        return AsyncPager(fetch, filters.pop("starting_after", None))
