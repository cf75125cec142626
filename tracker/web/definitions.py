"""What a metric measures, in words for who reads its figures rather than its configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tracker.catalogue import Catalogue, Measure, Metric
from tracker.catalogue.model import Field, Label
from tracker.web.facts import type_words
from tracker.web.languages import _, lazy, ngettext
from tracker.web.rendering import label, number


class Term(NamedTuple):
    """One line of a definition: what it is about, and its words. ``metric`` is set where they name another metric."""

    name: str
    words: tuple[str, ...]
    metrics: tuple[str, ...] = ()


_MEASURES: Mapping[Measure, Any] = {
    Measure.COUNT: lazy("How many of these events lie in the period."),
    Measure.SUM: lazy("The sum of “%(field)s” over these events in the period."),
    Measure.DISTINCT: lazy(
        "How many different values of “%(field)s” these events name in the period, each counted once."
    ),
    Measure.LATEST: lazy("The newest reading of “%(field)s” in the period."),
    Measure.LATEST_SUM: lazy("The newest readings of “%(field)s” in the period, one of each %(series)s, added up."),
    Measure.BALANCE: lazy("All that came in less all that left, from the beginning to the end of the period."),
    Measure.MEMBERS: lazy("How many are in at the end of the period: came in, and have not left."),
    Measure.MEAN: lazy("The mean of “%(field)s” over these events in the period."),
    Measure.RATIO: lazy("The first of these figures divided by the second."),
    Measure.TOTAL: lazy("The sum of these figures."),
    Measure.GROWTH: lazy("By how much this figure grew over the same period a year before."),
}
_PSEUDO: Mapping[str, Any] = {"subject": lazy("Subject"), "entity": lazy("Entity"), "day": lazy("Day")}
_ROUNDINGS: Mapping[str, Any] = {
    "half_up": lazy("halves away from zero"),
    "half_even": lazy("halves to the even neighbour"),
    "up": lazy("away from zero"),
    "down": lazy("towards zero"),
}
_QUALIFIERS: Mapping[str, Any] = {
    "exact": lazy("exactly"),
    "over": lazy("“over”"),
    "more": lazy("“more than”"),
    "about": lazy("“about”"),
    "near": lazy("“nearly”"),
    "at_most": lazy("“at most”"),
}
_MISSING = lazy("none given")


def definition(catalogue: Catalogue, metric: Metric) -> list[Term]:
    """The lines of a metric's definition, in the language of the request; what does not apply is left out."""
    return [*_measured(catalogue, metric), *_narrowed(catalogue, metric), *_printed(metric), *_answered(metric)]


def dimension_name(catalogue: Catalogue, metric: Metric, name: str) -> str:
    """What people call a dimension of a metric's breakdown."""
    return _field_name(catalogue, metric, name)


def _measured(catalogue: Catalogue, metric: Metric) -> Iterator[Term]:
    yield Term(_("Measure"), (_sentence(catalogue, metric), *_additions(catalogue, metric)))
    entering = _("Come in by") if metric.measure in (Measure.BALANCE, Measure.MEMBERS) else _("Events")
    if metric.events:
        yield Term(entering, _events(metric.events))
    if metric.leave:
        yield Term(_("Leave by"), _events(metric.leave))
    for name, ids in (
        (_("Figures"), metric.of),
        (_("Less"), metric.minus),
        (_("Divided"), (metric.numerator,)),
        (_("By"), (metric.denominator,)),
    ):
        named = tuple(each for each in ids if each)
        if named:
            yield Term(name, tuple(label(catalogue.metrics[each].label) for each in named), named)


def _events(types: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{type_words(each)} ({each})" for each in types)


def _sentence(catalogue: Catalogue, metric: Metric) -> str:
    series = _and([_field_name(catalogue, metric, each) for each in metric.per]) if metric.per else _("Subject")
    field = _field_name(catalogue, metric, metric.field) if metric.field else ""
    return str(_MEASURES[metric.measure]) % {"field": field, "series": series}


def _additions(catalogue: Catalogue, metric: Metric) -> Iterator[str]:
    if metric.measure is Measure.BALANCE and metric.field:
        yield _("Each counts by its “%(field)s”.", field=_field_name(catalogue, metric, metric.field))
    if metric.weight:
        yield _("Weighted by “%(field)s”.", field=_field_name(catalogue, metric, metric.weight))
    if metric.carry:
        yield _("Where the period has none, the last one before it holds.")
    if metric.factor != 1:
        yield _("Times %(factor)s.", factor=number(metric.factor))


def _narrowed(catalogue: Catalogue, metric: Metric) -> Iterator[Term]:
    if metric.where:
        words = (_condition(catalogue, metric, name, values) for name, values in metric.where.items())
        yield Term(_("Only where"), tuple(words))
    if metric.by:
        groups = (" × ".join(_field_name(catalogue, metric, each) for each in group) for group in metric.by)
        yield Term(_("Broken down by"), tuple(groups))


def _condition(catalogue: Catalogue, metric: Metric, name: str, values: Sequence[Any]) -> str:
    field = _field(catalogue, metric, name)
    said = [
        label(field.choices[str(each)]) if field and str(each) in field.choices else _value(each) for each in values
    ]
    return _("%(field)s is %(values)s", field=_field_name(catalogue, metric, name), values=_or(said))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _printed(metric: Metric) -> Iterator[Term]:
    places = (
        ngettext("To %(num)s decimal", "To %(num)s decimals", metric.places) if metric.places else _("To whole numbers")
    )
    yield Term(_("Rounding"), (places, str(_ROUNDINGS[metric.rounding])))
    if metric.qualifier != "exact":
        yield Term(_("Said in reports as"), (str(_QUALIFIERS[metric.qualifier]),))
    if metric.zero:
        yield Term(_("Nothing is worded"), (label(metric.zero),))


def _answered(metric: Metric) -> Iterator[Term]:
    yield Term(_("Owner"), (metric.owner or str(_MISSING),))
    if metric.kpis:
        yield Term(_("KPIs"), tuple(f"{index}: {', '.join(kpis)}" for index, kpis in metric.kpis.items()))
    if metric.note:
        yield Term(_("Note"), (label(metric.note),))


def _field_name(catalogue: Catalogue, metric: Metric, name: str) -> str:
    if name in _PSEUDO:
        return str(_PSEUDO[name])
    found: Label | None = field.label if (field := _field(catalogue, metric, name)) else None
    return label(found) or name


def _field(catalogue: Catalogue, metric: Metric, name: str) -> Field | None:
    """The field of this name of the events that a metric, or what it is computed from, reads."""
    for event in (*metric.events, *metric.leave):
        if name in catalogue.events[event].fields:
            return catalogue.events[event].fields[name]
    inputs = (*metric.of, *metric.minus, metric.numerator, metric.denominator)
    found = (_field(catalogue, catalogue.metrics[each], name) for each in inputs if each)
    return next((each for each in found if each), None)


def _and(words: Sequence[str]) -> str:
    return _(" and ").join(words)


def _or(words: Sequence[str]) -> str:
    return _(" or ").join(words)
