"""Preparing: the database, the settings, the configuration."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tracker import wiring
from tracker.access.datakeys import any_wrapped
from tracker.access.secondfactor import any_enrolled
from tracker.access.signing import any_sealed
from tracker.catalogue import COMPUTED, load
from tracker.cli.common import OPERATOR, as_json, opened, progress, report
from tracker.cli.erasing import reapply_all
from tracker.errors import CatalogueInvalid, NotReady
from tracker.intake.quarantine import any_held
from tracker.jobs.activation import activate
from tracker.ledger.heads import read_head
from tracker.ledger.vault import seal_plain
from tracker.migrations import check_ready, upgrade
from tracker.service import Service, open_service
from tracker.settings import describe, read_settings
from tracker.workflows.scrubbing import rewrite


@click.command()
def init() -> None:
    """Create or upgrade the database, make the key files, and put the configuration in force if none is yet.

    Where the database was restored from a backup, what was erased since that was made is erased again.
    """
    service = open_service(read_settings())
    wiring.connect()
    upgrade(service.database)
    make_keys(service)
    if seal_plain(service.database, service.ledger.vault):
        rewrite(service.database)
    with service.database.read() as session:
        active = read_head(session).catalogue
    if active is None:
        activate(service.database, service.ledger, OPERATOR)
    again = reapply_all(service)
    service.close()
    click.echo(f"The database at {service.database.url.render_as_string(hide_password=True)} is up to date.")
    if again:
        click.echo(f"Erasures applied again, since the database was restored: {again}.")
    if active not in {None, service.catalogue.digest}:
        click.echo("The configuration differs from the one in force: run `tracker catalogue activate`.")


def make_keys(service: Service) -> None:
    """Make the key files that are missing.

    :raise NotReady: one is lost that something in the database is sealed with: another would not open it.
    """
    keys = service.keys
    with service.database.read() as session:
        needed = (
            (keys.secrets, any_sealed(session) or any_enrolled(session)),
            (keys.quarantine, any_held(session)),
            (keys.vault, any_wrapped(session)),
        )
    for file, in_use in needed:
        if in_use and not file.path.exists():
            raise NotReady(
                f"The key file {file.path} is gone, and the database holds what only this key opens. Restore it from "
                f"your backup, or name it in {file.setting}."
            )
    keys.make()


@click.command()
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(directory: Path | None) -> None:
    """Check the configuration (TRACKER_CONFIG, or DIRECTORY) and list every mistake. Status 1 if there are any."""
    try:
        found = load(directory or read_settings().config)
    except CatalogueInvalid as error:
        report(error)
        sys.exit(1)
    stored = sum(each.measure not in COMPUTED for each in found.metrics.values())
    click.echo(
        f"The configuration of {found.organisation.name[found.organisation.locales[0]]} is sound: "
        f"{len(found.domains)} domains, {len(found.events)} event types, {len(found.metrics)} metrics "
        f"({stored} counted, {len(found.metrics) - stored} computed). Digest {found.digest[:12]}."
    )


@click.command()
def settings() -> None:
    """List every setting: its name, value, default and meaning. Secrets are not shown."""
    for each in describe(read_settings()):
        click.echo(f"{each.name} = {each.value}\n    {each.help} Default: {each.default}.")


@click.group()
def catalogue() -> None:
    """Show what is measured, or put a changed configuration in force."""


@catalogue.command()
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def show(as_document: bool) -> None:
    """List the metrics of the configuration: id, measure, unit, label."""
    found = load(read_settings().config)
    locale = found.organisation.locales[0]
    rows = [
        {"metric": each.id, "measure": str(each.measure), "unit": each.unit, "label": dict(each.label)}
        for each in found.metrics.values()
    ]
    if as_document:
        click.echo(as_json({"digest": found.digest, "metrics": rows}))
        return
    for each in found.metrics.values():
        click.echo(f"{each.id:<44} {each.measure:<11} {each.unit:<24} {each.label[locale]}")


@catalogue.command("activate")
def activate_command() -> None:
    """Put the configuration in force: count what it measures anew, then switch.

    Recording goes on meanwhile; processes that hold the old configuration refuse to record afterwards
    until they are restarted.
    """
    with opened(ready=False) as service, progress("Counting") as tell:
        check_ready(service.database)
        changed = activate(service.database, service.ledger, OPERATOR, tell)
        digest = service.catalogue.digest[:12]
    click.echo(f"Catalogue {digest} is in force." if changed else f"Catalogue {digest} was in force already.")
