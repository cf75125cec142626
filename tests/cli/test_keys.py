"""Keys on the command line: shown by fingerprint, rotated, never lost in silence; and an older vault is sealed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import Desk, a_case

WORDS = "unmistakable words about a drawer"


def confide(desk: Desk, *numbers: int) -> None:
    """Record cases with a narrative, each of a subject of its own."""
    data = {"channel": "phone", "narrative": WORDS}
    events = [a_case(number, subject=f"s{number}", data=data) for number in numbers]
    desk.done("import", desk.ndjson(f"cases-{numbers[0]}.ndjson", *events))


def ring(desk: Desk) -> Path:
    return desk.path / "home" / "keys" / "vault"


def shown(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(desk.done("keys", "show", "--json"))["keys"]
    return found


def test_keys_are_shown_by_fingerprint_and_never_themselves(desk: Desk) -> None:
    assert (
        desk.done("keys", "show") == "Nothing confidential was ever recorded; the first key of the ring will be used.\n"
    )
    confide(desk, 1, 2)
    [only] = shown(desk)
    assert only == {"id": only["id"], "state": "in use", "data_keys": 2, "file": "in the key ring"}
    told = desk.done("keys", "show")
    assert told == f"{only['id']}  in use          2 data keys  in the key ring\n"
    assert ring(desk).read_text("ascii").strip() not in told


def test_rotation_says_what_it_did_and_the_words_stay(desk: Desk) -> None:
    confide(desk, *range(120))
    [before], key = shown(desk), ring(desk).read_bytes()
    told = desk.done("keys", "rotate")
    retired, current = shown(desk)
    assert told == (
        f"A new key is in use: {current['id']}. Data keys wrapped anew: 120. Old keys dropped from {ring(desk)}: 1. "
        "Keep a copy of this file apart from the database's.\n"
    )
    assert retired == {"id": before["id"], "state": "retired", "data_keys": 0, "file": "not in the key ring"}
    assert (current["state"], current["data_keys"], current["file"]) == ("in use", 120, "in the key ring")
    assert key not in ring(desk).read_bytes()
    again = desk.done("import", desk.path / "cases-0.ndjson")  # the salts have to be opened to compare them
    assert again == "120 lines: 0 recorded, 120 on record already, 0 refused.\n"


def test_a_rotation_that_was_cut_off_is_finished(desk: Desk) -> None:
    confide(desk, 0, 1)
    old = ring(desk).read_bytes()
    ring(desk).write_bytes(b"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n" + old)
    told = desk.done("keys", "rotate")
    assert told.startswith("A rotation that was cut off is finished: ")
    assert "Data keys wrapped anew: 2." in told
    assert ring(desk).read_bytes() == b"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n"


def test_a_lost_key_ring_is_never_replaced_by_a_new_one(desk: Desk) -> None:
    before = ring(desk).read_bytes()
    ring(desk).unlink()
    desk.done("init")  # nothing was sealed with it
    assert ring(desk).read_bytes() != before
    confide(desk, 1)
    ring(desk).rename(desk.path / "kept")
    assert desk.refused("init") == (
        f"The service is not ready: The key file {ring(desk)} is gone, and the database holds what only this key "
        "opens. Restore it from your backup, or name it in TRACKER_VAULT_KEY_FILE.\n"
    )
    assert not ring(desk).exists()
    assert "cannot be read: No such file or directory" in desk.refused("keys", "rotate")
    desk.done("init", TRACKER_VAULT_KEY_FILE=str(desk.path / "kept"))


def test_a_vault_from_before_there_were_keys_is_sealed_and_nothing_open_is_left(desk: Desk) -> None:
    confide(desk, *range(30))
    desk.sql("UPDATE event_vault SET data_key = NULL, salt = zeroblob(32), value = CAST(? AS BLOB)", (f'"{WORDS}"',))
    desk.sql("DELETE FROM data_key")
    file = desk.path / "home" / "tracker.db"
    assert WORDS.encode() in everything(file)
    desk.done("init")
    assert desk.sql("SELECT count(*), count(data_key) FROM event_vault") == [(30, 30)]
    assert WORDS.encode() not in everything(file)
    assert shown(desk)[0]["data_keys"] == 30


def everything(file: Path) -> bytes:
    return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
