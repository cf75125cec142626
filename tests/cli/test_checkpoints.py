"""Checkpoints on the command line: signed, listed, kept elsewhere, and what one shows later."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.access.test_notes import OTHER, by_hand
from tests.cli.conftest import Desk, a_case
from tests.freezing import SIGNER
from tracker.access.notes import Signer, verifier_key
from tracker.ledger.checkpoints import Statement, text_of

NONE_YET = "There is no checkpoint yet. `tracker checkpoint sign` makes one."
ROOT = bytes(32)


def record(desk: Desk, first: int, last: int) -> None:
    desk.done("import", desk.ndjson(f"cases-{first}.ndjson", *map(a_case, range(first, last))))


def exported(desk: Desk, name: str = "kept.txt") -> Path:
    file = desk.path / "elsewhere" / name
    desk.done("checkpoint", "export", "--output", file)
    return file


def key_of(desk: Desk) -> str:
    return desk.done("checkpoint", "key").strip()


def wrong(desk: Desk, file: Path, *more: str) -> str:
    """What is wrong with a checkpoint that must be found wrong."""
    ended = desk.run("checkpoint", "verify", file, *more)
    assert (ended.status, ended.err) == (1, ""), ended
    assert ended.out.startswith(f"{file}: ")
    return ended.out.removeprefix(f"{file}: ").strip()


@pytest.fixture
def signed(desk: Desk) -> Desk:
    """Three events, and a checkpoint over them."""
    record(desk, 0, 3)
    desk.done("checkpoint", "sign")
    return desk


def test_an_empty_log_has_nothing_to_sign_or_to_keep(desk: Desk) -> None:
    assert desk.refused("checkpoint", "sign") == (
        "This contradicts what is on record: There is nothing to sign yet: the log is empty.\n"
    )
    assert desk.refused("checkpoint", "export") == f"There is no such thing: {NONE_YET}\n"
    assert desk.done("checkpoint", "list") == f"{NONE_YET}\n"


def test_signing_tells_size_and_time_and_signs_a_size_once(signed: Desk) -> None:
    told = signed.done("checkpoint", "sign")
    [(size, at)] = signed.sql("SELECT size, signed_at FROM checkpoint")
    assert told == (
        f"The log of {size} events is signed, at {at}. `tracker checkpoint export` writes what to keep elsewhere.\n"
    )


def test_checkpoints_are_listed_with_size_time_and_root(signed: Desk) -> None:
    record(signed, 3, 5)
    signed.done("checkpoint", "sign")
    rows = signed.sql("SELECT size, signed_at, root, note FROM checkpoint ORDER BY size")
    assert [row[0] for row in rows] == [3, 5]
    assert signed.done("checkpoint", "list") == "".join(f"{row[0]:>12}  {row[1]}  {row[2].hex()}\n" for row in rows)
    assert json.loads(signed.done("checkpoint", "list", "--json")) == {
        "origin": "small/ledger",
        "key": key_of(signed),
        "checkpoints": [
            {"size": size, "root": root.hex(), "note": note, "signed_at": at} for size, at, root, note in rows
        ],
    }


def test_the_newest_checkpoint_is_exported_as_it_was_signed(signed: Desk) -> None:
    record(signed, 3, 5)
    signed.done("checkpoint", "sign")
    note = signed.done("checkpoint", "export")
    assert exported(signed).read_text("utf-8") == note
    text = by_hand(note, key_of(signed))
    [(root,)] = signed.sql("SELECT root FROM checkpoint WHERE size = 5")
    assert text == f"small/ledger\n5\n{base64.b64encode(root).decode()}\n"


def test_a_checkpoint_that_was_kept_is_found_in_the_log_again(signed: Desk) -> None:
    kept, key = exported(signed), key_of(signed)
    record(signed, 3, 300)
    still = f"{kept}: the log of small/ledger still begins with the 3 events of this checkpoint.\n"
    assert signed.done("checkpoint", "verify", kept) == still
    assert signed.done("checkpoint", "verify", kept, "--key", key) == still


def test_a_log_that_was_set_back_is_shown_by_a_checkpoint_that_was_kept(signed: Desk) -> None:
    database = signed.path / "home" / "tracker.db"
    before = {file: file.read_bytes() for file in database.parent.glob("tracker.db*")}
    record(signed, 3, 5)
    signed.done("checkpoint", "sign")
    kept = exported(signed)
    for file in database.parent.glob("tracker.db*"):
        file.unlink()
    for file, content in before.items():
        file.write_bytes(content)
    assert wrong(signed, kept) == (
        "The checkpoint is of size 5, but the log has 3 events: its end is gone, or the database was set back to an "
        "earlier state."
    )


def test_a_log_that_was_rewritten_is_shown_by_a_checkpoint_that_was_kept(signed: Desk) -> None:
    kept = exported(signed)
    key = signed.path / "home" / "keys" / "log"
    again = signed.path / "again"
    signed.settings["TRACKER_HOME"] = str(again)
    signed.settings["TRACKER_LOG_KEY_FILE"] = str(key)
    signed.done("init")
    record(signed, 5, 9)
    signed.done("checkpoint", "sign")
    assert wrong(signed, kept) == (
        "The log's root at size 3 is not the one of the checkpoint: something before seq 3 was changed since. "
        "Run `tracker verify` to see whether the log still fits itself."
    )


def test_what_is_no_checkpoint_of_this_log_is_told(signed: Desk) -> None:
    def note(signer: Signer, name: str, text: str) -> bytes:
        return signer.note(text, name).encode()

    kept, key, file = exported(signed), key_of(signed), signed.path / "odd.txt"
    id = key.split("+")[1]
    said = text_of(Statement("small/ledger", 3, ROOT))
    for content, why in (
        (b"", "This is no signed note: text, an empty line and a signature belong together."),
        (b"\x00" * 100, "This is no signed note: text, an empty line and a signature belong together."),
        (b"\xff", "This is no checkpoint: it is not UTF-8 at byte 0."),
        (b"a" * ((1 << 20) + 1), "This file is far too large for a checkpoint."),
        (kept.read_bytes()[:-30], "This is no signed note: text, an empty line and a signature belong together."),
        (
            kept.read_bytes().replace(b"\n3\n", b"\n2\n"),
            "The signature of 'small/ledger' does not fit this note: it was changed.",
        ),
        (note(OTHER, "small/ledger", said), f"This note is not signed by the key small/ledger+{id}."),
        (note(OTHER, "other/ledger", said), f"This note is not signed by the key small/ledger+{id}."),
    ):
        file.write_bytes(content)
        assert wrong(signed, file) == why


def test_a_key_of_another_log_is_told(signed: Desk) -> None:
    kept = exported(signed)
    foreign = verifier_key("other/ledger", SIGNER.public)
    assert wrong(signed, kept, "--key", foreign) == (
        "The key is that of 'other/ledger', and this is the log of 'small/ledger'."
    )
    other = verifier_key("small/ledger", SIGNER.public)
    id = other.split("+")[1]
    assert wrong(signed, kept, "--key", other) == f"This note is not signed by the key small/ledger+{id}."


def test_a_key_that_is_none_and_a_file_that_is_missing_are_used_wrong(signed: Desk) -> None:
    kept = exported(signed)
    assert signed.refused("checkpoint", "verify", kept, "--key", "abc") == (
        "This cannot be trusted: This is no verifier key: it should read NAME+ID+KEY, as `tracker checkpoint key` "
        "prints it.\n"
    )
    assert "does not exist" in signed.refused("checkpoint", "verify", signed.path / "nowhere.txt")
