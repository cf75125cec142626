"""Keys of sources and tokens: proposed, approved by somebody else, made only then, and handed over once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.house import House
from tests.workflows.offices import Bureau, everything, new_keys
from tracker.access import sources, tokens
from tracker.access.handover import new_key
from tracker.access.proposals import Proposal
from tracker.access.registry import Registry
from tracker.access.signatures import read_secret
from tracker.access.sources import Source
from tracker.db import metadata
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.workflows.keychanges import (
    propose_retirement,
    propose_rotation,
    propose_source,
    propose_token,
    propose_types,
)

START = "2021-02-01T04:00:00.000000Z"
DESK = Source("desk", "/desk", ("desk.*",))


@pytest.fixture
def bureau(house: House, tmp_path: Path) -> Bureau:
    return Bureau(house, new_keys(tmp_path))


@pytest.fixture
def desk(bureau: Bureau) -> Bureau:
    """The source ``desk`` was added, and its secret picked up."""
    added = add(bureau)
    bureau.approve(added)
    bureau.pick_up(added)
    return bureau


def add(bureau: Bureau, source: Source = DESK, public_key: str | None = None) -> Proposal:
    return bureau.make(propose_source, source, public_key=public_key)


def token(bureau: Bureau, name: str = "reader", *scopes: str, **others: Any) -> Proposal:
    return bureau.make(propose_token, name, frozenset(scopes or {"read"}), **{"source": None, "days": 30} | others)


def live(bureau: Bureau) -> dict[str, tuple[str, ...]]:
    found = bureau.read(sources.live_sources)
    return {each.name: each.types for each in found}


def secrets_of(bureau: Bureau, name: str = "desk") -> list[bytes]:
    known = Registry(bureau.house.database, bureau.keys).current()
    return [key.material for key in known.keys_at(name, bureau.house.clock())]


def test_a_proposed_source_cannot_send_until_somebody_else_approves_it(bureau: Bureau) -> None:
    added = add(bureau)
    assert added.content == {
        "action": "add",
        "name": "desk",
        "uri": "/desk",
        "types": ["desk.*"],
        "late_days": 7,
        "backfill": False,
        "test": False,
        "public_key": None,
    }
    assert live(bureau) == {}
    assert bureau.approve(added).state == "approved"
    assert live(bureau) == {"desk": ("desk.*",)}
    assert bureau.trail(3) == [
        (bureau.alice.actor, "proposal.made", f"proposal:{added.id}", "source.key source:desk"),
        (bureau.bob.actor, "proposal.approved", f"proposal:{added.id}", "source.key source:desk"),
        (bureau.bob.actor, "source.added", "desk", None),
    ]


def test_the_new_secret_is_handed_to_its_proposer_once(bureau: Bureau) -> None:
    added = add(bureau)
    bureau.approve(added)
    with pytest.raises(Forbidden):
        bureau.pick_up(added, by=bureau.bob)
    texts = bureau.pick_up(added)
    assert secrets_of(bureau) == [read_secret(texts["secret"])]
    with pytest.raises(NotFound):
        bureau.pick_up(added)
    assert bureau.trail(1) == [(bureau.alice.actor, "key.picked_up", "source:desk", f"proposal {added.id}")]


def test_what_nobody_picks_up_within_seven_days_is_gone(bureau: Bureau) -> None:
    added = add(bureau)
    bureau.approve(added)
    bureau.wait(days=7)
    with pytest.raises(NotFound):
        bureau.pick_up(added)
    later = bureau.make(propose_rotation, "desk", overlap_hours=0, public_key=None)
    bureau.approve(later)
    bureau.wait(days=6, hours=23)
    assert secrets_of(bureau) == [read_secret(bureau.pick_up(later)["secret"])]


def test_no_secret_stands_readable_in_any_table(bureau: Bureau) -> None:
    added, reader = add(bureau), token(bureau)
    for each in (added, reader):
        bureau.approve(each)
    before = bureau.read(everything, metadata.sorted_tables)
    texts = [*bureau.pick_up(added).values(), *bureau.pick_up(reader).values()]
    after = bureau.read(everything, metadata.sorted_tables)
    for text in texts:
        assert text not in before
        assert text not in after
        assert repr(text.encode())[2:-1] not in before


def test_a_source_with_a_key_pair_of_its_own_leaves_nothing_to_hand_over(bureau: Bureau) -> None:
    public = new_key("ed25519").texts["public_key"]
    added = add(bureau, public_key=public)
    assert added.content["public_key"] == public
    bureau.approve(added)
    with pytest.raises(NotFound):
        bureau.pick_up(added)
    [listed] = bureau.read(sources.listed)
    assert [key.kind for key in listed.keys] == ["ed25519"]


def test_rotating_leaves_the_key_before_good_for_the_approved_hours(desk: Bureau) -> None:
    [old] = secrets_of(desk)
    rotated = desk.make(propose_rotation, "desk", overlap_hours=24, public_key=None)
    assert secrets_of(desk) == [old]
    desk.approve(rotated)
    new = read_secret(desk.pick_up(rotated)["secret"])
    assert secrets_of(desk) == [new, old]
    desk.wait(hours=24)
    assert secrets_of(desk) == [new]


def test_what_a_source_may_send_changes_with_the_approval_alone(desk: Bureau) -> None:
    changed = desk.make(propose_types, "desk", ("desk.case.*", "desk.meter.read"))
    assert (changed.content["before"], live(desk)) == (["desk.*"], {"desk": ("desk.*",)})
    desk.approve(changed)
    assert live(desk) == {"desk": ("desk.case.*", "desk.meter.read")}


def test_types_that_changed_meanwhile_are_not_overwritten(desk: Bureau) -> None:
    changed = desk.make(propose_types, "desk", ("desk.case.*",))
    with desk.house.database.write() as session:
        sources.bind(session, "desk", ("desk.meter.*",), by="person:command-line", at=desk.house.clock())
    with pytest.raises(Conflict):
        desk.approve(changed)
    assert (live(desk), desk.stored(changed).state) == ({"desk": ("desk.meter.*",)}, "open")


def test_a_source_is_retired_by_two_people(desk: Bureau) -> None:
    retired = desk.make(propose_retirement, "desk")
    assert "desk" in live(desk)
    desk.approve(retired)
    assert live(desk) == {}
    with pytest.raises(NotFound):
        desk.make(propose_retirement, "desk")


def test_a_refused_source_is_never_made(bureau: Bureau) -> None:
    added = add(bureau)
    assert bureau.refuse(added, reason="  Who asked for it?  ").reason == "Who asked for it?"
    assert live(bureau) == {}
    with pytest.raises(NotFound):
        bureau.pick_up(added)


def test_a_name_that_was_taken_meanwhile_leaves_the_proposal_open(bureau: Bureau) -> None:
    added = add(bureau)
    with bureau.house.database.write() as session:
        secret, at = bureau.keys.secrets.key, bureau.house.clock()
        sources.add(session, DESK, new_key().key, secret=secret, by="person:command-line", at=at)
    with pytest.raises(Conflict):
        bureau.approve(added)
    assert bureau.stored(added).state == "open"
    with pytest.raises(Conflict):
        add(bureau)


def test_a_token_is_made_when_approved_and_ends_its_days_after_that(bureau: Bureau) -> None:
    proposed = token(bureau, "reader", "read", days=2)
    assert proposed.content == {"name": "reader", "scopes": ["read"], "source": None, "days": 2}
    bureau.wait(days=1)
    bureau.approve(proposed)
    text = bureau.pick_up(proposed)["token"]
    known = Registry(bureau.house.database, bureau.keys).current()
    found = known.token(text, bureau.house.clock())
    assert found is not None
    assert (found.name, found.scopes, found.expires_at) == (
        "reader",
        frozenset({"read"}),
        "2021-02-04T04:00:00.000000Z",
    )


def test_a_token_that_administers_comes_from_the_command_line_alone(bureau: Bureau) -> None:
    with pytest.raises(Invalid) as refused:
        token(bureau, "root", "admin")
    assert [each.pointer for each in refused.value.mistakes] == ["scope"]


def test_a_token_of_a_known_name_or_unknown_source_is_not_proposed(bureau: Bureau) -> None:
    with bureau.house.database.write() as session:
        tokens.add(session, "reader", frozenset({"read"}), source=None, days=1, by="person:x", at=bureau.house.clock())
    with pytest.raises(Conflict):
        token(bureau)
    with pytest.raises(NotFound):
        token(bureau, "other", "record", source="nowhere")


@pytest.mark.parametrize(
    ("source", "public_key", "wrong"),
    [
        (Source("Desk", "/desk", ("desk.*",)), None, ["name"]),
        (Source("desk", "a b", ()), None, ["uri", "types"]),
        (Source("desk", "/desk", ("desk.*",), late_days=0), None, ["late_days"]),
        (DESK, "whpk_x", ["public_key"]),
    ],
)
def test_a_source_that_cannot_be_is_not_proposed(
    bureau: Bureau, source: Source, public_key: str | None, wrong: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        add(bureau, source, public_key)
    assert [each.pointer for each in refused.value.mistakes] == wrong


def test_what_would_change_nothing_is_not_proposed(desk: Bureau) -> None:
    with pytest.raises(Invalid):
        desk.make(propose_types, "desk", ("desk.*",))
    with pytest.raises(Invalid):
        desk.make(propose_rotation, "desk", overlap_hours=169, public_key=None)
    with pytest.raises(NotFound):
        desk.make(propose_rotation, "nowhere", overlap_hours=0, public_key=None)
