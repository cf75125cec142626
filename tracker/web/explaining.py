"""Refusals in people's words: what happened, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tracker.web.languages import lazy


class Explained(NamedTuple):
    """A problem's title and advice in the language of the request; ``detail`` is the sentence of this very case, which
    the code says in English alone."""

    title: str
    advice: str
    detail: str


_KNOWN: Mapping[int, tuple[Any, Any]] = {
    400: (lazy("This cannot be read"), lazy("Go back, look at what you entered, and send it again.")),
    401: (lazy("Please sign in"), lazy("You are not signed in, or no longer. Sign in and try again.")),
    403: (
        lazy("This is not yours to do"),
        lazy(
            "Your roles do not allow it, or the form was too old. Go back and try once more, or ask an administrator."
        ),
    ),
    404: (lazy("There is no such thing"), lazy("The address is wrong, or what was here is not for you to see.")),
    405: (lazy("This cannot be done here"), lazy("Go back to the page before and use its buttons.")),
    409: (
        lazy("Somebody was faster"),
        lazy("What you saw has changed meanwhile, and nothing of yours was stored. Go back, look again, then decide."),
    ),
    413: (lazy("This is too large"), lazy("Send fewer or smaller files at once.")),
    422: (
        lazy("Something is not right yet"),
        lazy("Nothing was stored. Go back, correct what is listed, and send again."),
    ),
    429: (lazy("Too many tries"), lazy("Wait a moment, then try again.")),
    503: (
        lazy("The service is busy or not ready"),
        lazy("Nothing was stored. Try again in a few seconds; if it lasts, tell an administrator."),
    ),
}
_OTHER = (
    lazy("Something went wrong"),
    lazy("This is our fault. Nothing was stored. Try again, or tell an administrator."),
)


_BY_KIND: Mapping[str, tuple[Any, Any]] = {
    "legal-hold": (
        lazy("A legal hold stands"),
        lazy("Nothing confidential about this subject may be erased. Have the hold released first."),
    ),
    "form-expired": (
        lazy("This form has expired"),
        lazy("Your session has changed since the page was opened. Go back, reload the page, and send the form again."),
    ),
}
"""Kinds of problem that take other advice than their status does."""


def explained(problem: Mapping[str, Any]) -> Explained:
    """The words for a problem document."""
    slug = str(problem["type"]).rpartition(":")[2]
    title, advice = _BY_KIND.get(slug) or _KNOWN.get(problem["status"], _OTHER)
    shown = "" if problem["status"] in (500, 405) else str(problem["detail"])
    return Explained(str(title), str(advice), shown)
