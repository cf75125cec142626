"""Key files: made once, for their owner alone, and refused with what to do when something is odd."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from tracker.access.keys import KeyFile, Keys
from tracker.errors import NotReady


def refusal(file: KeyFile) -> str:
    with pytest.raises(NotReady) as refused:
        _ = file.key
    return refused.value.detail


def test_new_keys_are_four_different_ones_that_only_their_owner_reads(tmp_path: Path) -> None:
    keys = Keys.of(tmp_path / "home")
    keys.make()
    directory = tmp_path / "home" / "keys"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {
        "secrets": 0o600,
        "quarantine": 0o600,
        "vault": 0o600,
        "log": 0o600,
    }
    made = [keys.secrets.key, keys.quarantine.key, keys.log.key, *(each.key for each in keys.vault.listed())]
    assert [len(key) for key in made] == [32, 32, 32, 32]
    assert len(set(made)) == 4


def test_a_key_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    keys = Keys.of(tmp_path)
    keys.make()
    before = keys.secrets.path.read_bytes()
    keys.secrets.path.chmod(0o400)
    Keys.of(tmp_path).make()
    assert keys.secrets.path.read_bytes() == before
    assert Keys.of(tmp_path).secrets.key == keys.secrets.key


def test_keys_may_lie_elsewhere(tmp_path: Path) -> None:
    keys = Keys.of(tmp_path, tmp_path / "one", tmp_path / "deep" / "two", tmp_path / "three", tmp_path / "four")
    keys.make()
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert made == {"one", "deep", "deep/two", "three", "four"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601, 0o660])
def test_a_key_that_others_may_read_is_refused_with_what_to_run(mode: int, tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "key", "TRACKER_SECRETS_KEY_FILE")
    file.make()
    file.path.chmod(mode)
    assert refusal(file) == f"Others may read the key file {file.path}. Run `chmod 600 {file.path}`, then try again."
    file.path.chmod(0o600)
    assert len(file.key) == 32


def test_a_key_that_is_missing_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "key", "TRACKER_QUARANTINE_KEY_FILE")
    assert refusal(file) == (
        f"The key file {file.path} cannot be read: No such file or directory. Restore it, or name it in "
        "TRACKER_QUARANTINE_KEY_FILE; a new ledger gets one from `tracker init`."
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"A" * 43, base64.b64encode(b"k" * 31), base64.b64encode(b"k" * 33), b"k" * 32, b"\xff" * 44],
    ids=["empty", "blank", "unpadded", "short", "long", "raw", "bytes"],
)
def test_a_file_without_a_key_is_refused_without_showing_it(content: bytes, tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "key", "TRACKER_SECRETS_KEY_FILE")
    file.path.touch(0o600)
    file.path.write_bytes(content)
    assert refusal(file) == (f"The key file {file.path} does not hold 32 bytes in base64. Restore the right one.")


def test_where_no_key_can_be_written_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"a file in the way")
    with pytest.raises(NotReady, match=r"The key file .*/keys/secrets cannot be made: "):
        Keys.of(tmp_path).make()


def test_a_key_is_not_in_what_is_printed_of_its_file(tmp_path: Path) -> None:
    keys = Keys.of(tmp_path)
    keys.make()
    shown = f"{keys!r} {keys.secrets.key and keys.secrets!r}"
    for file in (keys.secrets, keys.quarantine):
        assert repr(file.key) not in shown
        assert file.path.read_text("ascii").strip() not in shown
