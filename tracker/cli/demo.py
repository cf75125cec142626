"""The reference year, through the same path as everything else, beside what the report prints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from tracker import sample, wiring
from tracker.access import tokens
from tracker.access.tokens import SCOPES
from tracker.catalogue import Catalogue
from tracker.cli.common import OPERATOR, as_json, progress
from tracker.cli.personas import add_people, logins, persona
from tracker.cli.years import export_year
from tracker.disclosure.audiences import INTERNAL
from tracker.disclosure.wording import words
from tracker.errors import Conflict
from tracker.exports.frozen import EVERY_FORMAT, PACK
from tracker.intake.files import ndjson_lines
from tracker.intake.importing import Numbered, import_whole
from tracker.jobs.activation import activate
from tracker.jobs.recounting import differences, periods_of
from tracker.migrations import upgrade
from tracker.sample.report import Reported, reported
from tracker.service import Service, open_service
from tracker.settings import Settings, read_settings, shipped
from tracker.snapshots.figures import Figure, as_document, figure
from tracker.tallies.queries import exact
from tracker.workflows import approvals, freezing

YEAR = 2020
MARK = "demo-home"


def environment(home: Path) -> dict[str, str]:
    """The settings of a demo home, as environment variables for the processes that serve it."""
    return {
        "TRACKER_HOME": str(home),
        "TRACKER_DATABASE_URL": "",  # the home's own
        "TRACKER_CONFIG": str(shipped("config")),
        "TRACKER_DATABASE_URL_FILE": "",
        "TRACKER_SECRETS_KEY_FILE": "",  # and its own keys
        "TRACKER_QUARANTINE_KEY_FILE": "",
        "TRACKER_VAULT_KEY_FILE": "",
        "TRACKER_LOG_KEY_FILE": "",
        "TRACKER_URL": "",
        "TRACKER_SECOND_FACTOR": "optional",  # nobody who looks around wants to enrol six telephones
        "TRACKER_OIDC_ISSUER": "",
        "TRACKER_OIDC_CLIENT_ID": "",
        "TRACKER_OIDC_CLIENT_SECRET": "",
        "TRACKER_OIDC_CLIENT_SECRET_FILE": "",
    }


def without_database(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what a demo decides itself."""
    own = environment(Path()).keys() - {"TRACKER_HOME"}
    return {name: value for name, value in environ.items() if name not in own}


def run(home: Path, json_file: Path | None) -> None:
    """Make the home, record the year, freeze and export it, and print every figure.

    :raise Conflict: ``home`` holds something that is not a demo.
    """
    prepare(home)
    service = open_service(_settings(home))
    wiring.connect()
    try:
        upgrade(service.database)
        service.keys.make()
        activate(service.database, service.ledger, OPERATOR)
        _make_token(service, home / "keys" / "token")
        add_people(service, home / "keys" / "people")
        _record(service, home / "sample" / f"events-{YEAR}.ndjson")
        _recount(service)
        _freeze(service, home / "exports")
        found = _figures(service)
        _print(service.catalogue, found)
        click.echo(f"People to sign in as: {', '.join(logins())}. Passwords are in {home / 'keys' / 'people'}.")
        if json_file:
            json_file.write_text(as_json(_document(found)) + "\n", "utf-8")
    finally:
        service.close()


def prepare(home: Path) -> None:
    """Empty a demo's home, or make a new one; leave any other alone."""
    if home.exists() and any(home.iterdir()):
        if not (home / MARK).exists():
            raise Conflict(f"{home} is not a demo's home; name another with --home, or remove it yourself.")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / "keys").mkdir(mode=0o700)
    for name in ("sample", "exports"):
        (home / name).mkdir()
    (home / MARK).write_text("Made by `tracker demo`, which may replace it.\n", "utf-8")


def _make_token(service: Service, file: Path) -> None:
    """A token named ``demo`` for whoever reads the file, which is its owner alone."""
    now = service.ledger.clock()
    with service.database.write() as session:
        text = tokens.add(session, "demo", frozenset(SCOPES), source=None, days=30, by=str(OPERATOR), at=now)
    file.touch(mode=0o600)
    file.write_text(f"{text}\n", "ascii")


def _settings(home: Path) -> Settings:
    return read_settings(environment(home))


def _record(service: Service, file: Path) -> None:
    """Write the year's events as a file, and import that file as any other."""
    with file.open("w", encoding="utf-8") as stream:
        for event in sample.events():
            stream.write(json.dumps(event, ensure_ascii=False) + "\n")
    with file.open("rb") as stream, progress(f"Recording {YEAR}") as tell:
        lines = sum(1 for _line in stream)
        stream.seek(0)
        found = import_whole(service.intake, service.database, OPERATOR, _told(ndjson_lines(stream), lines, tell))
    click.echo(
        f"{found.recorded:,} events of {YEAR} are recorded. They are illustrative: the report's own are not public."
    )


def _told(values: Iterator[Numbered], lines: int, tell: Any) -> Iterator[Numbered]:
    for number, value in values:
        if number % 500 == 0 or number == lines:
            tell(number, lines)
        yield number, value


def _recount(service: Service) -> None:
    """Count the year once more by other code, as `tracker recount` does.

    :raise Conflict: a difference, which would be a fault of the tracker.
    """
    with service.database.read() as session:
        found = differences(session, service.catalogue, periods_of(session, service.catalogue, str(YEAR)))
    if found:
        raise Conflict(f"{len(found)} figures differ from a recount, the first: {found[0]}.")
    click.echo(f"An independent recount of {YEAR} agrees in all {len(service.catalogue.metrics)} metrics.")


def _freeze(service: Service, exports: Path) -> None:
    """Freeze the year as two of the personas do, the recorder and the approver, and publish it."""
    at = service.ledger.clock()
    with service.database.write() as session:
        preparer, approver = persona(session, "recorder"), persona(session, "approver")
        draft = freezing.draft_year(service.context, session, YEAR, by=preparer)
        signed = freezing.sign(session, draft.id, draft.digest, by=preparer, at=at)
        approvals.approve(service.context, session, signed.id, signed.digest, by=approver, at=at)
        snapshot = freezing.publish_year(session, YEAR, draft.revision, by=approver, at=at)
    click.echo(
        f"{YEAR} is frozen: revision {snapshot.revision}, signed by {preparer.login}, approved by {approver.login}, "
        f"digest {snapshot.digest}."
    )
    for format_ in EVERY_FORMAT:
        file = exports / (f"{YEAR}-pack.zip" if format_ == PACK else f"{YEAR}.{format_}")
        with file.open("wb") as stream:
            export_year(service, YEAR, format_, stream, audience=INTERNAL)
        click.echo(f"Exported {file}.")


def _figures(service: Service) -> list[tuple[Figure, Reported]]:
    """The figures that the report prints, from the running tallies, each with what is printed."""
    catalogue, report = service.catalogue, reported()
    with service.database.read() as session:
        cells = exact(session, catalogue, catalogue.calendar.year(YEAR), list(report))
    return [(figure(catalogue, catalogue.metrics[id], str(YEAR), cells[id]), each) for id, each in report.items()]


def _document(found: list[tuple[Figure, Reported]]) -> dict[str, Any]:
    figures = [as_document(each) | {"unit": each.metric.unit} for each, _report in found]
    return {"year": YEAR, "figures": figures}


def _print(catalogue: Catalogue, found: list[tuple[Figure, Reported]]) -> None:
    click.echo(f"\n{'figure':<42} {'value':>16}  {'as printed here':<28} {'in the report':<24}")
    agree = 0
    for each, report in found:
        same = each.value == report.value and each.metric.unit == report.unit
        agree += same
        value = "-" if each.value is None else f"{each.value:,f}"
        printed = words(catalogue, each.metric, each.value, "zh-Hant")
        columns = f"{each.metric.id:<42} {value:>16}  {_wide(printed, 28)} {_wide(report.printed or '-', 24)}"
        click.echo(f"{columns} {_verdict(report, same)}".rstrip())
    click.echo(f"\n{agree} of {len(found)} figures agree with the report.")


def _verdict(report: Reported, same: bool) -> str:
    if not same:
        return f"differs: {report.value:f} {report.unit}"
    return f"({report.note})" if report.note else ""


def _wide(text: str, width: int) -> str:
    """Pad by columns: a Chinese character takes two."""
    taken = sum(2 if ord(each) > 0x2E7F else 1 for each in text)
    return text + " " * max(0, width - taken)
