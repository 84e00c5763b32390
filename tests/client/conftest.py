"""What the sandbox cannot do: answers that are no HTTP, credentials as they arrived, certificates."""

import base64
import contextlib
import hashlib
import os
import re
import secrets
import socket
import socketserver
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import FLAVOURS, Clock, Flavour

WAYS = ("client", "connect", "once", "path", "shared", "wired_once")
"""The names under which tests are parametrised by the way a request takes: sync or async, through whose client."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where a module is marked `in_turn`, `make test` runs each case one way, in turn, and leaves the others to
    `make test-thorough`: what the module tests is decided once for all ways.
    """
    cases: dict[Any, list[pytest.Item]] = defaultdict(list)
    for item in items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if item.get_closest_marker("in_turn") and not parameters.keys().isdisjoint(WAYS):
            case = tuple((name, id(value)) for name, value in parameters.items() if name not in WAYS)
            cases[item.nodeid.partition("[")[0], case].append(item)
    for turn, ways in enumerate(cases.values()):
        for item in {*ways} - {ways[turn % len(ways)]}:
            item.add_marker("thorough")


EMPTY_PAGE = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{"data":[]}'


class Wire:
    """A server that answers with these bytes, whatever they are, and keeps what arrived."""

    api_key = "wire-key"

    def __init__(self, answer: bytes = EMPTY_PAGE, context: ssl.SSLContext | None = None, beneath: bytes = b"") -> None:
        self.answer = answer
        self.beneath = beneath
        """What follows it past TLS, which therefore breaks."""
        self.received: list[bytes] = []
        self._context = context
        wire = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                # A client that gives up in the middle is what some tests are about.
                with contextlib.suppress(OSError):
                    wire._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    @property
    def headers(self) -> list[dict[str, str]]:
        """Those of each request, with small-letter names."""
        lines = [request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:] for request in self.received]
        return [
            {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head)} for head in lines
        ]

    @property
    def paths(self) -> list[str]:
        """What was asked for, the query included."""
        return [request.split(b" ", 2)[1].decode("latin-1") for request in self.received]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, connection: Any) -> None:
        with contextlib.ExitStack() as stack:
            if self._context is not None:
                connection = stack.enter_context(self._context.wrap_socket(connection, server_side=True))
            request = b""
            while not _is_whole(request):
                chunk = connection.recv(65536)
                if not chunk:
                    return
                request += chunk
            self.received.append(request)
            connection.sendall(self.answer)
            os.write(connection.fileno(), self.beneath)


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


@pytest.fixture
def serve() -> Iterator[Callable[..., Wire]]:
    """Make a Wire, closed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def start(*arguments: Any, **options: Any) -> Wire:
            wire = Wire(*arguments, **options)
            stack.callback(wire.close)
            return wire

        yield start


@pytest.fixture
def wire(serve: Callable[..., Wire]) -> Wire:
    """A server that answers with an empty page."""
    return serve()


@pytest.fixture
def nobody() -> SimpleNamespace:
    """A server that does not listen."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return SimpleNamespace(url=f"http://127.0.0.1:{port}", api_key="k-1")


@pytest.fixture(params=sorted(FLAVOURS))
def connect(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Callable[..., Flavour]]:
    """Make a client of either flavour for a server, with options, closed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def make(server: Any, **options: Any) -> Flavour:
            client = FLAVOURS[request.param](server, **options)
            stack.callback(client.close)
            return client

        yield make


# --- A certificate that nobody has vouched for ------------------------------------------------------------------------
# The standard library makes none, so here is the little of X.509 and of ECDSA (curve P-256) that one needs: a key kept
# in a file would set off those who look for secrets, and a date of expiry would set off everybody, one day.

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_CURVE = bytes.fromhex("06082a8648ce3d030107")
_EC_KEY = bytes.fromhex("06072a8648ce3d0201")
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_Point = tuple[int, int]


def _add(one: _Point | None, other: _Point | None) -> _Point | None:
    if one is None or other is None:
        return one or other
    if one[0] == other[0] and one != other:
        return None
    if one == other:
        slope = (3 * one[0] ** 2 - 3) * pow(2 * one[1], -1, _P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P)
    x = (slope**2 - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _times(number: int, point: _Point | None) -> _Point:
    total: _Point | None = None
    while number:
        total = _add(total, point) if number & 1 else total
        point, number = _add(point, point), number >> 1
    assert total is not None
    return total


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (size if len(content) < 128 else bytes([0x80 | len(size)]) + size) + content


def _integer(number: int) -> bytes:
    return _der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _pem(kind: str, content: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(content).decode()}-----END {kind}-----\n"


def self_signed() -> str:
    """A key, and a certificate of 127.0.0.1 that it signed itself, valid around now."""
    key = secrets.randbelow(_N - 1) + 1
    x, y = _times(key, _G)
    public = _der(3, b"\x00\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big"))
    name = _der(0x30, _der(0x31, _der(0x30, bytes.fromhex("0603550403"), _der(0x0C, b"127.0.0.1"))))
    days = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + day * 86400)).encode() for day in (-1, 1)]
    is_authority = _der(0x30, bytes.fromhex("0603551d13"), _der(4, bytes.fromhex("30030101ff")))
    stands_for = _der(0x30, bytes.fromhex("0603551d11"), _der(4, _der(0x30, _der(0x87, bytes([127, 0, 0, 1])))))
    signed = _der(
        0x30,
        _der(0xA0, _integer(2)),
        _integer(secrets.randbits(64) | 1),
        _ECDSA_SHA256,
        name,
        _der(0x30, *(_der(0x18, day) for day in days)),
        name,
        _der(0x30, _der(0x30, _EC_KEY, _CURVE), public),
        _der(0xA3, _der(0x30, is_authority, stands_for)),
    )
    nonce = secrets.randbelow(_N - 1) + 1
    r = _times(nonce, _G)[0] % _N
    digest = int.from_bytes(hashlib.sha256(signed).digest(), "big")
    s = pow(nonce, -1, _N) * (digest + r * key) % _N
    certificate = _der(0x30, signed, _ECDSA_SHA256, _der(3, b"\x00", _der(0x30, _integer(r), _integer(s))))
    private = _der(0x30, _integer(1), _der(4, key.to_bytes(32, "big")), _der(0xA0, _CURVE), _der(0xA1, public))
    return _pem("EC PRIVATE KEY", private) + _pem("CERTIFICATE", certificate)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and its self-signed certificate of 127.0.0.1."""
    path = tmp_path_factory.mktemp("certificate") / "self-signed.pem"
    path.write_text(self_signed())
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """For a server with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def untrusted(serve: Callable[..., Wire], tls: ssl.SSLContext) -> Wire:
    """A server whose certificate nobody has vouched for."""
    return serve(context=tls)
