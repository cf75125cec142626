"""A catalogue of jobs and crews, and what the tables of cases hold about them."""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from tests.house import DATA, House
from tracker.cases.models import deadlines, misfits, states
from tracker.catalogue import Catalogue, load

JOB, CREW = "works.job", "works.crew"
TABLES = (states, misfits, deadlines)

Row = tuple[Any, ...]


def config(folder: Path) -> Path:
    """A copy of the small configuration with jobs and crews."""
    made = folder / "config"
    shutil.copytree(DATA / "small", made)
    shutil.copy(Path(__file__).parent / "works.yaml", made / "domains")
    return made


@lru_cache
def works_catalogue() -> Catalogue:
    """The small catalogue with jobs and crews."""
    with TemporaryDirectory() as folder:
        return load(config(Path(folder)))


def rows(house: House) -> dict[str, list[Row]]:
    """Everything in the tables of cases."""
    with house.database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in TABLES
        }
