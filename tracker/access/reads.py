"""Reads of what is confidential: on record, and on disk, before anything is decrypted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from tracker.access import audit
from tracker.db import Database
from tracker.errors import NotReady


def put_on_record(
    database: Database,
    at: datetime,
    actor: str,
    action: str,
    find: Callable[[Session], Mapping[int, str]],
    *,
    purpose: str,
) -> list[int]:
    """Write and commit one entry per event that is about to be read; the ``seq`` of each.

    ``find`` tells whose data key seals what is in each event; that owner is the entry's target.

    :raise NotReady: the trail cannot be written, for whatever reason: then nobody may read.
    """
    try:
        with database.write() as session:
            found = find(session)
            for seq, owner in found.items():
                audit.write(session, at, actor, action, owner, f"seq {seq}: {purpose}")
    except DatabaseError as error:
        raise NotReady(
            "The audit trail cannot be written, and without it nothing confidential is shown. Try again later."
        ) from error
    return list(found)
