"""Looking after people from the machine itself: the first administrators, and whoever locked themselves out.

Roles of people who are there already change in the pages, where one proposes and another approves. What is done here
stands in the audit trail as done at the command line.
"""

from __future__ import annotations

from typing import Any

import click

from tracker.access import invitations, people
from tracker.access.people import Person
from tracker.access.roles import ROLES
from tracker.cli.common import OPERATOR, as_json, opened
from tracker.service import Service

_NONE = "There is nobody yet. `tracker user add LOGIN --name 'Their Name' --role administrator` adds somebody."
_as_json = click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")


@click.group()
def user() -> None:
    """Look after people, who sign in to the pages."""


@user.command()
@click.argument("login")
@click.option("--name", required=True, help="Their name, as colleagues know it.")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(tuple(ROLES)), help="What they do; may repeat."
)
@click.option("--ends-on", metavar="YYYY-MM-DD", help="Their last day, by UTC; an assurer has one.")
def add(login: str, name: str, roles: tuple[str, ...], ends_on: str | None) -> None:
    """Add somebody as LOGIN and print an invitation, with which they choose a password: this once."""
    with opened() as service:
        now = service.ledger.clock()
        with service.database.write() as session:
            _, text = people.add(session, login, name, roles, ends_on=ends_on, by=str(OPERATOR), at=now)
        _hand_over(service, login, text)


@user.command()
@click.argument("login")
def reset(login: str) -> None:
    """Take away password and second factor of LOGIN, and print a new invitation: this once."""
    with opened() as service:
        now = service.ledger.clock()
        with service.database.write() as session:
            text = people.reset(session, login, by=str(OPERATOR), at=now)
        _hand_over(service, login, text)


@user.command()
@click.argument("login")
def disable(login: str) -> None:
    """Let LOGIN in no more, from their next request on. What they did stays."""
    with opened() as service, service.database.write() as session:
        people.disable(session, login, by=str(OPERATOR), at=service.ledger.clock())
    click.echo(f"{login} is disabled.")


@user.command()
@click.argument("login")
def enable(login: str) -> None:
    """Let LOGIN in again, with the password and second factor they had."""
    with opened() as service, service.database.write() as session:
        people.enable(session, login, by=str(OPERATOR), at=service.ledger.clock())
    click.echo(f"{login} is enabled.")


@user.command()
@click.argument("login")
@click.option("--issuer", required=True, help="The provider's issuer, as in TRACKER_OIDC_ISSUER.")
@click.option("--subject", required=True, help="What the provider knows them as: the claim `sub`, never an address.")
def link(login: str, issuer: str, subject: str) -> None:
    """Let LOGIN sign in by a provider of identities."""
    with opened() as service, service.database.write() as session:
        people.link(session, login, issuer, subject, by=str(OPERATOR), at=service.ledger.clock())
    click.echo(f"{login} may sign in by {issuer}.")


@user.command("list")
@_as_json
def list_people(as_document: bool) -> None:
    """List everybody: login, name, roles, and whether they may sign in."""
    with opened() as service, service.database.read() as session:
        found = [_document(each) for each in people.listed(session)]
    if as_document:
        click.echo(as_json({"people": found}))
        return
    for each in found:
        state = f"disabled {each['disabled_at']}" if each["disabled_at"] else f"ends {each['ends_on'] or 'never'}"
        factor = "second factor" if each["second_factor"] else "no second factor"
        click.echo(f"{each['login']}: {each['name']}  {', '.join(each['roles'])}  ({state}, {factor})  {each['id']}")
    if not found:
        click.echo(_NONE)


def _document(found: Person) -> dict[str, Any]:
    return {
        "login": found.login,
        "name": found.name,
        "roles": sorted(found.roles),
        "id": found.id,
        "ends_on": found.ends_on,
        "disabled_at": found.disabled_at,
        "second_factor": found.second_factor,
    }


def _hand_over(service: Service, login: str, invitation: str) -> None:
    """The invitation alone on standard output, so that a script can take it; words beside it."""
    click.echo(invitation)
    where = f"{service.settings.url}/welcome/{invitation}" if service.settings.url else "/welcome on your tracker"
    click.echo(
        f"The invitation is shown this once, and good once, for {invitations.GOOD_FOR.days} days: {login} opens "
        f"{where} and chooses a password.",
        err=True,
    )
