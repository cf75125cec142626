"""Settings are read once, refused together, and shown without their secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.errors import SettingInvalid
from tracker.settings import OPTIONS, describe, read_settings, shipped

TOKEN = "k3Zr8vQm1xTfW5nLb7JcYp0dHs2GaE4u"
PROJECT = Path(__file__).parents[1]


def mistakes(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingInvalid) as refused:
        read_settings(environ)
    return {each.pointer: each.message for each in refused.value.mistakes}


def test_nothing_needs_to_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"PATH": "/usr/bin"})
    assert settings.home == tmp_path / "instance"
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/tracker.db"
    assert settings.config == shipped("config")
    assert (settings.token, settings.max_body, settings.log_level) == (None, 1_048_576, "info")


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "TRACKER_HOME": str(tmp_path),
            "TRACKER_DATABASE_URL": "postgresql+psycopg://alice@db.example/ledger",
            "TRACKER_CONFIG": str(tmp_path),
            "TRACKER_TOKEN": TOKEN,
            "TRACKER_MAX_BODY": "2048",
            "TRACKER_LOG_LEVEL": "WARNING",
        }
    )
    assert settings.home == settings.config == tmp_path
    assert settings.database_url == "postgresql+psycopg://alice@db.example/ledger"
    assert (settings.token, settings.max_body, settings.log_level) == (TOKEN, 2048, "warning")


def test_an_empty_variable_is_not_given() -> None:
    assert read_settings({"TRACKER_TOKEN": "", "TRACKER_MAX_BODY": ""}) == read_settings({})


def test_the_environment_is_read_unless_another_mapping_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_MAX_BODY", "4096")
    assert read_settings().max_body == 4096


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes(
        {
            "TRACKER_DATABASE_URL": "mysql://bob:hunter2@db/ledger",
            "TRACKER_CONFIG": "/no/such/directory",
            "TRACKER_TOKEN": "short",
            "TRACKER_MAX_BODY": "1e6",
            "TRACKER_LOG_LEVEL": "loud",
            "TRACKER_TOKN": TOKEN,
            "TRACKER_ZZZ": "1",
        }
    )
    assert found == {
        "TRACKER_DATABASE_URL": "mysql is not a database this works with. "
        "Write sqlite:////path/to/tracker.db or postgresql+psycopg://user@host/database.",
        "TRACKER_CONFIG": "There is no directory /no/such/directory. Name the one that holds organisation.yaml.",
        "TRACKER_TOKEN": "Use at least 32 visible ASCII characters, such as `openssl rand -hex 32` prints.",
        "TRACKER_MAX_BODY": "Write a number of bytes from 1024 to 1073741824.",
        "TRACKER_LOG_LEVEL": "Choose one of debug, info, warning, error.",
        "TRACKER_TOKN": "There is no such setting. Did you mean TRACKER_TOKEN?",
        "TRACKER_ZZZ": "There is no such setting. `tracker settings` lists those there are.",
    }


def test_what_the_tests_set_is_no_setting() -> None:
    assert read_settings({"TRACKER_TEST_FAULT": "before-commit", "TRACKER_REQUIRE_POSTGRES": "1"}) == read_settings({})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://alice@db/ledger",
        "postgresql+asyncpg://alice@db/ledger",
        "sqlite+aiosqlite:////srv/tracker.db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql+psycopg://db",
        "/srv/tracker.db",
        "postgresql+psycopg://alice:hunter2@db:port/ledger",
    ],
)
def test_other_databases_are_refused_with_what_to_write_and_without_their_password(url: str) -> None:
    message = mistakes({"TRACKER_DATABASE_URL": url})["TRACKER_DATABASE_URL"]
    assert "Write sqlite:////path/to/tracker.db or postgresql+psycopg://user@host/database." in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "size", ["0", "-1", "1023", "1073741825", "1_048_576", "1 MiB", "１０４８５７６", "99999999999"]
)
def test_a_size_is_plain_digits_within_reason(size: str) -> None:
    assert "TRACKER_MAX_BODY" in mistakes({"TRACKER_MAX_BODY": size})


@pytest.mark.parametrize("token", [TOKEN[1:], f"{TOKEN} ", f"{TOKEN}\n", TOKEN.replace("k", "密")])
def test_a_token_is_long_and_fits_a_header(token: str) -> None:
    assert "TRACKER_TOKEN" in mistakes({"TRACKER_TOKEN": token})


def test_a_token_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="ascii")
    settings = read_settings({"TRACKER_TOKEN_FILE": str(file)})
    assert (settings.token, settings.token_file) == (TOKEN, file)


def test_a_token_is_not_taken_from_two_places(tmp_path: Path) -> None:
    found = mistakes({"TRACKER_TOKEN": TOKEN, "TRACKER_TOKEN_FILE": str(tmp_path / "token")})
    assert found == {"TRACKER_TOKEN_FILE": "Give TRACKER_TOKEN or its file, not both."}


def test_a_token_file_must_be_readable_and_hold_a_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    assert mistakes({"TRACKER_TOKEN_FILE": str(file)}) == {
        "TRACKER_TOKEN_FILE": f"{file} cannot be read: No such file or directory."
    }
    file.write_bytes(b"\xff" * 40)
    assert "visible ASCII" in mistakes({"TRACKER_TOKEN_FILE": str(file)})["TRACKER_TOKEN_FILE"]


def test_a_home_with_odd_characters_still_makes_a_database_url(tmp_path: Path) -> None:
    url = read_settings({"TRACKER_HOME": str(tmp_path / "a b?c#d%20")}).database_url
    assert url == f"sqlite:///{tmp_path}/a b%3Fc%23d%2520/tracker.db"


def test_settings_are_shown_without_secrets() -> None:
    url = "postgresql+psycopg://alice:hunter2@db/ledger?password=hunter2"
    settings = read_settings({"TRACKER_DATABASE_URL": url, "TRACKER_TOKEN": TOKEN})
    shown = {each.name: each.value for each in describe(settings)}
    assert list(shown) == [option.name for option in OPTIONS]
    assert shown["TRACKER_TOKEN"] == "set"
    assert shown["TRACKER_TOKEN_FILE"] == "not set"
    assert shown["TRACKER_DATABASE_URL"] == "postgresql+psycopg://alice:***@db/ledger?password=%2A%2A%2A"
    assert "hunter2" not in repr(settings)
    assert TOKEN not in repr(settings)


def test_what_is_shipped_is_found_in_a_checkout() -> None:
    assert shipped("config") == PROJECT / "config"


def test_the_readme_lists_every_setting_with_its_default() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    for option in OPTIONS:
        assert f"| `{option.name}` | {option.default} | {option.help} |" in readme


def test_the_database_url_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql+psycopg://app:secret@host/db\n", encoding="utf-8")
    found = read_settings({"TRACKER_HOME": str(tmp_path), "TRACKER_DATABASE_URL_FILE": str(file)})
    assert found.database_url == "postgresql+psycopg://app:secret@host/db"


def test_an_odd_url_in_a_file_is_refused_without_repeating_it(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("mysql://app:secret@host/db\n", encoding="utf-8")
    found = mistakes({"TRACKER_DATABASE_URL_FILE": str(file)})
    assert list(found) == ["TRACKER_DATABASE_URL_FILE"]
    assert "secret" not in str(found)
