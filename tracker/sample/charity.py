"""Charity livestreams and donations of the reference year; illustrative.

The totals of each programme and the days of its great broadcasts are the report's; everything else,
officials, products and media by number, is made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tracker.sample.places import HUNAN, XINJIANG, counties
from tracker.sample.shapes import LOCAL, event, moments, money, split, turns

Event = dict[str, Any]
_EVENING = (19, 22)
_YEAR_END = datetime(2020, 12, 31, 23, 0, tzinfo=LOCAL)


@dataclass(frozen=True)
class _Broadcast:
    """One livestream: where it belongs, and what came of it."""

    id: str
    programme: str
    province: str
    when: datetime
    numbers: Mapping[str, int]
    sales: int
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)


def events() -> Iterator[Event]:
    """Every livestream from its schedule to its settlement, and every donation, in any order."""
    for broadcast in _broadcasts():
        yield from _told(broadcast)
    yield from _cancelled()
    yield from _donations()


def _told(broadcast: _Broadcast) -> Iterator[Event]:
    programme = {"programme": broadcast.programme}
    place = {**programme, "province": broadcast.province}
    id, when = broadcast.id, broadcast.when
    planned = {**place, "planned_for": when.isoformat()}
    held = {**place, **broadcast.numbers, "sales": money(broadcast.sales), **_lists(broadcast.lists)}
    yield _event("scheduled", id, when - timedelta(days=9), planned)
    yield _event("held", id, when, held)
    settled = when + timedelta(days=21)
    if settled <= _YEAR_END:
        yield _event("settled", id, settled, {**programme, "settled_on": settled.date().isoformat()})


def _event(what: str, id: str, when: datetime, data: Mapping[str, Any]) -> Event:
    return event(f"charity.livestream.{what}", f"{id}-{what}", when, data, subject=id)


def _lists(lists: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: sorted(set(items)) for name, items in lists.items()}


def _broadcasts() -> Iterator[_Broadcast]:
    yield from _fumiao()
    yield from _hundred_counties()
    yield from _hubei()
    yield from _xinjiang()
    yield from _hunan()
    yield from _pengshui()


def _numbers(seed: str, count: int, **totals: int) -> list[dict[str, int]]:
    """Exact shares of each total, one row for each of ``count`` broadcasts."""
    columns = {name: split(total, count, seed=f"{seed}-{name}") for name, total in totals.items()}
    return [{name: int(column[i]) for name, column in columns.items()} for i in range(count)]


def _fumiao() -> Iterator[_Broadcast]:
    """Eighteen broadcasts, each from four of fifty counties in turn."""
    places = counties(50, start=5)
    rows = _numbers("fumiao", 18, viewers=96_000_000, likes=61_000_000, orders=9_300_000, sales=448_000_000)
    for i, when in enumerate(moments(18, seed="fumiao", first="2020-03-08", last="2020-11-30", hours=_EVENING)):
        near = [places[(4 * i + step) % 50] for step in range(4)]
        products = [f"fumiao-product-{(7 * i + step) % 90 + 1:02}" for step in range(9)]
        sales = rows[i].pop("sales")
        lists = {"counties": [county for _, county in near], "products": products}
        yield _Broadcast(f"fumiao-{i + 1:02}", "fumiao", near[0][0], when, rows[i], sales, lists)


def _hundred_counties() -> Iterator[_Broadcast]:
    """Two hundred broadcasts from March on: each county's official comes back about four times."""
    places, count = counties(50), 200
    order = turns(range(50), count, seed="hundred")
    rows = _numbers("hundred", count, viewers=150_000_000, likes=88_000_000, orders=7_900_000, sales=360_000_000)
    for i, when in enumerate(moments(count, seed="hundred", first="2020-03-12", last="2020-12-20", hours=_EVENING)):
        province, county = places[order[i]]
        lists = {
            "counties": [county],
            "officials": [f"official-{order[i] + 1:03}"],
            "products": [f"{county}-product-{i % 4 + 1}", f"{county}-product-{i % 3 + 5}"],
        }
        sales = rows[i].pop("sales")
        yield _Broadcast(f"hundred-{i + 1:03}", "hundred_counties", province, when, rows[i], sales, lists)


def _hubei() -> Iterator[_Broadcast]:
    """The first evening counts the sales of other hosts too; the media relayed both in parts."""
    media = [f"media-{number:03}" for number in range(1, 108)]
    first = {"viewers": 79_000_000, "likes": 84_000_000, "orders": 1_150_000}
    second = {"viewers": 48_000_000, "likes": 57_000_000, "orders": 1_420_000}
    for number, day, numbers, sales, relaying in (
        (1, 12, first, 61_000_000, media),
        (2, 27, second, 80_120_000, media[:64]),
    ):
        when = datetime(2020, 4, day, 20, 0, tzinfo=LOCAL)
        lists = {"products": [f"hubei-product-{n:02}" for n in range(6 * number, 6 * number + 12)]}
        lists |= {"relaying_media": relaying}
        yield _Broadcast(f"hubei-{number}", "hubei_relaunch", "hubei", when, numbers, sales, lists)


def _xinjiang() -> Iterator[_Broadcast]:
    """Five accounts at once, each with a share of 65 products from 14 counties."""
    when = datetime(2020, 6, 10, 19, 0, tzinfo=LOCAL)
    products = [f"xinjiang-product-{number:02}" for number in range(1, 66)]
    rows = _numbers("xinjiang", 5, viewers=51_000_000, likes=23_000_000, orders=412_000, sales=19_490_000)
    for i, row in enumerate(rows):
        lists = {"counties": XINJIANG[i::5], "products": products[i::5]}
        sales = row.pop("sales")
        yield _Broadcast(f"xinjiang-{i + 1}", "xinjiang", "xinjiang", when, row, sales, lists)


def _hunan() -> Iterator[_Broadcast]:
    when = datetime(2020, 9, 22, 14, 0, tzinfo=LOCAL)
    lists = {"counties": HUNAN, "products": [f"hunan-product-{number:03}" for number in range(1, 101)]}
    numbers = {"viewers": 20_000_000, "likes": 1_800_000, "orders": 15_000}
    yield _Broadcast("hunan-1", "hunan", "hunan", when, numbers, 1_260_000, lists)


def _pengshui() -> Iterator[_Broadcast]:
    """One broadcast that shows a place; little is sold."""
    when = datetime(2020, 8, 23, 19, 0, tzinfo=LOCAL)
    lists = {"counties": ["pengshui"], "products": ["pengshui-tour"]}
    numbers = {"viewers": 6_400_000, "likes": 2_100_000, "orders": 5_200}
    yield _Broadcast("pengshui-1", "pengshui", "chongqing", when, numbers, 620_000, lists)


def _cancelled() -> Iterator[Event]:
    for i, when in enumerate(moments(6, seed="cancelled", first="2020-03-20", last="2020-11-20")):
        id, province = f"hundred-off-{i + 1}", counties(6)[i][0]
        data = {"programme": "hundred_counties", "province": province}
        yield _event("scheduled", id, when, data)
        off = {"programme": "hundred_counties", "reason": "weather"}
        yield _event("cancelled", id, when + timedelta(days=6), off)


def _donations() -> Iterator[Event]:
    for id, day, data in (
        (
            "cash",
            datetime(2020, 1, 27, 10, 0, tzinfo=LOCAL),
            {"amount": money(100_000_000), "beneficiary": "covid-relief"},
        ),
        ("masks", datetime(2020, 3, 6, 10, 0, tzinfo=LOCAL), {"quantity": 50_000, "beneficiary": "hospitals"}),
        ("meals", datetime(2020, 10, 13, 10, 0, tzinfo=LOCAL), {"quantity": 120_000, "beneficiary": "wfp"}),
        ("traffic", datetime(2020, 6, 18, 10, 0, tzinfo=LOCAL), {"amount": money(10_000_000), "beneficiary": "wfp"}),
    ):
        yield event("charity.donation.made", f"donation-{id}", day, {"kind": id, **data})
