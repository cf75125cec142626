"""Houses over the catalogue of jobs and crews."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cases.works import works_catalogue
from tests.house import Fresh, House
from tracker.db import Database


@pytest.fixture
def house(database: Database) -> House:
    """A house where jobs are done by crews."""
    return House.build(database, works_catalogue())


@pytest.fixture
def fresh(drawn: Callable[[Callable[[Database], House]], Fresh]) -> Fresh:
    """A house on a database of its own for every drawn history."""
    return drawn(lambda database: House.build(database, works_catalogue()))
