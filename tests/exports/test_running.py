"""Running figures say what the tallies say now, or what was known when a seq was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.house import House
from tracker.errors import Invalid, Mistake, UnknownMetric
from tracker.exports.running import document, running_figures
from tracker.snapshots.figures import Figure, as_document

CASE = "desk.case.reported"


@pytest.fixture
def lived(house: House) -> House:
    """Three cases, of which the first was corrected (seq 3) and the last voided (seq 4)."""
    house.record(
        house.event(CASE, {"channel": "phone", "level": "high", "loss": {"amount": "1.25", "currency": "CNY"}}),
        house.event(CASE, {"channel": "mail", "level": "low"}),
        house.event(CASE, {"channel": "mail"}, time="2020-08-04T12:00:00+08:00"),
    )
    house.correct(0, 0, {"channel": "mail", "level": "high", "loss": {"amount": "2.50", "currency": "CNY"}})
    house.void(2, 2)
    return house


def figures(house: House, period: str, *metrics: str, by: Sequence[str] = (), as_of: int | None = None) -> list[Figure]:
    with house.database.read() as session:
        parsed = house.catalogue.calendar.parse(period)
        return running_figures(session, house.catalogue, parsed, metrics, by=by, as_of=as_of)


def plain(house: House, period: str, *metrics: str, **options: Any) -> list[dict[str, Any]]:
    return [as_document(each) for each in figures(house, period, *metrics, **options)]


def test_without_names_every_metric_comes_in_the_catalogues_order(lived: House) -> None:
    found = figures(lived, "2020")
    assert [each.metric.id for each in found] == list(lived.catalogue.metrics)
    assert {each.period for each in found} == {"2020"}


def test_named_metrics_come_once_each_in_the_order_asked_for(lived: House) -> None:
    assert plain(lived, "2020-Q2", "desk.loss", "desk.phone_cases", "desk.loss") == [
        {"metric": "desk.loss", "value": "2.50", "breakdown": [{"by": {"channel": "mail"}, "value": "2.50"}]},
        {"metric": "desk.phone_cases", "value": "0", "breakdown": []},
    ]


def test_by_keeps_the_breakdown_over_exactly_these_dimensions(lived: House) -> None:
    assert plain(lived, "2020", "desk.cases", by=["level"]) == [
        {
            "metric": "desk.cases",
            "value": "2",
            "breakdown": [{"by": {"level": "high"}, "value": "1"}, {"by": {"level": "low"}, "value": "1"}],
        }
    ]
    crossed = [
        {"by": {"channel": "mail", "level": "high"}, "value": "1"},
        {"by": {"channel": "mail", "level": "low"}, "value": "1"},
    ]
    for by in (["channel", "level"], ["level", "channel"]):
        assert plain(lived, "2020", "desk.cases", by=by) == [
            {"metric": "desk.cases", "value": "2", "breakdown": crossed}
        ]


def test_by_without_names_chooses_the_metrics_that_have_the_breakdown(lived: House) -> None:
    assert [each.metric.id for each in figures(lived, "2020", by=["level"])] == [
        *("desk.cases", "desk.newest_carried", "desk.read_total")
    ]
    crossed = [each.metric.id for each in figures(lived, "2020", by=["level", "channel"])]
    assert crossed == ["desk.cases", "desk.read_cells"]
    assert figures(lived, "2020", by=["weather"]) == []


def test_as_of_tells_what_was_known_when_a_seq_was_recorded(lived: House) -> None:
    known = [
        [each["value"] for each in plain(lived, "2020", "desk.cases", "desk.phone_cases", "desk.loss", as_of=seq)]
        for seq in range(5)
    ]
    assert known == [
        ["1", "1", "1.25"],
        ["2", "1", "1.25"],
        ["3", "1", "1.25"],
        ["3", "0", "2.50"],
        ["2", "0", "2.50"],
    ]
    assert plain(lived, "2020-08", "desk.cases", by=["channel"], as_of=2) == [
        {"metric": "desk.cases", "value": "1", "breakdown": [{"by": {"channel": "mail"}, "value": "1"}]}
    ]


def test_as_of_the_newest_seq_is_what_the_tallies_say(lived: House) -> None:
    for period in ("2020", "2020-Q2", "2020-05", "2021"):
        assert figures(lived, period, as_of=4) == figures(lived, period)


def test_a_day_is_answered_too(lived: House) -> None:
    assert [each["value"] for each in plain(lived, "2020-05-04", "desk.cases", "desk.loss")] == ["2", "2.50"]
    assert [each["value"] for each in plain(lived, "2020-08-04", "desk.cases")] == ["0"]
    assert [each["value"] for each in plain(lived, "2020-08-04", "desk.cases", as_of=3)] == ["1"]


def test_an_unknown_metric_is_refused_by_name(house: House) -> None:
    for period in ("2020", "2020-05-04"):
        with pytest.raises(UnknownMetric, match=r"no metric 'desk\.complaints'"):
            figures(house, period, "desk.cases", "desk.complaints")


UNKNOWN: list[tuple[str, list[str], str]] = [
    ("desk.cases", ["weather"], "channel, level, channel and level, not by weather"),
    ("desk.loss", ["channel", "level"], "channel, not by channel and level"),
    ("desk.phone_cases", ["channel"], "nothing, not by channel"),
]


def test_an_unknown_breakdown_is_refused_with_those_there_are(house: House) -> None:
    for metric, by, detail in UNKNOWN:
        with pytest.raises(Invalid) as refusal:
            figures(house, "2020", metric, by=by)
        assert refusal.value.mistakes == (Mistake("by", f"{metric} is broken down by {detail}"),)


def test_a_document_says_everything_about_a_figure(lived: House) -> None:
    (found,) = figures(lived, "2020-05", "desk.loss")
    printed = {"zh-Hant": "人民幣 2.50 元", "en": "RMB 2.50"}
    assert document(lived.catalogue, found) == {
        "metric": "desk.loss",
        "period": "2020-05",
        "label": {"zh-Hant": "損失", "en": "Loss"},
        "unit": "CNY",
        "value": "2.50",
        "printed": printed,
        "definition": {
            "measure": "sum",
            "events": [CASE],
            "field": "loss",
            "by": [["channel"]],
            "places": 2,
            "rounding": "half_up",
        },
        "breakdown": [{"by": {"channel": "mail"}, "value": "2.50", "printed": printed}],
    }


def test_a_document_of_what_is_unknown_or_nothing_says_so(house: House) -> None:
    score, cases = (document(house.catalogue, each) for each in figures(house, "2020", "desk.score", "desk.cases"))
    assert (score["value"], score["printed"], score["breakdown"]) == (None, {"zh-Hant": "—", "en": "—"}, [])
    assert (cases["value"], cases["printed"]) == ("0", {"zh-Hant": "沒有", "en": "none"})
