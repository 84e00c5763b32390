"""What a publication adds reaches those who use `imprint_client`: or a test says which line to add, and where."""

import http.server
import inspect
import json
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest
from imprint_api.api.order_events import delete_order_event, list_order_events, post_order_event
from imprint_api.api.orders import create_order, delete_order, list_orders, put_order
from imprint_api.types import UNSET, Unset, parameter_types
from imprint_client import order_events, orders
from imprint_client.settings import CallOptions, SendOptions

from tools import naming
from tools.generate import generate

from .support import ROOT, root_of

# Where each parameter of a generated function can be given: as an option, or by the method itself.
OPTIONS: dict[str, tuple[ModuleType, type, set[str]]] = {
    "list_order_events": (list_order_events, order_events.ListOptions, set()),
    "post_order_event": (post_order_event, SendOptions, {"body"}),
    "delete_order_event": (delete_order_event, CallOptions, {"order_event_id"}),
    "list_orders": (list_orders, orders.OrderFilters, set()),
    "create_order": (create_order, SendOptions, {"body"}),
    "put_order": (put_order, SendOptions, {"order_id", "body"}),
    "delete_order": (delete_order, CallOptions, {"order_id"}),
}


def missing_lines(function: Any, options: type, given: set[str]) -> dict[str, str]:
    """The parameters that an option type lacks, or has with a narrower type, each with the line that it needs."""
    hints = get_type_hints(options)
    lines: dict[str, str] = {}
    for name, types in parameter_types(function).items():
        wanted = {kind for kind in types if kind is not Unset}
        has = hints.get(name, Unset)
        if name not in given and not wanted <= {has, *get_args(has)}:
            shown = " | ".join(sorted(getattr(kind, "__name__", str(kind)) for kind in wanted))
            lines[name] = f"    {name}: {shown}".replace("NoneType", "None")
    return lines


@pytest.mark.parametrize("operation", OPTIONS)
def test_each_parameter_of_an_operation_can_be_given_to_the_client(operation: str) -> None:
    module, options, given = OPTIONS[operation]

    lines = missing_lines(module._get_kwargs, options, given)

    where = inspect.getsourcefile(options)
    assert not lines, f"add to class {options.__name__} in {where}:\n" + "\n".join(lines.values())


def test_every_operation_is_asked_for() -> None:
    contract = json.loads((ROOT / "generated/imprint_api/openapi.json").read_text())
    operations = [each for item in contract["paths"].values() for each in item.values() if "operationId" in each]

    asked = {naming.module_of(each).stem for each in operations}
    assert asked == OPTIONS.keys(), (
        "bring OPTIONS above up to the contract; a new operation needs a method in overrides/"
    )


def test_a_parameter_that_an_option_type_lacks_is_told_as_the_line_to_add() -> None:
    def asks(
        *, order_id: str | Unset = UNSET, paid: bool | Unset = UNSET, limit: int | str | Unset = UNSET
    ) -> dict[str, Any]:
        return {"order_id": order_id, "paid": paid, "limit": limit}

    assert missing_lines(asks, order_events.ListOptions, set()) == {
        "paid": "    paid: bool",
        "limit": "    limit: int | str",
    }


PROGRAM = """
import sys
from imprint_client import Imprint, InvalidRequestError, NewOrderEvent

with Imprint("k", base_url=sys.argv[1]) as imprint:
    list(imprint.order_events.list(order_id="o", paid=True, channels=["web"], x_region="eu"))
    for wrong in ({"paid": 1}, {"channels": ["toolong"]}, {"x_region": "EU"}):
        try:
            imprint.order_events.list(**wrong)
        except InvalidRequestError as error:
            print(error.faults[0].path)
"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        vars(self.server).setdefault("seen", []).append((self.path, self.headers["X-Region"]))
        text = b'{"data": [], "has_more": false}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


def test_with_the_line_that_is_named_a_new_parameter_is_checked_and_goes_over_the_wire(
    tmp_path: Path, raw: dict[str, Any]
) -> None:
    published = json.loads(json.dumps(raw))
    published["paths"]["/v2/order_events"]["get"]["parameters"] += [
        {"name": "paid", "in": "query", "schema": {"type": "boolean"}},
        {"name": "channels", "in": "query", "schema": {"type": "array", "items": {"type": "string", "maxLength": 3}}},
        {"name": "X-Region", "in": "header", "schema": {"type": "string", "pattern": "^[a-z]+$"}},
    ]
    root = root_of(tmp_path, published)
    (root / "openapi.overlay.yaml").write_text((ROOT / "openapi.overlay.yaml").read_text())
    generate(root, tmp_path)
    package = tmp_path / "imprint_client"
    package.mkdir()
    for module in (ROOT / "overrides" / "imprint_client").glob("*.py"):
        (package / module.name).write_text(module.read_text())
    source = (package / "order_events.py").read_text()
    lines = "    network_transaction_id: str\n"
    assert source.count(lines) == 1
    added = lines + "    paid: bool\n    channels: list[str]\n    x_region: str\n"
    (package / "order_events.py").write_text(source.replace(lines, added))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, f"http://127.0.0.1:{server.server_port}"],
            check=False,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(tmp_path)},
        )
        server.shutdown()

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.split() == ["paid", "channels", "x_region"]
    assert vars(server)["seen"] == [("/v2/order_events?order_id=o&limit=100&paid=true&channels=web", "eu")]
