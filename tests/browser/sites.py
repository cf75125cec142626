"""A demo that people can use: made by `tracker demo`, served on a port of its own, and gone at the end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.cli.conftest import PROJECT, TRACKER, environment
from tests.scenarios.servers import needed, serving
from tracker.cli.demo import environment as demo_environment

LOCALES = ("zh-Hant", "en")
WIDE, NARROW = (1440, 900), (390, 844)
MILLISECONDS = 10_000


@dataclass(frozen=True)
class DemoSite:
    """A demo's home, and the passwords of its personas by login."""

    home: Path
    passwords: Mapping[str, str]

    @property
    def settings(self) -> dict[str, str]:
        """The environment of its server."""
        return demo_environment(self.home)


def make_demo(home: Path) -> DemoSite:
    """Make a demo as its README tells."""
    command = [str(TRACKER), "demo", "--no-serve", "--home", str(home)]
    subprocess.run(command, cwd=PROJECT, env=environment(), check=True, capture_output=True, timeout=120)
    lines = (home / "keys" / "people").read_text("utf-8").splitlines()
    return DemoSite(home, {login: password for login, password in (line.split()[:2] for line in lines if line)})


@contextmanager
def served(home: Path) -> Iterator[tuple[DemoSite, str]]:
    """A new demo that answers at the address returned."""
    site = make_demo(home)
    with serving(site) as server:
        yield site, server.base


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without its sandbox, which root cannot have."""
    program = needed("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--font-render-hinting=none"]
        )
        yield browser
        browser.close()


def context(
    browser: Browser, base: str, locale: str, size: tuple[int, int] = WIDE, *, scripts: bool = True
) -> BrowserContext:
    """Somebody's browser, who reads ``locale`` and is not signed in."""
    width, height = size
    made = browser.new_context(
        base_url=base,
        locale=locale,
        viewport={"width": width, "height": height},
        java_script_enabled=scripts,
        reduced_motion="reduce",
        timezone_id="Asia/Shanghai",
    )
    made.set_default_timeout(MILLISECONDS)
    return made


def sign_in(page: Page, login: str, password: str) -> None:
    """Sign in as a persona."""
    page.goto("/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click("main form:has([name=password]) button")
    page.wait_for_url(lambda url: "/login" not in url)
