"""How a resource's flow is run: each generated operation that it asks for is called, each wait is waited."""

from collections.abc import Awaitable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn, TypeVar, cast

import httpx
from imprint_api import AuthenticatedClient
from imprint_api.types import ContractError

from .delivery import Budget, Call, RetryPolicy, Wait, drive, drive_async, seam
from .errors import APIResponseValidationError, ConfigurationError
from .transport import AsyncTransport, Reply, Settings, Transport, as_timeout, timeout_problem

T = TypeVar("T")
CallFlow = Generator[Call | Wait, Any, T]


class Options(NamedTuple):
    """What holds for one call: the client's settings, or what the call said."""

    check_totals: bool
    timeout: httpx.Timeout
    budget: Budget

    def again(self) -> "Options":
        """The same for another call, with a deadline of its own."""
        return self._replace(budget=Budget(self.budget.policy))


class Defaults(NamedTuple):
    """The client's settings that a call may say otherwise."""

    settings: Settings
    check_totals: bool

    def options(
        self, check_totals: bool | None, timeout: float | httpx.Timeout | None, retry: RetryPolicy | None
    ) -> Options:
        if timeout is not None and (problem := timeout_problem(timeout)):
            raise ConfigurationError(problem)
        if retry is not None and not isinstance(retry, RetryPolicy):
            raise ConfigurationError("retry is a RetryPolicy")
        return Options(
            self.check_totals if check_totals is None else check_totals,
            self.settings.timeout if timeout is None else as_timeout(timeout),
            Budget(retry or self.settings.retry),
        )


class Runner:
    """Runs flows, blocking."""

    def __init__(self, defaults: Defaults, transport: Transport) -> None:
        self.defaults = defaults
        self._transport = transport

    def run(self, flow: CallFlow[T], timeout: httpx.Timeout) -> T:
        def perform(step: Call | Wait) -> Any:
            if isinstance(step, Wait):
                return seam.sleep(step.seconds)
            with _reading(step):
                api = make_api(self._transport, timeout, step.budget)
                return step.operation.sync_detailed(client=api, **step.arguments).parsed

        return drive(flow, perform)


class AsyncRunner:
    """As `Runner`, awaiting."""

    def __init__(self, defaults: Defaults, transport: AsyncTransport) -> None:
        self.defaults = defaults
        self._transport = transport

    async def run(self, flow: CallFlow[T], timeout: httpx.Timeout) -> T:
        async def perform(step: Call | Wait) -> Any:
            if isinstance(step, Wait):
                return await seam.sleep_async(step.seconds)
            with _reading(step):
                api = make_api(self._transport, timeout, step.budget)
                return (await step.operation.asyncio_detailed(client=api, **step.arguments)).parsed

        return await drive_async(flow, perform)


@contextmanager
def _reading(call: Call) -> Iterator[None]:
    try:
        yield
    except ContractError as error:
        raise APIResponseValidationError(call.name, error.path, error.problem) from None


# --- The generated client ---------------------------------------------------------------------------------------------


class Api(AuthenticatedClient):
    """The generated client, over this package's transport; it holds no credentials, and has nothing to change."""

    def get_httpx_client(self) -> httpx.Client:
        """What the generated `sync` functions call."""
        if self._client is None:
            raise ConfigurationError("this is an asynchronous client: call asyncio or asyncio_detailed, and await it")
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """What the generated `asyncio` functions call."""
        if self._async_client is None:
            raise ConfigurationError("this is a synchronous client: call sync or sync_detailed")
        return self._async_client

    def with_headers(self, *_: object, **__: object) -> NoReturn:
        """Refused, as are the others: the generated ones change the client that they are called on."""
        raise ConfigurationError("imprint.api cannot be changed, entered or closed; its Imprint can")

    with_cookies = with_timeout = __enter__ = with_headers

    async def __aenter__(self) -> NoReturn:
        self.with_headers()


class _Channel(NamedTuple):
    """The one method of an httpx client that the generated functions call."""

    transport: Transport | AsyncTransport
    timeout: httpx.Timeout
    budget: Budget | RetryPolicy
    """What is left of a call of several requests; a policy makes each request a call."""

    def request(self, **arguments: Any) -> Reply | Awaitable[Reply]:
        budget = self.budget if isinstance(self.budget, Budget) else Budget(self.budget)
        return self.transport.request(budget, self.timeout, **arguments)


def make_api(transport: Transport | AsyncTransport, timeout: httpx.Timeout, budget: Budget | RetryPolicy) -> Api:
    """The generated client over a transport."""
    api = Api(base_url=transport.settings.base_url, token="")
    channel = cast(Any, _Channel(transport, timeout, budget))
    if isinstance(transport, Transport):
        api.set_httpx_client(channel)
    else:
        api.set_async_httpx_client(channel)
    return api
