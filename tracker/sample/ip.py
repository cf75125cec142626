"""Intellectual property in the reference year: rights filed, granted and lapsed, and an awareness week.

Illustrative: the report prints totals only. What stood before is an opening, except the filings of
those patents that were granted in the year, whose path must be known from its start.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tracker.sample.shapes import event, moments, opening

FILED, FILED_IN_YEAR = 5050, 350
GRANTED, GRANTED_IN_YEAR = 1174, 174
JOINT = 11

_OTHERS = {"trademark": (60, 20), "copyright": (40, 30), "domain": (15, 15)}


def events() -> Iterator[dict[str, Any]]:
    """Everything of the ip domain, in no particular order."""
    yield opening("ip.patents_filed", FILED - FILED_IN_YEAR - GRANTED_IN_YEAR)
    yield opening("ip.patents_granted", GRANTED - GRANTED_IN_YEAR)
    yield from _patents()
    for kind, (filed, granted) in _OTHERS.items():
        yield from _rights(kind, filed, granted)
    yield from _awareness()


def _patents() -> Iterator[dict[str, Any]]:
    earlier = moments(GRANTED_IN_YEAR, seed="patents-earlier", first="2018-01-05", last="2019-11-29")
    grants = moments(GRANTED_IN_YEAR, seed="patents-granted")
    for number, (filed, granted) in enumerate(zip(earlier, grants, strict=True), start=1):
        yield _fact("patent", number, "filed", filed)
        yield _fact("patent", number, "granted", granted)
    for number, when in enumerate(moments(FILED_IN_YEAR, seed="patents-filed"), start=GRANTED_IN_YEAR + 1):
        joint = (number - GRANTED_IN_YEAR) % 30 == 0
        yield _fact("patent", number, "filed", when, joint_lab=joint)


def _rights(kind: str, filed: int, granted: int) -> Iterator[dict[str, Any]]:
    """Those filed by the autumn first are granted by the winter."""
    for number, when in enumerate(moments(filed, seed=f"{kind}-filed", last="2020-10-30"), start=1):
        yield _fact(kind, number, "filed", when)
    for number, when in enumerate(moments(granted, seed=f"{kind}-granted", first="2020-11-02"), start=1):
        yield _fact(kind, number, "granted", when)
    for number, when in enumerate(moments(1, seed=f"{kind}-lapsed", first="2020-12-31", last="2020-12-31"), start=1):
        yield _fact(kind, number, "lapsed", when)


def _fact(kind: str, number: int, fact: str, when: datetime, **more: bool) -> dict[str, Any]:
    right = f"{kind}-{number:05}"
    return event(f"ip.right.{fact}", f"{right}-{fact}", when, {"kind": kind, **more}, subject=right)


def _awareness() -> Iterator[dict[str, Any]]:
    times = moments(5, seed="ip-awareness", first="2020-04-20", last="2020-04-26")
    for number, when in enumerate(times, start=1):
        yield event("ip.awareness.held", f"ip-awareness-{number:02}", when, {"participants": 120 + 15 * number})
