"""YAML with nothing left to guess: text, null, booleans, integers and exact decimals.

The core schema of YAML 1.2 without floats. Dates, ``yes``, ``on``, ``0x1F`` and ``12:30`` stay text,
keys are text, and a key written twice is a mistake. Anchors, aliases and merge keys (``<<``) are
read, but what they expand to is bounded, so that a small file cannot become a large one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml

from tracker.catalogue.reader import Mistakes

try:
    from yaml import CSafeLoader as _Base  # a dozen times faster
except ImportError:
    from yaml import SafeLoader as _Base  # type: ignore[assignment]

MAX_CHARACTERS = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 24

_TAG = "tag:yaml.org,2002:"
_NULL = re.compile(r"null|~|")
_FLAG = re.compile(r"true|false")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class _Loader(_Base):
    """Only what is declared below gets a type; the rest is text."""


_Loader.yaml_implicit_resolvers = {}


def _declare(name: str, pattern: re.Pattern[str], first: str) -> None:
    _Loader.add_implicit_resolver(_TAG + name, re.compile(rf"(?:{pattern.pattern})\Z"), list(first))


_declare("null", _NULL, "n~")
_declare("bool", _FLAG, "tf")
_declare("int", _INTEGER, "-+0123456789")
_declare("float", _DECIMAL, "-+0123456789")
_declare("merge", re.compile("<<"), "<")
_Loader.add_implicit_resolver(_TAG + "null", re.compile(r"\Z"), [""])


def parse(text: str, file: str, mistakes: Mistakes) -> Any:
    """The value of one YAML document, or None where it cannot be read.

    What is wrong is noted with the file and the line (syntax) or the key (all else).
    """
    if len(text) > MAX_CHARACTERS:
        mistakes.add(file, (), f"is longer than {MAX_CHARACTERS} characters; split it")
        return None
    try:
        root = _compose(text)
    except yaml.MarkedYAMLError as error:
        mistakes.add_line(file, _line(error), _problem(error))
        return None
    except yaml.YAMLError as error:
        mistakes.add(file, (), f"is not YAML: {' '.join(str(error).split())}")
        return None
    return _Walk(file, mistakes).value(root, ()) if root is not None else None


def _compose(text: str) -> yaml.Node | None:
    """The nodes of a document that is nested within bounds.

    Composing recurses, in C without a guard, so the depth is checked on the flat events first.
    """
    depth = 0
    for event in yaml.parse(text, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(
                problem=f"nested too deeply; at most {MAX_DEPTH} levels are read", problem_mark=mark
            )
    root: yaml.Node | None = yaml.compose(text, _Loader)
    return root


def _line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _problem(error: yaml.MarkedYAMLError) -> str:
    said = " ".join(part for part in (error.context, error.problem) if part)
    return f"is not YAML: {said}"


class _Walk:
    """One pass over the nodes of a document, counting them as often as aliases repeat them."""

    def __init__(self, file: str, mistakes: Mistakes) -> None:
        self.file, self.mistakes = file, mistakes
        self.nodes = 0

    def value(self, node: yaml.Node, path: tuple[str, ...], depth: int = 0) -> Any:
        """The plain value of a node. Past a bound everything is None, and noted once."""
        if self._too_much(depth):
            return None
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.value(each, (*path, str(at)), depth + 1) for at, each in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        return self._wrong(path, f"has the tag {node.tag!r}, which is not read here")

    def _too_much(self, depth: int) -> bool:
        self.nodes += 1
        if self.nodes == MAX_NODES or (depth > MAX_DEPTH and self.nodes < MAX_NODES):
            self.nodes = MAX_NODES
            self._wrong((), f"its aliases or levels expand too far ({MAX_NODES} values, {MAX_DEPTH} levels are read)")
        return self.nodes >= MAX_NODES

    def _scalar(self, node: yaml.ScalarNode, path: tuple[str, ...]) -> Any:
        text: str = node.value
        match node.tag.removeprefix(_TAG):
            case "null" if _NULL.fullmatch(text):
                return None
            case "bool" if _FLAG.fullmatch(text):
                return text == "true"
            case "int" if _INTEGER.fullmatch(text):
                return int(text)
            case "float" if _DECIMAL.fullmatch(text):
                return Decimal(text)
            case "str" | "merge":
                return self._text(text, path)
        return self._wrong(path, f"{text!r} cannot be read as {node.tag!r}")

    def _text(self, text: str, path: tuple[str, ...]) -> str:
        if _UNPRINTABLE.search(text):
            self._wrong(path, "holds a character that cannot be printed")
            return ""
        return text

    def _mapping(self, node: yaml.MappingNode, path: tuple[str, ...], depth: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == _TAG + "merge":
                self._merge(merged, value, path, depth)
            elif (name := self._key(key, path, lines)) is not None:
                own[name] = self.value(value, (*path, name), depth + 1)
        return {**merged, **own}

    def _merge(self, merged: dict[str, Any], value: yaml.Node, path: tuple[str, ...], depth: int) -> None:
        """Take over other mappings; as YAML has it, the earlier of several wins."""
        for each in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            found = self.value(each, path, depth + 1)
            if isinstance(found, dict):
                merged.update({name: taken for name, taken in found.items() if name not in merged})
            else:
                self._wrong((*path, "<<"), "merges what is not a mapping")

    def _key(self, key: yaml.Node, path: tuple[str, ...], lines: dict[str, int]) -> str | None:
        name, line = key.value, key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag != _TAG + "str":
            self._wrong(path, f"the key on line {line} is not text; write it in quotes")
        elif not name or name.startswith("$") or _UNPRINTABLE.search(name):
            self._wrong(path, f"the key {name!r} on line {line} is not a name")
        elif name in lines:
            self._wrong((*path, name), f"is written twice, on lines {lines[name]} and {line}; keep one")
        else:
            lines[name] = line
            return str(name)
        return None

    def _wrong(self, path: tuple[str, ...], message: str) -> None:
        self.mistakes.add(self.file, path, message)
