"""The tables of people: who they are, what they may do, where they are signed in, what waits for a second person."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from tracker.access.models import Number, where
from tracker.db import metadata

people = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password", Text),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger),
    Column("invitation", LargeBinary),
    Column("invited_until", Text),
    Column("issuer", Text),
    Column("subject", Text),
    Column("locale", Text),
    Column("created_at", Text, nullable=False),
    Column("ends_on", Text),
    Column("disabled_at", Text),
    Column("epoch", Integer, nullable=False),
    Index("uq_person_login", "login", unique=True),
    Index("uq_person_issuer_subject", "issuer", "subject", unique=True),
)
"""``id`` is the pseudonym that events carry. ``password`` is an Argon2id hash, ``totp`` the sealed secret of the
second factor and ``totp_step`` its last used step, ``invitation`` the SHA-256 of a one-time link. Identity at a
provider is (``issuer``, ``subject``). ``ends_on`` is the last day. A session of an older ``epoch`` has ended."""

roles = Table(
    "person_role",
    metadata,
    Column("person", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("granted_at", Text, nullable=False),
)
"""Which roles a person has now."""

sessions = Table(
    "web_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    Column("ends_at", Text, nullable=False),
    Index("ix_web_session_person", "person"),
)
"""Who is signed in: ``digest`` is the SHA-256 of the session's id. One that is not ``complete`` lacks a second
factor."""

failed_logins = Table(
    "failed_login",
    metadata,
    Column("login", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Text, nullable=False),
)
"""How often in a row signing in failed, by the SHA-256 of the name that was tried."""

proposals = Table(
    "proposal",
    metadata,
    Column("id", Number, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Text),
    Column("reason", Text),
    Index("ix_proposal_state", "state", "id"),
    Index("uq_proposal_open", "kind", "target", unique=True, **where("state = 'open'")),
)
"""What one person proposes and another decides. ``digest`` is SHA-256 (hex) over kind, target and canonical content;
``state`` is ``open``, ``approved``, ``refused`` or ``withdrawn``. One at a time is open about a target."""

audit = Table(
    "audit_entry",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text),
    Index("ix_audit_entry_actor", "actor", "id"),
    Index("ix_audit_entry_target", "target", "id"),
)
"""Who did what, and who read what. Append-only, as the log is."""
