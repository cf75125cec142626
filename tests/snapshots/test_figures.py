"""An exact value becomes a figure by one rounding, and a breakdown comes in the catalogue's order."""

from __future__ import annotations

import decimal
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.house import second_catalogue, small_catalogue
from tracker.catalogue import Measure, Metric
from tracker.snapshots.figures import as_document, figure, printable, rounded

ROUNDINGS = ["half_up", "half_even", "up", "down"]


def metric(places: int, rounding: str = "half_up") -> Metric:
    return Metric("films.made", "films", {}, Measure.SUM, "film", places=places, rounding=rounding)


@pytest.mark.parametrize(
    ("value", "half_up", "half_even", "up", "down"),
    [
        ("0.5", "1", "0", "1", "0"),
        ("1.5", "2", "2", "2", "1"),
        ("2.5", "3", "2", "3", "2"),
        ("2.4", "2", "2", "3", "2"),
        ("2.6", "3", "3", "3", "2"),
        ("2.500001", "3", "3", "3", "2"),
        ("2", "2", "2", "2", "2"),
        ("-0.5", "-1", "0", "-1", "0"),
        ("-1.5", "-2", "-2", "-2", "-1"),
        ("-2.5", "-3", "-2", "-3", "-2"),
        ("-2.4", "-2", "-2", "-3", "-2"),
        ("0", "0", "0", "0", "0"),
    ],
)
def test_a_value_is_rounded_by_the_metrics_rule(value: str, half_up: str, half_even: str, up: str, down: str) -> None:
    found = [printable(rounded(metric(0, rule), Fraction(value))) for rule in ROUNDINGS]
    assert found == [half_up, half_even, up, down]


@pytest.mark.parametrize(
    ("places", "value", "expected"),
    [
        (2, Fraction(1, 2), "0.50"),
        (2, Fraction(1, 3), "0.33"),
        (2, Fraction(2, 3), "0.67"),
        (3, Fraction(-2, 3), "-0.667"),
        (1, Fraction(-1, 100), "0.0"),
        (2, Fraction(1005, 1000), "1.01"),
        (0, Fraction(10**20), "100000000000000000000"),
        (9, Fraction(1, 10**9), "0.000000001"),
        (2, Fraction(0), "0.00"),
    ],
)
def test_a_figure_shows_all_its_places_and_no_exponent(places: int, value: Fraction, expected: str) -> None:
    assert printable(rounded(metric(places), value)) == expected


def test_what_is_unknown_is_not_rounded() -> None:
    assert rounded(metric(2), None) is None
    assert printable(None) is None


@given(
    value=st.decimals(-(10**15), 10**15, places=6),
    places=st.integers(0, 8),
    rule=st.sampled_from(ROUNDINGS),
)
def test_rounding_agrees_with_decimal_quantize(value: Decimal, places: int, rule: str) -> None:
    with decimal.localcontext(prec=60):
        expected = value.quantize(Decimal(1).scaleb(-places), f"ROUND_{rule.upper()}")
    found = rounded(metric(places, rule), Fraction(value))
    assert found is not None
    assert found == expected
    assert found.as_tuple().exponent == -places
    assert not (found == 0 and found.is_signed())


@given(value=st.fractions(), places=st.integers(0, 4), rule=st.sampled_from(ROUNDINGS))
def test_a_figure_is_never_a_whole_step_away_from_its_value(value: Fraction, places: int, rule: str) -> None:
    found = rounded(metric(places, rule), value)
    assert found is not None
    distance = abs(Fraction(found) - value) * 10**places
    assert distance <= Fraction(1, 2) if rule.startswith("half") else distance < 1
    mirrored = rounded(metric(places, rule), -value)
    assert mirrored is not None
    assert Fraction(mirrored) == -Fraction(found)


def broken_down(id: str, *cells: str) -> list[dict[str, Any]]:
    catalogue = second_catalogue() if "." in id and not id.startswith("desk") else small_catalogue()
    exact = {"{}": Fraction(9)} | {each: Fraction(1) for each in cells}
    document = as_document(figure(catalogue, catalogue.metrics[id], "2022", exact))
    return [part["by"] for part in document["breakdown"]]


def test_a_breakdown_follows_the_groupings_and_then_the_choices() -> None:
    assert broken_down(
        "desk.cases",
        '{"channel":"mail","level":null}',
        '{"channel":"mail","level":"high"}',
        '{"channel":"mail","level":"low"}',
        '{"channel":"phone","level":"high"}',
        '{"level":null}',
        '{"level":"high"}',
        '{"level":"low"}',
        '{"channel":"mail"}',
        '{"channel":"phone"}',
    ) == [
        {"channel": "mail"},
        {"channel": "phone"},
        {"level": "high"},
        {"level": "low"},
        {"level": None},
        {"channel": "mail", "level": "high"},
        {"channel": "mail", "level": "low"},
        {"channel": "mail", "level": None},
        {"channel": "phone", "level": "high"},
    ]


@pytest.mark.parametrize("order", list(permutations(("fax", "mail", "phone"))))
def test_two_types_that_list_other_choices_still_give_one_order(order: tuple[str, ...]) -> None:
    catalogue = small_catalogue()
    read = catalogue.events["desk.meter.read"]
    channel = replace(read.fields["channel"], choices={"fax": {}, "mail": {}})
    events = {**catalogue.events, read.type: replace(read, fields={**read.fields, "channel": channel})}
    cases = replace(catalogue.metrics["desk.cases"], events=("desk.case.reported", read.type))
    exact = {"{}": Fraction(3)} | {f'{{"channel":"{each}"}}': Fraction(1) for each in order}
    found = figure(replace(catalogue, events=events), cases, "2022", exact)
    assert [cell.by["channel"] for cell in found.breakdown] == ["fax", "mail", "phone"]


@pytest.mark.parametrize("id", ["desk.loss_per_case", "desk.everything", "desk.growth"])
def test_a_computed_metrics_breakdown_has_the_same_order(id: str) -> None:
    cells = ('{"channel":"phone"}', '{"channel":null}', '{"channel":"mail"}')
    assert broken_down(id, *cells) == [
        {"channel": "mail"},
        {"channel": "phone"},
        {"channel": None},
    ]


def test_what_is_no_choice_comes_in_the_order_of_its_text_and_a_missing_value_last() -> None:
    cells = ('{"entity":null}', '{"entity":"packhouse-ltd"}', '{"entity":"cooperative"}', '{"entity":"None"}')
    assert [by["entity"] for by in broken_down("safety.briefings", *cells)] == [
        *("None", "cooperative", "packhouse-ltd", None)
    ]


def test_the_order_does_not_depend_on_how_the_cells_came() -> None:
    cells = ('{"organic":true}', '{"organic":null}', '{"organic":false}', '{"variety":"jazz"}', '{"variety":"gala"}')
    forwards, backwards = broken_down("harvest.picked", *cells), broken_down("harvest.picked", *reversed(cells))
    assert forwards == backwards
    assert forwards == [
        {"variety": "gala"},
        {"variety": "jazz"},
        {"organic": False},
        {"organic": True},
        {"organic": None},
    ]
