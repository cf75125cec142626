"""Looking after the quarantine: what was refused though its sender is known, and what becomes of it."""

from __future__ import annotations

import sys

import click

from tracker.cli.common import OPERATOR, as_json, opened, report
from tracker.errors import Invalid, Malformed
from tracker.intake.quarantine import Held, as_document, held
from tracker.intake.retrying import retry
from tracker.ledger.events import Receipt

_NONE = "Nothing waits for a decision."
_as_json = click.option("--json", "as_json_document", is_flag=True, help="Print a JSON document.")


@click.group()
def quarantine() -> None:
    """Look after refused deliveries, which are kept encrypted until somebody decides, or until they have aged."""


@quarantine.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are settled, too.")
@_as_json
def list_held(everything: bool, as_json_document: bool) -> None:
    """List the deliveries that wait for a decision, oldest first; nothing of what they say."""
    with opened() as service, service.database.write() as session:
        service.quarantine.age(session, service.ledger.clock())
        found = held(session, everything=everything, limit=None)
    if as_json_document:
        click.echo(as_json({"quarantine": [each._asdict() for each in found]}))
        return
    for each in found:
        _print(each)
    if not found:
        click.echo(_NONE)


@quarantine.command()
@click.argument("id", type=int)
@_as_json
def show(id: int, as_json_document: bool) -> None:
    """Show delivery ID: what is wrong with it, and what was sent."""
    with opened() as service, service.database.read() as session:
        found = service.quarantine.opened(session, id)
    if as_json_document:
        click.echo(as_json(as_document(found)))
        return
    _print(found.held)
    click.echo(f"    {_harmless(found.detail)}")
    for mistake in found.mistakes:
        click.echo(f"    {_harmless(str(mistake))}")
    if found.content is None:
        click.echo("It was too large to be kept.")
        return
    click.echo(f"\n{_harmless(found.content.type)}")
    for name, value in found.content.attributes:
        click.echo(f"ce-{_harmless(name)}: {_harmless(value)}")
    click.echo(_harmless(found.content.body.decode("utf-8", "replace")))


@quarantine.command("retry")
@click.argument("id", type=int)
def retry_command(id: int) -> None:
    """Record delivery ID now, however old its events are: you vouch for them. Status 1 if it is still not right."""
    try:
        with opened() as service, service.database.write() as session:
            receipts = retry(session, service.intake, service.quarantine, id, by=OPERATOR)
    except (Invalid, Malformed) as error:
        report(error)
        sys.exit(1)
    for receipt in receipts:
        click.echo(_told(receipt))


@quarantine.command()
@click.argument("id", type=int)
@click.option("--reason", required=True, help="Why it will not be recorded.")
def discard(id: int, reason: str) -> None:
    """Decide that delivery ID will not be recorded. What was sent is gone for good."""
    with opened() as service, service.database.write() as session:
        service.quarantine.discard(session, id, reason=reason, by=str(OPERATOR), at=service.ledger.clock())
    click.echo(f"Delivery {id} is discarded.")


def _print(found: Held) -> None:
    click.echo(
        f"{found.id}: {found.delivery} from {found.sender}, first {found.first_at}, last {found.last_at}, "
        f"attempts {found.attempts}, bytes {found.size}, mistakes {found.mistakes}"
    )
    if found.settled:
        reason = f": {_harmless(found.reason)}" if found.reason else ""
        click.echo(f"    {found.settled} by {found.settled_by} at {found.settled_at}{reason}")


def _told(receipt: Receipt) -> str:
    late = f", late for the frozen year {receipt.late}" if receipt.late else ""
    return f"{_harmless(receipt.id)}: {receipt.status} as seq {receipt.seq}{late}"


def _harmless(text: str) -> str:
    """A sender's text for a terminal, which would obey control characters."""
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)
