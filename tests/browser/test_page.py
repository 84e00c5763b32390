"""What a person sees and does at /_sandbox, in a real browser."""

import re

import httpx
import pytest
from imprint_sandbox import Sandbox, SandboxFault
from playwright.sync_api import Browser, Page, expect

HOSTILE = "</bdi><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\"'<b>"


def post(sandbox: Sandbox, path: str, **body: object) -> httpx.Response:
    return httpx.post(f"{sandbox.url}/v2/{path}", json=body, headers={"Authorization": f"Bearer {sandbox.api_key}"})


def order(sandbox: Sandbox, **fields: object) -> str:
    body = {"payment_method_id": "p", "partner_order_id": "o-2041", "total_order_amount": 274999, **fields}
    return str(post(sandbox, "orders", **body).json()["id"])


def event(sandbox: Sandbox, order_id: str, **fields: object) -> None:
    post(
        sandbox,
        "order_events",
        **{"type": "CAPTURED", "amount": 1, "network_transaction_id": "n", **fields},
        order_id=order_id,
    )


def test_what_arrives_appears_without_a_reload(sandbox: Sandbox, page: Page) -> None:
    expect(page.locator("#orders")).to_contain_text("No orders yet")
    page.evaluate("document.body.dataset.same = 'page'")
    order_id = order(sandbox)
    expect(page.locator("#orders .name")).to_have_text("o-2041")
    event(sandbox, order_id, amount=274999)
    event(sandbox, order_id, type="REFUNDED", amount=5000)
    expect(page.locator(".figure.captured .money")).to_have_text("$2,749.99")
    expect(page.locator(".figure.refunded .money")).to_have_text("$50.00")
    expect(page.locator(".figure.net .money")).to_have_text("$2,699.99")
    expect(page.locator(".figure.net .units")).to_have_text("269999")
    expect(page.locator("#requests tbody tr")).to_have_count(3)
    sandbox.fail("createOrder", SandboxFault(status=503), times=2)
    expect(page.locator("#faults")).to_contain_text("createOrder")
    post(sandbox, "orders")
    expect(page.locator("#requests .status").first).to_have_text("503")
    assert page.evaluate("document.body.dataset.same") == "page"


def test_the_bar_is_as_wide_as_what_it_stands_for(sandbox: Sandbox, page: Page) -> None:
    order_id = order(sandbox, total_order_amount=1000)
    event(sandbox, order_id, amount=500)
    event(sandbox, order_id, type="REFUNDED", amount=250)
    expect(page.locator(".figure.net .units")).to_have_text("250")
    ordered, refunded, net = (page.locator(f".bar-{name}").bounding_box() for name in ("ordered", "refunded", "net"))
    assert ordered is not None
    assert refunded is not None
    assert net is not None
    assert refunded["width"] == pytest.approx(ordered["width"] / 2, abs=1)
    assert net["width"] == pytest.approx(ordered["width"] / 4, abs=1)


def test_an_open_order_stays_open_and_focused_while_others_arrive(sandbox: Sandbox, page: Page) -> None:
    order_id = order(sandbox)
    summary = page.locator("#order-1-summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#order-1 .facts")).to_be_visible()
    event(sandbox, order_id, partner_event_id="shipment-1")
    expect(page.locator("#order-1 table")).to_contain_text("shipment-1")
    expect(page.locator("#order-1 .facts")).to_be_visible()
    expect(summary).to_be_focused()


def test_everything_can_be_done_with_the_keyboard(sandbox: Sandbox, page: Page) -> None:
    def tab_to(selector: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({selector!r})"):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", selector
                return
        raise AssertionError(f"Tab does not reach {selector}")

    order(sandbox)
    expect(page.locator("#orders .name")).to_be_visible()
    tab_to("a.skip")
    tab_to("#order-1-summary")
    tab_to("select[name=operation]")
    page.keyboard.type("createOrder")
    tab_to("input[name=status]")
    page.keyboard.type("503")
    page.keyboard.press("Enter")
    expect(page.locator("#faults .operation")).to_have_text("createOrder")
    assert sandbox.faults == [("createOrder", SandboxFault(status=503))]
    tab_to("form[action$=heal] button")
    page.keyboard.press("Enter")
    expect(page.locator("#faults")).to_contain_text("None.")
    assert sandbox.faults == []
    tab_to(".actions summary")
    page.keyboard.press("Enter")
    tab_to("form[action$=reset] button")
    page.keyboard.press("Enter")
    expect(page.locator("#orders")).to_contain_text("No orders yet")
    assert sandbox.orders == []


def test_late_writes_land_with_settle(sandbox: Sandbox, page: Page) -> None:
    sandbox.fail("createOrder", SandboxFault(status=503, write="late"))
    order_body = {"payment_method_id": "p", "partner_order_id": "late-1", "total_order_amount": 1}
    post(sandbox, "orders", **order_body)
    expect(page.locator(".counts div").last).to_contain_text("1")
    page.get_by_role("button", name="Settle").click()
    expect(page.locator("#orders .name")).to_have_text("late-1")


def test_a_fault_that_makes_no_sense_says_why(browser: Browser, sandbox: Sandbox) -> None:
    page = browser.new_page()  # of its own: the 400 is an error in the console
    page.goto(f"{sandbox.url}/_sandbox")
    page.get_by_role("button", name="Add fault").click()
    expect(page.get_by_role("alert")).to_contain_text("No fault was added: SandboxFault() changes nothing.")
    page.close()


def test_hostile_names_are_text_and_run_nothing(sandbox: Sandbox, page: Page) -> None:
    order_id = order(sandbox, partner_order_id=HOSTILE, merchant_name=HOSTILE, id=f"id {HOSTILE}")
    event(sandbox, order_id, partner_event_id=HOSTILE, network_transaction_id=HOSTILE)
    sandbox.fail("listOrders", SandboxFault(status=500, body=HOSTILE))
    httpx.get(f"{sandbox.url}/v2/{HOSTILE}", params={HOSTILE: HOSTILE})
    expect(page.locator("#faults")).to_contain_text(HOSTILE)
    expect(page.locator("#requests .path.muted").first).to_contain_text(HOSTILE)
    for _ in range(2):  # as an update, and as the page is loaded
        expect(page.locator("#orders .name")).to_have_text(HOSTILE)
        expect(page.locator("main img, main script, main b")).to_have_count(0)
        expect(page).to_have_title("Imprint sandbox")
        page.reload()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 768, 1360])
def test_it_fits_and_can_be_read_in_light_and_dark(browser: Browser, sandbox: Sandbox, scheme: str, width: int) -> None:
    order_id = order(sandbox, partner_order_id="o-" + "2041" * 40, total_order_amount=2**53 - 1)
    event(sandbox, order_id, amount=2**53 - 1)
    sandbox.fail("createOrder", SandboxFault(status=503, body="x" * 300))
    post(sandbox, "orders")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(f"{sandbox.url}/_sandbox")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector in (
        "h1",
        ".label",
        ".units",
        ".name",
        "#requests .status",
        ".counts dt",
        "label span",
        ".note, .empty",
    ):
        for element in page.locator(selector).all()[:3]:
            ratio = contrast(*element.evaluate(COLOURS))
            assert ratio >= 4.5, (selector, ratio)
    page.close()


# The colour of an element, and that of what is behind it.
COLOURS = """element => {
  let behind = element;
  while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  return [getComputedStyle(element).color, getComputedStyle(behind || document.body).backgroundColor];
}"""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_page_whose_sandbox_has_gone_says_so(browser: Browser) -> None:
    page = browser.new_page()
    with Sandbox() as sandbox:
        page.goto(f"{sandbox.url}/_sandbox")
        expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator("#live")).to_have_text("Not connected", timeout=20_000)
    page.close()
