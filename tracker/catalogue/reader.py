"""Reading a document key by key, and noting every mistake with its file and key.

Nothing here raises: a key that is missing or wrong reads as an empty value, so that one run finds
all mistakes. A section that is itself missing is muted, so that one mistake is not told twice.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from tracker.errors import CatalogueInvalid, Mistake

NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
"""Codes of choices, units, places and owners, which may come from elsewhere."""


class Mistakes:
    """Collects what is wrong with a configuration."""

    def __init__(self) -> None:
        self._found: dict[Mistake, None] = {}

    def add(self, file: str, path: Iterable[str], message: str) -> None:
        """Note a mistake at a key of a file; the same one is noted once."""
        key = ".".join(path)
        self._found[Mistake(f"{file}: {key}" if key else file, message)] = None

    def add_line(self, file: str, line: int, message: str) -> None:
        """Note a mistake at a line of a file."""
        self._found[Mistake(f"{file}: line {line}", message)] = None

    def check(self) -> None:
        """:raise CatalogueInvalid: if any mistake was noted."""
        if self._found:
            raise CatalogueInvalid(list(self._found))


def unknown(kind: str, name: object, allowed: Collection[str]) -> str:
    """``unknown unit 'suplier'; did you mean 'supplier'?``, or what is allowed where nothing is near."""
    near = difflib.get_close_matches(str(name), allowed, n=1)
    if near:
        return f"unknown {kind} {name!r}; did you mean {str(near[0])!r}?"
    return f"unknown {kind} {name!r}; {_listed(allowed)}"


def _listed(allowed: Collection[str]) -> str:
    names = sorted(allowed)
    if not names:
        return "there is none yet"
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"known: {', '.join(names[:12])}{more}"


def spell(value: object) -> str:
    """What a value is called in a message."""
    names = {type(None): "nothing", bool: "true or false", int: "an integer", Decimal: "a decimal number"}
    names |= {str: "text", list: "a list", dict: "a mapping"}
    return names.get(type(value), type(value).__name__)


class Section:
    """A mapping of a document. Each reading of a key also marks it as known; see :meth:`close`."""

    def __init__(
        self, mistakes: Mistakes, file: str, path: tuple[str, ...], data: Mapping[str, Any], *, muted: bool = False
    ) -> None:
        self.mistakes, self.file, self.path, self.data, self.muted = mistakes, file, path, data, muted
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def wrong(self, key: str | None, message: str) -> None:
        """Note a mistake at ``key`` (dotted for something inside it), or at the section itself."""
        if not self.muted:
            self.mistakes.add(self.file, self.path if key is None else (*self.path, key), message)

    def get(self, key: str, *kinds: type, optional: bool = False) -> Any:
        """The value of a key if it is of one of the types, otherwise None and a mistake; none if it is optional
        and absent."""
        self._known.add(key)
        if key not in self.data:
            if not optional:
                self.wrong(key, "is missing")
            return None
        return self._typed(key, self.data[key], kinds)

    def _typed(self, key: str, value: Any, kinds: tuple[type, ...]) -> Any:
        # An exact comparison, since True is an int to isinstance.
        if type(value) in kinds:
            return value
        self.wrong(key, f"is {spell(value)}; expected {' or '.join(spell(kind()) for kind in kinds)}")
        return None

    def text(self, key: str, *, optional: bool = False) -> str:
        """Text that is not empty; empty when absent or wrong."""
        found: str | None = self.get(key, str, optional=optional)
        if found is not None and not found.strip():
            self.wrong(key, "is empty")
        return found or ""

    def shaped(self, key: str, pattern: re.Pattern[str], example: str, *, optional: bool = False) -> str:
        """Text of a certain shape; empty when absent or wrong."""
        found = self.text(key, optional=optional)
        if found and not pattern.fullmatch(found):
            self.wrong(key, f"{found!r} is not of the form {example}")
            return ""
        return found

    def choice(self, key: str, allowed: Collection[str], *, kind: str, default: str = "") -> str:
        """One of several words. Required unless there is a default."""
        found: str | None = self.get(key, str, optional=bool(default))
        if found is None or found in allowed:
            return found or default
        self.wrong(key, unknown(kind, found, allowed))
        return default

    def flag(self, key: str) -> bool:
        """True or false; false when absent."""
        return self.get(key, bool, optional=True) or False

    def integer(self, key: str, low: int, high: int, *, default: int | None = None) -> int:
        """An integer within bounds. Required unless there is a default."""
        found: int | None = self.get(key, int, optional=default is not None)
        if found is not None and not low <= found <= high:
            self.wrong(key, f"is {found}; expected {low} to {high}")
            found = None
        return found if found is not None else default if default is not None else low

    def decimal(self, key: str) -> Decimal | None:
        """An exact number, or None."""
        found = self.get(key, int, Decimal, optional=True)
        return None if found is None else Decimal(found)

    def names(self, key: str, *, optional: bool = False) -> tuple[str, ...]:
        """One name or a list of different names; empty when absent or wrong."""
        found = self.get(key, str, list, optional=optional)
        names = [found] if isinstance(found, str) else found
        if names is None:
            return ()
        if not names or not all(isinstance(each, str) and each for each in names):
            self.wrong(key, "expected a name or a list of names")
            return ()
        if len(set(names)) < len(names):
            self.wrong(key, "names something twice")
        return tuple(dict.fromkeys(names))

    def section(self, key: str, *, optional: bool = False) -> Section:
        """The mapping under a key; an empty, muted one when absent or wrong."""
        return self.at(key, self.get(key, dict, optional=optional))

    def at(self, key: str, data: Mapping[str, Any] | None) -> Section:
        """A mapping found somewhere below this section, say in a list."""
        muted = self.muted or data is None
        return Section(self.mistakes, self.file, (*self.path, key), data or {}, muted=muted)

    def entries(self, shape: re.Pattern[str] = NAME, form: str = "lower_case") -> Iterator[tuple[str, Section]]:
        """The mappings that this section holds, by name. All of its keys are then known."""
        for name in self.named(shape, form):
            yield name, self.section(name)

    def named(self, shape: re.Pattern[str] = NAME, form: str = "lower_case") -> Iterator[str]:
        """The names that this section holds."""
        for name in self.data:
            self._known.add(name)
            if not shape.fullmatch(name):
                self.wrong(name, f"the name {name!r} is not of the form {form}")
            yield name

    def sections(self, key: str) -> list[Section]:
        """The mappings of a required list that is not empty."""
        found = self.get(key, list)
        if found == []:
            self.wrong(key, "is empty")
        return [self._item(f"{key}.{at}", each) for at, each in enumerate(found or [])]

    def _item(self, key: str, value: Any) -> Section:
        return self.at(key, self._typed(key, value, (dict,)))

    def close(self, explain: Callable[[str], str | None] = lambda key: None) -> None:
        """Report the keys that nobody has read. ``explain`` may say more about one of them."""
        for key in self.data:
            if key not in self._known:
                self.wrong(key, explain(key) or unknown("key", key, self._known))
