"""Building the units of measure and the schedule of jobs: two small files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tracker.catalogue.labels import label, words
from tracker.catalogue.model import JobSchedule, Unit
from tracker.catalogue.organisation import CURRENCY
from tracker.catalogue.reader import CODE, Section

EACH = ("day", "month", "quarter", "half_year", "year")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


def units(section: Section, locales: Sequence[str]) -> Mapping[str, Unit]:
    """Read ``units.yaml``."""
    return {id: _unit(id, each, locales) for id, each in section.entries(CODE, "hour_per_person or CNY")}


def _unit(id: str, section: Section, locales: Sequence[str]) -> Unit:
    built = Unit(
        id=id,
        words=words(section, "words", locales),
        before=label(section, "before", locales, blank=True) if "before" in section else {},
        tight=section.flag("tight"),
        currency=section.shaped("currency", CURRENCY, "CNY (three capital letters)", optional=True) or None,
    )
    section.close()
    return built


def schedule(section: Section) -> Mapping[str, JobSchedule]:
    """Read ``schedule.yaml``."""
    jobs = {name: _job(name, each) for name, each in section.section("jobs", optional=True).entries()}
    section.close()
    return jobs


def _job(name: str, section: Section) -> JobSchedule:
    built = JobSchedule(
        name=name,
        each=section.choice("each", EACH, kind="period"),
        after_days=section.integer("after_days", 0, 366, default=0),
        at=section.shaped("at", _TIME, '"02:00"'),
    )
    section.close()
    return built
