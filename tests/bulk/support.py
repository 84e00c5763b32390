"""Files of orders and events, and the command that is given them."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow
import pyarrow.parquet
from imprint_bulk.cli import app
from typer.testing import CliRunner

LINE = {"name": "Couch Supreme", "quantity": 1, "rate": 274999, "rewards_rate": 2500}

Fields = dict[str, Any]


def order_row(number: int = 0, **fields: Any) -> Fields:
    """A valid order of one line, but for `fields`."""
    return {
        "payment_method_id": "p-1",
        "partner_order_id": f"o-{number}",
        "total_order_amount": 274999,
        "total_rewards_amount": 2500,
        "order_lines": [LINE],
    } | fields


def event_row(number: int = 0, **fields: Any) -> Fields:
    """A valid capture of one line, of the order with this number, but for `fields`."""
    return {
        "type": "CAPTURED",
        "partner_order_id": f"o-{number}",
        "partner_event_id": f"e-{number}",
        "network_transaction_id": f"n-{number}",
        "amount": 274999,
        "rewards_amount": 2500,
        "order_lines": [LINE],
    } | fields


def refund_row(number: int = 0, **fields: Any) -> Fields:
    """A valid refund without lines, of the order with this number, but for `fields`."""
    return {
        "type": "REFUNDED",
        "partner_order_id": f"o-{number}",
        "partner_event_id": f"r-{number}",
        "network_transaction_id": f"n-{number}",
        "amount": 5000,
    } | fields


def rows(orders: int) -> Iterator[Fields]:
    """Each order, its capture and its refund."""
    for number in range(orders):
        yield from (order_row(number), event_row(number), refund_row(number))


def write(path: Path, written: Iterable[Fields]) -> Path:
    """A file of these rows: what its name says."""
    held = list(written)
    names = list(dict.fromkeys(name for row in held for name in row))
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([dict.fromkeys(names) | row for row in held]), path)
    elif path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([[_cell(row.get(name)) for name in names] for row in held])
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in held), encoding="utf-8")
    return path


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list) else value


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> list[Fields]:
        return [json.loads(line) for line in self.out.splitlines()]


def imprint(*arguments: object) -> Ran:
    """The command, in this process."""
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)
