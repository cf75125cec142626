"""Retention classes: named by the organisation, chosen by domains and event types, counted by the calendar."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.catalogue.small import changed, write
from tracker.catalogue import Catalogue, load
from tracker.catalogue.model import FieldType
from tracker.catalogue.retention import Retention
from tracker.errors import CatalogueInvalid, Mistake
from tracker.settings import shipped

CLASSES = "first_year: 2020\nretention: {standard: 7y, short: 18mo, brief: 90d}"
FIRST = ("organisation.yaml", "first_year: 2020", CLASSES)
S = "domains/suppliers.yaml"
REGISTERED = "supplier.registered:\n    label"

OPEN_TEXTS = {
    "assurance.finding.raised.seed": "what a sample is drawn by",
    "charity.livestream.cancelled.reason": "weather and the like",
    "content.violation.penalised.reason": "the notice that the account is given",
    "education.post.drafted.title": "published",
    "education.post.published.title": "published",
    "education.post.withdrawn.reason": "of a text",
    "environment.water_sourcing_issue.found.narrative": "of a site",
    "governance.policy.retired.reason": "of a policy",
    "ip.right.lapsed.reason": "of a right",
    "recognition.award.received.granted_by": "an institution",
    "recognition.award.received.title": "published",
    "recognition.certification.obtained.title": "published",
    "stakeholders.expectation.answered.response": "what the organisation itself says",
}
"""Free text that is not confidential, and what it speaks of: nobody in person."""


def built(path: Path, *changes: tuple[str, str, str]) -> Catalogue:
    files = changed(*changes[0])
    for file, old, new in changes[1:]:
        assert old in files[file]
        files = {**files, file: files[file].replace(old, new, 1)}
    write(path, files)
    return load(path)


def mistakes(path: Path, *changes: tuple[str, str, str]) -> list[Mistake]:
    with pytest.raises(CatalogueInvalid) as caught:
        built(path, *changes)
    return list(caught.value.mistakes)


def test_without_classes_everything_is_kept_for_good(tmp_path: Path) -> None:
    found = load(write(tmp_path))
    assert found.organisation.retention == {}
    assert {each.retention for each in found.events.values()} == {None}


def test_an_event_type_has_its_own_class_its_domains_or_the_standard_one(tmp_path: Path) -> None:
    found = built(
        tmp_path,
        FIRST,
        (S, "events:\n", "retention: short\nevents:\n"),
        (S, REGISTERED, "supplier.registered:\n    retention: brief\n    label"),
        ("domains/all.yaml", "metrics:\n", "events: {thing.seen: {label: {en: seen, zh-Hant: 見}}}\nmetrics:\n"),
    )
    assert found.organisation.retention == {
        "standard": Retention("7y", months=84),
        "short": Retention("18mo", months=18),
        "brief": Retention("90d", days=90),
    }
    assert {type: each.retention for type, each in found.events.items() if not type.startswith("tracker.")} == {
        "suppliers.supplier.registered": "brief",
        "suppliers.supplier.exited": "short",
        "suppliers.fine.paid": "short",
        "all.thing.seen": "standard",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{short: 1y}", "retention: lacks 'standard', the class of every event type for which no other is chosen"),
        ("{standard: seven years}", "retention.standard: 'seven years' is not a length such as 7y, 18mo or 90d"),
        ("{standard: 0y}", "retention.standard: '0y' is not a length such as 7y, 18mo or 90d"),
        ("{standard: 1.5y}", "retention.standard: '1.5y' is not a length such as 7y, 18mo or 90d"),
        ("{standard: 12h}", "retention.standard: '12h' is not a length such as 7y, 18mo or 90d"),
        ("{standard: 7}", "retention.standard: is an integer; expected text"),
        ("{standard: 101y}", "retention.standard: '101y' is more than 100 years"),
        ("{standard: 1201mo}", "retention.standard: '1201mo' is more than 100 years"),
        ("{standard: 1y, Short: 1y}", "retention.Short: the name 'Short' is not of the form lower_case"),
        ("7y", "retention: is text; expected a mapping"),
    ],
)
def test_an_odd_length_is_told_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    change = ("organisation.yaml", "first_year: 2020", f"first_year: 2020\nretention: {text}")
    found = [
        f"{each.pointer.removeprefix('organisation.yaml: ')}: {each.message}" for each in mistakes(tmp_path, change)
    ]
    assert said in found


def test_a_class_that_nobody_named_is_told_with_what_is_near(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        FIRST,
        (S, "events:\n", "retention: shrt\nevents:\n"),
        (S, REGISTERED, "supplier.registered:\n    retention: forever\n    label"),
    )
    assert found == [
        Mistake(f"{S}: retention", "unknown retention class 'shrt'; did you mean 'short'?"),
        Mistake(
            f"{S}: events.supplier.registered.retention",
            "unknown retention class 'forever'; known: brief, short, standard",
        ),
    ]


def test_a_class_where_the_organisation_has_none_is_told(tmp_path: Path) -> None:
    assert mistakes(tmp_path, (S, "events:\n", "retention: short\nevents:\n")) == [
        Mistake(f"{S}: retention", "the organisation has no classes; list them under `retention` in organisation.yaml")
    ]


@pytest.mark.parametrize(
    ("kept", "day", "past"),
    [
        (Retention("7y", months=84), date(2020, 5, 4), date(2027, 5, 4)),
        (Retention("1y", months=12), date(2020, 2, 29), date(2021, 2, 28)),
        (Retention("1mo", months=1), date(2021, 12, 31), date(2022, 1, 31)),
        (Retention("90d", days=90), date(2020, 12, 31), date(2021, 3, 31)),
        (Retention("7y", months=84), date(9995, 1, 1), date.max),
        (Retention("90d", days=90), date(9999, 12, 31), date.max),
    ],
)
def test_months_are_those_of_the_calendar(kept: Retention, day: date, past: date) -> None:
    assert kept.past_on(day) == past


def test_in_the_reference_configuration_every_confidential_field_has_a_class() -> None:
    found = load(shipped("config"))
    classes = {each.type: each.retention for each in found.events.values() if each.confidential}
    assert all(
        kept in found.organisation.retention for type, kept in classes.items() if not type.startswith("tracker.")
    )


def test_free_text_of_the_reference_configuration_is_confidential_or_known_to_speak_of_nobody() -> None:
    found = {
        f"{event.type}.{name}"
        for event in load(shipped("config")).events.values()
        for name, field in event.fields.items()
        if field.type is FieldType.TEXT and not field.confidential and not event.type.startswith("tracker.")
    }
    assert found == OPEN_TEXTS.keys()
