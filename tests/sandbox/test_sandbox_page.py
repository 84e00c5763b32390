"""The page at /_sandbox as the server renders it; tests/browser looks at it in a browser."""

import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest
from imprint_sandbox import Sandbox, SandboxFault
from imprint_sandbox.face.html import Html, tag
from imprint_sandbox.face.money import money
from imprint_sandbox.face.overview import MOST_EVENTS, MOST_ORDERS, MOST_REQUESTS

from .conftest import JsonObject, client_of

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></textarea><b>",
    "&lt;b&gt;&amp;",
    "\u202e\u2066 turned around",
    "javascript:alert(1)",
]


class Markup(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(sandbox: Sandbox) -> str:
    response = httpx.get(f"{sandbox.url}/_sandbox")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return response.text


def text_of(sandbox: Sandbox) -> str:
    return re.sub(r"\s+", " ", Markup(page_of(sandbox).replace("<", " <")).text)


def order(api: httpx.Client, **members: object) -> str:
    body = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 274999, **members}
    return str(api.post("/v2/orders", json=body).json()["id"])


def event(api: httpx.Client, order_id: str, **members: object) -> None:
    body = {"order_id": order_id, "type": "CAPTURED", "amount": 1, "network_transaction_id": "n", **members}
    assert api.post("/v2/order_events", json=body).status_code == 200


def test_an_order_shows_what_was_captured_refunded_and_net(api: httpx.Client, sandbox: Sandbox) -> None:
    order_id = order(api, partner_order_id="o-2041", merchant_name="Rest Assured")
    event(api, order_id, amount=200000, partner_event_id="shipment-1")
    event(api, order_id, amount=74999)
    event(api, order_id, amount=5000, type="REFUNDED")
    text = text_of(sandbox)
    assert "o-2041 Rest Assured $2,749.99 274999 ordered" in text
    assert "Captured $2,749.99 274999 Refunded $50.00 5000 Net $2,699.99 269999" in text
    assert "shipment-1" in text
    page = page_of(sandbox)
    assert 'aria-label="$2,749.99 captured of $2,749.99 ordered, $50.00 refunded"' in page
    assert re.findall(r'<rect class="bar-(\w+)" width="(\d+)"', page) == [
        ("ordered", "1000"),
        ("refunded", "1000"),
        ("net", "981"),
    ]


def test_an_event_in_another_currency_is_never_added_to_the_net(api: httpx.Client, sandbox: Sandbox) -> None:
    order_id = order(api, currency="JPY", total_order_amount=48000)
    event(api, order_id, amount=48000, currency="JPY")
    event(api, order_id, amount=100, type="REFUNDED")
    assert "Captured 48,000 JPY 48000 Refunded 0 JPY 0 Net 48,000 JPY 48000" in text_of(sandbox)
    assert "REFUNDED $1.00 100 is not part of the net." in text_of(sandbox)


def test_amounts_of_any_size_are_exact(api: httpx.Client, sandbox: Sandbox) -> None:
    most = 2**53 - 1
    order_id = order(api, total_order_amount=most)
    for _ in range(1100):  # more than fits into 64 bits
        sandbox._state._store.add(
            "events", {"order_id": order_id, "type": "CAPTURED", "amount": most, "network_transaction_id": "n"}
        )
    assert f"Captured {money(1100 * most, 'USD')} {1100 * most} " in text_of(sandbox)
    assert f"The latest {MOST_EVENTS} of 1,100 events." in text_of(sandbox)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (274999, "USD", "$2,749.99"),
        (5, "USD", "$0.05"),
        (-5, "USD", "\N{MINUS SIGN}$0.05"),
        (0, "EUR", "0.00 EUR"),
        (274999, "JPY", "274,999 JPY"),
        (1234, "KWD", "1.234 KWD"),
        (2**53 - 1, "USD", "$90,071,992,547,409.91"),
    ],
)
def test_minor_units_are_shown_as_money_of_their_currency(amount: int, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown


def test_requests_are_shown_with_status_and_fault(spoiled_api: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fail("createOrder", SandboxFault(status=503, write="late", headers={"Retry-After": "1"}))
    sandbox.fail("createOrder", SandboxFault(answer="cut"))
    sandbox.fail("postOrderEvent", SandboxFault(delay=1.5, settles_after=2, write="unseen"), times=3)
    order_body = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1}
    spoiled_api.post("/v2/orders", json=order_body)
    with pytest.raises(httpx.RemoteProtocolError):
        spoiled_api.post("/v2/orders", json=order_body)
    spoiled_api.get("/v2/order_events", params={"order_id": "a"})
    text = text_of(sandbox)
    assert "3 GET /v2/order_events ?order_id=a 200 2 POST /v2/orders cut answer cut 1 POST /v2/orders 503" in text
    assert "503 write late, status 503, Retry-After: 1" in text
    assert "Orders 0 Events 0 Requests 3 Faults to come 3 Still to settle 1" in text
    assert "postOrderEvent write unseen, settles after 2, delay 1.5 3\N{MULTIPLICATION SIGN}" in text


def test_the_latest_are_shown_and_what_is_left_out_is_said(sandbox: Sandbox, api: httpx.Client) -> None:
    for number in range(MOST_ORDERS + 2):
        order(api, partner_order_id=f"order {number}.")
    text = text_of(sandbox)
    assert f"Orders the latest {MOST_ORDERS} of {MOST_ORDERS + 2}" in text
    assert f"Requests the latest {MOST_REQUESTS} of {MOST_ORDERS + 2}" in text
    assert text.index(f"order {MOST_ORDERS + 1}.") < text.index("order 2.")
    assert "order 1." not in text


def page_full_of(sandbox: Sandbox, api: httpx.Client, name: str) -> str:
    """The page, and one that refuses a fault, of a sandbox that was told `name` wherever one can be told."""
    order_id = order(api, partner_order_id=name, merchant_name=name, payment_method_id=name, id=name)
    event(api, order_id, partner_event_id=name, network_transaction_id=name)
    # As a file of a later contract could have it.
    kept = {"order_id": order_id, "type": name, "currency": name, "amount": 1, "network_transaction_id": name}
    sandbox._state._store.add("events", kept)
    api.get(f"/v2/{name}", params={name: name})
    sandbox.fail("createOrder", SandboxFault(status=500, body=name))
    sandbox.fail("createOrder", SandboxFault(status=500, headers={"X-Name": name.encode("ascii", "ignore").decode()}))
    fields = ("operation", "status", "times", "delay", "write", "answer")
    form: dict[str, str] = dict.fromkeys(fields, name)
    refused = httpx.post(f"{sandbox.url}/_sandbox/page/fault", data=form)
    assert refused.status_code == 400
    return page_of(sandbox) + refused.text


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_request_says_is_text(api: httpx.Client, sandbox: Sandbox, name: str) -> None:
    with Sandbox() as other, client_of(other) as other_api:
        harmless = page_full_of(other, other_api, "name")
    page = page_full_of(sandbox, api, name)
    markup, expected = Markup(page), Markup(harmless)
    assert (markup.elements, markup.attributes) == (expected.elements, expected.attributes)
    assert markup.text.count(name) >= 16
    assert html.escape(name) in page


def test_only_what_the_builder_made_is_not_escaped() -> None:
    assert tag("a", "<b>", [1, None, Html("<i>")], href='"', hidden=True, title=None) == (
        '<a href="&quot;" hidden>&lt;b&gt;1<i></a>'
    )
    assert tag("input", type="text", class_="a", aria_label="b") == '<input type="text" class="a" aria-label="b">'


def test_the_page_asks_for_nothing_from_elsewhere(sandbox: Sandbox) -> None:
    page = httpx.get(f"{sandbox.url}/_sandbox")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "'unsafe" not in page.headers["content-security-policy"]
    found = re.findall(r'(?:src|href|action)="([^"]*)"', page.text)
    assert [each for each in found if not each.startswith(("/_sandbox/page/", "#", "data:,"))] == []
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
        response = httpx.get(f"{sandbox.url}/_sandbox/page/{name}")
        assert response.headers["content-type"].startswith(kind)
        assert re.search(r"https?:|url\(|@import", response.text) is None
    assert " style=" not in page.text
    assert re.search(r" on\w+=", page.text) is None


def test_a_fault_can_be_added_with_the_form(sandbox: Sandbox) -> None:
    form = {
        "operation": "postOrderEvent", "answer": "", "status": "503", "times": "2",
        "write": "made", "settles_after": "", "retry_after": "2", "delay": "0.5",
    }  # fmt: skip
    response = httpx.post(f"{sandbox.url}/_sandbox/page/fault", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/_sandbox")
    fault = SandboxFault(status=503, write="made", headers={"Retry-After": "2"}, delay=0.5)
    assert sandbox.faults == [("postOrderEvent", fault)] * 2


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"operation": "createOrder"}, "SandboxFault() changes nothing."),
        ({"operation": "unheard_of", "status": "500"}, "'unheard_of' is not an operation of the contract"),
        ({"operation": "createOrder", "status": "many"}, "status is 'many', but it must be a number."),
        ({"operation": "createOrder", "status": "500", "times": "x"}, "times is 'x', but it must be a number."),
        ({"operation": "createOrder", "delay": "nan"}, "delay must be seconds, 0 or more"),
        ({"operation": "createOrder", "status": "500", "retry_after": "\n"}, "headers must be text"),
        ({}, "SandboxFault() changes nothing."),
    ],
)
def test_a_form_with_a_mistake_comes_back_with_the_reason_and_what_was_given(
    sandbox: Sandbox, form: dict[str, str], problem: str
) -> None:
    response = httpx.post(f"{sandbox.url}/_sandbox/page/fault", data=form)
    assert response.status_code == 400
    assert f"No fault was added: {problem}" in html.unescape(response.text)
    assert form.get("delay") is None or 'value="nan"' in response.text
    assert sandbox.faults == []


def test_the_buttons_settle_heal_and_reset(spoiled_api: httpx.Client, sandbox: Sandbox) -> None:
    def press(name: str) -> None:
        assert httpx.post(f"{sandbox.url}/_sandbox/page/{name}").status_code == 303

    sandbox.fail("createOrder", SandboxFault(status=503, write="late"))
    order_body = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1}
    spoiled_api.post("/v2/orders", json=order_body)
    press("settle")
    assert len(sandbox.orders) == 1
    sandbox.fail("createOrder", SandboxFault(status=503))
    press("heal")
    assert sandbox.faults == []
    press("reset")
    assert (sandbox.orders, sandbox.requests) == ([], [])


@pytest.mark.parametrize("name", ["fault", "settle", "heal", "reset"])
def test_a_form_of_another_site_is_refused(sandbox: Sandbox, name: str) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        form = {"operation": "createOrder", "status": "500"}
        response = httpx.post(f"{sandbox.url}/_sandbox/page/{name}", data=form, headers=headers)
        assert (response.status_code, sandbox.faults) == (403, [])
    assert httpx.get(f"{sandbox.url}/_sandbox/page/{name}").status_code == 405


def updates(response: httpx.Response) -> Iterator[JsonObject]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_the_page_is_told_which_of_its_sections_changed(api: httpx.Client, sandbox: Sandbox) -> None:
    with httpx.stream("GET", f"{sandbox.url}/_sandbox/page/stream") as response:
        assert response.headers["content-type"] == "text/event-stream"
        update = updates(response)
        assert set(next(update)) == {"counts", "orders", "requests", "faults"}
        sandbox.fail("createOrder", SandboxFault(status=503))
        assert set(next(update)) == {"counts", "faults"}
        api.get("/v2/orders")
        assert set(next(update)) == {"counts", "requests"}


def test_a_sandbox_closes_while_somebody_watches() -> None:
    with Sandbox() as sandbox, httpx.stream("GET", f"{sandbox.url}/_sandbox/page/stream") as response:
        update = updates(response)
        next(update)
        sandbox.close()
        with pytest.raises(httpx.RemoteProtocolError):
            next(update)


def test_the_page_costs_nothing_until_it_is_asked_for() -> None:
    program = """
import sys, urllib.request
from imprint_sandbox import Sandbox
with Sandbox() as sandbox:
    urllib.request.urlopen(sandbox.url + "/_sandbox/health")
    print([name for name in sys.modules if name.startswith("imprint_sandbox.face")])
    urllib.request.urlopen(sandbox.url + "/_sandbox")
    print("imprint_sandbox.face.page" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\nTrue\n"
