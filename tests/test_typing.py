import json
import os
import re
import subprocess
import sys
from pathlib import Path

import imprint_api
import imprint_client
import pytest

PROGRAMS = Path(__file__).resolve().parent / "typing"
ACCEPTED = PROGRAMS / "accepted.py"
REFUSED = PROGRAMS / "refused" / "misuses.py"


def mypy_errors(program: Path, folder: Path) -> set[int]:
    # In a folder of its own: a consumer does not have our configuration.
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", str(program)]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stderr
    found = re.findall(rf"^.*{program.name}:(\d+): error", run.stdout, re.M)
    assert len(found) == run.stdout.count(": error"), run.stdout
    return {int(line) for line in found}


def pyright_errors(program: Path, folder: Path) -> set[int]:
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    (folder / program.name).write_text(program.read_text())
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = json.loads(run.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in found if each["severity"] == "error"}


CHECKERS = {"mypy": mypy_errors, "pyright": pyright_errors}


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_consumers_program_is_accepted(tmp_path: Path, checker: str) -> None:
    assert CHECKERS[checker](ACCEPTED, tmp_path) == set()


@pytest.mark.parametrize("checker", CHECKERS)
def test_each_misuse_is_refused_on_its_line(tmp_path: Path, checker: str) -> None:
    lines = REFUSED.read_text().splitlines()
    expected = {number for number, line in enumerate(lines, start=1) if "# refused: " in line}

    assert CHECKERS[checker](REFUSED, tmp_path) == expected


def test_the_public_surface_is_typed_in_full(tmp_path: Path) -> None:
    # Of what is importable, pyright looks for py.typed in these folders only; an editable install is in none of them.
    folders = {Path(package.__file__ or "").parent.parent for package in (imprint_client, imprint_api)}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-m", "pyright", "--verifytypes", "imprint_client", "--ignoreexternal", "--outputjson"]
    command += ["--pythonpath", sys.executable]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    found = json.loads(run.stdout)["typeCompleteness"]
    incomplete = [symbol["name"] for symbol in found["symbols"] if symbol["isExported"] and not symbol["isTypeKnown"]]
    assert (found["completenessScore"], incomplete) == (1.0, [])
