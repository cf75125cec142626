"""The home of a demo: made anew each time, and never in the place of anything else."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tracker.access.roles import ROLES
from tracker.cli.demo import MARK, environment, prepare
from tracker.errors import Conflict
from tracker.settings import read_settings


def contents(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def test_a_home_is_made_with_room_for_keys_that_only_its_owner_enters(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    prepare(home)
    assert contents(home) == {"keys", "sample", "exports", MARK}
    assert stat.S_IMODE((home / "keys").stat().st_mode) == 0o700
    assert read_settings(environment(home)).home == home


def test_an_empty_directory_will_do(tmp_path: Path) -> None:
    prepare(tmp_path)
    assert (tmp_path / MARK).exists()


def test_an_earlier_demo_is_replaced_whole_with_its_keys(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "keys" / "token").write_text("gtk_old\n", "ascii")
    (tmp_path / "tracker.db").write_bytes(b"old")
    (tmp_path / "exports" / "2020.csv").write_bytes(b"old")
    prepare(tmp_path)
    assert contents(tmp_path) == {"keys", "sample", "exports", MARK}


def test_what_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tracker.db").write_bytes(b"precious")
    with pytest.raises(Conflict, match="is not a demo's home; name another with --home, or remove it yourself"):
        prepare(tmp_path)
    assert contents(tmp_path) == {"tracker.db"}
    assert (tmp_path / "tracker.db").read_bytes() == b"precious"


def test_the_command_leaves_a_real_ledger_alone(desk: Desk) -> None:
    before = contents(desk.path / "home")
    for settings in ({}, {"TRACKER_DATABASE_URL": "postgresql+psycopg://alice@127.0.0.1:1/ledger"}):
        assert "is not a demo's home" in desk.refused("demo", "--no-serve", **settings)
    assert contents(desk.path / "home") == before


def test_a_demo_never_uses_the_database_or_keys_that_the_environment_names(tmp_path: Path) -> None:
    prepare(tmp_path)
    environ = {
        "TRACKER_DATABASE_URL": "postgresql+psycopg://alice@db/ledger",
        "TRACKER_DATABASE_URL_FILE": "/run/secrets/url",
        "TRACKER_CONFIG": "/srv/config",
        "TRACKER_SECRETS_KEY_FILE": "/run/secrets/secrets",
        "TRACKER_QUARANTINE_KEY_FILE": "/run/secrets/quarantine",
    }
    settings = read_settings(environ | environment(tmp_path))
    assert settings.database_url == f"sqlite:///{tmp_path}/tracker.db"
    assert (settings.secrets_key_file, settings.quarantine_key_file) == (None, None)


def test_a_home_may_have_odd_characters_in_its_name(tmp_path: Path) -> None:
    home = tmp_path / "a b?c#d%20"
    prepare(home)
    assert read_settings(environment(home)).database_url == f"sqlite:///{tmp_path}/a b%3Fc%23d%2520/tracker.db"


def test_a_demo_leaves_a_token_that_only_its_owner_reads(bare: Desk) -> None:
    home = bare.path / "shown"
    bare.done("demo", "--no-serve", "--home", home)
    file = home / "keys" / "token"
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home / "keys").iterdir()} == {
        "secrets": 0o600,
        "quarantine": 0o600,
        "token": 0o600,
        "people": 0o600,
        "vault": 0o600,
        "log": 0o600,
    }
    assert re.fullmatch(r"gtk_[A-Za-z0-9_-]{43}\n", file.read_text("ascii"))
    settings = environment(home) | {"TRACKER_CONFIG": ""}
    [token] = json.loads(bare.done("token", "list", "--json", **settings))["tokens"]
    assert (token["name"], token["scopes"]) == ("demo", ["admin", "amend", "backfill", "read", "record"])


def test_a_demo_has_one_person_per_role_whose_passwords_only_its_owner_reads(bare: Desk) -> None:
    home = bare.path / "shown"
    said = bare.done("demo", "--no-serve", "--home", home)
    assert said.splitlines()[-1] == (
        "People to sign in as: recorder, case-officer, approver, administrator, internal-auditor, assurer. "
        f"Passwords are in {home / 'keys' / 'people'}."
    )
    lines = [line.split() for line in (home / "keys" / "people").read_text("ascii").splitlines()]
    assert [login for login, _ in lines] == [role.replace("_", "-") for role in ROLES]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{20}", password) for _, password in lines)
    assert len({password for _, password in lines}) == len(lines)
    found = json.loads(bare.done("user", "list", "--json", **environment(home)))["people"]
    assert {each["login"]: (each["name"], each["roles"]) for each in found} == {
        role.replace("_", "-"): (f"Demo {role.replace('_', ' ').title()}", [role]) for role in ROLES
    }
    assert [each["login"] for each in found if each["ends_on"]] == ["assurer"]
    assert read_settings(environment(home)).second_factor == "optional"
