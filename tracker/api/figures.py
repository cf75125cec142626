"""``GET /api/v1/figures``: running values, their printed forms and definitions."""

from __future__ import annotations

from flask import Response, jsonify, request

from tracker.api.state import service
from tracker.errors import Invalid, Mistake
from tracker.exports.running import document, running_figures

KNOWN = frozenset({"period", "metric", "by", "as_of"})


def index() -> Response:
    """The figures of ``period``; ``metric`` may repeat, ``by`` names dimensions with commas, ``as_of`` a seq."""
    _refuse_unknown()
    catalogue = service().catalogue
    period = catalogue.calendar.parse(_period())
    by = [name for name in request.args.get("by", "").split(",") if name]
    with service().database.read() as session:
        found = running_figures(session, catalogue, period, request.args.getlist("metric"), by=by, as_of=_as_of())
    return jsonify(period=period.id, figures=[document(catalogue, each) for each in found])


def _period() -> str:
    period = request.args.get("period")
    if not period:
        raise Invalid("Which period? Add ?period=2020 (or 2020-Q1, 2020-03).", [Mistake("period", "is required")])
    return period


def _as_of() -> int | None:
    text = request.args.get("as_of")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("as_of is the seq of an event.", [Mistake("as_of", "must be a whole number from 0")])
    return int(text)


def _refuse_unknown() -> None:
    unknown = sorted(request.args.keys() - KNOWN)
    if unknown:
        mistakes = [Mistake(name, f"is not known; allowed are {', '.join(sorted(KNOWN))}") for name in unknown]
        raise Invalid("The query has parameters that are not known.", mistakes)
