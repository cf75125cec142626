"""Erasure of what is confidential about a subject: proposed by who may read it, approved by somebody else."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer
from wtforms import SelectField, StringField, TextAreaField

from tracker.errors import Conflict, Invalid, LegalHold, NotFound
from tracker.ledger.vault import owner
from tracker.web.adminforms import AdminForm, options
from tracker.web.gate import current_person
from tracker.web.languages import _, lazy
from tracker.web.pages import Page
from tracker.web.rendering import label, service
from tracker.workflows.erasing import propose_for_owner
from tracker.workflows.sight import CASE, Sight, missing, sight


class ErasureForm(AdminForm):
    """What is to be erased, and why."""

    kind = SelectField(lazy("Kind"), validate_choice=False)
    subject = StringField(
        lazy("Subject"),
        render_kw={"maxlength": 200, "autocomplete": "off"},
        description=lazy("As its page shows it; # and its number for an event without a subject, such as #41."),
    )
    reason = TextAreaField(
        lazy("Reason"),
        render_kw={"maxlength": 1000, "rows": 3},
        description=lazy("The approver reads it and it stays on record: say nothing confidential here."),
    )


def create() -> str:
    """The form for an erasure."""
    return _page(ErasureForm(kind=request.args.get("kind", ""), subject=request.args.get("subject", "")))


def create_submit() -> Answer | tuple[str, int]:
    """Propose that all which is confidential about a subject be destroyed."""
    form, here, person = ErasureForm(request.form), service(), current_person()
    kind, subject, at = form.text("kind"), form.text("subject"), here.ledger.clock()
    try:
        with here.database.write() as session:
            if not may_propose(sight(session, here.keys, person, at), kind, subject):
                raise missing(subject)
            target = owner_of(kind, subject)
            made = propose_for_owner(session, target, subject, form.text("reason"), by=person, at=at)
    except LegalHold as error:
        form.others.append(_("A legal hold stands. Nothing confidential about this subject may be erased."))
        return _page(form), error.status
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return _page(form), error.status
    except NotFound as error:
        form.others.append(_("Nothing confidential of yours to read is held about this subject."))
        return _page(form), error.status
    flash(_("Proposed. It takes effect once an approver agrees."), "success")
    return redirect(url_for("web.approvals_show", id=made.id), 303)


def _page(form: ErasureForm) -> str:
    form.kind.choices = _kinds()
    return render_template("approvals/erasure.html", form=form)


def may_propose(seen: Sight, kind: str, subject: str) -> bool:
    """Whether somebody may propose an erasure: who may read what is confidential there. ``kind`` is one of subject
    (``integrity.case``), or a domain for events that nothing follows."""
    here = service().catalogue
    if kind in here.lifecycles_by_kind:
        return (kind == CASE or seen.person.may("subjects.act")) and seen.contents(kind, subject)
    return kind in _loose() and seen.person.may("subjects.act") and seen.target(owner_of(kind, subject))


def owner_of(kind: str, subject: str) -> str:
    """The owner of the data key; a domain's subject is written as the owner's name is (``#41``: event 41)."""
    return owner(kind.partition(".")[0], subject) if "." in kind else f"{kind}/{subject}"


def _loose() -> dict[str, Any]:
    """The domains with confidential fields in events that are about no followed subject, with their labels."""
    here = service().catalogue
    types = (each for each in here.events.values() if each.confidential and each.type not in here.lifecycles_by_event)
    return {each.domain: here.domains[each.domain].label for each in types if each.domain in here.domains}


def _kinds() -> list[Any]:
    """The kinds of subjects of which who asks may read what is confidential, and domains for all other events."""
    kinds, may = service().catalogue.lifecycles_by_kind, current_person().may
    found = {kind: _words(kind) for kind in kinds if may("cases.work" if kind == CASE else "subjects.act")}
    others = _loose() if may("subjects.act") else {}
    return options(
        found | {domain: _("%(domain)s, other events", domain=label(each)) for domain, each in others.items()}
    )


def _words(kind: str) -> str:
    """A kind by its domain; where that has several, with the subject's own name, which the catalogue does not label."""
    domain, _dot, subject = kind.partition(".")
    words = label(service().catalogue.domains[domain].label)
    alone = sum(each.startswith(f"{domain}.") for each in service().catalogue.lifecycles_by_kind) == 1
    return words if alone else f"{words} · {subject}"


PAGES = (
    Page("GET", "/new-erasure", create, "subjects.read"),
    Page("POST", "/new-erasure", create_submit, "subjects.read"),
)
