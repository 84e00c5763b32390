"""JSON, as it is sent and received: orjson, held to what JSON can say."""

import json
from typing import Any

import orjson


def encode(body: Any, *, plain: bool) -> bytes:
    """Raises TypeError, ValueError or RecursionError for what JSON cannot hold. A `plain` body has no floats."""
    if not plain:
        json.dumps(body, allow_nan=False)  # orjson writes NaN as null, in silence, and UUIDs in a form of its own
    return orjson.dumps(body)


def decode(text: bytes) -> Any:
    """Raises ValueError or RecursionError. Beyond 64 bits an integer becomes a float, which no model takes for one."""
    try:
        return orjson.loads(text)
    except ValueError:
        # Half of a surrogate pair, UTF-16, a byte order mark: not what JSON should be, but read by most.
        return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")  # though Python reads it
