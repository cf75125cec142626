"""Files as evidence: the event that each belongs to is on record and of the same subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tracker.errors import Forbidden, Invalid, Mistake
from tracker.ledger.events import ATTACHED, Actor, Incoming
from tracker.ledger.models import events
from tracker.ledger.vault import owner_of


class Attachments:
    """The events that those of a batch attach files to."""

    def __init__(self, targets: Iterable[Row[*tuple[Any, ...]]]) -> None:
        self._targets = {row.seq: row for row in targets}

    @classmethod
    def load(cls, session: Session, attached: Sequence[Incoming]) -> Attachments:
        """Read what the events of type ``tracker.evidence.attached`` name, in one statement."""
        o = events.alias("o")
        columns = (events.c.seq, events.c.type, events.c.subject, events.c.original, o.c.type.label("original_type"))
        query = select(*columns).outerjoin(o, o.c.seq == events.c.original)
        seqs = [event.data["event"] for event in attached]
        return cls(session.execute(query.where(events.c.seq.in_(seqs))).all() if seqs else [])

    def check(self, actor: Actor, event: Incoming) -> str:
        """The owner of the file's data key: it is that of the event which the file belongs to.

        :raise Forbidden: a source attaches files; people and the report channel do.
        :raise Invalid: there is no such event, it is of another subject, or it attaches a file itself.
        """
        if actor.kind == "source":
            raise Forbidden("Files are attached by people, on the page of the event they belong to.")
        target = self._targets.get(event.data["event"])
        if target is None:
            raise _refusal(event, "names no event on record; give the seq of the event that the file belongs to")
        type = target.original_type or target.type
        if type == ATTACHED:
            raise _refusal(event, "attaches a file itself; give the seq of the event that the file belongs to")
        if target.subject != event.subject:
            raise _refusal(event, f"is of the subject {target.subject!r}; a file has the subject of its event")
        return owner_of(type, target.subject, target.seq if target.original is None else target.original)


def _refusal(event: Incoming, words: str) -> Invalid:
    mistake = Mistake(f"{event.pointer}/data/event", words)
    return Invalid("The file cannot be attached; nothing was stored.", [mistake])
