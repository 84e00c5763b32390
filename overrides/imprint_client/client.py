"""`Imprint` and `AsyncImprint`: how to make a client, and how to close it."""

from typing import NoReturn, Self, Unpack

from imprint_api import AuthenticatedClient

from .errors import ConfigurationError
from .order_events import AsyncOrderEvents, OrderEvents
from .orders import AsyncOrders, Orders
from .settings import ClientOptions, Settings, read_settings
from .transport import Api, AsyncTransport, Transport
from .wire import AsyncClient, Client


class _Client:
    """What both flavours share: a repr without secrets, and no copies or pickles."""

    _settings: Settings | None = None

    def __repr__(self) -> str:
        # Tools that show the locals of a traceback also call this when __init__ has failed.
        return f"<{type(self).__name__} {self._settings.base_url if self._settings else '(not made)'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be copied or pickled: make another where it is needed")


class Imprint(_Client):
    """A client of Imprint's API. Threads can share it. Use it in a `with` block, or call `close()`.

    Args:
        api_key: Your API key. Default: the environment variable IMPRINT_API_KEY, read when the client is made.
        http_client: An httpx.Client or httpx2.Client of your own, for proxies or certificates. It is neither changed
            nor closed. Its `auth` is not used, and redirects are not followed.
        auth: "bearer", which is the default and what every reference page shows, or "basic", which sends the key as the
            user name with an empty password.
        merchant_key: The header x-imprint-merchant-key, for partners with several products. Default:
            IMPRINT_MERCHANT_KEY.
        base_url: An https address; http is allowed if the host is loopback. Default: IMPRINT_BASE_URL, or else the
            contract's server, which is Imprint's sandbox.
        allow_insecure_http: Whether `base_url` may be http with any host, such as a sandbox in another container. The
            API key is then sent unencrypted. Default: whether IMPRINT_ALLOW_INSECURE_HTTP is 1.
        timeout: Seconds for each of sending, receiving and waiting for a free connection, or an httpx.Timeout. Default:
            IMPRINT_TIMEOUT, or else 30. Connecting may take 5 of them.
        retry: What is retried, and for how long. See RetryPolicy. Its default deadline is IMPRINT_RETRY_DEADLINE, in
            seconds, or else 60.
        limits: How many connections are open at most, and how many of them stay open when idle: an httpx.Limits or
            httpx2.Limits. Default: 100, all of which stay open for 5 seconds. Not for an `http_client` of your own.
        gate: The Gate that every request passes. Share one between clients, or pass one with a rate limit of your own.
        check_totals: Whether amounts must equal the sums of their lines before anything is sent. Default: True.
        headers: Headers of your own, by name, for every request except the lookups that settle an outcome. Their values
            are shown nowhere.

    Raises:
        ConfigurationError: An argument is missing or wrong. The message quotes no key.
    """

    orders: Orders
    order_events: OrderEvents
    api: AuthenticatedClient
    """The generated client. Every function of `imprint_api.api` takes it, and gets this client's authentication,
    timeouts, errors and retries. A POST of unknown outcome raises OutcomeUnknownError and is not looked up."""

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
        """Close the connections, except those of your own `http_client`. Any later use raises ConfigurationError."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncImprint(_Client):
    """`Imprint` with `await`, `async for` and `async with`. The tasks of one event loop can share it.

    Args, Raises: See `Imprint`. `http_client` is an httpx.AsyncClient or httpx2.AsyncClient. It runs in asyncio
    only, not in trio.
    """

    orders: AsyncOrders
    order_events: AsyncOrderEvents
    api: AuthenticatedClient
    """See `Imprint.api`. Use it with the functions `asyncio` and `asyncio_detailed`."""

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
        """See `Imprint.close`."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
