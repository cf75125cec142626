"""What single events did to figures: the recount before and after each, in one pass over the log for all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.ledger.events import OPENED, Fact, Recorded
from tracker.ledger.queries import facts_in_order
from tracker.tallies.answers import Answers, Counted, Values
from tracker.tallies.apart import Parted
from tracker.tallies.queries import inputs
from tracker.tallies.recount import is_stored, with_earlier, with_inputs


class Step(NamedTuple):
    """One event, and by metric and period every value that it may have moved, before it and after it."""

    event: Recorded
    before: Mapping[tuple[str, str], Values]
    after: Mapping[tuple[str, str], Values]


def steps(
    session: Session, catalogue: Catalogue, periods: Sequence[Period], events: Sequence[Recorded]
) -> Iterator[Step]:
    """For each event the recount of a log that ends before it, and of one that ends with it, of what it may move.

    The log is read once, up to the first of the events, and only what the metrics in question read. Events between
    those given are taken to move none of them.

    :param events: in order of ``seq``.
    """
    if events:
        yield from _Walk(session, catalogue, periods, events).steps()


class _Walk:
    """The way from before the first event to after the last.

    A count can only take facts in. So those that an event further on will amend are held apart, and are seen by a
    copy; everything else is counted for good.
    """

    def __init__(
        self, session: Session, catalogue: Catalogue, periods: Sequence[Period], events: Sequence[Recorded]
    ) -> None:
        self._catalogue, self._periods, self._events = catalogue, periods, events
        self._waiting = Counter(each.before.seq for each in events if each.before is not None)
        self._dependents = _dependents(catalogue)
        moved = {id for each in events for id in self._moved(each)}
        every = with_inputs(catalogue, moved)
        self._spans = with_earlier(catalogue, periods, every)
        counted = [catalogue.metrics[id] for id in every if is_stored(catalogue.metrics[id])]
        said = [fact for each in events for fact in (each.before, each.after) if fact is not None]
        self._counts = {each.id: Parted(each, self._spans, _read_by(each, said)) for each in counted}
        self._readers_of = _readers_of(counted)
        self._held: dict[str, dict[int, Fact]] = defaultdict(dict)
        self._now: dict[str, Counted] = {}
        self._known: dict[tuple[str, str], Values] = {}
        self._read(session)

    def steps(self) -> Iterator[Step]:
        for event in self._events:
            moved = self._moved(event)
            before = self._values(moved)
            self._take(event)
            for id in moved:
                for span in self._spans:
                    self._known.pop((id, span.id), None)
            yield Step(event, before, self._values(moved))

    def _read(self, session: Session) -> None:
        """Count the log up to the first event."""
        running = any(self._catalogue.metrics[id].cumulative for id in self._counts)
        first = None if running else min(each.first_day for each in self._spans).isoformat()
        last = max(each.last_day for each in self._spans).isoformat()
        size = self._events[0].seq
        for fact in facts_in_order(session, list(self._readers_of), first_day=first, last_day=last, size=size):
            self._see(fact)
        for id in self._counts:
            self._renew(id)

    def _see(self, fact: Fact) -> None:
        for id in self._readers_of.get(fact.type, ()):
            if self._waiting[fact.seq]:
                self._held[id][fact.seq] = fact
            else:
                self._counts[id].see(fact)

    def _take(self, event: Recorded) -> None:
        """Count what an event says in place of what it replaces."""
        if event.before is not None:
            self._waiting[event.before.seq] -= 1
        facts = [each for each in (event.before, event.after) if each is not None]
        concerned = {id for fact in facts for id in self._readers_of.get(fact.type, ())}
        for id in concerned:
            self._held[id].pop(facts[0].seq, None)
        if event.after is not None:
            self._see(event.after)
        for id in concerned:
            self._renew(id)

    def _renew(self, id: str) -> None:
        """Bring a metric's present count up to date: what is counted for good, and what is held apart."""
        self._now[id] = self._counts[id].with_held(self._held[id].values())

    def _values(self, metrics: Iterable[str]) -> dict[tuple[str, str], Values]:
        answers = Answers(self._catalogue, self._now, self._known)
        return {(id, each.id): answers.of(id, each) for id in metrics for each in self._periods}

    def _moved(self, event: Recorded) -> list[str]:
        """The metrics that may follow from an event, in order: those that read it, and those computed from these."""
        found: set[str] = set()
        waiting = [id for fact in (event.before, event.after) if fact is not None for id in self._readers(fact)]
        while waiting:
            id = waiting.pop()
            if id not in found:
                found.add(id)
                waiting.extend(self._dependents[id])
        return sorted(found)

    def _readers(self, fact: Fact) -> Iterator[str]:
        if fact.type == OPENED:
            metric = self._catalogue.metrics.get(fact.data["metric"])
            if metric is not None and metric.measure is Measure.BALANCE:
                yield metric.id
        else:
            yield from (metric.id for metric in self._catalogue.metrics_by_event.get(fact.type, ()))


def _read_by(metric: Metric, facts: Iterable[Fact]) -> list[Fact]:
    return [each for each in facts if each.type in metric.events or each.type in metric.leave]


def _readers_of(metrics: Iterable[Metric]) -> Mapping[str, list[str]]:
    """For each type of event the metrics that read it."""
    found: dict[str, list[str]] = defaultdict(list)
    for metric in metrics:
        opened = [OPENED] if metric.measure is Measure.BALANCE else []
        for type in {*metric.events, *metric.leave, *opened}:
            found[type].append(metric.id)
    return found


def _dependents(catalogue: Catalogue) -> Mapping[str, list[str]]:
    """For every metric those computed from it."""
    found: dict[str, list[str]] = {id: [] for id in catalogue.metrics}
    for id, metric in catalogue.metrics.items():
        for each in inputs(metric):
            found[each].append(id)
    return found
