"""A frozen revision in any format: files for readers, or the pack for those who check."""

from __future__ import annotations

from typing import BinaryIO

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, from_documents
from tracker.disclosure.audiences import Withheld
from tracker.errors import NotFound
from tracker.exports import FORMATS, write
from tracker.exports.pack import write_pack
from tracker.exports.pack_log import Progress
from tracker.exports.seals import seal_of
from tracker.ledger.heads import stored_documents
from tracker.snapshots.reading import Snapshot

PACK = "pack"
EVERY_FORMAT = (*FORMATS, PACK)
"""Names of all formats. A pack is made from the log too, not from the snapshot's body alone."""


def export_to(
    stream: BinaryIO,
    session: Session,
    snapshot: Snapshot,
    format: str,
    progress: Progress | None = None,
    hidden: Withheld | None = None,
) -> None:
    """Write a frozen revision to a stream, which is left open, in one of :data:`EVERY_FORMAT`, in the words of the
    catalogue that it was frozen under. Equal ledgers give equal bytes, anywhere.

    :param hidden: what the public does not see, where it is written for the public. A pack is for those who check, and
        always exact.
    :param progress: is told (done, all) events of the log now and then while a pack is made.
    :raise NotFound: there is no such format, or the catalogue is not on record.
    :raise Conflict: no pack can be made of this revision; says why.
    """
    if format not in EVERY_FORMAT:
        raise NotFound(f"There is no format {format!r}. Choose one of {', '.join(EVERY_FORMAT)}.")
    catalogue = catalogue_of(session, snapshot)
    if format == PACK:
        write_pack(session, catalogue, snapshot, stream, progress)
    else:
        write(format, snapshot.body, catalogue, stream, hidden, seal_of(snapshot))


def catalogue_of(session: Session, snapshot: Snapshot) -> Catalogue:
    """The catalogue that a revision was frozen under.

    :raise NotFound: it is not on record.
    """
    documents = stored_documents(session, snapshot.catalogue)
    if documents is None:
        raise NotFound(f"The catalogue {snapshot.catalogue} of this snapshot is not on record.")
    return from_documents(documents)
