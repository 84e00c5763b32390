"""One change of the API, as both layers report it: to what, how grave, and in words."""

import enum
from typing import NamedTuple


class Impact(enum.IntEnum):
    """How grave a change is for a program that works; the policy is at the head of CHANGELOG.md."""

    NOTED = 1
    """Nobody's program can tell, or it only takes more, or is told more."""
    ADDED = 2
    """There is something new to call, send or read."""
    BREAKING = 3


class Direction(NamedTuple):
    """Whether a value goes to Imprint, comes from there, or both."""

    sent: bool
    received: bool


SENT, RECEIVED, NEITHER = Direction(True, False), Direction(False, True), Direction(False, False)


class Change(NamedTuple):
    subject: str
    """An operation (`GET /v2/orders`), a model, or a name of the Python packages."""
    member: str
    """Of the model or the operation; empty if it is about all of it."""
    impact: Impact
    words: str
    """What a consumer must know. What is quoted of a contract is between backticks."""


UNSEEN = "no change: the client does not follow by itself"
FOLLOWS = "same names and types: the generated code follows"
"""Said of Python where only the wire breaks."""


class Mend(NamedTuple):
    """A place that a person must look at."""

    file: str
    line: int
    """0 if it is about the whole file."""
    words: str
