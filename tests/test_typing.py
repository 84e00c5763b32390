import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import imprint_api
import imprint_client
import pytest

PROGRAMS = [Path(__file__).parent / "typing" / name for name in ("accepted.py", "refused/misuses.py")]


def mypy_errors(folder: Path) -> list[tuple[str, int]]:
    # In a folder of its own: a consumer does not have our configuration.
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", "."]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stderr
    found = re.findall(r"^(\w+\.py):(\d+): error", run.stdout, re.M)
    assert len(found) == run.stdout.count(": error"), run.stdout
    return [(name, int(line)) for name, line in found]


def pyright_errors(folder: Path) -> list[tuple[str, int]]:
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = json.loads(run.stdout)["generalDiagnostics"]
    errors = [each for each in found if each["severity"] == "error"]
    return [(Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in errors]


@pytest.mark.parametrize("errors_in", [mypy_errors, pyright_errors])
def test_a_consumers_program_is_accepted_and_each_misuse_is_refused_on_its_line(
    tmp_path: Path, errors_in: Callable[[Path], list[tuple[str, int]]]
) -> None:
    for program in PROGRAMS:
        (tmp_path / program.name).write_text(program.read_text())
    misuses = PROGRAMS[-1].read_text().splitlines()
    expected = {("misuses.py", number) for number, line in enumerate(misuses, start=1) if "# refused: " in line}

    assert {*errors_in(tmp_path)} == expected


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
