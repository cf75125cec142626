"""Sources and their keys, as they are added, rotated and retired, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, insert, select, update

from tests.access.conftest import BY, Office
from tests.house import House
from tracker.access import sources
from tracker.access.changes import epoch
from tracker.access.handover import new_key
from tracker.access.models import changes, source_keys
from tracker.access.models import sources as table
from tracker.access.sources import KeyState, Listed, Source
from tracker.errors import Conflict, Invalid, NotFound, NotReady

START = "2021-02-01T04:00:00.000000Z"
DAY_AFTER = "2021-02-02T04:00:00.000000Z"


def listed(house: House) -> list[Listed]:
    with house.database.read() as session:
        return sources.listed(session)


def trail(house: House) -> list[tuple[str, str, str, str]]:
    with house.database.read() as session:
        rows = session.execute(select(changes).order_by(changes.c.id))
        return [(row.at, row.by, row.action, row.target) for row in rows]


def mistakes(office: Office, source: Source) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused, office.house.database.write() as session:
        sources.add(session, source, new_key().key, secret=bytes(32), by=BY, at=office.house.clock())
    return [(each.pointer, each.message) for each in refused.value.mistakes]


def test_a_source_is_listed_with_its_key_and_leaves_a_trail(office: Office) -> None:
    office.add(late_days=3, backfill=True, test=True)
    assert listed(office.house) == [
        Listed(
            Source("moderation", "/moderation", ("content.*",), 3, backfill=True, test=True),
            START,
            None,
            (KeyState("hmac", START, None, None),),
        )
    ]
    assert trail(office.house) == [(START, "person:alice", "source.added", "moderation")]


def test_rotating_and_retiring_are_listed_and_leave_a_trail(office: Office) -> None:
    office.add()
    office.add("erp", "/erp", kind="ed25519")
    office.wait(hours=1)
    office.rotate()
    office.wait(hours=1)
    office.retire("erp")
    erp, moderation = listed(office.house)
    assert (erp.retired_at, erp.keys) == (
        "2021-02-01T06:00:00.000000Z",
        (KeyState("ed25519", START, "2021-02-01T06:00:00.000000Z", None),),
    )
    assert (moderation.retired_at, moderation.keys) == (
        None,
        (
            KeyState("hmac", START, "2021-02-02T05:00:00.000000Z", None),
            KeyState("hmac", "2021-02-01T05:00:00.000000Z", None, None),
        ),
    )
    assert trail(office.house) == [
        (START, "person:alice", "source.added", "moderation"),
        (START, "person:alice", "source.added", "erp"),
        ("2021-02-01T05:00:00.000000Z", "person:alice", "source.rotated", "moderation"),
        ("2021-02-01T06:00:00.000000Z", "person:alice", "source.retired", "erp"),
    ]


def test_all_mistakes_of_a_source_are_told_at_once(office: Office) -> None:
    assert mistakes(office, Source("Moderation", "/a b", ("content.*", "Content.*", "a..b"), 0)) == [
        ("name", "begins with a letter; then up to 62 of a-z, 0-9 and hyphen"),
        ("uri", "must be a URI reference of 1 to 200 characters, such as /moderation"),
        ("types", "'Content.*' is no event type, beginning such as content.*, or *"),
        ("types", "'a..b' is no event type, beginning such as content.*, or *"),
        ("late_days", "must be 1 to 36500"),
    ]
    assert mistakes(office, Source("a", "/a", ())) == [
        ("types", "names no event type; write such as content.* or integrity.training.held")
    ]
    assert mistakes(office, Source("a", "/a", tuple(f"a.b{number}" for number in range(101)))) == [
        ("types", "names more than 100; write beginnings such as content.*")
    ]
    assert trail(office.house) == []


@pytest.mark.parametrize("name", ["", "1a", "-a", "a" * 64, "a_b", "a\n", "ä", "a/b"])
def test_a_name_fits_an_address(name: str, office: Office) -> None:
    assert [pointer for pointer, _ in mistakes(office, Source(name, "/a", ("*",)))] == ["name"]


@pytest.mark.parametrize("uri", ["", "/" + "a" * 200, "/a\n", "/ä", "/a\x00", "<a>"])
def test_a_uri_is_short_and_plain(uri: str, office: Office) -> None:
    assert [pointer for pointer, _ in mistakes(office, Source("a", uri, ("*",)))] == ["uri"]


@pytest.mark.parametrize("pattern", ["", "*.held", "content*", "content.**", "content.", ".content", "a.*.b", "a-b"])
def test_a_pattern_is_a_type_a_beginning_or_everything(pattern: str, office: Office) -> None:
    assert [pointer for pointer, _ in mistakes(office, Source("a", "/a", (pattern,)))] == ["types"]


@pytest.mark.parametrize(
    ("types", "yes", "no"),
    [
        (("content.*",), "content.video.removed", "contents.video.removed"),
        (("content.*",), "content.video", "content"),
        (("content.video.removed",), "content.video.removed", "content.video.removed_again"),
        (("a.b", "c.*"), "c.d", "b.a"),
    ],
)
def test_a_source_may_send_what_it_is_bound_to(types: tuple[str, ...], yes: str, no: str) -> None:
    source = Source("a", "/a", types)
    assert source.may_send(yes)
    assert not source.may_send(no)
    assert source.may_send("tracker.event.corrected")
    assert source.may_send("tracker.event.voided")
    assert not source.may_send("tracker.balance.opened")
    assert Source("a", "/a", ("*",)).may_send(no)


@pytest.mark.parametrize(("name", "uri"), [("moderation", "/other"), ("other", "/moderation")])
def test_a_name_or_uri_in_use_is_refused_with_what_to_do(name: str, uri: str, office: Office) -> None:
    office.add()
    with pytest.raises(Conflict) as refused:
        office.add(name, uri)
    assert refused.value.detail == (
        f"There is or was a source {name!r}, or a live one with the URI {uri!r}. "
        "`tracker source list` shows them; choose another name or retire the other first."
    )
    assert len(trail(office.house)) == 1


def test_a_retired_source_gives_back_its_uri_but_never_its_name(office: Office) -> None:
    office.add()
    office.retire()
    office.add("moderation-2", "/moderation")
    with pytest.raises(Conflict):
        office.add("moderation", "/elsewhere")


def test_what_is_not_a_live_source_cannot_be_rotated_or_retired(office: Office) -> None:
    office.add()
    office.retire()
    for name in ("moderation", "nobody"):
        for change in (office.rotate, office.retire):
            with pytest.raises(NotFound) as refused:
                change(name)
            assert refused.value.detail == f"There is no live source {name!r}. `tracker source list` shows them."
    assert len(trail(office.house)) == 2


def test_two_keys_live_at_once_and_a_third_is_refused_until_the_first_has_ended(office: Office) -> None:
    first, registry = office.add(), office.process()
    office.wait(hours=1)
    second = office.rotate()
    assert office.live(registry) == [second.key.content, first.key.content]
    with pytest.raises(Conflict) as refused:
        office.rotate()
    assert refused.value.detail == (
        "Two keys of 'moderation' live already, until 2021-02-02T05:00:00.000000Z. "
        "Wait for that, or rotate without overlap."
    )
    office.wait(hours=24)
    third = office.rotate()
    assert office.live(registry) == [third.key.content, second.key.content]


def test_a_key_ends_at_its_instant(office: Office) -> None:
    first, registry = office.add(), office.process()
    second = office.rotate(hours=24)
    office.wait(hours=24, microseconds=-1)
    assert office.live(registry) == [second.key.content, first.key.content]
    office.wait(microseconds=1)
    assert office.live(registry) == [second.key.content]


def test_rotating_without_overlap_ends_all_others_at_once(office: Office) -> None:
    office.add()
    office.rotate()
    registry = office.process()
    assert len(office.live(registry)) == 2
    third = office.rotate(hours=0)
    assert office.live(registry) == [third.key.content]


@pytest.mark.parametrize("hours", [-1, 169])
def test_keys_overlap_for_seven_days_at_most(hours: int, office: Office) -> None:
    office.add()
    with pytest.raises(Invalid) as refused:
        office.rotate(hours=hours)
    assert [each.as_dict() for each in refused.value.mistakes] == [
        {"pointer": "overlap_hours", "message": "must be 0 to 168"}
    ]
    office.rotate(hours=168)


def test_a_retired_source_is_refused_at_once_by_a_process_that_remembered_it(office: Office) -> None:
    first, registry = office.add(), office.process()
    assert office.live(registry) == [first.key.content]
    remembered = registry.remembered
    office.retire()
    assert office.live(registry) == []
    with office.house.database.read() as session:
        assert epoch(session) != remembered.epoch


def test_a_sealed_key_that_was_moved_to_another_source_does_not_open(office: Office) -> None:
    office.add()
    office.add("erp", "/erp")
    with office.house.database.write() as session:
        session.execute(delete(source_keys).where(source_keys.c.source == "erp"))
        session.execute(update(source_keys).values(source="erp"))
    with pytest.raises(NotReady) as refused:
        office.process().current()
    assert refused.value.detail == (
        "source_key/erp/hmac does not open with the key in use. Put back the key file that belongs to this database."
    )


def test_a_shared_secret_cannot_be_passed_off_as_a_public_key(office: Office) -> None:
    office.add()
    with office.house.database.write() as session:
        session.execute(update(source_keys).values(kind="ed25519"))
    with pytest.raises(NotReady, match="source_key/moderation/ed25519 does not open"):
        office.process().current()


def test_another_key_file_opens_nothing(office: Office) -> None:
    office.add()
    office.keys.secrets.path.unlink()
    office.keys.secrets.make()
    with pytest.raises(NotReady, match="Put back the key file that belongs to this database"):
        office.process().current()


def test_without_sources_no_key_file_is_needed(office: Office) -> None:
    office.keys.secrets.path.unlink()
    assert office.process().current().sources == {}


def test_no_secret_reaches_the_database_or_a_list(office: Office) -> None:
    office.add()
    office.add("erp", "/erp", kind="ed25519")
    office.rotate()
    with office.house.database.read() as session:
        stored = b"".join(bytes(row.sealed) for row in session.execute(select(source_keys)))
        shown = repr(sources.listed(session))
    shown += repr(office.process().current())
    for made in office.handed:
        assert made.key.content not in stored
        assert repr(made.key.content) not in shown
        assert all(text not in shown for text in made.texts.values())


def test_a_change_that_is_undone_leaves_no_trace(office: Office) -> None:
    office.add()
    with office.house.database.write() as session:
        sources.retire(session, "moderation", by=BY, at=office.house.clock())
        session.rollback()
    assert [each.retired_at for each in listed(office.house)] == [None]
    assert len(trail(office.house)) == 1


def test_the_database_itself_refuses_two_live_sources_of_one_uri(office: Office) -> None:
    office.add()
    with office.house.database.read() as session:
        [row] = session.execute(select(table))
        values = row._asdict() | {"name": "shadow"}
    with pytest.raises(Exception, match=r"(?i)unique"), office.house.database.write() as session:
        session.execute(insert(table).values(values))
    with office.house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(table)) == 1


def test_an_overlap_is_counted_from_the_rotation(office: Office) -> None:
    office.add()
    office.wait(days=30)
    office.rotate(hours=168)
    [found] = listed(office.house)
    assert [key.expires_at for key in found.keys] == ["2021-03-10T04:00:00.000000Z", None]
