"""Generate the peers from our corrected contract, with no template or setting of ours, into this virtual environment.

openapi-generator is a Java program (PyPI carries its jar): without Java its rows stay empty.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "generated" / "imprint_api" / "openapi.json"
PACKAGES = Path(sysconfig.get_path("purelib"))
STOCK = "imprint_stock"
OPENAPI_GENERATOR = {"urllib3": "imprint_urllib3", "asyncio": "imprint_asyncio"}


def main() -> None:
    stock(PACKAGES / STOCK)
    for library, package in OPENAPI_GENERATOR.items():
        if shutil.which("java"):
            openapi_generator(library, package)
        else:
            print(f"There is no Java, so no openapi-generator ({library}).", file=sys.stderr)


def stock(package: Path) -> None:
    """openapi-python-client as it comes, but for the class names and formatting of generator-config.yaml."""
    settings: list[str | Path] = ["--meta", "none", "--config", ROOT / "generator-config.yaml"]
    output: list[str | Path] = ["--output-path", package, "--overwrite"]
    run(sys.executable, "-m", "openapi_python_client", "generate", "--path", CONTRACT, *settings, *output)


def openapi_generator(library: str, package: str) -> None:
    jar = PACKAGES / "openapi_generator_cli" / "openapi-generator.jar"
    with tempfile.TemporaryDirectory() as folder:
        output: list[str | Path] = ["-i", CONTRACT, "-o", folder]
        run("java", "-jar", jar, "generate", "-g", "python", "--library", library, "--package-name", package, *output)
        shutil.rmtree(PACKAGES / package, ignore_errors=True)
        shutil.copytree(Path(folder, package), PACKAGES / package)


def run(*command: str | Path) -> None:
    # The post hooks of generator-config.yaml look for ruff on the PATH.
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **path})
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
