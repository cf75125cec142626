"""Building metrics: what each measure takes, and how its events and fields fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tracker.catalogue import readings
from tracker.catalogue.fingerprint import fingerprint
from tracker.catalogue.labels import label
from tracker.catalogue.model import COMPUTED, CUMULATIVE, Field, FieldType, Measure, Metric
from tracker.catalogue.presentation import presentation
from tracker.catalogue.reader import Section, unknown
from tracker.catalogue.scope import Scope, near, resolve

TAKES: Mapping[Measure, tuple[str, ...]] = {
    Measure.COUNT: ("of", "where", "by"),
    Measure.SUM: ("of", "field", "where", "by"),
    Measure.DISTINCT: ("of", "field", "where", "by"),
    Measure.LATEST: ("of", "field", "carry", "where", "by"),
    Measure.LATEST_SUM: ("of", "field", "per", "carry", "where", "by"),
    Measure.BALANCE: ("enter", "leave", "quantity", "where", "by"),
    Measure.MEMBERS: ("enter", "leave", "where", "by"),
    Measure.MEAN: ("of", "field", "weight", "where", "by"),
    Measure.RATIO: ("numerator", "denominator", "factor", "by"),
    Measure.TOTAL: ("of", "minus", "by"),
    Measure.GROWTH: ("of", "factor", "by"),
}
"""The keys of each measure, beside those that every metric takes."""

_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_VALUES = (*_NUMBERS, FieldType.MONEY)
_KEYS = tuple(kind for kind in FieldType if kind not in (FieldType.NUMBER, FieldType.MONEY, FieldType.TIME))


def metric(name: str, section: Section, domain: str, scope: Scope) -> Metric | None:
    """Read one metric; None where its measure is not known."""
    shared: dict[str, Any] = {"label": label(section, "label", scope.locales), **presentation(section, scope)}
    kind = section.choice("measure", list(Measure), kind="measure")
    if not kind:
        return None
    measure = Measure(kind)
    shared |= {"id": f"{domain}.{name}", "domain": domain, "measure": measure}
    definition = _computed if measure in COMPUTED else _kept
    built = definition(section, domain, scope, shared)
    section.close(lambda key: _explain(key, measure))
    return built


def _explain(key: str, measure: Measure) -> str | None:
    """A key that another measure takes deserves more than "unknown"."""
    if not any(key in keys for keys in TAKES.values()):
        return None
    return f"the measure {measure.value!r} does not take {key!r}; it takes {', '.join(TAKES[measure])}"


def _computed(section: Section, domain: str, scope: Scope, shared: Mapping[str, Any]) -> Metric:
    measure = shared["measure"]
    shared = {**shared, "by": readings.groupings(section)}
    if measure is Measure.RATIO:
        parts: dict[str, Any] = {
            key: _metric(section, key, section.text(key), domain, scope) for key in ("numerator", "denominator")
        }
        return Metric(**shared, **parts, factor=_factor(section))
    if measure is Measure.GROWTH:
        return Metric(**shared, of=_metrics(section, (section.text("of"),), domain, scope), factor=_factor(section))
    added = _metrics(section, section.names("of"), domain, scope)
    taken = _metrics(section, section.names("minus", optional=True), domain, scope, key="minus")
    for each in (each for each in taken if each in added):
        section.wrong("minus", f"{each!r} is added already; adding and taking it off comes to nothing")
    return Metric(**shared, of=added, minus=taken)


def _metrics(section: Section, names: Sequence[str], domain: str, scope: Scope, *, key: str = "of") -> tuple[str, ...]:
    return tuple(full for name in names if (full := _metric(section, key, name, domain, scope)))


def _metric(section: Section, key: str, name: str, domain: str, scope: Scope) -> str | None:
    full = resolve(name, domain, scope.metrics)
    if name and full is None:
        section.wrong(key, unknown("metric", name, near(domain, scope.metrics)))
    return full


def _factor(section: Section) -> Decimal:
    found = section.decimal("factor")
    if found is not None and found == 0:
        section.wrong("factor", "is 0, which would make every figure 0")
    return Decimal(1) if found is None else found


def _kept(section: Section, domain: str, scope: Scope, shared: Mapping[str, Any]) -> Metric:
    measure = shared["measure"]
    enter = _events(section, "enter" if measure in CUMULATIVE else "of", domain, scope)
    leave = _events(section, "leave", domain, scope, optional=True) if measure in CUMULATIVE else ()
    _check_apart(section, enter, leave)
    name, value = _value(section, measure, (*enter, *leave), scope)
    weight = _weight(section, measure, enter, scope)
    if value is not None:
        readings.check_currency(section, shared["unit"], value, measure, scope)
    # Members leave with the dimensions they came in with, so only what enters must carry those.
    cells = enter if measure is Measure.MEMBERS else (*enter, *leave)
    built = Metric(
        **shared,
        events=enter,
        leave=leave,
        field=name,
        weight=weight.name if weight else None,
        scale=value.scale if value else 0,
        weight_scale=weight.scale if weight else 0,
        carry=section.flag("carry") if "carry" in TAKES[measure] else False,
        per=readings.per(section, cells, scope) if "per" in TAKES[measure] else (),
        where=readings.where(section, (*enter, *leave), scope),
        by=readings.by(section, cells, scope),
    )
    return fingerprint(built, of_list=value is not None and value.type is FieldType.LIST)


def _events(section: Section, key: str, domain: str, scope: Scope, *, optional: bool = False) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in section.names(key, optional=optional):
        if event := resolve(name, domain, scope.events):
            found[event] = None
        else:
            section.wrong(key, unknown("event", name, near(domain, scope.events)))
    return tuple(found)


def _check_apart(section: Section, enter: Sequence[str], leave: Sequence[str]) -> None:
    for event in enter:
        if event in leave:
            section.wrong("leave", f"{event!r} enters already; it cannot do both")


def _value(section: Section, measure: Measure, events: Sequence[str], scope: Scope) -> tuple[str | None, Field | None]:
    """The name of the recorded field, and its declaration unless it is a pseudo-field."""
    key = "quantity" if measure is Measure.BALANCE else "field"
    if key not in TAKES[measure]:
        return None, None
    name = section.text(key, optional=measure is Measure.BALANCE) or None
    if name is None or (measure is Measure.DISTINCT and name in readings.PSEUDO):
        return name, None
    types, use = (_KEYS, "distinct key") if measure is Measure.DISTINCT else (_VALUES, "value")
    return name, readings.recorded(section, key, name, events, scope, types=types, use=use)


def _weight(section: Section, measure: Measure, events: Sequence[str], scope: Scope) -> Field | None:
    if measure is not Measure.MEAN or not (name := section.text("weight", optional=True)):
        return None
    return readings.recorded(section, "weight", name, events, scope, types=_NUMBERS, use="weight")
