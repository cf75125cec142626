"""Who may see what: a person's view of subjects, and of integrity cases above all.

Somebody named in a case never learns that it exists, whatever else they may read. Who is named is kept as keyed
digests alone; case by case they are compared with those of the person who looks.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.access.keys import Keys
from tracker.access.people import Person
from tracker.cases.models import states
from tracker.clock import stamp
from tracker.errors import NotFound
from tracker.ledger.models import events
from tracker.ledger.queries import Entry
from tracker.workflows.acts import FINDING
from tracker.workflows.models import grants, named

CASE = "integrity.case"
"""The one kind of subject that is not for everybody who may read subjects."""

_LABEL = b"tracker: who is named in a case"


@dataclass(frozen=True)
class Sight:
    """What one person may see, for as long as the session that it was made with.

    ``hidden`` are the integrity cases that name the person: treat them as if they did not exist (404 on a page,
    left out of lists, counts, drill-downs, audit trails and proposals). ``granted`` are the cases that the person
    may open.
    """

    person: Person
    hidden: frozenset[str]
    granted: frozenset[str]
    _session: Session = field(repr=False)

    def kind(self, kind: str) -> bool:
        """Whether lists of a kind of subject (``integrity.case``, ``suppliers.supplier``) are for this person."""
        return self.person.may("cases.read" if kind == CASE else "subjects.read")

    def subject(self, kind: str, subject: str) -> bool:
        """Whether a subject, its state, deadlines and timeline, may be shown; not what is confidential in it."""
        return self.kind(kind) and not (kind == CASE and subject in self.hidden)

    def contents(self, kind: str, subject: str) -> bool:
        """Whether what is confidential about a subject may be read: narratives, messages, files.

        Of a case: by officers with a grant. Of a finding: by assurers, and by who may answer them. Of others: by
        whoever may move them. Reading goes on record all the same.
        """
        if kind == CASE:
            return self.person.may("cases.work") and subject in self.granted and subject not in self.hidden
        return self.person.may("subjects.act") or (kind == FINDING and self.person.may("findings.raise"))

    def event(self, type: str, subject: str | None) -> bool:
        """Whether an event may be shown, by its type and subject.

        An event of a case is seen by whoever sees the case; so is every other event with a case as its subject, such
        as an attached file. A correction or void need not repeat the subject: ask :meth:`entry` for those.
        """
        if self._about_case(type, subject):
            return self.person.may("cases.read") and subject not in self.hidden
        return self.person.may("events.read") or self.person.may("subjects.read")

    def entry(self, entry: Entry) -> bool:
        """Whether an event on record may be shown; a correction or void is seen by whoever sees its original."""
        if not self.event(entry.type, entry.subject):
            return False
        if entry.original is None:
            return True
        c = events.c
        row = self._session.execute(select(c.type, c.subject).where(c.seq == entry.original)).one_or_none()
        return row is None or self.event(row.type, row.subject)

    def amends(self, type: str, subject: str | None) -> bool:
        """Whether an event may be corrected or voided, by its original's type and subject: of a case, with access; of
        a finding only the organisation's own answer. An assurer withdraws what was raised by mistake."""
        if not self.person.may("events.amend") or (type.startswith(f"{FINDING}.") and type != f"{FINDING}.answered"):
            return False
        return self.contents(CASE, subject or "") if self._about_case(type, subject) else True

    def target(self, target: str) -> bool:
        """Whether a proposal about ``kind/subject`` may be shown, or about something in it; all other targets may.

        Who cannot see integrity cases sees no trace of them here either.
        """
        kind, _, subject = target.partition("/")
        return self.subject(CASE, subject.partition("/")[0]) if kind in {CASE, "integrity"} else True

    def trail(self, target: str, detail: str | None) -> bool:
        """Whether an audit entry may be shown, by its target and by what its detail mentions."""
        return all(self.target(word) for word in (target, *(detail or "").split()))

    def check(self, kind: str, subject: str) -> None:
        """Guard a page or act about one subject.

        :raise NotFound: it is not for this person; the same answer as for a subject that does not exist.
        """
        if not self.subject(kind, subject):
            raise missing(subject)

    def _about_case(self, type: str, subject: str | None) -> bool:
        if not type.startswith("tracker."):
            return type.startswith(f"{CASE}.")
        return subject is not None and self._is_case(subject)

    def _is_case(self, subject: str) -> bool:
        query = select(states.c.subject).where(states.c.kind == CASE, states.c.subject == subject)
        return self._session.scalar(query) is not None


def missing(subject: str) -> NotFound:
    """What is said of a subject that does not exist, and of one that somebody must not see."""
    return NotFound(f"There is no {subject[:100]!r} here. Look it up in the list.")


def sight(session: Session, keys: Keys, person: Person, now: datetime) -> Sight:
    """What ``person`` may see now. Good for this session only."""
    secret = _secret(keys)
    words = words_of(person)
    rows = session.execute(select(named.c.subject, named.c.mark)).all()
    marks: dict[str, set[bytes]] = {}
    for row in rows:
        marks.setdefault(row.subject, set()).add(bytes(row.mark))
    hidden = frozenset(
        subject for subject, found in marks.items() if not found.isdisjoint(_marks(secret, subject, words))
    )
    held = select(grants.c.subject).where(grants.c.person == person.id, grants.c.granted_at <= stamp(now))
    return Sight(person, hidden, frozenset(session.scalars(held)) - hidden, session)


def words_of(person: Person) -> tuple[str, ...]:
    """What a case may call a person: pseudonym, sign-in name and name."""
    return person.id, person.login, person.name


def plain(words: str) -> str:
    """A name as it is compared: width, capitals and spaces make no difference."""
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def marks_of(keys: Keys, subject: str, words: Collection[str]) -> frozenset[bytes]:
    """The digests of somebody named in a case, one for each of ``words``."""
    return frozenset(_marks(_secret(keys), subject, words))


def _marks(secret: bytes, subject: str, words: Collection[str]) -> Iterator[bytes]:
    for word in words:
        yield hmac.digest(secret, f"{subject}\0{plain(word)}".encode(), "sha256")


def _secret(keys: Keys) -> bytes:
    return hmac.digest(keys.secrets.key, _LABEL, "sha256")
