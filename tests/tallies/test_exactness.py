"""Sums are exact to the last digit, and what does not fit is refused rather than bent."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import select

from tests.house import House
from tracker.errors import Invalid
from tracker.ledger.heads import read_head
from tracker.tallies.models import member, newest, reading, tally

CASE = "desk.case.reported"
READ = "desk.meter.read"
LARGEST = "9999999999999999.99"
"""The largest amount with two decimals: 18 digits."""


def losses(house: House, *amounts: str) -> list[dict[str, object]]:
    return [
        house.event(CASE, {"channel": "phone", "loss": {"amount": each, "currency": "CNY"}}, subject="c")
        for each in amounts
    ]


def readings(house: House, *pairs: tuple[str, int]) -> list[dict[str, object]]:
    return [
        house.event(READ, {"channel": "phone", "quantity": quantity, "weight": weight}, subject=f"m{number}")
        for number, (quantity, weight) in enumerate(pairs)
    ]


def everything(house: House) -> list[tuple[object, ...]]:
    """The size of the log and every row of the tallies."""
    with house.database.read() as session:
        rows = [tuple(row) for table in (tally, member, reading, newest) for row in session.execute(select(table))]
        return [(read_head(session).size,), *sorted(rows, key=repr)]


@pytest.mark.parametrize("batches", [1, 20], ids=["at once", "in twenty batches"])
def test_a_thousand_cents_are_ten_yuan(house: House, batches: int) -> None:
    for _batch in range(batches):
        house.record(*losses(house, *["0.01"] * (1000 // batches)))
    assert [house.value("desk.loss", each) for each in ("2020", "2020-Q2", "2020-05")] == [10, 10, 10]


def test_tenths_and_hundredths_that_floats_cannot_hold_are_exact(house: House) -> None:
    house.record(*losses(house, "0.10", "0.20", "0.70", "4.35", "1.10"))
    assert house.value("desk.loss", "2020") == Fraction(645, 100)
    assert house.value("desk.loss_per_case", "2020") == Fraction(129, 100)


def test_seventeen_digits_are_kept(house: House) -> None:
    house.record(*losses(house, "123456789012345.67", "0.01", "876543210987654.32"))
    assert house.value("desk.loss", "2020") == 1_000_000_000_000_000


def test_sums_beyond_what_floats_count_are_exact(house: House) -> None:
    house.record(*losses(house, "90071992547409.92"))  # 2**53 in hundredths
    house.record(*losses(house, "0.01"))
    assert house.value("desk.loss", "2020") == Fraction(2**53 + 1, 100)
    house.record(*losses(house, *["90071992547409.92"] * 3))
    assert house.value("desk.loss", "2020") == Fraction(2**55 + 1, 100)


def test_a_weighted_mean_of_large_numbers_is_exact(house: House) -> None:
    house.record(*readings(house, ("1000000000000.01", 3), ("1000000000000.02", 1)))
    assert house.value("desk.score", "2020") == Fraction(400_000_000_000_005, 400)


def test_negative_readings_and_their_sums_are_exact(house: House) -> None:
    house.record(*readings(house, ("-99999.99", 1), ("0.01", 1)))
    assert house.value("desk.read_total", "2020") == Fraction(-9999998, 100)


def test_a_sum_may_fill_64_bits_and_not_pass_them(house: House) -> None:
    house.record(*losses(house, *[LARGEST] * 9))  # 2**63 is nine of them and 2.2 × 10**17 hundredths more
    house.record(*losses(house, "2233720368547758.16"))
    assert house.value("desk.loss", "2020") == Fraction(2**63 - 1, 100)
    before = everything(house)
    with pytest.raises(Invalid, match="64 bits"):
        house.record(*losses(house, "0.01"))
    assert everything(house) == before
    assert house.differences("2020") == []


def test_a_batch_that_is_too_large_by_itself_leaves_nothing(house: House) -> None:
    before = everything(house)
    with pytest.raises(Invalid, match="64 bits"):
        house.record(*losses(house, "1.00", *[LARGEST] * 10))
    assert everything(house) == before


def test_a_weighted_reading_that_is_too_large_by_itself_leaves_nothing(house: House) -> None:
    before = everything(house)
    with pytest.raises(Invalid, match="64 bits"):
        house.record(*readings(house, (LARGEST, 10)))
    assert everything(house) == before


def test_readings_whose_sum_is_too_large_leave_nothing(house: House) -> None:
    house.record(*readings(house, *[(LARGEST, 0)] * 9))
    before = everything(house)
    with pytest.raises(Invalid, match="64 bits"):
        house.record(house.event(READ, {"channel": "phone", "quantity": LARGEST, "weight": 0}, subject="m9"))
    assert everything(house) == before


def test_a_refused_correction_leaves_what_it_would_replace(house: House) -> None:
    house.record(*losses(house, *[LARGEST] * 9))
    seq = house.record(*losses(house, "1.00"))[0].seq
    before = everything(house)
    with pytest.raises(Invalid, match="64 bits"):
        house.correct(seq, seq, {"channel": "phone", "loss": {"amount": LARGEST, "currency": "CNY"}}, subject="c")
    assert everything(house) == before
    house.correct(seq, seq, {"channel": "phone"}, subject="c")
    assert house.value("desk.loss", "2020") == Fraction(9 * (10**18 - 1), 100)
