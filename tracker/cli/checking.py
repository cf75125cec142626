"""Is what is counted true? Recounting and replaying."""

from __future__ import annotations

import sys

import click

from tracker.cli.common import OPERATOR, as_json, opened, progress
from tracker.jobs.recounting import Difference, differences, periods_of
from tracker.ledger.replay import replay
from tracker.tallies.review import unmatched_leaves
from tracker.wiring import clear_projections


@click.command("recount")
@click.argument("period", required=False)
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def recount_command(period: str | None, as_document: bool) -> None:
    """Count everything once more from the events, independently, and compare with the tallies.

    PERIOD is a year (with its quarters and months), a quarter or a month; all years with events unless
    given. Status 1 and a list where anything differs.
    """
    with opened() as service, service.database.read() as session:
        periods = periods_of(session, service.catalogue, period)
        found = differences(session, service.catalogue, periods)
    if as_document:
        click.echo(
            as_json({"periods": [each.id for each in periods], "differences": [each._asdict() for each in found]})
        )
    else:
        _tell(found, len(periods), len(service.catalogue.metrics))
    if found:
        sys.exit(1)


def _tell(found: list[Difference], periods: int, metrics: int) -> None:
    for each in found:
        click.echo(
            f"{each.metric} {each.period} {each.cell}: the tally says {each.tally}, the events say {each.recount}"
        )
    if found:
        click.echo(f"{len(found)} differences. `tracker replay` rebuilds the tallies from the events.")
    else:
        click.echo(f"All agree: {metrics} metrics in {periods} periods.")


@click.command("replay")
def replay_command() -> None:
    """Rebuild tallies and late marks from the log, in one transaction."""
    with opened() as service, progress("Replaying") as tell, service.database.write() as session:
        clear_projections(session)
        size = replay(service.ledger, session, tell)
    click.echo(f"Replayed {size} events as {OPERATOR}.")


@click.command("review")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def review_command(as_document: bool) -> None:
    """List what was recorded but counts as nothing: those who left without having come. Status 1 if there are any."""
    with opened() as service, service.database.read() as session:
        found = unmatched_leaves(session, service.catalogue)
    if as_document:
        click.echo(as_json({"unmatched": [each._asdict() for each in found]}))
    else:
        for each in found:
            click.echo(f"{each.metric}: {each.subject} left at {each.time} (seq {each.seq}) without having come")
        click.echo(f"{len(found)} events to review." if found else "Nothing to review.")
    if found:
        sys.exit(1)
