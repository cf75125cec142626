"""Settings are read once, refused together, and shown without their secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.errors import SettingInvalid
from tracker.settings import OPTIONS, describe, read_settings, shipped

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
    assert (settings.secrets_key_file, settings.quarantine_key_file, settings.quarantine_days) == (None, None, 30)
    assert (settings.max_body, settings.rate_limit) == (1_048_576, "1000/second")
    assert (settings.access_log, settings.log_level) == (True, "info")


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "TRACKER_HOME": str(tmp_path),
            "TRACKER_DATABASE_URL": "postgresql+psycopg://alice@db.example/ledger",
            "TRACKER_CONFIG": str(tmp_path),
            "TRACKER_SECRETS_KEY_FILE": str(tmp_path / "secrets"),
            "TRACKER_QUARANTINE_KEY_FILE": str(tmp_path / "quarantine"),
            "TRACKER_QUARANTINE_DAYS": "7",
            "TRACKER_MAX_BODY": "2048",
            "TRACKER_RATE_LIMIT": "50000/hour",
            "TRACKER_ACCESS_LOG": "Off",
            "TRACKER_LOG_LEVEL": "WARNING",
        }
    )
    assert settings.home == settings.config == tmp_path
    assert settings.database_url == "postgresql+psycopg://alice@db.example/ledger"
    assert settings.secrets_key_file == tmp_path / "secrets"
    assert settings.quarantine_key_file == tmp_path / "quarantine"
    assert (settings.quarantine_days, settings.max_body, settings.rate_limit) == (7, 2048, "50000/hour")
    assert (settings.access_log, settings.log_level) == (False, "warning")


def test_an_empty_variable_is_not_given() -> None:
    assert read_settings({"TRACKER_RATE_LIMIT": "", "TRACKER_MAX_BODY": ""}) == read_settings({})


def test_the_environment_is_read_unless_another_mapping_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_MAX_BODY", "4096")
    assert read_settings().max_body == 4096


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes(
        {
            "TRACKER_DATABASE_URL": "mysql://bob:hunter2@db/ledger",
            "TRACKER_CONFIG": "/no/such/directory",
            "TRACKER_QUARANTINE_DAYS": "0",
            "TRACKER_MAX_BODY": "1e6",
            "TRACKER_RATE_LIMIT": "10 per second",
            "TRACKER_ACCESS_LOG": "yes",
            "TRACKER_LOG_LEVEL": "loud",
            "TRACKER_RATE_LIMT": "1/second",
            "TRACKER_ZZZ": "1",
        }
    )
    assert found == {
        "TRACKER_DATABASE_URL": "mysql is not a database this works with. "
        "Write sqlite:////path/to/tracker.db or postgresql+psycopg://user@host/database.",
        "TRACKER_CONFIG": "There is no directory /no/such/directory. Name the one that holds organisation.yaml.",
        "TRACKER_QUARANTINE_DAYS": "Write a number of days from 1 to 3650.",
        "TRACKER_MAX_BODY": "Write a number of bytes from 1024 to 1073741824.",
        "TRACKER_RATE_LIMIT": "Write a number and a span, such as 1000/second or 50000/hour.",
        "TRACKER_ACCESS_LOG": "Write on or off.",
        "TRACKER_LOG_LEVEL": "Choose one of debug, info, warning, error.",
        "TRACKER_RATE_LIMT": "There is no such setting. Did you mean TRACKER_RATE_LIMIT?",
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


@pytest.mark.parametrize("days", ["0", "-1", "3651", "1.5", "thirty", "３０"])
def test_days_are_a_plain_number_within_reason(days: str) -> None:
    assert "TRACKER_QUARANTINE_DAYS" in mistakes({"TRACKER_QUARANTINE_DAYS": days})


@pytest.mark.parametrize("rate", ["0/second", "1000", "1000/fortnight", "-1/second", "1000/second;1/day", "１/second"])
def test_a_rate_is_a_number_and_a_span(rate: str) -> None:
    assert "TRACKER_RATE_LIMIT" in mistakes({"TRACKER_RATE_LIMIT": rate})


def test_the_token_of_earlier_versions_is_refused_rather_than_ignored() -> None:
    assert list(mistakes({"TRACKER_TOKEN": "k3Zr8vQm1xTfW5nLb7JcYp0dHs2GaE4u"})) == ["TRACKER_TOKEN"]


def test_a_home_with_odd_characters_still_makes_a_database_url(tmp_path: Path) -> None:
    url = read_settings({"TRACKER_HOME": str(tmp_path / "a b?c#d%20")}).database_url
    assert url == f"sqlite:///{tmp_path}/a b%3Fc%23d%2520/tracker.db"


def test_settings_are_shown_without_secrets() -> None:
    url = "postgresql+psycopg://alice:hunter2@db/ledger?password=hunter2"
    settings = read_settings({"TRACKER_DATABASE_URL": url})
    shown = {each.name: each.value for each in describe(settings)}
    assert list(shown) == [option.name for option in OPTIONS]
    assert shown["TRACKER_SECRETS_KEY_FILE"] == "not set"
    assert shown["TRACKER_ACCESS_LOG"] == "on"
    assert shown["TRACKER_DATABASE_URL"] == "postgresql+psycopg://alice:***@db/ledger?password=%2A%2A%2A"
    assert "hunter2" not in repr(settings)


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


def test_the_database_url_is_not_taken_from_two_places(tmp_path: Path) -> None:
    found = mistakes(
        {"TRACKER_DATABASE_URL": "sqlite:////srv/tracker.db", "TRACKER_DATABASE_URL_FILE": str(tmp_path / "url")}
    )
    assert found == {"TRACKER_DATABASE_URL_FILE": "Give TRACKER_DATABASE_URL or its file, not both."}


def test_a_file_with_the_database_url_must_be_readable(tmp_path: Path) -> None:
    file = tmp_path / "url"
    assert mistakes({"TRACKER_DATABASE_URL_FILE": str(file)}) == {
        "TRACKER_DATABASE_URL_FILE": f"{file} cannot be read: No such file or directory."
    }


def test_an_odd_url_in_a_file_is_refused_without_repeating_it(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("mysql://app:secret@host/db\n", encoding="utf-8")
    found = mistakes({"TRACKER_DATABASE_URL_FILE": str(file)})
    assert list(found) == ["TRACKER_DATABASE_URL_FILE"]
    assert "secret" not in str(found)


PROVIDER = {
    "TRACKER_OIDC_ISSUER": "https://id.example.org",
    "TRACKER_OIDC_CLIENT_ID": "tracker",
    "TRACKER_OIDC_CLIENT_SECRET": "hush-hush",
}


def test_a_provider_is_named_whole_or_not_at_all() -> None:
    found = read_settings(PROVIDER)
    assert (found.oidc_issuer, found.oidc_client_id) == ("https://id.example.org", "tracker")
    for name in PROVIDER:
        rest = {each: text for each, text in PROVIDER.items() if each != name}
        assert mistakes(rest) == {name: "Single sign-on takes issuer, client id and client secret."}


def test_the_providers_secret_is_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hush-hush\n", "ascii")
    kept = PROVIDER | {"TRACKER_OIDC_CLIENT_SECRET": "", "TRACKER_OIDC_CLIENT_SECRET_FILE": str(file)}
    for found in (read_settings(PROVIDER), read_settings(kept)):
        assert found.oidc_client_secret == "hush-hush"
        assert "hush" not in repr(found)
        assert "hush" not in "".join(each.value for each in describe(found))


def test_odd_addresses_and_factors_are_refused() -> None:
    odd = {
        "TRACKER_URL": "tracker.example.org/path",
        "TRACKER_SECOND_FACTOR": "sometimes",
        **PROVIDER,
        "TRACKER_OIDC_ISSUER": "http://id.example.org",
    }
    assert mistakes(odd) == {
        "TRACKER_URL": "Write a scheme and a host, such as https://tracker.example.org.",
        "TRACKER_SECOND_FACTOR": "Write required or optional.",
        "TRACKER_OIDC_ISSUER": "Write the issuer's address as its provider does; it begins with https://.",
    }
    assert read_settings({"TRACKER_URL": "https://tracker.example.org/"}).url == "https://tracker.example.org"
    assert read_settings(PROVIDER | {"TRACKER_OIDC_ISSUER": "http://127.0.0.1:5000"}).oidc_issuer
