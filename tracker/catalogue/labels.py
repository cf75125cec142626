"""Labels: text in every locale of the organisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracker.catalogue.model import Label
from tracker.catalogue.reader import Section, unknown


def label(section: Section, key: str, locales: Sequence[str], *, optional: bool = False, blank: bool = False) -> Label:
    """The text under ``key`` in every locale, in the organisation's order; ``blank`` allows empty text."""
    found = section.section(key, optional=optional)
    known = _in_order(found, locales)
    return {locale: (found.get(locale, str) or "") if blank else found.text(locale) for locale in known}


def words(section: Section, key: str, locales: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """One form, or singular and plural, in every locale."""
    found = section.section(key)
    return {locale: forms(found, locale) or ("",) for locale in _in_order(found, locales)}


def forms(section: Section, key: str, *, optional: bool = False) -> tuple[str, ...] | None:
    """``家``, or ``[supplier, suppliers]``; None when absent or wrong."""
    found = section.get(key, str, list, optional=optional)
    if found is None or isinstance(found, str):
        return None if found is None else (found,)
    if len(found) in (1, 2) and all(isinstance(each, str) for each in found):
        return tuple(found)
    section.wrong(key, "expected one form, or a list of singular and plural")
    return None


def _in_order(found: Section, locales: Sequence[str]) -> Sequence[str]:
    """The organisation's locales. Where those could not be read, what the label itself has."""
    if not locales:
        return list(found.data)
    for locale in found.data:
        if locale not in locales:
            found.wrong(locale, unknown("locale", locale, locales))
    return locales
