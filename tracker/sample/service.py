"""Contacts, quality, agents, trainings, complaints and refunds of user service; illustrative."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from tracker.sample.shapes import LOCAL, event, money, moments, opening, split

DAYS, PER_DAY = 366, 100_000
SHARES = {"phone": 8, "in_app": 46, "messaging": 31, "feedback": 15}
"""Of a hundred contacts."""

QUALITY = (("2020-06-30", "84.1", "94.2", "94.4"), ("2020-12-31", "85", "95", "95"))
TRAININGS = {"pre_job": 98, "on_job": 1_104}
ROLE_MODELS_BEFORE, ROLE_MODELS = 22, 26


def events() -> Iterator[dict[str, Any]]:
    """What user service recorded in 2020."""
    yield from _contacts()
    yield from _quality()
    yield from _trainings()
    yield opening("service.role_models", ROLE_MODELS_BEFORE)
    for i, when in enumerate(moments(ROLE_MODELS, seed="role-models")):
        yield event("service.role_model.named", f"role-model-{i + 1:02}", when, {}, subject=f"agent-{i * 101 + 7:04}")
    yield from _complaints()
    yield from _refunds()


def _contacts() -> Iterator[dict[str, Any]]:
    """Each channel, each day."""
    first = date(2020, 1, 1)
    for channel, share in SHARES.items():
        contacts = split(DAYS * PER_DAY * share // 100, DAYS, seed=f"contacts-{channel}", spread=25)
        for n in range(DAYS):
            day = first + timedelta(days=n)
            when = datetime(day.year, day.month, day.day, 23, 50, tzinfo=LOCAL)
            data = {"channel": channel, "contacts": contacts[n]}
            yield event("service.channel.day_reported", f"contacts-{channel}-{day}", when, data)


def _quality() -> Iterator[dict[str, Any]]:
    for day, overall, phone, accuracy in QUALITY:
        when = datetime.fromisoformat(f"{day}T18:00:00").replace(tzinfo=LOCAL)
        data = {"channel": "all", "satisfaction": overall, "accuracy": accuracy}
        yield event("service.quality.measured", f"quality-all-{day}", when, data)
        yield event(
            "service.quality.measured", f"quality-phone-{day}", when, {"channel": "phone", "satisfaction": phone}
        )
    for day, agents in (("2020-06-30", 2_760), ("2020-12-31", 3_000)):
        when = datetime.fromisoformat(f"{day}T19:00:00").replace(tzinfo=LOCAL)
        yield event("service.agents.counted", f"agents-{day}", when, {"agents": agents})


def _trainings() -> Iterator[dict[str, Any]]:
    for stage, sessions in TRAININGS.items():
        for i, when in enumerate(moments(sessions, seed=f"service-training-{stage}")):
            data = {"stage": stage, "attendees": 18 + i % 23}
            yield event("service.training.held", f"training-{stage}-{i + 1:04}", when, data)


def _complaints() -> Iterator[dict[str, Any]]:
    channels = list(SHARES)
    for i, when in enumerate(moments(420, seed="complaints", last="2020-12-15")):
        name = f"complaint-{i + 1:04}"
        data = {"channel": channels[i % 4], "narrative": f"Illustrative complaint number {i + 1}."}
        yield event("service.complaint.received", f"{name}-received", when, data, subject=name)
        if i % 37:
            yield event(
                "service.complaint.resolved", f"{name}-resolved", when + timedelta(days=1 + i % 6), {}, subject=name
            )


def _refunds() -> Iterator[dict[str, Any]]:
    amounts = split("486500", 150, seed="refunds", scale=2, spread=90)
    for i, when in enumerate(moments(150, seed="refunds", last="2020-12-10")):
        name, amount = f"minor-refund-{i + 1:04}", money(amounts[i])
        yield event("service.minor_refund.requested", f"{name}-requested", when, {"amount": amount}, subject=name)
        decided = when + timedelta(days=3 + i % 9)
        if i % 6 == 5:
            yield event("service.minor_refund.refused", f"{name}-refused", decided, {}, subject=name)
        else:
            yield event("service.minor_refund.approved", f"{name}-approved", decided, {"amount": amount}, subject=name)
