"""How the illustrative year is drawn: exact splits, moments spread over a year, plain CloudEvents.

Everything is a function of its arguments, so that the same year comes out on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeVar

LOCAL = timezone(timedelta(hours=8))
"""The reference organisation's offset; it has no summer time."""

T = TypeVar("T")


def event(
    type: str,
    id: str,
    when: datetime,
    data: Mapping[str, Any],
    *,
    subject: str | None = None,
    entity: str | None = None,
) -> dict[str, Any]:
    """One CloudEvent as plain JSON; its source is named after the domain."""
    made: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": f"/{type.split('.')[0]}",
        "type": type,
        "time": when.isoformat(timespec="seconds"),
        "data": dict(data),
    }
    if subject is not None:
        made["subject"] = subject
    if entity is not None:
        made["entity"] = entity
    return made


def split(total: int | str, parts: int, *, seed: str, scale: int = 0, spread: int = 60) -> list[int | str]:
    """``parts`` amounts that add up to ``total`` exactly, each within about ``spread`` percent of the mean.

    With a ``scale`` they are decimal strings of that many places (trailing zeros kept), otherwise integers.
    No part is negative.
    """
    units = int(Decimal(total).scaleb(scale))
    if Decimal(units).scaleb(-scale) != Decimal(total):
        raise ValueError(f"{total} has more than {scale} decimals")
    draw = random.Random(seed)
    weights = [1000 + draw.randint(-10 * spread, 10 * spread) for _ in range(parts)]
    whole = sum(weights)
    shares = [units * weight // whole for weight in weights]
    for i in range(units - sum(shares)):
        shares[i % parts] += 1
    return [f"{Decimal(share).scaleb(-scale):f}" if scale else share for share in shares]


def moments(
    count: int, *, seed: str, first: str = "2020-01-02", last: str = "2020-12-30", hours: tuple[int, int] = (9, 19)
) -> list[datetime]:
    """``count`` moments in order, evenly strewn from ``first`` to ``last`` with some chance, within the hours."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    span = (end - start).days + 1
    draw = random.Random(seed)
    found = []
    for i in range(count):
        low, high = span * i // count, max(span * (i + 1) // count - 1, span * i // count)
        day = start + timedelta(days=draw.randint(low, high))
        minute = draw.randint(hours[0] * 60, hours[1] * 60 - 1)
        found.append(
            datetime(day.year, day.month, day.day, minute // 60, minute % 60, draw.randint(0, 59), tzinfo=LOCAL)
        )
    return sorted(found)


def month_ends(*, hour: int = 18, year: int = 2020) -> list[datetime]:
    """The evening of each month's last day."""
    firsts = [date(year + month // 12, month % 12 + 1, 1) for month in range(1, 13)]
    return [
        datetime.combine(first - timedelta(days=1), datetime.min.time(), LOCAL) + timedelta(hours=hour)
        for first in firsts
    ]


def turns(values: Sequence[T], count: int, *, seed: str) -> list[T]:
    """``count`` values in which each of ``values`` comes about equally often, in mixed order."""
    drawn = [values[i % len(values)] for i in range(count)]
    random.Random(seed).shuffle(drawn)
    return drawn


def money(amount: int | str) -> dict[str, str]:
    """An amount in the reference organisation's currency."""
    return {"amount": f"{Decimal(amount):f}", "currency": "CNY"}


def opening(metric: str, quantity: int | str, *, by: Mapping[str, Any] | None = None, name: str = "") -> dict[str, Any]:
    """What a balance stood at when the reference year began, dated the last evening before it."""
    when = datetime(2019, 12, 31, 23, 0, tzinfo=LOCAL)
    data: dict[str, Any] = {"metric": metric, "quantity": quantity} | ({"by": dict(by)} if by else {})
    made = event("tracker.balance.opened", f"opening-{metric}{name}", when, data)
    return {**made, "source": "/opening"}
