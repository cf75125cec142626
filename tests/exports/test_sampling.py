"""A seeded sample is drawn alike by everybody, gives every event its chance, and moves only where its events did."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping

import pytest

from tests.house import House
from tracker.errors import Invalid
from tracker.exports.passport import passport
from tracker.exports.sampling import MOST, Sample, draw
from tracker.ledger.queries import versions

CASE = "desk.case.reported"


@pytest.fixture
def busy(house: House) -> House:
    """A hundred cases by phone."""
    house.record(*(house.event(CASE, {"channel": "phone"}, id=f"case-{n}") for n in range(100)))
    return house


def sample(house: House, seed: str, count: int, **asked: int) -> Sample:
    with house.database.read() as session:
        found = passport(session, house.catalogue, "desk.cases", "2020", **asked)
        return draw(found.grounds(session), seed, count)


def seqs(house: House, seed: str, count: int, **asked: int) -> list[int]:
    return [each.fact.seq for each in sample(house, seed, count, **asked).drawn]


def by_hand(leaves: Mapping[int, str], seed: str, count: int) -> list[int]:
    """The rule once more: rank by SHA-256 of ``seed:leaf``, take the first, list in order."""
    ranked = sorted(leaves, key=lambda seq: hashlib.sha256(f"{seed}:{leaves[seq]}".encode()).hexdigest())
    return sorted(ranked[:count])


def leaves(house: House, *without: int) -> dict[int, str]:
    """Original to the leaf of its version in force."""
    with house.database.read() as session:
        return {seq: versions(session, seq)[-1].leaf for seq in range(100) if seq not in without}


def test_a_sample_is_what_the_rule_says_on_both_engines(busy: House) -> None:
    found = sample(busy, "dice: 4 1 6", 7)
    assert found.population == 100
    assert [each.fact.seq for each in found.drawn] == by_hand(leaves(busy), "dice: 4 1 6", 7)
    # The same leaves on every engine and machine, so the same sample: nothing here depends on a random generator.
    assert [each.fact.seq for each in found.drawn] == [0, 3, 31, 43, 78, 94, 96]


def test_another_seed_draws_others_and_the_same_one_the_same(busy: House) -> None:
    assert seqs(busy, "a", 10) == seqs(busy, "a", 10)
    assert seqs(busy, "a", 10) != seqs(busy, "b", 10)
    assert set(seqs(busy, "a", 5)) < set(seqs(busy, "a", 10))


def test_every_event_has_its_chance(busy: House) -> None:
    """Two hundred samples of ten: each of a hundred events is expected twenty times."""
    with busy.database.read() as session:
        grounds = [*passport(session, busy.catalogue, "desk.cases", "2020").grounds(session)]
    drawn = Counter(each.fact.seq for n in range(200) for each in draw(grounds, f"seed {n}", 10).drawn)
    assert sum(drawn.values()) == 2000
    assert set(drawn) == set(range(100))
    assert sum((each - 20) ** 2 / 20 for each in drawn.values()) < 149  # chi-squared, 99 degrees: one in a thousand


def test_a_void_gives_its_place_to_the_next_and_moves_nobody_else(busy: House) -> None:
    before, next_one = seqs(busy, "s", 10), set(seqs(busy, "s", 11)) - set(seqs(busy, "s", 10))
    gone = before[3]
    busy.void(gone, gone)
    assert set(seqs(busy, "s", 10)) == (set(before) - {gone}) | next_one
    assert seqs(busy, "s", 10, as_of=99) == before


def test_a_corrected_event_draws_a_new_lot_and_no_other_does(busy: House) -> None:
    before = by_hand(leaves(busy, 42), "s", 99)
    busy.correct(42, 42, {"channel": "mail"})
    after = leaves(busy)
    assert seqs(busy, "s", 10) == by_hand(after, "s", 10)
    assert [seq for seq in by_hand(after, "s", 100) if seq != 42] == before
    [ground] = [each for each in sample(busy, "s", 100).drawn if each.fact.seq == 42]
    assert (ground.version, ground.leaf.hex(), len(ground.leaves)) == (100, after[42], 2)


def test_a_sample_of_more_than_there_are_is_all_of_them(busy: House) -> None:
    assert seqs(busy, "s", 500) == list(range(100))


@pytest.mark.parametrize(("seed", "count"), [("", 1), ("  ", 1), ("x" * 201, 1), ("a\0", 1), ("s", 0), ("s", MOST + 1)])
def test_a_sample_without_a_seed_or_of_a_wild_number_is_refused(busy: House, seed: str, count: int) -> None:
    with pytest.raises(Invalid) as refused:
        sample(busy, seed, count)
    assert [each.pointer for each in refused.value.mistakes] == ["count" if seed == "s" else "seed"]
