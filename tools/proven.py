"""Run a check unless it has already passed on exactly this code: `python -m tools.proven COMMAND...`.

.proven stores a digest of the command, the files of this repository, the Python version and the installed packages. In
CI, where the variable CI is set, the command always runs.
"""

import hashlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# No check reads these folders. Hidden folders hold environments and caches.
UNREAD_FOLDERS = {"node_modules", "__pycache__", "dist"}
UNREAD_SUFFIXES = {".md"}


def main(command: list[str]) -> int:
    kept = ROOT / ".proven"
    before = digest(command)
    if not os.environ.get("CI") and kept.is_file() and kept.read_text() == before:
        return 0
    kept.unlink(missing_ok=True)
    status = subprocess.run(command, check=False, cwd=ROOT).returncode
    # If files changed while the command ran, nothing was proven.
    if status == 0 and digest(command) == before:
        kept.write_text(before)
    return status


def digest(command: list[str]) -> str:
    packages = sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))
    whole = hashlib.sha256(repr((sys.version, packages, command)).encode())
    for path in files_of(ROOT):
        content = path.read_bytes()
        whole.update(repr((path.relative_to(ROOT).as_posix(), len(content))).encode() + content)
    return whole.hexdigest()


def files_of(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path.name not in UNREAD_FOLDERS:
            yield from files_of(path)
        elif path.is_file() and not path.name.startswith(".") and path.suffix not in UNREAD_SUFFIXES:
            yield path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
