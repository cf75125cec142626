"""The passport of a figure as a page, and random samples of the events behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import render_template, request
from sqlalchemy.orm import Session

from tracker.disclosure.wording import words
from tracker.errors import Invalid, NotFound
from tracker.exports.leaves import Digest, digest_of, grounds
from tracker.exports.passport import Passport, passport
from tracker.exports.passport_document import decimal_of, version
from tracker.exports.sampling import LONGEST_SEED, MOST, Sample, draw
from tracker.ledger.events import Fact
from tracker.snapshots.figures import printable
from tracker.web import periods
from tracker.web.behind import MOST as MOST_COUNTED
from tracker.web.definitions import definition
from tracker.web.facts import said, type_words
from tracker.web.gate import current_person
from tracker.web.languages import _, locale
from tracker.web.pages import Page
from tracker.web.rendering import can, service
from tracker.workflows.sight import CASE, Sight, sight

FEW = 10
"""How many events a passport lists itself."""

USUAL_SAMPLE = 25


class Behind(NamedTuple):
    """The events behind a figure as one person may see them: the first few, how many there are, and how many of these
    are not theirs to see; ``more`` where counting stopped. ``digest`` is none where it takes long and nobody asked."""

    events: list[Fact]
    total: int
    hidden: int
    more: bool
    digest: Digest | None


def show(metric: str, period: str) -> str:
    """What a figure is, what it rests on, and all that was ever stated of it.

    :raise UnknownMetric: the catalogue has none of this name.
    :raise NotFound: there is no such revision, or no such event.
    """
    person = current_person()
    with service().database.read() as session:
        found = _asked(session, metric, period)
        view = sight(session, service().keys, person, service().ledger.clock())
        behind = _behind(session, found, view, whole="digest" in request.args)
    terms = definition(found.catalogue, found.metric)
    return render_template(
        "passport/show.html",
        **_about(found),
        behind=behind,
        value=printable(found.value),
        exact=_exact(found),
        terms=[term for term in terms if term.name != _("Rounding")],
        rounding=next(term for term in terms if term.name == _("Rounding")),
        version=version(found.catalogue, found.metric),
        inputs=[(each, span, periods.words(span)) for each, span in found.inputs()],
        moved=_moved(found),
    )


def sample(metric: str, period: str) -> str:
    """A sample of the events behind a figure, drawn by the seed that the address gives; without one, the form for it.

    :raise UnknownMetric: the catalogue has none of this name.
    :raise NotFound: there is no such revision, or no such event.
    """
    seed, count = request.args.get("seed"), request.args.get("count", str(USUAL_SAMPLE))
    with service().database.read() as session:
        found = _asked(session, metric, period)
        view = sight(session, service().keys, current_person(), service().ledger.clock())
        drawn, wrong = _drawn(session, found, view, seed, count) if seed is not None else (None, "")
    return render_template(
        "passport/sample.html",
        **_about(found),
        seed=seed or "",
        count=count[:10],
        most=MOST,
        drawn=drawn,
        wrong=wrong,
        visible=lambda fact: view.event(fact.type, fact.subject),
    )


def _asked(session: Session, metric: str, period: str) -> Passport:
    numbers = {name: _number(request.args[name]) for name in ("revision", "as_of") if request.args.get(name)}
    try:
        return passport(session, service().catalogue, metric, period, **numbers)
    except Invalid as error:
        raise NotFound(error.detail) from error


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound(f"{text[:40]!r} is no number of a revision or an event. Look it up on the figure's own page.")
    return int(text)


def _about(found: Passport) -> dict[str, Any]:
    """What both pages say of the figure. ``query`` leads to other pages about the same log."""
    query = {"revision": found.revision.snapshot.revision} if found.revision else {"as_of": found.as_of}
    return {
        "metric": found.metric,
        "domain": found.catalogue.domains[found.metric.domain],
        "period": found.period,
        "words": periods.words(found.period),
        "printed": words(found.catalogue, found.metric, found.value, locale()),
        "passport": found,
        "query": query,
        "said": said,
        "type_words": type_words,
    }


def _exact(found: Passport) -> str | None:
    if found.exact is None:
        return None
    return decimal_of(found.exact) or f"{found.exact.numerator} / {found.exact.denominator}"


def _moved(found: Passport) -> bool:
    """Whether the figure as it is now is not what its year was last frozen with."""
    stated = found.history[-1].value if found.history else None
    return found.revision is None and found.as_of is None and stated not in (None, printable(found.value))


def _seen(view: Sight) -> Callable[[Fact], bool]:
    """Whether an event may be counted; that one is left out would tell of a case that names who asks."""
    return lambda fact: not (fact.type.startswith(f"{CASE}.") and fact.subject in view.hidden)


def _behind(session: Session, found: Passport, view: Sight, *, whole: bool) -> Behind:
    listed: list[Fact] = []
    total, hidden, counts = 0, 0, _seen(view)
    for fact in found.facts(session):
        if total > MOST_COUNTED and not whole:
            break
        if not counts(fact):
            continue
        total += 1
        if not (can("events.read") and view.event(fact.type, fact.subject)):
            hidden += 1
        elif len(listed) < FEW:
            listed.append(fact)
    more = total > MOST_COUNTED and not whole
    return Behind(listed, total - more, hidden, more, None if more else digest_of(found.grounds(session)))


def _drawn(session: Session, found: Passport, view: Sight, seed: str, count: str) -> tuple[Sample | None, str]:
    """The sample, or what is wrong with how it was asked for."""
    facts = filter(_seen(view), found.facts(session))
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 10 else 0
    try:
        return draw(grounds(session, facts, found.size), seed, number), ""
    except Invalid:
        return None, _(
            "Give a seed of 1 to %(longest)s characters, not only blanks, and a number of events from 1 to %(most)s.",
            longest=LONGEST_SEED,
            most=MOST,
        )


PAGES = (
    Page("GET", "/figures/<metric>/<period>/passport", show, "figures.read"),
    Page("GET", "/figures/<metric>/<period>/sample", sample, "events.read"),
)
