"""A sandbox, and its page in Debian's or your system's Chromium. `make test-browser` says what to install."""

import os
import shutil
from collections.abc import Iterator

import pytest
from imprint_sandbox import Sandbox
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# It asks for nothing but the page: no updates, no suggestions, no metrics.
ARGUMENTS = [
    "--no-sandbox",  # Chromium's own needs rights that a container does not have.
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.exit(
            "These tests need Chromium. Install it (on Debian: apt-get install chromium), or set CHROMIUM to its path.",
            returncode=1,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    """The sandbox's page once it is live. It fails on an error in the page, and on a request to anywhere else."""
    page = browser.new_page()
    page.set_default_timeout(20_000)
    problems: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{sandbox.url}/_sandbox")
    page.locator("#live[data-state=live]").wait_for()
    yield page
    page.close()
    assert problems == []
    assert [url for url in asked if not url.startswith((sandbox.url, "data:"))] == []
