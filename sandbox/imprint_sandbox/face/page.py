"""The page itself: HTML from an overview, in sections that the live updates replace one by one."""

from collections.abc import Iterable, Mapping, Sequence

from imprint_sandbox.face.html import Child, Html, joined, tag
from imprint_sandbox.face.money import money
from imprint_sandbox.face.overview import MOST_EVENTS, OrderView, Overview, currency_of, text_of
from imprint_sandbox.faults import SandboxFault, given_fields
from imprint_sandbox.received import ReceivedRequest
from imprint_sandbox.store import JsonObject

_BAR = 1000  # the width of a bar in its own units

_ANSWERS = (
    ("", "As usual, or the status below"),
    ("normal", "As usual, before the next fault"),
    ("cut", "None: cut the connection"),
    ("cut_in_body", "Cut off in mid-body"),
    ("malformed", "Half of the JSON"),
    ("empty_page", "An empty page that has more"),
    ("repeated_page", "The first page again"),
    ("unknown_type", "An unknown event type"),
)
_WRITES = (
    ("", "The default for the response"),
    ("made", "Made at once"),
    ("lost", "Never made"),
    ("late", "Made later"),
    ("unseen", "Made, seen later"),
)


def render(
    overview: Overview,
    url: str,
    operations: Sequence[str],
    *,
    problem: str = "",
    given: Mapping[str, str] | None = None,
) -> str:
    """Return the whole page. `problem` is why the fault whose form fields are `given` was not added."""
    sections = {name: tag("div", html, id=name) for name, html in render_sections(overview).items()}
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", "Imprint sandbox"),
        tag("link", rel="icon", href="data:,"),
        tag("link", rel="stylesheet", href="/_sandbox/page/page.css"),
        tag("script", src="/_sandbox/page/page.js", defer=True),
    ]
    body = [
        tag("a", "Skip to the orders", class_="skip", href="#orders"),
        tag(
            "header",
            tag("h1", "Imprint sandbox"),
            tag("code", url),
            tag("p", "Reload to see what is new", id="live", role="status"),
        ),
        sections["counts"],
        tag(
            "div",
            tag("main", sections["orders"], sections["requests"]),
            tag("aside", sections["faults"], _fault_form(operations, problem, given or {}), _actions()),
            class_="columns",
        ),
    ]
    return f"<!doctype html>{tag('html', tag('head', head), tag('body', body), lang='en')}"


def render_sections(overview: Overview) -> dict[str, Html]:
    """Return the parts of the page that change, by the id of the element that holds each."""
    return {
        "counts": _counts(overview),
        "orders": _orders(overview),
        "requests": _requests(overview),
        "faults": _faults(overview),
    }


def _counts(overview: Overview) -> Html:
    counts = (
        ("Orders", overview.order_count),
        ("Events", overview.event_count),
        ("Requests", overview.request_count),
        ("Faults to come", sum(times for *_, times in overview.faults)),
        ("Still to settle", overview.late_count),
    )
    return tag("dl", [tag("div", tag("dt", name), tag("dd", f"{count:,}")) for name, count in counts], class_="counts")


def _orders(overview: Overview) -> Html:
    shown = len(overview.orders)
    return joined(
        [
            _heading("Orders", shown, overview.order_count),
            tag("p", "No orders yet. They appear here as they arrive.", class_="empty") if not shown else None,
            tag("ul", [_order(view) for view in overview.orders], class_="orders") if shown else None,
        ]
    )


def _order(view: OrderView) -> Html:
    order, total = view.order, view.order["total_order_amount"]
    name = f"order-{view.number}"
    summary = tag(
        "summary",
        tag(
            "span",
            tag("bdi", order["partner_order_id"] or "(empty)", class_="name"),
            tag("bdi", text_of(order.get("merchant_name")), class_="muted") if order.get("merchant_name") else None,
            class_="title",
        ),
        tag("span", _amount(total, view.currency), tag("span", " ordered", class_="muted"), class_="ordered"),
        _bar(view, total),
        tag(
            "span",
            _figure("Captured", view.captured, view.currency, "captured"),
            _figure("Refunded", view.refunded, view.currency, "refunded"),
            _figure("Net", view.net, view.currency, "net"),
            class_="figures",
        ),
        id=f"{name}-summary",
    )
    others = [
        tag("p", tag("bdi", kind), " ", _amount(amount, currency), " is not part of the net.", class_="note")
        for kind, currency, amount in view.others
    ]
    ids = _facts((("Order id", order["id"]), ("Payment method", order["payment_method_id"])))
    return tag("li", tag("details", summary, ids, others, _events(view), id=name))


def _events(view: OrderView) -> Html:
    if not view.events:
        return tag("p", "No events of this order yet.", class_="empty")
    rows = [
        tag(
            "tr",
            tag("td", tag("bdi", text_of(event["type"]), class_=f"kind {_kind(event)}")),
            tag("td", _amount(event["amount"], currency_of(event)), class_="number"),
            tag("td", tag("bdi", text_of(event.get("partner_event_id")) or "\N{EN DASH}")),
            tag("td", tag("bdi", text_of(event["network_transaction_id"]))),
        )
        for event in view.events
    ]
    headings = (("Type", ""), ("Amount", "number"), ("Partner event id", ""), ("Network transaction id", ""))
    more = f"The latest {MOST_EVENTS} of {view.event_count:,} events." if view.event_count > len(view.events) else None
    return joined([_table("Events, newest first", headings, rows), tag("p", more, class_="note") if more else None])


def _bar(view: OrderView, total: int) -> Html:
    """A bar as wide as the order's total: the net, then what was refunded.

    If more was captured, the bar is as wide as that, and a gap marks the total.
    """
    scale = max(total, view.captured, 1)
    net, captured = (min(max(each, 0), scale) * _BAR // scale for each in (view.net, view.captured))
    says = (
        f"{money(view.captured, view.currency)} captured of {money(total, view.currency)} ordered, "
        f"{money(view.refunded, view.currency)} refunded"
    )
    return tag(
        "svg",
        tag("rect", class_="bar-ordered", width=_BAR, height=1),
        tag("rect", class_="bar-refunded", width=max(captured, net), height=1),
        tag("rect", class_="bar-net", width=net, height=1),
        tag("rect", class_="bar-tick", x=max(total, 0) * _BAR // scale, width=3, height=1) if total < scale else None,
        class_="bar",
        viewBox=f"0 0 {_BAR} 1",
        preserveAspectRatio="none",
        role="img",
        aria_label=says,
    )


def _figure(name: str, amount: int, currency: str, class_: str) -> Html:
    return tag("span", tag("span", name, class_="label"), _amount(amount, currency), class_=f"figure {class_}")


def _amount(amount: int, currency: str) -> Html:
    units = tag("span", f"{amount}", class_="units", title="in minor units")
    return tag("span", tag("bdi", money(amount, currency), class_="money"), " ", units, class_="amount")


def _requests(overview: Overview) -> Html:
    shown = len(overview.requests)
    headings = (("#", "number"), ("Request", ""), ("Status", ""), ("SandboxFault", ""))
    rows = [_request(number, request) for number, request in overview.requests]
    return joined(
        [
            _heading("Requests", shown, overview.request_count),
            _table("Requests, newest first", headings, rows) if shown else None,
            tag("p", "No requests yet. The first one a service sends appears here.", class_="empty")
            if not shown
            else None,
        ]
    )


def _request(number: int, request: ReceivedRequest) -> Html:
    status = "cut" if request.status is None else str(request.status)
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    return tag(
        "tr",
        tag("td", f"{number:,}", class_="number muted"),
        tag(
            "td",
            tag("bdi", request.method, class_="method"),
            " ",
            tag("bdi", request.path, class_="path"),
            tag("bdi", f"?{query}", class_="path muted") if query else None,
        ),
        tag("td", tag("span", status, class_=f"status status-{status[0]}")),
        tag("td", tag("bdi", _fault_text(request.fault), class_="fault") if request.fault else None),
    )


def _faults(overview: Overview) -> Html:
    rows = [
        tag(
            "li",
            tag("span", operation, class_="operation"),
            tag("bdi", _fault_text(fault), class_="fault"),
            tag("span", f"{times:,}\N{MULTIPLICATION SIGN}", class_="times") if times > 1 else None,
        )
        for operation, fault, times in overview.faults
    ]
    return joined(
        [
            tag("h2", "Faults to come"),
            tag("ol", rows, class_="faults") if rows else tag("p", "None. Every request goes well.", class_="empty"),
        ]
    )


def _fault_form(operations: Sequence[str], problem: str, given: Mapping[str, str]) -> Html:
    def number(name: str, text: str, **limits: str | int) -> Html:
        return _field(text, tag("input", type="number", name=name, value=given.get(name, ""), **limits))

    def choice(name: str, text: str, options: Iterable[tuple[str, str]]) -> Html:
        chosen = given.get(name, "")
        items = [tag("option", shown, value=value, selected=value == chosen) for value, shown in options]
        return _field(text, tag("select", items, name=name))

    more = tag(
        "details",
        tag("summary", "More"),
        choice("write", "What the request writes", _WRITES),
        number("settles_after", "Later is after this many requests", min=1),
        number("retry_after", "Retry-After, in seconds", min=0),
        number("delay", "Delay before the response, in seconds", min=0, step="any"),
        open=any(given.get(name) for name in ("write", "settles_after", "retry_after", "delay")),
    )
    return tag(
        "form",
        tag("h2", "Add a fault"),
        tag("p", problem, class_="problem", role="alert") if problem else None,
        choice("operation", "Operation", ((name, name) for name in operations)),
        choice("answer", "Response", _ANSWERS),
        tag(
            "div",
            number("status", "Status", min=200, max=599, placeholder="503"),
            _field("Times", tag("input", type="number", name="times", value=given.get("times", "1"), min=1)),
            class_="pair",
        ),
        more,
        tag("button", "Add fault", class_="main"),
        method="post",
        action="/_sandbox/page/fault",
        id="add-a-fault",
    )


def _actions() -> Html:
    def action(name: str, text: str, what: str) -> Html:
        button = tag("button", text, aria_describedby=f"{name}-what")
        return tag("form", button, tag("p", what, id=f"{name}-what"), method="post", action=f"/_sandbox/page/{name}")

    reset = action("reset", "Reset everything", "Orders, events, requests and faults are gone. There is no undo.")
    return tag(
        "section",
        tag("h2", "Actions"),
        action("settle", "Settle", "Late writes land, lookups see everything, delayed responses go out."),
        action("heal", "Heal", "The faults to come are forgotten."),
        tag("details", tag("summary", "Reset"), reset),
        class_="actions",
    )


def _heading(name: str, shown: int, count: int) -> Html:
    return tag("h2", name, tag("small", f"the latest {shown} of {count:,}") if shown < count else None)


def _table(caption: str, headings: Iterable[tuple[str, str]], rows: Child) -> Html:
    head = tag("tr", [tag("th", name, scope="col", class_=class_ or None) for name, class_ in headings])
    table = tag("table", tag("caption", caption, class_="hidden"), tag("thead", head), tag("tbody", rows))
    return tag("div", table, class_="table", tabindex=0, role="region", aria_label=caption)


def _facts(facts: Iterable[tuple[str, str]]) -> Html:
    return tag(
        "dl", [tag("div", tag("dt", name), tag("dd", tag("bdi", value))) for name, value in facts], class_="facts"
    )


def _field(text: str, control: Html) -> Html:
    return tag("label", tag("span", text), control)


def _kind(event: JsonObject) -> str:
    return {"CAPTURED": "captured", "REFUNDED": "refunded"}.get(event["type"], "other")


def _fault_text(fault: SandboxFault) -> str:
    texts: list[str] = []
    for name, value in given_fields(fault):
        if name == "headers":
            texts += [f"{header}: {content}" for header, content in value.items()]
        else:
            texts.append(f"{name.replace('_', ' ')} {value if isinstance(value, str) else repr(value)}")
    return ", ".join(texts)
