"""The command `imprint-sandbox`: a local Imprint until Ctrl-C or SIGTERM."""

import argparse
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence

from imprint_sandbox import Sandbox

DEFAULT_PORT = 8420


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop; exit code 0 then, and 1 with a message when it cannot start."""
    parser = argparse.ArgumentParser(prog="imprint-sandbox", description="A local Imprint to test against.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 picks a free one (default: %(default)s)")
    parser.add_argument("--db", metavar="FILE", default=":memory:", help="keep everything in FILE (default: in memory)")
    parser.add_argument("--api-key", metavar="KEY", default="sandbox-key", help="default: %(default)s")
    options = parser.parse_args(arguments)
    # SIGTERM ends the wait as Ctrl-C does: with KeyboardInterrupt, in this thread.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Sandbox(port=options.port, db=options.db, api_key=options.api_key) as sandbox:
            print(f"Imprint sandbox listening on {sandbox.url}", flush=True)
            while True:
                time.sleep(3600)  # Unlike a lock, it can be interrupted on every system.
    except KeyboardInterrupt:
        pass
    except (ModuleNotFoundError, OSError, OverflowError, sqlite3.Error) as error:
        sys.exit(f"imprint-sandbox: {error}")


if __name__ == "__main__":
    main()
