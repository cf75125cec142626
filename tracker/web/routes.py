"""Every page there is: each module says its own, and this is the one table of them."""

from __future__ import annotations

from itertools import chain

from tracker.web import (
    account,
    assets,
    auth,
    docs,
    figures,
    health,
    home,
    integrity,
    metrics,
    oidc,
    reporting,
    years,
)
from tracker.web.pages import Page

PAGES: tuple[Page, ...] = tuple(
    chain(
        account.PAGES,
        assets.PAGES,
        auth.PAGES,
        docs.PAGES,
        figures.PAGES,
        health.PAGES,
        home.PAGES,
        integrity.PAGES,
        metrics.PAGES,
        oidc.PAGES,
        reporting.PAGES,
        years.PAGES,
    )
)
