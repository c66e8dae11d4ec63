"""One Chromium a file of tests; a page of it fails its test when it complains."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from freebsd_port.engine.core.review.facts import SeriesFacts
from freebsd_port.openstack.ops.review.gather import gather_review
from freebsd_port.openstack.ops.review.site import write_site
from freebsd_port.openstack.store.project.project import find_project

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

OpenPage = Callable[..., "Page"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one file: while Playwright runs, no test of the process can use asyncio."""
    if CHROMIUM is None:
        pytest.skip("chromium is not here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, chromium_sandbox=False, timeout=120_000
        )
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages, each in a profile of its own; a word on the console fails the test."""
    said: list[str] = []
    contexts = []

    def open_one(*, expected: tuple[str, ...] = (), **settings: Any) -> Page:
        """Open one; `expected` are parts of what the console may say."""
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: hear(f"{message.type}: {message.text}", expected))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("dialog", refuse)
        page.on("request", lambda request: check_address(request.url))
        return page

    def hear(words: str, expected: tuple[str, ...]) -> None:
        if not any(part in words for part in expected):
            said.append(words)

    def refuse(dialog: Dialog) -> None:
        said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def check_address(url: str) -> None:
        if not url.startswith(("file:", "http://127.0.0.1:")):
            said.append(f"fetched {url}")

    yield open_one
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture(scope="session")
def real_facts() -> SeriesFacts:
    return gather_review(find_project(), progress=print)


@pytest.fixture(scope="session")
def real_site(real_facts: SeriesFacts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the real series."""
    directory = tmp_path_factory.mktemp("review") / "site"
    write_site(real_facts, directory, print)
    return directory
