"""`Sandbox`: a local Imprint that a program or a test starts, spoils and looks into."""

import difflib
import logging
import os
from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self

from imprint_sandbox.faults import Fault
from imprint_sandbox.received import ReceivedRequest
from imprint_sandbox.store import JsonObject, Store

_EXTRA = ("jsonschema_rs", "starlette", "uvicorn")
_DUPLICATES = ("keep", "reject")
_LOOPBACK = "127.0.0.1"

_log = logging.getLogger("imprint_sandbox")


class Sandbox:
    """A local Imprint: serves the contract over HTTP and keeps what it is told.

        with Sandbox() as sandbox:
            imprint = Imprint(api_key=sandbox.api_key, base_url=sandbox.url)

    It listens from the moment it is made until `close`, which leaving the `with` block calls. `port` 0 picks a free
    one. `db` is the path of a file that survives a restart, or ":memory:". `api_key` is the only key that is accepted.

    Only this machine can reach it, unless `host` is the IPv4 address of a network; "0.0.0.0" is all of them, which a
    container needs. Whoever reaches it can then read and change what it holds, and a warning in the log says so. A
    request must name a loopback host, `host` or one of `allowed_hosts` (names without a port), or it gets a 403.

    With `duplicates="reject"` a second event with the same `order_event_id` or `partner_event_id`, and a second order
    with the same `partner_order_id`, is answered with 409; otherwise it is recorded again.

    Raises ModuleNotFoundError, saying what to install, without the extra [sandbox]; OSError when the port is taken or
    the file is in use; sqlite3.Error when the file cannot be opened; ValueError when it is another program's, and for
    an unknown value of `duplicates` or a host that is not one.
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
        """Stop serving: open connections are closed, whatever goes on in them. What is in memory is gone."""
        if not self._closed:
            self._closed = True
            self._server.stop()
            self._state.close()

    @property
    def orders(self) -> list[JsonObject]:
        """The orders that are kept, in the order of recording, as they are and not as lookups may still see them."""
        return self._state.records("orders")

    @property
    def events(self) -> list[JsonObject]:
        """The order events that are kept, in the order of recording, those that lookups do not see yet included."""
        return self._state.records("events")

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that arrived (the last 100,000), in order."""
        return self._state.requests()

    @property
    def faults(self) -> list[tuple[str, Fault]]:
        """The faults still to come, with the operationId of each."""
        return self._state.faults()

    def fail(self, operation: str, fault: Fault, *, times: int = 1) -> None:
        """Let `fault` happen to the next `times` requests to `operation` (an operationId), after the faults before it.

        Raises ValueError for an operation that the contract does not have, or for which the fault makes no sense.
        """
        self._state.fail(operation, fault, times)

    def heal(self) -> None:
        """Forget the faults still to come. What is late stays late: see `settle`."""
        self._state.heal()

    def settle(self) -> None:
        """Make later now: late writes have landed when this returns, lookups see everything, delayed answers go out."""
        self._state.settle()

    def reset(self) -> None:
        """Forget everything: records, requests, faults, late writes. Delayed answers are never sent."""
        self._state.reset()

    def wait_for_requests(self, count: int, *, timeout: float = 10.0) -> None:
        """Return once `count` requests have arrived since the start or `reset`; TimeoutError after `timeout` s."""
        self._state.wait_for_requests(count, timeout)


def _hint(duplicates: object) -> str:
    close = difflib.get_close_matches(str(duplicates), _DUPLICATES, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
