"""What an export holds a frozen year's values beside: what they were stated as before, and the year before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tracker.disclosure.audiences import Withheld
from tracker.disclosure.relations import Place, place
from tracker.snapshots.comparing import difference

NOTHING: Mapping[str, Any] = {}
RESTATED = ("previously_stated", "difference")
COMPARED = "previous_year"
APPROVALS = "approvals"


class Beside(NamedTuple):
    """What stands beside one value: decimal strings, or ``None`` where there is none or it is not for this reader."""

    previously_stated: str | None = None
    difference: str | None = None
    previous_year: str | None = None


ALONE = Beside()


class Compared:
    """The comparisons of one snapshot's body.

    ``columns`` are those that it has: ``previous_year``, where the year before was frozen when this one was drafted: as
    last stated by then; ``previously_stated`` and ``difference``, from the second revision on: what the revision before
    said, and by how much this one differs.

    Digests are left out where anything is hidden: who knows all of a year but a few small counts could try each until
    the digest fits.
    """

    def __init__(self, body: Mapping[str, Any], hidden: Withheld | None = None) -> None:
        self._year = int(body["year"])
        self._hidden = hidden or Withheld({}, {})
        self.exact = not (self._hidden.now or self._hidden.before)
        self._restatement = body.get("restatement")
        self._earlier = body.get("comparatives")
        changed = (self._restatement or NOTHING).get("changes", ())
        self._changed = {self._place(each): each for each in changed}
        self.columns = (*([COMPARED] if self._earlier else ()), *(RESTATED if self._restatement else ()))

    def beside(self, at: Place, value: str | None) -> Beside:
        """What stands beside the value at a place."""
        previously = self._changed[at]["previously"] if at in self._changed else value
        earlier = self._comparative(at)
        if not self._restatement or at in self._hidden.before:
            return Beside(previous_year=earlier)
        moved = None if at in self._hidden.now else difference(previously, value)
        return Beside(previously, moved, earlier)

    def comparatives(self) -> dict[str, Any] | None:
        """Which revision of the year before this one is compared with."""
        names = ("year", "revision", *(["digest"] if self.exact else []))
        return None if not self._earlier else {name: self._earlier[name] for name in names}

    def restatement(self, previous: str | None) -> dict[str, Any] | None:
        """Why the year is stated anew, what changed, and the digest of the revision before."""
        if not self._restatement:
            return None
        return {
            "reason": self._restatement["reason"],
            **({"previous": previous} if self.exact else {}),
            "changes": list(self._changes()),
            "late_events": len(self._restatement["events"]),
        }

    def seal(self, seal: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Who signed and approved the year, and with what."""
        return None if seal is None else {name: each for name, each in seal.items() if self.exact or name == APPROVALS}

    def _changes(self) -> Iterator[dict[str, Any]]:
        """The changes, without what is not for this reader."""
        for at, each in self._changed.items():
            before, now = at in self._hidden.before, at in self._hidden.now
            withheld = dict.fromkeys([*(["previously"] if before else ()), *(["now"] if now else ())])
            yield each | withheld | ({"difference": None} if withheld else {})

    def _comparative(self, at: Place) -> str | None:
        earlier = at._replace(period=str(self._year - 1))
        if not self._earlier or at != place(at.metric, str(self._year), {}) or earlier in self._hidden.now:
            return None
        found: str | None = self._earlier["figures"].get(at.metric)
        return found

    def _place(self, change: Mapping[str, Any]) -> Place:
        return place(change["metric"], change.get("period") or str(self._year), change.get("by", {}))
