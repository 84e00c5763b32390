"""Every exception of this package: what happened, to what, and what to do next.

    ImprintError
      ConfigurationError            the client could not be made, or is closed
      InvalidRequestError           nothing was sent; lists every fault with its path
        TotalsMismatchError         only the sums are wrong
      PaginationError               a list cannot be followed further
      OutcomeUnknownError           it may or may not be recorded
      MismatchError                 something else is recorded
        EventMismatchError          under this partner_event_id
        OrderMismatchError          under this partner_order_id
      AmbiguousOrderError           several orders have this partner_order_id
      APIError
        APIConnectionError          Imprint was not reached, or the connection broke
          APITimeoutError
        APIResponseValidationError  the response is not what the contract says
        APIStatusError              the status is not a success
          BadRequestError           400
          AuthenticationError       401
          PermissionDeniedError     403
          NotFoundError             404
          ConflictError             409
          UnprocessableEntityError  422
          RateLimitError            429
          InternalServerError       5xx

`ConfigurationError` and `InvalidRequestError` are `ValueError`s, too. All can be pickled. None holds an httpx object,
because a request has the API key in it.
"""

import json
import re
from collections.abc import Mapping
from http.client import responses
from typing import Any, ClassVar, Literal, NamedTuple

import attrs

LONGEST_TEXT = 500
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid")


Retryable = Literal["never", "later", "after settling"]


class ImprintError(Exception):
    """The base of every exception of this package."""

    code: ClassVar[str] = "imprint"
    """A stable name for programs and dashboards: ``rate_limit``, ``outcome_unknown``. A subclass of yours keeps it."""
    retryable: Retryable = "never"
    """What a worker does next. "later": it was not recorded; send it again, if need be once the key or the
    configuration is right. "after settling": it may be recorded; wait, then `ensure`. "never": a retry would fail the
    same way, so set it aside for a person."""

    def __init_subclass__(cls, retryable: Retryable | None = None) -> None:
        if cls.__module__ == __name__:
            cls.code = re.sub("(?<=[a-z])(?=[A-Z])|(?<=API)(?=[A-Z])", "_", cls.__name__.removesuffix("Error")).lower()
        cls.retryable = retryable or cls.retryable

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


_REFUSED = "correct the request; a retry would fail the same way"
_BY_STATUS: dict[int, type["APIStatusError"]] = {}

# The exceptions with data are attrs classes: their members are `args`, so that they can be pickled.
_with_data = attrs.define(slots=False, repr=False)


class ConfigurationError(ImprintError, ValueError, retryable="later"):
    """The client could not be made, or cannot be used, for example because it is closed. Quotes no secrets."""


class Fault(NamedTuple):
    """One thing that is wrong with a body or an argument."""

    path: str
    """Where it is: ``order_lines[2].rate``, or empty for the body itself."""
    problem: str
    """What is wrong and, if that is clear, how to correct it."""
    stated: object = None
    """The value that was given."""
    expected: int | None = None
    """For sums: what the lines add up to, in minor units."""
    difference: int | None = None
    """For sums: `stated` minus `expected`, in minor units."""

    def __str__(self) -> str:
        return f"{self.path or 'the body'} {self.problem}"


@_with_data
class InvalidRequestError(ImprintError, ValueError):
    """Nothing was sent, because the contract or Imprint's rules would refuse it."""

    faults: list[Fault]
    """Everything that is wrong."""

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return f"nothing was sent: {self.faults[0]}"
        return "\n  ".join([f"nothing was sent, {len(self.faults)} faults:", *map(str, self.faults)])


class TotalsMismatchError(InvalidRequestError):
    """The lines do not add up to the amount, and nothing else is wrong. Each fault has `expected` and `difference`."""


@_with_data
class PaginationError(ImprintError, retryable="later"):
    """A list cannot be followed further without losing or repeating events. The events before it are right."""

    problem: str
    resume_after: str | None
    """Pass it as `starting_after` to list the rest. None means from the start."""

    def __str__(self) -> str:
        where = "from the start" if self.resume_after is None else f"with starting_after={self.resume_after!r}"
        return f"the list cannot be followed further: {self.problem}. The rest of it is missing. Resume {where}."


@_with_data
class OutcomeUnknownError(ImprintError, retryable="after settling"):
    """It may or may not have been carried out. `__cause__` says what happened. Don't just send it again."""

    operation: str
    sent: Any
    """The model that was sent. None for a deletion, a dict through `Imprint.api`."""
    looked_up: bool
    """Whether a lookup succeeded. It did not find the record, which proves nothing while the request may be running."""
    why: str

    def __str__(self) -> str:
        looked = "a lookup did not find it" if self.looked_up else "it could not be looked up"
        # What was sent with no id of its own, `ensure` could not look up either.
        ensures = not isinstance(self.sent, dict) and named(self.sent) and self.operation.startswith("POST")
        then = "use `ensure`, which looks first" if ensures else "send it again only if `find` or `list` do not show it"
        return (
            f"{self.operation}{named(self.sent)}: it may or may not have been carried out ({self.why}), and {looked}. "
            f"Don't send it again yet. Wait until that request cannot be running any more, then {then}."
        )


class Difference(str):
    """The path at which what is recorded differs from what was sent: ``order_lines[0].rate``."""

    recorded: Any
    sent: Any


def _shown(path: str) -> str:
    return short(f"{path}: recorded {path.recorded!r}, sent {path.sent!r}") if isinstance(path, Difference) else path


@_with_data
class MismatchError(ImprintError):
    """Something else is recorded. What was sent may be recorded, too, unless `ensure` found this before it sent."""

    sent: Any
    recorded: Any
    differences: list[str]
    """The paths of the fields that differ. Each is a Difference, which has the two values."""

    identified_by = ""

    def __str__(self) -> str:
        value = getattr(self.sent, self.identified_by)
        return (
            f"{f'{self.identified_by} {value!r}' if value else 'This'} is recorded with different values: "
            f"{'; '.join(map(_shown, self.differences))}. If this call sent anything, that may be recorded, too: "
            f"compare them, and use each {self.identified_by} only once."
        )


class EventMismatchError(MismatchError):
    """A different event is recorded under this partner_event_id."""

    identified_by = "partner_event_id"


class OrderMismatchError(MismatchError):
    """A different order is recorded under this partner_order_id. See `orders.update`."""

    identified_by = "partner_order_id"


@_with_data
class AmbiguousOrderError(ImprintError):
    """Several orders have this partner_order_id, so the client cannot tell which one is meant."""

    partner_order_id: str
    orders: list[Any]
    """A list of Order."""

    def __str__(self) -> str:
        ids = short(", ".join(order.id for order in self.orders))
        return (
            f"{len(self.orders)} orders have the partner_order_id {self.partner_order_id!r}: {ids}. "
            "Use one of these ids, and delete the orders that should not be there (orders.delete)."
        )


class APIError(ImprintError):
    """Something went wrong between this client and Imprint."""

    resume_after: str | None = None
    """For a list: where to resume, as in PaginationError."""


class APIConnectionError(APIError, retryable="later"):
    """Imprint was not reached, or the connection broke."""


class APITimeoutError(APIConnectionError):
    """A timeout ran out."""


@_with_data
class APIResponseValidationError(APIError, retryable="later"):
    """The response is not what the contract says."""

    operation: str
    path: str
    """Where it is: ``data[3].order_lines[0].rate``, or empty for the response itself."""
    problem: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.path or 'the response'} {self.problem}, which is not what the contract says"


@_with_data
class APIStatusError(APIError):
    """The status is not a success. If the body is not one of Imprint's error bodies, only `body` has it."""

    operation: str
    status_code: int
    headers: dict[str, str]
    """The headers of the response, with names in lower case."""
    body: bytes
    type: str | None = attrs.field(init=False)
    """Imprint's error type, such as INVALID_REQUEST_ERROR."""
    message: str | None = attrs.field(init=False)
    param: str | None = attrs.field(init=False)
    request_id: str | None = attrs.field(init=False)
    retry_after: float | None = attrs.field(init=False, default=None)
    """For 429 and 503: the seconds from the answer on that Retry-After asks to wait; None if it does not ask."""
    attempts: int | None = attrs.field(init=False, default=None)
    """For 429 and 5xx: how often the call sent the request."""
    elapsed_seconds: float | None = attrs.field(init=False, default=None)
    """For 429 and 5xx: how long the call took, with its waits."""

    advice: ClassVar[str] = "see `message` and `body`"

    def __init_subclass__(
        cls, status: int | None = None, advice: str = advice, retryable: Retryable | None = None
    ) -> None:
        super().__init_subclass__(retryable)
        if status is not None:  # a class of this package, not one that was derived from it elsewhere
            _BY_STATUS[status], cls.advice = cls, advice

    def __attrs_post_init__(self) -> None:
        self.type, self.message, self.param = _read_error_body(self.body)
        if self.status_code == 408:  # of a GET
            vars(self)["retryable"] = "later"
        self.request_id = next((self.headers[name] for name in REQUEST_ID_HEADERS if name in self.headers), None)

    def __str__(self) -> str:
        said = [responses.get(self.status_code), self.type, self.message, self.param and f"(param: {self.param})"]
        said += [f"({name}: {self.headers[name]})" for name in ("retry-after", "location") if name in self.headers]
        if self.attempts:
            said.append(
                f"after {self.attempts} attempt{'s' if self.attempts > 1 else ''} in {self.elapsed_seconds:.1f} s"
            )
        text = " ".join([f"{self.operation}: {self.status_code}", *(short(text) for text in said if text)])
        return f"[{short(self.request_id)}] {text}; {self.advice}" if self.request_id else f"{text}; {self.advice}"


class BadRequestError(APIStatusError, status=400, advice=_REFUSED):
    """400: Imprint refused the request."""


class AuthenticationError(
    APIStatusError, status=401, retryable="later", advice="check the API key, and that it belongs to this base_url"
):
    """401: Imprint does not know the API key."""


class PermissionDeniedError(
    APIStatusError,
    status=403,
    retryable="later",
    advice="check what the API key may do, and whether a merchant_key is needed",
):
    """403: the API key may not do this."""


class NotFoundError(APIStatusError, status=404, advice="check the ids, and that the base_url is right"):
    """404: the order or event does not exist."""


class ConflictError(APIStatusError, status=409, advice="look up what is recorded"):
    """409: the request conflicts with what is recorded, and a lookup did not explain it."""


class UnprocessableEntityError(APIStatusError, status=422, advice=_REFUSED):
    """422: Imprint understood the request and refused it."""


class RateLimitError(APIStatusError, status=429, retryable="later", advice="try again later"):
    """429: too many requests. This one was not carried out."""


class InternalServerError(APIStatusError, status=500, retryable="later", advice="the server failed, not your request"):
    """5xx: Imprint, or a proxy in front of it, failed."""


def named(sent: Any) -> str:
    """What was sent, by the id that its partner gave it; nothing if it has none."""
    for name in ("partner_event_id", "partner_order_id"):
        if value := sent.get(name) if isinstance(sent, dict) else getattr(sent, name, None):
            return f" ({name} {short(repr(value))})"
    return ""


def short(text: str) -> str:
    """One line of it, not too long: a server may say anything, and logs are read line by line."""
    return "".join(character if character.isprintable() else " " for character in text[:LONGEST_TEXT])


def status_error(operation: str, status_code: int, headers: Mapping[str, str], body: bytes) -> APIStatusError:
    """The exception for an answer with this status."""
    kind = _BY_STATUS.get(min(status_code, 500), APIStatusError)
    return kind(operation, status_code, dict(headers), body)


def _read_error_body(body: bytes) -> list[str | None]:
    """Type, message and param of the three error bodies that Imprint's pages show; None for what is not there."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        return [None, None, None]
    # {"error": {"type", "message", "param"}}, or the same without "error" around it,
    fields = parsed["error"] if isinstance(parsed.get("error"), dict) else parsed
    kind, message, param = (fields.get(name) for name in ("type", "message", "param"))
    if isinstance(parsed.get("error"), str):  # or {"path", "details": [...], "error": "Bad Request", "status"}
        details = parsed.get("details")
        kind, message = parsed["error"], "; ".join(map(str, details)) if isinstance(details, list) else None
    return [value if isinstance(value, str) else None for value in (kind, message, param)]
