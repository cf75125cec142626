"""Users of the platform in the reference year; illustrative but for the year's averages."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tracker.sample.shapes import LOCAL, event

MEASURED = (
    # average daily users, monthly users, minutes a day, creators in percent
    ("2020-03-31", 253_000_000, 495_000_000, "84.6", "25"),
    ("2020-06-30", 257_700_000, 484_500_000, "85.3", "25"),
    ("2020-09-30", 262_400_000, 483_000_000, "86.3", "25"),
    ("2020-12-31", 264_600_000, 481_100_000, "87.3", "25"),
)


def events() -> Iterator[dict[str, Any]]:
    """Averages of the year to date, measured at each quarter's end."""
    for day, daily, monthly, minutes, share in MEASURED:
        when = datetime.fromisoformat(f"{day}T20:00:00").replace(tzinfo=LOCAL)
        data = {"daily_users": daily, "monthly_users": monthly, "minutes": minutes, "creator_share": share}
        yield event("platform.users.measured", f"users-{day}", when, data)
