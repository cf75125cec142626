"""A figure's passport says what was known at any moment, and gives a stranger enough to compute its digest anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.freezing import SIGNER, frozen
from tests.house import Fresh, House
from tests.tallies import test_agreement
from tests.tallies.histories import live_through
from tests.tallies.test_agreement import often
from tracker.errors import Invalid, NotFound, UnknownMetric, UnknownPeriod
from tracker.exports.leaves import digest_of
from tracker.exports.passport import Passport, passport
from tracker.exports.passport_document import decimal_of, document, version
from tracker.ledger.checkpoints import sign
from tracker.ledger.queries import Entry, entries
from tracker.ledger.sealing import header_of

fresh = test_agreement.fresh

CASE = "desk.case.reported"
PERIODS = ("2019", "2020", "2020-Q1", "2020-06", "2020-02-29")
NARRATIVE = "what happened"


def told(house: House, metric: str, period: str, **asked: int) -> dict[str, Any]:
    """A passport as a document."""
    with house.database.read() as session:
        found = passport(session, house.catalogue, metric, period, **asked)
        return document(found, digest_of(found.grounds(session)))


def opened(house: House, metric: str, period: str, **asked: int) -> Passport:
    with house.database.read() as session:
        return passport(session, house.catalogue, metric, period, **asked)


def everything(house: House, periods: list[str], **asked: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Every metric's passport in some periods, without how it was asked for."""
    metrics = house.catalogue.metrics
    found = {(metric, period): told(house, metric, period, **asked) for metric in metrics for period in periods}
    for each in found.values():
        each["known"]["as_of"] = None
    return found


def log(house: House) -> list[Entry]:
    with house.database.read() as session:
        return entries(session, limit=1000)


def again(house: House, recorded: Entry) -> None:
    """Record an event once more in another house, as it came in."""
    data = dict(recorded.data)
    for held in (data, data.get("data", {})):
        if "narrative" in held:
            held["narrative"] = NARRATIVE
    others = {"id": recorded.id, "source": recorded.source, "subject": recorded.subject, "time": recorded.time}
    house.record(house.event(recorded.type, data, **others))


def assert_nothing_more_was_known(fresh: Fresh, data: st.DataObject, steps: int, periods: list[str]) -> None:
    """What a ledger says as of some seqs is all that one says that has recorded no more."""
    with fresh() as house:
        live_through(data.draw, house, steps)
        happened = log(house)
        seqs = data.draw(st.lists(st.integers(0, len(happened) - 1), min_size=1, max_size=2, unique=True).map(sorted))
        known = {seq: everything(house, periods, as_of=seq) for seq in seqs}
    with fresh() as house:
        for seq, expected in known.items():
            for each in happened[len(log(house)) : seq + 1]:
                again(house, each)
            assert everything(house, periods) == expected


@settings(often, max_examples=6)
@given(data=st.data())
def test_as_of_any_seq_is_what_a_ledger_says_that_has_recorded_no_more(fresh: Fresh, data: st.DataObject) -> None:
    """For every measure: value, printed forms, root, events and their digest."""
    period = data.draw(st.sampled_from(PERIODS))
    assert_nothing_more_was_known(fresh, data, data.draw(st.integers(1, 5)), [period])


@pytest.mark.full
@settings(often, max_examples=30)
@given(data=st.data())
def test_as_of_any_seq_of_long_histories_too(fresh: Fresh, data: st.DataObject) -> None:
    assert_nothing_more_was_known(fresh, data, data.draw(st.integers(5, 20)), [*PERIODS])


@pytest.fixture
def lived(house: House) -> House:
    """Three cases, of which the first was corrected twice (seq 3 and 5) and the last voided (seq 4)."""
    house.record(
        house.event(CASE, {"channel": "phone", "loss": {"amount": "10.00", "currency": "CNY"}}),
        house.event(CASE, {"channel": "mail"}),
        house.event(CASE, {"channel": "mail"}),
    )
    house.correct(0, 0, {"channel": "mail", "loss": {"amount": "20.00", "currency": "CNY"}})
    house.void(2, 2)
    house.correct(0, 3, {"channel": "mail", "loss": {"amount": "20.05", "currency": "CNY"}})
    return house


def test_a_passport_is_told_whole(lived: House) -> None:
    with lived.database.write() as session:
        signed = sign(session, lived.catalogue, SIGNER, lived.clock())
    assert told(lived, "desk.loss_per_case", "2020") == {
        "metric": "desk.loss_per_case",
        "period": "2020",
        "label": {"zh-Hant": "每起損失", "en": "Loss per case"},
        "unit": "CNY",
        "value": "10.03",
        "exact": {"numerator": "401", "denominator": "40", "decimal": "10.025"},
        "printed": {"zh-Hant": "人民幣 10.03 元", "en": "RMB 10.03"},
        "known": {
            "as_of": None,
            "revision": None,
            "stated": None,
            "agrees": None,
            "log_size": 6,
            "root": signed.root.hex(),
        },
        "definition": {
            "measure": "ratio",
            "by": [["channel"]],
            "numerator": "desk.loss",
            "denominator": "desk.cases",
            "places": 2,
            "rounding": "half_up",
            "version": version(lived.catalogue, lived.catalogue.metrics["desk.loss_per_case"]),
            "catalogue": lived.catalogue.digest,
        },
        "rounding": {"rule": "half_up", "places": 2},
        "events": {"count": 2, "leaves": 4, "digest": by_hand(log(lived), [0, 1])},
        "checkpoint": {
            "size": 6,
            "root": signed.root.hex(),
            "note": signed.note,
            "signed_at": "2021-02-01T04:00:00.000000Z",
        },
        "revisions": [],
        "inputs": [{"metric": "desk.loss", "period": "2020"}, {"metric": "desk.cases", "period": "2020"}],
    }


def by_hand(recorded: list[Entry], behind: list[int]) -> str:
    """The digest as somebody computes it who has nothing but the headers of the log."""
    roots: dict[int, int] = {}
    leaves = b""
    for each in recorded:
        roots[each.seq] = each.seq if each.replaces is None else roots[each.replaces]
        if roots[each.seq] in behind:
            leaves += hashlib.sha256(b"\x00" + header_of(each).encode()).digest()
    return hashlib.sha256(leaves).hexdigest()


@pytest.mark.parametrize(
    ("metric", "as_of", "behind", "leaves"),
    [
        ("desk.cases", 5, [0, 1], 4),
        ("desk.cases", 4, [0, 1], 3),
        ("desk.cases", 3, [0, 1, 2], 4),
        ("desk.loss", 5, [0], 3),
        ("desk.phone_cases", 2, [0], 1),
        ("desk.phone_cases", 5, [], 0),
    ],
)
def test_the_digest_covers_what_is_behind_a_figure_and_its_amendments_until_then(
    lived: House, metric: str, as_of: int, behind: list[int], leaves: int
) -> None:
    assert told(lived, metric, "2020", as_of=as_of)["events"] == {
        "count": len(behind),
        "leaves": leaves,
        "digest": by_hand(log(lived)[: as_of + 1], behind),
    }


def test_the_digest_of_many_events_is_streamed_in_the_order_of_the_log(house: House) -> None:
    """Far more than are read at a time, each tenth amended after all of them."""
    house.record(*(house.event(CASE, {"channel": "phone"}) for _ in range(1000)))
    for seq in range(0, 1000, 10):
        house.correct(seq, seq, {"channel": "mail"})
    expected = {"count": 1000, "leaves": 1100, "digest": by_hand([*_all(house)], [*range(1000)])}
    assert told(house, "desk.cases", "2020")["events"] == expected


def _all(house: House) -> Iterator[Entry]:
    with house.database.read() as session:
        yield from entries(session, limit=10_000)


def test_a_frozen_revision_keeps_its_passport_and_the_history_says_why_another_came(lived: House) -> None:
    first = frozen(lived.database, lived.ledger, 2020)
    before = told(lived, "desk.cases", "2020", revision=1)
    lived.clock.instant = lived.clock.instant.replace(month=3)
    lived.record(lived.event(CASE, {"channel": "phone"}, time="2020-12-31T12:00:00+08:00"))
    second = frozen(lived.database, lived.ledger, 2020, reason="A case was found in a drawer.")
    found = told(lived, "desk.cases", "2020", revision=1)
    assert {**found, "revisions": found["revisions"][:1]} == before
    assert (before["value"], before["known"]["stated"], before["known"]["agrees"]) == ("2", "2", True)
    assert (before["known"]["log_size"], before["known"]["root"]) == (6, first.body["root"])
    assert before["checkpoint"]["size"] == 6
    assert found["revisions"] == told(lived, "desk.cases", "2020")["revisions"]
    assert found["revisions"][1] == {
        "revision": 2,
        "value": "3",
        "difference": "1",
        "reason": "A case was found in a drawer.",
        "digest": second.digest,
        "log_size": second.log_size,
        "root": second.body["root"],
        "catalogue": lived.catalogue.digest,
        "frozen_at": "2021-03-01T04:00:00.000000Z",
        "published_at": "2021-03-01T04:00:00.000000Z",
        "approvals": [
            {"act": "signed", "by": "person:preparer", "at": "2021-03-01T04:00:00.000000Z"},
            {"act": "approved", "by": "person:approver", "at": "2021-03-01T04:00:00.000000Z"},
        ],
    }
    months = [each["value"] for each in told(lived, "desk.cases", "2020-12")["revisions"]]
    assert months == ["0", "1"]


def test_a_quarter_is_not_stated_by_a_frozen_year_but_follows_from_its_log(lived: House) -> None:
    frozen(lived.database, lived.ledger, 2020)
    lived.record(lived.event(CASE, {"channel": "phone"}))
    found = opened(lived, "desk.cases", "2020-Q2", revision=1)
    assert (str(found.value), found.agrees, found.history[0].value) == ("2", None, None)
    assert opened(lived, "desk.cases", "2020-05", revision=1).agrees is True


def test_a_revision_is_counted_under_the_catalogue_that_it_was_frozen_with(lived: House) -> None:
    frozen(lived.database, lived.ledger, 2020)
    with lived.database.read() as session:
        found = passport(session, lived.catalogue, "desk.cases", "2020", revision=1)
    assert (found.catalogue.digest, found.catalogue is lived.catalogue) == (lived.catalogue.digest, False)


def test_growth_follows_from_the_year_before_too(lived: House) -> None:
    with lived.database.read() as session:
        found = passport(session, lived.catalogue, "desk.growth", "2020-05")
        assert [(metric.id, span.id) for metric, span in found.inputs()] == [
            ("desk.cases", "2020-05"),
            ("desk.cases", "2019-05"),
        ]


def test_an_empty_log_has_passports_too(house: House) -> None:
    found = told(house, "desk.cases", "2020")
    assert found["known"]["root"] == hashlib.sha256().hexdigest()
    assert found["events"] == {"count": 0, "leaves": 0, "digest": hashlib.sha256().hexdigest()}
    assert (found["value"], told(house, "desk.newest", "2020")["exact"]) == ("0", None)


def test_what_there_is_not_is_told(lived: House) -> None:
    for error, metric, period, asked in (
        (UnknownMetric, "desk.csaes", "2020", {}),
        (UnknownPeriod, "desk.cases", "20", {}),
        (NotFound, "desk.cases", "2020", {"revision": 1}),
        (NotFound, "desk.cases", "2020", {"as_of": 6}),
        (Invalid, "desk.cases", "2020", {"as_of": 1, "revision": 1}),
    ):
        with pytest.raises(error):
            opened(lived, metric, period, **asked)


@given(st.fractions())
def test_an_exact_value_is_a_decimal_where_its_digits_end(value: Fraction) -> None:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    found = decimal_of(value)
    assert (found is None) == (rest != 1)
    assert found is None or (Fraction(found) == value and "e" not in found.lower())


@pytest.mark.parametrize(
    ("value", "said"),
    [(Fraction(0), "0"), (Fraction(-1, 8), "-0.125"), (Fraction(10**30), "1" + "0" * 30), (Fraction(1, 3), None)],
)
def test_exact_values_are_spelled_without_an_exponent(value: Fraction, said: str | None) -> None:
    assert decimal_of(value) == said


def test_a_version_names_the_definition_and_those_it_follows_from(house: House) -> None:
    catalogue = house.catalogue
    versions = {version(catalogue, each) for each in catalogue.metrics.values()}
    assert len(versions) == len(catalogue.metrics)
    assert version(catalogue, catalogue.metrics["desk.cases"]) == catalogue.metrics["desk.cases"].key
