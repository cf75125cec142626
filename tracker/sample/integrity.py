"""Integrity cases, trainings and declarations of the reference year; illustrative."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracker.sample.shapes import event, money, moments, split, turns

CASES, SUBSTANTIATED, STILL_OPEN = 64, 27, 6
LOSS = "2800000"
OFFLINE, ONLINE = (121, 5_960), (300, 11_990)
"""Sessions and attendance; together 421 sessions."""

CHANNELS = ("mailbox", "hotline", "web", "internal")
GROUPS = ("staff", "supplier", "agent", "customer", "unknown")
CATEGORIES = ("bribery", "fraud", "conflict_of_interest", "misuse_of_assets", "other")
OUTCOMES = ("dismissal", "warning", "contract_ended", "referral")


def events() -> Iterator[dict[str, Any]]:
    """Everything integrity recorded in 2020."""
    yield from _cases()
    yield from _trainings("offline", *OFFLINE)
    yield from _trainings("online", *ONLINE)
    yield from _declarations()


def _cases() -> Iterator[dict[str, Any]]:
    reported = moments(CASES, seed="cases", last="2020-12-20")
    channels = turns(CHANNELS, CASES, seed="case-channels")
    groups = turns(GROUPS, CASES, seed="case-groups")
    categories = turns(CATEGORIES, CASES, seed="case-categories")
    losses = iter(split(LOSS, SUBSTANTIATED, seed="losses", scale=2, spread=95))
    settled = 0
    for i, when in enumerate(reported):
        case = f"case-2020-{i + 1:03}"
        data = {"channel": channels[i], "reporter_group": groups[i], "category": categories[i]}
        told = {"narrative": f"Illustrative report number {i + 1}.", "identity": f"reporter-{i + 1:04}"}
        yield event("integrity.case.reported", f"{case}-reported", when, data | told, subject=case)
        yield _step(case, "triaged", when + timedelta(days=3), {"priority": "high" if i % 4 == 0 else "normal"})
        if i >= CASES - STILL_OPEN:
            continue
        found = settled < SUBSTANTIATED and (i % 2 == 0 or CASES - STILL_OPEN - i <= SUBSTANTIATED - settled)
        yield from _investigated(case, when, i, next(losses) if found else None)
        settled += found


def _investigated(case: str, reported: datetime, i: int, loss: int | str | None) -> Iterator[dict[str, Any]]:
    """The rest of a case, all of it before the year is over."""
    end = datetime(2020, 12, 30, 12, tzinfo=reported.tzinfo)
    left = end - (reported + timedelta(days=3))
    pace = min(timedelta(days=60), left) / 60
    at = reported + timedelta(days=3)
    yield _step(case, "assigned", at + 2 * pace, {"officer": f"officer-{i % 5 + 1:02}"})
    yield _step(case, "evidence_added", at + 15 * pace, {"note": f"Illustrative evidence of case {i + 1}."})
    if loss is None:
        yield _step(case, "unsubstantiated", at + 40 * pace, {})
    else:
        outcome = OUTCOMES[i % len(OUTCOMES)]
        yield _step(case, "substantiated", at + 40 * pace, {"loss_recovered": money(loss), "outcome": outcome})
        if outcome == "referral":
            yield _step(case, "referred", at + 45 * pace, {"authority": "police"})
    yield _step(case, "closed", at + 55 * pace, {})


def _step(case: str, fact: str, when: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return event(f"integrity.case.{fact}", f"{case}-{fact}", when, data, subject=case)


def _trainings(mode: str, sessions: int, attendance: int) -> Iterator[dict[str, Any]]:
    heads = split(attendance, sessions, seed=f"training-{mode}")
    for i, (when, attendees) in enumerate(zip(moments(sessions, seed=f"training-{mode}"), heads, strict=True)):
        data = {"mode": mode, "attendees": attendees}
        yield event("integrity.training.held", f"training-{mode}-{i + 1:03}", when, data)


def _declarations() -> Iterator[dict[str, Any]]:
    for i, when in enumerate(moments(240, seed="declarations", first="2020-03-01", last="2020-04-30")):
        employee = f"employee-{i * 37 + 11:05}"
        data = {"conflict": i % 24 == 7}
        yield event("integrity.declaration.submitted", f"declaration-{i + 1:04}", when, data, subject=employee)
