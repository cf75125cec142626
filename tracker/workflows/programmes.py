"""Charity broadcasts by programme: every session from its schedule to its settlement, and the places it reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from tracker.cases.queries import Standing, standings
from tracker.catalogue import Catalogue
from tracker.catalogue.calendar import Period
from tracker.clock import stamp
from tracker.ledger.events import Fact
from tracker.ledger.queries import facts_in_order

KIND = "charity.livestream"
SCHEDULED, HELD, SETTLED, CANCELLED = (f"{KIND}.{each}" for each in ("scheduled", "held", "settled", "cancelled"))
PROGRAMME = "programme"
"""The dimension that tells programmes apart."""

_ALL = 1_000_000


@dataclass(frozen=True)
class Broadcast:
    """One session. ``when`` is when it was held, else when it is planned for, else when it was scheduled; ``held``
    whether it was. ``day`` is the local day on which it was held."""

    standing: Standing
    programme: str
    province: str | None
    when: str
    day: str | None
    viewers: int | None
    orders: int | None
    sales: Decimal | None
    counties: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The session's id."""
        return self.standing.subject

    def within(self, period: Period) -> bool:
        """Whether it was held in the period."""
        return self.day is not None and period.first_day.isoformat() <= self.day <= period.last_day.isoformat()


def programmes(catalogue: Catalogue) -> Mapping[str, Mapping[str, str]]:
    """Every programme with its label, as the catalogue lists them."""
    return catalogue.events[SCHEDULED].fields[PROGRAMME].choices


def broadcasts(session: Session, catalogue: Catalogue, programme: str | None = None) -> list[Broadcast]:
    """Every session, of one programme or of all, the newest first."""
    types = {SCHEDULED, HELD, SETTLED, CANCELLED} & catalogue.events.keys()
    told: dict[str, list[Fact]] = {}
    for fact in facts_in_order(session, types):
        told.setdefault(fact.subject or "", []).append(fact)
    found = (broadcast(each, told.get(each.subject, ())) for each in standings(session, KIND, limit=_ALL))
    wanted = [each for each in found if programme in (None, each.programme)]
    return sorted(wanted, key=lambda each: (each.when, each.subject), reverse=True)


def counties(found: Iterable[Broadcast], period: Period) -> list[tuple[str, int]]:
    """Each county that sessions held in the period reached, once, with how many of them; the most visited first."""
    reached = Counter(county for each in found if each.within(period) for county in each.counties)
    return sorted(reached.items(), key=lambda item: (-item[1], item[0]))


def provinces(found: Iterable[Broadcast], period: Period) -> list[tuple[str, int]]:
    """Each province of sessions held in the period, with how many of them; the most visited first."""
    reached = Counter(each.province for each in found if each.within(period) and each.province)
    return sorted(reached.items(), key=lambda item: (-item[1], item[0]))


def broadcast(standing: Standing, facts: Iterable[Fact]) -> Broadcast:
    """One session, from its standing and the facts in force about it."""
    ordered = sorted(facts, key=lambda fact: (fact.time, fact.seq))
    held = next((fact for fact in ordered if fact.type == HELD), None)
    said: dict[str, Any] = {}
    for fact in ordered:
        said.update(fact.data)
    sales = held.data.get("sales") if held else None
    return Broadcast(
        standing=standing,
        programme=said.get(PROGRAMME, ""),
        province=said.get("province"),
        when=held.time if held else _planned(said.get("planned_for")) or standing.opened,
        day=held.day if held else None,
        viewers=held.data.get("viewers") if held else None,
        orders=held.data.get("orders") if held else None,
        sales=Decimal(sales["amount"]) if sales else None,
        counties=tuple(held.data.get("counties", ())) if held else (),
    )


def _planned(time: str | None) -> str | None:
    """A time of an event's data, spelled as the ledger spells its own."""
    return None if time is None else stamp(datetime.fromisoformat(time))
