"""Bearer tokens: made once, kept as a digest, ended by time, by hand, or with their source."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.access.conftest import BY, Office
from tests.house import House
from tracker.access import tokens
from tracker.access.models import changes
from tracker.access.models import tokens as table
from tracker.access.tokens import Listed, Token
from tracker.errors import Conflict, Invalid, NotFound

START = "2021-02-01T04:00:00.000000Z"


def listed(house: House) -> list[Listed]:
    with house.database.read() as session:
        return tokens.listed(session)


def revoke(office: Office, name: str) -> None:
    with office.house.database.write() as session:
        tokens.revoke(session, name, by=BY, at=office.house.clock())


def actions(house: House) -> list[tuple[str, str]]:
    with house.database.read() as session:
        return [(row.action, row.target) for row in session.execute(select(changes).order_by(changes.c.id))]


def mistakes(office: Office, *scopes: str, name: str = "ci", **others: Any) -> list[tuple[str, str]]:
    values = {"source": None, "days": 90, "by": BY, "at": office.house.clock()} | others
    with pytest.raises(Invalid) as refused, office.house.database.write() as session:
        tokens.add(session, name, frozenset(scopes), **values)
    return [(each.pointer, each.message) for each in refused.value.mistakes]


def test_a_token_admits_with_its_scopes_until_its_instant(office: Office) -> None:
    text, registry = office.token("ci", "record", "read", days=1), office.process()
    assert re.fullmatch("gtk_[A-Za-z0-9_-]{43}", text)
    token = Token("ci", frozenset({"record", "read"}), None, "2021-02-02T04:00:00.000000Z")
    office.wait(days=1, microseconds=-1)
    assert registry.current().token(text, office.house.clock()) == token
    office.wait(microseconds=1)
    assert registry.current().token(text, office.house.clock()) is None
    assert listed(office.house) == [Listed(token, START, None, None)]
    assert actions(office.house) == [("token.added", "ci")]


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: f"{text} ", str.upper, lambda _: ""])
def test_a_text_that_is_not_the_token_admits_nobody(change: object, office: Office) -> None:
    text = office.token()
    assert callable(change)
    assert office.process().current().token(change(text), office.house.clock()) is None


def test_a_text_with_half_a_surrogate_admits_nobody(office: Office) -> None:
    office.token()
    assert office.process().current().token("gtk_\udcff", office.house.clock()) is None


def test_a_revoked_token_is_refused_at_once_by_a_process_that_remembered_it(office: Office) -> None:
    text, registry = office.token(), office.process()
    assert registry.current().token(text, office.house.clock()) is not None
    office.wait(hours=1)
    revoke(office, "ci")
    assert registry.current().token(text, office.house.clock()) is None
    assert [each.revoked_at for each in listed(office.house)] == ["2021-02-01T05:00:00.000000Z"]
    with pytest.raises(NotFound) as refused:
        revoke(office, "ci")
    assert refused.value.detail == "There is no live token 'ci'. `tracker token list` shows them."
    assert actions(office.house) == [("token.added", "ci"), ("token.revoked", "ci")]


def test_a_new_token_works_at_once_in_a_process_that_knew_of_none(office: Office) -> None:
    registry = office.process()
    assert registry.current().tokens == {}
    text = office.token()
    assert registry.current().token(text, office.house.clock()) is not None


def test_a_token_ends_with_its_source(office: Office) -> None:
    office.add()
    text, registry = office.token("ci", "record", source="moderation"), office.process()
    found = registry.current().token(text, office.house.clock())
    assert found is not None
    assert found.source == "moderation"
    office.retire()
    assert registry.current().token(text, office.house.clock()) is None


def test_a_token_is_bound_to_a_live_source_only(office: Office) -> None:
    office.add()
    office.retire()
    for name in ("moderation", "nobody"):
        with pytest.raises(NotFound, match=f"There is no live source '{name}'"):
            office.token("ci", "record", source=name)
    assert listed(office.house) == []


def test_a_name_serves_once(office: Office) -> None:
    office.token()
    revoke(office, "ci")
    with pytest.raises(Conflict) as refused:
        office.token()
    assert refused.value.detail == "There is or was a token 'ci'. Choose another name."


def test_all_mistakes_of_a_token_are_told_at_once(office: Office) -> None:
    assert mistakes(office, "record", "everything", name="C I", days=0) == [
        ("name", "begins with a letter; then up to 62 of a-z, 0-9 and hyphen"),
        ("scope", "'everything' is none of record, backfill, amend, read, admin"),
        ("days", "must be 1 to 366"),
    ]
    assert mistakes(office) == [("scope", "give at least one of record, backfill, amend, read, admin")]
    assert mistakes(office, "admin", source="erp") == [("scope", "admin is for people; leave out the source")]
    assert mistakes(office, "read", days=10**30) == [("days", "must be 1 to 366")]
    assert listed(office.house) == []


def test_no_token_reaches_the_database_or_a_list(office: Office) -> None:
    text = office.token()
    with office.house.database.read() as session:
        [row] = session.execute(select(table))
    assert bytes(row.digest) == hashlib.sha256(text.encode()).digest()
    shown = f"{row!r} {listed(office.house)!r} {office.process().current()!r}"
    assert text not in shown
    assert text.removeprefix("gtk_") not in shown


def test_the_last_use_of_a_token_is_written_down_once_a_minute(office: Office) -> None:
    text, registry = office.token(), office.process()
    token = registry.current().token(text, office.house.clock())
    assert token is not None
    seen = []
    for seconds in (0, 59.9, 0.1, 59):
        office.wait(seconds=seconds)
        registry.note_use(token, office.house.clock())
        [found] = listed(office.house)
        seen.append(found.used_at)
    minute = "2021-02-01T04:01:00.000000Z"
    assert seen == [START, START, minute, minute]
