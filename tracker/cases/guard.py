"""Whether a move fits, at the time at which it is said to have happened: nothing recorded may cease to fit by it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tracker.cases.lifecycle import target, walk
from tracker.cases.queries import Standing
from tracker.catalogue import Catalogue, Lifecycle
from tracker.errors import IllegalMove, Invalid, Mistake
from tracker.ledger.events import Fact
from tracker.ledger.heads import read_head
from tracker.ledger.subjects import facts_of_subject


def check_move(
    session: Session,
    catalogue: Catalogue,
    lifecycle: Lifecycle,
    subject: str,
    standing: Standing | None,
    event_type: str,
    time: str,
) -> None:
    """Refuse a move that does not fit. ``time`` is spelt as in the ledger; ``standing`` is where the subject stands.

    :raise IllegalMove: the state does not allow it, and says what it allows.
    :raise Invalid: what happened later would not fit any more.
    """
    if standing is not None and time >= standing.newest:
        if target(lifecycle, standing.state, event_type) is None:
            raise _illegal(lifecycle, subject, standing.state, event_type)
        return
    size = read_head(session).size
    facts = facts_of_subject(session, subject, size=size)
    new = Fact(size, event_type, subject, time, None, time[:10], int(time[:4]), {})
    before = {each.seq for each in walk(lifecycle, catalogue.calendar, facts).misfits}
    after = {each.seq: each for each in walk(lifecycle, catalogue.calendar, [*facts, new]).misfits}
    if size in after:
        raise _illegal(lifecycle, subject, after[size].state, event_type)
    if spoilt := [each for seq, each in after.items() if seq not in before]:
        told = f"is before seq {spoilt[0].seq} ({spoilt[0].type}), which would not fit any more"
        raise Invalid("Something later would not fit any more; nothing was stored.", [Mistake("/time", told)])


def _illegal(lifecycle: Lifecycle, subject: str, state: str | None, event_type: str) -> IllegalMove:
    allowed = sorted(lifecycle.start) if state is None else [move.event for move in lifecycle.moves_from(state)]
    return IllegalMove(lifecycle.kind, subject, state, event_type, allowed)
