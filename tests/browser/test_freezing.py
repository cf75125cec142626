"""A year in the browser: drafted and signed by one, approved and published by another, restated with a reason."""

from __future__ import annotations

from tests.browser.conftest import Visit
from tests.browser.sites import NARROW, WIDE
from tests.browser.visitors import Visitor

YEARS = {"zh-Hant": 2019, "en": 2018}
"""A year of its own for visitors of either language: each is frozen once."""

TRAININGS = "integrity.trainings"


def train(recorder: Visitor, year: int, month: int, attendees: int) -> None:
    """Log a training on the day of that month that nobody else uses."""
    recorder.go("/record/integrity.training.held")
    data = {"data_mode": "offline", "data_attendees": str(attendees), "time": f"{year}-{month:02d}-15T10:00"}
    recorder.send("", **data)


def freeze(recorder: Visitor, approver: Visitor, year: int) -> None:
    """Sign the draft as one, approve it as the other."""
    recorder.go(f"/years/{year}/preparation")
    recorder.send("/preparation/sign")
    approver.go(f"/years/{year}/preparation")
    with approver.page.expect_navigation():
        approver.page.locator('main a.btn[href^="/approvals/"]').click()
    assert approver.page.locator(f'main a[href="/years/{year}/preparation"]').count() == 1
    look(approver)
    approver.send("/approve")


def publish(approver: Visitor, year: int) -> None:
    """Let everybody see the year, which leads to it."""
    approver.go(f"/years/{year}/preparation")
    look(approver)
    approver.send("/preparation/publish")
    assert approver.page.url.endswith(f"/years/{year}")


def month(visitor: Visitor, year: int, number: int) -> str:
    """What the page of the trainings says of a month."""
    visitor.go(f"/years/{year}/{TRAININGS}")
    return visitor.page.locator("tbody tr").nth(number - 1).locator("td").inner_text()


def look(visitor: Visitor) -> None:
    """The page that is open has no fault of accessibility, and fits a telephone."""
    assert visitor.faults() == []
    visitor.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0], visitor.page.url
    visitor.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


def test_two_people_freeze_a_year_the_public_sees_it_and_it_is_restated(visit: Visit) -> None:
    recorder, approver, public = visit("recorder"), visit("approver"), visit()
    year = YEARS[public.locale]
    for number, attendees in ((3, 12), (3, 8), (5, 9)):
        train(recorder, year, number, attendees)

    recorder.go(f"/years/{year}/preparation")
    assert recorder.says(zh="尚未擬備草稿", en="Nothing is drafted yet")
    recorder.send("/preparation/draft")
    assert recorder.says(zh="已擬備草稿", en="Drafted. Read the figures")
    look(recorder)
    freeze(recorder, approver, year)
    assert public.status(f"/years/{year}") == 404
    publish(approver, year)
    assert month(public, year, 3) == month(public, year, 5) == {"zh": "少於 5", "en": "fewer than 5"}[spoken(public)]
    assert month(approver, year, 3) == {"zh": "2 場", "en": "2 sessions"}[spoken(approver)]
    look(public)

    train(recorder, year, 5, 30)
    recorder.go(f"/years/{year}/candidates")
    assert recorder.says(zh="廉正合規培訓", en="Integrity trainings")
    with recorder.page.expect_navigation():
        recorder.page.locator('main a[href*="events=0"]').click()
    assert "3 → 4" in recorder.page.inner_text("#late + ol").replace(" 場", "").replace(" sessions", "")
    look(recorder)
    recorder.send("/candidates", reason="A training of May was found in the files.")
    assert recorder.says(zh="第 2 版", en="Revision 2")
    freeze(recorder, approver, year)
    publish(approver, year)

    public.go("/years")
    look(public)
    public.go(f"/years/{year}")
    assert "A training of May was found in the files." in public.page.inner_text(".restated")
    look(public)
    approver.go(f"/years/{year}/revisions")
    assert "A training of May was found in the files." in approver.page.inner_text("main")
    row = approver.page.locator("section tbody tr", has_text=TRAININGS).first.inner_text()
    assert [words for words in row.split() if words.lstrip("+").isdigit()] == ["3", "4", "+1"]
    look(approver)


def spoken(visitor: Visitor) -> str:
    """The language of a visitor, as words are given."""
    return visitor.locale[:2]
