"""Checkpoints: what is signed, that it continues what was signed before, and what one kept outside shows."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests.access.test_notes import OTHER, by_hand
from tests.freezing import SIGNER
from tests.house import House, second_catalogue
from tests.ledger.test_tree import grown, roots_of
from tracker.access.notes import Signer, verifier_key
from tracker.catalogue import Catalogue
from tracker.errors import Conflict, PackInvalid
from tracker.ledger import checkpoints
from tracker.ledger.checkpoints import Checkpoint, Statement, stated, text_of
from tracker.ledger.heads import lock, read_head
from tracker.ledger.merkle import EMPTY, Frontier
from tracker.ledger.models import edge, events, head

ORIGIN = "small/ledger"
ROOT = bytes(range(32))


def record(house: House, count: int = 1) -> None:
    house.record(*(house.event("desk.case.reported", {"channel": "phone"}) for _ in range(count)))


def leaves(house: House) -> list[bytes]:
    with house.database.read() as session:
        return [bytes(leaf) for leaf in session.scalars(select(events.c.leaf).order_by(events.c.seq))]


def sign(house: House, catalogue: Catalogue | None = None) -> Checkpoint:
    with house.database.write() as session:
        lock(session)
        return checkpoints.sign(session, catalogue or house.catalogue, SIGNER, house.clock())


def signed(size: int, root: bytes, origin: str = ORIGIN, signer: Signer = SIGNER, name: str | None = None) -> str:
    return signer.note(text_of(Statement(origin, size, root)), name or origin)


def kept(house: House, note: str, name: str = ORIGIN) -> Statement:
    with house.database.read() as session:
        return checkpoints.check_kept(session, note, name, SIGNER.public)


def set_head(house: House, **values: Any) -> None:
    with house.database.write() as session:
        session.execute(update(head).values(**values))


def set_back(house: House, size: int) -> None:
    """What a log of fewer events would have as its head."""
    tree = Frontier()
    for leaf in leaves(house)[:size]:
        tree.append(leaf)
    set_head(house, size=size, root=tree.root, frontier=tree.hashes)


def test_a_checkpoint_says_origin_size_and_root_and_is_verified_by_hand(house: House) -> None:
    record(house, 3)
    made = sign(house)
    root = roots_of(leaves(house))[3]
    text = f"{ORIGIN}\n3\n{base64.b64encode(root).decode()}\n"
    assert made == Checkpoint(3, root, SIGNER.note(text, ORIGIN), "2021-02-01T04:00:00.000000Z")
    assert by_hand(made.note, verifier_key(ORIGIN, SIGNER.public)) == text
    assert checkpoints.opened(made.note, ORIGIN, SIGNER.public) == Statement(ORIGIN, 3, root)


def test_a_size_is_signed_once(house: House) -> None:
    record(house, 2)
    first = sign(house)
    house.clock.instant += timedelta(days=1)
    assert sign(house) == first
    record(house)
    second = sign(house)
    assert (second.size, second.signed_at) == (3, "2021-02-02T04:00:00.000000Z")
    with house.database.read() as session:
        assert checkpoints.listed(session) == [first, second]


def test_an_empty_log_has_nothing_to_sign(house: House) -> None:
    with pytest.raises(Conflict, match="nothing to sign yet: the log is empty"):
        sign(house)


def test_the_origin_stays_whatever_the_configuration_says_later(house: House) -> None:
    record(house)
    sign(house)
    record(house)
    assert stated(sign(house, second_catalogue()).note.partition("\n\n")[0] + "\n").origin == ORIGIN
    with house.database.read() as session:
        assert checkpoints.origin(session, second_catalogue()) == ORIGIN


def test_checkpoints_are_found_by_size(house: House) -> None:
    made = []
    for _ in range(4):
        record(house, 2)
        made.append(sign(house))
    with house.database.read() as session:
        assert checkpoints.newest(session) == made[3]
        assert checkpoints.listed(session, after=2, until=6) == made[1:3]
        assert checkpoints.listed(session, limit=1) == made[:1]
        assert checkpoints.recent(session, limit=3) == made[:0:-1]
        assert checkpoints.recent(session, before=6, limit=3) == [made[1], made[0]]
        assert [checkpoints.covering(session, size) for size in (1, 2, 3, 8, 9)] == [*made[:1] * 2, *made[1::2], None]
        assert [checkpoints.of_size(session, size) for size in (1, 2, 8, 9)] == [None, made[0], made[3], None]


def test_a_log_that_does_not_continue_the_last_checkpoint_is_not_signed(house: House) -> None:
    grown(house)
    sign(house)
    with house.database.read() as session:
        whole = read_head(session)

    def refused() -> None:
        with pytest.raises(Conflict, match=r"does not continue the checkpoint of size 1030. Nothing was signed; run"):
            sign(house)

    set_back(house, 1029)
    refused()
    set_head(house, size=whole.size, frontier=whole.frontier, root=ROOT)
    refused()
    set_head(house, root=whole.root)
    assert sign(house).size == 1030
    with house.database.write() as session:
        session.execute(update(edge).values(hashes=ROOT * 4))
    refused()
    record(house)
    with pytest.raises(Conflict, match="The log of 1031 events does not continue the checkpoint of size 1030"):
        sign(house)


def test_a_checkpoint_kept_outside_shows_that_the_log_still_begins_with_it(house: House) -> None:
    record(house, 3)
    note = sign(house).note
    record(house, 5)
    assert kept(house, note) == Statement(ORIGIN, 3, roots_of(leaves(house))[3])
    assert kept(house, signed(0, EMPTY)) == Statement(ORIGIN, 0, EMPTY)


def test_a_checkpoint_kept_outside_shows_that_the_end_of_the_log_is_gone(house: House) -> None:
    record(house, 5)
    note = sign(house).note
    set_back(house, 4)
    with pytest.raises(PackInvalid, match=r"of size 5, but the log has 4 events: its end is gone, or the database was"):
        kept(house, note)


def test_a_checkpoint_kept_outside_shows_that_the_log_was_rewritten(house: House) -> None:
    record(house, 5)
    with pytest.raises(PackInvalid, match="root at size 3 is not the one of the checkpoint: something before seq 3"):
        kept(house, signed(3, ROOT))


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (signed(1, ROOT, signer=OTHER), "is not signed by the key small/ledger"),
        (signed(1, ROOT, "other/ledger"), "is not signed by the key small/ledger"),
        (signed(1, ROOT, "other/ledger", name=ORIGIN), "a checkpoint of 'other/ledger', not of 'small/ledger'"),
        (signed(1, ROOT).replace("\n1\n", "\n2\n"), "was changed"),
        ("", "no signed note"),
        (SIGNER.note("a letter\n", ORIGIN), "This is no checkpoint: origin, size and root belong on a line each"),
    ],
)
def test_what_is_no_checkpoint_of_this_log_is_refused(house: House, note: str, why: str) -> None:
    record(house)
    with pytest.raises(PackInvalid, match=why):
        kept(house, note)


ENCODED = base64.b64encode(ROOT).decode()


def test_lines_after_the_third_are_left_aside() -> None:
    assert stated(f"a/b\n7\n{ENCODED}\n") == Statement("a/b", 7, ROOT)
    assert stated(f"a/b\n7\n{ENCODED}\nmore\nand more\n") == Statement("a/b", 7, ROOT)
    assert stated(f"a b\n0\n{ENCODED}\n") == Statement("a b", 0, ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"a\n1\n{ENCODED}",
        f"a\n1\n{ENCODED}\n\n",
        f"a\n1\n{ENCODED}\nmore",
        f"a\n1\n{ENCODED}\nmore\n\nand more\n",
        f"\n1\n{ENCODED}\n",
        f"a\n\n{ENCODED}\n",
        "a\n1\n",
        "a\n1\n\n",
        *(
            f"a\n{size}\n{ENCODED}\n"
            for size in ("-1", "+1", "01", " 1", "1_0", "1.0", "１", "x", "9" * 20, "9" * 5000)
        ),
        f"a\n1\n{ENCODED[:-1]}\n",
        f"a\n1\n{ENCODED} \n",
        f"a\n1\n{ENCODED[:-2]}9=\n",
        f"a\n1\n{base64.b64encode(ROOT[1:]).decode()}\n",
        f"a\n1\n{ROOT.hex()}\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(PackInvalid, match="This is no checkpoint"):
        stated(text)


@given(st.integers(0, 10**19 - 1), st.binary(min_size=32, max_size=32))
def test_a_statement_comes_back_from_its_text(size: int, root: bytes) -> None:
    said = Statement(ORIGIN, size, root)
    assert stated(text_of(said)) == said


def test_another_organisation_has_another_origin(house: House) -> None:
    with house.database.read() as session:
        assert checkpoints.origin(session, second_catalogue()) == "southern-orchards/ledger"
