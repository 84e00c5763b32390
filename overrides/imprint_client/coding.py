"""JSON by orjson, limited to what JSON can hold."""

import json
from typing import Any

import orjson


def encode(body: Any, *, plain: bool) -> bytes:
    """Raises TypeError, ValueError or RecursionError for what JSON cannot hold. A `plain` body has no floats."""
    if not plain:
        json.dumps(body, allow_nan=False)  # orjson writes NaN as null and accepts UUIDs
    return orjson.dumps(body)


def decode(text: bytes) -> Any:
    """Raises ValueError or RecursionError. Integers beyond 64 bits become floats, which the models refuse."""
    try:
        return orjson.loads(text)
    except ValueError:
        # Half of a surrogate pair, UTF-16 or a byte order mark is not proper JSON, but most readers accept it.
        return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")  # though Python reads it
