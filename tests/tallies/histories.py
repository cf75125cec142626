"""Random histories: events in any order of arrival, corrected and voided, across years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.house import House

CHANNELS = st.sampled_from(["phone", "mail"])
LEVELS = st.sampled_from(["low", "high", None])
SUBJECTS = st.sampled_from(["s1", "s2", "s3"])
TIMES = st.sampled_from(
    [
        "2018-12-31T15:59:59Z",  # the last second of 2018 in Shanghai
        "2018-12-31T16:00:00Z",  # the first of 2019
        "2019-02-28T09:00:00+08:00",
        "2019-12-31T23:59:59.999999+08:00",
        "2020-01-01T00:00:00+08:00",
        "2020-02-29T10:00:00+08:00",
        "2020-03-31T16:00:00Z",
        "2020-06-15T08:30:00-07:00",
        "2020-06-15T08:30:00-07:00",  # twice, so that equal times are common and seq decides
        "2020-12-31T12:00:00Z",
        "2021-01-15T12:00:00+08:00",
    ]
)


def _without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_AMOUNTS = st.integers(0, 10**7).map(lambda cents: {"amount": f"{cents / 100:.2f}", "currency": "CNY"})
_QUANTITIES = st.integers(-5000, 5000).map(lambda hundredths: f"{hundredths / 100:.2f}")

DATA: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "desk.case.reported": st.fixed_dictionaries(
        {
            "channel": CHANNELS,
            "level": LEVELS,
            "loss": st.none() | _AMOUNTS,
            "places": st.none() | st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True),
            "narrative": st.none() | st.just("what happened"),
        }
    ).map(_without_nothing),
    "desk.meter.read": st.fixed_dictionaries(
        {"channel": CHANNELS, "level": LEVELS, "quantity": _QUANTITIES, "weight": st.none() | st.integers(0, 9)}
    ).map(_without_nothing),
    "desk.member.joined": st.fixed_dictionaries({"channel": CHANNELS, "heads": st.none() | st.integers(0, 9)}).map(
        _without_nothing
    ),
    "desk.member.left": st.fixed_dictionaries({"channel": CHANNELS, "heads": st.none() | st.integers(0, 9)}).map(
        _without_nothing
    ),
    "tracker.balance.opened": st.fixed_dictionaries(
        {
            "metric": st.just("desk.stock"),
            "quantity": st.integers(0, 99),
            "by": st.fixed_dictionaries({"channel": CHANNELS}),
        }
    ),
}


@st.composite
def facts(draw: st.DrawFn, type: str | None = None) -> dict[str, Any]:
    """The changing part of an event: type, data, subject and time."""
    chosen = type or draw(st.sampled_from(sorted(DATA)))
    time = "2018-06-30T12:00:00+08:00" if chosen == "tracker.balance.opened" else draw(TIMES)
    return {"type": chosen, "data": draw(DATA[chosen]), "subject": draw(SUBJECTS), "time": time}


@dataclass
class History:
    """What has happened so far in a house, for choosing what to amend."""

    house: House
    types: dict[int, str] = field(default_factory=dict)
    in_force: dict[int, int] = field(default_factory=dict)

    def record(self, batch: list[dict[str, Any]]) -> None:
        """Record new facts as one batch."""
        made = [
            self.house.event(each["type"], each["data"], subject=each["subject"], time=each["time"]) for each in batch
        ]
        for receipt, each in zip(self.house.record(*made), batch, strict=True):
            self.types[receipt.seq] = each["type"]
            self.in_force[receipt.seq] = receipt.seq

    def correct(self, original: int, fact: Mapping[str, Any]) -> None:
        """Replace a fact by another of the same type."""
        receipt = self.house.correct(
            original, self.in_force[original], fact["data"], subject=fact["subject"], time=fact["time"]
        )
        self.in_force[original] = receipt.seq

    def void(self, original: int) -> None:
        """Withdraw a fact for good."""
        self.house.void(original, self.in_force.pop(original))


def live_through(draw: Any, house: House, steps: int) -> History:
    """Draw ``steps`` steps and let the house live through them."""
    history = History(house)
    for _step in range(steps):
        choice = draw(st.sampled_from(["record", "record", "correct", "void"]))
        if choice == "record" or not history.in_force:
            history.record(draw(st.lists(facts(), min_size=1, max_size=5)))
            continue
        original = draw(st.sampled_from(sorted(history.in_force)))
        if choice == "correct":
            history.correct(original, draw(facts(history.types[original])))
        else:
            history.void(original)
    return history
