"""Who may hand in what: another's URI, a type that is not one's own, what is too old, amendments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.access.sources import LATE_DAYS, Source
from tracker.access.tokens import SCOPES, Token
from tracker.clock import stamp
from tracker.errors import Forbidden, Mistake
from tracker.intake.senders import Sender, bearing, signing
from tracker.ledger.events import ATTACHED, CORRECTED, VOIDED, Actor, Incoming

NOW = datetime(2021, 2, 1, 4, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DESK = Source("desk", "/desk", ("desk.*", "meter.read"))


def an_event(
    type: str = "desk.case.reported", source: str = "/desk", age: timedelta = timedelta(0), pointer: str = ""
) -> Incoming:
    return Incoming(source, "a-1", type, None, stamp(NOW - age), None, {}, "2021-02-01", 2021, pointer)


def a_token(*scopes: str, source: str | None = None) -> Token:
    return Token("ci", frozenset(scopes), source, "2022-01-01T00:00:00.000000Z")


def refusal(sender: Sender, *events: Incoming) -> str:
    with pytest.raises(Forbidden) as refused:
        sender.admitted(events, NOW)
    return refused.value.detail


def test_a_source_is_counted_and_on_record_under_its_name() -> None:
    assert signing(DESK) == Sender("desk", Actor("source", "desk"), DESK, backfill=False, amend=True)


def test_a_bound_token_acts_as_its_source_and_an_unbound_one_for_a_person() -> None:
    bound = bearing(a_token("record", source="desk"), DESK)
    assert (bound.name, bound.actor, bound.source) == ("desk", Actor("source", "desk"), DESK)
    unbound = bearing(a_token("record"), None)
    assert (unbound.name, unbound.actor, unbound.source) == ("token:ci", Actor("person", "token-ci"), None)


@given(scopes=st.sets(st.sampled_from(sorted(SCOPES))), bound=st.booleans(), backfill=st.booleans())
def test_rights_come_from_the_scopes_and_backfill_from_the_source_too(
    scopes: set[str], bound: bool, backfill: bool
) -> None:
    source = Source("desk", "/desk", ("*",), backfill=backfill) if bound else None
    sender = bearing(a_token(*scopes, source="desk" if bound else None), source)
    assert sender.amend == ("amend" in scopes)
    assert sender.backfill == ("backfill" in scopes or (bound and backfill))


def test_a_source_writes_as_itself_alone_and_only_what_it_is_bound_to() -> None:
    sender = signing(DESK)
    events = [an_event(), an_event("meter.read")]
    assert sender.admitted(events, NOW) == events
    assert refusal(sender, an_event(), an_event(source="/desk/")) == (
        "Source desk may write as /desk alone, not as /desk/."
    )
    assert refusal(sender, an_event(), an_event("meter.reading")) == (
        "Source desk may not send meter.reading; it is bound to desk.*, meter.read."
    )


@pytest.mark.parametrize("type", ["desk", "desks.case.reported", "meter.read.late", "DESK.case.reported"])
def test_a_pattern_covers_what_begins_with_it_and_nothing_like_it(type: str) -> None:
    assert type in refusal(signing(DESK), an_event(type))


def test_no_machine_attaches_files() -> None:
    bound = Source("desk", "/desk", ("*",))
    for sender in (signing(bound), bearing(a_token("record"), None), bearing(a_token("record", source="desk"), bound)):
        assert refusal(sender, an_event(ATTACHED)) == (
            "Files are attached by people, on the page of the event they belong to."
        )


def test_whoever_is_bound_to_no_source_writes_as_any() -> None:
    events = [an_event(source="/desk"), an_event("any.thing", source="/elsewhere")]
    assert bearing(a_token("record"), None).admitted(events, NOW) == events


@pytest.mark.parametrize("type", [CORRECTED, VOIDED])
def test_amending_takes_the_scope_unless_a_source_signs(type: str) -> None:
    amendment = an_event(type)
    assert signing(DESK).admitted([amendment], NOW) == [amendment]
    for source in (None, DESK):
        bound = source.name if source else None
        assert bearing(a_token("amend", source=bound), source).admitted([amendment], NOW) == [amendment]
        assert "lacks the scope amend" in refusal(bearing(a_token("record", source=bound), source), amendment)


@given(age=st.timedeltas(timedelta(days=-1), timedelta(days=4_000)), days=st.integers(1, 3_650))
def test_exactly_what_is_older_than_the_late_window_takes_the_right_to_backfill(age: timedelta, days: int) -> None:
    event = an_event(age=age)
    [found] = signing(Source("desk", "/desk", ("*",), late_days=days)).admitted([event], NOW)
    assert bool(found.mistakes) == (age > timedelta(days=days))
    assert found._replace(mistakes=()) == event
    trusted = Source("desk", "/desk", ("*",), late_days=days, backfill=True)
    assert signing(trusted).admitted([event], NOW) == [event]


def test_the_window_ends_exactly_where_it_is_said_to() -> None:
    window = timedelta(days=LATE_DAYS)
    edge, older = an_event(age=window, pointer="/0"), an_event(age=window + MICROSECOND, pointer="/1")
    words = "lies more than 7 days back; handing in what is older takes the right to backfill"
    for sender in (signing(DESK), bearing(a_token("record"), None)):
        assert list(sender.admitted([edge, older], NOW)) == [
            edge,
            older._replace(mistakes=(Mistake("/1/time", words),)),
        ]


def test_what_is_wrong_already_stays_wrong_beside_its_age() -> None:
    wrong = an_event(age=timedelta(days=8))._replace(mistakes=(Mistake("/data/channel", "is required"),))
    [found] = signing(DESK).admitted([wrong], NOW)
    assert [each.pointer for each in found.mistakes] == ["/data/channel", "/time"]
