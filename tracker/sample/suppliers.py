"""Suppliers from register to exit up to the end of the reference year; illustrative."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tracker.sample.shapes import event, moments, split, turns

CHINA, OVERSEAS, EXITED = 1_784, 18, 46
"""In the library at the year's end, and those that left it during the year."""

EVALUATED, COMMITTED = 133, 713
CATEGORIES = ("marketing", "engineering", "gifts", "catering", "furniture", "technology")
STANDARDS = ("iso_9001", "iso_14000", "iso_18000", "iso_22000")
SCORES = ("quality", "delivery", "service", "cost", "innovation", "cooperation")


def events() -> Iterator[dict[str, Any]]:
    """The register, and what became of suppliers in 2020."""
    names = [f"supplier-{i + 1:05}" for i in range(CHINA + OVERSEAS + EXITED)]
    yield from _register(names)
    yield from _exits(names[-EXITED:])
    yield from _rejected()
    yield from _commitments(names[:COMMITTED])
    important = names[::13][:EVALUATED]
    yield from _rounds(important)
    yield from _certificates(names[:CHINA:5])


def _register(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    categories = turns(CATEGORIES, len(names), seed="supplier-categories")
    whens = moments(len(names), seed="suppliers", first="2018-03-01", last="2020-11-20")
    # those that leave in 2020 came in early
    whens = [*whens[EXITED:], *whens[:EXITED]]
    for i, (name, when) in enumerate(zip(names, whens, strict=True)):
        place: dict[str, Any] = {
            "region": "overseas" if i % 100 == 50 and i < 1_800 else "china",
            "category": categories[i],
        }
        if i % 60 == 9:
            place["poor_area"] = True
        yield _step(name, "registered", when, place)
        if categories[i] in {"catering", "furniture"} and i % 4 == 0:
            yield _step(name, "site_visited", when + timedelta(days=9), {"passed": True})
        yield _step(name, "qualified", when + timedelta(days=18), place)


def _exits(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    reasons = turns(("contract_ended", "performance", "compliance"), len(names), seed="exits")
    for name, when, reason in zip(names, moments(len(names), seed="exits"), reasons, strict=True):
        yield _step(name, "exited", when, {"reason": reason})


def _rejected() -> Iterator[dict[str, Any]]:
    for i, when in enumerate(moments(60, seed="rejected", last="2020-11-30")):
        name = f"applicant-{i + 1:03}"
        yield _step(name, "registered", when, {"region": "china", "category": CATEGORIES[i % len(CATEGORIES)]})
        yield _step(name, "rejected", when + timedelta(days=12), {"reason": "Qualification incomplete."})


def _commitments(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for name, when in zip(names, moments(len(names), seed="commitments"), strict=True):
        yield _step(name, "commitment_signed", when, {})


def _rounds(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Two half-yearly rounds; most suppliers had business in both."""
    for half, (first, last) in {
        "2020-h1": ("2020-07-06", "2020-07-24"),
        "2020-h2": ("2020-12-07", "2020-12-24"),
    }.items():
        taking_part = [name for i, name in enumerate(names) if (i + len(half) + int(half[-1])) % 5]
        for i, (name, when) in enumerate(
            zip(taking_part, moments(len(taking_part), seed=half, first=first, last=last), strict=True)
        ):
            failed = half == "2020-h1" and i % 29 == 11
            yield event(
                "suppliers.supplier.evaluated", f"{name}-{half}", when, _scores(name, half, failed), subject=name
            )
            if failed:
                yield from _improvement(name, when)


def _scores(name: str, half: str, failed: bool) -> dict[str, Any]:
    drawn = split(500, len(SCORES), seed=f"{name}{half}", scale=1, spread=12)
    return {"round": half} | dict(zip(SCORES, drawn, strict=True)) | ({"delivery": "41.5"} if failed else {})


def _improvement(name: str, when: datetime) -> Iterator[dict[str, Any]]:
    due = (when + timedelta(days=90)).date().isoformat()
    yield _step(name, "improvement_opened", when + timedelta(days=5), {"due": due})
    yield _step(name, "improvement_closed", when + timedelta(days=70), {"achieved": True})


def _certificates(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for i, (name, when) in enumerate(zip(names, moments(len(names), seed="certificates"), strict=True)):
        data = {"standard": STANDARDS[i % len(STANDARDS)], "valid_until": f"{2021 + i % 3}-{i % 12 + 1:02}-28"}
        yield _step(name, "certificate_recorded", when, data)


def _step(name: str, fact: str, when: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return event(f"suppliers.supplier.{fact}", f"{name}-{fact}", when, data, subject=name)
