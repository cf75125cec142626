"""Figures: those of every document of a year, and the tallies, against an independent recount of the events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.catalogue.calendar import Period
from tracker.errors import UnknownPeriod
from tracker.jobs.recounting import differences, periods_of
from tracker.jobs.verifying.findings import Finding
from tracker.jobs.verifying.log import Progress
from tracker.jobs.verifying.years import Stated
from tracker.ledger.heads import Head
from tracker.ledger.models import catalogues
from tracker.snapshots.figures import as_document, figure, printable, rounded
from tracker.snapshots.late import reaching
from tracker.snapshots.models import late_events, snapshots
from tracker.tallies.answers import Values
from tracker.tallies.recount import recount


def check_stated(
    session: Session, documents: Sequence[Stated], known: Mapping[str, Catalogue], progress: Progress
) -> Iterator[Finding]:
    """What documents of years state otherwise than the events that they rest on: one recount for all those of one
    catalogue and one size of the log."""
    groups: dict[tuple[str, int], list[Stated]] = {}
    for each in documents:
        groups.setdefault((each.catalogue, each.log_size), []).append(each)
    for done, ((catalogue, size), own) in enumerate(sorted(groups.items())):
        progress(done, len(groups))
        yield from _check_group(session, known[catalogue], size, own)


def _check_group(session: Session, catalogue: Catalogue, size: int, documents: Iterable[Stated]) -> Iterator[Finding]:
    years: dict[int, Period] = {}
    for each in documents:
        try:
            years[each.year] = catalogue.calendar.year(each.year)
        except UnknownPeriod:
            yield Finding(each.check, each.where, f"its catalogue has no year {each.year}.")
    months = {year: [catalogue.calendar.month(each) for each in period.months] for year, period in years.items()}
    periods = [*years.values(), *(month for own in months.values() for month in own)]
    counted = recount(session, catalogue, list({each.id: each for each in periods}.values()), size=size)
    for each in documents:
        if each.year in years:
            expected = _figures(catalogue, years[each.year], months[each.year], counted)
            yield from _compare(each, expected)


def _figures(
    catalogue: Catalogue, year: Period, months: Sequence[Period], counted: Mapping[tuple[str, str], Values]
) -> dict[str, Any]:
    """By metric, every figure of a year as a document states it."""
    found = {}
    for id in sorted(catalogue.metrics):
        metric = catalogue.metrics[id]
        stated = as_document(figure(catalogue, metric, year.id, counted[id, year.id]))
        values = [(month.id, rounded(metric, counted[id, month.id]["{}"])) for month in months]
        stated["months"] = [{"period": month, "value": printable(value)} for month, value in values]
        found[id] = stated
    return found


def _compare(document: Stated, expected: Mapping[str, Any]) -> Iterator[Finding]:
    stated = document.body.get("figures")
    rows = stated if isinstance(stated, list) else []
    found = {each.get("metric"): each for each in rows if isinstance(each, dict)}
    differing = [id for id, each in expected.items() if found.get(id) != each]
    for id in differing:
        value = found.get(id, {}).get("value")
        what = f"{id} is stated as {value}, the events say {expected[id]['value']}"
        what += "." if value != expected[id]["value"] else " too, but a part or a month of it differs."
        yield Finding(document.check, document.where, what)
    if not differing and [each.get("metric") for each in rows] != list(expected):
        yield Finding(document.check, document.where, "it does not state each figure once, in order.")


def check_tallies(session: Session, catalogue: Catalogue) -> Iterator[Finding]:
    """Where the tallies do not say what the events say, in every year with events."""
    for each in differences(session, catalogue, periods_of(session, catalogue)):
        where = f"{each.metric} {each.period} {each.cell}"
        yield Finding("tally", where, f"the tally says {each.tally}, the events say {each.recount}.")


def check_late(session: Session, catalogue: Catalogue, head: Head) -> Iterator[Finding | str]:
    """Whether the events that came after years were frozen are marked as late for them, and no others.

    A text instead of a finding is a notice: which metrics an event moves is the affair of the catalogue that it was
    recorded under, so that marks cannot be told once that has changed.
    """
    c = snapshots.c
    query = select(c.year, func.min(c.log_size), func.min(c.frozen_at)).group_by(c.year)
    frozen = {year: (size, at) for year, size, at in session.execute(query)}
    if not frozen:
        return
    changed = session.scalar(select(func.max(catalogues.c.activated_at))) or ""
    if changed > min(at for _size, at in frozen.values()):
        yield "Marks of late events were not checked: the configuration has changed since a year was frozen."
        return
    marked = {(year, seq) for year, seq in session.execute(select(late_events.c.year, late_events.c.seq))}
    expected = set(reaching(session, catalogue, {year: size for year, (size, _at) in frozen.items()}, head.size))
    for year, seq in sorted(expected - marked):
        yield Finding(
            "late event", f"seq {seq}", f"it may move {year}, which was frozen before, but is not marked.", seq
        )
    for year, seq in sorted(marked - expected):
        yield Finding("late event", f"seq {seq}", f"it is marked as late for {year}, but cannot move it.", seq)
