"""Building what workflows decide by: the ``workflow`` of a domain, checked against the domain's own events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tracker.catalogue.labels import label
from tracker.catalogue.model import Field, FieldType
from tracker.catalogue.reader import CODE, NAME, Section, unknown
from tracker.catalogue.rules import ContentRules, Grade, Ladder, Severity, Step, SupplierRules, Workflows
from tracker.catalogue.scope import Scope

FOUND, PENALISED = "content.violation.found", "content.violation.penalised"
QUALIFIED, EVALUATED = "suppliers.supplier.qualified", "suppliers.supplier.evaluated"
HALVES = 2
_LONGEST = 3650
_MOST = Decimal(100)


def workflows(sections: Mapping[str, Section], scope: Scope) -> Workflows:
    """Read the ``workflow`` of every domain that has one."""
    built: dict[str, Any] = {}
    for domain, section in sections.items():
        if "workflow" not in section:
            continue
        inner = section.section("workflow")
        if domain not in _READERS:
            section.wrong("workflow", f"only {' and '.join(_READERS)} have a workflow; remove it")
        elif not inner.muted:
            built[domain] = _READERS[domain](inner, scope)
            inner.close()
    return Workflows(**built)


def _content(section: Section, scope: Scope) -> ContentRules:
    severities = tuple(_severity(id, each, scope) for id, each in section.section("severities").entries())
    ladders = tuple(_ladder(each, scope) for each in section.sections("ladders"))
    categories = [category for each in severities for category in each.categories]
    _check_shared(section, "severities", categories, _choices(section, FOUND, "category", scope))
    surfaces = [surface for each in ladders for surface in each.surfaces]
    _check_shared(section, "ladders", surfaces, _choices(section, FOUND, "surface", scope))
    return ContentRules(
        severities=severities,
        ladders=ladders,
        points_days=section.integer("points_expire_after_days", 1, _LONGEST, default=0) or None,
        owner_link_days=section.integer("owner_link_days", 1, 365, default=30),
    )


def _severity(id: str, section: Section, scope: Scope) -> Severity:
    built = Severity(
        id, label(section, "label", scope.locales), section.names("categories"), section.integer("points", 0, 100)
    )
    section.close()
    return built


def _ladder(section: Section, scope: Scope) -> Ladder:
    penalties = _choices(section, PENALISED, "penalty", scope)
    built = Ladder(section.names("surfaces"), tuple(_step(each, penalties) for each in section.sections("steps")))
    starts = [each.start for each in built.steps]
    if starts and starts[0] != 0:
        section.wrong("steps.0.from", f"is {starts[0]}; the first step is from 0, so that no violation falls through")
    for at in range(1, len(starts)):
        if starts[at] <= starts[at - 1]:
            section.wrong(f"steps.{at}.from", f"is {starts[at]}, not more than the step before")
    section.close()
    return built


def _step(section: Section, penalties: Collection[str]) -> Step:
    built = Step(
        start=section.integer("from", 0, 100_000),
        penalty=section.choice("penalty", penalties, kind="penalty") if penalties else section.text("penalty"),
        days=section.integer("days", 1, _LONGEST, default=0) or None,
    )
    section.close()
    return built


def _check_shared(section: Section, key: str | None, named: Sequence[str], choices: Collection[str]) -> None:
    """Each choice belongs to exactly one of several groups."""
    if not choices:
        return  # what is wrong with the field has been told
    for name in dict.fromkeys(named):
        if name not in choices:
            section.wrong(key, unknown("choice", name, choices))
        elif named.count(name) > 1:
            section.wrong(key, f"{name!r} is named more than once")
    if missing := [each for each in choices if each not in named]:
        section.wrong(key, f"leaves out {', '.join(missing)}")


def _suppliers(section: Section, scope: Scope) -> SupplierRules:
    rounds = section.section("rounds")
    built = SupplierRules(
        scores=_scores(section, scope),
        grades=_grades(section.section("grades"), _choices(section, EVALUATED, "grade", scope)),
        minimum=_score(section, "minimum"),
        improvement_days=section.integer("improvement_days", 1, _LONGEST),
        rounds={name: label(rounds, name, scope.locales) for name in rounds.named(CODE, "h1")},
        important=_important(section, scope),
    )
    if rounds.data and len(rounds.data) != HALVES:
        section.wrong("rounds", f"names {len(rounds.data)} rounds; a year has two halves")
    return built


def _scores(section: Section, scope: Scope) -> tuple[str, ...]:
    names = section.names("scores")
    fields = _fields(section, EVALUATED, scope)
    for name in names if fields is not None else ():
        field = (fields or {}).get(name)
        if field is None:
            section.wrong("scores", unknown("field", name, fields or ()))
        elif field.type not in (FieldType.INTEGER, FieldType.NUMBER) or field.confidential or not field.required:
            section.wrong("scores", f"{name!r} cannot be a score; a score is a required, open integer or number")
    return names


def _grades(section: Section, choices: Collection[str]) -> tuple[Grade, ...]:
    grades = tuple(_grade(id, each) for id, each in section.entries())
    for worse, better in zip(grades[1:], grades, strict=False):
        if worse.start >= better.start:
            section.wrong(f"{worse.id}.from", f"is {worse.start}, not less than {better.id}; list the best first")
    if grades and grades[-1].start != 0:
        section.wrong(f"{grades[-1].id}.from", "is not 0; the last grade begins at 0, so that every mean has one")
    if not section.muted:
        _check_shared(section, None, [each.id for each in grades], choices)
    return grades


def _grade(id: str, section: Section) -> Grade:
    built = Grade(id, _score(section, "from"), section.flag("preferred"), section.flag("improve"))
    section.close()
    return built


def _score(section: Section, key: str) -> Decimal:
    found = section.decimal(key)
    if found is None and key not in section:
        section.wrong(key, "is missing")
    if found is not None and not 0 <= found <= _MOST:
        section.wrong(key, f"is {found}; expected 0 to {_MOST}")
    return found or Decimal(0)


def _important(section: Section, scope: Scope) -> str | None:
    name = section.shaped("important", NAME, "lower_case", optional=True)
    fields = _fields(section, QUALIFIED, scope) if name else None
    if fields is None:
        return name or None
    if name not in fields:
        section.wrong("important", unknown("field", name, fields))
    elif fields[name].type is not FieldType.FLAG:
        section.wrong("important", f"{name!r} is of type {fields[name].type.value!r}; expected a flag")
    return name


def _choices(section: Section, event: str, name: str, scope: Scope) -> Collection[str]:
    """The choices of a field that the workflow is about; none, and a mistake, where there is no such field."""
    fields = _fields(section, event, scope)
    if fields is None or (event, name) in scope.broken:
        return ()
    field = fields.get(name)
    if field is None or field.type is not FieldType.CHOICE:
        section.wrong(None, f"a workflow needs the choice {name!r} in the event {event}")
        return ()
    return tuple(field.choices)


def _fields(section: Section, event: str, scope: Scope) -> Mapping[str, Field] | None:
    if event not in scope.events:
        section.wrong(None, f"a workflow needs the event {event}, which is not declared")
        return None
    return scope.events[event].fields


_READERS: Mapping[str, Callable[[Section, Scope], Any]] = {"content": _content, "suppliers": _suppliers}
