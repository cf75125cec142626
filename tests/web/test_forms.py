"""Forms from the catalogue: every field type exactly, in both languages, with mistakes beside their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from tests.house import House
from tracker import sample
from tracker.catalogue import Catalogue, EventType, load
from tracker.catalogue.model import Field, FieldType
from tracker.errors import Invalid, Mistake
from tracker.intake.accept import Intake
from tracker.ledger.record import Ledger
from tracker.settings import shipped
from tracker.web import languages
from tracker.web.forms import PREFIX, EventForm, blank, event_form, show_mistakes
from tracker.web.typed import local_of, typed_of

LABEL = {"zh-Hant": "欄位", "en": "Field"}


@pytest.fixture(scope="module")
def reference() -> Catalogue:
    return load(shipped("config"))


class _Service:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue


@pytest.fixture(autouse=True)
def english(reference: Catalogue) -> Iterator[Flask]:
    """A request in English, to an application that is nothing but its languages."""
    app = Flask(__name__)
    app.extensions["tracker"] = _Service(reference)
    languages.register(app)
    with app.test_request_context("/?lang=en"):
        yield app


def declared(type: FieldType, **others: Any) -> EventType:
    field = Field("it", type, LABEL, **others)
    return EventType("test.it", "test", LABEL, {"it": field})


def form_of(reference: Catalogue, event_type: EventType, **typed: str) -> EventForm:
    """The form, sent with these fields of data."""
    sent = MultiDict({f"{PREFIX}{name}": text for name, text in typed.items()})
    return event_form(reference, event_type, "en")(sent)


def read(reference: Catalogue, event_type: EventType, typed: str) -> Any:
    """The value that a text gives, or the mistakes beside the field."""
    form = form_of(reference, event_type, it=typed)
    return form.payload().get("it") if form.validate() else list(form[f"{PREFIX}it"].errors)


MONEY: dict[str, Any] = {"scale": 2, "currency": "CNY"}
CHOICES = {"mail": {"en": "Mail", "zh-Hant": "郵件"}, "phone": {"en": "Phone", "zh-Hant": "電話"}}


@pytest.mark.parametrize(
    ("type", "others", "typed", "value"),
    [
        (FieldType.TEXT, {}, " two\r\nlines ", "two\nlines"),
        (FieldType.CHOICE, {"choices": CHOICES}, "mail", "mail"),
        (FieldType.INTEGER, {}, "1,234", 1234),
        (FieldType.INTEGER, {}, "１２", 12),
        (FieldType.NUMBER, {"scale": 2}, "12.50", "12.5"),
        (FieldType.NUMBER, {"scale": 2}, "12", 12),
        (FieldType.NUMBER, {"scale": 2}, "-0", 0),
        (FieldType.NUMBER, {"scale": 3}, "0.100", "0.1"),
        (FieldType.MONEY, MONEY, "1,234.50", {"amount": "1234.50", "currency": "CNY"}),
        (FieldType.DATE, {}, "2020-02-29", "2020-02-29"),
        (FieldType.TIME, {}, "2020-05-04T12:00", "2020-05-04T04:00:00Z"),
        (FieldType.TIME, {}, "2020-05-04T12:00:05.25", "2020-05-04T04:00:05.250000Z"),
        (FieldType.ID, {}, " order-7 ", "order-7"),
        (FieldType.LIST, {"items": FieldType.ID}, "a\r\n\r\n b \n", ["a", "b"]),
        (FieldType.FLAG, {}, "yes", True),
        (FieldType.FLAG, {}, "no", False),
        (FieldType.LINK, {}, "https://example.org/a", "https://example.org/a"),
        (FieldType.MONEY, MONEY, "  ", None),
    ],
)
def test_what_is_typed_becomes_the_exact_value(
    reference: Catalogue, type: FieldType, others: dict[str, Any], typed: str, value: Any
) -> None:
    assert read(reference, declared(type, **others), typed) == value


@pytest.mark.parametrize(
    ("type", "others", "typed", "words"),
    [
        (FieldType.TEXT, {"max_length": 3}, "four", "At most 3 characters; this has 4."),
        (FieldType.TEXT, {}, "a\x07b", "This holds a control character that cannot be kept. Type it anew."),
        (FieldType.CHOICE, {"choices": CHOICES}, "pigeon", "Choose one of the list."),
        (FieldType.INTEGER, {}, "1.5", "Give a whole number."),
        (FieldType.INTEGER, {}, "1e3", "Give a number in digits, such as 1234.50."),
        (FieldType.INTEGER, {}, "1,23", "Give a number in digits, such as 1234.50."),
        (FieldType.INTEGER, {"maximum": Decimal(5)}, "6", "At most 5."),
        (FieldType.NUMBER, {"scale": 2}, "1.005", "At most 2 decimals; it is never rounded."),
        (FieldType.NUMBER, {"scale": 0}, "1.5", "Give a number without decimals; it is never rounded."),
        (FieldType.NUMBER, {"scale": 1, "minimum": Decimal(1)}, "0.9", "At least 1.0."),
        (FieldType.NUMBER, {"scale": 1}, "9" * 19, "At most 18 digits before the point."),
        (FieldType.MONEY, MONEY, "NaN", "Give a number in digits, such as 1234.50."),
        (FieldType.DATE, {}, "2021-02-29", "Give a day that exists, such as 2020-03-05."),
        (FieldType.TIME, {}, "12:00", "Give a day and a time of day that exist, such as 2020-03-05 10:00."),
        (FieldType.ID, {}, "two words", "Give 1 to 200 characters without spaces."),
        (FieldType.LIST, {"items": FieldType.ID}, "a b", "Each line is 1 to 200 characters without spaces."),
        (FieldType.LIST, {"items": FieldType.TEXT}, "a\na", "One line appears twice; list each once."),
        (FieldType.LINK, {}, "ftp://example.org", "Give a web address that begins with https:// or http://."),
        (FieldType.FLAG, {"required": True}, "", "Fill this in."),
        (FieldType.TEXT, {"required": True}, " \r\n", "Fill this in."),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field_with_what_to_type_instead(
    reference: Catalogue, type: FieldType, others: dict[str, Any], typed: str, words: str
) -> None:
    assert read(reference, declared(type, **others), typed) == [words]


def test_mistakes_speak_the_language_of_the_page(reference: Catalogue, english: Flask) -> None:
    with english.app_context(), english.test_request_context("/?lang=zh-Hant"):
        assert read(reference, declared(FieldType.NUMBER, scale=2), "1.005") == ["最多 2 位小數；系統不會四捨五入。"]


def test_every_kind_of_event_of_the_reference_year_can_be_typed(reference: Catalogue) -> None:
    """What a form gives for an event equals what a machine would have sent."""
    intake, first = Intake.of(Ledger(reference)), dict[str, dict[str, Any]]()
    for event in sample.events():
        first.setdefault(event["type"], event)
    forms = {type: event for type, event in first.items() if not type.startswith("tracker.")}
    assert len(forms) > 50
    for type, event in forms.items():
        sent = intake.read([event])[0]
        assert sent.mistakes == ()
        fields = reference.events[type].fields
        typed = {name: typed_of(fields[name], value, reference.calendar) for name, value in sent.data.items()}
        form = form_of(reference, reference.events[type], **typed)
        assert form.validate(), (type, form.errors)
        again = intake.read([event | {"data": form.payload()}])[0]
        assert again.mistakes == ()
        assert shortest(fields, again.data) == shortest(fields, sent.data), type


def shortest(fields: Mapping[str, Field], data: Mapping[str, Any]) -> dict[str, Any]:
    """Data with 12.50 and 12.5 alike, and one instant in two zones, where a machine may write either."""
    same: Mapping[FieldType, Callable[[Any], Any]] = {FieldType.NUMBER: Decimal, FieldType.TIME: datetime.fromisoformat}
    return {name: same.get(fields[name].type, lambda value: value)(value) for name, value in data.items()}


def test_a_field_left_as_it_was_shown_keeps_its_very_value(reference: Catalogue) -> None:
    money = declared(FieldType.MONEY, **MONEY)
    kept = {"it": {"amount": "5", "currency": "CNY"}}
    made = event_form(reference, money, "en")
    shown = made(None, kept=kept)
    assert shown[f"{PREFIX}it"].data == "5"
    same = made(MultiDict({f"{PREFIX}it": "5"}), kept=kept)
    other = made(MultiDict({f"{PREFIX}it": "5.00"}), kept=kept)
    assert same.validate()
    assert other.validate()
    assert (same.payload(), other.payload()) == (kept, {"it": {"amount": "5.00", "currency": "CNY"}})


def test_times_are_on_the_organisations_clock(reference: Catalogue, house: House) -> None:
    made = event_form(reference, declared(FieldType.ID), "en")
    form = made(MultiDict({"time": "2021-01-01T07:30"}))
    assert form.validate()
    assert form.instant is not None
    assert form.instant.isoformat() == "2020-12-31T23:30:00+00:00"
    assert local_of("2020-12-31T23:30:00.000000Z", reference.calendar) == "2021-01-01T07:30"
    assert made(MultiDict({"time": ""})).instant is None
    late = made(MultiDict({"time": "yesterday"}))
    assert not late.validate()
    assert list(late["time"].errors) == ["Give a day and a time of day that exist, such as 2020-03-05 10:00."]


def test_a_new_form_has_an_id_of_its_own_and_the_present(reference: Catalogue, house: House) -> None:
    made = event_form(reference, declared(FieldType.ID), "en")
    first, second = blank(made, expect=7), blank(made)
    assert first["time"].data is None
    assert first.id_given != second.id_given
    assert (first.expected, second.expected) == (7, None)


def test_what_the_intake_refuses_stands_at_its_field_and_the_rest_above(reference: Catalogue) -> None:
    form = form_of(reference, declared(FieldType.ID), it="x")
    assert form.validate()
    mistakes = [Mistake("/0/data/it/amount", "one"), Mistake("/0/time", "two"), Mistake("/0/nowhere", "three")]
    show_mistakes(form, Invalid("No.", mistakes))
    assert (list(form[f"{PREFIX}it"].errors), list(form["time"].errors), form.others) == (["one"], ["two"], ["three"])


def test_confidential_fields_and_limits_are_marked(reference: Catalogue) -> None:
    narrative = declared(FieldType.TEXT, confidential=True, required=True, max_length=2000)
    form = event_form(reference, narrative, "en")()
    field = form[f"{PREFIX}it"]
    assert vars(field)["confidential"] is True
    assert field.flags.required
    assert field.description == "At most 2,000 characters."
    assert field.type == "TextAreaField"
