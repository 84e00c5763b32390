"""The page's own routes: the page, its style and script, the live updates, and what its forms post to.

The forms are safe from other sites: guard.py answers only requests for this host that no other site's page sent.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import parse_qsl

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from imprint_sandbox.app import CLOSED
from imprint_sandbox.face.overview import read_overview
from imprint_sandbox.face.page import render, render_sections
from imprint_sandbox.faults import fault_from_json
from imprint_sandbox.state import State

_LOOKS_EVERY = 0.2  # seconds: how soon a change is on the page
_REST = 9  # times as long as it took to make an update: a page that is open costs a tenth of a core at most
_FOLDER = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


_Endpoint = Callable[[Request], Awaitable[Response]]
N = TypeVar("N", int, float)


def face_of(state: State) -> Router:
    """Return the ASGI application that serves the page for `state`."""

    def shown(request: Request, problem: str = "", given: dict[str, str] | None = None) -> Response:
        url = str(URL(scope=request.scope).replace(path="", query=""))
        page = render(read_overview(state), url, state.operations, problem=problem, given=given)
        return HTMLResponse(page, status_code=400 if problem else 200, headers=_HEADERS)

    async def page(request: Request) -> Response:
        return shown(request)

    async def fault(request: Request) -> Response:
        given = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            state.fail(
                given.get("operation", ""),
                fault_from_json(_fields(given)),
                _number(int, given.get("times", "1"), "times"),
            )
        except ValueError as error:
            return shown(request, f"No fault was added: {error}", given)
        return _back()

    def done(act: Callable[[], None]) -> _Endpoint:
        async def endpoint(_: Request) -> Response:
            act()
            return _back()

        return endpoint

    def file(name: str, media_type: str) -> _Endpoint:
        content = (_FOLDER / name).read_bytes()

        async def endpoint(_: Request) -> Response:
            return Response(content, media_type=media_type, headers=_HEADERS)

        return endpoint

    return Router(
        [
            Route("/_sandbox", page),
            Route("/_sandbox/", page),
            Route("/_sandbox/page/page.css", file("page.css", "text/css")),
            Route("/_sandbox/page/page.js", file("page.js", "text/javascript")),
            Route("/_sandbox/page/stream", _Stream(state)),
            Route("/_sandbox/page/fault", fault, methods=["POST"]),
            Route("/_sandbox/page/settle", done(state.settle), methods=["POST"]),
            Route("/_sandbox/page/heal", done(state.heal), methods=["POST"]),
            Route("/_sandbox/page/reset", done(state.reset), methods=["POST"]),
        ],
        redirect_slashes=False,
    )


class _Stream:
    """Server-sent events: the sections of the page that have changed, as a JSON object of their HTML."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        closed = cast("Callable[[], bool]", scope[CLOSED])
        headers = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
        headers.append((b"content-type", b"text/event-stream"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        version, sent = -1, dict[str, str]()
        # In this task alone, with no task of its own that waits for the end: the server waits for those when it stops.
        while not closed():
            began = time.perf_counter()
            if version != self._state.version:
                version = self._state.version
                sections = render_sections(read_overview(self._state))
                changed = {name: html for name, html in sections.items() if sent.get(name) != html}
                sent.update(sections)
                message = f"data: {json.dumps(changed)}\n\n"
                await send({"type": "http.response.body", "body": message.encode(), "more_body": True})
            await asyncio.sleep(max(_LOOKS_EVERY, (time.perf_counter() - began) * _REST))


def _fields(given: dict[str, str]) -> dict[str, object]:
    """Return the fields of the fault that a form describes: empty form fields are not among them."""
    fields: dict[str, object] = {name: given[name] for name in ("answer", "write") if name in given}
    for name in ("status", "settles_after"):
        if name in given:
            fields[name] = _number(int, given[name], name)
    if "delay" in given:
        fields["delay"] = _number(float, given["delay"], "delay")
    if "retry_after" in given:
        fields["headers"] = {"Retry-After": given["retry_after"]}
    return fields


def _number(kind: Callable[[str], N], text: str, name: str) -> N:
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}, but it must be a number.") from None


def _back() -> Response:
    return RedirectResponse("/_sandbox", status_code=303, headers=_HEADERS)
