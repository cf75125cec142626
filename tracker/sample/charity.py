"""Charity livestreams and donations of the reference year.

Illustrative: the report's own events are not public. The totals are its printed figures; days, counties,
officials and products are artificial ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from tracker.sample.shapes import LOCAL, event, moments, money, split

FUMIAO_PROVINCES = (
    "guizhou",
    "sichuan",
    "gansu",
    "qinghai",
    "ningxia",
    "jiangxi",
    "anhui",
    "shanxi",
    "inner_mongolia",
    "jilin",
)
HUNDRED_PROVINCES = (
    "hainan",
    "guangxi",
    "yunnan",
    "hunan",
    "henan",
    "shaanxi",
    "shandong",
    "hebei",
    "xinjiang",
    "liaoning",
)
COUNTIES_EACH = 5
SETTLED_AFTER = timedelta(days=14)
SCHEDULED_BEFORE = timedelta(days=10)


def events() -> Iterator[dict[str, Any]]:
    """Every livestream from schedule to settlement, and every donation."""
    yield from chain(_fumiao(), _hundred_counties(), _hubei(), _xinjiang(), _hunan(), _pengshui())
    yield from _cancelled()
    yield from _donations()


def _fumiao() -> Iterator[dict[str, Any]]:
    sales = split(448_000_000, 18, seed="fumiao-sales")
    for i, when in enumerate(moments(18, seed="fumiao", first="2020-01-16", last="2020-12-20", hours=(18, 21))):
        province = FUMIAO_PROVINCES[i % len(FUMIAO_PROVINCES)]
        shown = COUNTIES_EACH if i < len(FUMIAO_PROVINCES) else 3  # a second visit shows fewer
        counties = _counties(province)[:shown]
        yield from _livestream("fumiao", i, when, {"province": province, "counties": counties, **_sold(sales[i])})


def _hundred_counties() -> Iterator[dict[str, Any]]:
    where = [(province, county) for province in HUNDRED_PROVINCES for county in _counties(province)]
    sales = split(360_000_000, 200, seed="hundred-counties-sales")
    days = moments(200, seed="hundred-counties", first="2020-03-05", last="2020-12-28", hours=(14, 21))
    for i, when in enumerate(days):
        at = i * 7 % len(where)
        province, county = where[at]
        seen = {"province": province, "counties": [county], "officials": [f"official-{at + 1:03}"]}
        yield from _livestream("hundred_counties", i, when, {**seen, **_sold(sales[i])})


def _hubei() -> Iterator[dict[str, Any]]:
    """Views, likes and relaying media are known of the first evening only."""
    first = {
        "province": "hubei",
        "viewers": 127_000_000,
        "likes": 141_000_000,
        "media": _ids("media", 107),
        **_sold(61_000_000),
    }
    yield from _livestream("hubei_relaunch", 0, _at(4, 6, 20), first)
    yield from _livestream("hubei_relaunch", 1, _at(4, 27, 20), {"province": "hubei", **_sold(80_120_000)})


def _xinjiang() -> Iterator[dict[str, Any]]:
    counties, products = _ids("xinjiang-county", 14), _ids("xinjiang-product", 65)
    shown = ((counties[:9], products[:40]), (counties[7:], products[35:]))
    sales = split(19_490_000, 2, seed="xinjiang-sales")
    viewers = split(51_000_000, 2, seed="xinjiang-viewers")
    for i, (places, goods) in enumerate(shown):
        held = {"province": "xinjiang", "viewers": viewers[i], "counties": places, "products": goods, **_sold(sales[i])}
        yield from _livestream("xinjiang", i, _at(6, 10 + i, 19), held)


def _hunan() -> Iterator[dict[str, Any]]:
    held = {
        "province": "hunan",
        "viewers": 20_000_000,
        "likes": 1_800_000,
        "orders": 15_000,
        "counties": _ids("hunan-area", 51),
        "products": _ids("hunan-product", 100),
    }
    yield from _livestream("hunan", 0, _at(9, 22, 15), held)


def _pengshui() -> Iterator[dict[str, Any]]:
    """It showed a place and sold nothing."""
    yield from _livestream("pengshui", 0, _at(8, 23, 19), {"province": "chongqing", "counties": ["pengshui"]})


def _cancelled() -> Iterator[dict[str, Any]]:
    for i, when in enumerate(moments(4, seed="cancelled", first="2020-03-20", last="2020-11-20")):
        subject = f"hundred_counties-cancelled-{i + 1}"
        planned = when + timedelta(days=5)
        yield _scheduled(subject, when, planned, "hundred_counties", HUNDRED_PROVINCES[i])
        called_off = when + timedelta(days=2)
        data = {"reason": "weather"}
        yield event("charity.livestream.cancelled", f"{subject}-cancelled", called_off, data, subject=subject)


def _livestream(programme: str, i: int, when: datetime, held: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Scheduled, held and, when something was sold and the year is not over, settled."""
    subject = f"{programme}-{i + 1:03}"
    yield _scheduled(subject, when - SCHEDULED_BEFORE, when, programme, held["province"])
    data = {"programme": programme, **held}
    yield event("charity.livestream.held", f"{subject}-held", when, data, subject=subject)
    settled = when + SETTLED_AFTER
    if "sales" in held and settled.year == when.year:
        sold = {"sales": held["sales"]}
        yield event("charity.livestream.settled", f"{subject}-settled", settled, sold, subject=subject)


def _scheduled(subject: str, when: datetime, planned: datetime, programme: str, province: str) -> dict[str, Any]:
    data = {"programme": programme, "province": province, "planned_for": planned.date().isoformat()}
    return event("charity.livestream.scheduled", f"{subject}-scheduled", when, data, subject=subject)


def _donations() -> Iterator[dict[str, Any]]:
    yield _donation("cash-1", _at(1, 26, 10), "cash", "epidemic relief", {"amount": money(100_000_000)})
    for i, (day, masks) in enumerate(zip((1, 8), split(50_000, 2, seed="masks"), strict=True)):
        yield _donation(f"masks-{i + 1}", _at(2, day, 10), "masks", "epidemic relief", {"quantity": masks})
    for i, (month, meals) in enumerate(zip((10, 11, 12), split(120_000, 3, seed="meals"), strict=True)):
        yield _donation(f"meals-{i + 1}", _at(month, 13, 10), "meals", "World Food Programme", {"quantity": meals})
    for i, (month, worth) in enumerate(zip((10, 11, 12), split(10_000_000, 3, seed="traffic"), strict=True)):
        given = {"amount": money(worth)}
        yield _donation(f"traffic-{i + 1}", _at(month, 20, 10), "traffic", "World Food Programme", given)


def _donation(name: str, when: datetime, kind: str, to: str, given: Mapping[str, Any]) -> dict[str, Any]:
    data = {"kind": kind, "beneficiary": to, **given}
    return event("charity.donation.made", f"donation-{name}", when, data)


def _counties(province: str) -> list[str]:
    return _ids(f"{province}-county", COUNTIES_EACH)


def _ids(stem: str, count: int) -> list[str]:
    return [f"{stem}-{i + 1:03}" for i in range(count)]


def _sold(amount: int | str) -> dict[str, Any]:
    return {"sales": money(amount)}


def _at(month: int, day: int, hour: int) -> datetime:
    return datetime(2020, month, day, hour, tzinfo=LOCAL)
