"""Reading what is confidential: each read is on record before a single value is decrypted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker import evidence
from tracker.access.models import data_keys
from tracker.access.people import Person
from tracker.access.reads import put_on_record
from tracker.db import Database
from tracker.evidence import Clean
from tracker.ledger.models import vault
from tracker.ledger.vault import opened
from tracker.workflows.acts import Context

READ = "confidential.read"


def read_confidential(
    database: Database, context: Context, person: Person, seqs: Collection[int], *, purpose: str
) -> dict[int, dict[str, Any]]:
    """The confidential values of events, by ``seq`` and JSON pointer into the event's data; what was erased is absent.

    The edge that checked that ``person`` may read them calls this outside of any transaction: one entry in the audit
    trail per event with something to read is committed first. Its target is the owner of the data key
    (``integrity/case-…``), its detail the ``seq`` and the ``purpose``, a few plain words.

    :raise NotReady: the audit trail cannot be written, or a key is out of reach; nothing was decrypted.
    """
    at = context.intake.ledger.clock()
    readable = put_on_record(database, at, person.actor, READ, lambda session: _owners(session, seqs), purpose=purpose)
    with database.read() as session:
        return opened(session, context.datakeys, readable)


def open_file(database: Database, context: Context, person: Person, seq: int, *, purpose: str) -> Clean:
    """The file that event ``seq`` attached, on record in the same way before it is decrypted.

    :raise NotFound: no file was attached there, or it was erased.
    :raise NotReady: as :func:`read_confidential`, or the file is not the one whose digest is on record.
    """
    return evidence.open_file(database, context.intake.ledger, person.actor, seq, purpose=purpose)


def _owners(session: Session, seqs: Collection[int]) -> dict[int, str]:
    """Whose data key seals what is confidential in these events, for those in which there is something."""
    query = select(vault.c.seq, data_keys.c.owner).distinct().join(data_keys, data_keys.c.id == vault.c.data_key)
    rows = session.execute(query.where(vault.c.seq.in_(sorted(set(seqs)))).order_by(vault.c.seq))
    return {seq: owner for seq, owner in rows}
