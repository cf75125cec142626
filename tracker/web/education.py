"""Safety education: the posts, how often they were viewed, publishing, readings and withdrawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from tracker.catalogue.model import Label
from tracker.errors import NotFound
from tracker.exports.trends import trends
from tracker.web import charts, deeds, periods, printing
from tracker.web.acting import status_of
from tracker.web.facts import type_words
from tracker.web.forms import EventForm
from tracker.web.languages import _, lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows, page_of
from tracker.web.pages import Page
from tracker.web.rendering import day, label, number, service
from tracker.workflows.posts import DRAFTED, KIND, PUBLISHED, READ, Post, higher_before, post, posts

_TONES = {"published": "good", "draft": "warn"}
_FIGURES = ("posts", "posts_published", "views", "livestreams", "search_prompt_exposures", "ambassadors")
_STARTS = {"draft": DRAFTED, "publish": PUBLISHED}


def index() -> Response | str:
    """Every post, and what the year says of them.

    :raise NotFound: this organisation publishes none.
    """
    deeds.check_kind(KIND)
    with service().database.read() as session:
        found = posts(session, service().catalogue)
        year = periods.busy_year(session)
        figures = _figures(session, year)

    def fetch(query: Query) -> Rows[Post]:
        return page_of((each for each in found if _wanted(each, query)), query, listing.columns)

    listing = _listing(titled=any(each.title for each in found))
    return listing.answer("education/index.html", fetch, year=year, figures=figures, starts=_STARTS)


def show(subject: str) -> str:
    """One post: what it is about, its readings, and what may be done.

    :raise NotFound: there is no such post.
    """
    return _page(subject)


def act_submit(subject: str, fact: str) -> Any:
    """Publish, withdraw or discard a post, or record a reading of its views.

    A reading below the one before is asked about once, and recorded when it is confirmed.

    :raise NotFound: there is no such post or act.
    """
    form = deeds.sent(f"{KIND}.{fact}")
    if form.declared.type == READ and form.validate() and (question := _question(form, subject)):
        return _page(subject, refused=form, question=question), 422
    with service().database.read() as session:
        deeds.followed(session, KIND, subject)
    if deeds.act(form, KIND, subject) is None:
        return _page(subject, refused=form), status_of(form)
    flash(_("“%(event)s” is on record.", event=type_words(form.declared.type)), "success")
    return redirect(url_for("web.education_show", subject=subject), 303)


def new(what: str) -> str:
    """The form of a new post: a draft, or one that is out already.

    :raise NotFound: it is neither.
    """
    return render_template("education/new.html", form=deeds.opening(_start(what), subject=_("Post")))


def new_submit(what: str) -> Any:
    """Put a new post on record.

    :raise NotFound: it is neither a draft nor published.
    """
    form = deeds.opening(_start(what), subject=_("Post"), given=request.form)
    done = deeds.start(form, KIND)
    if done is None:
        return render_template("education/new.html", form=form), status_of(form)
    flash(_("The post is on record."), "success")
    return redirect(url_for("web.education_show", subject=done.subject), 303)


def _start(what: str) -> str:
    deeds.check_kind(KIND)
    if what not in _STARTS or _STARTS[what] not in service().catalogue.events:
        raise NotFound(f"There is no post to {what[:40]!r}.")
    return _STARTS[what]


def _page(subject: str, *, refused: EventForm | None = None, question: str = "") -> str:
    with service().database.read() as session:
        standing, facts = deeds.followed(session, KIND, subject)
        found = post(standing, facts)
        kept: dict[str, Mapping[str, Any]] = {PUBLISHED: {"title": found.title} if found.title else {}}
        if found.views is not None:
            kept[READ] = {"views": found.views}
        forms = deeds.forms(session, standing, kept, refused)
    return render_template(
        "education/show.html",
        post=found,
        state=_state(found),
        tone=_TONES.get(standing.state, "quiet"),
        about=_about(found),
        chart=_chart(found),
        forms=forms,
        refused=refused,
        question=question,
        read=READ,
    )


def _question(form: EventForm, subject: str) -> str:
    """What is asked of a reading that looks wrong; nothing once it is confirmed."""
    if request.form.get("confirmed"):
        return ""
    with service().database.read() as session:
        found = post(*deeds.followed(session, KIND, subject))
    higher = higher_before(found, form.payload()["views"], form.instant or service().ledger.clock())
    if higher is None:
        return ""
    return _(
        "On %(day)s it already had %(views)s views, and views to date seldom fall. Is this number right?",
        day=day(higher.time),
        views=number(higher.views),
    )


def _figures(session: Session, year: int) -> list[tuple[str, Label, str, list[Any]]]:
    """The figures of the year: the metric, its label, the printed value and its months."""
    catalogue = service().catalogue
    ids = [id for name in _FIGURES if (id := f"education.{name}") in catalogue.metrics]
    found = trends(session, catalogue, catalogue.calendar.year(year), ids)
    return [
        (each.metric.id, each.metric.label, printing.printed(each.metric, each.value), list(each.months.values()))
        for each in found
    ]


def _listing(*, titled: bool) -> Listing[Post]:
    return Listing(
        "education",
        (
            Column("subject", lazy("Post"), lambda each: each.subject, sortable=True, href=_address),
            *([Column("title", lazy("Title"), lambda each: each.title, sortable=True)] if titled else []),
            Column("format", _field("format"), lambda each: _choice("format", each.format), sortable=True),
            Column("topic", _field("topic"), lambda each: _choice("topic", each.topic), sortable=True),
            Column(
                "state", lazy("State"), _state, kind="state", tone=lambda each: _TONES.get(each.standing.state, "quiet")
            ),
            Column("published", lazy("Published"), lambda each: each.published, kind="day", sortable=True),
            Column("views", lazy("Views"), lambda each: each.views, kind="number", sortable=True),
            Column("readings", lazy("Readings"), lambda each: len(each.readings), kind="number", sortable=True),
        ),
        filters=(
            Filter("state", lazy("State"), [(id, label(each)) for id, each in _lifecycle_states().items()]),
            *(Filter(name, _field(name), _choices(name)) for name in ("format", "topic")),
        ),
        sort="-published",
        empty=(lazy("No post yet"), lazy("Publish the first one, or let the publishing system send it.")),
    )


def _wanted(each: Post, query: Query) -> bool:
    said = {"state": each.standing.state, "format": each.format, "topic": each.topic}
    return all(query.filter(name) in (None, value) for name, value in said.items())


def _address(each: Post) -> str:
    return url_for("web.education_show", subject=each.subject)


def _chart(found: Post) -> Markup:
    if len(found.readings) < 2:
        return Markup("")
    series = charts.Series(_("Views to date"), [each.views for each in found.readings])
    return charts.line([day(each.time) for each in found.readings], [series], title=_("Views to date by reading"))


def _about(found: Post) -> list[tuple[str, str]]:
    said = (("format", found.format), ("topic", found.topic))
    return [(_field(name), _choice(name, value) or "") for name, value in said if value]


def _state(each: Post) -> str:
    return label(_lifecycle_states().get(each.standing.state)) or each.standing.state


def _lifecycle_states() -> Mapping[str, Label]:
    return service().catalogue.lifecycles_by_kind[KIND].states


def _field(name: str) -> str:
    field = service().catalogue.events[PUBLISHED].fields.get(name)
    return label(field.label) if field else name


def _choices(name: str) -> list[tuple[str, str]]:
    field = service().catalogue.events[PUBLISHED].fields.get(name)
    return [(id, label(each)) for id, each in field.choices.items()] if field else []


def _choice(name: str, value: str | None) -> str | None:
    return dict(_choices(name)).get(value or "", value)


PAGES = (
    Page("GET", "/education", index, "subjects.read"),
    Page("GET", "/education/new/<what>", new, "subjects.act"),
    Page("POST", "/education/new/<what>", new_submit, "subjects.act"),
    Page("GET", "/education/<subject>", show, "subjects.read"),
    Page("POST", "/education/<subject>/<fact>", act_submit, "subjects.act"),
)
