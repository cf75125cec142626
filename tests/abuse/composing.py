"""From a case to the bytes and headers that are sent: good ones, but for what the case spoils."""

from __future__ import annotations

import base64
import codecs
import gzip
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.abuse.corpus import Case, spelled
from tests.abuse.scene import KEYS, Scene
from tracker.access.signatures import HMAC

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
CONTENT = {"structured": ONE, "lines": "application/x-ndjson", "binary": "application/json"}

DATA: Mapping[str, Mapping[str, Any]] = {
    "desk.case.reported": {"channel": "phone"},
    "desk.meter.read": {"channel": "mail", "quantity": "12.50"},
    "desk.member.joined": {"channel": "mail"},
    "form.paper.filed": {"colour": "red"},
    "tracker.event.corrected": {
        "original": {"seq": "$seq0"}, "replaces": "$seq0", "reason": "a slip", "data": {"channel": "mail"},
    },
    "tracker.event.voided": {"original": {"seq": "$seq0"}, "replaces": "$seq0", "reason": "a slip"},
}  # fmt: skip
FOLLOWED = ("desk.meter.read", "desk.member.joined")


@dataclass
class Composer:
    """Writes the events of one case. ``ident`` is in every id it makes up; ``known`` are the events before it."""

    case: Case
    ident: str
    known: list[dict[str, Any]] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    made: int = 0

    def good(self, type: str) -> dict[str, Any]:
        """A good event of a type, with an id of its own."""
        self.made += 1
        event = {
            "specversion": "1.0", "id": f"{self.ident}-{self.made}", "source": f"/{self.source}", "type": type,
            "time": "2026-01-01T12:00:00+08:00",
        }  # fmt: skip
        return event | ({"subject": "meter-1"} if type in FOLLOWED else {}) | {"data": dict(DATA.get(type, {}))}

    @property
    def source(self) -> str:
        """The source whose events these are; a door may be another's."""
        return spelled(self.case.source) if self.case.source in ("trial", "signer") else "desk"

    def spoilt(self, own: Any, type: str) -> Any:
        """A good event with attributes replaced; anything but a mapping is what it is."""
        if not isinstance(own, Mapping):
            return own
        event = self.good(own.get("type", type))
        return event | {name: _long(value) for name, value in own.items()}

    @cached_property
    def main(self) -> dict[str, Any]:
        """The event that the case is about; the same one however often it is asked for."""
        case = self.case
        base = self.known[case.again] if case.again is not None else self.good(case.type)
        event: dict[str, Any] = dict(base) | {name: _long(value) for name, value in case.event.items()}
        if case.data:
            event["data"] = {**event["data"], **{name: _long(value) for name, value in case.data.items()}}
        return {name: value for name, value in event.items() if name not in case.without}

    def text(self, value: Any) -> str:
        """JSON with the places of earlier events, and the case's swaps made."""
        found = json.dumps(value, ensure_ascii=False).replace('"$seq0"', "$seq0")
        return self.filled(found)

    def filled(self, text: str) -> str:
        """A text with what the case names in it."""
        for number, event in enumerate(self.known):
            text = text.replace(f"$id{number}", event["id"])
        for number, seq in enumerate(self.seqs):
            text = text.replace(f'"$seq{number}"', str(seq)).replace(f"$seq{number}", str(seq))
        return text.replace("IDENT", self.ident)

    def main_text(self) -> str:
        """The main event as JSON text."""
        text = json.dumps(self.main, ensure_ascii=False).replace('"$seq0"', "$seq0")
        for old, new in self.case.swap.items():
            assert old in text, f"{old} is not in {text}"
            text = text.replace(old, str(new))
        return self.filled(text)

    def body(self) -> bytes:
        """The body of the request."""
        case = self.case
        if case.base64 is not None:
            return base64.b64decode(case.base64)
        text = self._text_of_body()
        if case.encode == "gzip":
            return gzip.compress(text.encode())
        if case.generate and case.generate.get("gzip"):
            return gzip.compress(text.encode())
        if case.encode:
            return codecs.encode(text, case.encode)
        return text.encode("utf-8", "surrogatepass")

    def _text_of_body(self) -> str:
        case = self.case
        if case.generate is not None:
            return self._generated(case.generate)
        if case.batch is not None:
            items = [{} if each == "EMPTY" else self.spoilt(each, case.type) for each in case.batch]
            return self.text(items)
        if case.lines is not None:
            return "".join(f"{self._line(each)}\n" for each in case.lines)
        if case.body is not None:
            return self._named(case.body)
        if case.mode == "binary":
            return json.dumps(self.main["data"])
        return self.main_text()

    def _line(self, each: Any) -> str:
        return self._named(each) if isinstance(each, str) else self.text(self.spoilt(each, self.case.type))

    def _named(self, text: str) -> str:
        return re.sub(r"\b(EVENT|COMPACT|REVERSED)\b", self._variant, text)

    def _variant(self, found: re.Match[str]) -> str:
        text = self.main_text()
        if found[0] == "EVENT":
            return text
        pairs = list(json.loads(text).items())
        chosen = dict(pairs[::-1] if found[0] == "REVERSED" else pairs)
        return json.dumps(chosen, ensure_ascii=False, separators=(",", ":"))

    def _generated(self, how: Mapping[str, Any]) -> str:
        if "pad" in how:
            text, size = self.main_text(), int(how["pad"])
            return text + " " * (size - len(text.encode()))
        ends = [self.filled(self._named(str(how.get(end, "")))) for end in ("before", "after")]
        if "count" in how:
            middle = "".join(how["count"].replace("N", str(number)) for number in range(how["times"]))
        else:
            middle = str(how["repeat"]) * how["times"]
        return f"{ends[0]}{middle}{ends[1]}{how.get('mirror', '') * how['times']}"


def _long(value: Any) -> Any:
    """A value in which long texts are made."""
    if isinstance(value, Mapping):
        if value.keys() >= {"repeat", "times"}:
            return spelled(value)
        return {name: _long(each) for name, each in value.items()}
    return [_long(each) for each in value] if isinstance(value, list) else value


def headers_of(case: Case, composer: Composer, body: bytes, scene: Scene, now: datetime) -> dict[str, str]:
    """The headers of the request, signed or with a token as its door asks."""
    structured = BATCH if case.batch is not None else ONE
    found: dict[str, str] = {"content-type": structured if case.mode == "structured" else CONTENT[case.mode]}
    if case.mode == "binary":
        found |= _attributes(case, composer)
    if case.door == "webhook":
        found |= _signed(case, composer, body, now, found.get("ce-id"))
    if case.token is not None and (case.door != "webhook" or "token" in case.headers):
        found["authorization"] = f"Bearer {scene.tokens[case.token]}"
    for name, value in case.headers.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _with_token(spelled(value), scene)
    return found


def _with_token(text: str, scene: Scene) -> str:
    token = scene.tokens["everything"]
    digest = hashlib.sha256(token.encode()).hexdigest()
    named = {"BARETOKEN": token.removeprefix("gtk_"), "TOKEN": token, "DIGEST": digest}
    return re.sub("BARETOKEN|TOKEN|DIGEST", lambda found: named[found[0]], text)


def target_of(case: Case, scene: Scene) -> tuple[str, str]:
    """Method and target of the request."""
    doors = {"webhook": f"POST /api/v1/webhooks/{spelled(case.source)}", "events": "POST /api/v1/events"}
    line = spelled(case.door)
    method, target = doors.get(line, line).split(" ", 1)
    query = spelled(case.query)
    return method, _with_token(f"{target}?{query}" if query else target, scene)


def _attributes(case: Case, composer: Composer) -> dict[str, str]:
    event = {name: value for name, value in composer.main.items() if name != "data"}
    found = {f"ce-{name}": value for name, value in event.items() if isinstance(value, str)}
    for name, value in case.ce.items():
        if value is None:
            del found[f"ce-{name}"]
        else:
            found[f"ce-{name}"] = spelled(value)
    return found


def _signed(case: Case, composer: Composer, body: bytes, now: datetime, event_id: str | None) -> dict[str, str]:
    """The three headers of a signature; in binary mode the delivery bears the event's id."""
    how = case.sign
    own = composer.main["id"] if case.mode == "binary" and event_id is not None else composer.ident
    id = spelled(how.get("id", own))
    stamp = int(now.timestamp()) + how.get("offset", 0)
    timestamp = spelled(how.get("timestamp", str(stamp)))
    key = how.get("key", "desk" if spelled(case.source) not in KEYS else spelled(case.source))
    content = _content(case, composer, body, id, timestamp)
    entries = {"GOOD": _entry(key, content), "FORGED": _entry("forged", content)}
    bare = entries["GOOD"].split(",")[1]
    entries |= {"BARE": bare, "CUT": f"{bare[:-2]}=", "UNPADDED": bare.rstrip("="), "IDLE": _idle(bare)}
    entries["HEX"] = base64.b64decode(bare).hex()
    text = spelled(how.get("signature", "GOOD"))
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": re.sub("|".join(entries), lambda found: entries[found[0]], text),
    }


def _content(case: Case, composer: Composer, body: bytes, id: str, timestamp: str) -> bytes:
    """What is signed: id, timestamp and body, unless the case signs something else."""
    how = case.sign
    named = {"GOODBODY": body, "TIMESTAMP": timestamp.encode(), "ID": id.encode("utf-8", "surrogatepass")}
    if how.get("over") == "COMPACT":
        named["COMPACT"] = json.dumps(json.loads(body), separators=(",", ":")).encode()

    def put(text: str) -> bytes:
        return re.sub(b"GOODBODY|COMPACT|TIMESTAMP|ID", lambda found: named[found[0].decode()], text.encode())

    if "content" in how:
        return put(how["content"])
    signed = put(how["over"]) if "over" in how else body
    return f"{id}.{timestamp}.".encode("utf-8", "surrogatepass") + signed


def _entry(key: str, content: bytes) -> str:
    """One signature over any bytes: written out here, since what signs for us signs only what is right."""
    kind, secret = KEYS[key]
    if kind == HMAC:
        return f"v1,{base64.b64encode(hmac.digest(secret, content, 'sha256')).decode()}"
    return f"v1a,{base64.b64encode(Ed25519PrivateKey.from_private_bytes(secret).sign(content)).decode()}"


def _idle(bare: str) -> str:
    """The same bytes in base64 with a bit set that says nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = bare.rstrip("=")[-1]
    return bare.replace(f"{last}=", f"{letters[letters.index(last) + 1]}=")
