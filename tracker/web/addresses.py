"""Where a subject has its page: that of its own domain where there is one, else the page that every subject has."""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app, url_for

OWN: Mapping[str, str] = {"integrity.case": "web.integrity_show", "assurance.finding": "web.findings_show"}
"""By kind, the page that takes the place of the general one; it takes ``subject``."""


def subject_address(kind: str, subject: str, *, generic: bool = True) -> str:
    """The address of a subject's page; without ``generic`` empty where it has none of its own."""
    own = OWN.get(kind)
    if own is not None and own in current_app.view_functions:
        return url_for(own, subject=subject)
    return url_for("web.subjects_show", kind=kind, subject=subject) if generic else ""
