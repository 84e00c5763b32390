"""The control endpoint, /_sandbox: what the Python API does, over HTTP, for services in other languages.

    GET    /_sandbox                                  a page for people, which shows all of it; see face/
    GET    /_sandbox/health                           {"status": "ok"} as soon as it serves
    GET    /_sandbox/orders | events | requests       what is kept; what arrived
    GET    /_sandbox/faults                           the faults still to come
    POST   /_sandbox/faults                           {"operation": "postOrderEvent", "times": 1, "fault": {...}}
    DELETE /_sandbox/faults                           forget them
    POST   /_sandbox/settle | reset                   what `Sandbox.settle` and `Sandbox.reset` do

The fields of "fault" are those of `SandboxFault`. No key is needed: see guard.py for who may ask.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imprint_sandbox.faults import SandboxFault, fault_from_json
from imprint_sandbox.received import ReceivedRequest
from imprint_sandbox.refusals import error_body
from imprint_sandbox.state import State

_EXAMPLE = '{"operation": "postOrderEvent", "times": 1, "fault": {"status": 503}}'
_Endpoint = Callable[[Request], Awaitable[Response]]


def control_routes(state: State) -> list[Route]:
    """Return the routes of the control endpoint for `state`."""

    def shown(read: Callable[[], list[Any]]) -> _Endpoint:
        async def endpoint(_: Request) -> Response:
            return JSONResponse({"data": read()})

        return endpoint

    def done(act: Callable[[], None]) -> _Endpoint:
        async def endpoint(_: Request) -> Response:
            act()
            return Response(status_code=204)

        return endpoint

    async def fail(request: Request) -> Response:
        try:
            wanted: dict[str, Any] = json.loads(await request.body())
            state.fail(wanted["operation"], fault_from_json(wanted["fault"]), wanted.get("times", 1))
        except (KeyError, TypeError, AttributeError):
            return JSONResponse(
                error_body(400, f"No fault was set: the body must look like {_EXAMPLE}"), status_code=400
            )
        except ValueError as error:
            return JSONResponse(error_body(400, f"No fault was set: {error}"), status_code=400)
        return Response(status_code=204)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return [
        Route("/_sandbox/health", health),
        Route("/_sandbox/orders", shown(lambda: state.records("orders"))),
        Route("/_sandbox/events", shown(lambda: state.records("events"))),
        Route("/_sandbox/requests", shown(lambda: [_shown_request(each) for each in state.requests()])),
        Route("/_sandbox/faults", shown(lambda: [_shown_fault(*each) for each in state.faults()])),
        Route("/_sandbox/faults", fail, methods=["POST"]),
        Route("/_sandbox/faults", done(state.heal), methods=["DELETE"]),
        Route("/_sandbox/settle", done(state.settle), methods=["POST"]),
        Route("/_sandbox/reset", done(state.reset), methods=["POST"]),
    ]


def _shown_request(request: ReceivedRequest) -> dict[str, Any]:
    fault = None if request.fault is None else _members(request.fault)
    return {**asdict(request), "body": request.body.decode("utf-8", "replace"), "fault": fault}


def _shown_fault(operation: str, fault: SandboxFault) -> dict[str, Any]:
    return {"operation": operation, "fault": _members(fault)}


def _members(fault: SandboxFault) -> dict[str, Any]:
    members = asdict(fault)
    if isinstance(fault.body, bytes):
        members["body"] = fault.body.decode("utf-8", "replace")
    return members
