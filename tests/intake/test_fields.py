"""Every type of field: what it takes, and what it refuses with which words."""

from __future__ import annotations

import pytest

from tracker.errors import Mistake
from tracker.intake.envelope import read_event
from tracker.intake.exact import ExactNumber
from tracker.intake.validation import Validator, check

from .small import CALENDAR, CATALOGUE, EVERYTHING, NOW, OPENED, PAYMENT, an_event

VALIDATOR = Validator(CATALOGUE)


def found(name: str, value: object) -> list[Mistake]:
    data = {"region": "china", name: value}
    return list(VALIDATOR.mistakes(EVERYTHING, data, pointer="/3"))


ACCEPTED: list[tuple[str, object]] = [
    ("region", "overseas"),
    ("rooms", 0), ("rooms", 500),
    ("area", 12), ("area", ExactNumber("12.5")), ("area", "12.5"), ("area", "12.50"), ("area", "-1.5"),
    ("area", "1000.25"), ("area", -1), ("area", "0"), ("area", "12.500"),
    ("cost", {"amount": "12.50", "currency": "CNY"}), ("cost", {"amount": 12, "currency": "CNY"}),
    ("cost", {"currency": "CNY", "amount": "0"}),
    ("note", "x"), ("note", "a\n\tb"), ("note", "快" * 20), ("note", "a \u202e b"),
    ("secret", "x"), ("motive", "envy"),
    ("day", "2020-02-29"), ("day", "1987-01-01"),
    ("at", "2020-03-05T10:00:00+08:00"), ("at", "2030-03-05T10:00:00Z"),
    ("account", "acc-1"), ("account", "a" * 200),
    ("counties", []), ("counties", ["a", "b"]), ("counties", [f"c{n}" for n in range(1_000)]),
    ("topics", ["fair play", "x" * 200]),
    ("passed", True), ("passed", False),
    ("response", "https://example.com/a?b=%20#c"), ("response", "HTTP://[::1]:8080/"),
    ("response", "https://a/" + "b" * 1990),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), ACCEPTED, ids=lambda value: f"{value!r:.40}")
def test_a_right_value_is_taken(name: str, value: object) -> None:
    assert found(name, value) == []


REFUSED: list[tuple[str, object, str]] = [
    ("region", "chine", "Did you mean 'china'? Allowed are china and overseas."),
    ("region", "", "is not allowed"),
    ("region", 1, "must be one of china and overseas, not a number"),
    ("region", ["china"], "not an array"),
    ("region", ExactNumber("1.5"), "not a number"),
    ("motive", "hatred of one person", "the value is not allowed. Allowed are envy and greed."),
    ("rooms", True, "not a boolean"),
    ("rooms", "12", "not a string"),
    ("rooms", ExactNumber("12.5"), "whole number without decimals"),
    ("rooms", ExactNumber("9007199254740993"), "whole number within ±9007199254740992"),
    ("rooms", -1, "at least 0"),
    ("rooms", 501, "at most 500"),
    ("area", False, "must be a number, not a boolean"),
    ("area", 12.5, "must be a number"),
    ("area", "1_000", "plain decimal"),
    ("area", "１２", "plain decimal"),
    ("area", "1e2", "plain decimal"),
    ("area", "+1", "plain decimal"),
    ("area", ".5", "plain decimal"),
    ("area", "5.", "plain decimal"),
    ("area", " 5", "plain decimal"),
    ("area", "5\n", "plain decimal"),
    ("area", "", "plain decimal"),
    ("area", "NaN", "plain decimal"),
    ("area", "1.005", "at most 2 decimals; it is never rounded"),
    ("area", ExactNumber("1.005"), "never rounded"),
    ("area", "9" * 19, "19 digits before the point; at most 18"),
    ("area", "9" * 5_000, "5000 characters"),
    ("area", "-1.51", "at least -1.5"),
    ("area", "1000.26", "at most 1000.25"),
    ("area", 1001, "at most 1000.25"),
    ("note", "", "is empty"),
    ("note", "x" * 21, "has 21 characters; at most 20"),
    ("note", "a\x00b", "control character"),
    ("note", "a\rb", "control character"),
    ("note", "a\x1bb", "control character"),
    ("note", "a\ud800b", "control character"),
    ("note", 1, "must be a string, not a number"),
    ("note", ExactNumber("1.5"), "not a number"),
    ("day", "2025-02-29", "day that exists"),
    ("day", "2025-W01-1", "day that exists"),
    ("day", "20250101", "day that exists"),
    ("day", "２０２５-01-01", "day that exists"),
    ("day", "2025-01-01\n", "day that exists"),
    ("day", 20250101, "not a number"),
    ("at", "2020-03-05T10:00:00", "add one, such as +08:00"),
    ("at", "9999-12-31T23:59:59-14:00", "beyond the years"),
    ("at", 1, "as a string"),
    ("account", "", "1 to 200"),
    ("account", "a b", "without spaces"),
    ("account", "a\u202eb", "direction"),
    ("account", "a" * 201, "1 to 200"),
    ("account", 7, "identifier in a string"),
    ("passed", 1, "true or false, not a number"),
    ("passed", "true", "true or false, not a string"),
    ("counties", "a", "must be an array, not a string"),
    ("counties", [f"c{n}" for n in range(1_001)], "1001 items; at most 1000"),
    ("response", "ftp://a/b", "http or https"),
    ("response", "/a", "http or https"),
    ("response", "https://", "http or https"),
    ("response", "https://a b/", "http or https"),
    ("response", "https://a/" + "b" * 1991, "http or https"),
    ("response", "javascript:alert(1)", "http or https"),
    ("cost", "12.50", 'such as {"amount": "12.50", "currency": "CNY"}'),
    ("cost", 12, "must be an object"),
]
NULLS: list[tuple[str, object, str]] = [
    (name, None, "is null; leave the field out") for name in ("region", "rooms", "cost", "note", "passed", "counties")
]


@pytest.mark.parametrize(("name", "value", "words"), REFUSED + NULLS, ids=lambda value: f"{value!r:.40}")
def test_a_wrong_value_is_refused_with_words(name: str, value: object, words: str) -> None:
    (mistake,) = found(name, value)
    assert mistake.pointer == f"/3/data/{name}"
    assert words in mistake.message


PARTS: list[tuple[str, object, str, str]] = [
    ("cost", {"amount": ExactNumber("12.5"), "currency": "CNY"}, "/amount", "send the amount as a string"),
    ("cost", {"amount": True, "currency": "CNY"}, "/amount", "not a boolean"),
    ("cost", {"currency": "CNY"}, "/amount", "is required"),
    ("cost", {"amount": "1.234", "currency": "CNY"}, "/amount", "never rounded"),
    ("cost", {"amount": "-1", "currency": "CNY"}, "/amount", "at least 0"),
    ("cost", {"amount": "1e3", "currency": "CNY"}, "/amount", "plain decimal"),
    ("cost", {"amount": "1", "currency": "USD"}, "/currency", 'must be "CNY"'),
    ("cost", {"amount": "1", "currency": "cny"}, "/currency", 'must be "CNY"'),
    ("cost", {"amount": "1"}, "/currency", 'must be "CNY"'),
    ("cost", {"amount": "1", "currency": "CNY", "tax": "1"}, "/tax", "no part of money"),
    ("counties", ["a", "b c"], "/1", "without spaces"),
    ("counties", ["a", 7], "/1", "not a number"),
    ("counties", ["a", None], "/1", "not null"),
    ("counties", ["a", "b", "a"], "/2", "'a' appears twice"),
    ("topics", ["ok", "x" * 201], "/1", "1 to 200"),
    ("topics", [""], "/0", "1 to 200"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "where", "words"), PARTS, ids=lambda value: f"{value!r:.40}")
def test_a_wrong_part_has_a_pointer_of_its_own(name: str, value: object, where: str, words: str) -> None:
    (mistake,) = found(name, value)
    assert mistake.pointer == f"/3/data/{name}{where}"
    assert words in mistake.message


def test_all_mistakes_come_at_once_in_the_order_of_the_fields() -> None:
    data = {"seq": 1, "rooms": -1, "regions": "china", "cost": {"amount": 1.5, "currency": "USD"}}
    mistakes = VALIDATOR.mistakes(EVERYTHING, data)
    assert [each.pointer for each in mistakes] == [
        "/data/region", "/data/rooms", "/data/cost/amount", "/data/cost/currency", "/data/seq", "/data/regions",
    ]  # fmt: skip
    assert mistakes[0].message == "is required"
    assert "'seq' is no field of this event. Allowed are region, rooms" in mistakes[4].message
    assert "Did you mean 'region'?" in mistakes[5].message


def test_a_hostile_number_of_mistakes_makes_a_short_answer() -> None:
    mistakes = VALIDATOR.mistakes(EVERYTHING, {"region": "china"} | {f"x{n}": 1 for n in range(10_000)})
    assert len(mistakes) == 51
    assert mistakes[-1] == Mistake("/data", "has more mistakes than are listed")


@pytest.mark.parametrize("value", ["canary-4711 talked to\x00", "canary-4711 " * 99, 4711, ["canary-4711"]])
@pytest.mark.parametrize("name", ["secret", "motive"])
def test_words_never_repeat_what_is_confidential(name: str, value: object) -> None:
    (mistake,) = found(name, value)
    assert "4711" not in mistake.message


@pytest.mark.parametrize(
    ("type", "hint"),
    [("fairs.fair.hold", "Did you mean 'fairs.fair.held'?"), ("tracker.event.void", "voided"), ("x", "")],
)
def test_an_unknown_type_is_one_mistake(type: str, hint: str) -> None:
    (mistake,) = VALIDATOR.mistakes(type, {"anything": 1}, pointer="/3")
    assert mistake.pointer == "/3/type"
    assert "no event type of the catalogue" in mistake.message
    assert hint in mistake.message


def checked(**changed: object) -> list[str]:
    event = read_event(an_event(**changed), calendar=CALENDAR, now=NOW, pointer="/0")
    return [each.pointer for each in check(VALIDATOR, event).mistakes]


def test_a_right_event_comes_back_as_it_is() -> None:
    event = read_event(an_event(), calendar=CALENDAR, now=NOW)
    assert check(VALIDATOR, event) is event


def test_an_entity_is_one_of_the_organisations() -> None:
    assert checked(entity="group") == []
    assert checked(entity="grupo") == ["/0/entity"]


def test_an_event_of_a_lifecycle_has_a_subject() -> None:
    assert checked(type=OPENED, data={}, subject="fair-1") == []
    assert checked(type=OPENED, data={}) == ["/0/subject"]
    assert checked(type=PAYMENT, data={}) == ["/0/data/cost", "/0/subject"]
