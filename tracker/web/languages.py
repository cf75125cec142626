"""Which language a page speaks, and its words: English in the code, others in PO files that are read at start.

Browsers ask for Chinese in many ways (``zh-HK``, ``zh-TW``, ``zh-Hant-MO``); all of them mean the
Traditional Chinese that the report is written in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, g, has_request_context, request
from flask_babel import Babel, Domain, gettext, lazy_gettext, ngettext

from tracker.service import Service
from tracker.web.pages import PERMISSIONS_OF_PAGES, TRACELESS

__all__ = ["_", "choose", "lazy", "locale", "ngettext", "register"]

TRANSLATIONS = Path(__file__).parent / "translations"
COOKIE = "lang"
"""Remembers the language that was switched to until the browser is closed. It holds nothing else."""

_FILES = frozenset({"web.static", "web.assets_show"})

NAMES = {"zh-Hant": "繁體中文", "en": "English"}
"""What a language calls itself."""

lazy = lazy_gettext
"""Marks words that are needed later: at import, or in a table."""


def _(message: str, **values: object) -> str:
    """``message`` in the language of this request, with ``%(name)s`` filled in."""
    return str(gettext(message, **values))


def register(app: Flask) -> None:
    """Let the application speak the organisation's languages."""
    babel = Babel(app, locale_selector=_spoken)
    babel.domain_instance = _Words()
    app.after_request(_remember)
    app.url_defaults(_carry)


def choose(locales: Sequence[str], asked: str | None, accepted: str) -> str:
    """The locale that was asked for, else the first acceptable one, else the organisation's own."""
    if asked is not None and asked in locales:
        return asked
    for part in accepted.split(","):
        wanted = part.partition(";")[0].strip().lower()
        for each in locales:
            if wanted and wanted.split("-")[0] == each.lower().split("-")[0]:
                return each
    return locales[0]


def locales() -> tuple[str, ...]:
    """The organisation's locales, its own first."""
    service: Service = current_app.extensions["tracker"]
    return service.catalogue.organisation.locales


def locale() -> str:
    """The organisation's locale in which this request is answered: the one switched to, else the person's own, else
    what the browser asks for."""
    if "spoken" not in g:
        g.spoken = _chosen()
    spoken: str = g.spoken
    return spoken


def name_of(locale: str) -> str:
    """What a language calls itself."""
    return NAMES.get(locale) or Locale.parse(locale, sep="-").get_display_name() or locale


@cache
def babel_locale(locale: str) -> Locale:
    """Babel's locale of one of the organisation's."""
    return Locale.parse(locale, sep="-")


def catalogue_of(folder: Path) -> Catalog:
    """All messages of a locale: those of every PO file in its folder."""
    whole = Catalog(locale=folder.name, domain="messages")
    for file in sorted(folder.glob("*.po")):
        with file.open("rb") as stream:
            for message in read_po(stream, locale=folder.name):
                if message.id:
                    whole.add(message.id, message.string, context=message.context)
    return whole


class _Words(Domain):  # type: ignore[misc]  # flask_babel ships no types
    """The translations of each locale, compiled in memory."""

    def get_translations(self) -> NullTranslations:
        """Those of the request's language; English where there are none."""
        return _compiled(babel_locale(locale()))


@cache
def _compiled(locale: Locale) -> NullTranslations:
    folder = TRANSLATIONS / str(locale)
    if not folder.is_dir():
        return NullTranslations()
    packed = BytesIO()
    write_mo(packed, catalogue_of(folder))
    packed.seek(0)
    return Translations(packed)


def _chosen() -> str:
    if not has_request_context():
        return locales()[0]
    return choose(locales(), _wanted(), request.headers.get("Accept-Language", ""))


def _wanted() -> str | None:
    """The first of these that the organisation speaks: what the address asks for, what was switched to, what the
    person has chosen."""
    person = g.get("person")
    kept = (request.args.get("lang"), request.cookies.get(COOKIE), person.locale if person else None)
    return next((each for each in kept if each in locales()), None)


def _spoken() -> str:
    return str(babel_locale(locale()))


def _switched() -> str | None:
    asked = request.args.get("lang")
    return asked if asked in locales() else None


def _traceless() -> bool:
    permissions: Mapping[str, str] = current_app.extensions.get(PERMISSIONS_OF_PAGES, {})
    return permissions.get(request.endpoint or "") == TRACELESS


def _remember(response: Response) -> Response:
    """Keep the language that was switched to, but where nothing of a visit is kept."""
    asked = _switched()
    known = request.url_rule is not None and not request.path.startswith("/api/")
    if asked and known and not _traceless() and request.cookies.get(COOKIE) != asked:
        response.set_cookie(COOKIE, asked, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    """Where no cookie may remember the language, every address does."""
    if has_request_context() and endpoint not in _FILES and _traceless() and _switched():
        values.setdefault("lang", _switched())


def files() -> Iterator[Path]:
    """Every PO file there is."""
    yield from sorted(TRANSLATIONS.glob("*/*.po"))
