"""Changes to sources and tokens stand in the audit trail, whoever makes them."""

from __future__ import annotations

from tests.access.conftest import BY, Office
from tracker.access import audit, sources, tokens
from tracker.access.sources import live_sources

START = "2021-02-01T04:00:00.000000Z"


def test_every_change_of_access_is_in_the_audit_trail(office: Office) -> None:
    office.add()
    office.rotate()
    with office.house.database.write() as session:
        now = office.house.clock()
        sources.bind(session, "moderation", ("content.post.*",), by=BY, at=now)
        tokens.add(session, "reader", frozenset({"read"}), source=None, days=1, by=BY, at=now)
        tokens.revoke(session, "reader", by=BY, at=now)
        sources.retire(session, "moderation", by=BY, at=now)
    with office.house.database.read() as session:
        trail = [(each.at, each.actor, each.action, each.target) for each in audit.entries(session)]
    assert trail[::-1] == [
        (START, BY, "source.added", "moderation"),
        (START, BY, "source.rotated", "moderation"),
        (START, BY, "source.bound", "moderation"),
        (START, BY, "token.added", "reader"),
        (START, BY, "token.revoked", "reader"),
        (START, BY, "source.retired", "moderation"),
    ]


def test_a_bound_source_sends_what_it_is_bound_to_and_nothing_else(office: Office) -> None:
    office.add()
    with office.house.database.write() as session:
        sources.bind(session, "moderation", ("content.post.*",), by=BY, at=office.house.clock())
    with office.house.database.read() as session:
        [source] = live_sources(session)
    assert (source.types, source.may_send("content.post.published"), source.may_send("content.violation.found")) == (
        ("content.post.*",),
        True,
        False,
    )
