"""Settings: read once from the environment, checked together, and told without their secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from tracker.errors import Mistake, SettingInvalid

_DRIVERS = ("sqlite", "postgresql+psycopg")
_LEVELS = ("debug", "info", "warning", "error")
_FOR_TESTS = ("TRACKER_TEST_", "TRACKER_REQUIRE_")


@dataclass(frozen=True)
class Settings:
    """How this process works. ``database_url`` and ``oidc_client_secret`` hold secrets and stay out of ``repr``."""

    home: Path
    database_url: str = field(repr=False)
    config: Path
    database_url_file: Path | None = None
    secrets_key_file: Path | None = None
    quarantine_key_file: Path | None = None
    vault_key_file: Path | None = None
    log_key_file: Path | None = None
    erasures_file: Path | None = None
    quarantine_days: int = 30
    max_body: int = 1 << 20
    rate_limit: str = "1000/second"
    url: str | None = None
    second_factor: str = "required"
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_client_secret_file: Path | None = None
    access_log: bool = True
    log_level: str = "info"


class Option(NamedTuple):
    """One setting. ``default`` is what people read, ``read`` turns text into the value or
    raises ``ValueError`` with what is expected instead."""

    name: str
    default: str
    help: str
    read: Callable[[str], Any]
    in_file: bool = False
    """Whether it may stand in a file that ``…_FILE`` names, because it may hold a secret."""

    @property
    def attribute(self) -> str:
        """The name of its field in :class:`Settings`."""
        return self.name.removeprefix("TRACKER_").lower()


class Shown(NamedTuple):
    """A setting as ``tracker settings`` prints it, with passwords starred out."""

    name: str
    value: str
    default: str
    help: str


def shipped(name: str) -> Path:
    """Where ``config`` or ``migrations`` lies: the wheel's own copy, else the checkout's."""
    package = Path(__file__).resolve().parent
    installed = package / "shipped" / name
    return installed if installed.exists() else package.parent / name


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read every ``TRACKER_…`` variable; one that is empty counts as not given.

    :raise SettingInvalid: listing all that is wrong at once, unknown names included.
    """
    given = {name: text for name, text in (os.environ if environ is None else environ).items() if text}
    mistakes = [*_unknown(given)]
    values = dict(_read_given(given, mistakes))
    for option in (option for option in OPTIONS if option.in_file):
        if {option.name, f"{option.name}_FILE"} <= given.keys():
            mistakes.append(Mistake(f"{option.name}_FILE", f"Give {option.name} or its file, not both."))
        elif file := values.get(f"{option.attribute}_file"):
            read = partial(_in_file, option.read)
            values |= _checked(f"{option.name}_FILE", option.attribute, read, file, mistakes)
    mistakes += _halves(given)
    if mistakes:
        names = ", ".join(dict.fromkeys(each.pointer for each in mistakes))
        raise SettingInvalid(f"Correct these settings and start again: {names}.", mistakes)
    home = values.setdefault("home", _path("instance"))
    values.setdefault("config", shipped("config"))
    values.setdefault("database_url", _url_of(home / "tracker.db"))
    return Settings(**values)


def describe(settings: Settings) -> Iterator[Shown]:
    """All settings in the order of the table, without a secret in them."""
    for option in OPTIONS:
        value = getattr(settings, option.attribute)
        yield Shown(option.name, _plain(option, value), option.default, option.help)


def masked(url: str) -> str:
    """A database URL with its passwords starred out."""
    parsed = make_url(url)
    if "password" in parsed.query:
        parsed = parsed.update_query_dict({"password": "***"})
    return parsed.render_as_string(hide_password=True)


def _halves(given: Mapping[str, str]) -> Iterator[Mistake]:
    """A provider is an issuer, a client and its secret, or none of them."""
    names = ("TRACKER_OIDC_ISSUER", "TRACKER_OIDC_CLIENT_ID", "TRACKER_OIDC_CLIENT_SECRET")
    missing = [name for name in names if not {name, f"{name}_FILE"} & given.keys()]
    if len(missing) < len(names):
        yield from (Mistake(name, "Single sign-on takes issuer, client id and client secret.") for name in missing)


def _plain(option: Option, value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    if option.read is _secret:
        return "***"
    return masked(value) if option.read is _database_url else str(value)


def _unknown(given: Mapping[str, str]) -> Iterator[Mistake]:
    known = {option.attribute.upper(): option.name for option in OPTIONS}
    for name in sorted(given):
        if name.startswith("TRACKER_") and name not in known.values() and not name.startswith(_FOR_TESTS):
            close = get_close_matches(name.removeprefix("TRACKER_"), known, n=1)
            hint = f"Did you mean {known[close[0]]}?" if close else "`tracker settings` lists those there are."
            yield Mistake(name, f"There is no such setting. {hint}")


def _read_given(given: Mapping[str, str], mistakes: list[Mistake]) -> Iterator[tuple[str, Any]]:
    for option in OPTIONS:
        if option.name in given:
            yield from _checked(option.name, option.attribute, option.read, given[option.name], mistakes).items()


def _checked(
    name: str, attribute: str, read: Callable[[Any], Any], raw: Any, mistakes: list[Mistake]
) -> dict[str, Any]:
    try:
        return {attribute: read(raw)}
    except ValueError as error:
        mistakes.append(Mistake(name, str(error)))
        return {}


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _directory(text: str) -> Path:
    path = _path(text)
    if not path.is_dir():
        raise ValueError(f"There is no directory {path}. Name the one that holds organisation.yaml.")
    return path


def _url_of(file: Path) -> str:
    return URL.create("sqlite", database=str(file)).render_as_string()


def _database_url(text: str) -> str:
    # The text itself is never repeated: it may hold a password.
    wanted = "Write sqlite:////path/to/tracker.db or postgresql+psycopg://user@host/database."
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"This is not a database URL. {wanted}") from None
    if url.drivername not in _DRIVERS:
        raise ValueError(f"{url.drivername} is not a database this works with. {wanted}")
    if not url.database or url.database == ":memory:":
        raise ValueError(f"It names no {'file' if url.drivername == 'sqlite' else 'database'}. {wanted}")
    return text


def _in_file(read: Callable[[str], Any], path: Path) -> Any:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    return read(text.rstrip("\r\n"))


def _size(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 1 << 10 <= int(text) <= 1 << 30:
        raise ValueError("Write a number of bytes from 1024 to 1073741824.")
    return int(text)


def _days(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= 3650:
        raise ValueError("Write a number of days from 1 to 3650.")
    return int(text)


def _rate(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,8}/(second|minute|hour|day)", text):
        raise ValueError("Write a number and a span, such as 1000/second or 50000/hour.")
    return text


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]{1,255}/?", text):
        raise ValueError("Write a scheme and a host, such as https://tracker.example.org.")
    return text.rstrip("/")


def _issuer(text: str) -> str:
    here = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]", text)  # nobody listens on the way
    if not re.fullmatch(r"https?://[!-~]{1,300}", text) or not (text.startswith("https:") or here):
        raise ValueError("Write the issuer's address as its provider does; it begins with https://.")
    return text


def _factor(text: str) -> str:
    if text.lower() not in {"required", "optional"}:
        raise ValueError("Write required or optional.")
    return text.lower()


def _text(text: str) -> str:
    if not re.fullmatch(r"[ -~]{1,500}", text):
        raise ValueError("Write 1 to 500 ASCII characters.")
    return text


def _secret(text: str) -> str:
    return _text(text)


def _switch(text: str) -> bool:
    if text.lower() not in {"on", "off"}:
        raise ValueError("Write on or off.")
    return text.lower() == "on"


def _level(text: str) -> str:
    if text.lower() not in _LEVELS:
        raise ValueError(f"Choose one of {', '.join(_LEVELS)}.")
    return text.lower()


OPTIONS = (
    Option("TRACKER_HOME", "./instance", "Directory for the embedded database and for exports.", _path),
    Option(
        "TRACKER_DATABASE_URL",
        "sqlite:///HOME/tracker.db",
        "The database: sqlite:////path/to/file.db or postgresql+psycopg://user@host/database.",
        _database_url,
        in_file=True,
    ),
    Option("TRACKER_DATABASE_URL_FILE", "not set", "File that holds the URL, instead of TRACKER_DATABASE_URL.", _path),
    Option("TRACKER_CONFIG", "the shipped config", "Directory of the catalogue's YAML files.", _directory),
    Option("TRACKER_SECRETS_KEY_FILE", "HOME/keys/secrets", "Key file that sources' secrets are sealed with.", _path),
    Option(
        "TRACKER_QUARANTINE_KEY_FILE", "HOME/keys/quarantine", "Key file that the quarantine is sealed with.", _path
    ),
    Option("TRACKER_VAULT_KEY_FILE", "HOME/keys/vault", "Key ring that wraps the keys of what is confidential.", _path),
    Option(
        "TRACKER_LOG_KEY_FILE", "HOME/keys/log", "Key file that checkpoints and frozen years are signed with.", _path
    ),
    Option("TRACKER_ERASURES_FILE", "HOME/erasures/ledger", "File that says what was erased, for restores.", _path),
    Option("TRACKER_QUARANTINE_DAYS", "30", "Days that a refused delivery is kept for a decision.", _days),
    Option("TRACKER_MAX_BODY", "1048576", "Largest request body, or line of NDJSON, in bytes.", _size),
    Option("TRACKER_RATE_LIMIT", "1000/second", "Requests that one source or token may make, per process.", _rate),
    Option("TRACKER_URL", "as the request says", "Where people reach it, such as https://tracker.example.org.", _url),
    Option("TRACKER_SECOND_FACTOR", "required", "Whether people need a second factor: required or optional.", _factor),
    Option("TRACKER_OIDC_ISSUER", "not set", "Provider that people may sign in by (OpenID Connect).", _issuer),
    Option("TRACKER_OIDC_CLIENT_ID", "not set", "What the provider knows this tracker as.", _text),
    Option("TRACKER_OIDC_CLIENT_SECRET", "not set", "What this tracker shows the provider.", _secret, in_file=True),
    Option("TRACKER_OIDC_CLIENT_SECRET_FILE", "not set", "File that holds the client secret, instead.", _path),
    Option("TRACKER_ACCESS_LOG", "on", "Whether each request is logged: on or off.", _switch),
    Option("TRACKER_LOG_LEVEL", "info", "How much is logged: debug, info, warning or error.", _level),
)
"""Every setting there is. It drives the reading, ``tracker settings`` and the table in the README."""
