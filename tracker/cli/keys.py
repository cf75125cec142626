"""The keys that what is confidential is sealed with: which there are, and a new one in place of the old."""

from __future__ import annotations

import click

from tracker.access.datakeys import DataKeys, counts, known
from tracker.cli.common import as_json, opened, progress
from tracker.errors import NotReady
from tracker.ledger.rotation import rotate
from tracker.service import Service
from tracker.workflows.scrubbing import scrub


@click.group()
def keys() -> None:
    """Look after the keys of what is confidential; no command ever shows one."""


@keys.command()
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def show(as_document: bool) -> None:
    """List the wrapping keys by fingerprint: in use or retired, and how many data keys each wraps."""
    with opened() as service:
        rows = _rows(service)
    if as_document:
        click.echo(as_json({"keys": rows}))
        return
    for row in rows:
        click.echo(f"{row['id']}  {row['state']:<8} {row['data_keys']:>8} data keys  {row['file']}")
    if not rows:
        click.echo("Nothing confidential was ever recorded; the first key of the ring will be used.")


@keys.command("rotate")
def rotate_command() -> None:
    """Make a new wrapping key, wrap every data key under it, and forget the old one.

    Recording goes on meanwhile. If it is cut off, run it again: it finishes what was begun.
    """
    with opened() as service, progress("Wrapping") as tell:
        result = rotate(service.database, _datakeys(service), tell)
        words = _scrubbed(service)
    begun = "A rotation that was cut off is finished" if result.resumed else "A new key is in use"
    click.echo(
        f"{begun}: {result.new}. Data keys wrapped anew: {result.rewrapped}. Old keys dropped from "
        f"{service.keys.vault.path}: {result.dropped}. Keep a copy of this file apart from the database's.{words}"
    )


def _rows(service: Service) -> list[dict[str, object]]:
    in_file = {each.id for each in service.keys.vault.listed()}
    with service.database.read() as session:
        retired, wrapping = known(session), counts(session)
    return [
        {
            "id": id,
            "state": "retired" if retired_at else "in use",
            "data_keys": wrapping.get(id, 0),
            "file": "in the key ring" if id in in_file else "not in the key ring",
        }
        for id, retired_at in retired.items()
    ]


def _datakeys(service: Service) -> DataKeys:
    assert service.ledger.vault is not None, "an opened service has one"
    return service.ledger.vault


def _scrubbed(service: Service) -> str:
    """What to add when remnants of the old wrapping could not be cleared away."""
    try:
        scrub(service.database)
    except NotReady as error:
        return f" {error.detail}"
    return ""
