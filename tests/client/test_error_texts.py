"""What an exception says: to what it happened, what happened, and what to do."""

import copy
from typing import Any

import imprint_sandbox
import pytest
from imprint_client import (
    UNSET,
    AmbiguousOrderError,
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    BadRequestError,
    EventMismatchError,
    Imprint,
    ImprintError,
    InternalServerError,
    InvalidRequestError,
    Order,
    OrderEvent,
    OrderMismatchError,
    OutcomeUnknownError,
    PaginationError,
    RateLimitError,
    RetryPolicy,
)
from imprint_client.errors import Fault

from tests.support import Flavour, make_event, make_order

GET = "GET /v2/order_events"
POST = "POST /v2/order_events"
OF_THE_EVENT, POST_ORDER = "(partner_event_id 'e-1')", "POST /v2/orders (partner_order_id 'o-1')"
LOST = "the list cannot be followed further: what happened. The rest of it is missing."
DIFFERENT = (
    "is recorded with different values: {}. If this call sent anything, that may be recorded, too: compare them, and "
    "use each {} only once."
)
ONE_OF_THEM = "Use one of these ids, and delete the orders that should not be there (orders.delete)."
MAY_BE = "it may or may not have been carried out (why)"
IF_NOT = "send it again only if `find` or `list` do not show it."
DO_NOT = "Don't send it again yet. Wait until that request cannot be running any more, then"


def recorded_order(order_id: str) -> Order:
    return Order.from_dict(make_order(id=order_id).to_dict())


def refusal(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> APIStatusError:
    return APIStatusError(GET, status, headers or {}, body)


def body_fault(path: str, problem: str) -> InvalidRequestError:
    return InvalidRequestError([Fault(path, problem)])


TEXTS: list[tuple[ImprintError, str]] = [
    (body_fault("amount", "is 5.5"), "nothing was sent: amount is 5.5"),
    (body_fault("", "is None, not a NewOrder"), "nothing was sent: the body is None, not a NewOrder"),
    (
        InvalidRequestError([Fault("amount", "is 5.5"), Fault("type", "is missing")]),
        "nothing was sent, 2 faults:\n  amount is 5.5\n  type is missing",
    ),
    (PaginationError("what happened", None), f"{LOST} Resume from the start."),
    (PaginationError("what happened", "c-1"), f"{LOST} Resume with starting_after='c-1'."),
    (
        OutcomeUnknownError(POST, make_event(), True, "why"),
        f"{POST} {OF_THE_EVENT}: {MAY_BE}, and a lookup did not find it. {DO_NOT} use `ensure`, which looks first.",
    ),
    (
        OutcomeUnknownError(POST, make_event(), False, "why"),
        f"{POST} {OF_THE_EVENT}: {MAY_BE}, and it could not be looked up. {DO_NOT} use `ensure`, which looks first.",
    ),
    (
        OutcomeUnknownError(POST, make_event(partner_event_id=UNSET), False, "why"),
        f"{POST}: {MAY_BE}, and it could not be looked up. {DO_NOT} {IF_NOT}",
    ),
    (
        OutcomeUnknownError("POST /v2/orders", make_order(), True, "why"),
        f"{POST_ORDER}: {MAY_BE}, and a lookup did not find it. {DO_NOT} use `ensure`, which looks first.",
    ),
    (
        OutcomeUnknownError("PUT /v2/orders/id-1", make_order(), True, "why"),
        f"PUT /v2/orders/id-1 (partner_order_id 'o-1'): {MAY_BE}, and a lookup did not find it. {DO_NOT} {IF_NOT}",
    ),
    (
        OutcomeUnknownError("DELETE /v2/orders/id-1", None, False, "why"),
        f"DELETE /v2/orders/id-1: {MAY_BE}, and it could not be looked up. {DO_NOT} {IF_NOT}",
    ),
    (
        EventMismatchError(make_event(), OrderEvent.from_dict(make_event().to_dict()), ["amount", "type"]),
        f"partner_event_id 'e-1' {DIFFERENT.format('amount; type', 'partner_event_id')}",
    ),
    (
        OrderMismatchError(make_order(), recorded_order("id-1"), ["currency"]),
        f"partner_order_id 'o-1' {DIFFERENT.format('currency', 'partner_order_id')}",
    ),
    (
        AmbiguousOrderError("o-1", [recorded_order("id-1"), recorded_order("id-2")]),
        f"2 orders have the partner_order_id 'o-1': id-1, id-2. {ONE_OF_THEM}",
    ),
    (
        AmbiguousOrderError("o-1", [recorded_order("id\n1"), recorded_order("i" * 500)]),
        f"2 orders have the partner_order_id 'o-1': id 1, {'i' * 494}. {ONE_OF_THEM}",
    ),
    (
        APIResponseValidationError(GET, "data[0].amount", "is missing"),
        f"{GET}: data[0].amount is missing, which is not what the contract says",
    ),
    (
        APIResponseValidationError(GET, "", "is not JSON"),
        f"{GET}: the response is not JSON, which is not what the contract says",
    ),
    (refusal(404), f"{GET}: 404 Not Found; see `message` and `body`"),
    (refusal(499), f"{GET}: 499; see `message` and `body`"),
    (
        refusal(503, headers={"location": "/", "retry-after": "Sun, 22 Nov\n2026"}),
        f"{GET}: 503 Service Unavailable (retry-after: Sun, 22 Nov 2026) (location: /); see `message` and `body`",
    ),
    (
        refusal(404, b'{"type": "T", "message": "One.\\nTwo.", "param": "email"}', {"x-request-id": "r\n1"}),
        f"[r 1] {GET}: 404 Not Found T One. Two. (param: email); see `message` and `body`",
    ),
]


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimitError), (503, InternalServerError)])
@pytest.mark.parametrize(
    ("policy", "attempts", "seconds", "text"),
    [
        # The clock's chance is a half: waits of 0.25, 0.5 and 1 second.
        (RetryPolicy(deadline=1.9), 4, 1.75, "after 4 attempts in 1.8 s"),
        (RetryPolicy.none(), 1, 0, "after 1 attempt in 0.0 s"),
    ],
)
def test_what_was_given_up_says_how_often_it_was_tried_and_for_how_long(
    sandbox: imprint_sandbox.Sandbox,
    client: Flavour,
    status: int,
    kind: type[APIStatusError],
    policy: RetryPolicy,
    attempts: int,
    seconds: float,
    text: str,
) -> None:
    sandbox.fail("listOrderEvents", imprint_sandbox.SandboxFault(status=status), times=9)

    with pytest.raises(kind, match=text) as caught:
        client.find(partner_event_id="e-1", retry=policy)

    assert (caught.value.attempts, caught.value.elapsed_seconds) == (attempts, seconds)
    assert text in str(copy.copy(caught.value))  # as pickle does it


def test_what_a_retry_would_not_help_does_not_speak_of_attempts(client: Flavour) -> None:
    with pytest.raises(APIStatusError) as caught:
        client.delete_order("none")

    assert caught.value.attempts is None
    assert "attempt" not in str(caught.value)


@pytest.mark.parametrize(("error", "text"), TEXTS, ids=lambda value: value if isinstance(value, str) else "")
def test_an_exception_says_what_happened_and_what_to_do(error: ImprintError, text: str) -> None:
    assert str(error) == text


def test_what_a_server_says_is_shown_up_to_500_characters_each() -> None:
    error = refusal(499, b'{"message": "%s"}' % (b"m" * 501))

    assert str(error) == f"{GET}: 499 {'m' * 500}; see `message` and `body`"


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({"x-request-id": "1", "request-id": "2", "x-amzn-requestid": "3"}, "1"),
        ({"request-id": "2", "x-amzn-requestid": "3"}, "2"),
    ],
)
def test_of_several_request_ids_that_of_the_api_itself_is_kept(headers: dict[str, str], request_id: str) -> None:
    assert BadRequestError(GET, 400, dict(reversed(headers.items())), b"").request_id == request_id


@pytest.mark.parametrize("name", ["type", "message", "param", "request_id"])
def test_what_an_answer_says_is_read_from_it_and_never_given(name: str) -> None:
    given: dict[str, Any] = {name: "given"}

    assert getattr(refusal(400), name) is None
    with pytest.raises(TypeError, match=name):
        APIStatusError(GET, 400, {}, b"", **given)


def test_a_fault_of_a_member_that_is_no_sum_has_no_numbers() -> None:
    assert Fault("amount", "is missing") == ("amount", "is missing", None, None, None)


def test_a_server_that_is_not_there_is_named_with_advice() -> None:
    nowhere = Imprint("k-1", base_url="http://127.0.0.1:1", retry=RetryPolicy.none())
    with nowhere as imprint, pytest.raises(APIConnectionError) as caught:
        imprint.order_events.find(partner_event_id="e-1")
    assert "http://127.0.0.1:1" in str(caught.value)
    assert str(caught.value).endswith("; nothing was sent. Is the base URL right? Then try again later")


def test_an_unknown_outcome_after_a_5xx_does_not_advise_to_try_again() -> None:
    why = str(InternalServerError(POST, 503, {}, b""))
    assert "try again" not in str(OutcomeUnknownError(POST, make_event(), True, why))
