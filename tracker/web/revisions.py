"""All revisions of a year, and two of them side by side: what changed, why, and who agreed to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import render_template, request

from tracker.disclosure.audiences import catalogue_of
from tracker.snapshots.comparing import changes
from tracker.snapshots.reading import Snapshot, get, revisions
from tracker.web import changed
from tracker.web.naming import names_of
from tracker.web.pages import Page
from tracker.web.preparation import who
from tracker.web.rendering import service


class Stated(NamedTuple):
    """A revision as the list shows it."""

    snapshot: Snapshot
    reason: str
    signed_by: str
    approved_by: str


def index(year: int) -> str:
    """Every revision of a year, and the changes between two: ``?from=`` and ``?to=``, the last two unless given.

    :raise NotFound: the year is not frozen, or one of the two is not.
    """
    here = service()
    with here.database.read() as session:
        found, names = revisions(session, year), names_of(session)
        last = get(session, year)
        first, second = _asked("from", max(1, last.revision - 1)), _asked("to", last.revision)
        before, after = get(session, year, first), get(session, year, second)
        catalogue = catalogue_of(session, here.catalogue, after.catalogue)
    differing = changes(before.body["figures"], after.body["figures"])
    lines = list(changed.lines(catalogue, year, differing))
    return render_template(
        "years/revisions.html",
        year=year,
        stated=[_stated(each, names) for each in found],
        before=before,
        after=after,
        between=_between(found, before, after),
        figures=[each for each in lines if not each.where],
        parts=[each for each in lines if each.where],
    )


def _stated(snapshot: Snapshot, names: Mapping[str, str]) -> Stated:
    acts = {each["act"]: each["by"] for each in snapshot.approvals}
    restatement = snapshot.body.get("restatement")
    return Stated(
        snapshot,
        restatement["reason"] if restatement else "",
        who(acts.get("signed"), names),
        who(acts.get("approved", snapshot.frozen_by), names),
    )


def _between(found: Sequence[Snapshot], before: Snapshot, after: Snapshot) -> list[Snapshot]:
    """The revisions that made the changes from one to the other, so that their reasons can be told."""
    return [each for each in found if before.revision < each.revision <= after.revision]


def _asked(name: str, usual: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else usual


PAGES = (Page("GET", "/years/<int(max=9999):year>/revisions", index, "figures.read"),)
