"""``/report``: a concern is raised and followed up without an account, and without a trace of who did it.

No cookie is set, nothing of the request is kept, and what is wrong is said on the page, not in a log. A post carries no
authority of whoever sends it: a receipt and the form's hidden token are all that counts, so no token against forged
posts is needed. The gate refuses what a browser says comes from another site all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Response, current_app, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from tracker.access.limits import Limiter
from tracker.errors import NotReady, TooLarge, TooMany, TrackerError
from tracker.evidence import Clean
from tracker.web import uploads
from tracker.web.languages import _, lazy
from tracker.web.pages import TRACELESS, Page
from tracker.web.rendering import service
from tracker.web.reportform import CHOSEN, Entered, addition, is_token, report
from tracker.workflows import receipts, reporting
from tracker.workflows.sight import CASE

_LIMITS = "tracker.reporting"

_WORDS = {
    404: (
        lazy("This report is no longer kept"),
        lazy("What was reported has been erased. If you still need help, hand in a new report."),
    ),
    409: (
        lazy("This form was handed in already"),
        lazy("What you sent first is stored; nothing was changed. To add something, enter your receipt."),
    ),
    413: (
        lazy("This is too large"),
        lazy("Nothing was stored. Send fewer or smaller files: 10 MB each, 20 MB together."),
    ),
    429: (
        lazy("Too much at once"),
        lazy("Very many people or machines use this page right now. Nothing was stored; please try again in a minute."),
    ),
    503: (
        lazy("Not just now"),
        lazy("The service is busy or being looked after. Nothing was stored; please try again in a few minutes."),
    ),
}
_OTHER = (lazy("This cannot be read"), lazy("Nothing was stored. Open the form again and write there."))


@dataclass
class Limits:
    """How much the channel takes from all together; it does not know one reporter from another."""

    wrong: Limiter = field(default_factory=lambda: Limiter("60/minute"))
    written: Limiter = field(default_factory=lambda: Limiter("300/minute"))


def _quietly(view: Callable[[], Any]) -> Callable[[], Any]:
    """Say what goes wrong in a reporter's words, on a page of this channel."""

    @wraps(view)
    def answered() -> Any:
        try:
            return view()
        except RequestEntityTooLarge:
            return _refusal(TooLarge("The form and its files are too large."))
        except TrackerError as error:
            return _refusal(error)

    return answered


@_quietly
def show() -> str:
    """The form, and what becomes of what is entered."""
    return _form(Entered(MultiDict({"reporter_group": "unknown"}), []))


@_quietly
def submit() -> Any:
    """Take a report in and show its receipt, this once."""
    _limits().written.check("")
    with uploads.bounded():
        entered = Entered(request.form, uploads.files())
        data = report(entered, service().catalogue)
        if entered.mistakes:
            return _form(entered), 422
        with service().database.write() as session:
            receipt = reporting.hand_in(service().context, session, entered.token, data, entered.files)
    return render_template("reporting/handed_in.html", receipt=receipt), 201


@_quietly
def receipt() -> str:
    """Where a receipt is entered."""
    return render_template("reporting/enter.html", typed="", wrong=None)


@_quietly
def receipt_submit() -> Any:
    """What has become of the report that a receipt belongs to."""
    with uploads.bounded():
        typed = request.form.get("receipt", "")
    subject = _found(typed)
    return _unknown(typed) if subject is None else _standing(subject, typed)


@_quietly
def write_submit() -> Any:
    """Add to a report."""
    _limits().written.check("")
    with uploads.bounded():
        typed = request.form.get("receipt", "")
        subject = _found(typed)
        if subject is None:
            return _unknown(typed)
        entered = Entered(request.form, uploads.files())
        text = addition(entered, service().catalogue)
        if entered.mistakes:
            return _standing(subject, typed, entered), 422
        _write(subject, entered.token, text, entered.files)
    return _standing(subject, typed, done=True)


def _write(subject: str, token: str, text: str, files: Sequence[Clean]) -> None:
    with service().database.write() as session:
        reporting.write_again(service().context, session, subject, token, text, files)


def _form(entered: Entered) -> str:
    token = entered.fields.get("token", "")
    return render_template(
        "reporting/form.html",
        token=token if is_token(token) else receipts.new_token(),
        given=entered.fields,
        mistakes=entered.mistakes,
        choices={name: service().catalogue.events[reporting.REPORTED].fields[name].choices for name in CHOSEN},
        most_files=uploads.MOST_FILES,
    )


def _standing(subject: str, typed: str, entered: Entered | None = None, *, done: bool = False) -> str:
    found = reporting.standing(service().context, service().database, subject)
    return render_template(
        "reporting/standing.html",
        standing=found,
        receipt=typed,
        token=receipts.new_token(),
        given=entered.fields if entered else {},
        mistakes=entered.mistakes if entered else {},
        most_files=uploads.MOST_FILES,
        done=done,
        answers=reporting.ANSWERS,
    )


def _found(typed: str) -> str | None:
    """The case of a receipt. Wrong ones count against a limit, which never keeps a right one out."""
    with service().database.read() as session:
        subject = receipts.subject_of(session, typed)
    if subject is None:
        _limits().wrong.check("")
    return subject


def _unknown(typed: str) -> tuple[str, int]:
    wrong = (
        _("No report belongs to this receipt. Compare it with what you wrote down.")
        if receipts.well_formed(typed)
        else _("A character is missing or wrong. Compare it with what you wrote down.")
    )
    return render_template("reporting/enter.html", typed=typed[:60], wrong=wrong), 404


def _refusal(error: TrackerError) -> Response:
    title, words = _WORDS.get(error.status, _OTHER)
    page = render_template("reporting/refused.html", refusal=title, words=words, handed_in=error.status == 409)
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, TooMany) else {}
    headers |= {"Retry-After": "60"} if isinstance(error, NotReady) else {}
    return Response(page, error.status, headers, content_type="text/html; charset=utf-8")


def _limits() -> Limits:
    found: Limits = current_app.extensions.setdefault(_LIMITS, Limits())
    return found


PAGES = (
    Page("GET", "/report", show, TRACELESS, CASE),
    Page("POST", "/report", submit, TRACELESS, CASE),
    Page("GET", "/report/receipt", receipt, TRACELESS, CASE),
    Page("POST", "/report/receipt", receipt_submit, TRACELESS, CASE),
    Page("POST", "/report/message", write_submit, TRACELESS, CASE),
)
