"""Patents, trademarks and other rights of the reference year; illustrative."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tracker.sample.shapes import event, moments, opening, turns

FILED_BEFORE, FILED = 4_250, 800
GRANTED_BEFORE, GRANTED = 774, 400
JOINT_LAB = 11
OTHERS = ("trademark", "copyright", "domain")


def events() -> Iterator[dict[str, Any]]:
    """Openings, patents filed and granted, other rights, and the awareness week."""
    yield opening("ip.patents_filed", FILED_BEFORE)
    yield opening("ip.patents_granted", GRANTED_BEFORE)
    yield from _patents()
    yield from _others()
    for i, when in enumerate(moments(5, seed="ip-week", first="2020-04-20", last="2020-04-26")):
        yield event("ip.awareness.held", f"awareness-{i + 1}", when, {"participants": 120 + 35 * i})


def _patents() -> Iterator[dict[str, Any]]:
    for i, when in enumerate(moments(FILED, seed="patents-filed")):
        subject = f"patent-{i + 1:04}"
        # the joint laboratory's filings are strewn over the year
        data: dict[str, Any] = {"kind": "patent"} | ({"joint_lab": True} if i % 73 == 36 else {})
        yield event("ip.right.filed", f"{subject}-filed", when, data, subject=subject)
    for i, when in enumerate(moments(GRANTED, seed="patents-granted")):
        subject = f"patent-earlier-{i + 1:04}"
        yield event("ip.right.granted", f"{subject}-granted", when, {"kind": "patent"}, subject=subject)


def _others() -> Iterator[dict[str, Any]]:
    kinds = turns(OTHERS, 180, seed="other-rights")
    for i, (when, kind) in enumerate(zip(moments(180, seed="others", last="2020-09-30"), kinds, strict=True)):
        subject = f"{kind}-{i + 1:04}"
        yield event("ip.right.filed", f"{subject}-filed", when, {"kind": kind}, subject=subject)
        if i % 3:
            granted = when + timedelta(days=80)
            yield event("ip.right.granted", f"{subject}-granted", granted, {"kind": kind}, subject=subject)
