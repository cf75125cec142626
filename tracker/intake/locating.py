"""Where in a JSON text something stands: only ever asked to explain a refusal."""

from __future__ import annotations

import json
import re

_STRING = r'"(?:[^"\\]|\\.)*+"'
_LITERALS = re.compile(rf"{_STRING}|-?(?:[0-9][0-9.eE+-]*|Infinity)|NaN", re.DOTALL)
_STRUCTURE = re.compile(rf"(?P<string>{_STRING})|[{{}}\[\]:]", re.DOTALL)


def place(text: str, position: int, line: int = 1) -> str:
    """``line 1, column 5``, both counted from one; ``line`` is the number of the text's first line."""
    column = position - text.rfind("\n", 0, position)
    return f"line {line + text.count(chr(10), 0, position)}, column {column}"


def position_of_literal(text: str, literal: str) -> int:
    """Where a number or constant first stands outside strings; 0 where it does not."""
    return next((found.start() for found in _LITERALS.finditer(text) if found[0] == literal), 0)


def position_of_duplicate(text: str) -> int:
    """Where a key stands that its object already had; 0 where there is none."""
    keys: list[set[str]] = []
    last = ("", 0)
    for found in _STRUCTURE.finditer(text):
        match found[0]:
            case "{" | "[":
                keys.append(set())
            case "}" | "]":
                keys.pop()
            case ":":
                if last[0] in keys[-1]:
                    return last[1]
                keys[-1].add(last[0])
            case string:
                last = (json.loads(string), found.start())
    return 0
