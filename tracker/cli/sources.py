"""Looking after sources: who may send signed events, with which keys, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import click

from tracker.access import sources
from tracker.access.handover import KINDS, new_key
from tracker.access.sources import LATE_DAYS, Source
from tracker.cli.common import OPERATOR, as_json, opened
from tracker.intake.overview import documents
from tracker.service import Service

_NONE = "There is no source yet. `tracker source add NAME --uri /system --types 'domain.*'` makes one."
_ONCE = {
    "secret": "The secret is shown this once: give it to the system that signs.",
    "private_key": "The private key is shown this once: give it to the system that signs. The public key is stored.",
    "public_key": "The public key is stored; the system signs with its private key.",
}
_key = click.option(
    "--key",
    "kind",
    type=click.Choice(KINDS),
    help="A shared secret (hmac, unless --public-key is given), or a pair of keys (ed25519).",
)
_public_key = click.option("--public-key", metavar="whpk_…", help="The public key of a pair that the system made.")
_as_json = click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")


@click.group()
def source() -> None:
    """Look after sources: systems that sign the events they send."""


@source.command()
@click.argument("name")
@click.option("--uri", required=True, help="The CloudEvents source that it writes as, such as /moderation.")
@click.option(
    "--types",
    multiple=True,
    required=True,
    help="Event types that it may send, or beginnings such as content.*; several with commas.",
)
@_key
@_public_key
@click.option("--late-days", type=int, default=LATE_DAYS, show_default=True, help="How old its events may be.")
@click.option("--backfill", is_flag=True, help="Let it send events of any age.")
@click.option("--test", is_flag=True, help="Check and answer its events, and never record them.")
@_as_json
def add(
    name: str,
    uri: str,
    types: tuple[str, ...],
    kind: str | None,
    public_key: str | None,
    late_days: int,
    backfill: bool,
    test: bool,
    as_document: bool,
) -> None:
    """Add a source called NAME, and print the key that it signs with: this once."""
    new = Source(name, uri, _split(types), late_days, backfill, test)
    made = new_key(kind, public_key)
    with opened() as service:
        secret, now = _secret(service), service.ledger.clock()
        with service.database.write() as session:
            sources.add(session, new, made.key, secret=secret, by=str(OPERATOR), at=now)
    _hand_over({"name": name, "uri": uri, "types": list(new.types)}, made.texts, as_document=as_document)


@source.command()
@click.argument("name")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 168),
    default=24,
    show_default=True,
    help="How long the key before stays good.",
)
@_key
@_public_key
@_as_json
def rotate(name: str, overlap_hours: int, kind: str | None, public_key: str | None, as_document: bool) -> None:
    """Give the source NAME a new key. The one before stays good for a while, so that nothing is lost meanwhile."""
    made, overlap = new_key(kind, public_key), timedelta(hours=overlap_hours)
    with opened() as service:
        secret, now = _secret(service), service.ledger.clock()
        with service.database.write() as session:
            sources.rotate(session, name, made.key, secret=secret, overlap=overlap, by=str(OPERATOR), at=now)
    _hand_over({"name": name}, made.texts, as_document=as_document)


@source.command()
@click.argument("name")
def retire(name: str) -> None:
    """End the source NAME: from now on nothing that it signs is taken. What it recorded stays."""
    with opened() as service, service.database.write() as session:
        sources.retire(session, name, by=str(OPERATOR), at=service.ledger.clock())
    click.echo(f"Source {name} is retired.")


@source.command("list")
@_as_json
def list_sources(as_document: bool) -> None:
    """List all sources: what they may send, their keys (never the keys themselves), what became of their events."""
    with opened() as service, service.database.read() as session:
        found = documents(session)
    if as_document:
        click.echo(as_json({"sources": found}))
        return
    for each in found:
        _print(each)
    if not found:
        click.echo(_NONE)


def _secret(service: Service) -> bytes:
    """What keys are sealed under.

    :raise NotReady: it is missing, or those that are there do not open with it.
    """
    service.registry.current()  # opens every key
    return service.keys.secrets.key


def _split(types: Iterable[str]) -> tuple[str, ...]:
    """Each pattern once, in the order given."""
    return tuple(dict.fromkeys(part.strip() for text in types for part in text.split(",") if part.strip()))


def _hand_over(about: Mapping[str, Any], texts: Mapping[str, str], *, as_document: bool) -> None:
    """Keys alone on standard output, so that a script can take them; words beside it."""
    if as_document:
        click.echo(as_json({**about, **texts}))
        return
    for text in texts.values():
        click.echo(text)
    click.echo(_ONCE[next(iter(texts))], err=True)


def _print(found: Mapping[str, Any]) -> None:
    flags = [name for name in ("backfill", "test") if found[name]]
    state = f"retired {found['retired_at']}" if found["retired_at"] else f"late after {found['late_days']} days"
    click.echo(f"{found['name']}: {found['uri']}  {', '.join(found['types'])}  ({', '.join([state, *flags])})")
    for key in found["keys"]:
        end, used = key["expires_at"] or "never", key["used_at"] or "never"
        click.echo(f"    key {key['kind']:<8} created {key['created_at']}  ends {end}  last used {used}")
    click.echo("    " + ", ".join(f"{number} {name}" for name, number in found["counts"].items()))
