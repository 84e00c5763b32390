"""What is compared: each column samples one kind of work of every variant, after checking that the work is done."""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from typing import NamedTuple

from benchmarks.method import Sampler, Spread, compare, cpu, cpu_of_child, settled
from benchmarks.variants import AsyncCreate, Variant
from benchmarks.workload import IN_FLIGHT, LISTED_EVENTS, PAGE_SIZE, new_event, page, recorded_event

Samplers = Callable[[Variant, ExitStack], Sampler | None]


class Column(NamedTuple):
    title: str
    samplers: Samplers
    rounds: int
    wanted: float
    """Of ours, at the most."""


def measure(column: Column, floor: Variant, variants: Mapping[str, Variant], rounds: int) -> dict[str, Spread]:
    """What the variants cost, as ratios to the floor; a variant that cannot do this work is left out."""
    with ExitStack() as stack:
        own = column.samplers(floor, stack)
        assert own is not None
        made = {name: sampler for name, variant in variants.items() if (sampler := column.samplers(variant, stack))}
        with settled():
            return compare(own, made, rounds)


def _import(variant: Variant, _: ExitStack) -> Sampler:
    sample = cpu_of_child([sys.executable, "-c", variant.imports])
    sample()  # writes what compiled files are missing
    return sample


def _decode(variant: Variant, _: ExitStack) -> Sampler:
    answer = page(0, PAGE_SIZE, LISTED_EVENTS)
    read = variant.decode(answer)
    events = read["data"] if isinstance(read, dict) else getattr(read, "data", [])
    _require(len(events) == PAGE_SIZE, f"{variant.name} decoded {len(events)} events")
    return cpu(lambda: variant.decode(answer), times=30)


def _encode(variant: Variant, _: ExitStack) -> Sampler:
    event = new_event()
    encode = variant.encoder(event)
    _require(json.loads(encode()) == event, f"{variant.name} encoded {encode()!r}")
    return cpu(encode, times=1000)


def _create(variant: Variant, _: ExitStack) -> Sampler | None:
    if variant.create is None:
        return None
    _require(_is_recorded(variant.create()), f"{variant.name} created nothing")
    return cpu(variant.create, times=40)


def _list(variant: Variant, _: ExitStack) -> Sampler | None:
    count = variant.count
    if count is None:
        return None
    _require(count(350, PAGE_SIZE) == 350, f"{variant.name} lost events")
    return cpu(lambda: count(LISTED_EVENTS, PAGE_SIZE))


def _create_async(variant: Variant, stack: ExitStack) -> Sampler | None:
    connect = variant.connect
    if connect is None:
        return None
    runner = stack.enter_context(asyncio.Runner())

    async def sample() -> float:
        # A client for each sample: the connections of one that has waited are fewer, or expired, and cost otherwise.
        async with connect() as create:
            _require(_is_recorded(await create()), f"{variant.name} created nothing")
            await _in_flight(create, each=1)
            began = time.process_time()
            await _in_flight(create, each=5)
            return time.process_time() - began

    def sample_alone() -> float:
        with nullcontext() if variant.has_sniffio else _hidden("sniffio"):
            return runner.run(sample())

    return sample_alone


class _Absent(MetaPathFinder):
    """Has a module looked for in vain, which costs what it costs where it is not installed."""

    def __init__(self, module: str) -> None:
        self.module = module

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == self.module:
            find_spec(f"no_{fullname}")
            raise ModuleNotFoundError(name=fullname)


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """As if it were not installed."""
    found, absent = import_module(module), _Absent(module)
    del sys.modules[module]
    sys.meta_path.insert(0, absent)
    try:
        yield
    finally:
        sys.meta_path.remove(absent)
        sys.modules[module] = found


async def _in_flight(create: AsyncCreate, each: int) -> None:
    async def worker() -> None:
        for _ in range(each):
            await create()

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))


def _is_recorded(event: object) -> bool:
    found = event["order_event_id"] if isinstance(event, dict) else getattr(event, "order_event_id", None)
    return bool(found == recorded_event(0)["order_event_id"])


def _require(right: bool, problem: str) -> None:
    if not right:
        raise AssertionError(problem)


COLUMNS = {
    "import": Column("import", _import, rounds=11, wanted=1.44),
    "decode": Column(f"decode a page of {PAGE_SIZE} events", _decode, rounds=25, wanted=1.60),
    "encode": Column("encode an event of 3 lines", _encode, rounds=25, wanted=0.65),
    "create": Column("create, sync", _create, rounds=25, wanted=0.72),
    "list": Column(f"list {LISTED_EVENTS:,}, sync", _list, rounds=7, wanted=1.02),
    "async": Column(f"create, async, {IN_FLIGHT} in flight", _create_async, rounds=11, wanted=0.25),
}
