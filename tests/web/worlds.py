"""A world with one of everything that a route may be about, and all who may come: see ``test_matrix``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.api.conftest import token
from tests.house import ALICE, House
from tests.web.visitors import HOST, Site, Visitor, opened
from tracker.access import people, sources, tokens
from tracker.access.accounts import roles
from tracker.access.signatures import HMAC, new_secret, sign
from tracker.access.signing import Material
from tracker.access.sources import Source
from tracker.access.tokens import SCOPES
from tracker.catalogue import Catalogue, EventType, load
from tracker.catalogue.model import Field, FieldType
from tracker.db import Database
from tracker.intake.quarantine import held
from tracker.ledger import checkpoints
from tracker.settings import shipped
from tracker.workflows import holds, keychanges
from tracker.workflows.models import named
from tracker.workflows.ownerlinks import owner_link
from tracker.workflows.sight import marks_of

CASE_1, NARRATIVE = "case-1", "He took it in the car park."

SUBJECTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    CASE_1: ("integrity.case.reported", {"narrative": NARRATIVE}),
    "violation-1": ("content.violation.found", {"account": "account-1"}),
    "supplier-1": ("suppliers.supplier.registered", {}),
    "post-1": ("education.post.published", {}),
    "live-1": ("charity.livestream.scheduled", {}),
    "finding-1": ("assurance.finding.raised", {"metric": "suppliers.in_library", "period": "2021"}),
}
"""One subject of each kind that has pages of its own, with the event that opens it."""

_EXAMPLES: Mapping[FieldType, Any] = {
    FieldType.TEXT: "words",
    FieldType.ID: "id-1",
    FieldType.FLAG: True,
    FieldType.DATE: "2021-01-31",
    FieldType.TIME: "2021-01-31T10:00:00+08:00",
    FieldType.LINK: "https://example.org/",
}


@lru_cache
def whole() -> Catalogue:
    """The shipped catalogue."""
    return load(shipped("config"))


def filled(event_type: EventType) -> dict[str, Any]:
    """Data of an event with what is required, and no more."""
    return {name: _example(each) for name, each in event_type.fields.items() if each.required}


def _example(field: Field) -> Any:
    if field.type is FieldType.CHOICE:
        return next(iter(field.choices))
    if field.type is FieldType.MONEY:
        return {"amount": "1", "currency": field.currency}
    if field.type is FieldType.LIST:
        return ["id-1"]
    return _EXAMPLES.get(field.type, max(1, int(field.minimum or 1)))


@dataclass
class World:
    """The pages and the API over the shipped catalogue, and what is there."""

    site: Site
    secret: bytes
    values: dict[str, Any]

    def address(self, rule: Rule) -> str:
        """The address of a route, about something that is there."""
        special = {f"{rule.endpoint}.{name}": name for name in rule.arguments}
        values = {name: self.values.get(place, self.values.get(name)) for place, name in special.items()}
        with self.site.app.test_request_context(base_url=HOST):
            return str(self.site.app.url_for(rule.endpoint, **values))

    def nobody(self) -> Visitor:
        """Somebody who is signed in, and has no role."""
        person = self.site.person("nobody", "recorder")
        with self.site.house.database.write() as session:
            session.execute(delete(roles).where(roles.c.person == person.id))
        return self.site.signed_in("nobody")

    def name_in_case(self, name: str) -> None:
        """Have the case name somebody."""
        with self.site.house.database.write() as session:
            for mark in marks_of(self.site.service.keys, CASE_1, [name]):
                session.execute(insert(named).values(subject=CASE_1, mark=mark))

    def bearer(self, *scopes: str) -> Mapping[str, str]:
        """The header of a new token with these scopes."""
        name = f"only-{'-'.join(scopes)}"
        with self.site.house.database.read() as session:
            known = {each.token.name for each in tokens.listed(session)}
        assert name not in known
        return {"Authorization": f"Bearer {token(self.site.house, name, *scopes)}"}

    def deliver(self, path: str, body: bytes, method: str = "POST") -> TestResponse:
        """Send something as the source ``desk`` does, signed."""
        at = int(self.site.house.clock().timestamp())
        headers = {
            "webhook-id": "msg-1",
            "webhook-timestamp": str(at),
            "webhook-signature": sign(self.secret, HMAC, "msg-1", at, body),
        }
        client = self.site.app.test_client()
        kind = "application/cloudevents+json"
        return client.open(path, method=method, data=body, content_type=kind, headers=headers, base_url=HOST)

    def event(self) -> bytes:
        """An event that the source ``desk`` may send."""
        made = self.site.house.event("integrity.training.held", source="/desk", time="2021-01-31T10:00:00+08:00")
        made["data"] = filled(whole().events["integrity.training.held"])
        return json.dumps(made).encode()


@contextmanager
def built(database: Database, home: Path) -> Iterator[World]:
    """A new world on a migrated database."""
    house = House.build(database, whole())
    with opened(house, home, config=shipped("config")) as site:
        seqs = {subject: _opened(house, subject) for subject in SUBJECTS}
        secret = _source(site)
        with database.write() as session:
            checkpoints.sign(session, house.catalogue, site.service.keys.signer, house.clock())
        yield World(site, secret, _values(site, seqs))


def _opened(house: House, subject: str) -> int:
    type, more = SUBJECTS[subject]
    data = {**filled(whole().events[type]), **more}
    [receipt] = house.record(house.event(type, data, subject=subject, time="2021-01-31T10:00:00+08:00"))
    return receipt.seq


def _source(site: Site) -> bytes:
    secret, at = new_secret(), site.house.clock()
    with site.house.database.write() as session:
        source, key = Source("desk", "/desk", ("integrity.*",)), site.service.keys.secrets.key
        sources.add(session, source, Material(HMAC, secret), secret=key, by="person:alice", at=at)
        tokens.add(session, "reader", frozenset({"read"}), source=None, days=90, by="person:alice", at=at)
    return secret


def _values(site: Site, seqs: Mapping[str, int]) -> dict[str, Any]:
    """What fills the parameters of routes: by name, or by endpoint and name where that says something else."""
    victim, other = site.person("victim", "recorder"), site.person("other", "administrator")
    with site.house.database.write() as session:
        at = site.house.clock()
        made = keychanges.propose_retirement(session, "desk", by=other, at=at)
        hold = holds.place(session, "suppliers/supplier-1", "a claim", by=ALICE, at=at)
        invitation = people.add(session, "guest", "Guest", ["recorder"], by=other.actor, at=at)[1]
    return {
        "seq": seqs["supplier-1"],
        "size": len(seqs),
        "kind": "suppliers.supplier",
        "subject": "supplier-1",
        "event_type": "suppliers.supplier.qualified",
        "fact": "triaged",
        "metric": "suppliers.in_library",
        "period": "2021",
        "year": 2021,
        "revision": 1,
        "format": "json",
        "round": "2021-h1",
        "account": "account-1",
        "programme": next(iter(whole().events["charity.livestream.scheduled"].fields["programme"].choices)),
        "what": "publish",
        "token": owner_link(site.service.keys, "account-1", at),
        "invitation": invitation,
        "name": "desk",
        "source": "desk",
        "id": _held(site),
        "web.assets_show.name": "bootstrap.min.css",
        "web.docs_asset.name": "swagger-ui.css",
        "web.tokens_revoke_submit.name": "reader",
        "web.record_show.event_type": "integrity.training.held",
        "web.record_show_submit.event_type": "integrity.training.held",
        "web.charity_session.subject": "live-1",
        "web.charity_act_submit.subject": "live-1",
        "web.education_show.subject": "post-1",
        "web.education_act_submit.subject": "post-1",
        **{f"web.findings_{name}.subject": "finding-1" for name in ("show", "read_submit", "act_submit")},
        "web.findings_act_submit.fact": "answered",
        **{f"web.{name}.id": made.id for name in _ABOUT_PROPOSALS},
        **{f"web.{name}.id": victim.id for name in _ABOUT_PEOPLE},
        **{f"web.{name}.id": hold.id for name in ("holds_show", "holds_release_submit")},
        **{f"web.{name}.subject": CASE_1 for name in _ABOUT_CASES},
        **{f"web.{name}.seq": seqs[CASE_1] for name in _ABOUT_CASES},
        "web.static.filename": "style.css",
    }


_ABOUT_PROPOSALS = [
    f"approvals_{each}" for each in ("show", "approve_submit", "refuse_submit", "withdraw_submit", "pick_up_submit")
]
_ABOUT_PEOPLE = [
    f"people_{each}" for each in ("show", "roles_submit", "reset_submit", "disable_submit", "enable_submit")
]
_ABOUT_CASES = [
    f"integrity_{each}"
    for each in ("show", "read_submit", "act_submit", "access_submit", "revoke_submit", "file_submit")
]


def _held(site: Site) -> int:
    """A delivery in quarantine: of a token that has ended its work."""
    bearer = token(site.house, "sender", *SCOPES.keys() - {"admin"})
    body = json.dumps(site.house.event("no.such.type", {}))
    headers = {"Authorization": f"Bearer {bearer}"}
    client = site.app.test_client()
    kind = "application/cloudevents+json"
    assert client.post("/api/v1/events", data=body, content_type=kind, headers=headers).status_code == 422
    with site.house.database.read() as session:
        [found] = held(session)
    return found.id
