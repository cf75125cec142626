"""The platform's size in the reference year, as the report prints it: one reading for the whole year.

Readings of shorter periods are not public, and none are made up here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tracker.sample.shapes import LOCAL, event


def events() -> Iterator[dict[str, Any]]:
    """Everything of the platform domain."""
    when = datetime(2020, 12, 31, 22, tzinfo=LOCAL)
    data = {"daily_users": 264_600_000, "monthly_users": 481_100_000, "minutes": "87.3", "creator_share": "25"}
    yield event("platform.users.measured", "users-2020", when, data)
