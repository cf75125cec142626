"""Good requests, spoilt at random where it hurts: in their structure, in their text, in their bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"
TYPES = (ONE, BATCH, JSON)
STRANGE_TYPES = ("", "text/plain", "application/json; charset=utf-16", "application/json;;;", "é/é", "a" * 300)

FORM: Mapping[str, Any] = {
    "title": "A form", "colour": "red", "pages": 3, "score": "1.50", "fee": {"amount": "12.50", "currency": "CNY"},
    "signed_on": "2025-12-30", "seen_at": "2025-12-30T10:00:00Z", "reference": "r-1", "codes": ["a", "b"],
    "remarks": ["one", "two"], "urgent": True, "link": "https://example.org/a", "secret": "s", "level": "top",
}  # fmt: skip
DATA: Mapping[str, Mapping[str, Any]] = {
    "form.paper.filed": FORM,
    "desk.case.reported": {"channel": "phone", "loss": {"amount": "1", "currency": "CNY"}, "places": ["x"]},
    "desk.meter.read": {"channel": "mail", "quantity": "12.50", "weight": 2},
    "desk.member.joined": {"channel": "mail", "heads": 4},
    "tracker.event.voided": {"original": {"seq": 0}, "replaces": 0, "reason": "never happened"},
    "tracker.event.corrected": {"original": {"seq": 0}, "replaces": 0, "reason": "a slip", "data": {"colour": "red"}},
}

VALUES: Sequence[Any] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, -(2**63), 2**64, 10**39, 0.5, 1e-7, 1e30, "", " ", "0", "-0",
    "1_000", "１２", "NaN", "null", "true", "2025-02-29", "2025-12-31T24:00:00Z", "9999-12-31T23:59:59-14:00",
    "2025-12-31T16:30:00Z", "0001-01-01T00:00:00+14:00", "\0", "\r\n", "\u202e", "\u200b", "\ufeff", "\ud800", "👩‍👩‍👧",
    "=cmd|' /C calc'!A0",
    "' OR 1=1 --", "../../etc/passwd", "{{7*7}}", "%s%n", "desk.case.reported", "form.paper.filed", "/desk", "/other",
    "CNY", "USD", "a" * 201, "字" * 2_001, [], {}, [[]], [None], {"": {}}, {"seq": 0},
    {"amount": "1", "currency": "CNY"}, ["a", "a"], ["x"] * 1_001,
)  # fmt: skip
NAMES = ("", "id", "ID", "data", "seq", "role", "__class__", "a/b~c", "\0", "\ud800", "amount", "currency", "time", "é")
PIECES = (
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"[",
    b"{",
    b'"',
    b"\\",
    b"\\u",
    b",",
    b":",
    b"NaN",
    b"1e999",
    b"-",
    b"\xef\xbb\xbf",
)


class Mutant(NamedTuple):
    """One request: its content type, its ``ce-`` headers, its body."""

    type: str
    attributes: dict[str, str]
    body: bytes


def mutant(random: Random, ident: str) -> Mutant:
    """A request that was good before it was spoilt, and sometimes still is."""
    events = [good(random, f"{ident}-{number}") for number in range(random.choice((1, 1, 1, 2, 3)))]
    spoilt: Any = events if len(events) > 1 else events[0]
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        spoilt = random.choice(TREE)(random, spoilt)
    kind = random.choice(STRANGE_TYPES) if random.random() < 0.04 else _fitting(random, spoilt)
    if isinstance(spoilt, dict) and random.random() < 0.15:
        return _binary(random, spoilt)
    body = _text(random, spoilt).encode("utf-8", "surrogatepass")
    if random.random() < 0.35:
        body = random.choice(BYTES)(random, body)
    return Mutant(kind, {}, body)


def good(random: Random, id: str) -> dict[str, Any]:
    """A good event of any type."""
    type = random.choice(list(DATA))
    event: dict[str, Any] = {
        "specversion": "1.0", "id": id, "source": "/desk", "type": type, "subject": "s-1",
        "time": "2026-01-01T12:00:00+08:00", "data": deepcopy(dict(DATA[type])),
    }  # fmt: skip
    return event


def _fitting(random: Random, value: Any) -> str:
    fits = (BATCH, JSON) if isinstance(value, list) else (ONE, JSON)
    return random.choice(TYPES) if random.random() < 0.1 else random.choice(fits)


def _text(random: Random, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=random.random() < 0.5)
    return (
        text
        if random.random() < 0.95
        else text.replace(": ", f": {random.choice(('NaN', '1e999', '[', '', '{}'))} ", 1)
    )


def _binary(random: Random, event: dict[str, Any]) -> Mutant:
    named = {name: value for name, value in event.items() if isinstance(value, str) and name.isidentifier()}
    body = json.dumps(event.get("data")).encode()
    if random.random() < 0.3:
        body = random.choice(BYTES)(random, body)
    return Mutant(JSON, {f"ce-{name}": value for name, value in named.items()}, body)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container and key within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(value, key) for key, _ in inner]
    for container, key in list(found):
        found += _places(container[key])
    return found


def _somewhere(change: Callable[[Random, Any, Any], None]) -> Callable[[Random, Any], Any]:
    """Apply a change at some place of a value, if there is one."""

    def changed(random: Random, value: Any) -> Any:
        if places := _places(value):
            change(random, *random.choice(places))
        return value

    return changed


def _drop(random: Random, container: Any, key: Any) -> None:
    del container[key]


def _replace(random: Random, container: Any, key: Any) -> None:
    container[key] = deepcopy(random.choice(VALUES))


def _nest(random: Random, container: Any, key: Any) -> None:
    value = container[key]
    for _ in range(random.choice((1, 2, 5, 29, 33, 60))):
        value = [value] if random.random() < 0.5 else {"a": value}
    container[key] = value


def _add(random: Random, container: Any, key: Any) -> None:
    if isinstance(container, dict):
        container[random.choice(NAMES)] = deepcopy(random.choice(VALUES))
    else:
        container.append(deepcopy(random.choice(VALUES)))


def _swap(random: Random, container: Any, key: Any) -> None:
    other = random.choice(list(container) if isinstance(container, dict) else range(len(container)))
    container[key], container[other] = container[other], container[key]


def _garble(random: Random, container: Any, key: Any) -> None:
    if isinstance(container[key], str):
        text = container[key]
        at = random.randrange(len(text) + 1)
        container[key] = text[:at] + chr(random.choice((0, 10, 0x202E, 0xFF11, random.randrange(0x110000)))) + text[at:]


def _scalar(random: Random, value: Any) -> Any:
    return deepcopy(random.choice(VALUES))


def _several(random: Random, value: Any) -> Any:
    return [value] * random.choice((1, 2, 3))


TREE: Sequence[Callable[[Random, Any], Any]] = (
    *(_somewhere(change) for change in (_drop, _replace, _replace, _replace, _nest, _add, _swap, _garble)),
    _several,
    lambda random, value: _scalar(random, value) if random.random() < 0.2 else value,
)


def _flip(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body)) if body else 0
    return body[:at] + bytes(each ^ (1 << random.randrange(8)) for each in body[at : at + 1]) + body[at + 1 :]


def _cut(random: Random, body: bytes) -> bytes:
    return body[: random.randrange(len(body) + 1)]


def _insert(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice(PIECES) * random.choice((1, 1, 2, 40, 5_000)) + body[at:]


def _repeat(random: Random, body: bytes) -> bytes:
    first, last = sorted(random.randrange(len(body) + 1) for _ in range(2))
    return body[:last] + body[first:]


BYTES: Sequence[Callable[[Random, bytes], bytes]] = (_flip, _flip, _cut, _insert, _repeat)
