"""Report orders, captures and refunds to Imprint, to the cent.

    from imprint_client import Imprint, NewOrder, NewOrderEvent, OrderEventType, OrderLine, sum_lines

`Imprint` and `AsyncImprint` are where to begin; errors.py draws the tree of exceptions.
"""

# isort: off
# fmt: off
from imprint_api.models import (
    Address, NewOrder, NewOrderEvent, Order, OrderEvent, OrderEventsResponse, OrderEventType, OrderLine,
)
from imprint_api.types import UNSET, Unset

from .bodies import ImprintWarning
from .client import AsyncImprint, Imprint
from .delivery import RetryPolicy
from .errors import (
    AmbiguousOrderError, APIConnectionError, APIError, APIResponseValidationError, APIStatusError, APITimeoutError,
    AuthenticationError, BadRequestError, ConfigurationError, ConflictError, EventMismatchError, Fault, ImprintError,
    InternalServerError, InvalidRequestError, MismatchError, NotFoundError, OrderMismatchError, OutcomeUnknownError,
    PaginationError, PermissionDeniedError, RateLimitError, TotalsMismatchError, UnprocessableEntityError,
)
from .gate import Gate
from .order_events import AsyncOrderEvents, OrderEvents
from .orders import AsyncOrders, Orders
from .pagination import AsyncPager, Pager
from .totals import Totals, check_totals, sum_lines
from .settings import CONTRACT

__all__ = [
    "Imprint", "AsyncImprint", "RetryPolicy", "Gate",
    "NewOrder", "Order", "NewOrderEvent", "OrderEvent", "OrderEventType", "OrderLine", "Address", "OrderEventsResponse",
    "UNSET", "Unset",
    "sum_lines", "check_totals", "Totals",
    "Orders", "AsyncOrders", "OrderEvents", "AsyncOrderEvents", "Pager", "AsyncPager",
    "ImprintWarning", "ImprintError", "ConfigurationError", "InvalidRequestError", "TotalsMismatchError", "Fault",
    "PaginationError",
    "OutcomeUnknownError", "MismatchError", "EventMismatchError", "OrderMismatchError", "AmbiguousOrderError",
    "APIError", "APIConnectionError", "APITimeoutError",
    "APIResponseValidationError", "APIStatusError", "BadRequestError", "AuthenticationError", "PermissionDeniedError",
    "NotFoundError", "ConflictError", "UnprocessableEntityError", "RateLimitError", "InternalServerError",
    "API_VERSION", "__version__",
]
# fmt: on

__version__: str
"""Of the distribution imprint-client."""

API_VERSION: str = CONTRACT["info"]["version"]
"""The version that the contract gives itself."""


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # noqa: PLC0415 - 10 ms that importing this package need not cost

    return version("imprint-client")
