"""``tracker source`` and the key files behind it, as commands."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cli.conftest import Desk
from tracker.access.signatures import public_of, public_text, read_private, read_public, read_secret

INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{15}Z")
ADD = ("source", "add", "moderation", "--uri", "/moderation", "--types", "content.*")
ONCE = "The secret is shown this once: give it to the system that signs.\n"


def document(desk: Desk, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.done(*arguments, "--json"))
    return found


def listed(desk: Desk) -> str:
    """The list, with every time as a T."""
    return INSTANT.sub("T", desk.done("source", "list"))


def everything_stored(desk: Desk) -> bytes:
    return b"".join(file.read_bytes() for file in (desk.path / "home").glob("tracker.db*"))


def test_without_sources_the_list_says_what_to_do(desk: Desk) -> None:
    assert desk.done("source", "list") == (
        "There is no source yet. `tracker source add NAME --uri /system --types 'domain.*'` makes one.\n"
    )
    assert document(desk, "source", "list") == {"sources": []}


def test_a_secret_is_printed_once_and_alone(desk: Desk) -> None:
    ended = desk.run(*ADD)
    assert (ended.status, ended.err) == (0, ONCE)
    secret = read_secret(ended.out.strip())
    assert ended.out == f"{ended.out.strip()}\n"
    told = desk.done("source", "list") + desk.done("source", "list", "--json")
    assert ended.out.strip() not in told
    assert secret not in everything_stored(desk)
    assert ended.out.strip().encode() not in everything_stored(desk)


def test_sources_are_listed_with_keys_and_counters(desk: Desk) -> None:
    desk.done(*ADD, "--types", "desk.case.reported,desk.meter.read,content.*", "--late-days", "30", "--backfill")
    desk.done("source", "add", "erp", "--uri", "/erp", "--types", "*", "--key", "ed25519", "--test")
    desk.done("source", "rotate", "moderation", "--overlap-hours", "1")
    desk.done("source", "retire", "erp")
    desk.sql("INSERT INTO intake_count VALUES ('moderation', 'desk.case.reported', 9, 5, 1, 1, 2)")
    desk.sql("INSERT INTO intake_count VALUES ('moderation', '', 1, 0, 0, 0, 1)")
    assert listed(desk) == (
        "erp: /erp  *  (retired T, test)\n"
        "    key ed25519  created T  ends T  last used never\n"
        "    0 received, 0 recorded, 0 duplicate, 0 conflict, 0 rejected\n"
        "moderation: /moderation  content.*, desk.case.reported, desk.meter.read  (late after 30 days, backfill)\n"
        "    key hmac     created T  ends T  last used never\n"
        "    key hmac     created T  ends never  last used never\n"
        "    10 received, 5 recorded, 1 duplicate, 1 conflict, 3 rejected\n"
    )
    erp, moderation = document(desk, "source", "list")["sources"]
    assert erp["retired_at"] == erp["keys"][0]["expires_at"]
    assert moderation == {
        "name": "moderation",
        "uri": "/moderation",
        "types": ["content.*", "desk.case.reported", "desk.meter.read"],
        "late_days": 30,
        "backfill": True,
        "test": False,
        "created_at": moderation["keys"][0]["created_at"],
        "retired_at": None,
        "keys": [
            {
                "kind": "hmac",
                "created_at": moderation["created_at"],
                "expires_at": moderation["keys"][0]["expires_at"],
                "used_at": None,
            },
            {
                "kind": "hmac",
                "created_at": moderation["keys"][1]["created_at"],
                "expires_at": None,
                "used_at": None,
            },
        ],
        "counts": {"received": 10, "recorded": 5, "duplicate": 1, "conflict": 1, "rejected": 3},
    }


def test_a_script_gets_the_secret_as_json(desk: Desk) -> None:
    found = document(desk, *ADD)
    assert found == {"name": "moderation", "uri": "/moderation", "types": ["content.*"], "secret": found["secret"]}
    assert len(read_secret(found["secret"])) == 32
    rotated = document(desk, "source", "rotate", "moderation")
    assert rotated == {"name": "moderation", "secret": rotated["secret"]}
    assert rotated["secret"] != found["secret"]


def test_of_a_pair_only_the_public_key_is_stored(desk: Desk) -> None:
    found = document(desk, *ADD, "--key", "ed25519")
    assert list(found) == ["name", "uri", "types", "private_key", "public_key"]
    private = read_private(found["private_key"])
    assert public_of(private) == read_public(found["public_key"])
    assert private not in everything_stored(desk)


def test_a_source_may_bring_its_own_public_key(desk: Desk) -> None:
    own = public_text(public_of(bytes(range(32))))
    ended = desk.run(*ADD, "--public-key", own)
    assert (ended.status, ended.out) == (0, f"{own}\n")
    assert ended.err == "The public key is stored; the system signs with its private key.\n"
    assert document(desk, "source", "rotate", "moderation", "--public-key", own)["public_key"] == own


def test_a_third_key_is_refused_unless_the_others_end(desk: Desk) -> None:
    desk.done(*ADD)
    desk.done("source", "rotate", "moderation")
    assert "Two keys of 'moderation' live already, until " in desk.refused("source", "rotate", "moderation")
    desk.done("source", "rotate", "moderation", "--overlap-hours", "0")
    assert [key["expires_at"] is None for key in document(desk, "source", "list")["sources"][0]["keys"]] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("add", "Mod", "--uri", "a b", "--types", "Content.*", "--late-days", "0"),
            "The input has mistakes: The source cannot be added like this.\n"
            "  name: begins with a letter; then up to 62 of a-z, 0-9 and hyphen\n"
            "  uri: must be a URI reference of 1 to 200 characters, such as /moderation\n"
            "  types: 'Content.*' is no event type, beginning such as content.*, or *\n"
            "  late_days: must be 1 to 36500\n",
        ),
        (
            ("add", "erp", "--uri", "/erp", "--types", "*", "--key", "hmac", "--public-key", "whpk_A"),
            "The input has mistakes: Only ed25519 has public keys.\n  public_key: goes with ed25519 alone\n",
        ),
        (
            ("rotate", "nobody"),
            "There is no such thing: There is no live source 'nobody'. `tracker source list` shows them.\n",
        ),
        (
            ("retire", "nobody"),
            "There is no such thing: There is no live source 'nobody'. `tracker source list` shows them.\n",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(arguments: tuple[str, ...], said: str, desk: Desk) -> None:
    assert desk.refused("source", *arguments) == said
    assert desk.sql("SELECT count(*) FROM access_change") == [(0,)]


def test_a_lost_key_is_never_replaced_by_a_new_one(desk: Desk) -> None:
    key = desk.path / "home" / "keys" / "secrets"
    before = key.read_bytes()
    key.unlink()
    desk.done("init")  # nothing was sealed with it
    assert key.read_bytes() != before
    desk.done(*ADD)
    key.rename(desk.path / "kept")
    gone = (
        f"The service is not ready: The key file {key} is gone, and the database holds what only this key opens. "
        "Restore it from your backup, or name it in TRACKER_SECRETS_KEY_FILE.\n"
    )
    assert desk.refused("init") == gone
    assert not key.exists()
    assert f"The key file {key} cannot be read: No such file or directory." in desk.refused(
        "source", "rotate", "moderation"
    )
    assert "moderation: /moderation" in desk.done("source", "list")  # which shows no key and opens none
    desk.done("init", TRACKER_SECRETS_KEY_FILE=str(desk.path / "kept"))
    (desk.path / "kept").rename(key)
    desk.done("init")


def test_a_key_of_another_ledger_seals_nothing_here(desk: Desk) -> None:
    desk.done(*ADD)
    another = desk.path / "another"
    desk.done("init", TRACKER_HOME=str(another))
    settings = {"TRACKER_SECRETS_KEY_FILE": str(another / "keys" / "secrets")}
    for arguments in (("source", "rotate", "moderation"), ("source", "add", "erp", "--uri", "/erp", "--types", "*")):
        assert "source_key/moderation/hmac does not open with the key in use" in desk.refused(*arguments, **settings)
    assert desk.sql("SELECT count(*) FROM source_key") == [(1,)]


def test_a_key_that_others_may_read_is_refused(desk: Desk) -> None:
    key = desk.path / "home" / "keys" / "secrets"
    key.chmod(0o644)
    assert desk.refused(*ADD) == (
        f"The service is not ready: Others may read the key file {key}. Run `chmod 600 {key}`, then try again.\n"
    )


def test_a_lost_key_of_the_quarantine_is_never_replaced_either(desk: Desk) -> None:
    key = desk.path / "home" / "keys" / "quarantine"
    key.unlink()
    desk.sql(
        "INSERT INTO quarantine (sender, delivery, first_at, last_at, attempts, size, mistakes, sealed) "
        "VALUES ('meter', 'msg-1', '2021', '2021', 1, 2, 1, x'00')"
    )
    assert "Restore it from your backup, or name it in TRACKER_QUARANTINE_KEY_FILE." in desk.refused("init")
    desk.sql("UPDATE quarantine SET sealed = NULL, settled = 'discarded'")
    desk.done("init")
    assert key.exists()
