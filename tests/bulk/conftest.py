import pytest
from imprint_bulk import journal
from imprint_sandbox import Sandbox


@pytest.fixture(autouse=True)
def _no_loss_of_power(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test loses no power, and waits for no disk."""
    monkeypatch.setattr(journal, "DURABILITY", "OFF")


@pytest.fixture
def imprint_there(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox that the command finds by the environment."""
    monkeypatch.setenv("IMPRINT_API_KEY", sandbox.api_key)
    monkeypatch.setenv("IMPRINT_BASE_URL", sandbox.url)
    return sandbox
