"""The events behind a figure, a page at a time, as one person may see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, overload

from flask import request
from sqlalchemy.orm import Session

from tracker.access.people import Person
from tracker.catalogue import Metric
from tracker.catalogue.calendar import Period
from tracker.errors import Malformed, NotFound
from tracker.intake.parsing import parse_json
from tracker.ledger.events import Fact
from tracker.tallies.behind import facts_behind
from tracker.web.rendering import service
from tracker.workflows.sight import CASE, sight

PAGE = 50
MOST = 10_000
"""Events that are counted at most before a page says “more than”."""

_PLAIN = (str, int, bool, type(None))


class Behind(NamedTuple):
    """A page of events. ``total`` counts all of them, ``hidden`` those that are not for this person; ``more`` says
    that counting stopped there. ``next`` is the cursor of the next page."""

    events: list[Fact]
    cell: Mapping[str, Any]
    total: int
    hidden: int
    more: bool
    next: int | None


def page(session: Session, person: Person, metric: Metric, period: Period) -> Behind:
    """The page that the address asks for: ``?after=`` a seq, ``?cell=`` one of a breakdown, as JSON, ``?as_of=`` a seq:
    what was behind the figure when it was recorded.

    :raise NotFound: the metric has no such breakdown, or the address is odd.
    """
    cell, after = _cell(request.args.get("cell")), seq_of(request.args.get("after"), -1)
    as_of = seq_of(request.args.get("as_of"))
    view = sight(session, service().keys, person, service().ledger.clock())
    listed: list[Fact] = []
    total, hidden, more = 0, 0, False
    for fact in facts_behind(
        session, service().catalogue, metric, period, cell=cell, size=None if as_of is None else as_of + 1
    ):
        if total >= MOST and len(listed) > PAGE:
            more = True
            break
        if fact.type.startswith(f"{CASE}.") and fact.subject in view.hidden:
            continue  # not even counted: that one is hidden would tell of a case that names who asks
        total += 1
        if not view.event(fact.type, fact.subject):
            hidden += 1
        elif fact.seq > after and len(listed) <= PAGE:
            listed.append(fact)
    rest = listed[PAGE - 1].seq if len(listed) > PAGE else None
    return Behind(listed[:PAGE], cell, total, hidden, more, rest)


def _cell(text: str | None) -> Mapping[str, Any]:
    if not text:
        return {}
    try:
        found = parse_json(text.encode())
    except (Malformed, UnicodeEncodeError):
        found = None
    if not isinstance(found, dict) or not all(type(each) in _PLAIN for each in found.values()):
        raise NotFound("There is no such breakdown. Follow a link of the figure's own page.")
    return found


@overload
def seq_of(text: str | None, otherwise: int) -> int: ...
@overload
def seq_of(text: str | None) -> int | None: ...
def seq_of(text: str | None, otherwise: int | None = None) -> int | None:
    """A seq of the address; ``otherwise`` where it has none, or an odd one."""
    plain = text is not None and text.isascii() and text.isdigit() and len(text) < 16
    return int(text) if text and plain else otherwise
