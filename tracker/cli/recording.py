"""Recording from files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from tracker.cli.common import OPERATOR, opened, progress
from tracker.intake.files import csv_rows, ndjson_lines
from tracker.intake.importing import Numbered, Report, import_in_chunks, import_whole
from tracker.intake.mapping import read_mapping
from tracker.service import Service


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How a CSV's columns become events (YAML).",
)
@click.option("--dry-run", is_flag=True, help="Check everything, record nothing.")
@click.option(
    "--commit-every",
    type=click.IntRange(1, 100_000),
    help="Commit so many lines at a time; a broken line does not stop the others.",
)
def import_file(file: Path, mapping: Path | None, dry_run: bool, commit_every: int | None) -> None:
    """Record the events of FILE: NDJSON with one CloudEvent a line, or CSV with a --mapping.

    A file is recorded whole or not at all, unless --commit-every is given. Importing it again
    changes nothing.
    """
    if dry_run and commit_every:
        raise click.UsageError("--dry-run checks the file as a whole; leave out --commit-every.")
    if file.suffix.lower() == ".csv" and mapping is None:
        raise click.UsageError("A CSV needs --mapping FILE to say which column is what.")
    with opened() as service, file.open("rb") as stream, progress("Importing") as tell:
        values = _told(_values(service, stream, mapping), stream, tell)
        if commit_every:
            found = import_in_chunks(service.intake, service.database, OPERATOR, values, commit_every=commit_every)
        else:
            found = import_whole(service.intake, service.database, OPERATOR, values, dry_run=dry_run)
    _summarise(found, dry_run=dry_run)


def _values(service: Service, stream: BinaryIO, mapping: Path | None) -> Iterator[Numbered]:
    if mapping is None:
        return ndjson_lines(stream)
    return csv_rows(stream, read_mapping(mapping.read_text("utf-8"), file=mapping.name), service.catalogue)


def _told(values: Iterator[Numbered], stream: BinaryIO, tell: object) -> Iterator[Numbered]:
    """The same values, with the progress told in bytes now and then."""
    assert callable(tell)
    size = os.fstat(stream.fileno()).st_size
    for number, value in values:
        if number % 500 == 0:
            tell(min(stream.tell(), size), size)
        yield number, value
    tell(size, size)


def _summarise(found: Report, *, dry_run: bool) -> None:
    for mistake in found.mistakes:
        click.echo(f"  {mistake}", err=True)
    would = "would be " if dry_run else ""
    late = f", {found.late} of them late for a frozen year" if found.late else ""
    click.echo(
        f"{found.lines} lines: {found.recorded} {would}recorded{late}, {found.duplicates} on record already, "
        f"{found.refused} refused."
    )
    if found.refused:
        sys.exit(1)
