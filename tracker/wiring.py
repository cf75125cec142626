"""Who reacts to what. One table; nothing else connects a receiver."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tracker.cases import state as cases
from tracker.signals import events_recorded
from tracker.snapshots import late
from tracker.tallies import apply as tallies
from tracker.workflows import accounts, profiles

RECEIVERS = (
    (events_recorded, tallies.on_events_recorded),
    (events_recorded, cases.on_events_recorded),
    (events_recorded, accounts.on_events_recorded),
    (events_recorded, profiles.on_events_recorded),
    (events_recorded, late.on_events_recorded),
)

PROJECTIONS = (tallies.clear, cases.clear, accounts.clear, profiles.clear, late.clear)
"""What a replay empties first, one for each receiver that keeps tables."""


def connect() -> None:
    """Connect every receiver. Doing so twice changes nothing."""
    for signal, receiver in RECEIVERS:
        signal.connect(receiver)


def clear_projections(session: Session) -> None:
    """Empty all that a replay builds again."""
    for clear in PROJECTIONS:
        clear(session)
