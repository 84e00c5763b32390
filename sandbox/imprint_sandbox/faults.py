"""A bad day, as one value: what happens to the write, and what the caller sees of it.

The two are separate because they are separate in real life. A 503 can come before or after the write, and a broken
connection says nothing about either.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, get_args

Write = Literal["made", "lost", "late", "unseen"]
AnswerKind = Literal["normal", "cut", "cut_in_body", "malformed", "empty_page", "repeated_page", "unknown_type"]

_BODILESS = (204, 205, 304)
_FRAMING = ("content-length", "transfer-encoding", "connection")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SandboxFault:
    """What goes wrong with one request.

    `write` is what happens to the record that the request adds, replaces or deletes:

    - "made": it is done at once. The default, if the response comes from it.
    - "lost": it is never done. The default with a `status`, and with "cut".
    - "late": it is done only after the response. It needs a `status` or "cut".
    - "unseen": it is done at once, but lookups do not see it until later.

    `settles_after` says when later is: after this many more requests (an int, 1 or more), or at `Sandbox.settle()` if
    it is None.

    `answer` is what is sent:

    - "normal": the usual response, or one with `status`. The default.
    - "cut": nothing. The connection is closed.
    - "cut_in_body": all headers and half of the body. Then the connection is closed.
    - "malformed": a complete response whose body is half of its JSON.
    - "empty_page": a page with no events that says there are more.
    - "repeated_page": the first page again, whatever the cursor is. It says there are more.
    - "unknown_type": events with a type that the contract does not know.

    `status` (int), `headers` and `body` replace those of the response. A `body` that is bytes or str is sent as it is,
    anything else as JSON. Without a `body`, a `status` of 400 or more has Imprint's error body, and a lower one has
    none. `delay` is the time in seconds (float) between the write and the response. `Sandbox.settle()` ends it.

    Raises:
        ValueError: No field is given, or the fields contradict each other.
    """

    write: Write | None = None
    settles_after: int | None = None
    answer: AnswerKind | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    delay: float = 0.0

    def __repr__(self) -> str:
        return f"SandboxFault({', '.join(f'{name}={value!r}' for name, value in given_fields(self))})"

    def __post_init__(self) -> None:
        if not given_fields(self):
            raise ValueError(
                "SandboxFault() changes nothing. Say what goes wrong, as in SandboxFault(status=503), "
                "SandboxFault(answer='cut') or SandboxFault(delay=1.5). For a request that goes well before the "
                "next one fails, use SandboxFault(answer='normal')."
            )
        for problem in self._problems():
            raise ValueError(f"{problem}: {self!r}")

    @property
    def write_or_default(self) -> Write:
        """What becomes of the write, with the default filled in."""
        if self.write is not None:
            return self.write
        return "made" if self._answer_comes_from_the_write else "lost"

    @property
    def spoils_the_body(self) -> bool:
        """Whether there must be a body, for this to make another of it."""
        return self.body is not None or self.answer in ("cut_in_body", "malformed")

    @property
    def _answer_comes_from_the_write(self) -> bool:
        return self.status is None and self.answer != "cut"

    def _problems(self) -> list[str]:
        return [
            problem
            for problem, is_so in (
                (f"write must be one of {get_args(Write)}", self.write not in (None, *get_args(Write))),
                (f"answer must be one of {get_args(AnswerKind)}", self.answer not in (None, *get_args(AnswerKind))),
                (
                    "status must be an int from 200 to 599",
                    self.status is not None and not _is_int(self.status, 200, 599),
                ),
                ("delay must be seconds, 0 or more", not _is_duration(self.delay)),
                (
                    "settles_after must be an int, 1 or more",
                    self.settles_after is not None and not _is_int(self.settles_after, 1, 2**53),
                ),
                (
                    "settles_after needs write='late' or write='unseen'",
                    self.settles_after is not None and self.write not in ("late", "unseen"),
                ),
                (
                    "a lost or late write has no response to send; add a status, or answer='cut'",
                    self.write in ("lost", "late") and self._answer_comes_from_the_write,
                ),
                (
                    f"answer={self.answer!r} cannot have a status or a body",
                    self.answer in ("empty_page", "repeated_page", "unknown_type")
                    and (self.status is not None or self.body is not None),
                ),
                (
                    f"answer={self.answer!r} with a status under 400 needs a body",
                    self.answer in ("cut_in_body", "malformed")
                    and self.body is None
                    and self.status is not None
                    and self.status < 400,
                ),
                (f"status {self.status} cannot have a body", self.status in _BODILESS and self.body is not None),
                ("headers must be text, and the sandbox sets the length of the body itself", not self._headers_are_fit),
            )
            if is_so
        ]

    @property
    def _headers_are_fit(self) -> bool:
        return all(
            re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
            and name.lower() not in _FRAMING
            and re.fullmatch(r"[\x20-\x7e]*", value)
            for name, value in self.headers.items()
        )


def given_fields(fault: SandboxFault) -> list[tuple[str, Any]]:
    """Return the names and values of the fields that are not as they are by default."""
    return [
        (each.name, getattr(fault, each.name))
        for each in fields(fault)
        if getattr(fault, each.name) != (each.default if each.default_factory is MISSING else each.default_factory())
    ]


def fault_from_json(members: Mapping[str, Any]) -> SandboxFault:
    """Return the fault whose fields are `members`; raise ValueError when they are not a fault's."""
    unknown = members.keys() - {each.name for each in fields(SandboxFault)}
    if unknown:
        known = ", ".join(each.name for each in fields(SandboxFault))
        raise ValueError(f"a fault has no field {', '.join(map(repr, sorted(unknown)))}. Its fields are {known}")
    try:
        return SandboxFault(**members)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"not a fault: {error}") from None


def _is_int(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
