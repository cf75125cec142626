"""From which change on a figure is restated: a metric's own threshold, or the organisation's, or any change."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.catalogue.small import FILES, write
from tracker.catalogue import Catalogue, load
from tracker.catalogue.thresholds import ANY_CHANGE, Threshold

CONFIG = Path(__file__).parents[2] / "config"
S = "domains/suppliers.yaml"


def loaded(directory: Path, organisation: str = "", score: str = "") -> Catalogue:
    files = {
        **FILES,
        "organisation.yaml": FILES["organisation.yaml"] + organisation,
        S: FILES[S].replace("    places: 2\n", f"    places: 2\n{score}"),
    }
    return load(write(directory, files))


@pytest.mark.parametrize(
    ("said", "expected", "text"),
    [
        ("5%", Threshold(Decimal(5), share=True), "5%"),
        ("0.25%", Threshold(Decimal("0.25"), share=True), "0.25%"),
        ("100%", Threshold(Decimal(100), share=True), "100%"),
        ("10", Threshold(Decimal(10)), "10"),
        ("0.5", Threshold(Decimal("0.5")), "0.5"),
        ("0", ANY_CHANGE, "0"),
    ],
)
def test_a_threshold_is_a_share_or_an_amount(tmp_path: Path, said: str, expected: Threshold, text: str) -> None:
    catalogue = loaded(tmp_path, score=f"    restate_from: {said}\n")
    found = catalogue.restate_from("suppliers.score")
    assert (found, str(found)) == (expected, text)


def test_a_metric_without_one_takes_the_organisations_and_without_that_any_change_matters(tmp_path: Path) -> None:
    assert loaded(tmp_path / "none").restate_from("suppliers.fines") == ANY_CHANGE
    both = loaded(tmp_path / "both", "restate_from: 5%\n", "    restate_from: 0\n")
    assert both.restate_from("suppliers.fines") == Threshold(Decimal(5), share=True)
    assert both.restate_from("suppliers.score") == ANY_CHANGE
    assert both.restate_from("suppliers.of-another-catalogue") == Threshold(Decimal(5), share=True)


def test_a_threshold_moves_the_catalogues_digest_and_no_tally(tmp_path: Path) -> None:
    without, with_one = loaded(tmp_path / "without"), loaded(tmp_path / "with", score="    restate_from: 5%\n")
    assert without.digest != with_one.digest
    assert {id: each.key for id, each in without.metrics.items()} == {
        id: each.key for id, each in with_one.metrics.items()
    }


def test_the_reference_organisation_restates_from_five_percent_and_each_grave_case() -> None:
    catalogue = load(CONFIG)
    own = {id: str(each.restate_from) for id, each in catalogue.metrics.items() if each.restate_from is not None}
    assert own == {"people.labour_violations": "0", "people.work_fatalities": "0", "integrity.cases_substantiated": "0"}
    assert str(catalogue.organisation.restate_from) == "5%"
