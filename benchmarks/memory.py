"""How much the peak memory (RSS) of this process grows while a long list is followed: for extras.py, in a child.

The first pages are not counted: what is growth there is the first connection, and the one page that is held.
"""

import re
import sys
from pathlib import Path

from imprint_client import Imprint

from benchmarks.workload import API_KEY, PAGE_SIZE

STATUS = Path("/proc/self/status")
WARM_UP_EVENTS = 2_000


def main(address: str, events: int) -> None:
    if not STATUS.exists():
        print("not measured: needs Linux")
        return
    with Imprint(API_KEY, base_url=address) as imprint:
        listed = iter(imprint.order_events.list(order_id=str(events), limit=PAGE_SIZE))
        for _ in range(WARM_UP_EVENTS):
            next(listed)
        before = peak_kib()
        counted = WARM_UP_EVENTS + sum(1 for _ in listed)
        assert counted == events, counted
        print(f"{(peak_kib() - before) / 1024:.1f} MiB")


def peak_kib() -> int:
    found = re.search(r"VmHWM:\s*(\d+) kB", STATUS.read_text())
    assert found is not None
    return int(found[1])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
