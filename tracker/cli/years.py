"""Figures, frozen years and their exports."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from tracker.cli.common import OPERATOR, as_json, opened, progress
from tracker.disclosure.audiences import AUDIENCES, PUBLIC, withheld
from tracker.disclosure.wording import dimension_words, words
from tracker.exports.frozen import EVERY_FORMAT, PACK, export_to
from tracker.exports.running import document, running_figures
from tracker.jobs.freezing import draft_year
from tracker.service import Service
from tracker.snapshots.figures import Figure, printable
from tracker.snapshots.reading import get


@click.command()
@click.argument("period")
@click.option("--metric", "metrics", multiple=True, help="Only this metric; may be given several times.")
@click.option("--by", help="Only the breakdown by this dimension (several with commas).")
@click.option("--as-of", type=click.IntRange(min=0), help="As known when this seq was recorded.")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def figures(period: str, metrics: tuple[str, ...], by: str | None, as_of: int | None, as_document: bool) -> None:
    """Print the running figures of PERIOD: a year (2020), quarter (2020-Q1), month (2020-03) or day."""
    dimensions = [name for name in (by or "").split(",") if name]
    with opened() as service, service.database.read() as session:
        span = service.catalogue.calendar.parse(period)
        found = running_figures(session, service.catalogue, span, metrics, by=dimensions, as_of=as_of)
        if as_document:
            documents = [document(service.catalogue, each) for each in found]
            click.echo(as_json({"period": span.id, "figures": documents}))
            return
        for each in found:
            _print(service, each)


def _print(service: Service, found: Figure) -> None:
    catalogue, metric = service.catalogue, found.metric
    printed = " | ".join(words(catalogue, metric, found.value, locale) for locale in catalogue.organisation.locales)
    click.echo(f"{metric.id:<44} {printable(found.value) or '-':>18} {metric.unit:<24} {printed}")
    for cell in found.breakdown:
        named = ", ".join(f"{name}={'-' if value is None else value}" for name, value in cell.by.items())
        said = " | ".join(dimension_words(catalogue, metric, cell.by, each) for each in catalogue.organisation.locales)
        click.echo(f"    {named:<40} {printable(cell.value) or '-':>18} {'':<24} {said}")


@click.command("freeze")
@click.argument("year", type=int)
def freeze_command(year: int) -> None:
    """Draft YEAR for freezing: every figure as it stands. Somebody signs the draft, and somebody else approves it."""
    with opened() as service:
        found = draft_year(service.database, service.ledger, service.keys.signer, year, OPERATOR)
    click.echo(
        f"Draft {found.id} of {year}, revision {found.revision}: {len(found.body['figures'])} figures, "
        f"log size {found.log_size}, digest {found.digest}.\n"
        f"It is frozen once one person signs it and another approves it, at /years/{year}/preparation."
    )


@click.command()
@click.argument("year", type=int)
@click.option(
    "--format",
    "format_",
    type=click.Choice(sorted(EVERY_FORMAT)),
    default="json",
    show_default=True,
    help="How it is written.",
)
@click.option(
    "--audience",
    type=click.Choice(AUDIENCES),
    default=PUBLIC,
    show_default=True,
    help="For whom: the public reads no small counts of discreet domains. A pack is always exact.",
)
@click.option("--revision", type=click.IntRange(min=1), help="Which revision; the newest unless given.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; standard output unless given."
)
def export(year: int, format_: str, audience: str, revision: int | None, output: Path | None) -> None:
    """Write a frozen YEAR as JSON or CSV, or as the pack (a ZIP) with which others check every figure of it. The same
    ledger gives the same bytes, anywhere."""
    with opened() as service:
        if output is None:
            export_year(service, year, format_, sys.stdout.buffer, revision, audience=audience)
            return
        output.parent.mkdir(parents=True, exist_ok=True)
        with _written(output) as stream:
            export_year(service, year, format_, stream, revision, audience=audience)
    click.echo(f"Wrote {output}.", err=True)


def export_year(
    service: Service, year: int, format_: str, stream: BinaryIO, revision: int | None = None, *, audience: str
) -> None:
    """Write a frozen year for one of :data:`AUDIENCES`, with the words of the catalogue that it was frozen under."""
    with ExitStack() as stack:
        session = stack.enter_context(service.database.read())
        snapshot = get(session, year, revision)
        tell = stack.enter_context(progress("Packing")) if format_ == PACK else None
        hidden = withheld(session, service.catalogue, snapshot) if audience == PUBLIC and format_ != PACK else None
        export_to(stream, session, snapshot, format_, tell, hidden)


@contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    """A file that comes to be when all of it is written, so that a refusal leaves what was there before."""
    if path.exists() and not path.is_file():  # a device or a pipe is nothing to put another in the place of
        with path.open("wb") as stream:
            yield stream
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
