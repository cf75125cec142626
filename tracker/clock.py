"""What time it is: the one place that asks the machine, so that tests can answer instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Returns the present as an aware UTC time."""


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def stamp(instant: datetime) -> str:
    """An aware instant in the ledger's one spelling: ``2020-03-05T02:00:00.000000Z``."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"
