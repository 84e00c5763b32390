import enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imprint_client import (
    UNSET,
    Imprint,
    InvalidRequestError,
    NotFoundError,
    OrderEventsResponse,
    PaginationError,
    RetryPolicy,
)
from imprint_client.pagination import Walk
from imprint_sandbox import Sandbox, SandboxFault

from tests.support import Blocking, Flavour, make_event, make_order


def received(event_id: str | None, **members: Any) -> dict[str, Any]:
    event = make_event("order-1", f"p-{event_id}", **members).to_dict()
    return event if event_id is None else {"order_event_id": event_id, **event}


def page(*event_ids: str | None, **members: Any) -> dict[str, Any]:
    return {"data": [received(event_id) for event_id in event_ids], **members}


def serve(sandbox: Sandbox, *pages: dict[str, Any]) -> None:
    """Let the next lists answer with these, whatever they are asked."""
    for body in pages:
        sandbox.fail("listOrderEvents", SandboxFault(status=200, body=body))


def asked(sandbox: Sandbox) -> list[dict[str, str]]:
    return [dict(request.query) for request in sandbox.requests if request.operation == "listOrderEvents"]


def ids(client: Flavour, **options: Any) -> list[Any]:
    return [event.order_event_id for event in client.list(**options)]


@pytest.fixture
def recorded(client: Flavour, order_id: str) -> list[Any]:
    return [client.create(make_event(order_id, f"e-{number}")).order_event_id for number in range(23)]


def test_a_list_goes_on_to_its_end(client: Flavour, recorded: list[str]) -> None:
    assert ids(client) == recorded


def test_limit_is_the_size_of_a_page_100_when_not_given_and_the_contracts_when_none(
    sandbox: Sandbox, client: Flavour, recorded: list[str]
) -> None:
    sizes: dict[Any, list[int]] = {"all": [], None: [], 7: []}

    client.pages(lambda page: sizes["all"].append(len(page.data)))
    client.pages(lambda page: sizes[None].append(len(page.data)), limit=None)
    client.pages(lambda page: sizes[7].append(len(page.data)), limit=7)

    assert sizes == {"all": [23], None: [10, 10, 3], 7: [7, 7, 7, 2]}


def test_pages_have_has_more_and_total(client: Flavour, recorded: list[str]) -> None:
    pages: list[tuple[Any, Any]] = []

    client.pages(lambda page: pages.append((page.has_more, page.total)), limit=None)

    assert pages == [(True, 23), (True, 23), (False, 23)]


def test_an_empty_list_is_one_empty_page(client: Flavour) -> None:
    pages: list[OrderEventsResponse] = []

    client.pages(pages.append)

    assert [page.data for page in pages] == [[]]
    assert client.list() == []


def test_every_filter_goes_with_every_page(sandbox: Sandbox, client: Flavour) -> None:
    filters = {"order_id": "o", "partner_event_id": "p", "network_transaction_id": "n"}
    pages = [page("1", has_more=True), page("2", has_more=True), page("3", has_more=False)]
    for each in pages:
        each["data"][0] |= filters
    serve(sandbox, *pages)

    client.list(**filters, limit=1)

    expected = filters | {"limit": "1"}
    assert asked(sandbox) == [expected, expected | {"starting_after": "1"}, expected | {"starting_after": "2"}]


def test_filters_are_combined(client: Flavour, order_id: str, recorded: list[str]) -> None:
    other = client.create_order(make_order(partner_order_id="o-2")).id
    mine = client.create(make_event(other, "e-other"))

    assert ids(client, order_id=other) == [mine.order_event_id]
    assert ids(client, order_id=order_id, partner_event_id="e-other") == []


def test_a_list_resumes_after_an_event(client: Flavour, recorded: list[str]) -> None:
    assert ids(client, starting_after=recorded[4]) == recorded[5:]


@pytest.mark.parametrize("has_more", [{}, {"has_more": True}])
def test_one_event_that_an_inclusive_cursor_repeats_is_dropped(
    sandbox: Sandbox, client: Flavour, has_more: dict[str, bool]
) -> None:
    serve(sandbox, page("1", "2", **has_more), page("2", "3", **has_more), page("3", has_more=False))
    sizes: list[int] = []
    assert ids(client) == ["1", "2", "3"]

    serve(sandbox, page("1", "2", **has_more), page("2", "3", **has_more), page("3", has_more=False))
    client.pages(lambda page: sizes.append(len(page.data)))
    assert sizes == [2, 1, 0]


def test_without_has_more_a_list_goes_on_to_an_empty_page(sandbox: Sandbox, client: Flavour) -> None:
    serve(sandbox, page("1"), page("2"), page())

    assert ids(client) == ["1", "2"]
    assert len(asked(sandbox)) == 3


def test_without_has_more_a_page_that_only_repeats_the_cursor_is_the_end(sandbox: Sandbox, client: Flavour) -> None:
    serve(sandbox, page("1"), page("1"))

    assert ids(client) == ["1"]


def test_has_more_false_is_the_end_even_where_the_last_event_has_no_id(sandbox: Sandbox, client: Flavour) -> None:
    serve(sandbox, page("1", None, has_more=False))

    assert ids(client) == ["1", UNSET]


BROKEN: list[tuple[list[dict[str, Any]], list[str], str | None]] = [
    ([page(has_more=True)], [], None),
    ([page("1", has_more=True), page(has_more=True)], ["1"], "1"),
    ([page("1", has_more=True), page("1", has_more=True)], ["1"], "1"),
    ([page("1", None, has_more=True)], [], None),
    ([page("1"), page("2", None)], ["1"], "1"),
    ([page(total=2)], [], None),
    ([page(total=2, has_more=False)], [], None),
    ([page("1", has_more=True), page()], ["1"], "1"),
    ([page("1", has_more=True), page(has_more=False)], ["1"], "1"),
    ([page("1", total=3), page("1", "2", total=3), page(total=3)], ["1", "2"], "2"),
    ([page("1", has_more=True), page("2", has_more=True), page("3", "1", has_more=True)], ["1", "2"], "2"),
    ([page("1"), page("2"), page("3", "1")], ["1", "2"], "2"),
    ([page("1", "2", has_more=True), page("1", "2", has_more=True)], ["1", "2"], "2"),
    ([page("1", "2"), page("1", "2")], ["1", "2"], "2"),
    ([page("1", "2", has_more=True), page("1", "2", "3", has_more=False)], ["1", "2"], "2"),
    ([page("1", has_more=True), page("1", "1", "2", has_more=False)], ["1"], "1"),
]


@pytest.mark.parametrize(("pages", "handed_out", "resume_after"), BROKEN)
def test_a_list_that_cannot_be_followed_is_an_error_that_says_where_to_resume(
    sandbox: Sandbox, client: Flavour, pages: list[dict[str, Any]], handed_out: list[str], resume_after: str | None
) -> None:
    serve(sandbox, *pages)
    seen: list[Any] = []

    with pytest.raises(PaginationError) as caught:
        client.pages(lambda page: seen.extend(event.order_event_id for event in page.data))

    assert seen == handed_out
    assert caught.value.resume_after == resume_after
    assert ("from the start" if resume_after is None else repr(resume_after)) in str(caught.value)


WHY_NOT: list[tuple[list[dict[str, Any]], str]] = [
    ([page(has_more=True)], "a page is empty and yet says that there is more"),
    ([page(None, has_more=True)], "the last event of a page has no order_event_id to go on from"),
    ([page("1"), page(total=2)], "an empty page ends it, but total or has_more says that there is more"),
    ([page("1"), page("2"), page("3", "1")], "the cursor '1' leads back to where it was used"),
    ([page("1", "2"), page("1", "2")], "the page after '2' leads back to it"),
]


@pytest.mark.parametrize(("pages", "problem"), WHY_NOT)
def test_a_list_that_cannot_be_followed_is_an_error_that_says_why(
    sandbox: Sandbox, client: Flavour, pages: list[dict[str, Any]], problem: str
) -> None:
    serve(sandbox, *pages)

    with pytest.raises(PaginationError) as caught:
        client.list()

    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("pages", "options"),
    [
        ([page("1", has_more=True, total=1), page(has_more=False, total=1)], {}),
        ([page("1", total=1), page(total=1)], {}),
        ([page("1"), page(total=0)], {}),
        ([page("1", has_more=True), page("1", has_more=False)], {}),  # of an inclusive cursor
        ([page("1", total=3), page(total=3)], {"starting_after": "0"}),
    ],
)
def test_an_empty_page_is_the_end_where_nothing_says_otherwise(
    sandbox: Sandbox, client: Flavour, pages: list[dict[str, Any]], options: dict[str, str]
) -> None:
    serve(sandbox, *pages)

    assert ids(client, **options) == ["1"]


def test_the_event_that_a_list_resumes_after_is_dropped_when_an_inclusive_cursor_repeats_it(
    sandbox: Sandbox, client: Flavour
) -> None:
    serve(sandbox, page("4", "5", has_more=False))

    assert ids(client, starting_after="4") == ["5"]


def test_a_resumed_list_that_fails_at_once_does_not_say_that_it_handed_anything_out(
    sandbox: Sandbox, client: Flavour
) -> None:
    serve(sandbox, page(has_more=True))
    with pytest.raises(PaginationError) as lost:
        client.list(starting_after="4")
    sandbox.fail("listOrderEvents", SandboxFault(status=404))
    with pytest.raises(NotFoundError) as failed:
        client.list(starting_after="4")

    assert lost.value.resume_after == failed.value.resume_after == "4"
    assert not hasattr(failed.value, "__notes__")


def test_a_list_that_resumes_after_nothing_is_the_whole_list(
    sandbox: Sandbox, recorded: list[str], client: Flavour
) -> None:
    assert ids(client, starting_after=None) == recorded


def test_the_cursor_that_a_list_began_with_counts_as_used(sandbox: Sandbox, client: Flavour) -> None:
    serve(sandbox, page("1", has_more=True), page("2", "0", has_more=True))

    with pytest.raises(PaginationError, match="'0' leads back"):
        client.list(starting_after="0")


def test_an_error_before_the_first_page_says_nothing_of_resuming(sandbox: Sandbox, client: Flavour) -> None:
    sandbox.fail("listOrderEvents", SandboxFault(status=404))

    with pytest.raises(NotFoundError) as caught:
        client.list()

    assert caught.value.resume_after is None
    assert not hasattr(caught.value, "__notes__")


def test_an_error_in_the_middle_of_a_list_says_where_to_resume(sandbox: Sandbox, client: Flavour) -> None:
    serve(sandbox, page("1", has_more=True))
    sandbox.fail("listOrderEvents", SandboxFault(status=404))

    with pytest.raises(NotFoundError) as caught:
        client.list()

    assert caught.value.resume_after == "1"
    assert caught.value.__notes__ == ["The events up to '1' were handed out; resume with starting_after='1'."]


def test_each_iteration_starts_anew(sandbox: Sandbox, recorded: list[str], client: Flavour) -> None:
    with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint:
        pager = imprint.order_events.list()

        assert len(list(pager)) == len(list(pager)) == 23


def test_a_list_is_lazy(sandbox: Sandbox, recorded: list[str], client: Flavour) -> None:
    with Imprint(sandbox.api_key, base_url=sandbox.url) as imprint:
        before = len(sandbox.requests)
        events = iter(imprint.order_events.list())
        asked_at_first = len(sandbox.requests) - before
        next(events)

        assert (asked_at_first, len(sandbox.requests) - before) == (0, 1)


class Size(int, enum.Enum):
    LARGE = 50  # which str() shows as Size.LARGE, so that it would be sent as that


BAD_ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"limit": 0}, "limit is 0, not a whole number from 1"),
    ({"limit": -1}, "limit is -1"),
    ({"limit": True}, "limit is True"),
    ({"limit": Size.LARGE}, "limit is <Size.LARGE: 50>"),
    ({"limit": 1.5}, "limit is 1.5"),
    ({"limit": "10"}, "limit is '10'"),
    ({"limit": 2**31}, "limit is 2147483648"),
    ({"order_id": None}, "order_id is None"),
    ({"order_id": ""}, "order_id is the string ''"),
    ({"network_transaction_id": 5}, "network_transaction_id is 5"),
    ({"partner_event_id": "\ud800"}, "partner_event_id is"),
    ({"starting_after": ""}, "starting_after is the string ''"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_ARGUMENTS)
def test_a_filter_that_might_be_none_to_a_server_is_refused_before_anything_is_sent(
    sandbox: Sandbox, arguments: dict[str, Any], message: str
) -> None:
    client = Blocking(sandbox)

    with pytest.raises(InvalidRequestError, match=message):
        client.imprint.order_events.list(**arguments)  # not only when it is iterated

    assert sandbox.requests == []
    client.close()


def test_find_gives_the_event_or_none(client: Flavour, recorded: list[str]) -> None:
    by_partner = client.find(partner_event_id="e-3")
    by_id = client.find(order_event_id=recorded[3])

    assert by_partner is not None
    assert by_partner == by_id
    assert client.find(partner_event_id="no such event") is None


@pytest.mark.parametrize("wanted", [{}, {"partner_event_id": "e", "order_event_id": "i"}, {"partner_event_id": ""}])
def test_find_needs_exactly_one_id(sandbox: Sandbox, client: Flavour, wanted: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError):
        client.find(**wanted)

    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("answer", "path"),
    [(page("1", "1"), "data"), (page("2"), "data[0].order_event_id"), (page(None), "data[0].order_event_id")],
)
def test_find_refuses_an_answer_with_two_events_or_another_id(
    sandbox: Sandbox, client: Flavour, answer: dict[str, Any], path: str
) -> None:
    serve(sandbox, answer)

    with pytest.raises(Exception, match=path.replace("[", r"\[")) as caught:
        client.find(order_event_id="1", retry=RetryPolicy.none())

    assert type(caught.value).__name__ == "APIResponseValidationError"


def never(_: object) -> Any:
    raise AssertionError("the test asks itself")


@given(st.integers(0, 40), st.integers(1, 12), st.booleans(), st.booleans())
def test_whatever_the_size_of_pages_every_event_comes_once_and_in_order(
    count: int, size: int, inclusive: bool, says_more: bool
) -> None:
    events = [str(number) for number in range(count)]
    walk, listed = Walk(never, None), []
    while not walk.done:
        start = 0 if walk.cursor is None else events.index(walk.cursor) + (not inclusive)
        # An inclusive server that is asked for one event can only repeat the cursor: it cannot be followed.
        chunk = events[start : start + size + inclusive]
        more = {"has_more": start + len(chunk) < count} if says_more else {}
        taken = walk.take(OrderEventsResponse.from_dict(page(*chunk, **more)))
        listed += [event.order_event_id for event in taken.data]

    assert listed == events


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from("abcde"), max_size=3), st.sampled_from([True, False, None])), max_size=12
    )
)
def test_no_server_makes_a_list_go_on_for_ever_or_repeat_a_cursor(answers: list[tuple[list[str], bool | None]]) -> None:
    walk, cursors = Walk(never, None), []
    try:
        for chunk, more in answers:
            if walk.done:
                break
            cursors.append(walk.cursor)
            walk.take(OrderEventsResponse.from_dict(page(*chunk, **({} if more is None else {"has_more": more}))))
    except PaginationError as error:
        assert error.resume_after == cursors[-1]  # noqa: PT017 - not every example ends in one
    assert len(cursors) == len(set(cursors))
