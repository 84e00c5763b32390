"""Test the wheel in dist/, not the tree: with the lowest and the newest allowed requirements, and alone.

The versions of the run-time and sandbox requirements vary; the test tools come from requirements.lock. Each run
resolves and builds new environments, which is how it finds a new release that breaks us.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.metadata import parse_email
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ALONE = ROOT / "tests" / "wheel" / "alone.py"
KEY = "a-key-of-this-run"
# Only `make conformance` uses it, which does not run here. It needs a newer jsonschema-rs than the sandbox does.
NOT_NEEDED = ("schemathesis",)


class RangesError(Exception):
    """The wheel fails one of the tests; the message says where."""


def main() -> int:
    wheels = [path.resolve() for path in (ROOT / "dist").glob("*.whl")]
    try:
        if len(wheels) != 1:
            raise RangesError(f"dist/ has {len(wheels)} wheels; make dist gives one")
        with tempfile.TemporaryDirectory() as folder:
            for resolution in ("lowest-direct", "highest"):
                python = with_test_tools(Path(folder, resolution), wheels[0], resolution)
                run("the tests", [python, "-m", "pytest", "-p", "tools.from_wheel"])
            alone = environment(Path(folder, "alone"), [f"imprint-client @ {wheels[0].as_uri()}"])
            without_extras(alone, sandbox=python)
    except RangesError as error:
        print(f"test-versions: {error}", file=sys.stderr)
        return 1
    return 0


# --- Environments -----------------------------------------------------------------------------------------------------


def with_test_tools(folder: Path, wheel: Path, resolution: str) -> Path:
    direct = requirements_of(wheel, extra="sandbox")
    pinned = resolved(direct, resolution)
    print(f"\n{resolution}:", *(one for one in pinned if name_of(one) in map(name_of, direct)), flush=True)
    taken = {name_of(one) for one in pinned}
    locked = re.findall(r"^(\S+==.+?) \\$", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    tools = [one for one in locked if name_of(one) not in (*taken, *NOT_NEEDED)]
    return environment(folder, [*pinned, *tools, f"imprint-client[sandbox] @ {wheel.as_uri()}"])


def requirements_of(wheel: Path, extra: str = "") -> list[str]:
    """The wheel's own requirements, passed to uv as direct ones so that it picks their lowest versions."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        found = [Requirement(one) for one in parse_email(archive.read(name))[0].get("requires_dist", [])]
    wanted = [one for one in found if one.marker is None or one.marker.evaluate({"extra": extra})]
    return [f"{one.name}{one.specifier}" for one in wanted]


def resolved(requirements: list[str], resolution: str) -> list[str]:
    """Resolve these requirements and their dependencies, each to one version."""
    command = [str(uv()), "pip", "compile", "-", "--resolution", resolution, "--no-annotate", "--no-header", "--quiet"]
    command += ["--python", sys.executable]
    return run(f"resolving for {resolution}", command, given="\n".join(requirements)).splitlines()


def environment(folder: Path, requirements: list[str]) -> Path:
    """Make an environment with these and nothing else; return its Python."""
    listed = folder.with_suffix(".txt")
    listed.write_text("\n".join(requirements), encoding="utf-8")
    python = folder / "bin" / "python"
    run("making an environment", [uv(), "venv", "--quiet", "--python", sys.executable, folder])
    # The wheel's name and version never change with its contents, so uv must not use a cached copy.
    fresh = ["--refresh-package", "imprint-client"]
    run("installing", [uv(), "pip", "install", "--quiet", "--python", python, *fresh, "--requirement", listed])
    return python


def name_of(requirement: str) -> str:
    return canonicalize_name(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])


def uv() -> Path:
    return Path(sys.executable).with_name("uv")


# --- From the wheel alone ---------------------------------------------------------------------------------------------


def without_extras(python: Path, sandbox: Path) -> None:
    """Check the client with a sandbox in another environment, and that its own environment says what to install."""
    with serving(sandbox.with_name("imprint-sandbox")) as url:
        print(run("the client by itself", [python, "-I", ALONE, url, KEY], cwd=python.parent), end="")
    refused = subprocess.run(
        [python.with_name("imprint-sandbox"), "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        cwd=python.parent,
    )
    if refused.returncode == 0 or "pip install 'imprint-client[sandbox]'" not in refused.stderr:
        raise RangesError(
            f"imprint-sandbox without its extra ends with {refused.returncode} and says {refused.stderr!r}"
        )
    if "Traceback" in refused.stderr:
        raise RangesError(f"imprint-sandbox without its extra ends with a traceback:\n{refused.stderr}")
    print("imprint-sandbox without its extra says what to install")


@contextlib.contextmanager
def serving(command: Path) -> Iterator[str]:
    """Run the sandbox's command; the address is the last word that it prints."""
    with subprocess.Popen([command, "--port", "0", "--api-key", KEY], stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            if not said:
                raise RangesError("imprint-sandbox does not start")
            yield said.split()[-1]
        finally:
            process.send_signal(signal.SIGTERM)
    if process.returncode != 0:
        raise RangesError(f"imprint-sandbox ends with {process.returncode} when it is told to stop")


def run(what: str, command: Sequence[str | Path], given: str | None = None, cwd: Path = ROOT) -> str:
    """Run a command, and return what it prints; what pytest prints is shown as it comes."""
    # These could put the tree, or another environment, before the one under test.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    shown = None if "pytest" in command else subprocess.PIPE
    done = subprocess.run(command, input=given, stdout=shown, text=True, check=False, cwd=cwd, env=clean)
    if done.returncode != 0:
        raise RangesError(f"{what} failed{': ' + done.stdout if done.stdout else ''}")
    return done.stdout or ""


if __name__ == "__main__":
    sys.exit(main())
