"""Debian's Chromium, driven by Playwright, for tests that look at a page as a person does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright import sync_api as playwright

from label_studio_server import unavailable

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


@contextmanager
def started() -> Iterator[playwright.Browser]:
    """Start a browser that asks nobody for anything by itself; without one the test is unavailable."""
    program = shutil.which("chromium")
    if program is None:
        unavailable("there is no chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
