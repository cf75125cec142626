"""A violation in the browser: found, penalised by the ladder, appealed by the account's owner, overturned."""

from __future__ import annotations

from typing import NamedTuple

from tests.browser.conftest import Visit
from tests.browser.test_case import number, year
from tests.browser.visitors import Visitor


class Figures(NamedTuple):
    """Gross, overturned and net penalties, and gross, taken back and net points, of this year."""

    gross: int
    overturned: int
    net: int
    points: int
    points_back: int
    points_net: int


METRICS = ("penalties", "penalties_overturned", "penalties_net", "points", "points_taken_back", "points_net")


def figures(visitor: Visitor) -> Figures:
    """This year's figures as their pages print them."""
    return Figures(*(number(visitor.figure(f"content.{metric}", year())) for metric in METRICS))


def test_an_appeal_overturns_a_violation_and_takes_penalty_and_points_back(visit: Visit) -> None:
    recorder, approver, owner = visit("recorder"), visit("approver"), visit(scripts=False)
    account, violation = f"account-{recorder.locale.lower()}", f"violation-{recorder.locale.lower()}"
    before = figures(approver)

    recorder.go("/record/content.violation.found")
    found = {"surface": "live", "category": "fraud", "detected_by": "reviewer", "review_level": "video"}
    data = {f"data_{name}": value for name, value in (found | {"account": account}).items()}
    recorder.send("", subject=violation, **data)
    page = f"/subjects/content.violation/{violation}"
    recorder.go(page)
    recorder.send("/content.violation.penalised")
    recorder.send("/content.violation.notified")
    penalised = figures(approver)

    recorder.go(f"/content/accounts/{account}")
    recorder.send(f"/content/accounts/{account}")
    link = recorder.page.locator(".shown-once").inner_text()
    owner.go(link)
    assert owner.says(zh="詐騙", en="Fraud")
    owner.send(link.rpartition("/")[2], statement="It was a play, announced as one.")
    assert owner.says(zh="已收到您的申訴", en="Your appeal was received")

    recorder.go(page)
    assert recorder.page.locator('form[action$="/content.violation.overturned"]').count() == 0
    approver.go(page)
    approver.send("/content.violation.overturned")
    owner.go(link)
    assert owner.says(zh="已撤銷", en="Overturned")

    after = figures(approver)
    steps = [tuple(b - a for a, b in zip(*pair, strict=True)) for pair in ((before, penalised), (penalised, after))]
    assert steps == [(1, 0, 1, 8, 0, 8), (0, 1, -1, 0, 8, -8)]
