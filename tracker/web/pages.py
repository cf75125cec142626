"""A page: its route and the permission that it takes. There is no default, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tracker.access.roles import PERMISSIONS

View: TypeAlias = Callable[..., Any]

PUBLIC = "public"
"""In place of a permission: anybody, signed in or not."""

TRACELESS = "traceless"
"""Anybody, and nothing of the visit is kept: no cookie, no session, no line in the access log."""


PERMISSIONS_OF_PAGES = "tracker.permissions"
"""The application's extension that maps each endpoint to what it takes."""


@dataclass(frozen=True)
class Page:
    """One route of the pages. ``permission`` is one of :data:`PERMISSIONS`, or one of the two words above. A page about
    one ``kind`` of subject is there only where the organisation follows it."""

    method: str
    rule: str
    view: View
    permission: str
    kind: str | None = None

    def __post_init__(self) -> None:
        if self.permission not in {*PERMISSIONS, PUBLIC, TRACELESS}:
            raise ValueError(f"{self.rule} asks for {self.permission}, a permission that nobody can have")

    @property
    def endpoint(self) -> str:
        """The name that ``url_for`` knows it by, within the blueprint ``web``: ``figures_index``."""
        return f"{self.view.__module__.rpartition('.')[2]}_{self.view.__name__}"
