"""Correcting and voiding from a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tracker.cli.common import OPERATOR, opened, report
from tracker.errors import Refused
from tracker.intake.amending import Amended, amend
from tracker.intake.changes import read_changes


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything, record nothing.")
def correct(file: Path, dry_run: bool) -> None:
    """Correct or void the events that the rows of FILE name: a CSV of what changes, and why.

    Its columns are seq (or source and id), action (correct or void), reason, and of what changes any of subject,
    time, entity, data.FIELD, data.FIELD.amount and data.FIELD.currency. An empty cell leaves what is in force as
    it is, and (none) takes it away. With a column replaces, a row applies only if that seq is in force. The file
    is recorded whole or not at all; doing it again changes nothing.
    """
    with opened() as service, file.open("rb") as stream:
        changes = read_changes(stream, service.catalogue)
        try:
            amended = amend(service.intake, service.database, OPERATOR, changes, dry_run=dry_run)
        except Refused as error:
            report(error)
            sys.exit(1)
    _summarise(amended, dry_run=dry_run)


def _summarise(amended: Amended, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    late = f" ({amended.late} late for a frozen year)" if amended.late else ""
    click.echo(
        f"{amended.rows} row{'' if amended.rows == 1 else 's'}: {amended.corrected} {would}corrected, "
        f"{amended.voided} {would}voided{late}, {amended.done} done already."
    )
