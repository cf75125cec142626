"""The home of a demo: made anew each time, and never in the place of anything else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tracker.cli.demo import MARK, environment, prepare
from tracker.errors import Conflict
from tracker.settings import read_settings


def contents(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def test_a_home_is_made_with_a_token_that_only_its_owner_reads(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    prepare(home)
    assert contents(home) == {"keys", "keys/token", "sample", "exports", MARK}
    assert stat.S_IMODE((home / "keys" / "token").stat().st_mode) == 0o600
    settings = read_settings(environment(home))
    assert settings.token is not None
    assert settings.home == home


def test_an_empty_directory_will_do(tmp_path: Path) -> None:
    prepare(tmp_path)
    assert (tmp_path / MARK).exists()


def test_an_earlier_demo_is_replaced_whole_with_another_token(tmp_path: Path) -> None:
    prepare(tmp_path)
    before = (tmp_path / "keys" / "token").read_text("ascii")
    (tmp_path / "tracker.db").write_bytes(b"old")
    (tmp_path / "exports" / "2020.csv").write_bytes(b"old")
    prepare(tmp_path)
    assert contents(tmp_path) == {"keys", "keys/token", "sample", "exports", MARK}
    assert (tmp_path / "keys" / "token").read_text("ascii") != before


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


def test_a_demo_never_uses_the_database_or_token_that_the_environment_names(tmp_path: Path) -> None:
    prepare(tmp_path)
    environ = {
        "TRACKER_DATABASE_URL": "postgresql+psycopg://alice@db/ledger",
        "TRACKER_DATABASE_URL_FILE": "/run/secrets/url",
        "TRACKER_CONFIG": "/srv/config",
        "TRACKER_TOKEN": "k3Zr8vQm1xTfW5nLb7JcYp0dHs2GaE4u",
    }
    settings = read_settings(environ | environment(tmp_path))
    assert settings.database_url == f"sqlite:///{tmp_path}/tracker.db"
    assert settings.token == (tmp_path / "keys" / "token").read_text("ascii").strip()


def test_a_home_may_have_odd_characters_in_its_name(tmp_path: Path) -> None:
    home = tmp_path / "a b?c#d%20"
    prepare(home)
    assert read_settings(environment(home)).database_url == f"sqlite:///{tmp_path}/a b%3Fc%23d%2520/tracker.db"
