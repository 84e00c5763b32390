"""Read each row of a file as an order or an event, and report everything wrong with it, offline.

The fields of a row decide whether it is an order or an event. The client reads it first. If the client rejects it, the
model is built field by field without checks, so that every fault is found and amounts get the client's advice.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import attrs
from imprint_client import UNSET, InvalidRequestError, NewOrder, NewOrderEvent, check_totals
from imprint_client.bodies import member_faults

from imprint_bulk.files import Columns, Row, plain, read_rows

Kind = Literal["order", "event"]
MODELS: Mapping[Kind, Any] = {"order": NewOrder, "event": NewOrderEvent}
IDS: Mapping[Kind, str] = {"order": "partner_order_id", "event": "partner_event_id"}
_OWN_FIELDS = "_"
"""Fields that begin with this are the merchant's own: notes, or the reason in a file of rejects."""


class Problem(NamedTuple):
    """One fault of a row."""

    path: str
    """Where: ``order_lines[2].rate``; empty for the row itself."""
    text: str
    """What is wrong and, where that can be told, the likely fix."""

    def __str__(self) -> str:
        return f"{self.path} {self.text}".strip()


class Entry(NamedTuple):
    """A row, read and checked."""

    number: int
    kind: Kind
    id: str
    """Its partner_order_id or partner_event_id."""
    order: str
    """Which order it belongs to: "partner_order_id=..." or "id=..."."""
    body: Any
    """A NewOrder or NewOrderEvent. The order_id of an event that names its order by partner_order_id is empty."""
    digest: bytes
    problems: list[Problem]


def check_rows(path: Path) -> Iterator[Entry]:
    """Read and check a file, row by row. The journal finds faults between rows, such as an id used twice.

    Raises:
        FileError: The file cannot be read, or only in part.
    """
    for row in read_rows(path, _columns()):
        yield check_row(row)


def check_row(row: Row) -> Entry:
    """Check one row."""
    if row.problem:
        return _faulty(row, [Problem("", row.problem)])
    fields = {name: value for name, value in row.fields.items() if not name.startswith(_OWN_FIELDS)}
    kind = _kind(fields)
    if kind is None:
        return _faulty(row, [Problem("", _unclear(fields))])
    partner_order_id = fields.pop("partner_order_id", UNSET) if kind == "event" else UNSET
    if partner_order_id is not UNSET:
        fields.setdefault("order_id", "")
    problems = [
        Problem(name, f"is not a field of an {kind}. Correct or remove it") for name in fields.keys() - _names(kind)
    ]
    known = {name: value for name, value in fields.items() if name in _names(kind)}
    body, found = _read(MODELS[kind], known)
    problems += found
    problems += _id_problems(kind, fields, partner_order_id)
    own_id: Any = fields.get(IDS[kind])
    order = _order(kind, fields, partner_order_id)
    digest = b""
    if not problems:
        try:
            digest = _digest(body, order)
        except UnicodeEncodeError:  # half of a surrogate pair, which the client would notice only on sending
            problems = _problems(member_faults(body, MODELS[kind]))
    own_id = own_id if not problems or _is_id(own_id) else ""
    return Entry(row.number, kind, own_id, order, body, digest, sorted(set(problems)))


def _faulty(row: Row, problems: list[Problem]) -> Entry:
    return Entry(row.number, "event", "", "", None, b"", problems)


def _kind(fields: Mapping[str, Any]) -> Kind | None:
    is_order = not _only("order").isdisjoint(fields)
    is_event = not _only("event").isdisjoint(fields)
    return None if is_order == is_event else "order" if is_order else "event"


def _unclear(fields: Mapping[str, Any]) -> str:
    if not fields:
        return "is empty"
    both = [", ".join(sorted(fields.keys() & _only(kind))) for kind in MODELS]
    if all(both):
        advice = ". Your own id of an event is its partner_event_id" if both[0] == "id" else ""
        return f"has fields of an order ({both[0]}) and of an event ({both[1]}). A row is one or the other{advice}"
    return "has no field that only an order has (such as payment_method_id) or only an event (such as type)"


def _id_problems(kind: Kind, fields: Mapping[str, Any], partner_order_id: Any) -> Iterator[Problem]:
    own = IDS[kind]
    if fields.get(own, "") == "":
        why = "nothing can be looked up after a failure. Take it from your ledger, one for each"
        yield Problem(own, f"is needed: without it {why}")
    if kind == "order":
        return
    if partner_order_id is UNSET and fields.get("order_id", "") == "":
        yield Problem("order_id", "is needed, or partner_order_id in its place")
    elif partner_order_id is not UNSET:
        if not _is_id(partner_order_id):
            yield Problem("partner_order_id", "must be a string that is not empty")
        if fields["order_id"] != "":
            yield Problem("partner_order_id", "stands beside order_id. Give one of them")


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != "" and not any("\ud800" <= each <= "\udfff" for each in value)


def _order(kind: Kind, fields: Mapping[str, Any], partner_order_id: Any) -> str:
    if kind == "order":
        return f"partner_order_id={fields.get('partner_order_id')}"
    return f"id={fields.get('order_id')}" if partner_order_id is UNSET else f"partner_order_id={partner_order_id}"


def _digest(body: Any, order: str) -> bytes:
    said = json.dumps([order, body.to_dict()], sort_keys=True, ensure_ascii=False, default=plain)
    return hashlib.blake2b(said.encode(), digest_size=16).digest()


def _problems(faults: Iterable[Any]) -> list[Problem]:
    # The file's author need not know that numbers with a decimal point are kept as Decimal.
    shown = re.compile(r"Decimal\('([^']*)'\)")
    return [Problem(fault.path, shown.sub(r"\1", fault.problem)) for fault in faults]


# --- Models -----------------------------------------------------------------------------------------------------------


def _read(model: Any, fields: dict[str, Any]) -> tuple[Any, list[Problem]]:
    first, body = "", None
    try:
        body = model.from_dict(fields)
        if getattr(getattr(body, "type_", None), "known", True):  # a misspelled type is read as a new one
            check_totals(body)
            return body, []
    except InvalidRequestError as error:
        return body, _problems(error.faults)
    except ValueError as error:
        first = str(error)
    body = _build(model, fields)
    try:
        check_totals(body)
    except InvalidRequestError as error:
        return body, _problems(error.faults)
    return body, [Problem("", first or "cannot be read")]


def _build(model: Any, fields: Any) -> Any:
    """Build a model from any values, without checks."""
    if not isinstance(fields, dict):
        return fields
    known, types = {}, _types(model)
    for name, kind in types.items():
        value = fields.get(name.removesuffix("_"), UNSET)
        if attrs.has(kind) and isinstance(value, list):
            value = [_build(kind, each) for each in value]
        elif kind is datetime and isinstance(value, str):
            value = _instant(value)
        known[name] = value
    return model(**known)


def _instant(text: str) -> Any:
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return text  # and the client says that this is no timestamp


@cache
def _types(model: Any) -> dict[str, Any]:
    """The type of each field; for a list, the type of its items."""
    hints = get_type_hints(model)
    names = [field.name for field in attrs.fields(model) if field.name != "additional_properties"]
    return {name: _base(hints[name]) for name in names}


def _base(hint: Any) -> Any:
    if get_origin(hint) is list:
        return _base(get_args(hint)[0])
    options = [each for each in get_args(hint) if each not in (type(UNSET), type(None))]
    return _base(options[0]) if options else hint


@cache
def _names(kind: Kind) -> frozenset[str]:
    return frozenset(name.removesuffix("_") for name in _types(MODELS[kind]))


@cache
def _only(kind: Kind) -> frozenset[str]:
    """The fields that only this kind has. An event may name its order by partner_order_id."""
    return _names(kind) - _names("event" if kind == "order" else "order") - {"partner_order_id"}


@cache
def _columns() -> Columns:
    types = {name.removesuffix("_"): kind for model in MODELS.values() for name, kind in _types(model).items()}
    return Columns(
        integers=frozenset(name for name, kind in types.items() if kind is int),
        nested=frozenset(name for name, kind in types.items() if attrs.has(kind)),
    )
