"""The environment in the reference year; illustrative, the report's own readings are not public.

Only the year's totals are the report's. How they fall on months, sites and meters is made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from tracker.sample.places import DATA_CENTRES, OFFICES
from tracker.sample.shapes import event, moments, month_ends, split, turns

Event = dict[str, Any]
_FACTORS = "factors-2020"
_HEATING = (1, 2, 3, 11, 12)
_ALL_YEAR = tuple(range(1, 13))
_PUE = (1391, 1388, 1386, 1389, 1394, 1402, 1407, 1405, 1396, 1388, 1384, 1382)  # thousandths, by month


class _Meter(NamedTuple):
    """One meter: the site it stands at, and a name of its own there."""

    site: str
    name: str


class _Supply(NamedTuple):
    """What meters of one kind read in the year, and in which months."""

    kind: str
    offices: str
    data_centres: str
    months: Sequence[int] = _ALL_YEAR


_HALLS = tuple(
    _Meter(site, f"{site[:5]}-{number:02}") for site, halls in DATA_CENTRES.items() for number in range(1, halls + 1)
)
_BUILDINGS = tuple(_Meter(site, site) for site in OFFICES)
_NORTHERN = (_Meter("beijing-hq", "beijing-hq-a"), _Meter("beijing-hq", "beijing-hq-b"))
_SUPPLIES = (
    _Supply("electricity", "38415.27", "676785.56"),
    _Supply("water", "311300", "1741400"),
    _Supply("wastewater", "249040", "313160"),
)


def events() -> Iterator[Event]:
    """Everything that happened about the environment, in any order."""
    yield from _readings()
    yield from _energy()
    yield from _emissions()
    yield from _waste()
    yield from _buy_back()
    yield from _efficiency()
    yield from _trainings()
    yield from _drills()
    yield from _forecasts()


def _readings() -> Iterator[Event]:
    for supply in _SUPPLIES:
        yield from _read(supply, _BUILDINGS, supply.offices)
        yield from _read(supply, _HALLS, supply.data_centres)
    yield from _read(_Supply("heat", "", "", _HEATING), _NORTHERN, "20256.68")
    yield from _read(_Supply("natural_gas", "", ""), _BUILDINGS[:4], "273431.40")
    yield from _read(_Supply("diesel", "", "", (3, 6, 9, 12)), _HALLS, "892.32")


def _read(supply: _Supply, meters: Sequence[_Meter], total: str) -> Iterator[Event]:
    rows = [(month, meter) for month in supply.months for meter in meters]
    amounts = split(total, len(rows), seed=f"{supply.kind}-{total}", scale=2, spread=25)
    for (month, meter), amount in zip(rows, amounts, strict=True):
        name = f"{meter.name}-{supply.kind}"
        data = {"meter": name, "site": meter.site, "kind": supply.kind, "quantity": amount}
        yield event("environment.meter.read", f"{name}-2020-{month:02}", month_ends()[month - 1], data, subject=name)


def _energy() -> Iterator[Event]:
    """As the company reports it, from its meters and its own factors, which are not public."""
    yield from _computed("energy", "kind", "direct", "13543.85", (*OFFICES[:4], *DATA_CENTRES))
    yield from _computed("energy", "kind", "indirect", "38804.51", OFFICES)
    yield from _computed("energy", "kind", "indirect", "682312.72", (*DATA_CENTRES,))


def _emissions() -> Iterator[Event]:
    yield from _computed("emissions", "scope", "scope_1", "3420", (*OFFICES[:4], *DATA_CENTRES))
    yield from _computed("emissions", "scope", "scope_2", "37180", OFFICES)
    yield from _computed("emissions", "scope", "scope_2", "653800", (*DATA_CENTRES,))


def _computed(what: str, key: str, value: str, total: str, sites: Sequence[str]) -> Iterator[Event]:
    rows = [(month, site) for month in _ALL_YEAR for site in sites]
    amounts = split(total, len(rows), seed=f"{what}-{value}-{total}", scale=2, spread=25)
    for (month, site), amount in zip(rows, amounts, strict=True):
        when = month_ends()[month - 1] + timedelta(hours=2)
        data = {"site": site, key: value, "quantity": amount, "factors": _FACTORS}
        yield event(f"environment.{what}.computed", f"{what}-{value}-{site}-2020-{month:02}", when, data)


def _waste() -> Iterator[Event]:
    yield from _disposed("hazardous", "1.07", (3, 6, 9, 12), OFFICES)
    yield from _disposed("nonhazardous", "12760", _ALL_YEAR, OFFICES)
    yield from _disposed("nonhazardous", "540", _ALL_YEAR, (*DATA_CENTRES,))


def _disposed(kind: str, total: str, months: Sequence[int], sites: Sequence[str]) -> Iterator[Event]:
    rows = [(month, site) for month in months for site in sites]
    for (month, site), tonnes in zip(rows, split(total, len(rows), seed=kind + total, scale=3), strict=True):
        when = month_ends(hour=17)[month - 1]
        data = {"site": site, "class": kind, "quantity": tonnes}
        yield event("environment.waste.disposed", f"{kind}-{site}-2020-{month:02}", when, data)


def _buy_back() -> Iterator[Event]:
    devices = split(224, 28, seed="devices", spread=40)
    kilograms = split("766.84", 28, seed="devices", scale=2, spread=40)
    sites = turns(OFFICES, 28, seed="devices")
    for i, when in enumerate(moments(28, seed="devices", first="2020-11-02")):
        data = {"site": sites[i], "devices": devices[i], "kilograms": kilograms[i]}
        yield event("environment.devices.bought_back", f"buy-back-{i + 1:02}", when, data)


def _efficiency() -> Iterator[Event]:
    for month, thousandths in enumerate(_PUE, 1):
        pue = {"pue": f"{Decimal(thousandths).scaleb(-3)}"}
        yield event("environment.pue.measured", f"pue-2020-{month:02}", month_ends()[month - 1], pue)
    for month, north, south in ((6, 16, 3), (12, 18, 3)):
        for region, count in (("north_china", north), ("south_china", south)):
            data = {"region": region, "data_centres": count}
            when = month_ends()[month - 1]
            yield event("environment.data_centres.counted", f"centres-{region}-2020-{month:02}", when, data)


def _trainings() -> Iterator[Event]:
    for topic, count, total in (("waste_sorting", 39, 2_730), ("energy_saving", 12, 610), ("water_saving", 6, 290)):
        heads, sites = split(total, count, seed=topic), turns(OFFICES, count, seed=topic)
        for i, when in enumerate(moments(count, seed=topic, first="2020-05-01")):
            data = {"topic": topic, "site": sites[i], "attendees": heads[i]}
            yield event("environment.training.held", f"{topic}-{i + 1:02}", when, data)


def _drills() -> Iterator[Event]:
    scenarios = turns(("rainstorm", "typhoon", "snow", "heat", "power_cut"), 24, seed="climate")
    sites, people = turns((*OFFICES, *DATA_CENTRES), 24, seed="climate-sites"), split(960, 24, seed="climate")
    for i, when in enumerate(moments(24, seed="climate")):
        data = {"scenario": scenarios[i], "site": sites[i], "participants": people[i]}
        yield event("environment.drill.held", f"climate-drill-{i + 1:02}", when, data)


def _forecasts() -> Iterator[Event]:
    when = month_ends()[10]
    for kind, value in (("pue", "1.2"), ("energy_cut", "25"), ("saving", "500000")):
        data = {"project": "ulanqab", "kind": kind, "value": value}
        yield event("environment.forecast.made", f"ulanqab-{kind}-2020", when, data)
