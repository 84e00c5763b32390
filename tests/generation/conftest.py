"""Generation takes more than a second, so what it gives is made once and shared; no test may change it."""

from pathlib import Path
from typing import Any

import pytest

from tools.generate import corrected_contract, generate, load_yaml

from .support import ROOT


@pytest.fixture(scope="session")
def raw() -> dict[str, Any]:
    """The contract as it is in openapi.yaml."""
    contract: dict[str, Any] = load_yaml(ROOT / "openapi.yaml")
    return contract


@pytest.fixture(scope="session")
def corrected() -> dict[str, Any]:
    """The contract with our overlay applied."""
    return corrected_contract(ROOT)


@pytest.fixture(scope="session")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package that the repository's inputs give."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONHASHSEED", "0")
        return generate(ROOT, tmp_path_factory.mktemp("regenerated"))
