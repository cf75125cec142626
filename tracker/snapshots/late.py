"""What comes after a year is frozen: the year stays as it is, and the event is marked as late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Measure
from tracker.db import one_of, run
from tracker.ledger.events import OPENED, Fact, Receipt, Recorded
from tracker.ledger.queries import recorded
from tracker.ledger.record import Ledger
from tracker.snapshots.models import late_events, snapshots
from tracker.tallies.queries import inputs

_CHUNK = 1000
_FROZEN = f"SELECT year, min(log_size) FROM {snapshots.name} GROUP BY year"


def on_events_recorded(ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> Mapping[int, int]:
    """Receiver of :data:`tracker.signals.events_recorded`: mark what may move a frozen year.

    Returns, for each late event's ``seq``, the first frozen year it reaches.
    """
    frozen = _frozen(session)
    if not frozen:
        return {}
    first: dict[int, int] = {}
    for mark in _mark(session, ledger.catalogue, events, frozen):
        first.setdefault(mark["seq"], mark["year"])
    return first


def mark_since(session: Session, catalogue: Catalogue, year: int, first: int, last: int) -> None:
    """Mark the events from ``first`` up to but without ``last`` that may move a year: recorded while its draft waited
    to be frozen."""
    known = set(late(session, year))
    for begin in range(first, last, _CHUNK):
        events = recorded(session, begin, min(begin + _CHUNK, last))
        _mark(session, catalogue, [each for each in events if each.seq not in known], {year: first})


def reaching(session: Session, catalogue: Catalogue, frozen: Mapping[int, int], size: int) -> Iterator[tuple[int, int]]:
    """Year and ``seq`` of every event below ``size`` that may move one of the ``frozen`` years, each given with the
    size of the log that it covers: the marks that are to be there."""
    reach = _reach(catalogue)
    for begin in range(min(frozen.values(), default=size), size, _CHUNK):
        for event in recorded(session, begin, min(begin + _CHUNK, size)):
            for year in _reached(catalogue, reach, event, frozen):
                yield year, event.seq


def _mark(
    session: Session, catalogue: Catalogue, events: Sequence[Recorded], frozen: Mapping[int, int]
) -> list[dict[str, int]]:
    reach = _reach(catalogue)
    marks = [
        {"year": year, "seq": event.seq}
        for event in events
        for year in sorted(_reached(catalogue, reach, event, frozen))
    ]
    if marks:
        session.execute(insert(late_events), marks)
    return marks


def first_receipts(session: Session, receipts: Sequence[Receipt]) -> list[Receipt]:
    """The receipts with those of duplicates as they were given out first: ``late`` if the event was."""
    repeated = [each.seq for each in receipts if each.status == "duplicate"]
    among, seqs = one_of(session, "seq", repeated)
    query = f"SELECT seq, min(year) FROM {late_events.name} WHERE {among} GROUP BY seq"
    years = {seq: year for seq, year in run(session, query, (seqs,))} if repeated else {}
    return [each._replace(late=years.get(each.seq, each.late)) for each in receipts] if years else list(receipts)


def clear(session: Session) -> None:
    """Forget all marks, before a replay."""
    session.execute(delete(late_events))


def late(session: Session, year: int) -> list[int]:
    """The ``seq`` of every event that came late for a year, in order."""
    query = select(late_events.c.seq).where(late_events.c.year == year).order_by(late_events.c.seq)
    return list(session.scalars(query))


def _frozen(session: Session) -> dict[int, int]:
    """Each frozen year with the size of the log that its first revision covers. Whatever is recorded once a year is
    frozen comes after that of any revision so far; told of it again, after a further revision, it is still late."""
    return {year: size for year, size in run(session, _FROZEN)}  # each commit asks


def _reached(catalogue: Catalogue, reach: Mapping[str, int], event: Recorded, frozen: Mapping[int, int]) -> set[int]:
    """The frozen years of which a figure may change: not those whose first revision already covers it."""
    facts = [fact for fact in (event.before, event.after) if fact is not None]
    years = {year for fact in facts for year in _years(catalogue, reach, fact, frozen)}
    return {year for year in years if event.seq >= frozen[year]}


def _years(catalogue: Catalogue, reach: Mapping[str, int], fact: Fact, frozen: Iterable[int]) -> Iterator[int]:
    """The fact's own year; every later one for what accumulates; the next ones for growth."""
    metrics = catalogue.metrics_by_event.get(fact.type, ())
    accumulates = fact.type == OPENED or any(metric.cumulative for metric in metrics)
    last = fact.year + max((reach[metric.id] for metric in metrics), default=0)
    for year in frozen:
        if fact.year <= year <= last or (accumulates and year > fact.year):
            yield year


def _reach(catalogue: Catalogue) -> Mapping[str, int]:
    """For every metric, how many years on a figure still follows from it: one for each growth on the way."""
    found: dict[str, int] = {}
    waiting = [(id, 0) for id in catalogue.metrics]
    while waiting:
        id, years = waiting.pop()
        if years > found.get(id, -1):
            found[id] = years
            metric = catalogue.metrics[id]
            further = years + (metric.measure is Measure.GROWTH)
            waiting.extend((each, further) for each in inputs(metric))
    return found
