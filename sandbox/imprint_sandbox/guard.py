"""Decides which requests the sandbox answers at all, so that no web page can reach it from a developer's browser.

A page can point its own host name at 127.0.0.1 (DNS rebinding): such a request names a host that is not the sandbox's.
A page can also post to http://127.0.0.1 directly: the browser then says which site the request comes from.
"""

import ipaddress
import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from imprint_sandbox.refusals import error_body

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]]+)(:[0-9]*)?", re.IGNORECASE)
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Passes on to `app` what names a loopback host or one of `allowed_hosts`, and answers anything else with 403.

    Raises ValueError when one of `allowed_hosts` is not a host name or an IP address.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(_allowed(host) for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        problem = self._problem(scope["method"], headers)
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await JSONResponse(error_body(403, problem), status_code=403)(scope, receive, send)

    def _problem(self, method: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        parts = _HOST.fullmatch(host)
        name = parts[1].lower().removesuffix(".") if parts else ""
        if not _is_loopback(name) and name not in self._allowed:
            return (
                f"This sandbox is not at the host {host!r}. If it is, start it with --allowed-host {name or 'NAME'}, "
                f"or Sandbox(allowed_hosts=[{name or 'NAME'!r}])."
            )
        if method not in _SAFE_METHODS and not _is_from_here(host, headers):
            return "Another site's page sent this request. Only the sandbox's own page may."
        return None


def _allowed(host: str) -> str:
    parts = _HOST.fullmatch(host)
    if parts is None or parts[2] is not None:
        raise ValueError(
            f"{host!r} is not a host name or an IP address. Give the name alone, without scheme, port or path."
        )
    return parts[1].lower().removesuffix(".")


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_from_here(host: str, headers: Headers) -> bool:
    """Whether the request comes from the sandbox's own page, or from no page at all."""
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "none")
    return site in ("same-origin", "none") and origin in (None, f"http://{host}", f"https://{host}")
