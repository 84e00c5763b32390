"""What a client exception means for a row or a job: the documentation's worker table as code."""

from typing import Literal

from imprint_client import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    AuthenticationError,
    ConfigurationError,
    InternalServerError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
)

Verdict = Literal["unknown", "stop", "later", "refused"]


def judge(error: BaseException, *, may_be_recorded: bool) -> Verdict:
    """Decide what to do after an exception from `create`, `ensure` or `find`.

    Args:
        error: The exception.
        may_be_recorded: Whether an earlier request for the same order or event may have been recorded.

    Returns:
        "unknown": it may be recorded now. Wait, then `ensure`.
        "later": nothing was sent, and another try may succeed.
        "stop": nothing was sent, and Imprint would not accept anything else either.
        "refused": a person must look at it.
    """
    match error:
        case OutcomeUnknownError():
            return "unknown"
        case AuthenticationError() | PermissionDeniedError() | ConfigurationError():
            return "stop"
        case APIConnectionError() | RateLimitError() | InternalServerError() | APIResponseValidationError():
            return "later"
        case APIError() if may_be_recorded and str(getattr(error, "operation", "")).startswith("GET"):
            return "later"  # the lookup of `ensure` was refused, which says nothing about the earlier request
        case _:
            return "refused"
