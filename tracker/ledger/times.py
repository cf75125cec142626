"""When events are recorded: to the microsecond, or for anonymous reports to the day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement

from tracker.clock import stamp

DAY = len("2020-03-05")

_MIDNIGHT = "T00:00:00.000000Z"
_RIGHT_AFTER = "T00:00:00.000001Z"


def precise(at: datetime) -> str:
    """A time as the ledger spells it. Exactly midnight stands for a day alone, so it is told a microsecond late."""
    text = stamp(at)
    return text[:DAY] + _RIGHT_AFTER if text.endswith(_MIDNIGHT) else text


def day_of(recorded_at: str) -> str:
    """The day alone of a time on record, as its midnight UTC."""
    return recorded_at[:DAY] + _MIDNIGHT


def is_precise(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a time on record is more than a day."""
    return column.not_like(f"%{_MIDNIGHT}")
