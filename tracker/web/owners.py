"""Owners of what is confidential (``integrity/case-2020-07``, ``people/#41``): how pages name them, where they lead."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flask import url_for
from sqlalchemy.orm import Session

from tracker.cases.models import states
from tracker.db import one_of, run
from tracker.web.addresses import subject_address
from tracker.web.languages import _
from tracker.web.navigation import opens
from tracker.web.rendering import label, service


def words(owner: str) -> str:
    """Domain and subject: ``Integrity · case-2020-07``, ``People · event 41``."""
    domain, _slash, name = owner.partition("/")
    known = service().catalogue.domains.get(domain)
    said = _("event %(seq)s", seq=name[1:]) if is_event(name) else subject_of(name)
    return f"{label(known.label) if known else domain} · {said}"


def is_event(name: str) -> bool:
    """Whether an owner's name (what follows its domain) is that of an event without a subject."""
    return name.startswith("#") and not name.startswith("##")


def subject_of(name: str) -> str:
    """The subject that an owner's name stands for."""
    return name[1:] if name.startswith("##") else name


def kinds_of(session: Session, owners: Collection[str]) -> Mapping[str, str]:
    """The kind of subject (``integrity.case``) of each owner that is followed over time."""
    names = {subject_of(owner.partition("/")[2]) for owner in owners}
    among, wanted = one_of(session, "subject", sorted(names))
    rows = run(session, f"SELECT kind, subject FROM {states.name} WHERE {among}", (wanted,)).all() if names else ()
    known = {(row.kind.partition(".")[0], row.subject): row.kind for row in rows}
    found = ((owner, known.get(_place(owner), "")) for owner in owners)
    return {owner: kind for owner, kind in found if kind in service().catalogue.lifecycles_by_kind}


def address(owner: str, kind: str | None) -> str | None:
    """The page of what an owner stands for, where it has one that is open to who asks."""
    name = owner.partition("/")[2]
    if kind is not None:
        return subject_address(kind, subject_of(name))
    return url_for("web.events_show", seq=int(name[1:])) if is_event(name) and opens("web.events_show") else None


def _place(owner: str) -> tuple[str, str]:
    domain, _slash, name = owner.partition("/")
    return domain, "" if is_event(name) else subject_of(name)
