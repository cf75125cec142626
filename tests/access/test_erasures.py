"""The erasure ledger: a private file of chained lines, in which a change shows."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from tracker.access.erasures import FIRST, Erasure, ErasureLedger
from tracker.errors import NotReady


@pytest.fixture
def ledger(tmp_path: Path) -> ErasureLedger:
    return ErasureLedger(tmp_path / "home" / "erasures" / "ledger")


def erasure(number: int) -> Erasure:
    return Erasure(
        "2021-02-01T04:00:00.000000Z", f"integrity/案-{number}", 10 + number, "ab" * 32, number, "p-a", "p-b"
    )


def filled(ledger: ErasureLedger, count: int) -> list[Erasure]:
    return [ledger.append(erasure(number)) for number in range(count)]


def test_a_file_that_is_not_there_is_an_empty_ledger(ledger: ErasureLedger) -> None:
    assert ledger.read() == []
    assert not ledger.path.exists()


def test_a_line_is_canonical_and_names_the_digest_of_the_one_before(ledger: ErasureLedger) -> None:
    first, second = filled(ledger, 2)
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    assert lines == [first.line + b"\n", second.line + b"\n"]
    assert json.loads(lines[1]) == {
        "at": "2021-02-01T04:00:00.000000Z",
        "before": hashlib.sha256(first.line).hexdigest(),
        "decided_by": "p-b",
        "owner": "integrity/案-1",
        "proposal": 1,
        "proposed_by": "p-a",
        "root": "ab" * 32,
        "size": 11,
    }
    assert (first.before, first.digest) == (FIRST, second.before)
    assert ledger.read() == [first, second]


def test_nobody_else_reads_it(ledger: ErasureLedger) -> None:
    filled(ledger, 1)
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger.path.parent.stat().st_mode) == 0o700
    ledger.path.chmod(0o640)
    for act in (ledger.read, lambda: ledger.append(erasure(1))):
        with pytest.raises(NotReady, match="chmod 600"):
            act()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (b'"size":11', b'"size":12', 3),  # another size: seen by the line after
        (b'"size":10', b'"size":"10"', 1),
        (b'"at":', b'"at": ', 1),
        (b'"proposal":2', b'"proposal":2,"note":"x"', 3),
        (b"{", b"[", 1),
    ],
)
def test_a_line_that_was_changed_shows(ledger: ErasureLedger, old: bytes, new: bytes, line: int) -> None:
    filled(ledger, 3)
    ledger.path.write_bytes(ledger.path.read_bytes().replace(old, new, 1))
    with pytest.raises(NotReady, match=f"Line {line} of the erasure ledger"):
        ledger.read()
    with pytest.raises(NotReady, match=f"Line {line} of the erasure ledger"):
        ledger.append(erasure(3))


def test_a_line_that_was_taken_out_or_moved_shows(ledger: ErasureLedger) -> None:
    filled(ledger, 3)
    first, second, third = ledger.path.read_bytes().splitlines(keepends=True)
    for changed, number in (((first, third), 2), ((second, third), 1), ((second, first, third), 1)):
        ledger.path.write_bytes(b"".join(changed))
        with pytest.raises(NotReady, match=f"Line {number} of"):
            ledger.read()


def test_what_a_crash_left_half_written_is_replaced_by_the_next_line(ledger: ErasureLedger) -> None:
    first, _second = filled(ledger, 2)
    whole = ledger.path.read_bytes()
    for cut in (len(first.line) + 2, len(whole) - 1):
        ledger.path.write_bytes(whole[:cut])
        assert ledger.read() == [first]
    again = ledger.append(erasure(7))
    assert ledger.read() == [first, again]
    assert ledger.path.read_bytes() == first.line + b"\n" + again.line + b"\n"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotReady, match="TRACKER_ERASURES_FILE"):
        ErasureLedger(tmp_path / "file" / "ledger").append(erasure(0))
