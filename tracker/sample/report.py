"""What the 2020 report prints, to be laid beside what the ledger computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("report-2020.yaml")


@dataclass(frozen=True)
class Reported:
    """One figure of the report.

    ``value`` is the number that the reference year's events add up to, in ``unit``; ``printed`` is number and unit as
    they stand in the report (None where it does not print them). ``by`` holds its breakdowns: the cell's dimensions
    and the cell's value. ``note`` says why value and print differ, where they do.
    """

    value: Decimal
    unit: str
    printed: str | None
    qualifier: str
    by: tuple[tuple[dict[str, str], Decimal], ...] = ()
    note: str | None = None


def reported() -> dict[str, Reported]:
    """Every figure of the report, by metric."""
    figures = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {metric: _reported(figure) for metric, figure in figures.items()}


def _reported(figure: Mapping[str, Any]) -> Reported:
    return Reported(
        value=Decimal(figure["value"]),
        unit=figure["unit"],
        printed=figure["printed"],
        qualifier=figure["qualifier"],
        by=tuple(
            ({dimension: name}, Decimal(value))
            for dimension, cells in figure.get("by", {}).items()
            for name, value in cells.items()
        ),
        note=figure.get("note"),
    )
