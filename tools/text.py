"""Text of others as our commands print it: on one line, and powerless."""


def one_line(text: str) -> str:
    return " ".join(text.split())


def printable(text: str) -> str:
    """Escape what is not printable: a document that is quoted must not command the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
