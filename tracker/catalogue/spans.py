"""Reading when something is due: spans such as ``7d``, ``12h`` and ``3mo``, by choice or by date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tracker.catalogue.model import Field, FieldType
from tracker.catalogue.reader import NAME, Section, unknown
from tracker.catalogue.scope import Scope, common_fields
from tracker.catalogue.subjects import Due, Span

_SPAN = re.compile(r"([1-9]\d{0,4})(d|h|mo)", re.ASCII)
_ANY = re.compile(r".*", re.DOTALL)
_MOST_MONTHS = 1200


def span(section: Section, key: str) -> Span:
    """A duration; an hour where it is wrong."""
    text = section.text(key)
    found = _SPAN.fullmatch(text)
    if found is None:
        if text:
            section.wrong(key, f"{text!r} is not a duration such as 7d or 12h or 3mo")
        return Span(hours=1)
    count = int(found[1])
    if found[2] == "mo":
        if count > _MOST_MONTHS:
            section.wrong(key, f"{text!r} is more than {_MOST_MONTHS} months")
        return Span(months=min(count, _MOST_MONTHS))
    return Span(hours=count * (24 if found[2] == "d" else 1))


def due(section: Section, sources: Sequence[str], scope: Scope, *, dated: Sequence[str] = ()) -> Due:
    """What ``due`` says: a span; ``{by: choice, of: {value: span}}``; or ``{field: date}``.

    ``sources`` are the events that a choice may be a field of; ``dated`` those that open the deadline, all of which
    must have the date, and none where a date is not allowed.
    """
    found = section.get("due", str, dict)
    if not isinstance(found, dict):
        return Due(span=span(section, "due") if found is not None else Span(hours=1))
    inner = section.at("due", found)
    made = _by_date(inner, dated, scope) if dated and "field" in inner else _by_choice(inner, sources, scope)
    inner.close()
    return made


def _by_date(section: Section, events: Sequence[str], scope: Scope) -> Due:
    name = section.shaped("field", NAME, "lower_case")
    if not name or any((event, name) in scope.broken for event in events):
        return Due(date=name)
    for event in events:
        if event not in scope.events:
            continue
        field = scope.events[event].fields.get(name)
        if field is None:
            section.wrong("field", unknown(f"field of {event}", name, scope.events[event].fields))
        elif field.type is not FieldType.DATE:
            section.wrong("field", f"{name!r} is of type {field.type.value!r}; a deadline needs a date")
        else:
            refuse_confidential(section, "field", field)
    return Due(date=name)


def _by_choice(section: Section, events: Sequence[str], scope: Scope) -> Due:
    field = section.shaped("by", NAME, "lower_case")
    values = section.section("of")
    by_value = {value: span(values, value) for value in values.named(_ANY)}
    if field and all(event in scope.events for event in events):
        _check_choice(section, field, events, scope, by_value)
    return Due(field=field, by_value=by_value)


def _check_choice(section: Section, name: str, events: Sequence[str], scope: Scope, spans: Mapping[str, Span]) -> None:
    """The deadline's field must be an open choice of an event that comes before it runs out."""
    if any((event, name) in scope.broken for event in events):
        return
    found = common_fields(scope, events, name)
    if not found:
        names = {each for event in events for each in scope.events[event].fields}
        section.wrong("by", unknown("field", name, names))
    elif other := next((each for each in found if each.type is not FieldType.CHOICE), None):
        section.wrong("by", f"{name!r} is of type {other.type.value!r}; a deadline needs a choice")
    elif not any(refuse_confidential(section, "by", each) for each in found):
        _check_values(section, dict.fromkeys(value for each in found for value in each.choices), spans)


def refuse_confidential(section: Section, key: str, field: Field) -> bool:
    """Note that a confidential field cannot decide a deadline."""
    if field.confidential:
        section.wrong(key, f"{field.name!r} is confidential; a deadline would tell its value")
    return field.confidential


def _check_values(section: Section, choices: Iterable[str], spans: Mapping[str, Span]) -> None:
    allowed = list(choices)
    for value in spans:
        if value not in allowed:
            section.wrong(f"of.{value}", unknown("choice", value, allowed))
    if missing := [value for value in allowed if value not in spans]:
        section.wrong("of", f"has no deadline for {', '.join(missing)}")
