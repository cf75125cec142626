"""Who reads a frozen year: the public sees no small counts, everybody within sees every figure exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, from_documents
from tracker.disclosure.relations import Stated
from tracker.disclosure.suppression import Marks, discreet_domains, suppressed
from tracker.ledger.heads import stored_documents
from tracker.snapshots.reading import Snapshot, revisions

PUBLIC, INTERNAL = "public", "internal"
AUDIENCES = (PUBLIC, INTERNAL)


class Withheld(NamedTuple):
    """What the public does not see of a revision and its comparatives (``now``), and of the revision before it."""

    now: Marks
    before: Marks


def withheld(session: Session, catalogue: Catalogue, snapshot: Snapshot) -> Withheld:
    """What the public does not see of a frozen revision.

    Domains are discreet that were when it was frozen, or are in ``catalogue``, the one in force: a year that was frozen
    before its domain was called discreet is treated as one frozen since.
    """
    chain = list(_chain(session, snapshot))
    stated = [Stated(each.body, catalogue_of(session, catalogue, each.catalogue)) for each in chain]
    found = suppressed(stated, discreet_domains(catalogue, *(each.catalogue for each in stated)))
    own = [marks for each, marks in zip(chain, found, strict=True) if each.year == snapshot.year]
    return Withheld(own[-1], own[-2] if len(own) > 1 else {})


def catalogue_of(session: Session, catalogue: Catalogue, digest: str) -> Catalogue:
    """The catalogue of this digest as it is on record; the one in force where that is lost."""
    if digest == catalogue.digest:
        return catalogue
    documents = stored_documents(session, digest)
    return from_documents(documents) if documents else catalogue


def _chain(session: Session, snapshot: Snapshot) -> Iterator[Snapshot]:
    """The revisions up to this one, each after those of the year before that it is compared with."""
    earlier = revisions(session, snapshot.year - 1)
    for each in revisions(session, snapshot.year):
        if each.revision > snapshot.revision:
            return
        compared = (each.body.get("comparatives") or {}).get("revision", 0)
        while earlier and earlier[0].revision <= compared:
            yield earlier.pop(0)
        yield each
