"""`make vendor` writes openapi.yaml from what Imprint publishes, and leaves it alone when it cannot."""

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client.conftest import self_signed
from tools import download, vendor
from tools.vendor import as_json, cut_out, merged, parsed, written

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "tests" / "published"

# What the whole of a published document has beside the orders, in the styles that a publication is written in.
PUBLICATION = """\
# the head of the publication
openapi: 3.1.0
info: {title: An API, version: '1'}
security:
  - keyAuth: []
tags:
  - name: Orders
  - name: Cards
paths:
  /v2/cards:
    get:
      tags: [Cards]
      operationId: listCards
      responses:
        '200': {$ref: '#/components/responses/Cards'}
  # a comment on orders
  /v2/orders/{id}:
    parameters:
      - $ref: '#/components/parameters/id~1of%20order'
        name: id
    get:
      tags: [Orders]
      operationId: getOrder
      description: >-
        A description that is folded
        over lines.
      security:
        - otherAuth: []
      responses:
        200:
          description: |
            An order.

            With lines.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Order'}
  /v2/orders_of_others:
    get: {operationId: others, responses: {'200': {description: Not ours}}}
webhooks:
  gone: {post: {responses: {'200': {description: Gone}}}}
components:
  parameters:
    id/of order: {name: id, in: path, required: true, schema: {type: string}}
    unused: {name: unused, in: query, schema: {type: string}}
  responses:
    Cards: {description: Cards}
  schemas:
    Card: {type: object}
    Order:
      type: object
      example: {when: 2026-01-02T03:04:05.000Z, rate: 1.10}
      properties:
        self: {$ref: '#/components/schemas/Order/properties/part'}
        part: {$ref: '#/components/schemas/Part'}
        pay:
          oneOf:
            - $ref: '#/components/schemas/Cash'
          discriminator:
            propertyName: kind
            mapping: {cash: '#/components/schemas/Cash', coin: Coin}
    Part: {type: array, items: {$ref: '#/components/schemas/Part'}}
    Cash: {type: object}
    Coin: {type: object}
  securitySchemes:
    keyAuth: {type: http, scheme: bearer}
    otherAuth: {type: http, scheme: basic}
    unusedAuth: {type: http, scheme: basic}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text("openapi: 3.1.0\npaths: {}\n")
    return tmp_path


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(*sources: str | Path) -> tuple[int, str]:
        code = vendor.main(["--root", str(root), *map(str, sources)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def publication(root: Path, text: str = PUBLICATION, name: str = "publication.yaml") -> Path:
    path = root / name
    path.write_text(text)
    return path


def test_the_operations_of_orders_come_with_all_that_they_refer_to_and_nothing_else(
    root: Path, run: Callable[..., tuple[int, str]]
) -> None:
    code, said = run(publication(root))

    contract = parsed((root / "openapi.yaml").read_text(), "it")
    assert (code, list(contract["paths"])) == (0, ["/v2/orders/{id}"])
    assert {section: list(names) for section, names in contract["components"].items()} == {
        "parameters": ["id/of order"],
        "schemas": ["Order", "Part", "Cash", "Coin"],
        "securitySchemes": ["keyAuth", "otherAuth"],
    }
    assert [tag["name"] for tag in contract["tags"]] == ["Orders"]
    assert "webhooks" not in contract
    assert "GET /v2/orders/{id} is new" in said


def test_order_wording_and_style_stay_as_published(root: Path, run: Callable[..., tuple[int, str]]) -> None:
    run(publication(root))

    text = (root / "openapi.yaml").read_text()
    head, body = text.split("openapi: 3.1.0")
    assert "cut out of publication.yaml" in head
    assert str(root) not in head
    at = 0
    for line in body.splitlines()[1:]:  # each is a line of the publication, in its order
        at = PUBLICATION.index(f"{line}\n", at) + len(line)


def test_the_contract_as_it_stands_is_not_written_again(root: Path, run: Callable[..., tuple[int, str]]) -> None:
    contract = (ROOT / "openapi.yaml").read_text()
    (root / "openapi.yaml").write_text(contract)

    assert run(ROOT / "openapi.yaml") == (
        0,
        "vendor: openapi.yaml says the same already: the 7 operations of openapi.yaml\n",
    )
    assert (root / "openapi.yaml").read_text() == contract
    body = re.sub(r"^#.*\n", "", contract, flags=re.MULTILINE)
    assert written(cut_out(parsed(contract, "it"))) == body, "to the byte, but for the comments"


def test_json_is_taken_as_well(root: Path, run: Callable[..., tuple[int, str]]) -> None:
    contract = parsed(PUBLICATION, "it")

    assert run(publication(root, as_json(contract), "publication.json"))[0] == 0
    assert as_json(parsed((root / "openapi.yaml").read_text(), "it")) == as_json(cut_out(contract))


def test_an_operation_that_is_gone_is_named(root: Path, run: Callable[..., tuple[int, str]]) -> None:
    (root / "openapi.yaml").write_bytes((ROOT / "openapi.yaml").read_bytes())

    code, said = run(publication(root))

    assert code == 0
    assert "POST /v2/order_events is gone: the publication no longer has it" in said


# --- Pages of the documentation ---------------------------------------------------------------------------------------


def page(fragment: str) -> str:
    return f"# Create order events\n\nWords.\n\n````yaml /api-reference/openapi.yaml\n{fragment}````\n\nMore words.\n"


def test_the_two_published_pages_together_agree_with_openapi_yaml(
    root: Path, run: Callable[..., tuple[int, str]]
) -> None:
    pages = [
        publication(root, page((PUBLISHED / f"{method}_order_events.yaml").read_text()), f"{method}.md")
        for method in ("post", "get")
    ]
    before = parsed((ROOT / "openapi.yaml").read_text(), "it")

    assert run(*pages)[0] == 0

    contract = parsed((root / "openapi.yaml").read_text(), "it")
    assert sorted(contract["paths"]["/v2/order_events"]) == ["get", "post"]
    assert contract["paths"]["/v2/order_events"] == before["paths"]["/v2/order_events"]
    for section, components in contract["components"].items():
        for name, component in components.items():
            if name != "CurrencyAmount":  # which a newer publication made an integer
                assert component == before["components"][section][name], name


def test_pages_that_contradict_each_other_are_refused_with_both_named(
    root: Path, run: Callable[..., tuple[int, str]]
) -> None:
    one = publication(root, page(PUBLICATION), "one.md")
    other = publication(root, page(PUBLICATION.replace("Part: {type: array", "Part: {type: object")), "other.md")
    before = (root / "openapi.yaml").read_text()

    code, said = run(one, other)

    assert (code, (root / "openapi.yaml").read_text()) == (1, before)
    assert "one.md and other.md contradict each other at /components/schemas/Part/type: 'array' and 'object'" in said


@pytest.mark.parametrize(
    ("published", "otherwise", "place"),
    [
        ("security:\n  - keyAuth: []\n", "", "/security"),
        ("    parameters:\n      - $ref: '#/components/parameters/id~1of%20order'\n        name: id\n", "", "/paths"),
    ],
    ids=["security", "parameters of a path"],
)
def test_what_applies_to_a_whole_page_must_be_on_each(
    root: Path, run: Callable[..., tuple[int, str]], published: str, otherwise: str, place: str
) -> None:
    one = publication(root, page(PUBLICATION), "one.md")
    other = publication(root, page(PUBLICATION.replace(published, otherwise, 1)), "other.md")
    for pages in ((one, other), (other, one)):
        code, said = run(*pages)
        assert code == 1
        assert f"contradict each other at {place}" in said


# --- What cannot be taken ---------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<!DOCTYPE html><p>Not found", "is a web page"),
        ("openapi: [", "is not YAML"),
        ("{", "is not JSON"),
        ('{"openapi": "3.1.0", "openapi": "3.1.0"}', "has the same name twice"),
        ("openapi: 3.1.0\nopenapi: 3.1.0", "is not YAML"),
        ("", "is not an OpenAPI 3 document"),
        ("swagger: '2.0'", "is not an OpenAPI 3 document"),
        ("```yaml\nopen: source\n```\n", "has no block with an OpenAPI 3 document"),
        ("openapi: 3.1.0\npaths: {/v2/cards: {}}", "has no operation of /v2/orders or /v2/order_events"),
        ("openapi: 3.1.0\npaths: [/v2/orders]", "has no operation of /v2/orders or /v2/order_events"),
        (
            "openapi: 3.1.0\npaths: {/v2/orders: {summary: Nothing}}",
            "has no operation of /v2/orders or /v2/order_events",
        ),
        (
            "openapi: 3.1.0\npaths: {/v2/orders: {get: {x: !!python/name:os.system []}}}",
            "uses YAML that cannot be written again",
        ),
        ("openapi: 3.1.0\npaths: {/v2/orders: {get: {responses: {200: {}, '200': {}}}}}", "has the same name twice"),
        ("openapi: 3.1.0\npaths: {/v2/orders: 1}", "is not built as an OpenAPI document is"),
        ("openapi: 3.1.0\npaths: {/v2/orders: {}}\ncomponents: []", "is not built as an OpenAPI document is"),
        ("openapi: 3.1.0\npaths: {/v2/orders: {x: .nan}}", "is not YAML"),
        ("openapi: 3.1.0\npaths: {/v2/orders: {x: !cmd ls}}", "is not YAML"),
        ("openapi: 3.1.0\npaths: &p {/v2/orders: *p}", "is not built as an OpenAPI document is"),
        (f"openapi: 3.1.0\nx: {'[' * 5000}", "is nested too deep, or holds itself"),
        (f'{{"openapi": "3.1.0", "x": {"[" * 100_000}', "is nested too deep, or holds itself"),
        (f"openapi: 3.1.0\n{BOMB}", "has aliases that stand for more than 1,000,000 values"),
        ("openapi: 3.1.0\npaths: {/v2/orders: {x: \x00}}", "is not YAML"),
    ],
)
def test_what_is_no_such_publication_is_refused_in_one_line(
    root: Path, run: Callable[..., tuple[int, str]], text: str, problem: str
) -> None:
    source = publication(root, text)
    before = (root / "openapi.yaml").read_text()

    code, said = run(source)

    assert (code, (root / "openapi.yaml").read_text()) == (1, before)
    assert problem in said
    assert re.fullmatch(r"vendor: .*; openapi\.yaml is unchanged\n", said)
    assert str(root) not in said


def test_a_file_that_is_missing_too_large_or_no_text_is_refused(
    root: Path, run: Callable[..., tuple[int, str]]
) -> None:
    large = root / "large.yaml"
    with large.open("wb") as file:
        file.truncate(200 * 2**20)
    latin = root / "latin.yaml"
    latin.write_bytes(b"openapi: \xff")
    for source, problem in (
        (root / "missing.yaml", "missing.yaml is not a file"),
        (root, "is not a file"),
        ("/dev/zero", "zero is not a file"),
        (large, "large.yaml is larger than 16 MiB"),
        (latin, "latin.yaml is not UTF-8 text"),
        ("http://127.0.0.1/", "is not https"),
        ("file:///etc/hostname", "is not https"),
    ):
        code, said = run(source)
        assert (code, said.count("\n")) == (1, 1)
        assert problem in said


def test_a_write_that_fails_leaves_openapi_yaml_as_it_was(
    root: Path, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, before = publication(root), (root / "openapi.yaml").read_text()

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    assert run(source) == (1, "vendor: No space left on device; openapi.yaml is unchanged\n")
    assert (root / "openapi.yaml").read_text() == before
    assert not list(root.glob("*.part"))


# --- Over https -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site over TLS, whose paths say how it answers; the certificate of its host is trusted meanwhile."""
    certificate = tmp_path_factory.mktemp("site") / "certificate.pem"
    certificate.write_text(self_signed())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind = self.path.split("?")[0].strip("/")
            status = int(kind) if kind.isdecimal() else 302 if kind in ("moved", "http", "round") else 200
            self.send_response(status)
            if status == 302:
                to = {"moved": "/contract.yaml", "round": "/round", "http": "http://127.0.0.1/contract.yaml"}[kind]
                self.send_header("Location", to)
            self.end_headers()
            self.wfile.write({"page": b"<html>"}.get(kind, b"" if status != 200 else PUBLICATION.encode()))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["/contract.yaml", "/moved"])
def test_a_publication_is_fetched_and_named_without_secrets(
    site: str, root: Path, run: Callable[..., tuple[int, str]], path: str
) -> None:
    code, said = run(f"{site.replace('//', '//user:pass@')}{path}?token=hidden#part")

    head = (root / "openapi.yaml").read_text().split("openapi: 3.1.0")[0]
    assert code == 0
    assert f"{site}{path} by" in head
    for secret in ("user", "pass", "hidden"):
        assert secret not in said + head


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/404", "answers 404 Not Found"),
        ("/500", "answers 500"),
        ("/page", "is a web page"),
        ("/http", "http://127.0.0.1/contract.yaml is not https"),
        ("/round", "more than 5 redirects"),
    ],
)
def test_an_address_without_a_publication_is_refused_in_one_line(
    site: str, root: Path, run: Callable[..., tuple[int, str]], path: str, problem: str
) -> None:
    before = (root / "openapi.yaml").read_text()

    code, said = run(site + path)

    assert (code, said.count("\n"), (root / "openapi.yaml").read_text()) == (1, 1, before)
    assert problem in said


@pytest.mark.parametrize(
    ("bound", "least", "problem"), [("MOST_BYTES", 10, "is larger than"), ("MOST_SECONDS", -1.0, "takes longer than")]
)
def test_a_download_is_bounded(
    site: str,
    run: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
    bound: str,
    least: float,
    problem: str,
) -> None:
    monkeypatch.setattr(vendor if bound == "MOST_BYTES" else download, bound, least)

    code, said = run(f"{site}/contract.yaml")

    assert code == 1
    assert problem in said


# --- Whatever is published --------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["A", "B", "C", "D", "E/F", "G~H"])
REFERENCES = NAMES.map(lambda name: {"$ref": f"#/components/schemas/{name.replace('~', '~0').replace('/', '~1')}"})
SCHEMAS = st.recursive(
    REFERENCES | st.just({"type": "string"}),
    lambda inner: (
        st.dictionaries(st.sampled_from(["items", "not"]), inner)
        | st.builds(lambda all_: {"allOf": all_}, st.lists(inner))
    ),
    max_leaves=4,
)


def references(node: Any) -> set[str]:
    return set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(node)))


@given(
    paths=st.dictionaries(
        st.sampled_from(["/v2/orders", "/v2/orders/{id}", "/v2/order_events", "/v2/cards"]), SCHEMAS, min_size=1
    ),
    schemas=st.dictionaries(NAMES, SCHEMAS),
)
def test_a_cut_has_each_component_that_it_refers_to_and_no_other_and_is_its_own_cut(
    paths: dict[str, Any], schemas: dict[str, Any]
) -> None:
    paths["/v2/orders"] = paths.get("/v2/orders", {})
    document = {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}

    cut = cut_out(json.loads(json.dumps(document)))

    kept = cut.get("components", {}).get("schemas", {})
    wanted = references([cut["paths"], *kept.values()])
    escaped = {name.replace("~", "~0").replace("/", "~1") for name in kept}
    assert escaped == {name for name in wanted if name.replace("~1", "/").replace("~0", "~") in schemas}
    assert all(kept[name] == schemas[name] for name in kept)
    assert cut_out(parsed(written(cut), "it")) == cut
    assert merged([("one", cut), ("other", json.loads(json.dumps(cut)))]) == cut
