"""`imprint export`: write Imprint's events to a file. A killed export continues where it stopped.

Events are first stored page by page in FILE.part, as JSON Lines, whatever the format of FILE. Its first line has the
filters. At the end of the list, FILE is written from it, and the part is deleted.
"""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from imprint_client import Imprint, OrderEvent

from imprint_bulk.files import FileError, import_parquet, plain

EVENTS_PER_PAGE = 100
_NUMBERS = ("amount", "rewards_amount")
_FIRST = (
    *("order_event_id", "order_id", "partner_event_id", "type", "amount", "rewards_amount", "currency"),
    *("network_transaction_id", "order_lines"),
)


def export(imprint: Imprint, file: Path, filters: dict[str, str], changed: Callable[[int], None]) -> int:
    """Write the events that match all `filters` to a file; return their number.

    Raises:
        FileError: The file cannot be written, or FILE.part belongs to another export.
        APIError, PaginationError: The list ended early. The part keeps the events so far.
    """
    write = {".jsonl": _json_lines, ".ndjson": _json_lines, ".csv": _csv, ".parquet": _parquet}.get(file.suffix.lower())
    if write is None:
        raise FileError(f"{file}: the name must end with .jsonl, .csv or .parquet, which says what the file is to be")
    part, made = file.with_name(f"{file.name}.part"), file.with_name(f"{file.name}.new")
    try:
        count, last = _begun(part, filters)
        with part.open("a", encoding="utf-8", newline="\n") as kept:
            pages = imprint.order_events.list(**filters, limit=EVENTS_PER_PAGE, starting_after=last).pages()  # type: ignore[arg-type]
            for page in pages:
                kept.writelines(json.dumps(event.to_dict(), ensure_ascii=False) + "\n" for event in page.data)
                kept.flush()
                count += len(page.data)
                changed(count)
        write(made, part)
        made.replace(file)
        part.unlink()
    except OSError as error:
        raise FileError(f"{file}: cannot be written: {error.strerror or error}") from None
    return count


def _begun(part: Path, filters: dict[str, str]) -> tuple[int, str | None]:
    """The number of events in an earlier run's part, and the last id. Removes a line that was cut off."""
    asked = json.dumps({"imprint export": filters}) + "\n"
    if not part.exists() or not part.stat().st_size:
        part.write_text(asked, encoding="utf-8")
        return 0, None
    with part.open("r+b") as file:
        if file.readline().decode("utf-8", "replace") != asked:
            raise FileError(f"{part}: is not a part of this export. Delete it, or give -o another name")
        count, last, end = 0, None, file.tell()
        for line in file:
            if not line.endswith(b"\n"):
                break
            count, last, end = count + 1, json.loads(line).get("order_event_id"), end + len(line)
        file.truncate(end)
    return count, last


def _events(part: Path) -> Iterator[dict[str, Any]]:
    with part.open("rb") as file:
        file.readline()
        for line in file:
            yield json.loads(line)


def _json_lines(made: Path, part: Path) -> None:
    with made.open("wb") as file, part.open("rb") as kept:
        kept.readline()
        file.writelines(kept)


def _csv(made: Path, part: Path) -> None:
    names = _names(part)
    with made.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for event in _events(part):
            writer.writerow([_text(event[name]) if name in event else "" for name in names])


def _parquet(made: Path, part: Path) -> None:
    pyarrow, parquet = import_parquet()
    names = _names(part)
    line = pyarrow.struct(
        [("name", pyarrow.string()), ("product_url", pyarrow.string())]
        + [(name, pyarrow.int64()) for name in ("quantity", "rate", "rewards_rate")]
    )
    types = {"order_lines": pyarrow.list_(line), **dict.fromkeys(_NUMBERS, pyarrow.int64())}
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in names])
    with parquet.ParquetWriter(made, schema) as writer:
        batch: list[dict[str, Any]] = []
        for event in _events(part):
            batch.append({name: each if name in types else _text(each) for name, each in event.items()})
            if len(batch) == EVENTS_PER_PAGE * 10:
                writer.write_table(pyarrow.Table.from_pylist(batch, schema))
                batch = []
        writer.write_table(pyarrow.Table.from_pylist(batch, schema))


def _names(part: Path) -> list[str]:
    """The columns: the contract's fields, then any others that Imprint sent."""
    return list(dict.fromkeys([*_FIRST, *(name for event in _events(part) for name in event)]))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=plain, ensure_ascii=False)


def as_line(event: OrderEvent) -> str:
    """An event as a line of JSON."""
    return json.dumps(event.to_dict(), ensure_ascii=False)
