"""`Imprint` and `AsyncImprint`: what they are told, how they authenticate, how long they live."""

from types import TracebackType
from typing import Literal, NoReturn, Self

import httpx
from imprint_api import AuthenticatedClient

from .delivery import RetryPolicy
from .errors import ConfigurationError
from .order_events import AsyncOrderEvents, OrderEvents
from .orders import AsyncOrders, Orders
from .transport import Api, AsyncTransport, Transport, read_settings

DEFAULT_TIMEOUT_SECONDS = 30.0


class _Client:
    """What both flavours are not: to be shown in full, copied, or pickled."""

    _base_url: str

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be copied or pickled: make another where it is needed")


class Imprint(_Client):
    """A client of Imprint's API. Threads may share it; use it in a `with` block, or `close()` it.

    Args:
        api_key: Or the environment variable IMPRINT_API_KEY, read now.
        auth: "bearer" (as every reference page shows it), or "basic": the key as user name, with an empty password.
        merchant_key: Or IMPRINT_MERCHANT_KEY: the header x-imprint-merchant-key, for partners with several products.
        base_url: Or IMPRINT_BASE_URL; the contract's server (Imprint's sandbox) if neither is given. It must be https
            unless its host is loopback.
        timeout: Seconds for each of sending, receiving and waiting for a free connection; connecting gets 5 of them at
            the most. Or an httpx.Timeout.
        retry: What is sent again, and for how long; see RetryPolicy.
        check_totals: Whether amounts must be the sums of their lines before anything is sent.
        http_client: An httpx.Client of your own, for proxies, certificates or instrumentation. It is not changed, and
            not closed. Redirects are not followed, whatever it says.

    Raises:
        ConfigurationError: Something of this is missing or wrong; no key is quoted.
    """

    orders: Orders
    order_events: OrderEvents
    api: AuthenticatedClient
    """The generated client: every function of `imprint_api.api` takes it, with this client's authentication, timeouts,
    status errors and retries. A POST of unknown outcome raises OutcomeUnknownError and is not looked up; an answer that
    is not what the contract says raises `imprint_api.types.ContractError`."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        auth: Literal["bearer", "basic"] = "bearer",
        merchant_key: str | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT_SECONDS,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        check_totals: bool = True,
        http_client: httpx.Client | None = None,
    ) -> None:
        settings = read_settings(api_key, merchant_key, auth, base_url, timeout, retry, check_totals)
        del api_key, merchant_key, base_url  # a traceback from here on does not show them
        if isinstance(settings, str):
            raise ConfigurationError(settings)
        if http_client is not None and not isinstance(http_client, httpx.Client):
            raise ConfigurationError(f"http_client is a {type(http_client).__name__}, not an httpx.Client")
        self._base_url = settings.base_url
        self._transport = Transport(settings, http_client)
        self.orders = Orders(self._transport)
        self.order_events = OrderEvents(self._transport)
        self.api = Api(self._transport)

    def close(self) -> None:
        """Close the connections, but those of an `http_client` of yours; any use after this is a ConfigurationError."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncImprint(_Client):
    """As `Imprint`, with `await`, `async for` and `async with`. Tasks of one event loop may share it.

    Args, Raises: As `Imprint`; `http_client` is an httpx.AsyncClient.
    """

    orders: AsyncOrders
    order_events: AsyncOrderEvents
    api: AuthenticatedClient
    """As `Imprint.api`, for the functions `asyncio` and `asyncio_detailed`."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        auth: Literal["bearer", "basic"] = "bearer",
        merchant_key: str | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT_SECONDS,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        check_totals: bool = True,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        settings = read_settings(api_key, merchant_key, auth, base_url, timeout, retry, check_totals)
        del api_key, merchant_key, base_url  # a traceback from here on does not show them
        if isinstance(settings, str):
            raise ConfigurationError(settings)
        if http_client is not None and not isinstance(http_client, httpx.AsyncClient):
            raise ConfigurationError(f"http_client is a {type(http_client).__name__}, not an httpx.AsyncClient")
        self._base_url = settings.base_url
        self._transport = AsyncTransport(settings, http_client)
        self.orders = AsyncOrders(self._transport)
        self.order_events = AsyncOrderEvents(self._transport)
        self.api = Api(self._transport)

    async def aclose(self) -> None:
        """As `Imprint.close`."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
