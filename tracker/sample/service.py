"""User service in the reference year: contacts a day, quality, agents and their trainings, complaints, refunds.

Illustrative: the report prints totals only, its own events are not public. Agents and users are artificial ids.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracker.sample.paths import later, until_year_end
from tracker.sample.shapes import LOCAL, event, moments, money, opening, split, turns

DAYS = 366
DAY = 24

_CONTACTS = {"phone": 6_600_000, "in_app": 14_000_000, "messaging": 11_000_000, "feedback": 5_000_000}
_QUARTERS = (3, 6, 9, 12)
_QUALITY = (("84.10", "94.20"), ("84.60", "94.50"), ("84.90", "94.80"), ("85.00", "95.00"))
_PHONE = ("94.30", "94.60", "95.20", "95.00")
_AGENTS = (2650, 2780, 2900, 3000)


def events() -> Iterator[dict[str, Any]]:
    """Everything of the service domain, in no particular order."""
    for channel, contacts in _CONTACTS.items():
        yield from _days(channel, contacts)
    yield from _quality()
    yield from _trainings("pre_job", 98)
    yield from _trainings("on_job", 1104)
    yield opening("service.role_models", 30)
    yield from _role_models(18)
    yield from until_year_end(_complaints(150))
    yield from until_year_end(_refunds(110))


def _days(channel: str, contacts: int) -> Iterator[dict[str, Any]]:
    for number, each in enumerate(split(contacts, DAYS, seed=f"contacts-{channel}", spread=30)):
        when = datetime(2020, 1, 1, 23, 45, tzinfo=LOCAL) + timedelta(days=number)
        data = {"channel": channel, "contacts": each}
        yield event("service.channel.day_reported", f"contacts-{when:%Y-%m-%d}-{channel}", when, data)


def _quality() -> Iterator[dict[str, Any]]:
    """Quarterly readings; the year's are the last ones."""
    for month, (satisfied, accurate), phone, agents in zip(_QUARTERS, _QUALITY, _PHONE, _AGENTS, strict=True):
        when = datetime(2020, month, 30, 17, tzinfo=LOCAL)
        everywhere = {"channel": "all", "satisfaction": satisfied, "accuracy": accurate}
        yield event("service.quality.measured", f"quality-2020-{month:02}-all", when, everywhere)
        by_phone = {"channel": "phone", "satisfaction": phone}
        yield event("service.quality.measured", f"quality-2020-{month:02}-phone", when, by_phone)
        yield event("service.agents.counted", f"agents-2020-{month:02}", when, {"agents": agents})


def _trainings(stage: str, count: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(f"service-trainings-{stage}")
    for number, when in enumerate(moments(count, seed=f"service-{stage}"), start=1):
        data = {"stage": stage, "attendees": draw.randint(8, 40)}
        yield event("service.training.held", f"training-{stage}-{number:04}", when, data)


def _role_models(count: int) -> Iterator[dict[str, Any]]:
    times = moments(count, seed="role-models")
    for number, when in enumerate(times, start=1):
        agent = f"agent-{number:04}"
        yield event("service.role_model.named", f"{agent}-named", when, {}, subject=agent)


def _complaints(count: int) -> Iterator[dict[str, Any]]:
    channels = turns(tuple(_CONTACTS), count, seed="complaint-channels")
    for number, (when, channel) in enumerate(zip(moments(count, seed="complaints"), channels, strict=True), start=1):
        complaint = f"complaint-2020-{number:04}"
        data = {"channel": channel, "narrative": f"Illustrative complaint {number:04}."}
        yield event("service.complaint.received", f"{complaint}-received", when, data, subject=complaint)
        when = later(random.Random(complaint), when, 2, 6 * DAY)
        yield event("service.complaint.resolved", f"{complaint}-resolved", when, {}, subject=complaint)


def _refunds(count: int) -> Iterator[dict[str, Any]]:
    for number, when in enumerate(moments(count, seed="refunds"), start=1):
        refund = f"refund-2020-{number:04}"
        draw = random.Random(refund)
        amount = {"amount": money(f"{draw.randint(2_000, 300_000) / 100:.2f}")}
        yield event("service.minor_refund.requested", f"{refund}-requested", when, amount, subject=refund)
        fact, data = ("refused", {}) if draw.random() < 0.2 else ("approved", amount)
        when = later(draw, when, 8, 14 * DAY)
        yield event(f"service.minor_refund.{fact}", f"{refund}-{fact}", when, data, subject=refund)
