"""Somebody in front of a browser: goes to pages, fills in forms, reads, and hears what the browser complains of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from tests.browser.sites import context, sign_in

SERIOUS = frozenset({"serious", "critical"})


@dataclass
class Visitor:
    """One window. ``complaints`` are errors of the pages' scripts and policy; there must never be any."""

    page: Page
    locale: str
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def arrive(cls, browser: Browser, base: str, locale: str, *, scripts: bool = True) -> Visitor:
        """A new window, with or without scripts."""
        page = context(browser, base, locale, scripts=scripts).new_page()
        visitor = cls(page, locale)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        page.on("console", lambda said: visitor.complaints.append(said.text) if "Security" in said.text else None)
        return visitor

    def leave(self) -> None:
        """Close the window, having heard no complaint."""
        self.page.context.close()
        assert self.complaints == []

    def sign_in(self, login: str, password: str) -> None:
        """Sign in as a persona."""
        sign_in(self.page, login, password)

    def go(self, address: str) -> None:
        """Open a page, which must be there and speak this visitor's language."""
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"
        assert self.page.get_attribute("html", "lang") == self.locale

    def status(self, address: str) -> int:
        """What a page answers, whatever that is."""
        answer = self.page.goto(address)
        assert answer is not None
        return answer.status

    def says(self, **words: str) -> bool:
        """Whether the page has these words, given per language (``zh``, ``en``)."""
        return words[self.locale[:2]] in self.page.inner_text("body")

    def form(self, ending: str) -> Locator:
        """The form whose address ends so, or the page's own where nothing is given, unfolded."""
        chosen = f'[action$="{ending}"]' if ending else ":not([action])"
        found = self.page.locator(f'main form[method="post"]{chosen}').first
        folded = found.locator("xpath=ancestor::details[not(@open)]")
        for number in reversed(range(folded.count())):
            folded.nth(number).locator("summary").first.click()
        return found

    def fill(self, form: Locator, **values: str) -> None:
        """Fill in fields by their names: text, choices, selections."""
        for name, value in values.items():
            each = form.locator(f'[name="{name}"]').first
            kind = each.evaluate("e => e.type")
            if kind == "radio":
                form.locator(f'[name="{name}"][value="{value}"]').check()
            elif kind == "select-one":
                each.select_option(value)
            elif kind == "file":
                each.set_input_files(value)
            else:
                each.fill(value)

    def send(self, ending: str, **values: str) -> None:
        """Fill in and send the form whose address ends so."""
        form = self.form(ending)
        self.fill(form, **values)
        self.press(form)

    def press(self, form: Locator) -> None:
        """Press a form's button, and be on the page that answers."""
        with self.page.expect_navigation():
            form.locator("button:not([type=button])").last.click()

    def figure(self, metric: str, period: int) -> str:
        """The printed value of a figure, from its page."""
        self.go(f"/figures/{metric}?period={period}")
        return self.page.locator(".figure-value").first.inner_text().strip()

    def faults(self) -> list[tuple[str, Any]]:
        """Serious faults of accessibility on the page that is open."""
        found = Axe().run(self.page).response["violations"]
        return [
            (each["id"], [node["html"][:200] for node in each["nodes"]][:3])
            for each in found
            if each["impact"] in SERIOUS
        ]
