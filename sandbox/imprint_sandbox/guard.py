"""Decides which requests the sandbox answers at all, so that no web page can reach it from a developer's browser.

A page can point its own host name at 127.0.0.1 (DNS rebinding): such a request names a host that is not the sandbox's.
A page can also post to http://127.0.0.1 directly: the browser then says which site the request comes from.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

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
        self._problem_of_host = lru_cache(maxsize=64)(self._look_at_host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        problem = self._problem_of_host(headers.get("host", "")) or _problem_of_page(scope["method"], headers)
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await JSONResponse(error_body(403, problem), status_code=403)(scope, receive, send)

    def _look_at_host(self, host: str) -> str | None:
        parts = _HOST.fullmatch(host)
        name = parts[1].lower().removesuffix(".") if parts else ""
        if _is_loopback(name) or name in self._allowed:
            return None
        return (
            f"This sandbox is not at the host {host!r}. If it is, start it with --allowed-host {name or 'NAME'}, "
            f"or Sandbox(allowed_hosts=[{name or 'NAME'!r}])."
        )


def _problem_of_page(method: str, headers: Headers) -> str | None:
    """Say why a request of another site's page is refused; None for one of the sandbox's own page, or of none."""
    origin = headers.get("origin")
    own = (None, f"http://{headers['host']}", f"https://{headers['host']}")
    if method in _SAFE_METHODS or (origin in own and headers.get("sec-fetch-site", "none") in ("same-origin", "none")):
        return None
    return "Another site's page sent this request. Only the sandbox's own page may."


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
