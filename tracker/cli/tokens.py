"""Looking after bearer tokens: who may call the API, with which scopes, until when."""

from __future__ import annotations

from typing import Any

import click

from tracker.access import tokens
from tracker.access.tokens import SCOPES, Listed
from tracker.cli.common import OPERATOR, as_json, opened

_NONE = "There is no token yet. `tracker token add NAME --scope read` makes one."
_SCOPES = "; ".join(f"{name}: {words}" for name, words in SCOPES.items())


@click.group()
def token() -> None:
    """Look after bearer tokens, which admit a machine or a colleague to the API."""


@token.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(tuple(SCOPES)), help=f"May repeat. {_SCOPES}."
)
@click.option("--source", help="Act as this source: held to its URI and types.")
@click.option("--days", type=int, default=90, show_default=True, help="How long it is good for.")
def add(name: str, scopes: tuple[str, ...], source: str | None, days: int) -> None:
    """Make a token called NAME and print it: this once, and nothing else on standard output."""
    chosen = frozenset(scopes)
    with opened() as service:
        now = service.ledger.clock()
        with service.database.write() as session:
            text = tokens.add(session, name, chosen, source=source, days=days, by=str(OPERATOR), at=now)
    click.echo(text)
    click.echo(f"The token {name} is shown this once, and good for {days} days.", err=True)


@token.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End the token NAME now."""
    with opened() as service, service.database.write() as session:
        tokens.revoke(session, name, by=str(OPERATOR), at=service.ledger.clock())
    click.echo(f"Token {name} is revoked.")


@token.command("list")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def list_tokens(as_document: bool) -> None:
    """List all tokens: scopes, source, end, last use; never the tokens themselves."""
    with opened() as service, service.database.read() as session:
        found = [_document(each) for each in tokens.listed(session)]
    if as_document:
        click.echo(as_json({"tokens": found}))
        return
    for each in found:
        _print(each)
    if not found:
        click.echo(_NONE)


def _document(found: Listed) -> dict[str, Any]:
    return {
        "name": found.token.name,
        "scopes": sorted(found.token.scopes),
        "source": found.token.source,
        "created_at": found.created_at,
        "expires_at": found.token.expires_at,
        "revoked_at": found.revoked_at,
        "used_at": found.used_at,
    }


def _print(found: dict[str, Any]) -> None:
    bound = f"  as source {found['source']}" if found["source"] else ""
    end = f"revoked {found['revoked_at']}" if found["revoked_at"] else f"ends {found['expires_at']}"
    used = found["used_at"] or "never"
    click.echo(f"{found['name']}: {', '.join(found['scopes'])}{bound}  {end}  last used {used}")
