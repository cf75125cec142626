"""Integrity in the reference year: cases from report to close, trainings and declarations.

Illustrative: the report prints totals only, its own cases are not public. Parties are artificial ids.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Any

from tracker.sample.paths import later, until_year_end
from tracker.sample.shapes import event, moments, money, split, turns

CASES = 96
SUBSTANTIATED = 27
WITH_LOSS = 18
DAY = 24

_CHANNELS = ("mailbox", "mailbox", "hotline", "web", "web", "internal")
_GROUPS = ("staff", "supplier", "agent", "customer", "unknown", "unknown")
_CATEGORIES = ("bribery", "fraud", "conflict_of_interest", "misuse_of_assets", "other")
_OUTCOMES = ("warning", "dismissal", "dismissal", "contract_ended", "referral")


def events() -> Iterator[dict[str, Any]]:
    """Everything of the integrity domain, in no particular order."""
    yield from until_year_end(_cases())
    yield from _trainings("offline", 240, 5960)
    yield from _trainings("online", 181, 11990)
    yield from _declarations(260)


def _cases() -> Iterator[dict[str, Any]]:
    losses = iter(split(2_800_000, WITH_LOSS, seed="integrity-losses", scale=2))
    outcomes = iter(turns(_OUTCOMES, SUBSTANTIATED, seed="integrity-outcomes"))
    facts = zip(
        moments(CASES, seed="integrity-cases"),
        turns(_CHANNELS, CASES, seed="integrity-channels"),
        turns(_GROUPS, CASES, seed="integrity-groups"),
        turns(_CATEGORIES, CASES, seed="integrity-categories"),
        strict=True,
    )
    for number, (when, channel, group, category) in enumerate(facts, start=1):
        draw = random.Random(f"integrity-case-{number}")
        case = f"case-2020-{number:03}"
        reported = {"channel": channel, "reporter_group": group, "category": category}
        yield _step(case, "reported", when, reported | _told(number, group))
        yield from _answered(case, when)
        when = yield from _looked_into(case, when, draw)
        # Every third case of the first 81 is borne out; all of those are decided within the year.
        if number <= 3 * SUBSTANTIATED and number % 3 == 0:
            loss = next(losses) if number <= 3 * WITH_LOSS else None
            yield from _borne_out(case, when, draw, next(outcomes), loss)
        else:
            yield from _not_borne_out(case, when, draw, again=number in (4, 25))


def _told(number: int, group: str) -> dict[str, str]:
    """What the reporter said; who does not give a name leaves no identity."""
    told = {"narrative": f"Illustrative narrative of report {number:04}."}
    return told if group == "unknown" else told | {"identity": f"reporter-{number:04}"}


def _answered(case: str, when: datetime) -> Iterator[dict[str, Any]]:
    """What the reporter hears: within a week that the report arrived, within three months what came of it."""
    draw = random.Random(f"integrity-answers-{case}")
    yield _step(case, "acknowledged", later(draw, when, 2, 6 * DAY), {})
    told = {"message": f"Illustrative feedback on {case}."}
    yield _step(case, "feedback_given", later(draw, when, 15 * DAY, 40 * DAY), told)


def _looked_into(case: str, when: datetime, draw: random.Random) -> Generator[dict[str, Any], None, datetime]:
    """From triage to the last piece of evidence; returns when that was."""
    when = later(draw, when, 4, 6 * DAY)
    yield _step(case, "triaged", when, {"priority": draw.choice(("normal", "normal", "high"))})
    when = later(draw, when, 2, 3 * DAY)
    yield _step(case, "assigned", when, {"officer": f"officer-{draw.randint(1, 9):02}"})
    for piece in range(1, draw.randint(1, 3)):
        when = later(draw, when, DAY, 8 * DAY)
        note = {"note": f"Illustrative evidence {piece} of {case}."}
        yield _step(case, "evidence_added", when, note, piece)
    return when


def _borne_out(
    case: str, when: datetime, draw: random.Random, outcome: str, loss: int | str | None
) -> Iterator[dict[str, Any]]:
    when = later(draw, when, 5 * DAY, 25 * DAY)
    recovered = {} if loss is None else {"loss_recovered": money(loss)}
    yield _step(case, "substantiated", when, {"outcome": outcome, **recovered})
    if outcome == "referral":
        when = later(draw, when, DAY, 7 * DAY)
        yield _step(case, "referred", when, {"authority": draw.choice(("police", "regulator"))})
    yield _step(case, "closed", later(draw, when, 2 * DAY, 20 * DAY), {})


def _not_borne_out(case: str, when: datetime, draw: random.Random, *, again: bool) -> Iterator[dict[str, Any]]:
    """Found without substance, and closed; a few are taken up again once, with the same end."""
    for turn in (1, 2) if again else (1,):
        when = later(draw, when, 5 * DAY, 40 * DAY)
        yield _step(case, "unsubstantiated", when, {}, turn)
        when = later(draw, when, 2 * DAY, 20 * DAY)
        yield _step(case, "closed", when, {}, turn)
        if again and turn == 1:
            when = later(draw, when, 5 * DAY, 30 * DAY)
            yield _step(case, "reopened", when, {"reason": f"Illustrative new indication on {case}."})


def _step(case: str, fact: str, when: datetime, data: dict[str, Any], turn: int = 1) -> dict[str, Any]:
    return event(f"integrity.case.{fact}", f"{case}-{fact}-{turn}", when, data, subject=case)


def _trainings(mode: str, count: int, attendees: int) -> Iterator[dict[str, Any]]:
    name = f"integrity-training-{mode}"
    times = moments(count, seed=name)
    for number, (when, heads) in enumerate(zip(times, split(attendees, count, seed=name), strict=True), start=1):
        yield event("integrity.training.held", f"{name}-{number:03}", when, {"mode": mode, "attendees": heads})


def _declarations(count: int) -> Iterator[dict[str, Any]]:
    for number, when in enumerate(moments(count, seed="integrity-declarations"), start=1):
        id = f"declaration-{number:04}"
        yield event("integrity.declaration.submitted", id, when, {"conflict": number % 20 == 0}, subject=id)
