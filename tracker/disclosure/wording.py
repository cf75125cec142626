"""A figure as people print it: ``人民幣 280 萬元``, ``1,802 suppliers``, ``25%``.

Numbers come here rounded to the figure's places and are printed exactly: a scale word is used
only where it loses nothing. Grouping signs and plurals are CLDR's, through Babel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

from babel import Locale
from babel.numbers import format_decimal

from tracker.catalogue.model import Catalogue, Metric, PrintRule, Unit

Scales: TypeAlias = Mapping[str, Decimal]
T = TypeVar("T")

NOTHING = "—"
"""How a figure without a value is printed."""

_CHINESE: Scales = {"億": Decimal(10**8), "百萬": Decimal(10**6), "萬": Decimal(10**4)}
_ENGLISH: Scales = {"billion": Decimal(10**9), "million": Decimal(10**6), "thousand": Decimal(10**3)}
_SCALES: Scales = {**_CHINESE, **_ENGLISH}
_AUTOMATIC: Mapping[str, tuple[str, ...]] = {"zh": ("億", "萬"), "en": ("billion", "million")}
_AUTOMATIC_PLACES = 2
_PRECISION = 200  # far beyond any figure, so that nothing is rounded by accident


class _Printed(NamedTuple):
    """A number on its way to paper: in units of ``scale`` (a word, or empty), with ``places`` decimals."""

    number: Decimal
    places: int
    scale: str = ""

    @property
    def counted(self) -> Decimal:
        """The number whose plural the unit takes: ``1 million views`` speaks of a million."""
        return self.number * _SCALES[self.scale] if self.scale else self.number


def words(catalogue: Catalogue, metric: Metric, value: Decimal | None, locale: str, *, rounded: bool = False) -> str:
    """``value`` of ``metric`` with its unit, in the language of ``locale`` (``zh-Hant``, ``en``, ``de``, …).

    ``value`` has the metric's places at most. With ``rounded`` an automatic scale may drop what lies
    beyond its two decimals, as prose does; without, it is taken only where it is exact.
    A locale that the labels lack gets its own numbers and the English words.
    """
    if value is None:
        return NOTHING
    if value == 0 and metric.zero:
        return _choose(metric.zero, locale)
    unit = catalogue.units[metric.unit]
    with localcontext(prec=_PRECISION, rounding=ROUND_HALF_EVEN):
        rule = metric.printing.get(locale, PrintRule())
        printed = _scaled(metric, rule, value, _babel(locale).language, rounded=rounded)
        number = _digits(printed, locale)
        return _joined(number, printed, unit, _unit_words(unit, rule, printed, locale), locale)


def dimension_words(catalogue: Catalogue, metric: Metric, by: Mapping[str, object], locale: str) -> str:
    """The dimensions of a breakdown's cell as people read them: ``線下``, ``Offline · Under 30``.

    A choice is printed by its label; any other value as it is, and a missing one as an em dash.
    """
    return " · ".join(_dimension(catalogue, metric, name, value, locale) for name, value in by.items())


def _dimension(catalogue: Catalogue, metric: Metric, name: str, value: object, locale: str) -> str:
    if value is None:
        return NOTHING
    for id in leaves(catalogue, metric):
        for event in catalogue.metrics[id].events:
            field = catalogue.events[event].fields.get(name)
            if field is not None and value in field.choices:
                return _choose(field.choices[str(value)], locale)
    return str(value)


def leaves(catalogue: Catalogue, metric: Metric) -> Iterator[str]:
    """The counted metrics that a metric follows from: itself, unless it is computed."""
    parts = [each for each in (*metric.of, *metric.minus, metric.numerator, metric.denominator) if each]
    if not parts:
        yield metric.id
    for each in parts:
        yield from leaves(catalogue, catalogue.metrics[each])


def _scaled(metric: Metric, rule: PrintRule, value: Decimal, language: str, *, rounded: bool) -> _Printed:
    value = value * rule.times
    scale = _automatic(value, language, rounded=rounded) if rule.scale == "auto" else rule.scale
    if scale in _SCALES and value:
        number = value / _SCALES[scale]
        places = _AUTOMATIC_PLACES if rounded else _places(number)
    else:
        number, places, scale = value, metric.places, ""
    places = places if rule.places is None else rule.places
    number = number.quantize(Decimal(1).scaleb(-places), f"ROUND_{metric.rounding.upper()}")
    # A scaled number speaks for itself: 2.80 million is written 2.8 million, unless the rule asks for places.
    return _Printed(number + 0, _places(number) if scale and rule.places is None else places, scale)


def _automatic(value: Decimal, language: str, *, rounded: bool) -> str:
    """The largest scale word that loses nothing within two decimals; empty if none does."""
    for scale in _AUTOMATIC.get(language, ()):
        factor = _SCALES[scale]
        if abs(value) >= factor and (rounded or _places(value / factor) <= _AUTOMATIC_PLACES):
            return scale
    return ""


def _places(number: Decimal) -> int:
    """Decimals that are not trailing zeros."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _digits(printed: _Printed, locale: str) -> str:
    pattern = "#,##0." + "0" * printed.places if printed.places else "#,##0"
    return format_decimal(printed.number, pattern, _babel(locale))


def _unit_words(unit: Unit, rule: PrintRule, printed: _Printed, locale: str) -> str:
    forms = rule.unit or _choose(unit.words, locale)
    spoken = locale if rule.unit or locale in unit.words else "en"
    singular = _babel(spoken).plural_form(printed.counted) == "one"
    return forms[0] if singular else forms[-1]


def _joined(number: str, printed: _Printed, unit: Unit, unit_words: str, locale: str) -> str:
    before = _choose(unit.before, locale) if unit.before else ""
    close = printed.scale in _CHINESE  # 萬元, but million views
    tail = f"{printed.scale}{unit_words}" if close else " ".join(filter(None, (printed.scale, unit_words)))
    tight = unit.tight and not printed.scale
    return " ".join(filter(None, (before, f"{number}{tail}" if tight else " ".join(filter(None, (number, tail))))))


def _choose(texts: Mapping[str, T], locale: str) -> T:
    """The text of a locale, else the English one, else the first there is."""
    return texts[locale] if locale in texts else texts.get("en", next(iter(texts.values())))


@lru_cache(maxsize=64)
def _babel(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")
