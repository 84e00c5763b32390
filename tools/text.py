"""Make other people's text safe to print on one line of a terminal."""


def one_line(text: str) -> str:
    return " ".join(text.split())


def printable(text: str) -> str:
    """Escape unprintable characters, so that a quoted document cannot control the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
