"""Restating a frozen year: what has changed of it since, and drafting a revision that says so."""

from __future__ import annotations

import click

from tracker.canonical import canonical
from tracker.cli.common import OPERATOR, as_json, opened
from tracker.exports.candidates import candidates_document
from tracker.snapshots.candidates import MOST, USUAL, Candidates, LateEvent, candidate, candidates
from tracker.snapshots.comparing import Change, changes
from tracker.snapshots.drafts import draft_restatement
from tracker.snapshots.reading import get


@click.command("candidates")
@click.argument("year", type=int)
@click.option(
    "--limit",
    type=click.IntRange(0, MOST),
    default=USUAL,
    show_default=True,
    help="How many late events to show with what each did; 0 for none. The log is read once for all of them.",
)
@click.option("--after", type=click.IntRange(min=-1), default=-1, help="Only late events after this seq.")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def candidates_command(year: int, limit: int, after: int, as_document: bool) -> None:
    """Say what has changed of a frozen YEAR since its newest revision, whether it matters, and which late events did
    it."""
    with opened() as service, service.database.read() as session:
        found = candidates(session, service.catalogue, year, after=after, limit=limit)
    if as_document:
        click.echo(as_json(candidates_document(found)))
        return
    _print(found)


@click.command("restate")
@click.argument("year", type=int)
@click.option("--reason", required=True, help="Why, for the readers of the report.")
def restate_command(year: int, reason: str) -> None:
    """Draft the next revision of a frozen YEAR: its figures as they are now, what changed, and why. Somebody signs the
    draft, and somebody else approves it."""
    with opened() as service, service.database.write() as session:
        found = draft_restatement(service.ledger, service.keys.signer, session, OPERATOR, year, reason=reason)
        before = get(session, year, found.revision - 1)
        changed = changes(before.body["figures"], found.body["figures"])
        matters = sum(candidate(service.catalogue, each).matters for each in changed)
    for each in changed:
        click.echo(_line(each))
    click.echo(
        f"Draft {found.id} of {year}, revision {found.revision}: {len(changed)} values changed, {matters} of them by "
        f"as much as matters, log size {found.log_size}, digest {found.digest}.\n"
        f"It is frozen once one person signs it and another approves it, at /years/{year}/preparation."
    )


def _print(found: Candidates) -> None:
    for each in found.figures:
        mark = "matters" if each.matters else f"below {each.threshold}"
        change = Change(each.metric, each.by, each.period, each.previously, each.now)
        click.echo(f"{_line(change)}  {mark}")
    for event in found.events:
        click.echo(_event(event))
    if found.after is not None:
        click.echo(f"More late events follow: --after {found.after}.")
    if found.redefined:
        click.echo("The catalogue was changed since, so that figures may have moved without an event.")
    matter = sum(each.matters for each in found.figures)
    click.echo(
        f"{found.year}, revision {found.revision}: {len(found.figures)} of {found.compared} values changed, {matter} "
        f"of them by as much as matters. Late events: {found.late}."
    )


def _line(change: Change) -> str:
    place = canonical(dict(change.by)) if change.by else change.period or ""
    values = f"{_value(change.previously):>18} -> {_value(change.now):>18} {_signed(change.difference):>18}"
    return f"{change.metric:<44} {place:<28} {values}"


def _event(event: LateEvent) -> str:
    whole = [each for each in event.effects if not each.by and each.period is None]
    moved = ", ".join(f"{each.metric} {_signed(each.difference)}" for each in whole)
    parts = len(event.effects) - len(whole)
    others = f" and {parts} of months and parts" if parts else ""
    did = (moved or "no figure of the year") + others if event.effects else "nothing"
    amends = "" if event.original is None else f" of seq {event.original}"
    return f"seq {event.seq} {event.type}{amends} ({event.day}) moved {did}"


def _value(value: str | None) -> str:
    return "-" if value is None else value


def _signed(difference: str | None) -> str:
    if difference is None:
        return "-"
    return difference if difference.startswith("-") else f"+{difference}"
