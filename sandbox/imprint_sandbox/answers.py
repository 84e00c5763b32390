"""An answer before it is sent, and what a fault makes of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from imprint_sandbox.faults import SandboxFault
from imprint_sandbox.refusals import error_body

UNKNOWN_EVENT_TYPE = "CHARGED_BACK"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status (int), a body (a JSON value, or bytes and str that are sent as they are; None for none), headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def encoded(self) -> bytes:
        """Return the body as bytes."""
        match self.body:
            case None:
                return b""
            case bytes():
                return self.body
            case str():
                return self.body.encode("utf-8", "surrogatepass")
            case _:
                return json.dumps(self.body).encode()


def spoiled(answer: Answer, fault: SandboxFault | None) -> Answer:
    """Return what is sent in place of `answer` on a day with `fault`; None is a good day."""
    if fault is None:
        return _with_headers(answer, {})
    if fault.status is not None:
        body = error_body(fault.status, "A bad day, on demand.") if fault.status >= 400 else None
        answer = Answer(fault.status, body)
    if fault.body is not None:
        answer = replace(answer, body=fault.body)
    match fault.answer:
        case "empty_page" if answer.status < 300:
            answer = replace(answer, body={**answer.body, "data": [], "has_more": True})
        case "repeated_page" if answer.status < 300:
            answer = replace(answer, body={**answer.body, "has_more": True})
        case "unknown_type" if answer.status < 300:
            answer = replace(answer, body=_of_unknown_type(answer.body))
        case "malformed":
            whole = answer.encoded()
            answer = replace(answer, body=whole[: len(whole) // 2])
        case _:
            pass
    return _with_headers(answer, fault.headers)


def _of_unknown_type(body: dict[str, Any]) -> dict[str, Any]:
    if "data" in body:
        return {**body, "data": [_of_unknown_type(event) for event in body["data"]]}
    return {**body, "type": UNKNOWN_EVENT_TYPE}


def _with_headers(answer: Answer, headers: Mapping[str, str]) -> Answer:
    content_type = {} if answer.body is None else {"content-type": "application/json"}
    lowered = {name.lower(): value for name, value in headers.items()}
    return replace(answer, headers={**content_type, **answer.headers, **lowered})
