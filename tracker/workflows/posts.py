"""Safety posts: what each is about, where it stands, and how its views have grown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from tracker.cases.queries import Standing, standings
from tracker.catalogue import Catalogue
from tracker.clock import stamp
from tracker.ledger.events import Fact
from tracker.ledger.queries import facts_in_order

KIND = "education.post"
DRAFTED, PUBLISHED, READ = f"{KIND}.drafted", f"{KIND}.published", f"{KIND}.views_reported"

_ALL = 1_000_000


class Reading(NamedTuple):
    """Views to date at a time, as the ledger spells it. Readings compare by time, then ``seq``: the newest counts."""

    time: str
    seq: int
    views: int


@dataclass(frozen=True)
class Post:
    """A post. ``published`` is when; None for a draft. ``readings`` are in order, the newest last."""

    standing: Standing
    title: str
    format: str | None
    topic: str | None
    published: str | None
    readings: tuple[Reading, ...]

    @property
    def subject(self) -> str:
        """The post's id."""
        return self.standing.subject

    @property
    def views(self) -> int | None:
        """Views by the newest reading."""
        return self.readings[-1].views if self.readings else None


def posts(session: Session, catalogue: Catalogue) -> list[Post]:
    """Every post, the newest first."""
    types = {DRAFTED, PUBLISHED, READ} & catalogue.events.keys()
    told: dict[str, list[Fact]] = {}
    for fact in facts_in_order(session, types):
        told.setdefault(fact.subject or "", []).append(fact)
    found = [post(each, told.get(each.subject, ())) for each in standings(session, KIND, limit=_ALL)]
    return sorted(found, key=lambda each: (each.published or each.standing.opened, each.subject), reverse=True)


def higher_before(found: Post, views: int, time: datetime) -> Reading | None:
    """The newest reading before ``time``, if it says more than ``views``: views to date seldom fall, so that a lower
    number is worth a second look."""
    earlier = [each for each in found.readings if each.time <= stamp(time)]
    return earlier[-1] if earlier and earlier[-1].views > views else None


def post(standing: Standing, facts: Iterable[Fact]) -> Post:
    """One post, from its standing and the facts in force about it."""
    ordered = sorted(facts, key=lambda fact: (fact.time, fact.seq))
    published = next((fact for fact in ordered if fact.type == PUBLISHED), None)
    said: Mapping[str, Any] = published.data if published else {}
    titles = [fact.data["title"] for fact in ordered if "title" in fact.data]
    return Post(
        standing=standing,
        title=titles[-1] if titles else "",
        format=said.get("format"),
        topic=said.get("topic"),
        published=published.time if published else None,
        readings=tuple(Reading(fact.time, fact.seq, fact.data["views"]) for fact in ordered if fact.type == READ),
    )
