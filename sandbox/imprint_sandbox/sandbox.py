"""`Sandbox`: a local Imprint that a program or a test starts, gives bad days, and looks into."""

import difflib
import logging
import os
from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self

from imprint_sandbox.faults import SandboxFault
from imprint_sandbox.received import ReceivedRequest
from imprint_sandbox.store import JsonObject, Store

_EXTRA = ("jsonschema_rs", "starlette", "uvicorn")
_DUPLICATES = ("keep", "reject")
_LOOPBACK = "127.0.0.1"

_log = logging.getLogger("imprint_sandbox")


class Sandbox:
    """A local Imprint: it serves the contract over HTTP and keeps what it is told.

        with Sandbox() as sandbox:
            imprint = Imprint(api_key=sandbox.api_key, base_url=sandbox.url)

    It listens until `close`, which leaving the `with` block calls.

    Args:
        host: The IPv4 address to listen on. The default lets only this machine in. "0.0.0.0" lets other machines and
            containers in, which can then read and change everything; a warning in the log says so.
        port: 0 picks a free one.
        db: A file that survives a restart. The default keeps everything in memory.
        api_key: The only key that is accepted.
        duplicates: "keep" records a second event with the same `order_event_id` or `partner_event_id`, and a second
            order with the same `partner_order_id`. "reject" answers it with a 409.
        allowed_hosts: Names without a port that requests may use, beside loopback and `host`. Others get a 403.

    Raises:
        ModuleNotFoundError: The extra [sandbox] is not installed. The message says what to install.
        OSError: The port is taken, or another sandbox uses the file.
        sqlite3.Error: The file cannot be opened.
        ValueError: The file belongs to another program, or an argument is not valid.
    """

    def __init__(
        self,
        *,
        host: str = _LOOPBACK,
        port: int = 0,
        db: str | os.PathLike[str] = ":memory:",
        api_key: str = "sandbox-key",
        duplicates: Literal["keep", "reject"] = "keep",
        allowed_hosts: Sequence[str] = (),
    ) -> None:
        if duplicates not in _DUPLICATES:
            raise ValueError(f"duplicates is {duplicates!r}, but it must be 'keep' or 'reject'.{_hint(duplicates)}")
        if isinstance(allowed_hosts, str):
            raise ValueError(f"allowed_hosts is a string, but it must be a list: [{allowed_hosts!r}].")
        try:
            # Here, so that without the extra the fixture and the command can say what to install.
            from imprint_sandbox import app, contract, server, state  # noqa: PLC0415
        except ModuleNotFoundError as missing:
            package = (missing.name or "").partition(".")[0]
            if package not in _EXTRA:
                raise
            raise ModuleNotFoundError(
                f"The Imprint sandbox needs {package}: pip install 'imprint-client[sandbox]'", name=package
            ) from None
        operations = contract.read_operations(contract.find_contract())
        self._state = state.State(Store(db, refuse_duplicates=duplicates == "reject"), operations)
        try:
            serve = app.make_app(self._state, operations, api_key, (host, *allowed_hosts))
            self._server = server.Server(serve, self._state.delays, host, port)
            self._server.start()
        except BaseException:
            self._state.close()
            raise
        self._closed = False
        self.api_key = api_key
        self.url = self._server.url
        if self._server.is_reachable_from_elsewhere:
            _log.warning(
                "The sandbox listens on %s: every machine that can reach this one can read and change what it holds.",
                host,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving, and close all connections. What is in memory is lost."""
        if not self._closed:
            self._closed = True
            self._server.stop()
            self._state.close()

    @property
    def orders(self) -> list[JsonObject]:
        """The orders, in the order of recording, including what lookups do not see yet."""
        return self._state.records("orders")

    @property
    def events(self) -> list[JsonObject]:
        """The order events, in the order of recording, including those that lookups do not see yet."""
        return self._state.records("events")

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that arrived, in order. Only the last 100,000 are kept."""
        return self._state.requests()

    @property
    def faults(self) -> list[tuple[str, SandboxFault]]:
        """The faults still to come, with the operationId of each."""
        return self._state.faults()

    def fail(self, operation: str, fault: SandboxFault, *, times: int = 1) -> None:
        """Make the next requests to an operation go wrong, after the faults that were added before.

        Args:
            operation: The operationId: createOrder, listOrders, putOrder, deleteOrder, postOrderEvent, listOrderEvents
                or deleteOrderEvent.
            fault: What goes wrong.
            times: How many requests it happens to.

        Raises:
            ValueError: The contract has no such operation, or the fault makes no sense for it.
        """
        self._state.fail(operation, fault, times)

    def heal(self) -> None:
        """Forget the faults still to come. Late writes stay late: see `settle`."""
        self._state.heal()

    def settle(self) -> None:
        """Land all late writes, let lookups see everything, and send delayed responses now."""
        self._state.settle()

    def reset(self) -> None:
        """Forget everything: records, requests, faults and late writes. Delayed responses are never sent."""
        self._state.reset()

    def wait_for_requests(self, count: int, *, timeout: float = 10.0) -> None:
        """Wait until `count` requests have arrived since the start or `reset`; TimeoutError after `timeout` seconds."""
        self._state.wait_for_requests(count, timeout)


def _hint(duplicates: object) -> str:
    close = difflib.get_close_matches(str(duplicates), _DUPLICATES, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
