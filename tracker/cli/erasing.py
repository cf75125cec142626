"""Erasures and what stands against them: the ledger of what was erased, retention, legal holds."""

from __future__ import annotations

import sys
from typing import Any

import click
from sqlalchemy.orm import Session

from tracker.access.erasures import Erasure
from tracker.cli.common import OPERATOR, as_json, opened
from tracker.ledger.vault import owner
from tracker.migrations import check_ready
from tracker.service import Service
from tracker.workflows import holds as legal
from tracker.workflows.holds import Hold
from tracker.workflows.reapplying import pending, reapply, unknown
from tracker.workflows.retention import Past, past
from tracker.workflows.scrubbing import scrub

_BY = str(OPERATOR)


@click.group()
def erasures() -> None:
    """Look at what was erased, and erase again what a restored backup has brought back."""


@erasures.command("list")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def list_erasures(as_document: bool) -> None:
    """List what was erased, from the ledger outside the database, and what of it this database has not done.

    Status 1 where something is to be done: erasures to be applied again, or a ledger that lacks some.
    """
    with opened(ready=False) as service, service.database.read() as session:
        lines = service.erasures.read()
        waiting, lost = frozenset(pending(session, lines)), unknown(session, lines)
    if as_document:
        found = [_erasure(each, each not in waiting) for each in lines]
        click.echo(as_json({"ledger": str(service.erasures.path), "erasures": found, "unknown": lost}))
    else:
        _print_erasures(lines, waiting, lost)
    if waiting or lost:
        sys.exit(1)


def _erasure(line: Erasure, applied: bool) -> dict[str, Any]:
    return line._asdict() | {"digest": line.digest, "applied": applied}


def _print_erasures(lines: list[Erasure], waiting: frozenset[Erasure], lost: list[str]) -> None:
    for each in lines:
        state = "to be applied again" if each in waiting else "applied"
        click.echo(f"{each.at}  {each.owner}  proposal {each.proposal}  by {each.decided_by}  {state}")
    if not lines:
        click.echo("Nothing was erased yet.")
    if waiting:
        click.echo("Run `tracker erasures reapply`: this database was restored from an older backup.", err=True)
    for digest in lost:
        click.echo(f"The ledger lacks the erasure {digest}: restore the file from a copy of its own.", err=True)


@erasures.command("reapply")
def reapply_command() -> None:
    """Erase again what a restored backup has brought back. `tracker init` does the same."""
    with opened(ready=False) as service:
        check_ready(service.database)
        count = reapply_all(service)
    click.echo(f"Erasures applied again: {count}." if count else "Every erasure is applied in this database.")


def reapply_all(service: Service) -> int:
    """Do every erasure of the ledger that was not done in this database, and clear away what that leaves; how many.

    :raise NotReady: the ledger cannot be read, or is that of another log.
    """
    lines = service.erasures.read()
    if not lines:
        return 0
    with service.database.write() as session:
        done = reapply(session, lines, by=_BY, at=service.ledger.clock())
    if done:
        scrub(service.database)
    return len(done)


@click.group()
def retention() -> None:
    """See what is kept longer than it should be."""


@retention.command("list")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def list_past(as_document: bool) -> None:
    """List the subjects whose confidential values are past their retention. Nothing is erased by that: erasures are
    proposed and approved on the pages."""
    with opened() as service, service.database.read() as session:
        today = service.catalogue.calendar.day_of(service.ledger.clock())
        found = past(session, service.catalogue, today)
    if as_document:
        click.echo(as_json({"today": today.isoformat(), "past": [each._asdict() for each in found]}))
        return
    for each in found:
        _print_past(each)
    if not found:
        click.echo("Nothing is past its retention.")


def _print_past(found: Past) -> None:
    hold = "  kept by a legal hold" if found.held else ""
    click.echo(
        f"{found.owner}  since {found.since}  newest event {found.newest}  {found.retention} ({found.length}){hold}"
    )


@click.group()
def hold() -> None:
    """Keep what is confidential about a subject from being erased. A release is proposed and approved on the pages."""


@hold.command()
@click.argument("domain")
@click.argument("subject")
@click.option("--reason", required=True, help="Why it is to be kept. It stays on record: say nothing confidential.")
def place(domain: str, subject: str, reason: str) -> None:
    """Place a legal hold on SUBJECT of DOMAIN, such as `integrity case-7k2m`."""
    with opened() as service, service.database.write() as session:
        made = _placed(session, service, owner(domain, subject), reason)
    click.echo(f"Legal hold {made.id} stands on {made.owner}.")


def _placed(session: Session, service: Service, target: str, reason: str) -> Hold:
    return legal.place(session, target, reason, by=OPERATOR, at=service.ledger.clock())


@hold.command("list")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def list_holds(as_document: bool) -> None:
    """List every legal hold that stands or stood, the newest first."""
    with opened() as service, service.database.read() as session:
        found = legal.listed(session)
    if as_document:
        click.echo(as_json({"holds": [each._asdict() for each in found]}))
        return
    for each in found:
        state = f"released {each.released_at}" if each.released_at else "stands"
        click.echo(f"{each.id}: {each.owner}  placed {each.placed_at} by {each.placed_by}  {state}  {each.reason}")
    if not found:
        click.echo("There is no legal hold. `tracker hold place DOMAIN SUBJECT --reason …` places one.")
