"""Lists: follow the server to the end, or say why that is impossible.

`Walk` holds the rules, once, for both flavours: `has_more` true with nothing to follow is an error, and so is a cursor
that was used before; `has_more` absent means to go on until an empty page. An empty page is an error if `total`, or
`has_more` of the page before, says that there is more. Whether Imprint's cursor is exclusive is not published, so the
event whose id is the cursor that asked for its page is dropped if it comes first, and leads back if it comes later; a
page that is empty after that counts as empty.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

from imprint_api.models import OrderEvent, OrderEventsResponse
from imprint_api.types import is_text

from .delivery import Flow
from .errors import APIError, PaginationError

PageFlow = Flow[OrderEventsResponse]


class Walk:
    """Where a walk through a list stands: the next page is the one after `cursor`, until it is `done`.

    `ask` gets the page after a cursor.
    """

    def __init__(self, ask: Callable[[str | None], PageFlow], starting_after: str | None) -> None:
        self.cursor = starting_after
        self.done: bool = False
        self._ask, self._used = ask, {starting_after}
        self._count, self._more = 0, False

    def next_page(self) -> PageFlow:
        """The next page to hand out; an error in the middle of a list says what was handed out before it."""
        try:
            page = yield from self._ask(self.cursor)
        except APIError as error:
            error.resume_after = self.cursor
            if len(self._used) > 1:  # with the cursor of a page that was handed out
                resume = f"resume with starting_after={self.cursor!r}"
                error.add_note(f"The events up to {self.cursor!r} were handed out; {resume}.")
            raise
        return self.take(page)

    def take(self, page: OrderEventsResponse) -> OrderEventsResponse:
        """The page to hand out, from the page that was answered; raises PaginationError rather than go astray."""
        repeats = [index for index, event in enumerate(page.data) if event.order_event_id == self.cursor]
        if any(repeats):  # not only as the first
            raise PaginationError(f"the page after {self.cursor!r} leads back to it", self.cursor)
        # An empty page may be a stray one. What `total` says outweighs `has_more`; it counts from the start of a list.
        missing = page.total > self._count if isinstance(page.total, int) and None in self._used else self._more
        if missing and not page.data and not page.has_more:
            raise PaginationError("an empty page ends it, but total or has_more says that there is more", self.cursor)
        events = page.data[len(repeats) :]
        self._count, self._more = self._count + len(events), page.has_more is True
        if page.has_more is False or (not events and not page.has_more):
            self.done = True
        elif not events:
            raise PaginationError("a page is empty and yet says that there is more", self.cursor)
        else:
            self._step(events[-1])
        page.data = events
        return page

    def _step(self, last: OrderEvent) -> None:
        if not last.order_event_id or not is_text(last.order_event_id):
            raise PaginationError("the last event of a page has no order_event_id to go on from", self.cursor)
        if last.order_event_id in self._used:
            raise PaginationError(f"the cursor {last.order_event_id!r} leads back to where it was used", self.cursor)
        self.cursor = str(last.order_event_id)
        self._used.add(self.cursor)


def _shown(name: str, filters: Mapping[str, object]) -> str:
    having = ", ".join(f"{name}={value!r}" for name, value in filters.items())
    return f"<{name} of order events with {having or 'no filters'}; iterate over it, or see `first` and `pages`>"


class Pager:
    """The events of a list. It asks for the next page when you need it. Each iteration starts from the beginning.

    Iterating raises PaginationError if the list cannot be followed further, and APIError if a page cannot be read. Both
    say where to resume.
    """

    def __init__(
        self, run: Callable[[PageFlow], OrderEventsResponse], begin: Callable[[], Walk], filters: Mapping[str, object]
    ) -> None:
        self._run, self._begin, self._filters = run, begin, filters

    def __iter__(self) -> Iterator[OrderEvent]:
        for page in self.pages():
            yield from page.data

    def first(self) -> OrderEvent | None:
        """The first event of the list, or None if it is empty."""
        return next(iter(self), None)

    def __repr__(self) -> str:
        return _shown(type(self).__name__, self._filters)

    def pages(self) -> Iterator[OrderEventsResponse]:
        """Iterate over the pages. Each has `data`, and `has_more` and `total` if the server sends them."""
        walk = self._begin()
        while not walk.done:
            yield self._run(walk.next_page())


class AsyncPager:
    """`Pager` with `async for`."""

    def __init__(
        self,
        run: Callable[[PageFlow], Awaitable[OrderEventsResponse]],
        begin: Callable[[], Walk],
        filters: Mapping[str, object],
    ) -> None:
        self._run, self._begin, self._filters = run, begin, filters

    async def __aiter__(self) -> AsyncIterator[OrderEvent]:
        async for page in self.pages():
            for event in page.data:
                yield event

    async def first(self) -> OrderEvent | None:
        """The first event of the list, or None if it is empty."""
        return await anext(aiter(self), None)

    def __repr__(self) -> str:
        return _shown(type(self).__name__, self._filters)

    async def pages(self) -> AsyncIterator[OrderEventsResponse]:
        """Iterate over the pages. Each has `data`, and `has_more` and `total` if the server sends them."""
        walk = self._begin()
        while not walk.done:
            yield await self._run(walk.next_page())
