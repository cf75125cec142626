"""A case in the browser: an anonymous report, four eyes, an investigation, an answer, and a loss recovered."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image

from tests.browser.conftest import Visit
from tests.browser.visitors import Visitor

STORY = "The depot's manager sells spare parts on his own account."


def year() -> int:
    """The organisation's reporting year now."""
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).year


def report(reporter: Visitor, picture: Path) -> str:
    """Hand in a report with a picture; its receipt."""
    reporter.go("/report")
    form = reporter.page.locator("main form")
    reporter.fill(form, category="misuse_of_assets", reporter_group="staff", narrative=STORY, files=str(picture))
    reporter.press(form)
    receipt = reporter.page.locator(".report-receipt").inner_text()
    assert reporter.page.context.cookies() == []
    return re.sub(r"\s", "", receipt)


def cases(officer: Visitor) -> set[str]:
    """The newest cases, as the list links them."""
    officer.go("/integrity?sort=-reported")
    links = officer.page.locator("main tbody a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    return {link.split("?")[0] for link in links}


def approve(approver: Visitor) -> None:
    """Approve what waits, having looked at it."""
    approver.go("/approvals")
    approver.page.locator("main tbody a, main .card-plain a").first.click()
    approver.send("/approve")


def read(reporter: Visitor, receipt: str) -> None:
    """Come back with a receipt."""
    reporter.go("/report/receipt")
    reporter.send("/report/receipt", receipt=receipt)


def test_a_case_goes_from_an_anonymous_report_to_closure_with_its_loss_in_the_figures(
    visit: Visit, tmp_path: Path
) -> None:
    picture = tmp_path / "parts.png"
    Image.new("RGB", (40, 30), "brown").save(picture)
    reporter, officer, approver = visit(), visit("case-officer"), visit("approver")
    before = officer.figure("integrity.loss_recovered", year()), officer.figure("integrity.cases_substantiated", year())

    known = cases(officer)
    receipt = report(reporter, picture)
    (case,) = cases(officer) - known
    officer.go(case)
    assert STORY not in officer.page.content()
    officer.send("/access")
    approve(approver)

    officer.go(case)
    officer.send("/read")
    assert STORY in officer.page.inner_text("main")
    with officer.page.expect_download() as download:
        officer.page.locator('form[action*="/files/"] button').first.click()
    with Image.open(download.value.path()) as shown:
        assert shown.size == (40, 30)

    officer.go(case)
    officer.send("/acts/acknowledged", data_message="Thank you. Which depot is it?")
    read(reporter, receipt)
    assert "Which depot is it?" in reporter.page.inner_text("main")
    reporter.send("/report/message", message="The one in the north.")
    assert reporter.says(zh="訊息已送達", en="Your message has arrived")

    officer.go(case)
    officer.send("/acts/triaged", data_priority="high")
    officer.send("/acts/assigned")
    officer.send("/acts/substantiated", data_outcome="dismissal", data_loss_recovered="2800000")
    officer.send("/acts/feedback_given", data_message="It was so, and has ended.")
    officer.send("/acts/closed")
    assert officer.says(zh="已結案", en="Closed")

    read(reporter, receipt)
    assert "It was so, and has ended." in reporter.page.inner_text("main")
    after = officer.figure("integrity.loss_recovered", year()), officer.figure("integrity.cases_substantiated", year())
    assert (number(after[0]) - number(before[0]), number(after[1]) - number(before[1])) == (2_800_000, 1)
    assert visit("administrator").status(case) in {403, 404}


def number(printed: str) -> int:
    """What a printed figure says as a whole number."""
    found = re.search(r"([\d,.]+)\s*(萬|million)?", printed)
    if found is None:  # worded: none
        return 0
    scale = {"萬": 10_000, "million": 1_000_000, None: 1}[found[2]]
    return round(float(found[1].replace(",", "")) * scale)
