"""The actions of the audit trail in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.web.languages import lazy

GROUPS: Mapping[str, Any] = {
    "person.": lazy("People and signing in"),
    "proposal.": lazy("Proposals and decisions"),
    "source.": lazy("Sources"),
    "token.": lazy("Tokens"),
    "key.": lazy("Keys picked up"),
    "quarantine.": lazy("Quarantine"),
    "case.": lazy("Access to cases"),
    "confidential.": lazy("What is confidential"),
    "evidence.": lazy("Evidence files"),
}
"""Beginnings of actions, to filter by."""

ACTIONS: Mapping[str, Any] = {
    "person.added": lazy("added a person"),
    "person.disabled": lazy("disabled a person"),
    "person.enabled": lazy("enabled a person"),
    "person.reset": lazy("reset a person's password and second factor"),
    "person.linked": lazy("linked a person to single sign-on"),
    "person.roles_set": lazy("set a person's roles"),
    "person.password_changed": lazy("changed the password"),
    "person.second_factor_enrolled": lazy("set up the second factor"),
    "person.second_factor_failed": lazy("gave a wrong second factor"),
    "person.invitation_used": lazy("used an invitation"),
    "person.sign_in_tried": lazy("tried to sign in"),
    "person.signed_in": lazy("signed in"),
    "person.signed_out": lazy("signed out"),
    "person.signed_out_everywhere": lazy("signed out everywhere"),
    "proposal.made": lazy("proposed"),
    "proposal.approved": lazy("approved"),
    "proposal.refused": lazy("refused"),
    "proposal.withdrawn": lazy("withdrew"),
    "source.added": lazy("added a source"),
    "source.rotated": lazy("gave a source a new key"),
    "source.bound": lazy("changed what a source may send"),
    "source.retired": lazy("retired a source"),
    "token.added": lazy("made a token"),
    "token.revoked": lazy("revoked a token"),
    "key.picked_up": lazy("picked up a new key"),
    "quarantine.opened": lazy("opened a refused delivery"),
    "quarantine.recorded": lazy("recorded a refused delivery"),
    "quarantine.discarded": lazy("discarded a refused delivery"),
    "case.access_granted": lazy("gave access to a case"),
    "case.access_ended": lazy("ended access to a case"),
    "case.person_named": lazy("named a person in a case"),
    "confidential.read": lazy("read what is confidential"),
    "confidential.erased": lazy("erased what is confidential"),
    "hold.placed": lazy("placed a legal hold"),
    "hold.released": lazy("released a legal hold"),
    "evidence.opened": lazy("opened an evidence file"),
}
"""Each action; one that is not here is shown as it is written."""
