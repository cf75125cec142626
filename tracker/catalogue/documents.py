"""The documents of a configuration: found in a directory, or rebuilt from their JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tracker.catalogue.reader import Mistakes, Section, unknown
from tracker.catalogue.strict_yaml import parse
from tracker.errors import CatalogueInvalid, Mistake

REQUIRED = ("organisation", "units")
OPTIONAL = ("schedule",)
ELSEWHERE = ("factors", "materiality", "stakeholders")
"""Files of the same directory that are not part of the catalogue and are read by others."""

_DECIMAL = "$decimal"


@dataclass(frozen=True)
class Documents:
    """The parsed top-level files by name, and the domains by id."""

    files: Mapping[str, Any]
    domains: Mapping[str, Any]

    def section(self, name: str, mistakes: Mistakes) -> Section:
        """A top-level file to read key by key."""
        return _section(f"{name}.yaml", self.files.get(name, {}), mistakes)

    def domain_sections(self, mistakes: Mistakes) -> dict[str, Section]:
        """Every domain's file to read key by key."""
        return {name: _section(f"domains/{name}.yaml", data, mistakes) for name, data in self.domains.items()}

    def to_json(self) -> str:
        """JSON without spaces, decimals tagged, keys in the order of the files: breakdowns are listed in it."""
        return json.dumps(_plain({**self.files, "domains": self.domains}), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Documents:
    """The documents that :meth:`Documents.to_json` wrote.

    :raise CatalogueInvalid: if the text is not such JSON.
    """
    try:
        found = json.loads(text, object_hook=_restore)
    except (ValueError, ArithmeticError) as error:
        raise CatalogueInvalid([Mistake("documents", f"are not JSON: {error}")]) from error
    if not isinstance(found, dict) or not isinstance(found.get("domains"), dict):
        raise CatalogueInvalid([Mistake("documents", "are not a configuration")])
    return Documents({name: data for name, data in found.items() if name != "domains"}, found["domains"])


def read(directory: Path) -> Documents:
    """Read and parse every file of a configuration directory.

    :raise CatalogueInvalid: if a file is missing, unknown or not strict YAML; building would only repeat it.
    """
    mistakes = Mistakes()
    names = [name for name in (*REQUIRED, *OPTIONAL) if name in REQUIRED or (directory / f"{name}.yaml").exists()]
    files = {name: _read(directory, f"{name}.yaml", mistakes) for name in names}
    domains = {path.stem: _read(directory, f"domains/{path.name}", mistakes) for path in _domains(directory, mistakes)}
    _report_strangers(directory, mistakes)
    mistakes.check()
    return Documents(files, domains)


def _read(directory: Path, file: str, mistakes: Mistakes) -> Any:
    try:
        text = (directory / file).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        mistakes.add(file, (), "is missing")
    except UnicodeDecodeError:
        mistakes.add(file, (), "is not UTF-8")
    except OSError as error:
        mistakes.add(file, (), f"cannot be read: {error.strerror}")
    else:
        return parse(text, file, mistakes)
    return None


def _domains(directory: Path, mistakes: Mistakes) -> list[Path]:
    found = sorted((directory / "domains").glob("*.yaml"))
    if not found:
        mistakes.add("domains", (), "has no *.yaml; a catalogue needs at least one domain")
    return found


def _report_strangers(directory: Path, mistakes: Mistakes) -> None:
    allowed = [*REQUIRED, *OPTIONAL, *ELSEWHERE]
    for path in sorted(directory.glob("*.y*ml")):
        if path.suffix != ".yaml":
            mistakes.add(path.name, (), "is not read; name it *.yaml")
        elif path.stem not in allowed:
            mistakes.add(path.name, (), unknown("file", path.stem, allowed))
    for path in sorted((directory / "domains").glob("*.yml")):
        mistakes.add(f"domains/{path.name}", (), "is not read; name it *.yaml")


def _section(file: str, data: Any, mistakes: Mistakes) -> Section:
    if isinstance(data, dict):
        return Section(mistakes, file, (), data)
    mistakes.add(file, (), "is not a mapping of keys to values")
    return Section(mistakes, file, (), {}, muted=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _restore(found: dict[str, Any]) -> Any:
    # No key of a document starts with "$", so the tag cannot be mistaken for one.
    return Decimal(found[_DECIMAL]) if set(found) == {_DECIMAL} else found
