"""The command's options; its start and end are tested in test_sandbox_lifetime.py."""

import signal
from importlib.metadata import version
from urllib.parse import urlsplit

import httpx
import pytest
from imprint_sandbox import Sandbox
from imprint_sandbox.__main__ import main

from .test_sandbox_lifetime import KEY, ORDER, command


def test_it_prints_a_line_for_each_request_and_stops() -> None:
    with command("--duplicates", "reject") as (process, url):
        for expected in (200, 409):
            assert httpx.post(f"{url}/v2/orders", json=ORDER, headers=KEY).status_code == expected
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "")
    assert [line.partition("  ")[2] for line in errors.splitlines()] == ["POST /v2/orders 200", "POST /v2/orders 409"]


def test_it_listens_to_other_machines_when_asked_to_and_says_so() -> None:
    with command("--host", "0.0.0.0", "--allowed-host", "imprint", "--allowed-host", "b", "--quiet") as (process, url):  # noqa: S104
        for host, expected in (("imprint:8420", 200), ("b", 200), ("c", 403)):
            assert httpx.get(f"{url}/_sandbox/health", headers={"Host": host}).status_code == expected
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert errors.partition("  ")[2] == (
        "The sandbox listens on 0.0.0.0: every machine that can reach this one can read and change what it holds.\n"
    )


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"imprint-sandbox {version('imprint-client')}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--duplicates", "rejct"], "invalid choice: 'rejct'"),
        (["--allowed-host", "http://imprint", "--port", "0"], "imprint-sandbox: 'http://imprint' is not a host name"),
    ],
)
def test_it_refuses_what_it_cannot_use(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code not in (0, None)
    assert message in f"{ended.value.code}{capsys.readouterr().err}"


def test_a_port_in_use_is_named_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    with Sandbox() as other, pytest.raises(SystemExit) as ended:
        main(["--port", str(urlsplit(other.url).port)])
    assert "is in use" in str(ended.value.code)
    assert "--port 0 picks a free one" in str(ended.value.code)
    assert capsys.readouterr().out == ""
