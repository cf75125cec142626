"""Sources: operational systems that sign what they send. Each change is proposed here and approved by somebody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer
from wtforms import BooleanField, StringField, TextAreaField

from tracker.access import proposals
from tracker.access.proposals import Proposal
from tracker.access.sources import LATE_DAYS, Source
from tracker.clock import stamp
from tracker.errors import Conflict, Invalid, NotFound
from tracker.intake.overview import documents
from tracker.intake.quarantine import waiting
from tracker.web import proposing
from tracker.web.adminforms import AdminForm
from tracker.web.gate import current_person
from tracker.web.languages import _, lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows, page_of
from tracker.web.naming import names_of
from tracker.web.pages import Page
from tracker.web.rendering import service
from tracker.workflows import keychanges

Found = Mapping[str, Any]
"""A source as :func:`tracker.intake.overview.documents` describes it."""

LIVE, TEST, RETIRED = "live", "test", "retired"

STATES: Mapping[str, tuple[Any, str]] = {
    LIVE: (lazy("Live"), "good"),
    TEST: (lazy("Test only"), "warn"),
    RETIRED: (lazy("Retired"), "quiet"),
}

OUTCOMES: Mapping[str, Any] = {
    "received": lazy("Received"),
    "recorded": lazy("Recorded"),
    "duplicate": lazy("Duplicates"),
    "conflict": lazy("Conflicts"),
    "rejected": lazy("Rejected"),
}
"""received = recorded + duplicates + conflicts + rejected, always."""

_KEY_HELP = lazy(
    "Only for a system that made a key pair itself (whpk_…). Empty: a shared secret is made when this is approved."
)
_TYPES_HELP = lazy("Event types, or beginnings such as content.*; one per line.")


class TypesForm(AdminForm):
    """What a source may send."""

    types = TextAreaField(lazy("May send"), render_kw={"rows": 4}, description=_TYPES_HELP)

    def patterns(self) -> tuple[str, ...]:
        """Each pattern once, in the order given."""
        return tuple(dict.fromkeys(self.text("types").replace(",", " ").split()))


class RotationForm(AdminForm):
    """A new key for a source."""

    overlap_hours = StringField(
        lazy("Key before stays good (hours)"),
        default="24",
        render_kw={"inputmode": "numeric"},
        description=lazy("0 to 168: time to bring in the new one without a gap."),
    )
    public_key = StringField(lazy("Public key"), render_kw={"autocomplete": "off"}, description=_KEY_HELP)


class SourceForm(TypesForm):
    """A new source."""

    name = StringField(
        lazy("Name of the source"),
        render_kw={"maxlength": 63, "autocomplete": "off"},
        description=lazy("Small letters, digits and hyphens; part of its address /api/v1/webhooks/NAME."),
    )
    uri = StringField(
        lazy("Writes as"),
        render_kw={"maxlength": 200},
        description=lazy("The CloudEvents source of its events, such as /moderation."),
    )
    late_days = StringField(
        lazy("Late after (days)"),
        default=str(LATE_DAYS),
        render_kw={"inputmode": "numeric"},
        description=lazy("How old its events may be."),
    )
    backfill = BooleanField(lazy("Events of any age"))
    test = BooleanField(lazy("Test only: nothing is recorded"))
    public_key = StringField(lazy("Public key"), render_kw={"autocomplete": "off"}, description=_KEY_HELP)


LISTING: Listing[Found] = Listing(
    "sources",
    (
        Column(
            "name",
            lazy("Source"),
            lambda found: found["name"],
            sortable=True,
            href=lambda found: _address(found["name"]),
        ),
        Column("uri", lazy("Writes as"), lambda found: found["uri"], kind="code"),
        Column("types", lazy("May send"), lambda found: ", ".join(found["types"])),
        Column("used", lazy("Key last used"), lambda found: last_used(found), kind="instant", sortable=True),
        *(
            Column(id, words, lambda found, id=id: found["counts"][id], kind="number", sortable=True)  # type: ignore[misc]
            for id, words in OUTCOMES.items()
        ),
        Column(
            "state",
            lazy("State"),
            lambda found: str(STATES[state_of(found)][0]),
            kind="state",
            tone=lambda found: STATES[state_of(found)][1],
        ),
    ),
    filters=(Filter("state", lazy("State"), tuple((state, words) for state, (words, _tone) in STATES.items())),),
    sort="name",
    empty=(lazy("No source yet"), lazy("Add a system that sends events; it signs them with a key of its own.")),
)


def index() -> Response | str:
    """Every source with the state of its keys, and what became of its events."""
    with service().database.read() as session:
        found = documents(session)
        pending = _pending(session, keychanges.KIND)

    def fetch(query: Query) -> Rows[Found]:
        state = query.filter("state")
        return page_of((each for each in found if state in (None, state_of(each))), query, LISTING.columns)

    return LISTING.answer("sources/index.html", fetch, waiting=pending)


def show(name: str) -> str:
    """One source: its keys, its counters, and what may be proposed.

    :raise NotFound: there is no such source.
    """
    return _page(name)


def create() -> str:
    """The form for a new source."""
    return render_template("sources/create.html", form=SourceForm())


def create_submit() -> Answer | tuple[str, int]:
    """Propose a new source."""
    form = SourceForm(request.form)
    new = Source(
        form.text("name"),
        form.text("uri"),
        form.patterns(),
        form.whole("late_days"),
        backfill=bool(form.backfill.data),
        test=bool(form.test.data),
    )
    try:
        made = _propose(keychanges.propose_source, new, public_key=form.text("public_key") or None)
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return render_template("sources/create.html", form=form), error.status
    return _proposed(made)


def rotate_submit(name: str) -> Answer | tuple[str, int]:
    """Propose a new key."""
    form = RotationForm(request.form)
    try:
        key, overlap = form.text("public_key") or None, form.whole("overlap_hours")
        made = _propose(keychanges.propose_rotation, name, overlap_hours=overlap, public_key=key)
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return _page(name, rotation=form), error.status
    return _proposed(made)


def types_submit(name: str) -> Answer | tuple[str, int]:
    """Propose what it may send from now on."""
    form = TypesForm(request.form)
    try:
        made = _propose(keychanges.propose_types, name, form.patterns())
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return _page(name, types=form), error.status
    return _proposed(made)


def retire_submit(name: str) -> Answer:
    """Propose its end.

    :raise Conflict: something else about it waits for a decision.
    """
    return _proposed(_propose(keychanges.propose_retirement, name))


def state_of(found: Found) -> str:
    """Whether a source is live, only tested, or retired."""
    return RETIRED if found["retired_at"] else TEST if found["test"] else LIVE


def last_used(found: Found) -> str | None:
    """When one of its keys was last used."""
    return max((key["used_at"] for key in found["keys"] if key["used_at"]), default=None)


def _page(name: str, *, rotation: RotationForm | None = None, types: TypesForm | None = None) -> str:
    with service().database.read() as session:
        found = next((each for each in documents(session) if each["name"] == name), None)
        if found is None:
            raise NotFound(f"There is no source {name[:63]!r} here. Look it up in the list.")
        pending = _pending(session, keychanges.KIND, f"source:{name}")
        held = waiting(session).get(name, 0)
    return render_template(
        "sources/show.html",
        found=found,
        state=STATES[state_of(found)],
        now=stamp(service().ledger.clock()),
        outcomes=OUTCOMES,
        held=held,
        waiting=pending,
        rotation=rotation or RotationForm(),
        types=types or TypesForm(types="\n".join(found["types"])),
    )


def _pending(session: Session, kind: str, target: str | None = None) -> list[tuple[int, str]]:
    names = names_of(session)
    found = [each for each in proposals.pending(session, [kind]) if target in (None, each.target)]
    return [(each.id, proposing.title(each, names)) for each in found]


def _propose(how: Callable[..., Proposal], *given: Any, **others: Any) -> Proposal:
    here = service()
    with here.database.write() as session:
        return how(session, *given, by=current_person(), at=here.ledger.clock(), **others)


def _proposed(made: Proposal) -> Answer:
    flash(_("Proposed. It takes effect once an approver agrees."), "success")
    return redirect(url_for("web.approvals_show", id=made.id), 303)


def _address(name: str) -> str:
    return url_for("web.sources_show", name=name)


PAGES = (
    Page("GET", "/sources", index, "sources.manage"),
    Page("GET", "/new-source", create, "sources.manage"),
    Page("POST", "/new-source", create_submit, "sources.manage"),
    Page("GET", "/sources/<name>", show, "sources.manage"),
    Page("POST", "/sources/<name>/rotate", rotate_submit, "sources.manage"),
    Page("POST", "/sources/<name>/types", types_submit, "sources.manage"),
    Page("POST", "/sources/<name>/retire", retire_submit, "sources.manage"),
)
