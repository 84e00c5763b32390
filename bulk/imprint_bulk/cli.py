"""The commands of `imprint`: arguments in, exit codes out. The other modules do the work."""

import asyncio
import functools
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, ParamSpec, get_args

import typer
from imprint_client import AsyncImprint, Gate, Imprint, ImprintError, RetryPolicy

from imprint_bulk import terminal
from imprint_bulk.checks import IDS, Entry, Problem, check_rows
from imprint_bulk.export import EVENTS_PER_PAGE, as_line
from imprint_bulk.export import export as export_to
from imprint_bulk.files import FileError, write_json_lines
from imprint_bulk.journal import DEFAULT_SETTLE_SECONDS, Journal, JournalError, State, Summary
from imprint_bulk.money import money
from imprint_bulk.reconcile import Difference, Reconciliation
from imprint_bulk.send import Sender
from imprint_bulk.show import add_up, lines
from imprint_bulk.terminal import complain, count, moment, say, say_json

P = ParamSpec("P")

MOST_ROWS_SHOWN = 50
FAULTY, CANNOT_GO_ON = 2, 4
_INTERRUPTED = "interrupted: finishing what is in flight"
RETRY = RetryPolicy()

app = typer.Typer(
    name="imprint",
    help="""Check, send, look at and compare orders and order events.

    The API key comes from the environment variable IMPRINT_API_KEY, or is asked for. IMPRINT_BASE_URL says where
    Imprint is; without it, Imprint's sandbox is used.""",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line, for programs.")]
Settle = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="How long to leave rows with an unknown outcome alone.")
]


def command(act: Callable[P, int], *, to: typer.Typer = app, name: str | None = None) -> Callable[P, None]:
    """Add a command whose result is the exit code, and which cannot go on after an exception of ours."""

    @to.command(name or act.__name__)
    @functools.wraps(act)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            code = act(*arguments, **options)
        except FileError as error:
            complain(error)
            code = FAULTY
        except (JournalError, ImprintError) as error:
            complain(error)
            code = CANNOT_GO_ON
        raise typer.Exit(code)

    return run


# --- check ------------------------------------------------------------------------------------------------------------


@command
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON Lines (.jsonl), CSV or Parquet.")],
    as_json: AsJson = False,
) -> int:
    """Check files of orders and events, offline. Nothing is sent.

    Checks every row as the client would. Lists every fault with its row, its path and how to fix it.

    Exit code: 0 if nothing is wrong, otherwise 2.
    """
    faulty = 0
    for file in files:
        try:
            with closing(Journal(None)) as journal:
                faulty += _report(file, journal.enter(check_rows(file)), as_json, quiet=False)
        except FileError as error:
            faulty += 1
            if as_json:
                say_json(file=file, row=None, path="", problem=str(error))
            else:
                complain(error)
    return FAULTY if faulty else 0


def _report(file: Path, entries: Iterable[Entry], as_json: bool, *, quiet: bool) -> int:
    """Print the faults of a file and the number of rows; with `quiet`, only if there are faults."""
    kinds: Counter[str] = Counter()
    faulty: set[int] = set()
    for entry in entries:
        if entry.body is not None:
            kinds[entry.kind] += 1
        if entry.problems:
            faulty.add(entry.number)
        for problem in entry.problems:
            if as_json:
                say_json(file=file, row=entry.number, path=problem.path, problem=problem.text)
            elif len(faulty) <= MOST_ROWS_SHOWN:
                say(f"{file}: row {entry.number}: {problem}")
    if quiet and not faulty:
        return 0
    if as_json:
        say_json(file=file, orders=kinds["order"], events=kinds["event"], rows_with_faults=len(faulty))
        return len(faulty)
    if len(faulty) > MOST_ROWS_SHOWN:
        say(f"{file}: {count(len(faulty) - MOST_ROWS_SHOWN, 'more row')} with faults; --json lists all of them")
    verdict = f"{count(len(faulty), 'row')} with faults. Nothing was sent." if faulty else "no faults"
    say(f"{file}: {count(kinds['order'], 'order')}, {count(kinds['event'], 'event')}: {verdict}")
    return len(faulty)


# --- send, status -----------------------------------------------------------------------------------------------------


@command
def send(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines (.jsonl), CSV or Parquet.")],
    concurrency: Annotated[int, typer.Option(min=1, max=1000, help="How many orders to work on at a time.")] = 20,
    rate: Annotated[float | None, typer.Option(min=0.01, metavar="N", help="At most N requests a second.")] = None,
    journal: Annotated[Path | None, typer.Option(help="Default: FILE.journal", show_default=False)] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write the refused rows here, as JSON Lines.")] = None,
    settle_wait: Settle = DEFAULT_SETTLE_SECONDS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and say what would be sent.")] = False,
    as_json: AsJson = False,
) -> int:
    """Check a file, then send it. Each row is recorded once.

    If it is killed, start it again with the same command: the journal has the outcome of each row. Ctrl-C finishes the
    requests in flight. Rows of one order are sent one after the other; different orders are sent in parallel.

    Exit code, for the whole journal: 0 all recorded; 1 some rows were refused; 2 the file has faults, and
    nothing was sent; 3 rows remain, so run it again; 4 it cannot continue (key, configuration, journal in use).
    """
    path = journal or file.with_name(f"{file.name}.journal")
    is_temporary = dry_run and not path.exists()
    with closing(Journal(None if is_temporary else path)) as opened:
        if _report(file, opened.enter(check_rows(file)), as_json, quiet=True):
            return FAULTY
        if dry_run:
            counts = opened.summary().counts
            to_send = counts.total() - counts["recorded"] - counts["refused"]
            if as_json:
                say_json(file=file, rows=counts.total(), to_send=to_send)
            else:
                say(f"{file}: {count(to_send, 'row')} of {counts.total():,} would be sent. Nothing was sent.")
            return 0
        opened.commit()
        sender = asyncio.run(_send(file, opened, concurrency, rate, settle_wait, shown=not as_json))
        summary = opened.summary(settle_wait)
        code = CANNOT_GO_ON if sender.stop and sender.stop.exit_code == CANNOT_GO_ON else summary.exit_code
        if sender.stop and sender.stop.reason != _INTERRUPTED:
            complain(sender.stop.reason)
        if rejects and summary.counts["refused"]:
            write_json_lines(rejects, _rejects(file, opened))
        _print_summary(path, summary, as_json, code)
        return code


async def _send(
    file: Path, journal: Journal, concurrency: int, rate: float | None, settle_wait: float, *, shown: bool
) -> Sender:
    async with AsyncImprint(terminal.api_key(), retry=RETRY, gate=Gate(rate)) as imprint:
        with terminal.progress(journal.summary().counts, shown=shown) as changed:
            sender = Sender(
                journal,
                imprint,
                deadline_seconds=RETRY.deadline,
                settle_seconds=settle_wait,
                concurrency=concurrency,
                changed=changed,
            )

            def interrupted() -> None:
                if sender.stop and this:
                    this.cancel()
                else:
                    complain(_INTERRUPTED)
                sender.halt(3, _INTERRUPTED)

            this = asyncio.current_task()
            _on_signals(interrupted)
            await sender.run(check_rows(file))
    return sender


def _on_signals(interrupted: Callable[[], None]) -> None:
    """Handle Ctrl-C and SIGTERM. In `send`, the first finishes the requests in flight, and the second stops at once."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, interrupted)
        except NotImplementedError:  # on Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(interrupted))


def _rejects(file: Path, journal: Journal) -> Iterator[dict[str, Any]]:
    """The refused rows as they are in the file, each with the reason. Correct them and send them again."""
    for entry in check_rows(file):
        record = journal.find(entry)
        if record.state == "refused":
            named, _, value = record.order.partition("=")
            fields = entry.body.to_dict()
            if entry.kind == "event" and named == "partner_order_id":
                fields = {"partner_order_id": value, **{n: v for n, v in fields.items() if n != "order_id"}}
            yield {"_row": entry.number, "_reason": record.reason, **fields}


@command
def status(
    journal: Annotated[Path, typer.Argument(metavar="JOURNAL", help="The journal of a file that was sent.")],
    settle_wait: Settle = DEFAULT_SETTLE_SECONDS,
    as_json: AsJson = False,
) -> int:
    """Show the progress of a file, at any time.

    Exit code: as `imprint send`.
    """
    with closing(Journal(journal, read_only=True)) as opened:
        summary = opened.summary(settle_wait)
        for shown, record in enumerate(opened.records("refused", "unknown", "sending", "blocked")):
            reason = record.reason or ""
            if as_json:
                row, kind, own_id, state = record.number, record.kind, record.id, record.state
                say_json(row=row, kind=kind, id=own_id, state=state, reason=record.reason)
            elif shown < MOST_ROWS_SHOWN:
                say(f"row {record.number}: {record.kind} {record.id!r}: {record.state}{': ' if reason else ''}{reason}")
            elif shown == MOST_ROWS_SHOWN:
                say("and more; --json lists all of them")
        _print_summary(journal, summary, as_json, summary.exit_code)
        return summary.exit_code


def _print_summary(journal: Path, summary: Summary, as_json: bool, exit_code: int) -> None:
    counts, due = summary.counts, summary.due
    if as_json:
        states = {str(state): counts[state] for state in get_args(State)}
        say_json(journal=journal, rows=counts.total(), **states, due=due and moment(due), exit_code=exit_code)
        return
    parts = ", ".join(f"{counts[state]:,} {state}" for state in get_args(State) if counts[state])
    say(f"{journal}: {count(counts.total(), 'row')}: {parts or 'none'}")
    if due is not None:
        say(f"Rows of unknown outcome are left alone for now. Run `imprint send` again after {moment(due)}.")
    elif summary.exit_code == 3:
        say("Rows remain. Run `imprint send` again.")
    if counts["refused"]:
        say(f"`imprint status {journal}` lists the refused rows; `imprint send --rejects` writes them to a file.")


# --- show, export, reconcile ------------------------------------------------------------------------------------------


@command
def show(
    order_id: Annotated[str | None, typer.Argument(metavar="[ORDER_ID]", help="The id that Imprint gave it.")] = None,
    partner_order_id: Annotated[str | None, typer.Option(metavar="ID", help="Or the id that you gave it.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show an order, its events and their sums.

    Events of a type that this version does not know are listed, but not added up.

    Exit code: 0; 1 if there is no such order; 4 if Imprint cannot be asked.
    """
    given = {name: value for name, value in (("id", order_id), ("partner_order_id", partner_order_id)) if value}
    if len(given) != 1:
        raise typer.BadParameter("give ORDER_ID or --partner-order-id")
    [(name, value)] = given.items()
    with Imprint(terminal.api_key()) as imprint:
        order = imprint.orders.find(id=value) if name == "id" else imprint.orders.find(partner_order_id=value)
        if order is None:
            complain(f"there is no order with the {name} {value!r}")
            return 1
        events = list(imprint.order_events.list(order_id=order.id, limit=EVENTS_PER_PAGE))
    if as_json:
        totals = [{**each._asdict(), "net": each.net} for each in add_up(order, events)]
        say_json(order=order.to_dict(), events=[event.to_dict() for event in events], totals=totals)
    else:
        say("\n".join(lines(order, events)))
    return 0


@command
def export(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="A .jsonl, .csv or .parquet file; without it, print JSON."),
    ] = None,
    order_id: Annotated[str | None, typer.Option(metavar="ID", help="Only the events of this order.")] = None,
) -> int:
    """Write Imprint's events to a file, or print them.

    With -o, an export that was killed continues where it stopped. Start it again with the same arguments.

    Exit code: 0; 2 if the file cannot be written; 4 if the list ended early.
    """
    filters = {} if order_id is None else {"order_id": order_id}
    with Imprint(terminal.api_key()) as imprint:
        if output:
            number = export_to(imprint, output, filters, lambda _: None)
            say(f"{output}: {count(number, 'event')}")
        else:
            for event in imprint.order_events.list(**filters, limit=EVENTS_PER_PAGE):  # type: ignore[arg-type]
                say(as_line(event))
    return 0


@command
def reconcile(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Your events: JSON Lines (.jsonl), CSV or Parquet.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The differences. Default: FILE.differences.jsonl"),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compare a file of events with Imprint's.

    Matches events by partner_event_id and compares every field that the file has. Changes nothing.

    Exit code: 0 if there are no differences; 1 if there are; 2 if the file has faults; 4 if Imprint cannot be asked.
    """
    output = output or file.with_name(f"{file.name}.differences.jsonl")
    with closing(Reconciliation(file.with_name(f"{file.name}.journal"))) as both:
        if _report(file, _added(check_rows(file), both), as_json, quiet=True):
            return FAULTY
        kinds: Counter[str] = Counter()
        with Imprint(terminal.api_key()) as imprint:
            events = imprint.order_events.list(limit=EVENTS_PER_PAGE)
            found = both.compare(imprint, events)
            write_json_lines(output, _counted(found, kinds))
        if not kinds:
            output.unlink()
        _print_totals(both, as_json)
        if as_json:
            say_json(file=file, differences=kinds, output=output if kinds else None)
        else:
            said = ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items()))
            say(f"{said}: see {output}" if kinds else "No differences.")
    return 1 if kinds else 0


def _added(entries: Iterable[Entry], both: Reconciliation) -> Iterator[Entry]:
    for entry in entries:
        first = both.add(entry) if entry.kind == "event" and not entry.problems else None
        same = [Problem(IDS["event"], f"is {entry.id!r}, as in row {first}")] if first else []
        yield entry._replace(problems=[*entry.problems, *same])


def _counted(found: Iterable[Difference], kinds: Counter[str]) -> Iterator[dict[str, Any]]:
    for each in found:
        kinds[each.kind] += 1
        yield each._asdict()


def _print_totals(both: Reconciliation, as_json: bool) -> None:
    for key in sorted(both.here.events.keys() | both.there.events.keys()):
        kind, currency = key
        sides = [(side.events[key], side.amounts[key]) for side in (both.here, both.there)]
        if as_json:
            (events, amount), (events_there, amount_there) = sides
            theirs = {"events": events_there, "amount": amount_there}
            say_json(type=kind, currency=currency, here={"events": events, "amount": amount}, there=theirs)
        else:
            here, there = [f"{count(events, 'event')}, {money(amount, currency)}" for events, amount in sides]
            say(f"{kind:<10}  in the file: {here};  at Imprint: {there}")


# --- outbox -----------------------------------------------------------------------------------------------------------

outbox = typer.Typer(
    help="""Record the orders and events of an outbox: jobs of Procrastinate in your PostgreSQL.

    DATABASE_URL says where it is.""",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(outbox, name="outbox")


@functools.partial(command, to=outbox)
def setup() -> int:
    """Create the tables of Procrastinate and of the outbox if they do not exist."""
    return asyncio.run(_with_outbox(lambda outbox, app: outbox.set_up(app)))


@functools.partial(command, to=outbox)
def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=1000, help="How many orders to work on at a time.")] = 20,
    settle_wait: Settle = DEFAULT_SETTLE_SECONDS,
    stalled_after: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Treat a worker with no heartbeat for this long as dead.")
    ] = 30.0,
) -> int:
    """Record deferred orders and events until Ctrl-C. Run any number of workers, on any number of machines.

    Exit code: 0 after Ctrl-C; 4 if it cannot continue (key, configuration, database).
    """

    async def work(outbox: Any, app: Any) -> int:
        await outbox.set_up(app)
        async with AsyncImprint(terminal.api_key(), retry=RETRY) as imprint:
            working = outbox.OutboxWorker(
                app,
                imprint,
                retry_policy=RETRY,
                concurrency=concurrency,
                settle_seconds=settle_wait,
                stalled_seconds=stalled_after,
            )
            _on_signals(lambda: working.stop(_INTERRUPTED))
            await working.run()
        if working.stop_reason != _INTERRUPTED:
            complain(working.stop_reason)
            return CANNOT_GO_ON
        return 0

    return asyncio.run(_with_outbox(work))


@functools.partial(command, to=outbox, name="status")
def outbox_status(as_json: AsJson = False) -> int:
    """Show how many jobs there are, and which ones need a person."""
    return asyncio.run(_with_outbox(lambda outbox, app: _show_jobs(outbox, app, as_json)))


async def _show_jobs(outbox: Any, app: Any, as_json: bool) -> int:
    counts, problems = await outbox.status(app)
    for problem in problems:
        if as_json:
            say_json(**problem)
        else:
            say(f"job {problem['job_id']}: {problem['kind']} {problem['id']!r}: {problem['reason']}")
    waiting = sum(number for state, number in counts.items() if state in ("todo", "doing"))
    code = 3 if waiting else 1 if problems else 0
    if as_json:
        say_json(jobs=counts, problems=len(problems), exit_code=code)
    else:
        said = ", ".join(f"{number:,} {state}" for state, number in sorted(counts.items()))
        say(f"{count(sum(counts.values()), 'job')}: {said or 'none'}")
    return code


async def _with_outbox(act: Callable[[Any, Any], Any]) -> int:
    """Run a function with the outbox module and an open app; these need the extra and a database."""
    try:
        import psycopg  # noqa: PLC0415 - only the outbox needs them
        import psycopg_pool  # noqa: PLC0415

        from imprint_bulk import outbox as module  # noqa: PLC0415
    except ModuleNotFoundError:
        complain("the outbox needs Procrastinate: pip install 'imprint-client[outbox]'")
        return CANNOT_GO_ON
    url = os.environ.get("DATABASE_URL")
    if not url:
        complain("DATABASE_URL is needed: the PostgreSQL database of the outbox")
        return CANNOT_GO_ON
    app = module.make_app(url)
    try:
        with psycopg.connect(url, connect_timeout=10):
            pass  # a pool would wait longer and report less
        async with app.open_async():
            return await act(module, app) or 0
    except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
        complain(f"the database of DATABASE_URL: {str(error).strip()}")
        return CANNOT_GO_ON
