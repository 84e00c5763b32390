"""Builds HTML in which every text is escaped, unless this module made it: what a request says never becomes markup."""

import html
from collections.abc import Iterable

_VOID = ("input", "link", "meta")


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]


def tag(element: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Return an element. `class_` is the attribute class, `aria_label` is aria-label; False and None leave one out."""
    opened = "".join(_attribute(key, value) for key, value in attributes.items())
    if element in _VOID:
        return Html(f"<{element}{opened}>")
    return Html(f"<{element}{opened}>{joined(children)}</{element}>")


def joined(child: Child) -> Html:
    """Return `child` as HTML: one text or element, or several in a row."""
    match child:
        case None:
            return Html()
        case Html():
            return child
        case str() | int():
            return Html(html.escape(str(child)))
        case _:
            return Html("".join(joined(each) for each in child))


def _attribute(key: str, value: str | int | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
