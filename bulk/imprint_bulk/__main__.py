"""The command `imprint`; `python -m imprint_bulk` is the same."""

import sys


def main() -> None:
    """Run the command, or say what to install."""
    try:
        from imprint_bulk.cli import app  # noqa: PLC0415 - so that without the extra there is a message
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in ("typer", "rich", "click"):
            raise
        print(f"The imprint command needs {package}: pip install 'imprint-client[cli]'", file=sys.stderr)
        sys.exit(4)
    app(prog_name="imprint")


if __name__ == "__main__":
    main()
