"""Build the documentation into site/. A broken link or an unknown name stops it. `--serve` shows it while you write."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--serve"]):
        print("docs: the only argument is --serve", file=sys.stderr)
        return 2
    # MkDocs imports our extensions from here; Material would print an advertisement.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", *(["serve", "--livereload"] if arguments else ["build"])]
    try:
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
