"""The definitions of a year's figures are complete: whoever has them and the events can count every figure again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.freezing import frozen
from tests.house import House, second_catalogue, small_catalogue
from tracker.canonical import canonical
from tracker.catalogue import Catalogue, Measure, Metric
from tracker.catalogue.calendar import YearEnd
from tracker.errors import UnknownPeriod
from tracker.ledger.events import AMENDMENTS
from tracker.snapshots.definitions import definitions, definitions_digest, needed_types
from tracker.snapshots.meaning import MEANING

NOTHING_SAID: dict[str, Any] = {
    "events": [],
    "leave": [],
    "field": None,
    "field_type": None,
    "scale": 0,
    "weight": None,
    "weight_scale": 0,
    "carry": False,
    "per": [],
    "where": {},
    "by": [],
    "of": [],
    "minus": [],
    "numerator": None,
    "denominator": None,
    "factor": "1",
    "places": 0,
    "rounding": "half_up",
}
"""What every definition says unless it says otherwise."""

EXPECTED: list[dict[str, Any]] = [
    {
        "id": "desk.loss",
        "measure": "sum",
        "unit": "CNY",
        "events": ["desk.case.reported"],
        "field": "loss",
        "field_type": "money",
        "scale": 2,
        "by": [["channel"]],
        "places": 2,
    },
    {
        "id": "desk.phone_cases",
        "measure": "count",
        "unit": "case",
        "events": ["desk.case.reported"],
        "where": {"channel": ["phone"]},
    },
    {
        "id": "desk.subjects",
        "measure": "distinct",
        "unit": "case",
        "events": ["desk.case.reported", "desk.meter.read"],
        "field": "subject",
        "field_type": "subject",
    },
    {
        "id": "desk.stock",
        "measure": "balance",
        "unit": "person",
        "events": ["desk.member.joined"],
        "leave": ["desk.member.left"],
        "field": "heads",
        "field_type": "integer",
        "by": [["channel"]],
    },
    {
        "id": "desk.score",
        "measure": "mean",
        "unit": "point",
        "events": ["desk.meter.read"],
        "field": "quantity",
        "field_type": "number",
        "scale": 2,
        "weight": "weight",
        "by": [["channel"]],
        "places": 3,
    },
    {
        "id": "desk.growth",
        "measure": "growth",
        "unit": "percent",
        "of": ["desk.cases"],
        "factor": "100",
        "by": [["channel"]],
        "places": 1,
    },
]


def metrics(catalogue: Catalogue, year: int = 2020) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in definitions(catalogue, year)["metrics"]}


def spans(catalogue: Catalogue, year: int) -> dict[str, tuple[str, str, str | None]]:
    found = definitions(catalogue, year)["periods"]
    return {each["id"]: (each["first_day"], each["last_day"], each["before"]) for each in found}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda each: each["id"])
def test_a_metric_is_defined_with_every_key(expected: dict[str, Any]) -> None:
    assert metrics(small_catalogue())[expected["id"]] == NOTHING_SAID | expected


@pytest.mark.parametrize("catalogue", [small_catalogue(), second_catalogue()], ids=["small", "second"])
def test_every_metric_is_there_and_every_field_that_it_reads(catalogue: Catalogue) -> None:
    said = definitions(catalogue, 2020)
    assert [each["id"] for each in said["metrics"]] == sorted(catalogue.metrics)
    for each in said["metrics"]:
        dimensions = [name for group in each["by"] for name in group]
        read = {each["field"], each["weight"], *each["where"], *each["per"], *dimensions} - {None}
        for type in (*each["events"], *each["leave"]):
            declared = catalogue.events[type].fields
            assert {name for name in read if name in declared} <= said["events"][type].keys()


def test_the_fields_that_metrics_read_come_with_their_choices_in_order() -> None:
    assert definitions(small_catalogue(), 2020)["events"]["desk.case.reported"] == {
        "channel": {"type": "choice", "scale": 0, "choices": ["mail", "phone"]},
        "level": {"type": "choice", "scale": 0, "choices": ["high", "low"]},
        "loss": {"type": "money", "scale": 2, "choices": []},
        "places": {"type": "list", "scale": 0, "choices": []},
    }


def test_the_year_its_months_and_those_a_year_before_are_there() -> None:
    found = spans(small_catalogue(), 2020)
    years = {
        f"{year}{month}" for year in (2018, 2019, 2020) for month in ("", *(f"-{each:02}" for each in range(1, 13)))
    }
    assert found.keys() == years - {each for each in years if each.startswith("2018")}
    assert found["2020"] == ("2020-01-01", "2020-12-31", "2019")
    assert found["2020-02"] == ("2020-02-01", "2020-02-29", "2019-02")
    assert found["2019"] == ("2019-01-01", "2019-12-31", None)


def test_a_year_is_that_of_the_organisation() -> None:
    found = definitions(second_catalogue(), 2022)
    assert found["months"] == [
        *(f"2021-{each:02}" for each in range(7, 13)),
        *(f"2022-{each:02}" for each in range(1, 7)),
    ]
    assert spans(second_catalogue(), 2022)["2022"][:2] == ("2021-07-01", "2022-06-30")


def test_growth_of_growth_reaches_back_another_year() -> None:
    small = small_catalogue()
    again = Metric("desk.again", "desk", {}, Measure.GROWTH, "percent", of=("desk.growth",))
    found = spans(replace(small, metrics={**small.metrics, again.id: again}), 2020)
    assert [found[each][2] for each in ("2020", "2019", "2018")] == ["2019", "2018", None]


def test_without_growth_no_other_year_is_needed() -> None:
    small = small_catalogue()
    kept = {id: each for id, each in small.metrics.items() if each.measure is not Measure.GROWTH}
    found = spans(replace(small, metrics=kept), 2020)
    assert len(found) == 13
    assert {each[2] for each in found.values()} == {None}


def test_a_year_whose_end_moved_has_the_months_that_it_has() -> None:
    small = small_catalogue()
    moved = replace(small.calendar, year_ends=(*small.calendar.year_ends, YearEnd(date(2020, 1, 1), 3)))
    catalogue = replace(small, organisation=replace(small.organisation, calendar=moved))
    found = spans(catalogue, 2020)
    assert definitions(catalogue, 2020)["months"] == ["2020-01", "2020-02", "2020-03"]
    assert found["2020"] == ("2020-01-01", "2020-03-31", "2019")
    assert found["2019"] == ("2019-01-01", "2019-12-31", None)


def test_a_year_that_there_is_not_is_refused() -> None:
    with pytest.raises(UnknownPeriod):
        definitions(small_catalogue(), 99990)


def test_what_figures_rest_on_is_what_metrics_read_and_openings() -> None:
    said = definitions(small_catalogue(), 2020)
    assert needed_types(said) == {
        "desk.case.reported",
        "desk.meter.read",
        "desk.member.joined",
        "desk.member.left",
        "tracker.balance.opened",
    }
    assert {said["builtin"]["corrected"], said["builtin"]["voided"]} == AMENDMENTS


def test_a_frozen_year_names_the_definitions_that_it_was_counted_by(house: House) -> None:
    body = frozen(house.database, house.ledger, 2020).body
    assert body["definitions"] == definitions_digest(small_catalogue(), 2020)
    assert body["definitions"] != definitions_digest(small_catalogue(), 2021)


def test_they_are_plain_json_and_every_key_is_explained() -> None:
    said = definitions(small_catalogue(), 2020)
    assert json.loads(canonical(said)) == said
    entries = [
        said,
        said["metrics"][0],
        said["periods"][0],
        said["builtin"],
        *said["events"]["desk.meter.read"].values(),
    ]
    for name in {name for each in entries for name in each}:
        assert f"`{name}`" in MEANING
    for measure in Measure:
        assert f"`{measure}`" in MEANING
