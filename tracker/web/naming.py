"""How pages name who did something, roles, and what an audit entry is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from tracker.access import people
from tracker.web.languages import _, lazy

ROLE_NAMES: Mapping[str, Any] = {
    "recorder": lazy("Recorder"),
    "case_officer": lazy("Case officer"),
    "approver": lazy("Approver"),
    "administrator": lazy("Administrator"),
    "internal_auditor": lazy("Internal auditor"),
    "assurer": lazy("Assurer"),
}

ROLE_HELP: Mapping[str, Any] = {
    "recorder": lazy("logs events, corrects them, moves subjects along"),
    "case_officer": lazy("works the integrity cases that they are granted"),
    "approver": lazy("approves or refuses what others propose"),
    "administrator": lazy("looks after people, sources and the quarantine; never reads narratives"),
    "internal_auditor": lazy("reads everything but narratives, and the audit trail"),
    "assurer": lazy("reads figures and events and raises findings, until a last day"),
}


def role_words(roles: Iterable[str]) -> str:
    """Roles in words, in the order of the report's lines of defence."""
    chosen = set(roles)
    return _(", ").join(str(words) for role, words in ROLE_NAMES.items() if role in chosen)


def names_of(session: Session) -> Mapping[str, str]:
    """The name behind each pseudonym. For pages that only those see who may know it."""
    return {each.id: each.name for each in people.listed(session)}


def name(names: Mapping[str, str], person: str | None) -> str:
    """Somebody's name; the pseudonym where nobody is behind it any more."""
    return names.get(person or "", person or "")


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    """Who an audit entry or a change names: a person, a token, a source, the command line."""
    kind, _colon, id = actor.partition(":")
    if kind == "source":
        return _("Source %(name)s", name=id)
    if kind != "person":
        return _("The tracker itself") if kind == "system" else actor
    if id == "unknown":
        return _("Somebody unknown")
    if id == "command-line":
        return _("Command line")
    if id.startswith("token-"):
        return _("Token %(name)s", name=id.removeprefix("token-"))
    return name(names, id)


def target_words(target: str, names: Mapping[str, str]) -> str:
    """What an entry is about, with people by their names."""
    kind, _colon, id = target.partition(":")
    if kind == "person":
        return actor_words(target, names)
    return str(_TARGETS[kind]) % {"id": id} if kind in _TARGETS and id else names.get(target, target)


def detail_words(detail: str, names: Mapping[str, str], known: Mapping[str, Any]) -> str:
    """The details of an entry: people, roles and what is ``known`` by their names, all else as it stands."""
    return " ".join(_word(word, names, known) for word in detail.split(" "))


def _word(word: str, names: Mapping[str, str], known: Mapping[str, Any]) -> str:
    plain = word.rstrip(",")
    words = str(known.get(plain) or ROLE_NAMES.get(plain) or target_words(plain, names))
    return words + word[len(plain) :]


_TARGETS: Mapping[str, Any] = {
    "proposal": lazy("Proposal %(id)s"),
    "quarantine": lazy("Delivery %(id)s"),
    "source": lazy("source %(id)s"),
    "token": lazy("token %(id)s"),
    "login": lazy("somebody new"),
}
"""What has a number or a name of its own; a login is told by its digest alone, which nobody can read."""
