"""The HTTP side: routes made from the contract's operations, authentication, and answers as the fault wants them."""

import base64
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from imprint_sandbox.answers import Answer
from imprint_sandbox.contract import Operation
from imprint_sandbox.control import control_routes
from imprint_sandbox.faults import SandboxFault
from imprint_sandbox.guard import Guard
from imprint_sandbox.operations import HANDLERS
from imprint_sandbox.received import ReceivedRequest
from imprint_sandbox.refusals import RefusedError, error_body
from imprint_sandbox.state import State
from imprint_sandbox.store import Store

# Where the server puts the functions that close the connection and that say whether it is closed; see server.py.
ABORT = "imprint_sandbox.abort"
CLOSED = "imprint_sandbox.closed"

_SECRET_HEADERS = ("authorization", "x-imprint-merchant-key")

_log = logging.getLogger("imprint_sandbox.http")


def make_app(
    state: State, operations: Mapping[str, Operation], api_key: str, allowed_hosts: Iterable[str] = ()
) -> ASGIApp:
    """Return the ASGI application that serves `operations` from `state` at loopback hosts and `allowed_hosts`."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations.values():
        by_path.setdefault(operation.path, {})[operation.method] = operation
    routes = [Route(path, _Endpoint(state, api_key, by_method)) for path, by_method in by_path.items()]
    # A redirect to a path without the slash would be an answer that the contract does not know.
    nothing = _Endpoint(state, api_key, by_method={})
    page = _Page(state)
    pages = [Route(path, page) for path in ("/_sandbox", "/_sandbox/", "/_sandbox/page/{rest:path}")]
    router = Router([*routes, *control_routes(state), *pages], redirect_slashes=False, default=nothing)
    return Guard(router, allowed_hosts)


class _Page:
    """Serves the page for people; imports it when it is first asked for, so that it costs a test nothing."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            from imprint_sandbox.face.routes import face_of  # noqa: PLC0415 - see above

            self._app = face_of(self._state)
        await self._app(scope, receive, send)


class _Endpoint:
    """Serves the operations of one path; with none, answers 404."""

    def __init__(self, state: State, api_key: str, by_method: Mapping[str, Operation]) -> None:
        self._state = state
        self._api_key = api_key
        self._by_method = by_method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        operation = self._by_method.get(request.method)
        received = ReceivedRequest(
            method=request.method,
            path=request.scope["path"],
            query=dict(request.query_params),
            headers={name: _masked(value) if name in _SECRET_HEADERS else value for name, value in _headers(request)},
            body=body,
            operation=operation.operation_id if operation else None,
        )

        def work(store: Store, fault: SandboxFault | None) -> Answer:
            from_start = fault is not None and fault.answer == "repeated_page"
            try:
                return self._answer(store, request, body, operation, from_start=from_start)
            except RefusedError as refused:
                headers = self._headers_of_refusal(refused.status)
                return Answer(refused.status, error_body(refused.status, refused.message, refused.param), headers)

        answer, noted = self._state.handle(received, work)
        fault = noted.fault
        _log_request(noted, scope["query_string"].decode("latin-1"))
        wanted = fault is None or not fault.delay or await self._state.delays.wait(fault.delay)
        if not wanted or (fault is not None and fault.answer == "cut"):
            await _cut(scope, receive)
            return
        content = answer.encoded()
        await _send_head(send, answer, len(content))
        if fault is not None and fault.answer == "cut_in_body":
            await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
            await _cut(scope, receive)
            return
        await send({"type": "http.response.body", "body": content})

    def _answer(
        self, store: Store, request: Request, body: bytes, operation: Operation | None, *, from_start: bool
    ) -> Answer:
        if operation is None:
            if self._by_method:
                raise RefusedError(405, f"{request.method} is not possible here.")
            raise RefusedError(404, f"There is nothing at {request.scope['path']}. People look at /_sandbox.")
        self._authenticate(request)
        query = [
            (name, value)
            for name, value in request.query_params.multi_items()
            if not (from_start and name == "starting_after")
        ]
        path = {name: unquote(value) for name, value in request.path_params.items()}
        call = operation.check(path=path, query=query, headers=_headers(request), body=body)
        handler = HANDLERS.get(operation.operation_id)
        if handler is None:
            raise RefusedError(501, f"The sandbox does not know {operation.operation_id} yet.")
        return Answer(operation.status, handler(store, call))

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        scheme, _, credentials = given.partition(" ")
        basic = base64.b64encode(f"{self._api_key}:".encode()).decode()
        wanted = {"bearer": self._api_key, "basic": basic}.get(scheme.lower())
        if wanted is None or not secrets.compare_digest(credentials.strip().encode(), wanted.encode()):
            raise RefusedError(401, "The API key is missing, or is not this sandbox's.")

    def _headers_of_refusal(self, status: int) -> dict[str, str]:
        match status:
            case HTTPStatus.UNAUTHORIZED:
                return {"www-authenticate": "Bearer"}
            case HTTPStatus.METHOD_NOT_ALLOWED:
                return {"allow": ", ".join(self._by_method)}
            case _:
                return {}


def _log_request(request: ReceivedRequest, query: str) -> None:
    target = f"{request.path}?{query}" if query else request.path
    fault = "" if request.fault is None else f" {request.fault!r}"
    _log.info("%s %s %s%s", request.method, target, request.status or "cut", fault)


def _headers(request: Request) -> list[tuple[str, str]]:
    return request.headers.items()


def _masked(credentials: str) -> str:
    scheme, space, _ = credentials.partition(" ")
    return f"{scheme} ***" if space else "***"


async def _send_head(send: Send, answer: Answer, length: int) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.status != HTTPStatus.NO_CONTENT and answer.status != HTTPStatus.NOT_MODIFIED:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _cut(scope: Scope, receive: Receive) -> None:
    abort = cast("Callable[[], None]", scope[ABORT])
    abort()
    message: Mapping[str, Any] = {}
    # Until the server has seen it: an application that returns sooner is taken for one that forgot to answer.
    while message.get("type") != "http.disconnect":
        message = await receive()
