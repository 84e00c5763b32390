"""What `imprint check` and `imprint send` cost: `.venv/bin/python -m benchmarks.bulk`.

Ratios are taken within one run, in turns, against a sandbox in a process of its own. Memory is the peak of a process
that does nothing else.
"""

import asyncio
import csv
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow.parquet
from imprint_bulk.checks import check_rows
from imprint_bulk.journal import Journal
from imprint_bulk.send import Sender
from imprint_client import AsyncImprint, NewOrder, NewOrderEvent
from imprint_sandbox import Sandbox

EVENTS = 1000
EVENTS_AN_ORDER = 4
ROUNDS = 5
CONCURRENCY = 20
ROWS = (3_000, 200_000)
LINE = {"name": "Couch Supreme", "quantity": 1, "rate": 274999, "rewards_rate": 2500}


def serve(pipe: Connection) -> None:
    """A sandbox, in a process of its own."""
    with Sandbox() as sandbox:
        pipe.send((sandbox.url, sandbox.api_key))
        pipe.recv()


def event(number: int, **order: str) -> dict[str, Any]:
    """An event as a row of a file."""
    own_id, amounts = f"e-{number}", {"amount": 274999, "rewards_amount": 2500}
    return {
        "type": "CAPTURED",
        "partner_event_id": own_id,
        "network_transaction_id": "n",
        **order,
        **amounts,
        "order_lines": [LINE],
    }


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Orders, each with two events."""
    for number in range(0, count, 3):
        name = {"partner_order_id": f"o-{number}"}
        yield {"payment_method_id": "p", "total_order_amount": 5, **name}
        yield event(number, **name)
        yield event(number + 1, **name)


def write(path: Path, written: Iterator[dict[str, Any]]) -> Path:
    """A file of these rows: what its name says."""
    names = ["payment_method_id", "total_order_amount", "partner_order_id", *event(0)]
    if path.suffix == ".parquet":
        whole = [dict.fromkeys(names) | row for row in written]
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(whole), path, row_group_size=10_000)
        return path
    with path.open("w", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row) + "\n" for row in written)
        else:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            for row in written:
                writer.writerow(row | ({"order_lines": json.dumps(row["order_lines"])} if "order_lines" in row else {}))
    return path


async def bare(url: str, key: str, events: list[NewOrderEvent]) -> float:
    """What a program without a journal does: so many tasks, each creating one event after the other."""
    async with AsyncImprint(key, base_url=url) as imprint:
        left = iter(events)

        async def work() -> None:
            for each in left:
                await imprint.order_events.create(each)

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
        return time.perf_counter() - began


async def send(url: str, key: str, file: Path) -> float:
    """The same events from a file, with a journal; checking included."""
    began = time.perf_counter()
    with closing(Journal(file.with_suffix(".journal"))) as journal:
        assert not [each for each in journal.enter(check_rows(file)) if each.problems]
        journal.commit()
        async with AsyncImprint(key, base_url=url) as imprint:
            await Sender(journal, imprint, deadline_seconds=60, concurrency=CONCURRENCY).run(check_rows(file))
        assert journal.summary().exit_code == 0
    return time.perf_counter() - began


def speed(folder: Path) -> tuple[float, float]:
    """`send` and a bare loop, in turns: the median of their ratios, and events a second of `send`."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    url, key = ours.recv()
    ratios, rates = [], []
    for number in range(ROUNDS):
        orders = asyncio.run(make_orders(url, key, EVENTS // EVENTS_AN_ORDER))
        bodies = [event(each, order_id=orders[each % len(orders)]) for each in range(EVENTS)]
        file = write(folder / f"{number}.jsonl", iter(bodies))
        loop = asyncio.run(bare(url, key, [NewOrderEvent.from_dict(body) for body in bodies]))
        sent = asyncio.run(send(url, key, file))
        ratios.append(loop / sent)
        rates.append(EVENTS / sent)
    ours.send(None)
    server.join()
    return statistics.median(ratios), statistics.median(rates)


async def make_orders(url: str, key: str, count: int) -> list[str]:
    """Orders to which events belong."""
    async with AsyncImprint(key, base_url=url) as imprint:
        new = NewOrder(payment_method_id="p", partner_order_id="o", total_order_amount=5)
        return [(await imprint.orders.create(new)).id for _ in range(count)]


def peak(file: Path) -> tuple[float, float]:
    """The peak memory (MB) of a process that checks a file, and its CPU time in seconds."""
    program = f"""
import time
from imprint_bulk.cli import app
from benchmarks.memory import peak_kib
app(["check", {str(file)!r}], standalone_mode=False)
print(peak_kib() / 1024, time.process_time())"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    megabytes, seconds = map(float, done.stdout.splitlines()[-1].split())
    return megabytes, seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ratio, rate = speed(folder)
        print(f"send: {ratio:.2f} of a bare loop (at least 0.8), {rate:.0f} events a second")
        for suffix in ("jsonl", "csv", "parquet"):
            small, large = (peak(write(folder / f"{count}.{suffix}", rows(count))) for count in ROWS)
            speed_of_check = (ROWS[1] - ROWS[0]) / (large[1] - small[1])
            grown = large[0] - small[0]
            print(
                f"check {suffix}: {large[0]:.0f} MB for {ROWS[1]:,} rows, {grown:.0f} more than for {ROWS[0]:,}; "
                f"{speed_of_check:,.0f} rows a second"
            )


if __name__ == "__main__":
    main()
