"""A demo, a browser, and visitors of it who read one language or the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from playwright.sync_api import Browser

from tests.browser.sites import LOCALES, DemoSite, chromium, served
from tests.browser.visitors import Visitor

Visit: TypeAlias = Callable[..., Visitor]
"""Makes a visitor: nobody in particular, or a persona by its login."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DemoSite, str]]:
    """A demo that answers, and where."""
    with served(tmp_path_factory.mktemp("browser") / "demo") as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; each visitor has a window and cookies of its own."""
    with chromium() as found:
        yield found


@pytest.fixture(params=LOCALES)
def visit(request: pytest.FixtureRequest, demo: tuple[DemoSite, str], browser: Browser) -> Iterator[Visit]:
    """Makes visitors who read Chinese, then others who read English."""
    visitors: list[Visitor] = []

    def make(login: str | None = None, **how: bool) -> Visitor:
        site, base = demo
        visitor = Visitor.arrive(browser, base, request.param, **how)
        visitors.append(visitor)
        if login is not None:
            visitor.sign_in(login, site.passwords[login])
        return visitor

    yield make
    for visitor in visitors:
        visitor.leave()
