"""Every page there is: each module says its own, and this is the one table of them."""

from __future__ import annotations

from itertools import chain

from tracker.web import (
    account,
    approvals,
    assets,
    audit,
    auth,
    charity,
    content,
    docs,
    education,
    erasures,
    events,
    figures,
    files,
    health,
    home,
    integrity,
    metrics,
    oidc,
    owner,
    people,
    quarantine,
    record,
    reporting,
    sources,
    subjects,
    supplierforms,
    suppliers,
    tokens,
    years,
)
from tracker.web.pages import Page

PAGES: tuple[Page, ...] = tuple(
    chain(
        account.PAGES,
        approvals.PAGES,
        assets.PAGES,
        audit.PAGES,
        auth.PAGES,
        charity.PAGES,
        content.PAGES,
        docs.PAGES,
        education.PAGES,
        erasures.PAGES,
        events.PAGES,
        files.PAGES,
        figures.PAGES,
        health.PAGES,
        home.PAGES,
        integrity.PAGES,
        metrics.PAGES,
        oidc.PAGES,
        owner.PAGES,
        people.PAGES,
        quarantine.PAGES,
        record.PAGES,
        reporting.PAGES,
        sources.PAGES,
        tokens.PAGES,
        subjects.PAGES,
        supplierforms.PAGES,
        suppliers.PAGES,
        years.PAGES,
    )
)
