"""A catalogue is the same wherever it comes from, and changes its names only when its meaning changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalogue.small import FILES, changed, write
from tracker.catalogue import COMPUTED, Catalogue, Due, FieldType, Measure, PrintRule, Span, from_documents, load
from tracker.errors import CatalogueInvalid

SECOND = Path(__file__).parents[1] / "data" / "second"
S = "domains/suppliers.yaml"


@pytest.fixture
def small(tmp_path: Path) -> Catalogue:
    return load(write(tmp_path))


def test_a_catalogue_rebuilt_from_its_documents_is_equal(small: Catalogue) -> None:
    assert from_documents(small.documents) == small


def test_the_second_organisation_rebuilt_from_its_documents_is_equal() -> None:
    second = load(SECOND)
    assert from_documents(second.documents) == second


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"domains": []}', '{"domains": {"a": {"$decimal": "x"}}}'])
def test_documents_that_are_no_configuration_are_refused(text: str) -> None:
    with pytest.raises(CatalogueInvalid):
        from_documents(text)


def test_the_digest_does_not_depend_on_comments_and_spacing(tmp_path: Path, small: Catalogue) -> None:
    units = "# Units\n\n" + "\n".join(f"{line}  # one" for line in FILES["units.yaml"].splitlines())
    assert load(write(tmp_path / "commented", {**FILES, "units.yaml": units})) == small


def test_the_order_of_keys_is_kept_and_is_part_of_the_digest(tmp_path: Path, small: Catalogue) -> None:
    units = "\n".join(reversed(FILES["units.yaml"].splitlines()))
    shuffled = load(write(tmp_path / "shuffled", {**FILES, "units.yaml": units}))
    assert list(shuffled.units) == list(small.units)[::-1]
    assert shuffled.digest != small.digest
    assert list(from_documents(shuffled.documents).units) == list(shuffled.units)


def test_the_digest_depends_on_everything_else(tmp_path: Path, small: Catalogue) -> None:
    other = load(write(tmp_path / "other", changed("units.yaml", "家", "間")))
    assert other.digest != small.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("label: {en: In the library", "label: {en: Library"),
        ("unit: supplier\n", "unit: case\n"),
        ("owner: compliance\n  fines", "owner: compliance\n    places: 2\n  fines"),
    ],
)
def test_what_a_metric_looks_like_does_not_change_its_key(tmp_path: Path, small: Catalogue, old: str, new: str) -> None:
    other = load(write(tmp_path / "other", changed(S, old, new)))
    assert other.metrics["suppliers.in_library"].key == small.metrics["suppliers.in_library"].key


@pytest.mark.parametrize(
    ("metric", "old", "new"),
    [
        ("in_library", "    leave: supplier.exited\n", ""),
        ("in_library", "[region, [region, site], entity]", "[region]"),
        ("china", "where: {region: china}", "where: {region: overseas}"),
        ("china", "where: {region: china}", "where: {site: hq}"),
        ("fines", "type: money", "type: money, scale: 4"),
        ("score", "    weight: weight\n", ""),
        ("clauses", "type: list, of: text", "type: text"),
        ("levels", "per: [entity]", "carry: true"),
    ],
)
def test_what_a_metric_counts_changes_its_key(
    tmp_path: Path, small: Catalogue, metric: str, old: str, new: str
) -> None:
    other = load(write(tmp_path / "other", changed(S, old, new)))
    kept = {id for id in small.metrics if other.metrics[id].key == small.metrics[id].key}
    assert set(small.metrics) - kept == {f"suppliers.{metric}"}


def test_names_are_relative_to_the_domain_or_full(small: Catalogue) -> None:
    assert small.metrics["all.both"].of == ("all.registered", "suppliers.china")
    assert small.metrics["all.registered"].events == ("suppliers.supplier.registered",)


def test_a_metric_says_what_it_reads(small: Catalogue) -> None:
    in_library = small.metrics["suppliers.in_library"]
    assert (in_library.events, in_library.leave) == (("suppliers.supplier.registered",), ("suppliers.supplier.exited",))
    assert in_library.by == (("region",), ("region", "site"), ("entity",))
    assert in_library.dimensions == ("region", "site", "entity")
    fines, score = small.metrics["suppliers.fines"], small.metrics["suppliers.score"]
    assert (fines.field, fines.scale) == ("amount", 2)
    assert (score.field, score.scale, score.weight, score.weight_scale) == ("score", 2, "weight", 0)
    assert small.metrics["suppliers.china"].where == {"region": ("china",)}
    assert fines.printing == {"zh-Hant": PrintRule("萬", ("元",), 2, 1), "en": PrintRule("auto", ("yuan", "yuan"))}


def test_only_what_keeps_tallies_has_a_fingerprint(small: Catalogue) -> None:
    for metric in small.metrics.values():
        assert bool(metric.fingerprint) is (metric.measure not in COMPUTED)


def test_places_of_the_organisation_are_choices_of_a_field(small: Catalogue) -> None:
    site = small.events["suppliers.supplier.registered"].fields["site"]
    assert site.choices == {"hq": {"en": "HQ", "zh-Hant": "總部"}}


def test_a_deadline_may_depend_on_a_choice_of_the_event_that_started_the_subject(small: Catalogue) -> None:
    (lifecycle,) = small.lifecycles
    due = lifecycle.moves["suppliers.supplier.exited"].due
    assert due == Due(field="region", by_value={"china": Span(hours=168), "overseas": Span(hours=12)})


def test_built_in_events_have_labels_in_every_locale(small: Catalogue) -> None:
    built_in = {type: event for type, event in small.events.items() if event.domain == "tracker"}
    assert sorted(built_in) == [
        "tracker.balance.opened",
        "tracker.event.corrected",
        "tracker.event.voided",
        "tracker.evidence.attached",
        "tracker.period.nothing_to_report",
    ]
    assert all(set(event.label) == {"en", "zh-Hant"} for event in built_in.values())
    fields = built_in["tracker.period.nothing_to_report"].fields
    assert {name: field.type for name, field in fields.items()} == {"domain": FieldType.ID, "period": FieldType.ID}


def test_opening_a_balance_is_not_among_the_events_a_metric_names(small: Catalogue) -> None:
    assert small.metrics["suppliers.open"].events == ("suppliers.supplier.registered",)


def test_the_second_organisation_uses_every_measure() -> None:
    assert {metric.measure for metric in load(SECOND).metrics.values()} == set(Measure)


def test_the_second_organisation_keeps_its_own_year() -> None:
    year = load(SECOND).calendar.parse("2023")
    assert (year.months[0], year.months[-1]) == ("2022-07", "2023-06")
