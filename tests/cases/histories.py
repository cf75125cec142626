"""Random histories of jobs and crews: facts in any order of arrival, corrected and voided, in any batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from tests.house import House

TIMES = st.sampled_from(
    [
        "2019-12-31T15:59:59Z",
        "2020-01-31T09:00:00+08:00",
        "2020-01-31T09:00:00+08:00",  # twice, so that equal times are common and seq decides
        "2020-02-01T00:00:00+08:00",
        "2020-02-29T23:30:00+08:00",
        "2020-03-01T08:00:00+08:00",
        "2020-05-04T12:00:00+08:00",
        "2020-05-04T12:00:00.000001+08:00",
        "2020-08-31T09:00:00+08:00",
        "2021-01-15T12:00:00+08:00",
    ]
)
SUBJECTS = st.sampled_from(["one", "two", "三"])
_GRADES = st.sampled_from([{}, {"grade": "small"}, {"grade": "big"}])
_NOTHING: st.SearchStrategy[dict[str, Any]] = st.just({})

DATA_OF: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "works.job.opened": _GRADES.map(lambda data: {**data, "narrative": "what is to be done"}) | _GRADES,
    "works.job.graded": _GRADES,
    "works.job.taken": st.just({"worker": "w-1"}),
    "works.job.licensed": st.fixed_dictionaries(
        {},
        optional={
            "permit": st.sampled_from(["fire", "height"]),
            "until": st.sampled_from(["2020-02-29", "2020-06-30", "9999-12-31", "0001-01-01"]),
        },
    ),
} | dict.fromkeys(
    (
        *(f"works.job.{fact}" for fact in ("paused", "done", "dropped", "reopened", "answered", "noted")),
        *(f"works.crew.{fact}" for fact in ("formed", "rested")),
    ),
    _NOTHING,
)


@st.composite
def facts(draw: st.DrawFn, type: str | None = None) -> dict[str, Any]:
    """The changing part of an event: type, data, subject and time."""
    often = ["works.job.opened", "works.job.opened", "works.job.taken", "works.job.done"]
    chosen = type or draw(st.sampled_from(sorted(DATA_OF)) | st.sampled_from(often))
    return {"type": chosen, "data": draw(DATA_OF[chosen]), "subject": draw(SUBJECTS), "time": draw(TIMES)}


PATH = (
    *("opened", "licensed", "taken", "answered", "paused", "answered", "taken", "noted", "licensed"),
    *("done", "reopened", "graded", "dropped"),
)
"""A job's way through all its states; most histories follow it a little, so that not everything is a misfit."""


@dataclass
class History:
    """What has happened so far in a house, for choosing what to amend."""

    house: House
    types: dict[int, str] = field(default_factory=dict)
    in_force: dict[int, int] = field(default_factory=dict)

    def live_through(self, draw: Any, steps: int) -> None:
        """Draw some batches and record them: a job's way one event at a time, or whatever comes, mixed up."""
        for _step in range(steps):
            if draw(st.booleans()):
                self._follow(draw)
            else:
                self._mix(draw)

    def _follow(self, draw: Any) -> None:
        subject, first = draw(SUBJECTS), draw(st.integers(0, 8))
        times = sorted(draw(st.lists(TIMES, min_size=4, max_size=8)), key=datetime.fromisoformat)
        for fact, time in zip(PATH[first:], times, strict=False):
            type = f"works.job.{fact}"
            event = self.house.event(type, draw(DATA_OF[type]), subject=subject, time=time)
            self._record([event], [None])

    def _mix(self, draw: Any) -> None:
        known = st.lists(st.sampled_from(sorted(self.in_force)), max_size=3, unique=True)
        amended = draw(known) if self.in_force else []
        new = draw(st.lists(facts(), min_size=0 if amended else 1, max_size=6))
        made = [(self._amendment(draw, original), original) for original in amended]
        made += [(self._event(fact), None) for fact in new]
        mixed = draw(st.permutations(made))
        self._record([event for event, _original in mixed], [original for _event, original in mixed])

    def _event(self, fact: Mapping[str, Any]) -> dict[str, Any]:
        return self.house.event(fact["type"], fact["data"], subject=fact["subject"], time=fact["time"])

    def _amendment(self, draw: Any, original: int) -> dict[str, Any]:
        body = {"original": {"seq": original}, "replaces": self.in_force[original], "reason": "a slip"}
        if draw(st.booleans()):
            return self.house.event("tracker.event.voided", body)
        fact = draw(facts(self.types[original]))
        body["data"] = fact["data"]
        return self.house.event("tracker.event.corrected", body, subject=fact["subject"], time=fact["time"])

    def _record(self, events: list[dict[str, Any]], originals: list[int | None]) -> None:
        for event, original, receipt in zip(events, originals, self.house.record(*events), strict=True):
            if original is None:
                self.types[receipt.seq] = event["type"]
                self.in_force[receipt.seq] = receipt.seq
            elif event["type"] == "tracker.event.voided":
                del self.in_force[original]
            else:
                self.in_force[original] = receipt.seq
