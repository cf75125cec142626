"""Proposals in people's words: a line for lists, and every part of what is approved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tracker.access.proposals import Proposal
from tracker.web.languages import _, lazy
from tracker.web.naming import name, role_words
from tracker.web.rendering import NOTHING, day

KINDS: Mapping[str, Any] = {
    "person.roles": lazy("Roles of a person"),
    "person.add": lazy("A new person"),
    "person.reset": lazy("A new invitation"),
    "source.key": lazy("A source and its key"),
    "token.key": lazy("A new token"),
    "case.access": lazy("Access to a case"),
    "erasure": lazy("Erasure"),
    "year.freeze": lazy("A year to be frozen"),
    "hold.release": lazy("Release of a legal hold"),
}

STATES: Mapping[str, tuple[Any, str]] = {
    "open": (lazy("Waiting"), "warn"),
    "approved": (lazy("Approved"), "good"),
    "refused": (lazy("Refused"), "bad"),
    "withdrawn": (lazy("Withdrawn"), "quiet"),
}
"""Words and tone of each state."""

_ACTIONS: Mapping[str, Any] = {
    "add": lazy("Add source %(name)s"),
    "rotate": lazy("New key for source %(name)s"),
    "types": lazy("Other event types for source %(name)s"),
    "retire": lazy("Retire source %(name)s"),
}

_PARTS: Mapping[str, Any] = {
    "person": lazy("Person"),
    "roles": lazy("Roles then"),
    "before": lazy("Now"),
    "ends_on": lazy("Last day"),
    "login": lazy("Login"),
    "name": lazy("Called"),
    "action": lazy("Action"),
    "uri": lazy("Writes as"),
    "types": lazy("May send"),
    "late_days": lazy("Late after (days)"),
    "backfill": lazy("Events of any age"),
    "test": lazy("Test only: nothing is recorded"),
    "public_key": lazy("Public key"),
    "overlap_hours": lazy("Key before stays good (hours)"),
    "scopes": lazy("May"),
    "source": lazy("As source"),
    "days": lazy("Good for (days)"),
    "subject": lazy("Subject"),
    "reason": lazy("Reason"),
    "year": lazy("Year"),
    "revision": lazy("Revision"),
    "draft": lazy("Draft"),
    "draft_digest": lazy("Digest of the draft"),
    "log_size": lazy("Events in the log"),
    "owner": lazy("About"),
    "hold": lazy("Legal hold"),
}


_DONE: Mapping[str, Any] = {
    "add": lazy("add the source"),
    "rotate": lazy("give it a new key"),
    "types": lazy("change what it may send"),
    "retire": lazy("retire it"),
}


class Part(NamedTuple):
    """One part of what is proposed: its words, its value in words."""

    label: str
    value: str


def title(proposal: Proposal, names: Mapping[str, str]) -> str:
    """What is proposed, in a line."""
    content = proposal.content
    who = {"person": name(names, content.get("person")), "name": content.get("name", "")}
    if proposal.kind == "source.key":
        return str(_ACTIONS[content["action"]]) % who
    known = {
        "person.roles": _("Roles of %(person)s", **who),
        "person.add": _("Add %(name)s", **who),
        "person.reset": _("New invitation for %(person)s", **who),
        "token.key": _("Token %(name)s", **who),
        "case.access": _("%(subject)s for %(person)s", subject=content.get("subject", ""), **who),
        "erasure": _("Erase what is confidential about %(subject)s", subject=content.get("subject", "")),
        "hold.release": _("Release the legal hold on %(owner)s", owner=content.get("owner", "")),
    }
    if proposal.kind == "year.freeze":
        return _("Freeze %(year)s, revision %(revision)s", year=content["year"], revision=content["revision"])
    return known.get(proposal.kind, proposal.target)


def parts(proposal: Proposal, names: Mapping[str, str]) -> list[Part]:
    """All that is approved, and nothing else: what the digest covers beside kind and target."""
    known = [id for id in _PARTS if id in proposal.content]
    others = sorted(proposal.content.keys() - _PARTS.keys())
    return [Part(str(_PARTS.get(id, id)), _value(id, proposal.content[id], names)) for id in (*known, *others)]


def _value(id: str, value: Any, names: Mapping[str, str]) -> str:
    if id == "public_key" and value is None:
        return _("none: a shared secret is made when this is approved")
    if value is None or value == []:
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if id == "person":
        return f"{name(names, value)} ({value})"
    if id == "action":
        return f"{_DONE[value]} ({value})" if value in _DONE else str(value)
    if id == "ends_on":
        return day(value)
    if id in {"roles", "before"}:
        return role_words(value) or ", ".join(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
