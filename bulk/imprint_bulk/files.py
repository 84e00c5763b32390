"""Files of orders and events: JSON Lines, CSV and Parquet, read row by row and never loaded whole.

CSV is text. A reader that guesses types turns the id 000123 into 123, so only what the contract calls an integer or a
list is converted, and only if the cell is exactly that. An amount with a decimal point stays text, and the check of the
row rejects it. JSON numbers with a decimal point become `Decimal`: no float ever holds an amount.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, NamedTuple

LONGEST_LINE_BYTES = 1_000_000
PARQUET_BATCH_ROWS = 500
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)


class FileError(Exception):
    """The file cannot be read, or only in part. The message says where, and what to do."""


class Row(NamedTuple):
    """One row of a file."""

    number: int
    """As an editor or a spreadsheet counts: the line of a JSON Lines file; the header of a CSV file is row 1."""
    fields: dict[str, Any]
    problem: str | None = None
    """Why there are no fields: this row cannot be read."""


class Columns(NamedTuple):
    """How the cells of a CSV file are read."""

    integers: frozenset[str]
    nested: frozenset[str]
    """Their cells hold JSON."""


def read_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """Read the rows of a file, in order. Its extension decides the format: .jsonl or .ndjson, .csv, .parquet.

    Raises:
        FileError: It cannot be read, or has no rows.
    """
    readers = {".jsonl": _json_lines, ".ndjson": _json_lines, ".csv": _csv, ".parquet": _parquet}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise FileError(f"{path}: the name must end with .jsonl, .csv or .parquet, which says what the file is")
    empty = True
    try:
        with path.open("rb") as file:
            for row in read(path, file, columns):
                empty = False
                yield row
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from None
    if empty:
        raise FileError(f"{path}: has no rows")


def _json_lines(path: Path, file: IO[bytes], _: Columns) -> Iterator[Row]:
    for number, line in _lines(path, file):
        if not line.strip():
            continue
        try:
            fields = parse_json(line.decode())
        except UnicodeDecodeError as error:
            yield Row(number, {}, _not_utf8(error))
        except (ValueError, RecursionError) as error:
            cut = "" if line.endswith(b"\n") else "; the file may be cut off here"
            yield Row(number, {}, f"is not JSON: {error}{cut}")
        else:
            is_object = isinstance(fields, dict)
            yield Row(number, fields if is_object else {}, None if is_object else "is not a JSON object")


def parse_json(text: str) -> Any:
    """Read JSON strictly: no duplicate field, no NaN, no float.

    Raises:
        ValueError, RecursionError: It is not JSON.
    """
    return json.loads(text, object_pairs_hook=_object, parse_float=Decimal, parse_constant=_refuse)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the field {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return read


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number of JSON")


def _csv(path: Path, file: IO[bytes], columns: Columns) -> Iterator[Row]:
    number, reader = 1, csv.reader(_text_lines(path, file), strict=True)
    try:
        header = next(reader, [])
        _check_header(path, header)
        for number, cells in enumerate(reader, 2):
            if not cells:
                continue
            if len(cells) != len(header):
                yield Row(number, {}, f"has {len(cells)} cells, but the header has {len(header)}")
                continue
            yield Row(number, {n: _cell(n, c, columns) for n, c in zip(header, cells, strict=True) if c != ""})
    except csv.Error as error:
        hint = "; is a quotation mark missing, or the file cut off?"
        raise FileError(f"{path}: the row after row {number} is not CSV: {error}{hint}") from None


def _check_header(path: Path, header: list[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise FileError(f"{path}: the header has the column {twice[0]!r} twice")
    if any(not name.strip() for name in header):
        raise FileError(f"{path}: the header has a column without a name")


def _cell(name: str, cell: str, columns: Columns) -> Any:
    if name in columns.integers and _INTEGER.fullmatch(cell):
        return int(cell)
    if name in columns.nested:
        try:
            return parse_json(cell)
        except (ValueError, RecursionError):
            return cell  # the check of the row then says that this is not a list
    return cell


def _text_lines(path: Path, file: IO[bytes]) -> Iterator[str]:
    for number, line in _lines(path, file):
        if not line.endswith((b"\n", b"\r")):
            # A truncated cell, such as 2749 from 274999, looks like a complete one.
            raise FileError(
                f"{path}: the last line ({number}) does not end with a line break, so the file may be cut off. "
                "Add one if it is complete"
            )
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise FileError(f"{path}: line {number} {_not_utf8(error)}") from None


def _lines(path: Path, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    start = file.read(4)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start:
        raise FileError(f"{path}: is UTF-16 or UTF-32 text, or no text at all. Save it as UTF-8")
    # Spreadsheets put a byte order mark in front of UTF-8. It has no meaning, so it is dropped.
    file.seek(3 if start.startswith(b"\xef\xbb\xbf") else 0)
    number = 0
    while line := file.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        if len(line) > LONGEST_LINE_BYTES:
            raise FileError(f"{path}: line {number} is longer than {LONGEST_LINE_BYTES:,} bytes")
        yield number, line


def _not_utf8(error: UnicodeDecodeError) -> str:
    byte = error.object[error.start]
    return f"is not UTF-8 (byte 0x{byte:02x} at position {error.start + 1}). Save the file as UTF-8"


def _parquet(path: Path, file: IO[bytes], _: Columns) -> Iterator[Row]:
    pyarrow, parquet = import_parquet()
    number = 0
    try:
        opened = parquet.ParquetFile(file, pre_buffer=False)
        for batch in opened.iter_batches(batch_size=PARQUET_BATCH_ROWS, use_threads=False):
            for fields in batch.to_pylist():
                number += 1
                yield Row(number, _without_nulls(fields))
    except pyarrow.ArrowException as error:
        raise FileError(f"{path}: is not Parquet, or damaged after row {number}: {error}") from None


def import_parquet() -> tuple[Any, Any]:
    """Import pyarrow, which only Parquet needs.

    Raises:
        FileError: It is not installed; the message says how to.
    """
    try:
        import pyarrow  # noqa: PLC0415 - 50 MB that other files need not cost
        import pyarrow.parquet  # noqa: PLC0415
    except ModuleNotFoundError:
        raise FileError("Parquet files need pyarrow: pip install 'imprint-client[parquet]'") from None
    return pyarrow, pyarrow.parquet


def _without_nulls(value: Any) -> Any:
    """Remove nulls: a table has a cell for each column, so null there means a missing field."""
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def plain(value: Any) -> Any:
    """Convert the values of a row that JSON lacks, for `json.dumps(default=plain)`."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write rows to a new file, which gets its name only when it is complete. Return their number."""
    part, count = path.with_name(path.name + ".part"), 0
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            for count, row in enumerate(rows, 1):  # noqa: B007 - it is what is returned
                file.write(json.dumps(row, default=plain, ensure_ascii=False) + "\n")
        part.replace(path)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
    return count
