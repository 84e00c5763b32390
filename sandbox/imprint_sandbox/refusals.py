"""How the sandbox says no: one exception, written as Imprint writes its errors."""

from typing import Any

# Published is INVALID_REQUEST_ERROR alone; the other names are ours, in its manner.
_TYPES = {
    400: "INVALID_REQUEST_ERROR",
    401: "AUTHENTICATION_ERROR",
    403: "PERMISSION_ERROR",
    404: "NOT_FOUND_ERROR",
    405: "METHOD_NOT_ALLOWED_ERROR",
    409: "CONFLICT_ERROR",
    415: "UNSUPPORTED_MEDIA_TYPE_ERROR",
    429: "RATE_LIMIT_ERROR",
    501: "NOT_IMPLEMENTED_ERROR",
}


class RefusedError(Exception):
    """A request that is answered with an error instead of being carried out.

    `status` is the HTTP status (int), `message` the text for people, `param` the path of the member or the name of the
    parameter that is at fault (`order_lines[2].rate`), or None.
    """

    def __init__(self, status: int, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param


def error_body(status: int, message: str, param: str | None = None) -> dict[str, Any]:
    """Return Imprint's published error body: type and message, and param where one is to blame."""
    error = {"type": _TYPES.get(status, "API_ERROR"), "message": message}
    if param is not None:
        error["param"] = param
    return {"error": error}
