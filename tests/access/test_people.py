"""People: added with an invitation, changed with a trace, refused with every mistake at once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from tests.access.folk import BY, Folk
from tests.house import House
from tracker.access import invitations, people
from tracker.access.accounts import people as table
from tracker.access.people import Person
from tracker.access.roles import PERMISSIONS, ROLES
from tracker.errors import Conflict, Invalid, NotFound


@pytest.fixture
def folk(house: House) -> Folk:
    return Folk(house)


def mistakes(folk: Folk, login: str = "alice", name: str = "Alice", **others: Any) -> list[tuple[str, str]]:
    values: dict[str, Any] = {"roles": ["recorder"], "by": BY, "at": folk.house.clock()} | others
    with pytest.raises(Invalid) as refused, folk.house.database.write() as session:
        people.add(session, login, name, **values)
    return [(each.pointer, each.message) for each in refused.value.mistakes]


def redeem(folk: Folk, invitation: str, password: str = "hash") -> str | None:
    with folk.house.database.write() as session:
        return invitations.redeem(session, invitation, password, folk.house.clock())


def test_somebody_new_has_a_pseudonym_roles_and_an_invitation(folk: Folk) -> None:
    invitation = folk.invite("alice", "recorder", "approver", name="陳 Alice")
    alice = folk.now("alice")
    assert re.fullmatch("p-[a-z2-7]{10}", alice.id)
    assert alice == Person(
        alice.id, "alice", "陳 Alice", frozenset({"recorder", "approver"}), None, None, None, 0, second_factor=False
    )
    assert alice.permissions == ROLES["recorder"] | ROLES["approver"]
    assert [alice.may(each) for each in ("proposals.decide", "people.manage")] == [True, False]
    assert len(invitation) * 6 >= 128
    assert folk.trail() == [(BY, "person.added", f"person:{alice.id}", "approver, recorder")]


def test_no_invitation_reaches_the_database_or_a_list(folk: Folk) -> None:
    invitation = folk.invite("alice")
    with folk.house.database.read() as session:
        shown = f"{session.execute(select(table)).all()!r} {people.listed(session)!r} {folk.trail()!r}"
    assert invitation not in shown


def test_an_invitation_is_good_once(folk: Folk) -> None:
    invitation = folk.invite("alice")
    assert redeem(folk, f"  {invitation}\n") == folk.now("alice").id
    assert redeem(folk, invitation) is None


def test_an_invitation_is_good_for_seven_days(folk: Folk) -> None:
    invitation = folk.invite("alice")
    folk.wait(days=7, microseconds=-1)
    with folk.house.database.read() as session:
        assert invitations.holder(session, invitation, folk.house.clock()) == folk.now("alice").id
    folk.wait(microseconds=1)
    assert redeem(folk, invitation) is None


def test_nobody_is_invited_by_another_text(folk: Folk) -> None:
    invitation = folk.invite("alice")
    for text in ("", invitation[:-1], invitation.upper(), "\0", "\udcff"):
        assert redeem(folk, text) is None


def test_a_disabled_person_cannot_use_the_invitation_they_hold(folk: Folk) -> None:
    invitation = folk.invite("alice")
    folk.disable("alice")
    assert redeem(folk, invitation) is None
    folk.enable("alice")
    assert redeem(folk, invitation) is None


def test_a_reset_takes_password_and_second_factor_and_the_invitation_before(folk: Folk) -> None:
    first = folk.invite("alice")
    second = folk.reset("alice")
    assert redeem(folk, first) is None
    assert redeem(folk, second) == folk.now("alice").id
    folk.reset("alice")
    with folk.house.database.read() as session:
        row = session.execute(select(table.c.password, table.c.totp, table.c.totp_step)).one()
    assert tuple(row) == (None, None, None)
    assert [action for _, action, _, _ in folk.trail()] == ["person.added", "person.reset", "person.reset"]


def test_a_login_serves_once(folk: Folk) -> None:
    folk.invite("alice")
    with pytest.raises(Conflict) as refused:
        folk.invite("alice", "approver", name="Another")
    assert refused.value.detail == "There is or was a person with the login 'alice'. Choose another login."
    assert [each.name for each in listed(folk)] == ["Alice"]
    assert len(folk.trail()) == 1


def listed(folk: Folk) -> list[Person]:
    with folk.house.database.read() as session:
        return people.listed(session)


def test_all_mistakes_are_told_at_once(folk: Folk) -> None:
    assert mistakes(folk, "Alice Chan", " ", roles=["recorder", "emperor"]) == [
        ("login", "begins with a letter; then up to 62 of a-z, 0-9, dot, hyphen, underscore and @"),
        ("name", "must be 1 to 100 printable characters"),
        ("roles", f"'emperor' is none of {', '.join(ROLES)}"),
    ]
    assert mistakes(folk, roles=[]) == [("roles", f"give at least one of {', '.join(ROLES)}")]
    assert listed(folk) == []


@pytest.mark.parametrize("login", ["", "1a", "a b", "a\n", "a\0", "ａlice", "a" * 64, "Alice", "a/b"])
def test_odd_logins_are_refused(folk: Folk, login: str) -> None:
    assert [pointer for pointer, _ in mistakes(folk, login)] == ["login"]


@pytest.mark.parametrize("name", ["", " a", "a\n", "a\0b", "a\u202eb", "x" * 101])
def test_odd_names_are_refused(folk: Folk, name: str) -> None:
    assert [pointer for pointer, _ in mistakes(folk, name=name)] == ["name"]


def test_an_assurer_has_a_last_day_and_it_is_a_day_to_come(folk: Folk) -> None:
    assert mistakes(folk, roles=["assurer"]) == [("ends_on", "an assurer's account has a last day")]
    for text in ("2021-02-30", "20210301", "2021-3-1", "tomorrow", "２０２１-03-01"):
        assert mistakes(folk, roles=["assurer"], ends_on=text) == [("ends_on", "must be a day, such as 2026-03-31")]
    assert mistakes(folk, ends_on="2021-01-31") == [("ends_on", "lies in the past")]
    assert folk.add("dave", "assurer", ends_on="2021-02-01").ends_on == "2021-02-01"


def test_the_last_day_is_a_day_of_work(folk: Folk) -> None:
    dave = folk.add("dave", "assurer", ends_on="2021-02-02")
    folk.wait(days=1, hours=19, minutes=59)
    assert dave.active(folk.house.clock())
    folk.wait(minutes=1)
    assert not dave.active(folk.house.clock())


def test_roles_are_replaced_whole_and_leave_a_trace(folk: Folk) -> None:
    before = folk.add("alice", "recorder", "approver")
    after = folk.set_roles("alice", "approver", "internal_auditor")
    assert after == replace(before, roles=frozenset({"approver", "internal_auditor"}), epoch=before.epoch + 1)
    assert after == folk.now("alice")
    assert folk.trail()[-1] == (BY, "person.roles_set", before.actor, "approver, internal_auditor")


def test_nobody_becomes_an_assurer_without_a_last_day(folk: Folk) -> None:
    folk.add("alice")
    with pytest.raises(Invalid, match="cannot be like this"):
        folk.set_roles("alice", "assurer")
    assert folk.now("alice").roles == {"recorder"}
    assert folk.set_roles("alice", "assurer", ends_on="2021-06-30").ends_on == "2021-06-30"
    assert folk.set_roles("alice", "recorder").ends_on == "2021-06-30"


def test_nobody_is_disabled_or_enabled_twice(folk: Folk) -> None:
    folk.add("alice")
    with pytest.raises(Conflict, match="alice is not disabled"):
        folk.enable("alice")
    folk.disable("alice")
    with pytest.raises(Conflict, match="alice is disabled already"):
        folk.disable("alice")
    folk.enable("alice")
    assert [action for _, action, _, _ in folk.trail()] == ["person.added", "person.disabled", "person.enabled"]


def test_nobody_unknown_is_changed(folk: Folk) -> None:
    for login in ("nobody", "\0", "x" * 1000):
        for change in (folk.disable, folk.enable, folk.reset):
            with pytest.raises(NotFound, match="There is no person with the login"):
                change(login)
    with pytest.raises(NotFound), folk.house.database.write() as session:
        people.set_roles(session, "p-aaaaaaaaaa", ["recorder"], by=BY, at=folk.house.clock())
    assert folk.trail() == []


def test_an_identity_belongs_to_one_person(folk: Folk) -> None:
    folk.add("alice")
    folk.add("bob")
    with folk.house.database.write() as session:
        at = folk.house.clock()
        alice = people.link(session, "alice", "https://id.example.org", "248289761001", by=BY, at=at)
    with pytest.raises(Conflict, match="is linked to somebody else"), folk.house.database.write() as session:
        people.link(session, "bob", "https://id.example.org", "248289761001", by=BY, at=at)
    with folk.house.database.read() as session:
        assert people.by_identity(session, "https://id.example.org", "248289761001") == alice
        assert people.by_identity(session, "https://id.example.com", "248289761001") is None
        assert people.by_identity(session, "https://id.example.org", "\0") is None


def test_an_odd_identity_is_refused(folk: Folk) -> None:
    folk.add("alice")
    with pytest.raises(Invalid) as refused, folk.house.database.write() as session:
        people.link(session, "alice", "javascript:alert(1)", "", by=BY, at=folk.house.clock())
    assert [each.pointer for each in refused.value.mistakes] == ["issuer", "subject"]


def test_a_change_that_is_undone_leaves_no_trace(folk: Folk) -> None:
    before, trail = folk.add("alice"), folk.trail()
    with folk.house.database.write() as session:
        people.disable(session, "alice", by=BY, at=folk.house.clock())
        session.rollback()
    assert folk.now("alice") == before
    assert folk.trail() == trail


def test_nobody_is_everything() -> None:
    for first in ROLES.values():
        assert first < PERMISSIONS.keys()
    for role in ("administrator", "assurer", "internal_auditor"):
        assert "cases.work" not in ROLES[role]
    assert "proposals.decide" not in ROLES["administrator"]
