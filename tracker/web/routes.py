"""Every page there is: each module says its own, and this is the one table of them."""

from __future__ import annotations

from itertools import chain

from tracker.web import (
    assets,
    docs,
    health,
    metrics,
    years,
)
from tracker.web.pages import Page

PAGES: tuple[Page, ...] = tuple(
    chain(
        assets.PAGES,
        docs.PAGES,
        health.PAGES,
        metrics.PAGES,
        years.PAGES,
    )
)
