"""A request as it arrived, for tests that ask what was sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from imprint_sandbox.faults import SandboxFault


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request that arrived, whatever became of it.

    `path` is as it was sent (%2F for a slash in an id), `query` has the last value of each parameter, `headers` has
    names in small letters and the credentials masked, `body` is the bytes as they came, and `operation` is the
    operationId, or None where the contract has no such operation. `status` (int) is that of the response, or None when
    a fault cut the connection before one; `fault` is what went wrong on demand, or None.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    operation: str | None
    status: int | None = None
    fault: SandboxFault | None = None
