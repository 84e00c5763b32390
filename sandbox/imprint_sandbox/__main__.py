"""The command `imprint-sandbox`: a local Imprint until Ctrl-C or SIGTERM."""

import argparse
import errno
import logging
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version

from imprint_sandbox import Sandbox

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8420


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop; exit code 0 then, and 1 with a message when it cannot start."""
    options = _parser().parse_args(arguments)
    # Each request and each warning is a line on stderr; stdout has the addresses alone.
    logging.basicConfig(format="%(asctime)s  %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("imprint_sandbox").setLevel(logging.WARNING if options.quiet else logging.INFO)
    # SIGTERM ends the wait as Ctrl-C does: with KeyboardInterrupt, in this thread.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Sandbox(
            host=options.host,
            port=options.port,
            db=options.db,
            api_key=options.api_key,
            duplicates=options.duplicates,
            allowed_hosts=options.allowed_host,
        ) as sandbox:
            print(f"Imprint sandbox listening on {sandbox.url}", flush=True)
            print(f"Watch it at {sandbox.url}/_sandbox", flush=True)
            while True:
                time.sleep(3600)  # Unlike a lock, it can be interrupted on every system.
    except KeyboardInterrupt:
        pass
    except sqlite3.Error as error:
        sys.exit(f"imprint-sandbox: --db {options.db}: {error}")
    except (ModuleNotFoundError, OSError, OverflowError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            sys.exit(
                f"imprint-sandbox: port {options.port} is in use. Stop the program that listens there, "
                "or choose another port: --port 0 picks a free one."
            )
        sys.exit(f"imprint-sandbox: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="imprint-sandbox", description="A local Imprint to test against.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('imprint-client')}")
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default=DEFAULT_HOST,
        help="the address to listen on; 0.0.0.0 lets other machines and containers in (default: %(default)s)",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 picks a free one (default: %(default)s)")
    parser.add_argument(
        "--allowed-host",
        metavar="NAME",
        action="append",
        default=[],
        help="a name other than localhost that requests may use, such as the container's; can be repeated",
    )
    parser.add_argument("--db", metavar="FILE", default=":memory:", help="keep everything in FILE (default: in memory)")
    parser.add_argument("--api-key", metavar="KEY", default="sandbox-key", help="default: %(default)s")
    parser.add_argument(
        "--duplicates",
        choices=("keep", "reject"),
        default="keep",
        help="record a second order or event with the same id, or answer it with 409 (default: %(default)s)",
    )
    parser.add_argument("--quiet", action="store_true", help="print no line for each request")
    return parser


if __name__ == "__main__":
    main()
