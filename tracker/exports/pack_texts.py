"""What a pack says of itself: the README for people, the data package for programs that read tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.catalogue import Catalogue
from tracker.exports.compared import Compared
from tracker.exports.csv import columns
from tracker.exports.pack_archive import Content
from tracker.snapshots.meaning import MEANING
from tracker.snapshots.reading import Snapshot

_README = """\
ASSURANCE PACK
{organisation}, reporting year {year}, revision {revision}

With this file alone, trusting nobody, you can check each of the {figures} figures of the year: which
events made it, and that none was added, changed or left out since.


HOW TO CHECK IT

You need Python 3.9 or later and its package `cryptography`; nothing of the organisation's.

  1. Read verify.py. It is one file, written to be read. If you would rather not trust the one in
     here, take it from the project's published source, or write your own from what is said below.
  2. Run it:    python -I verify.py PACK.zip
  3. Compare what it prints with the annual report, and give it the key and a checkpoint that you got
     some other way (--key, --checkpoint): from the organisation's web page, from last year's pack, from
     your own files. A pack that brings its own key proves that it agrees with itself, and no more.


WHAT IS IN IT

  manifest.json        what this is, and the size and SHA-256 of every other file
  snapshot.json        the frozen year, to the byte: figures, the log's size and root, and more
  seal.json, seal.sig  who signed and who approved that snapshot; the log key's signature (Ed25519,
                       base64) over the bytes of seal.json
  revisions/           the same of every earlier revision of the year, if there are any; `previous` in
                       a snapshot is the SHA-256 of the one before. One from before there were
                       signatures has no seal
  figures.json         the figures with labels, units and definitions, as `tracker export` writes them
  figures.csv          the same as a table
  definitions.json     how each figure follows from events; its SHA-256 is in the snapshot
  headers.ndjson       one line for every event of the log, from seq 0 to the snapshot's size
  events.ndjson        one line for every event that a figure can rest on, from earlier years too
  checkpoints.ndjson   every signed size and root of the log up to the snapshot's (C2SP tlog-checkpoint)
  key.txt              the log's public key (C2SP signed-note)
  sources.json         what each sender handed in and what became of it: received = recorded +
                       duplicate + conflict + rejected; and how many events of the log name each source
  datapackage.json     a description of the tables (Frictionless Data Package)
  verify.py            the check


HOW IT HOLDS TOGETHER

Each line of headers.ndjson, without its newline, is what a leaf of a Merkle tree is made of:
leaf = SHA-256(0x00 and the line). The tree over all of them (RFC 6962) has the root that the snapshot
and the checkpoint of the same size name. So no header can be missing, added or changed.

A header holds `content`, the SHA-256 of the event's body. events.ndjson has the bodies, without their
newlines, of all events of the types that definitions.json names under events and leave of a metric,
of the openings of balances, and of all corrections and voids of such events, in order of seq. The
headers tell which these are, so no body can be missing, added or changed either.

From those bodies every figure can be counted again. The snapshot states the figures; its SHA-256 is
`digest` in seal.json; seal.sig is a signature over that by the key in key.txt.

Values that are confidential are not in here. Where an event has one, its body holds a commitment,
SHA-256(salt and value), and the salt is kept apart. No figure reads such a value.


WHAT IT DOES NOT SHOW

  - That what was recorded is true, or that everything was recorded that happened.
  - That this is the only log. Whoever holds the log's key can write another one in full and sign that.
    A checkpoint that you kept outside before, or got from someone else who did, shows it.
  - That nothing came after: events beyond the snapshot's size are not in here, and if the end of the
    log was cut off before the freeze, or a whole database was put back to an earlier state, a pack alone
    cannot tell. Again a checkpoint kept outside can.
  - Who the people are behind the pseudonyms in seal.json and in the headers. Ask the organisation.


HOW FIGURES ARE COUNTED

{meaning}"""

_NDJSON = "application/x-ndjson"
_HEADER = (
    ("actor", "string", "who recorded it, by pseudonym"),
    ("content", "string", "SHA-256 of the event's body"),
    ("day", "date", "the day on the organisation's calendar"),
    ("entity", "string", "the entity that it belongs to"),
    ("id", "string", "its id at its source"),
    ("recorded_at", "string", "when it was recorded, in UTC"),
    ("replaces", "integer", "the seq that a correction or void replaces"),
    ("seq", "integer", "its place in the log"),
    ("source", "string", "who sent it"),
    ("subject", "string", "what it is about"),
    ("time", "string", "when it happened, in UTC"),
    ("type", "string", "what happened"),
    ("year", "integer", "the reporting year of its day"),
)
_EVENT = (
    ("data", "object", "what it says; confidential values as commitments"),
    ("entity", "string", "the entity that it belongs to"),
    ("id", "string", "its id at its source"),
    ("source", "string", "who sent it"),
    ("subject", "string", "what it is about"),
    ("time", "string", "when it happened, in UTC"),
    ("type", "string", "what happened"),
)
_CHECKPOINT = (("note", "string", "the signed note"), ("size", "integer", "how many events it covers"))


def readme(snapshot: Snapshot, catalogue: Catalogue) -> str:
    """What the pack is, how to check it, and what that shows."""
    names = catalogue.organisation.name
    return _README.format(
        organisation=" / ".join(names[locale] for locale in catalogue.organisation.locales),
        year=snapshot.year,
        revision=snapshot.revision,
        figures=len(snapshot.body["figures"]),
        meaning=MEANING,
    )


def datapackage(snapshot: Snapshot, catalogue: Catalogue, members: Mapping[str, Content]) -> dict[str, Any]:
    """The descriptor of a Frictionless Data Package with the tables among ``members``."""
    organisation = snapshot.body["organisation"]
    tables = {
        "figures.csv": ("text/csv", _figures(snapshot, catalogue)),
        "headers.ndjson": (_NDJSON, _fields(_HEADER)),
        "events.ndjson": (_NDJSON, _fields(_EVENT)),
        "checkpoints.ndjson": (_NDJSON, _fields(_CHECKPOINT)),
    }
    return {
        "name": f"{organisation}-{snapshot.year}-{snapshot.revision}",
        "profile": "data-package",
        "title": f"Assurance pack of {organisation}, {snapshot.year}, revision {snapshot.revision}",
        "resources": [_resource(name, members[name], *table) for name, table in tables.items()],
    }


def _resource(path: str, content: Content, media_type: str, fields: list[dict[str, str]]) -> dict[str, Any]:
    name, _, format = path.partition(".")
    return {
        "name": name,
        "path": path,
        "profile": "tabular-data-resource",
        "format": format,
        "mediatype": media_type,
        "encoding": "utf-8",
        "bytes": content.size,
        "hash": f"sha256:{content.sha256}",
        "schema": {"fields": fields},
    }


def _figures(snapshot: Snapshot, catalogue: Catalogue) -> list[dict[str, str]]:
    beside = Compared(snapshot.body).columns
    numbers = {"value", *beside}
    names = columns(catalogue.organisation.locales, beside)
    return [{"name": each, "type": "number" if each in numbers else "string"} for each in names]


def _fields(fields: tuple[tuple[str, str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "type": type, "description": description} for name, type, description in fields]
