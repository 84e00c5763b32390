import inspect
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import imprint_client
import pytest

PUBLIC = """
Imprint AsyncImprint RetryPolicy Gate
NewOrder Order NewOrderEvent OrderEvent OrderEventType OrderLine Address OrderEventsResponse
UNSET Unset
sum_lines check_totals Totals
Orders AsyncOrders OrderEvents AsyncOrderEvents Pager AsyncPager
ImprintWarning ImprintError ConfigurationError InvalidRequestError TotalsMismatchError Fault PaginationError
OutcomeUnknownError MismatchError EventMismatchError OrderMismatchError AmbiguousOrderError
APIError APIConnectionError APITimeoutError
APIResponseValidationError APIStatusError BadRequestError AuthenticationError PermissionDeniedError
NotFoundError ConflictError UnprocessableEntityError RateLimitError InternalServerError
API_VERSION __version__
"""


def test_the_public_names_are_these() -> None:
    assert imprint_client.__all__ == PUBLIC.split()
    for name in imprint_client.__all__:
        assert hasattr(imprint_client, name), name
    with pytest.raises(AttributeError, match="no_such_name"):
        imprint_client.no_such_name  # noqa: B018


def test_the_versions_are_those_of_the_distribution_and_the_contract() -> None:
    assert imprint_client.__version__ == version("imprint-client")
    assert imprint_client.API_VERSION == "2.0"


def documented_members() -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name in imprint_client.__all__:
        thing = getattr(imprint_client, name)
        if inspect.isclass(thing) and thing.__module__.startswith("imprint_client"):
            members = inspect.getmembers(thing, inspect.isfunction)
            own = [(f"{name}.{key}", value) for key, value in members if not key.startswith("_")]
            found += [(name, thing), *own]
        elif inspect.isfunction(thing):
            found.append((name, thing))
    return found


@pytest.mark.parametrize(("name", "thing"), documented_members())
def test_every_public_name_is_documented(name: str, thing: Any) -> None:
    assert thing.__doc__, name


def test_importing_the_client_does_not_import_what_it_may_never_need() -> None:
    late = ["asyncio", "dateutil", "importlib.metadata", "imprint_sandbox", "starlette"]
    program = f"import sys, imprint_client; print([name for name in {late} if name in sys.modules])"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"
