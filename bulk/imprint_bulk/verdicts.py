"""What an exception of the client says of a row or a job: the worker table of the documentation, as code."""

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
    """Say what follows from an exception of `create`, `ensure` or `find`.

    Args:
        error: The exception.
        may_be_recorded: Whether an earlier request of the same order or event may have been recorded.

    Returns:
        "unknown": it may be recorded now. Wait, then `ensure`.
        "later": nothing was sent, and another try may succeed.
        "stop": nothing was sent, and nothing else will be accepted either.
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
            return "later"  # the look of `ensure` was refused, which says nothing of the request before it
        case _:
            return "refused"
