"""Pictures of the main pages, in both languages and two widths: `python -m tests.browser.pictures [DIRECTORY]`.

They are made from a new demo, so that whoever runs it again gets the same pages.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from tests.browser.sites import LOCALES, NARROW, WIDE, DemoSite, chromium, context, served, sign_in
from tests.cli.conftest import PROJECT

PICTURES = PROJECT / "docs" / "pictures"
SIZES = {"wide": WIDE, "narrow": NARROW}


class Shot(NamedTuple):
    """A page to be seen: the picture's name, its address, and who looks at it (nobody in particular: ``None``)."""

    name: str
    address: str
    login: str | None = None


SHOTS = (
    Shot("home", "/?year=2020", "recorder"),
    Shot("figures", "/figures?period=2020", "recorder"),
    Shot("metric", "/figures/integrity.cases_reported?period=2020", "recorder"),
    Shot("record", "/record", "recorder"),
    Shot("cases", "/integrity", "case-officer"),
    Shot("content", "/content", "recorder"),
    Shot("suppliers", "/suppliers", "recorder"),
    Shot("education", "/education", "recorder"),
    Shot("charity", "/charity/fumiao?period=2020", "recorder"),
    Shot("report", "/report"),
    Shot("audit", "/audit", "administrator"),
    Shot("year", "/years/2020"),
    Shot("checkpoints", "/checkpoints"),
    Shot("passport", "/figures/suppliers.in_library/2020/passport", "assurer"),
    Shot("sample", "/figures/suppliers.in_library/2020/sample?seed=7&count=10", "assurer"),
    Shot("preparation", "/years/2020/preparation", "approver"),
)


def take(browser: Browser, site: DemoSite, base: str, to: Path) -> Iterator[Path]:
    """Take every picture and tell where it is."""
    for locale in LOCALES:
        for size, extent in SIZES.items():
            for login in dict.fromkeys(shot.login for shot in SHOTS):
                somebody = context(browser, base, locale, extent)
                page = somebody.new_page()
                if login:
                    sign_in(page, login, site.passwords[login])
                for shot in (each for each in SHOTS if each.login == login):
                    yield _take(page, shot, to / f"{shot.name}-{size}-{locale}.png")
                somebody.close()


def _take(page: Page, shot: Shot, to: Path) -> Path:
    answer = page.goto(shot.address)
    assert answer is not None
    assert answer.status == 200, f"{shot.address}: {answer.status}"
    page.screenshot(path=to)
    return to


def main(to: Path) -> None:
    """Make the demo, look at it, and write the pictures."""
    to.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch, served(Path(scratch) / "demo") as (site, base), chromium() as browser:
        for made in take(browser, site, base, to):
            print(made.relative_to(to.parent))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
