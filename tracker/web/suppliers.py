"""Suppliers: the library as a list, a scorecard for each with every round, and how far a half-yearly round is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Response, redirect, render_template, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from tracker.cases import deadlines, queries
from tracker.cases.queries import Standing
from tracker.catalogue.rules import SupplierRules
from tracker.web import charts, naming, periods, subjectpages, supplierlist
from tracker.web.fieldwords import choices, state_words, told
from tracker.web.gate import current_person
from tracker.web.languages import _
from tracker.web.pages import Page
from tracker.web.rendering import calendar_day, label, service
from tracker.web.supplierlist import grade_tone
from tracker.workflows import acting, scorecards, suppliers
from tracker.workflows.profiles import EVALUATED, KIND, QUALIFIED, REGISTERED
from tracker.workflows.scorecards import CERTIFIED, Scorecard
from tracker.workflows.scoring import tenths
from tracker.workflows.sight import missing
from tracker.workflows.suppliers import Progress, Round


class Score(NamedTuple):
    """One score of one round; ``failed`` where it is below the minimum."""

    value: Decimal | None
    failed: bool


class Line(NamedTuple):
    """One round of a scorecard: the scores in the order of the configuration, and what they come to."""

    round: str
    day: str
    scores: tuple[Score, ...]
    mean: Decimal | None
    grade: str
    tone: str


class Due(NamedTuple):
    """A deadline of a supplier, in words."""

    words: str
    due: str
    status: str


def index() -> Response | str:
    """The library of suppliers."""
    with service().database.read() as session:
        counts = queries.counts(session, KIND)
        rules = service().catalogue.workflows.suppliers
        return supplierlist.listing().answer(
            "suppliers/index.html",
            lambda query: supplierlist.fetch(session, query),
            states=[(state, words, counts[state]) for state, words in supplierlist.states() if state in counts],
            round=_present(session).id if rules else None,
            registers=current_person().may("subjects.act") and KIND in service().catalogue.lifecycles_by_kind,
        )


def show(subject: str) -> str:
    """The scorecard of one supplier.

    :raise NotFound: there is no such supplier.
    """
    catalogue, person = service().catalogue, current_person()
    with service().database.read() as session:
        standing = queries.standing(session, KIND, subject)
        if standing is None:
            raise missing(subject)
        card = scorecards.scorecard(session, catalogue, subject)
        rules = catalogue.workflows.suppliers
        lines = _lines(rules, card)
        return render_template(
            "suppliers/show.html",
            standing=standing,
            state=state_words(KIND, standing.state),
            card=card,
            place=_place(session, card),
            rules=rules,
            score_words=[told_field(name) for name in rules.scores] if rules else [],
            lines=lines,
            chart=_chart(rules, lines),
            certificates=_certificates(session, subject, card),
            dues=_dues(session, subject),
            evaluates=EVALUATED in {each.type for each in acting.allowed(service().context, session, person, standing)}
            and standing.state in suppliers.active_states(catalogue),
            address=url_for("web.subjects_show", kind=KIND, subject=subject),
        )


def rounds_index() -> Any:
    """On to the present round."""
    with service().database.read() as session:
        return redirect(url_for("web.suppliers_rounds_show", round=_present(session).id), 303)


def rounds_show(round: str) -> str:
    """How far a round is: who is evaluated, with which grade, and who is not yet.

    :raise NotFound: there is no such round.
    """
    catalogue = service().catalogue
    with service().database.read() as session:
        progress = suppliers.open_round(session, catalogue, round)
        return render_template(
            "suppliers/round.html",
            progress=progress,
            rounds=_beside(session, progress.round),
            whole=len(progress.grades) + len(progress.missing),
            grades=_by_grade(progress),
            grade_words=lambda grade: told(EVALUATED, "grade", grade),
            tone=grade_tone,
            acting=current_person().may("subjects.act"),
        )


def told_field(name: str) -> str:
    """What a field of an evaluation is called."""
    return label(service().catalogue.events[EVALUATED].fields[name].label)


def _present(session: Session) -> Round:
    """The round of today, unless all that happens lies in an earlier year: then that year's last."""
    catalogue, year = service().catalogue, periods.busy_year(session)
    if year == periods.present_year():
        return suppliers.round_on(catalogue, calendar_day(service().ledger.clock()))
    return suppliers.last_round(catalogue, year)


def _beside(session: Session, shown: Round) -> list[Round]:
    """The rounds of its year, of the year before, and of those with evaluations, as far as they have begun."""
    catalogue, today = service().catalogue, calendar_day(service().ledger.clock())
    years = sorted({shown.year - 1, shown.year, periods.present_year(), *suppliers.years_evaluated(session)})
    return [each for year in years for each in suppliers.rounds(catalogue, year) if each.first_day <= today]


def _by_grade(progress: Progress) -> list[tuple[str, str, int]]:
    """Each grade with its words and how many have it, in the order of the configuration."""
    counted = list(progress.grades.values())
    return [(grade, words, counted.count(grade)) for grade, words in choices(EVALUATED, "grade")]


def _lines(rules: SupplierRules | None, card: Scorecard) -> list[Line]:
    found = []
    for each in card.evaluations:
        result = each.result
        scores = [
            Score(result.scores[name], name in result.failed) if result else Score(None, False)
            for name in (rules.scores if rules else ())
        ]
        mean = tenths(result.mean) if result else None
        grade = told(EVALUATED, "grade", each.grade)
        found.append(Line(each.round, each.day, tuple(scores), mean, grade, grade_tone(each.grade)))
    return found


def _chart(rules: SupplierRules | None, lines: list[Line]) -> Markup | None:
    """The mean of each round, as a line; a single round makes none."""
    if rules is None or len(lines) < 2:
        return None
    series = charts.Series(_("Mean"), [each.mean for each in lines])
    return charts.line([each.round for each in lines], [series], title=_("Mean of the scores, round by round"))


def _place(session: Session, card: Scorecard) -> list[tuple[str, str]]:
    """What the supplier was registered and qualified with, in words."""
    events, names = service().catalogue.events, naming.names_of(session)
    known = [events[type] for type in (REGISTERED, QUALIFIED) if type in events]
    declared = {name: event for event in known for name in event.fields}
    said = {name: told(event.type, name, card.place[name]) for name, event in declared.items() if name in card.place}
    return [(label(declared[name].fields[name].label), names.get(value, value)) for name, value in said.items()]


def _certificates(session: Session, subject: str, card: Scorecard) -> list[tuple[str, str, str, str]]:
    """Standard, last day, day of recording, and whether it still holds: ``open``, ``soon`` or ``overdue``."""
    status: dict[str, str] = {}
    for each in deadlines.of(session, KIND, subject, service().ledger.clock()):
        if each.met is None:
            status[each.name.partition(":")[2]] = each.status
    return [
        (told(CERTIFIED, "standard", each.standard), each.valid_until, each.recorded, status.get(each.standard, "met"))
        for each in card.certificates
    ]


def _dues(session: Session, subject: str) -> list[Due]:
    """What waits, but for certificates, which are told beside."""
    catalogue = service().catalogue
    found = deadlines.of(session, KIND, subject, service().ledger.clock())
    return [
        Due(label(deadlines.label(catalogue, each)), each.due, each.status)
        for each in found
        if each.met is None and not each.name.startswith("certificate:")
    ]


def _panel(session: Session, standing: Standing) -> Mapping[str, Any]:
    """What a supplier's page shows beside its timeline."""
    card = scorecards.scorecard(session, service().catalogue, standing.subject)
    newest = card.newest
    return {
        "address": url_for("web.suppliers_show", subject=standing.subject),
        "round": newest.round if newest else None,
        "grade": told(EVALUATED, "grade", newest.grade) if newest else "",
        "tone": grade_tone(newest.grade) if newest else "quiet",
        "mine": card.place.get("recommended_by") == current_person().id,
    }


subjectpages.PANELS[KIND] = _panel

PAGES = (
    Page("GET", "/suppliers", index, "subjects.read"),
    Page("GET", "/suppliers/rounds", rounds_index, "subjects.read"),
    Page("GET", "/suppliers/rounds/<round>", rounds_show, "subjects.read"),
    Page("GET", "/suppliers/<path:subject>", show, "subjects.read"),
)
