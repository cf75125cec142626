"""The key ring: keys by name, the newest first, read again when a name is not known, never shown."""

from __future__ import annotations

import base64
import hashlib
import stat
from pathlib import Path

import pytest

from tracker.access.keyring import KeyRing, WrappingKey
from tracker.errors import NotReady

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def name(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]


def written(path: Path, *lines: bytes, mode: int = 0o600) -> KeyRing:
    path.touch(mode)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return ring_at(path)


def ring_at(path: Path) -> KeyRing:
    return KeyRing(path, "TRACKER_VAULT_KEY_FILE")


def refusal(ring: KeyRing) -> str:
    with pytest.raises(NotReady) as refused:
        ring.listed()
    return refused.value.detail


def test_a_new_ring_holds_one_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    ring = ring_at(tmp_path / "keys" / "vault")
    ring.make()
    [only] = ring.listed()
    assert ring.path.read_bytes() == base64.b64encode(only.key) + b"\n"
    assert (only.id, len(only.key)) == (name(only.key), 32)
    assert stat.S_IMODE(ring.path.stat().st_mode) == 0o600


def test_a_ring_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    ring = written(tmp_path / "vault", base64.b64encode(OLD))
    ring.make()
    assert ring.listed() == [WrappingKey(name(OLD), OLD)]


def test_keys_are_found_by_name_the_newest_first(tmp_path: Path) -> None:
    ring = written(tmp_path / "vault", base64.b64encode(NEW), b"", base64.b64encode(OLD))
    assert [each.key for each in ring.listed()] == [NEW, OLD]
    assert (ring.key(name(NEW)), ring.key(name(OLD))) == (NEW, OLD)


def test_a_key_that_came_in_since_is_found_by_reading_again(tmp_path: Path) -> None:
    stale, other = written(tmp_path / "vault", base64.b64encode(OLD)), ring_at(tmp_path / "vault")
    assert stale.key(name(OLD)) == OLD
    added = other.add()
    assert stale.key(added.id) == added.key
    assert [each.key for each in stale.listed()] == [added.key, OLD]


def test_what_was_read_serves_while_the_file_is_away(tmp_path: Path) -> None:
    ring = written(tmp_path / "vault", base64.b64encode(OLD))
    ring.listed()
    ring.path.unlink()
    assert ring.key(name(OLD)) == OLD
    with pytest.raises(NotReady, match="cannot be read: No such file or directory"):
        ring.key(name(NEW))


def test_to_keep_one_key_drops_the_others_from_the_file(tmp_path: Path) -> None:
    ring = written(tmp_path / "vault", base64.b64encode(NEW), base64.b64encode(OLD))
    ring.keep(name(NEW))
    assert ring.path.read_bytes() == base64.b64encode(NEW) + b"\n"
    assert stat.S_IMODE(ring.path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]
    with pytest.raises(NotReady, match=f"has no key {name(OLD)}, which the database asks for"):
        ring.key(name(OLD))


def test_a_key_that_the_ring_lacks_is_never_all_that_is_kept(tmp_path: Path) -> None:
    ring = written(tmp_path / "vault", base64.b64encode(OLD))
    with pytest.raises(NotReady):
        ring.keep(name(NEW))
    assert [each.key for each in ring.listed()] == [OLD]


@pytest.mark.parametrize(
    "lines",
    [[], [b""], [base64.b64encode(OLD), b"rubbish"], [base64.b64encode(OLD[:31])], [OLD.replace(b"\n", b"x")]],
    ids=["empty", "blank", "one good", "short", "raw"],
)
def test_a_file_with_something_else_than_keys_is_refused_whole(lines: list[bytes], tmp_path: Path) -> None:
    ring = written(tmp_path / "vault", *lines)
    assert refusal(ring) == (
        f"The key file {ring.path} does not hold one key of 32 bytes in base64 per line. Restore the right one."
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_ring_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    ring = written(tmp_path / "vault", base64.b64encode(OLD))
    ring.path.chmod(mode)
    assert refusal(ring) == f"Others may read the key file {ring.path}. Run `chmod 600 {ring.path}`, then try again."


def test_where_the_file_cannot_be_changed_it_stays_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = written(tmp_path / "vault", base64.b64encode(OLD))
    before = ring.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NotReady, match="cannot be changed: No space left on device"):
        ring.add()
    assert ring.path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]
    assert [each.key for each in ring.listed()] == [OLD]


def test_a_ring_in_memory_does_what_one_in_a_file_does() -> None:
    ring = KeyRing.of_keys([OLD])
    ring.make()
    added = ring.add()
    assert [each.key for each in ring.listed()] == [added.key, OLD]
    ring.keep(added.id)
    assert ring.listed() == (added,)


def test_no_key_is_in_what_is_printed(tmp_path: Path) -> None:
    ring = written(tmp_path / "vault", base64.b64encode(OLD))
    shown = f"{ring!r} {ring.listed()!r}"
    assert [each for each in (repr(OLD), OLD.hex(), base64.b64encode(OLD).decode()) if each in shown] == []
