"""Serves the application from a thread of its own.

uvicorn's HTTP protocol without its `Server`: that one looks for the order to stop every tenth of a second, and waits
for connections which are kept alive. Tests start and stop many sandboxes.
"""

import asyncio
import ipaddress
import socket
import threading
from concurrent.futures import Future

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from imprint_sandbox.app import ABORT, CLOSED
from imprint_sandbox.delays import Delays

_BACKLOG = 1024  # connections: hundreds of tasks connect at once in some tests
_KEEP_ALIVE = 3600  # seconds: no connection is closed that a test has not asked to be closed


class Server:
    """Serves `app` at `host` (IPv4) and `port` (0: a free one) between `start` and `stop`.

    `url` is where this machine reaches it.
    """

    def __init__(self, app: ASGIApp, delays: Delays, host: str, port: int) -> None:
        self._app = app
        self._delays = delays
        self._socket = socket.create_server((host, port), backlog=_BACKLOG)
        # Connections inherit it. asyncio does not set it for a socket made like this, and a POST would take 40 ms more.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread = threading.Thread(target=self._run, name="imprint-sandbox", daemon=True)
        self._started: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        address, self.port = self._socket.getsockname()
        listening = ipaddress.ip_address(address)
        self.is_reachable_from_elsewhere = not listening.is_loopback
        # What listens at every address of this machine listens at its loopback address, too.
        self.url = f"http://{'127.0.0.1' if listening.is_unspecified else address}:{self.port}"

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()
        self._started.result()

    def stop(self) -> None:
        """Close every connection, whatever goes on in it, and serve no more."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._socket.close()
            # Whoever waits for the start would wait for ever.
            self._started.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._delays.open(self._loop)
        config = _Config(
            self._app, interface="asgi3", lifespan="off", ws="none", proxy_headers=False, timeout_keep_alive=_KEEP_ALIVE
        )
        connections = ServerState()
        server = await self._loop.create_server(
            lambda: _Connection(config, connections, {}), sock=self._socket, backlog=_BACKLOG
        )
        self._started.set_result(None)
        await self._stopping.wait()
        # asyncio leaks a connection that is still being accepted when its server closes.
        while accepting := asyncio.all_tasks() - connections.tasks - {asyncio.current_task()}:
            await asyncio.wait(accepting)
        server.close()
        self._delays.close()
        for connection in list(connections.connections):
            connection.transport.abort()
        await asyncio.gather(*connections.tasks)


class _Config(uvicorn.Config):
    def configure_logging(self) -> None:
        """Leave uvicorn's loggers alone: a service under test may be running on uvicorn in this process."""


class _Connection(H11Protocol):
    """A connection that the application can close, and that logs no requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.access_log = False
        serve = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope[ABORT], scope[CLOSED] = transport.abort, transport.is_closing
            # As it was sent: %2F in an id is no slash that parts a path.
            scope["path"] = scope["raw_path"].decode("ascii")
            await serve(scope, receive, send)

        self.app = app
