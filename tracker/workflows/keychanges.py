"""Sources and their keys, and tokens: proposed by one person, approved by another, then made.

A new secret is made when it is approved, not before, and waits for its proposer: see
:mod:`tracker.workflows.handovers`. The command line and the API change the same without a second person; that is for
emergencies, and on record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from tracker.access import proposals, sources, tokens
from tracker.access.handover import new_key
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.access.signing import LONGEST_OVERLAP
from tracker.access.sources import Listed, Source
from tracker.errors import Conflict, Invalid, Mistake, NotFound
from tracker.workflows.acts import Context
from tracker.workflows.handovers import decided_at, decided_by, store

KIND = "source.key"
TOKEN = "token.key"

ADD, ROTATE, BIND, RETIRE = "add", "rotate", "types", "retire"

_HOUR = timedelta(hours=1)


def propose_source(session: Session, source: Source, *, public_key: str | None, by: Person, at: datetime) -> Proposal:
    """Propose a new source: with a shared secret, or with the public key of a pair that it made itself.

    :raise Invalid: a name, URI, pattern, number or key that cannot be.
    :raise Conflict: the name was used before, or another live source has this URI.
    """
    sources.check(source)
    _check_key(public_key)
    for each in sources.listed(session):
        if each.source.name == source.name or (each.retired_at is None and each.source.uri == source.uri):
            raise Conflict(f"There is or was a source {source.name!r}, or a live one with the URI {source.uri!r}.")
    fields = {**asdict(source), "types": list(source.types)}
    return _propose(session, source.name, {"action": ADD, **fields, "public_key": public_key}, by, at)


def propose_rotation(
    session: Session, name: str, *, overlap_hours: int, public_key: str | None, by: Person, at: datetime
) -> Proposal:
    """Propose a new key for a source; the one before stays good for a number of hours.

    :raise Invalid: a public key that is none, or an overlap below zero or above seven days.
    :raise NotFound: there is no live source of this name.
    """
    _live(session, name)
    _check_key(public_key)
    most = LONGEST_OVERLAP // _HOUR
    if not 0 <= overlap_hours <= most:
        raise Invalid(
            "Two keys may overlap for seven days at most.", [Mistake("overlap_hours", f"must be 0 to {most}")]
        )
    content = {"action": ROTATE, "name": name, "overlap_hours": overlap_hours, "public_key": public_key}
    return _propose(session, name, content, by, at)


def propose_types(session: Session, name: str, types: tuple[str, ...], *, by: Person, at: datetime) -> Proposal:
    """Propose what a source may send from now on. What it may send now is part of what is approved.

    :raise Invalid: a pattern that cannot be, or nothing would change.
    :raise NotFound: there is no live source of this name.
    """
    now = _live(session, name).source
    sources.check(Source(name, now.uri, types))
    if types == now.types:
        raise Invalid("Nothing would change.", [Mistake("types", "are what the source may send already")])
    content = {"action": BIND, "name": name, "types": list(types), "before": list(now.types)}
    return _propose(session, name, content, by, at)


def propose_retirement(session: Session, name: str, *, by: Person, at: datetime) -> Proposal:
    """Propose that nothing which a source signs is taken any more.

    :raise NotFound: there is no live source of this name.
    """
    _live(session, name)
    return _propose(session, name, {"action": RETIRE, "name": name}, by, at)


def propose_token(
    session: Session, name: str, scopes: frozenset[str], *, source: str | None, days: int, by: Person, at: datetime
) -> Proposal:
    """Propose a bearer token that ends ``days`` after its approval. One that administers comes from the command line.

    :raise Invalid: a name, scope or number that cannot be.
    :raise NotFound: there is no live source of this name.
    :raise Conflict: the name was used before.
    """
    tokens.check(name, scopes, source, days)
    if "admin" in scopes:
        words = "admin needs no second person, so it comes from the command line: `tracker token add`"
        raise Invalid("The token cannot be proposed like this.", [Mistake("scope", words)])
    if source is not None:
        _live(session, source)
    if any(each.token.name == name for each in tokens.listed(session)):
        raise Conflict(f"There is or was a token {name!r}. Choose another name.")
    content = {"name": name, "scopes": sorted(scopes), "source": source, "days": days}
    return proposals.propose(session, TOKEN, f"token:{name}", content, by=by, at=at)


def apply_key(context: Context, session: Session, proposal: Proposal) -> None:
    """Change a source as it was approved; a new secret waits for the proposer.

    :raise NotFound: the source was retired meanwhile.
    :raise Conflict: its name or URI was taken meanwhile, it has two keys already, or its types have changed.
    """
    _ACTIONS[proposal.content["action"]](context, session, proposal, decided_at(proposal))


def apply_token(context: Context, session: Session, proposal: Proposal) -> None:
    """Make a token as it was approved; it waits for the proposer.

    :raise NotFound: its source was retired meanwhile.
    :raise Conflict: its name was taken meanwhile.
    """
    content, at = proposal.content, decided_at(proposal)
    text = tokens.add(
        session,
        content["name"],
        frozenset(content["scopes"]),
        source=content["source"],
        days=content["days"],
        by=decided_by(proposal),
        at=at,
    )
    store(session, context.keys, proposal, {"token": text}, at=at)


def _add(context: Context, session: Session, proposal: Proposal, at: datetime) -> None:
    content = dict(proposal.content)
    public = content.pop("public_key")
    content.pop("action")
    made = new_key(public=public)
    source = Source(**{**content, "types": tuple(content["types"])})
    sources.add(session, source, made.key, secret=context.keys.secrets.key, by=decided_by(proposal), at=at)
    _keep(context, session, proposal, made.texts, at)


def _rotate(context: Context, session: Session, proposal: Proposal, at: datetime) -> None:
    content = proposal.content
    made, overlap = new_key(public=content["public_key"]), timedelta(hours=content["overlap_hours"])
    secret = context.keys.secrets.key
    sources.rotate(session, content["name"], made.key, secret=secret, overlap=overlap, by=decided_by(proposal), at=at)
    _keep(context, session, proposal, made.texts, at)


def _bind(_context: Context, session: Session, proposal: Proposal, at: datetime) -> None:
    content = proposal.content
    if list(_live(session, content["name"]).source.types) != content["before"]:
        raise Conflict("What the source may send has changed since. Refuse this, and have it proposed anew.")
    sources.bind(session, content["name"], tuple(content["types"]), by=decided_by(proposal), at=at)


def _retire(_context: Context, session: Session, proposal: Proposal, at: datetime) -> None:
    sources.retire(session, proposal.content["name"], by=decided_by(proposal), at=at)


_Action: TypeAlias = Callable[[Context, Session, Proposal, datetime], None]
_ACTIONS: Mapping[str, _Action] = {ADD: _add, ROTATE: _rotate, BIND: _bind, RETIRE: _retire}


def _keep(context: Context, session: Session, proposal: Proposal, texts: Mapping[str, str], at: datetime) -> None:
    if "secret" in texts:  # a public key was given by whoever has the private one: there is nothing to hand over
        store(session, context.keys, proposal, texts, at=at)


def _propose(session: Session, name: str, content: dict[str, Any], by: Person, at: datetime) -> Proposal:
    return proposals.propose(session, KIND, f"source:{name}", content, by=by, at=at)


def _check_key(public_key: str | None) -> None:
    if public_key is not None:
        new_key(public=public_key)


def _live(session: Session, name: str) -> Listed:
    for each in sources.listed(session):
        if each.source.name == name and each.retired_at is None:
            return each
    raise NotFound(f"There is no live source {name!r}. Look it up in the list.")
