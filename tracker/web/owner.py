"""What an account's owner sees behind a signed link: its violations, why, until when, and the way to appeal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from tracker.cases import queries
from tracker.errors import Conflict, Invalid, NotFound
from tracker.ledger.events import Fact
from tracker.web.fieldwords import told
from tracker.web.languages import _
from tracker.web.pages import PUBLIC, Page
from tracker.web.rendering import service
from tracker.web.violations import penalty_words
from tracker.workflows import accounts, content
from tracker.workflows.about import facts_about
from tracker.workflows.accounts import FOUND, KIND, OVERTURNED, PENALISED
from tracker.workflows.content import APPEALED, NOTIFIED, UPHELD
from tracker.workflows.ownerlinks import DAYS, account_of

LONGEST = 2000
"""Characters of a statement."""


class Told(NamedTuple):
    """A violation as its owner is told of it. Times are the ledger's; ``until`` is when a penalty ends by itself."""

    subject: str
    category: str
    surface: str
    found: str
    notified: str
    reason: str
    penalty: str
    points: int
    until: datetime | None
    appealed: str | None
    outcome: str | None
    decided: str | None
    may_appeal: bool


def show(token: str) -> Response:
    """The account's violations of which it was notified."""
    try:
        account = _account(token)
    except NotFound:
        return _answer(render_template("owner/gone.html"), 404)
    return _page(account, token)


def show_submit(token: str) -> Response:
    """Appeal one of them, once."""
    try:
        account = _account(token)
    except NotFound:
        return _answer(render_template("owner/gone.html"), 404)
    subject = request.form.get("violation", "")
    statement = request.form.get("statement", "").replace("\r\n", "\n").strip()
    try:
        with service().database.write() as session:
            content.appeal(service().context, session, account, subject, statement, at=service().ledger.clock())
    except Invalid:
        words = _("Your statement is too long, or holds characters that cannot be kept. Shorten it, and send it again.")
        return _page(account, token, refused=(subject, statement, words), status=422)
    except (Conflict, NotFound):
        words = _("This cannot be appealed any more. Below is where it stands.")
        return _page(account, token, refused=(subject, "", words), status=409)
    answer = redirect(url_for("web.owner_show", token=token, appealed="1", _anchor="done"), 303)
    return _answer(answer, 303)


def _account(token: str) -> str:
    rules = service().catalogue.workflows.content
    days = rules.owner_link_days if rules else DAYS
    return account_of(service().keys, token, service().ledger.clock(), days=days)


def _page(account: str, token: str, *, refused: tuple[str, str, str] | None = None, status: int = 200) -> Response:
    with service().database.read() as session:
        rules = service().catalogue.workflows.content
        since = accounts.since(service().ledger.clock(), rules.points_days if rules else None)
        text = render_template(
            "owner/show.html",
            account=account,
            token=token,
            told=_told(session, account),
            points=accounts.points(session, account, since=since),
            expire=rules.points_days if rules else None,
            refused=refused,
            sent=request.args.get("appealed") == "1",
            longest=LONGEST,
        )
    return _answer(text, status)


def _answer(body: object, status: int) -> Response:
    """Not for search engines, whatever they are told of the address."""
    answer: Response = make_response(body, status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _told(session: Session, account: str) -> list[Told]:
    subjects = [each.subject for each in accounts.violations(session, account)]
    facts = facts_about(session, subjects)
    found = queries.standings(session, KIND, subjects=subjects, limit=max(len(subjects), 1))
    states = {each.subject: each.state for each in found}
    told = (_of(each, facts.get(each, []), states.get(each, "")) for each in subjects)
    return [each for each in told if each is not None]


def _of(subject: str, facts: Sequence[Fact], state: str) -> Told | None:
    """What the owner may know, from the notice on; who found and who decided is nobody's business."""
    newest = {fact.type: fact for fact in facts}
    found, penalty, notice = (newest.get(type) for type in (FOUND, PENALISED, NOTIFIED))
    if found is None or penalty is None or notice is None:
        return None
    decision = newest.get(OVERTURNED) or newest.get(UPHELD)
    return Told(
        subject=subject,
        category=told(FOUND, "category", found.data.get("category")),
        surface=told(FOUND, "surface", found.data.get("surface")),
        found=found.time,
        notified=notice.time,
        reason=str(penalty.data.get("reason") or ""),
        penalty=penalty_words(penalty.data.get("penalty"), penalty.data.get("days")),
        points=penalty.data.get("points") or 0,
        until=_until(penalty),
        appealed=newest[APPEALED].time if APPEALED in newest else None,
        outcome=None if decision is None else decision.type.rpartition(".")[2],
        decided=None if decision is None else decision.time,
        may_appeal=APPEALED not in newest and content.may_appeal(service().catalogue, state),
    )


def _until(penalty: Fact) -> datetime | None:
    days = penalty.data.get("days")
    return datetime.fromisoformat(penalty.time) + timedelta(days=days) if type(days) is int and days else None


PAGES = (
    Page("GET", "/my/<token>", show, PUBLIC),
    Page("POST", "/my/<token>", show_submit, PUBLIC),
)
