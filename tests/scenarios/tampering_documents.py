"""Ways to tamper with what rests on the log: checkpoints, drafts, frozen years, tallies, the vault, configurations."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from tests.freezing import SIGNER
from tests.scenarios.tampering import Log, Seqs
from tracker.access.notes import Signer
from tracker.canonical import canonical, digest
from tracker.ledger.models import catalogues, checkpoints, vault
from tracker.snapshots.models import drafts, late_events, snapshots
from tracker.tallies.models import tally


def the_root_of_a_checkpoint(owner: Connection, log: Log, draw: Random) -> Seqs:
    size = draw.choice(owner.execute(select(checkpoints.c.size)).scalars().all())
    owner.execute(update(checkpoints).where(checkpoints.c.size == size).values(root=draw.randbytes(32)))
    return None


def the_note_of_a_checkpoint(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(checkpoints)).all())
    place = draw.randrange(len(row.note) - 1)
    note = row.note[:place] + ("A" if row.note[place] != "A" else "B") + row.note[place + 1 :]
    owner.execute(update(checkpoints).where(checkpoints.c.size == row.size).values(note=note))
    return None


def a_checkpoint_of_another_key(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(checkpoints)).all())
    note = Signer(draw.randbytes(32)).note(row.note.partition("\n\n")[0] + "\n", "small/ledger")
    owner.execute(update(checkpoints).where(checkpoints.c.size == row.size).values(note=note))
    return None


def restated(row: Row[Any], draw: Random) -> dict[str, Any]:
    """A document with one figure of it changed, and its digest computed anew."""
    body = json.loads(row.body)
    draw.choice(body["figures"])["value"] = "12345"
    return {"body": canonical(body), "digest": digest(canonical(body))}


def a_frozen_figure(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(snapshots)).all())
    where = (snapshots.c.year == row.year, snapshots.c.revision == row.revision)
    owner.execute(update(snapshots).where(*where).values(restated(row, draw)))
    return None


def a_frozen_figure_with_its_seal(owner: Connection, log: Log, draw: Random) -> Seqs:
    """All of it consistent, and signed by the log's key: only a recount shows it."""
    row = draw.choice(owner.execute(select(snapshots)).all())
    changed = restated(row, draw)
    seal = canonical(json.loads(row.seal) | {"digest": changed["digest"].hex()})
    values = changed | {"seal": seal, "signature": SIGNER.sign(seal.encode())}
    where = (snapshots.c.year == row.year, snapshots.c.revision == row.revision)
    owner.execute(update(snapshots).where(*where).values(values))
    owner.execute(update(drafts).where(drafts.c.id == row.draft).values(changed))
    return None


def who_approved(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(snapshots)).all())
    seal = json.loads(row.seal)
    seal["approvals"][draw.randrange(2)]["by"] = "person:mallory"
    where = (snapshots.c.year == row.year, snapshots.c.revision == row.revision)
    owner.execute(update(snapshots).where(*where).values(seal=canonical(seal)))
    return None


def the_signature_of_a_year(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(snapshots)).all())
    signature = Signer(draw.randbytes(32)).sign(row.seal.encode())
    where = (snapshots.c.year == row.year, snapshots.c.revision == row.revision)
    owner.execute(update(snapshots).where(*where).values(signature=signature))
    return None


def a_year_removed(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(snapshots)).all())
    owner.execute(snapshots.delete().where(snapshots.c.year == row.year, snapshots.c.revision == row.revision))
    return None


def a_draft(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(drafts)).all())
    owner.execute(update(drafts).where(drafts.c.id == row.id).values(restated(row, draw)))
    return None


def a_tally(owner: Connection, log: Log, draw: Random) -> Seqs:
    c = tally.c
    row = draw.choice(owner.execute(select(tally).where(c.part == 0)).all())
    where = (c.metric == row.metric, c.period == row.period, c.cell == row.cell, c.part == row.part)
    owner.execute(update(tally).where(*where).values(value=row.value + draw.choice([-1, 1, 100])))
    return None


def a_confidential_value(owner: Connection, log: Log, draw: Random) -> Seqs:
    """The value or salt of one event in the place of another's."""
    one, other = draw.sample(owner.execute(select(vault).order_by(vault.c.seq)).all(), 2)
    column = draw.choice(["salt", "value"])
    for row, found in ((one, other), (other, one)):
        where = (vault.c.seq == row.seq, vault.c.field == row.field)
        owner.execute(update(vault).where(*where).values({column: getattr(found, column)}))
    first = min(one.seq, other.seq)
    return first, first


def a_configuration(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(catalogues)).all())
    documents = row.documents.replace('"places":2', '"places":0', 1)
    owner.execute(update(catalogues).where(catalogues.c.digest == row.digest).values(documents=documents))
    return None


def a_late_mark(owner: Connection, log: Log, draw: Random) -> Seqs:
    newest_size = owner.execute(select(func.max(snapshots.c.log_size))).scalar_one()
    row = draw.choice(owner.execute(select(late_events).where(late_events.c.seq >= newest_size)).all())
    owner.execute(late_events.delete().where(late_events.c.year == row.year, late_events.c.seq == row.seq))
    return row.seq, row.seq
