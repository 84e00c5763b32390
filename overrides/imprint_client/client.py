"""`Imprint` and `AsyncImprint`: how they are made, and how long they live."""

from typing import NoReturn, Self, Unpack

from imprint_api import AuthenticatedClient

from .errors import ConfigurationError
from .order_events import AsyncOrderEvents, OrderEvents
from .orders import AsyncOrders, Orders
from .settings import ClientOptions, Settings, read_settings
from .transport import Api, AsyncTransport, Transport
from .wire import AsyncClient, Client


class _Client:
    """What neither flavour is: to be shown in full, copied, or pickled."""

    _settings: Settings | None = None

    def __repr__(self) -> str:
        # Tools that show the locals of a traceback ask a client that could not be made, too.
        return f"<{type(self).__name__} {self._settings.base_url if self._settings else '(not made)'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be copied or pickled: make another where it is needed")


class Imprint(_Client):
    """A client of Imprint's API. Threads may share it; use it in a `with` block, or `close()` it.

    Args:
        api_key: Or the environment variable IMPRINT_API_KEY, read now.
        http_client: An httpx.Client or httpx2.Client of your own, for proxies or certificates. It is not changed, and
            not closed; its `auth` is not used, and redirects are not followed, whatever it says.
        auth: "bearer" (the default, as every reference page shows it), or "basic": the key as user name, with an empty
            password.
        merchant_key: Or IMPRINT_MERCHANT_KEY: the header x-imprint-merchant-key, for partners with several products.
        base_url: Or IMPRINT_BASE_URL; the contract's server (Imprint's sandbox) if neither is given. It must be https
            unless its host is loopback.
        timeout: Seconds for each of sending, receiving and waiting for a free connection, 30 by default; connecting
            gets 5 of them at the most. Or an httpx.Timeout.
        retry: What is sent again, and for how long; see RetryPolicy.
        check_totals: Whether amounts must be the sums of their lines before anything is sent; True by default.
        headers: Headers of your own, by name, for each request but the lookups that settle an outcome. Their values are
            shown nowhere.

    Raises:
        ConfigurationError: Something of this is missing or wrong; no key is quoted.
    """

    orders: Orders
    order_events: OrderEvents
    api: AuthenticatedClient
    """The generated client: every function of `imprint_api.api` takes it, with this client's authentication, timeouts,
    errors and retries. A POST of unknown outcome raises OutcomeUnknownError and is not looked up."""

    def __init__(
        self, api_key: str | None = None, *, http_client: Client | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        settings = read_settings(api_key, options, http_client, "Client")
        del api_key, options  # a traceback from here on does not show the keys
        if isinstance(settings, str):
            raise ConfigurationError(settings)
        self._settings, self._transport = settings, Transport(settings, http_client)
        self.orders = Orders(self._transport)
        self.order_events = OrderEvents(self._transport)
        self.api = Api(self._transport)

    def close(self) -> None:
        """Close the connections, but those of an `http_client` of yours; any use after this is a ConfigurationError."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncImprint(_Client):
    """As `Imprint`, with `await`, `async for` and `async with`. Tasks of one event loop may share it.

    Args, Raises: As `Imprint`; `http_client` is an httpx.AsyncClient or httpx2.AsyncClient. It runs in asyncio
    only, not in trio.
    """

    orders: AsyncOrders
    order_events: AsyncOrderEvents
    api: AuthenticatedClient
    """As `Imprint.api`, for the functions `asyncio` and `asyncio_detailed`."""

    def __init__(
        self, api_key: str | None = None, *, http_client: AsyncClient | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        settings = read_settings(api_key, options, http_client, "AsyncClient")
        del api_key, options  # a traceback from here on does not show the keys
        if isinstance(settings, str):
            raise ConfigurationError(settings)
        self._settings, self._transport = settings, AsyncTransport(settings, http_client)
        self.orders = AsyncOrders(self._transport)
        self.order_events = AsyncOrderEvents(self._transport)
        self.api = Api(self._transport)

    async def aclose(self) -> None:
        """As `Imprint.close`."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
