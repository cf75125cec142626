"""What people may do: permissions, and the roles that bundle them.

The roles follow three lines of defence: the business records and works cases, control functions approve and
administer, auditors and assurers read. Nobody is everything: who administers cannot read what is confidential.
"""

from __future__ import annotations

from collections.abc import Mapping

PERMISSIONS: Mapping[str, str] = {
    "account": "sign in and look after one's own account",
    "figures.read": "read figures, their definitions and the frozen years",
    "events.read": "read events, without what is confidential in them",
    "events.record": "log events",
    "events.amend": "correct and void events",
    "subjects.read": "read subjects: where they stand, their timelines and deadlines",
    "subjects.act": "move subjects along their lifecycles",
    "cases.read": "see that integrity cases exist and where they stand",
    "cases.work": "work the integrity cases that one is granted",
    "proposals.decide": "approve or refuse what somebody else proposes",
    "years.prepare": "draft years, sign drafts and propose restatements",
    "years.publish": "publish frozen years",
    "findings.raise": "raise findings while assuring a year",
    "holds.manage": "place legal holds and propose their release",
    "people.manage": "look after people and propose their roles",
    "sources.manage": "look after sources, tokens and the quarantine",
    "audit.read": "read the audit trail",
}
"""Every permission, with what it lets a person do."""

ROLES: Mapping[str, frozenset[str]] = {
    "recorder": frozenset(
        {"account", "figures.read", "events.read", "events.record", "events.amend", "subjects.read", "subjects.act"}
        | {"years.prepare"}
    ),
    "case_officer": frozenset({"account", "figures.read", "subjects.read", "cases.read", "cases.work"}),
    "approver": frozenset(
        {"account", "figures.read", "events.read", "subjects.read", "subjects.act", "cases.read", "proposals.decide"}
        | {"years.prepare", "years.publish", "holds.manage"}
    ),
    "administrator": frozenset({"account", "figures.read", "people.manage", "sources.manage", "audit.read"}),
    "internal_auditor": frozenset(
        {"account", "figures.read", "events.read", "subjects.read", "cases.read", "audit.read"}
    ),
    "assurer": frozenset({"account", "figures.read", "events.read", "subjects.read", "findings.raise"}),
}
"""The permissions of each role. An assurer's account has an end; see :mod:`tracker.access.people`."""

assert all(permissions <= PERMISSIONS.keys() for permissions in ROLES.values())


def permissions_of(roles: frozenset[str]) -> frozenset[str]:
    """All that these roles together permit."""
    return frozenset().union(*(ROLES[role] for role in roles))
