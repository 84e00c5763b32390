import pytest
from imprint_bulk import journal, send
from imprint_sandbox import Sandbox


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test loses no power, and waits for no disk and for no server."""
    monkeypatch.setattr(journal, "DURABILITY", "OFF")
    monkeypatch.setattr(send, "PAUSES_SECONDS", (0, 0))


@pytest.fixture
def imprint_there(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox that the command finds by the environment."""
    monkeypatch.setenv("IMPRINT_API_KEY", sandbox.api_key)
    monkeypatch.setenv("IMPRINT_BASE_URL", sandbox.url)
    return sandbox
