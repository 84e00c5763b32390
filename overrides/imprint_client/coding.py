"""JSON, as it is sent and received: orjson, held to what JSON can say."""

import json
from typing import Any

import orjson

# What orjson would write in a form of its own, where no model has said how.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def encode(body: Any, *, plain: bool) -> bytes:
    """Raises TypeError, ValueError or RecursionError for what JSON cannot hold. A `plain` body has no floats."""
    text = orjson.dumps(body, option=_OPTIONS)
    if not plain and b"null" in text:
        json.dumps(body, allow_nan=False)  # orjson writes NaN and infinity as null, in silence
    return text


def decode(text: bytes) -> Any:
    """Raises ValueError or RecursionError. Beyond 64 bits an integer becomes a float, which no model takes for one."""
    try:
        return orjson.loads(text)
    except ValueError:
        # Half of a surrogate pair, UTF-16, a byte order mark: not what JSON should be, but read by most.
        return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")  # though Python reads it
