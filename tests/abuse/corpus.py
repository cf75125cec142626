"""The corpus: requests that somebody may send, and the answer to each, as YAML files by theme.

A file holds ``cases`` and, beside them, what all of them share. A case replaces what it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

FOLDER = Path(__file__).parent / "cases"

Text: TypeAlias = "str | Mapping[str, Any]"
"""A text, or how to make a long one: ``{repeat: a, times: 9, before: "", after: ""}``."""


@dataclass(frozen=True)
class Case:
    """One request and its answer.

    ``door`` is ``webhook``, ``events``, or a method and a path. ``event`` replaces attributes of a good event,
    ``data`` fields of its data, ``without`` leaves attributes out, ``swap`` replaces parts of its JSON text.
    ``batch`` and ``lines`` are several events, each as ``event`` has it. ``body``, ``base64``, ``generate`` and
    ``endless`` are the body itself; ``EVENT`` in it is the good event. ``before`` is on record when the request
    comes, ``again`` says which of it is sent once more, ``also`` what came in between, ``later`` how much later.
    """

    theme: str
    name: str
    status: int
    door: Any = "webhook"
    mode: str = "structured"
    problem: str | None = None
    pointers: list[str] | int | None = None
    receipts: list[str] | None = None
    answers: list[str] | int | None = None
    stored: Mapping[str, Any] = field(default_factory=dict)
    says: str = ""
    hides: str = ""
    type: str = "desk.case.reported"
    event: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    swap: Mapping[str, Any] = field(default_factory=dict)
    ce: Mapping[str, Any] = field(default_factory=dict)
    batch: list[Any] | None = None
    lines: list[Any] | None = None
    body: str | None = None
    base64: str | None = None
    generate: Mapping[str, Any] | None = None
    endless: str = ""
    encode: str = ""
    chunked: bool = False
    headers: Mapping[str, Text | None] = field(default_factory=dict)
    query: Text = ""
    source: Text = "desk"
    token: str | None = "everything"
    sign: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[Mapping[str, Any], ...] = ()
    also: tuple[Mapping[str, Any], ...] = ()
    again: int | None = None
    later: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.theme}: {self.name}"

    @property
    def recorded(self) -> int:
        """How many events are on record afterwards that were not before."""
        told = self.answers if isinstance(self.answers, list) else self.receipts or []
        return told.count("recorded")


_TUPLES = frozenset({"without", "before", "also"})
_KNOWN = frozenset(each.name for each in fields(Case)) - {"theme"}


@lru_cache
def corpus() -> tuple[Case, ...]:
    """All cases, in the order of their files."""
    return tuple(case for file in sorted(FOLDER.glob("*.yaml")) for case in _cases(file))


def at_doors(*doors: str) -> list[Case]:
    """The cases that knock at these doors; without a name, at any other."""
    named = ("webhook", "events")
    return [case for case in corpus() if (case.door in doors if doors else case.door not in named)]


def _cases(file: Path) -> Iterator[Case]:
    shared = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
    for own in shared.pop("cases"):
        found = shared | own
        assert found.keys() <= _KNOWN, (file.name, found.keys() - _KNOWN)
        if found["status"] < 400:
            found["problem"] = None
        given: dict[str, Any] = {name: tuple(value) if name in _TUPLES else value for name, value in found.items()}
        yield Case(file.stem, **given)


def spelled(text: Text) -> str:
    """A text as it is, or as it is made."""
    if isinstance(text, str):
        return text
    made: str = text["repeat"] * text["times"]
    return str(text.get("before", "")) + made + str(text.get("after", ""))
