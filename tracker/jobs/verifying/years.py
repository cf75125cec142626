"""Years: catalogues, drafts, and what was frozen, signed and approved from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tracker.access.accounts import proposals
from tracker.access.notes import signed_by
from tracker.access.proposals import APPROVED
from tracker.canonical import canonical, digest
from tracker.catalogue import Catalogue, from_documents
from tracker.errors import CatalogueInvalid
from tracker.jobs.verifying.findings import Finding
from tracker.jobs.verifying.tree import Tree
from tracker.ledger.models import catalogues
from tracker.snapshots.comparing import changes
from tracker.snapshots.definitions import definitions_digest
from tracker.snapshots.models import drafts, publications, snapshots
from tracker.workflows.freezing import KIND

Documents = Mapping[tuple[int, int], Mapping[str, Any]]
"""The body of each frozen revision, by year and revision."""


class Stated(NamedTuple):
    """A document of a year on record, draft or frozen: what states figures of a log of ``log_size`` events."""

    check: str
    where: str
    year: int
    log_size: int
    catalogue: str
    body: Mapping[str, Any]


def check_catalogues(session: Session) -> tuple[dict[str, Catalogue], list[Finding]]:
    """Every catalogue that ever was in force and still is what its digest covers, and what is wrong with the others."""
    sound, findings = {}, []
    for row in session.execute(select(catalogues.c.digest, catalogues.c.documents)):
        where = row.digest[:12]
        try:
            found = from_documents(row.documents)
        except CatalogueInvalid:
            findings.append(Finding("catalogue", where, "its documents are no configuration any more."))
            continue
        if digest(row.documents).hex() != row.digest:
            findings.append(Finding("catalogue", where, "its documents are not what its digest covers."))
        else:
            sound[row.digest] = found
    return sound, findings


def frozen_bodies(session: Session) -> Documents:
    """What every frozen revision states, as far as it can be read."""
    rows = session.execute(select(snapshots.c.year, snapshots.c.revision, snapshots.c.body))
    return {(row.year, row.revision): _parsed(row.body) for row in rows}


def check_drafts(session: Session, tree: Tree, known: Mapping[str, Catalogue]) -> Iterator[Finding | Stated]:
    """What is wrong with the drafts, and every sound one, whose figures are to be counted."""
    frozen = frozen_bodies(session)
    for row in session.execute(select(drafts).order_by(drafts.c.id)):
        where = f"draft {row.id} of {row.year}"
        yield from _document("draft", where, row, tree, known, frozen)


def check_snapshots(
    session: Session, tree: Tree, known: Mapping[str, Catalogue], public: bytes
) -> Iterator[Finding | Stated | str]:
    """What is wrong with the frozen years, and every sound one, whose figures are to be counted. A text is a notice."""
    frozen = frozen_bodies(session)
    by_draft = {row.id: bytes(row.digest) for row in session.execute(select(drafts.c.id, drafts.c.digest))}
    for row in session.execute(select(snapshots).order_by(snapshots.c.year, snapshots.c.revision)):
        where = f"{row.year}, revision {row.revision}"
        yield from _document("snapshot", where, row, tree, known, frozen)
        if row.seal is None and row.draft is None and "root" not in frozen[row.year, row.revision]:
            yield f"The year {where} was frozen before there were signatures: nobody signed it."
        else:
            yield from (Finding("snapshot", where, what) for what in _seal(row, public, by_draft))
    for year, revision in sorted(_promised(session) - frozen.keys()):
        what = "it was approved or published, but there is no such frozen revision: it was removed."
        yield Finding("snapshot", f"{year}, revision {revision}", what)


def _promised(session: Session) -> set[tuple[int, int]]:
    """The revisions that must be there, since they were approved or published."""
    approved = select(proposals.c.content).where(proposals.c.kind == KIND, proposals.c.state == APPROVED)
    contents = [_parsed(text) for text in session.scalars(approved)]
    published = session.execute(select(publications.c.year, publications.c.revision))
    return {(each["year"], each["revision"]) for each in contents if each.keys() >= {"year", "revision"}} | {
        (year, revision) for year, revision in published
    }


def _document(
    check: str, where: str, row: Row[Any], tree: Tree, known: Mapping[str, Catalogue], frozen: Documents
) -> Iterator[Finding | Stated]:
    body = _parsed(row.body)
    if digest(row.body) != bytes(row.digest):
        yield Finding(check, where, "its text is not what its digest (SHA-256) covers.")
    if not body:
        return
    wrong = [*_columns(row, body), *_place_in_log(body, tree)]
    try:
        wrong += _chain(row, body, frozen)
    except (KeyError, TypeError, AttributeError, ArithmeticError):
        wrong.append("its text lacks what belongs in it.")
    yield from (Finding(check, where, what) for what in wrong)
    if row.catalogue not in known:
        yield Finding(check, where, f"the catalogue {row.catalogue[:12]} that it names is not on record.")
    elif body.get("definitions") not in (None, definitions_digest(known[row.catalogue], row.year)):
        yield Finding(check, where, "it names other definitions than those of its catalogue.")
    elif 0 <= row.log_size <= tree.size:
        yield Stated(check, where, row.year, row.log_size, row.catalogue, body)


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _columns(row: Row[Any], body: Mapping[str, Any]) -> Iterator[str]:
    named = ("year", "revision", "log_size", "catalogue")
    differing = [name for name in named if body.get(name) != getattr(row, name)]
    if differing:
        yield f"its text says otherwise than its columns: {', '.join(differing)}."
    if canonical(body) != row.body:
        yield "its text is not canonical JSON."


def _place_in_log(body: Mapping[str, Any], tree: Tree) -> Iterator[str]:
    size = body.get("log_size")
    if not isinstance(size, int) or not 0 <= size <= tree.size:
        yield f"it is of a log of {size} events, but there are only {tree.size}."
    elif "root" in body and body["root"] != tree.root(size).hex():
        yield f"its root is not that of the first {size} events on record: one of them was changed since."


def _chain(row: Row[Any], body: Mapping[str, Any], frozen: Documents) -> Iterator[str]:
    """What a revision says of the one before it, and of the year before."""
    before = frozen.get((row.year, row.revision - 1))
    if body.get("previous") != (None if before is None else digest(canonical(before)).hex()):
        yield "what it names as the revision before is not the one on record."
    elif before is not None:
        said = [each.as_document() for each in changes(before["figures"], body["figures"])]
        if said != (body.get("restatement") or {}).get("changes"):
            yield "the changes that it lists are not those between it and the revision before."
    elif row.revision != 1 or body.get("restatement"):
        yield f"it is revision {row.revision}, but there is none before it on record."
    compared = body.get("comparatives")
    if compared is not None and not _compares(compared, frozen):
        yield f"its comparative figures are not those of revision {compared.get('revision')} of {compared.get('year')}."


def _compares(said: Mapping[str, Any], frozen: Documents) -> bool:
    found = frozen.get((said.get("year", 0), said.get("revision", 0)))
    if found is None or said.get("digest") != digest(canonical(found)).hex():
        return False
    return bool(said["figures"] == {each["metric"]: each["value"] for each in found["figures"]})


def _seal(row: Row[Any], public: bytes, by_draft: Mapping[int, bytes]) -> Iterator[str]:
    """What is wrong with a seal."""
    seal = _parsed(row.seal or "")
    if not signed_by(public, (row.seal or "").encode(), bytes(row.signature or b"")):
        yield "its seal is not signed by the log's key."
    expected = {
        "digest": bytes(row.digest).hex(),
        "draft": row.draft,
        "key": public.hex(),
        "log_size": row.log_size,
        "revision": row.revision,
        "root": _parsed(row.body).get("root"),
        "year": row.year,
    }
    differing = [name for name, value in expected.items() if seal.get(name) != value]
    if differing:
        yield f"its seal says otherwise than what is on record: {', '.join(differing)}."
    yield from _approvals(row, seal.get("approvals"))
    if by_draft.get(row.draft) != bytes(row.digest):
        yield f"draft {row.draft}, from which it was frozen, is not on record as it was."


def _approvals(row: Row[Any], said: Any) -> Iterator[str]:
    given = [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
    acts, people = [each.get("act") for each in given], {str(each.get("by")) for each in given}
    if acts != ["signed", "approved"] or len(people) != 2:
        yield "it was not signed and approved by two different people."
    elif (row.frozen_at, row.frozen_by) != (given[1].get("at"), given[1].get("by")):
        yield "by whom and when it was frozen is not what its seal says."
