"""The reference year: events of 2020 that add up to what the company's report prints.

Illustrative: the report's own events are not public. Its totals are kept exactly; how they fall on
days, places and parties is made up, and nobody in it is a real person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tracker.sample import (
    charity,
    commerce,
    content,
    education,
    environment,
    governance,
    integrity,
    ip,
    people,
    platform,
    recognition,
    rural,
    security,
    service,
    stakeholders,
    suppliers,
)

_MODULES = (
    *(charity, commerce, content, education, environment, governance, integrity, ip),
    *(people, platform, recognition, rural, security, service, stakeholders, suppliers),
)


def events() -> list[dict[str, Any]]:
    """Every CloudEvent of the reference year, openings and the year before included, by instant and id."""
    return sorted((each for module in _MODULES for each in module.events()), key=_order)


def _order(event: dict[str, Any]) -> tuple[datetime, str]:
    return datetime.fromisoformat(event["time"]), event["id"]
