"""The way around: which pages a person is led to. An entry shows where its page exists and the person may open it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flask import current_app, g, request, url_for

from tracker.service import Service
from tracker.web.languages import lazy
from tracker.web.pages import PERMISSIONS_OF_PAGES, PUBLIC, TRACELESS


class Entry(NamedTuple):
    """A line of the menu: its words and its page's endpoint; with ``kind`` only where the organisation follows such
    subjects."""

    words: Any
    endpoint: str
    kind: str | None = None


class Link(NamedTuple):
    """An entry as one person sees it; ``current`` where they are within it."""

    words: str
    address: str
    current: bool


GROUPS: Mapping[Any, tuple[Entry, ...]] = {
    lazy("Work"): (
        Entry(lazy("Home"), "web.home_index"),
        Entry(lazy("Log an event"), "web.record_index"),
        Entry(lazy("Cases"), "web.integrity_index", "integrity.case"),
        Entry(lazy("Content"), "web.content_index", "content.violation"),
        Entry(lazy("Suppliers"), "web.suppliers_index", "suppliers.supplier"),
        Entry(lazy("Education"), "web.education_index", "education.post"),
        Entry(lazy("Charity"), "web.charity_index", "charity.livestream"),
        Entry(lazy("Findings"), "web.findings_index", "assurance.finding"),
        Entry(lazy("All subjects"), "web.subjects_index"),
        Entry(lazy("Approvals"), "web.approvals_index"),
        Entry(lazy("Retention"), "web.retention_index"),
        Entry(lazy("Legal holds"), "web.holds_index"),
    ),
    lazy("Figures"): (
        Entry(lazy("Figures"), "web.figures_index"),
        Entry(lazy("Events"), "web.events_index"),
        Entry(lazy("Frozen years"), "web.years_index"),
        Entry(lazy("Checkpoints"), "web.checkpoints_index"),
    ),
    lazy("Administration"): (
        Entry(lazy("People"), "web.people_index"),
        Entry(lazy("Sources"), "web.sources_index"),
        Entry(lazy("Tokens"), "web.tokens_index"),
        Entry(lazy("Quarantine"), "web.quarantine_index"),
        Entry(lazy("Audit trail"), "web.audit_index"),
    ),
}


def navigation() -> list[tuple[str, list[Link]]]:
    """The groups that have something for who asks, with their links."""
    here = _here()
    found = ((str(words), list(_links(entries, here))) for words, entries in GROUPS.items())
    return [(words, links) for words, links in found if links]


def opens(endpoint: str) -> bool:
    """Whether there is such a page, and who asks may open it."""
    permission = _permissions().get(endpoint)
    if permission is None:
        return False
    person = g.get("person")
    return permission in (PUBLIC, TRACELESS) or (person is not None and person.may(permission))


def _links(entries: tuple[Entry, ...], here: str) -> Iterator[Link]:
    for entry in entries:
        if opens(entry.endpoint) and followed(entry.kind):
            yield Link(str(entry.words), url_for(entry.endpoint), entry.endpoint == here)


def followed(kind: str | None) -> bool:
    """Whether the organisation follows this kind of subject; no kind in particular is always there."""
    service: Service = current_app.extensions["tracker"]
    return kind is None or kind in service.catalogue.lifecycles_by_kind


def _here() -> str:
    """The endpoint of the menu that the present page lies under: the first of its own module."""
    module = (request.endpoint or "").rpartition("_")[0]
    entries = [entry.endpoint for group in GROUPS.values() for entry in group]
    return next((each for each in entries if each.rpartition("_")[0] == module), "")


def _permissions() -> Mapping[str, str]:
    found: Mapping[str, str] = current_app.extensions.get(PERMISSIONS_OF_PAGES, {})
    return found
