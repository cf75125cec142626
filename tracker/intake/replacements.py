"""The whole that a correction states: what is in force, with a row's cells over it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Row

from tracker.catalogue.model import Catalogue
from tracker.errors import Invalid, Mistake
from tracker.intake.changes import NONE, Change
from tracker.intake.mapping import CsvMapping
from tracker.intake.rows import RowReader
from tracker.ledger.events import CORRECTED

PLACE = ("subject", "time", "entity")


def replacement(
    catalogue: Catalogue, type: str, version: Row[Any], secrets: Mapping[str, Any], change: Change
) -> dict[str, Any]:
    """The attributes ``subject``, ``time``, ``entity`` and the ``data`` in full that a row makes of a version.

    :param type: the original's type, whose fields say how a cell is read.
    :param secrets: field to value of what is confidential in the version.
    :raise Invalid: a confidential value that the row does not name cannot be taken over.
    """
    gone = {target for target, cell in change.cells.items() if cell == NONE}
    filled = {target: cell for target, cell in change.cells.items() if target not in gone}
    reader = RowReader(CsvMapping({"type": type}, {name: name for name in filled}), catalogue, list(filled))
    new: dict[str, Any] = dict(reader.event(list(filled.values())))
    schema = catalogue.events.get(type)
    open_now = {field for field in secrets if schema is None or field not in schema.confidential}
    stated = {name: value for name, value in _stated(version).items() if name not in {*map(_field_of, gone)}}
    mistakes = [*_lost(stated, secrets, open_now, new["data"], change)]
    if mistakes:
        raise Invalid("A confidential value cannot be taken over.", mistakes)
    kept = {name: secrets.get(name) if _is_commitment(value) else value for name, value in stated.items()}
    over = {name: _over(None if name in open_now else kept.get(name), value) for name, value in new["data"].items()}
    return {**{name: new.get(name, _left(version, name, gone)) for name in PLACE}, "data": kept | over}


def _left(version: Row[Any], name: str, gone: set[str]) -> Any:
    return None if name in gone else getattr(version, name)


def _field_of(target: str) -> str:
    return target.removeprefix("data.").partition(".")[0]


def _stated(version: Row[Any]) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(version.body)["data"]
    return data["data"] if version.type == CORRECTED else data


def _is_commitment(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"commitment"}


def _over(old: Any, new: Any) -> Any:
    """Money may be named in part; any other value takes the place of what was there."""
    return old | new if isinstance(old, dict) and isinstance(new, dict) else new


def _lost(
    stated: Mapping[str, Any],
    secrets: Mapping[str, Any],
    open_now: set[str],
    new: Mapping[str, Any],
    change: Change,
) -> Iterator[Mistake]:
    """The confidential values that are gone, or that the catalogue would now have stand in the open."""
    for name, value in stated.items():
        if _is_commitment(value) and name not in new and (name not in secrets or name in open_now):
            why = "was confidential and no longer is" if name in open_now else "is confidential and was erased"
            yield Mistake(f"line {change.line}", f"data.{name} {why}; fill it in, or write {NONE}")
