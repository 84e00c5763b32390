"""The server, as a process of its own that costs little: raw asyncio, and answers prepared beforehand.

POST gives back the event that all send, and records nothing. GET gives a list, page by page; its length is what
`order_id` says.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from benchmarks.workload import new_event, page, recorded_event

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_QUERY = re.compile(rb"[?&](order_id|limit|starting_after)=(?:event-)?(\d+)")


@contextmanager
def running() -> Iterator[str]:
    """The address of a server that runs as long as this is entered."""
    with subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


class _Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end]
            length = _LENGTH.search(head)
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self.received) < size:
                return
            self.received = self.received[size:]
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.write(_CREATED if head.startswith(b"POST") else _listed(head[: head.index(b"\r\n")]))


@lru_cache(maxsize=256)
def _listed(request_line: bytes) -> bytes:
    query = {name: int(value) for name, value in _QUERY.findall(request_line)}
    first = query.get(b"starting_after", -1) + 1
    return _answer(page(first, query.get(b"limit", 10), query.get(b"order_id", 0)))


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


_CREATED = _answer(json.dumps(recorded_event(0) | new_event()).encode())


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
