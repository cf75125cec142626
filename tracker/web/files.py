"""Files that events carry as evidence: opened by who may read the contents, on record before they are decrypted."""

from __future__ import annotations

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.errors import NotFound
from tracker.evidence.kinds import EXTENSIONS
from tracker.evidence.models import files
from tracker.ledger.queries import versions
from tracker.web.gate import current_person
from tracker.web.pages import Page
from tracker.web.rendering import service
from tracker.web.subjectpages import seen_in
from tracker.workflows.reading import open_file

_HIGHEST = 2**63 - 1


def open_submit(seq: int) -> Response:
    """The file that event ``seq`` attached, to be saved.

    :raise NotFound: there is none, or it is not for this person.
    """
    with service().database.read() as session:
        if seq > _HIGHEST or not _readable(session, seq):
            raise NotFound(f"There is no file {seq} here.")
    found = open_file(service().database, service().context, current_person(), seq, purpose="file opened")
    name = f"evidence-{seq}.{EXTENSIONS[found.media_type]}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(found.content, headers=headers, content_type=found.media_type)


def _readable(session: Session, seq: int) -> bool:
    event = session.scalar(select(files.c.event).where(files.c.seq == seq))
    known = versions(session, event) if event is not None else []
    if not known:
        return False
    seen, first, subject = seen_in(session), known[0], known[-1].subject
    kinds = service().catalogue.lifecycles_by_event.get(first.type, ())
    if not kinds or subject is None:
        return seen.entry(first) and current_person().may("subjects.act")
    return all(seen.subject(each.kind, subject) and seen.contents(each.kind, subject) for each in kinds)


PAGES = (Page("POST", "/files/<int:seq>", open_submit, "subjects.read"),)
