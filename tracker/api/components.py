"""Schemas of what the API answers with, by name."""

from __future__ import annotations

from typing import Any

from tracker.api.eventschemas import Json
from tracker.cases.deadlines import STATUSES


def _object(required: Json, optional: Json | None = None) -> Json:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _list(of: Json) -> Json:
    return {"type": "array", "items": of}


def ref(name: str) -> Json:
    """A reference to the schema of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


_TEXT: Json = {"type": "string"}
_SEQ: Json = {"type": "integer", "minimum": 0}
_COUNT: Json = {"type": "integer", "minimum": 0}
_HEX: Json = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_MAYBE: Json = {"type": ["string", "null"]}
_DECIMAL: Json = {"type": ["string", "null"], "description": "an exact decimal, or null where there is no value"}
_LABEL: Json = {"type": "object", "additionalProperties": _TEXT, "description": "text by locale"}
_FLAG: Json = {"type": "boolean"}
_ANY: Json = {"type": "object"}
_NEXT: Json = {"type": ["string", "null"], "description": "the next page's cursor"}

_MISTAKE = _object({"pointer": _TEXT | {"description": "where: a JSON pointer (RFC 6901)"}, "message": _TEXT})
_PROBLEM = _object(
    {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT},
    {"mistakes": _list(ref("Mistake")), "stored": _object({"seq": _SEQ, "content": _HEX})},
)
_RECEIPT = _object(
    {"id": _TEXT, "status": {"enum": ["recorded", "duplicate", "valid"]}},
    {"seq": _SEQ, "leaf": _HEX, "late": {"type": "integer", "description": "the frozen year that it comes late for"}},
)
_FACT = {"seq": _SEQ, "type": _TEXT, "time": _TEXT, "day": _TEXT, "year": {"type": "integer"}, "data": _ANY}
_RECORDED = _object(
    {**_FACT, "recorded_at": _TEXT, "actor": _TEXT, "source": _TEXT, "id": _TEXT, "content": _HEX, "leaf": _HEX},
    {"subject": _TEXT, "entity": _TEXT, "original": _SEQ, "replaces": _SEQ},
)
_BEHIND = _object({**_FACT, "event": _TEXT | {"description": "its address"}}, {"subject": _TEXT, "entity": _TEXT})
_PROOF: Json = _list(_HEX) | {"description": "hashes in hex, the lowest first (RFC 6962)"}
_NOTE: Json = {"type": "string", "description": "a signed note (C2SP tlog-checkpoint)"}
_INCLUSION = _object(
    {"seq": _SEQ, "leaf": _HEX, "header": _TEXT | {"description": "SHA-256(0x00 ‖ its UTF-8 bytes) is the leaf"}}
    | {"size": _COUNT, "root": _HEX, "proof": _PROOF, "checkpoint": _NOTE | {"type": ["string", "null"]}}
)
_CHECKPOINT = _object({"size": _COUNT, "root": _HEX, "note": _NOTE, "signed_at": _TEXT})
_FIGURE = _object(
    {"metric": _TEXT, "period": _TEXT, "value": _DECIMAL, "unit": _TEXT, "label": _LABEL, "printed": _LABEL}
    | {"definition": _ANY, "breakdown": _list(_ANY)}
)
_PASSPORT = {
    **dict.fromkeys(("metric", "period", "unit"), _TEXT),
    **dict.fromkeys(("label", "printed"), _LABEL),
    "value": _DECIMAL,
    "exact": {
        **_object({"numerator": _TEXT, "denominator": _TEXT, "decimal": _MAYBE}),
        "type": ["object", "null"],
        "description": "the value before rounding; decimal is null where its digits never end",
    },
    "known": _object(
        {"as_of": {"type": ["integer", "null"]}, "revision": {"type": ["integer", "null"]}, "stated": _DECIMAL}
        | {"agrees": {"type": ["boolean", "null"]}, "log_size": _COUNT, "root": _HEX}
    ),
    "definition": _ANY,
    "rounding": _object({"rule": _TEXT, "places": _COUNT}),
    "events": _object(
        {"count": _COUNT, "leaves": _COUNT, "list": _TEXT, "proof": _TEXT | {"description": "put a seq for {seq}"}}
        | {"digest": _HEX | {"description": "SHA-256 over the leaves of events and amendments, in order of seq"}}
    ),
    "checkpoint": {**_CHECKPOINT, "type": ["object", "null"], "description": "the first that covers the log"},
    "revisions": _list(
        _object(
            {"revision": _COUNT, "value": _DECIMAL, "difference": _DECIMAL, "reason": _MAYBE, "log_size": _COUNT}
            | {"digest": _HEX, "root": _HEX, "catalogue": _HEX, "frozen_at": _TEXT, "published_at": _MAYBE}
            | {"approvals": _list(_object({"act": _TEXT, "by": _TEXT, "at": _TEXT}))}
        )
    ),
    "inputs": _list(_object({"metric": _TEXT, "period": _TEXT, "passport": _TEXT})),
}
_DRAWN = {"seq": _SEQ, "version": _SEQ, "leaf": _HEX, "type": _TEXT, "day": _TEXT, "event": _TEXT, "proof": _TEXT}
_SAMPLE = _object(
    {"metric": _TEXT, "period": _TEXT, "seed": _TEXT, "log_size": _COUNT, "root": _HEX, "population": _COUNT}
    | {"events": _list(_object(_DRAWN))}
)
_COUNTS = _object(dict.fromkeys(("received", "recorded", "duplicate", "conflict", "rejected"), _COUNT))
_KEY = _object({"kind": {"enum": ["hmac", "ed25519"]}, "created_at": _TEXT, "expires_at": _MAYBE, "used_at": _MAYBE})
_SOURCE = _object(
    {"name": _TEXT, "uri": _TEXT, "types": _list(_TEXT), "late_days": _COUNT, "backfill": {"type": "boolean"}}
    | {"test": {"type": "boolean"}, "created_at": _TEXT, "retired_at": _MAYBE, "keys": _list(_KEY), "counts": _COUNTS}
)
_HELD: Json = {
    **dict.fromkeys(("id", "attempts", "size", "mistakes"), _COUNT),
    **dict.fromkeys(("sender", "delivery", "first_at", "last_at"), _TEXT),
    **dict.fromkeys(("settled", "reason", "settled_by", "settled_at"), _MAYBE),
}
_OPENED = {**_HELD, "detail": _TEXT, "mistakes": _list(ref("Mistake")), "content_type": _MAYBE, "body": _MAYBE}
_ENTITIES = {"digest": _HEX, "organisation": _ANY, "domains": _ANY, "events": _ANY, "lifecycles": _ANY, "metrics": _ANY}
_STANDING = {
    **dict.fromkeys(("kind", "subject", "state", "opened", "moved"), _TEXT),
    **dict.fromkeys(("last_seq", "misfits"), _COUNT),
    "due": _MAYBE,
}
_DEADLINE = _object(
    {"name": _TEXT, "status": {"enum": list(STATUSES)}, "opened": _TEXT, "due": _TEXT, "met": _MAYBE},
)
_MOMENT = _object(
    {"seq": _SEQ, "type": _TEXT, "time": _TEXT, "day": _TEXT, "state": _MAYBE, "misfit": {"type": "boolean"}}
    | {"in_force": {"type": "boolean"}, "data": _ANY, "event": _TEXT | {"description": "its address"}}
)
_CASE = _object(
    {**_STANDING, "deadlines": _list(_DEADLINE), "timeline": _list(_MOMENT)}
    | {"earlier": _COUNT, "allowed": _list(_TEXT), "notes": _list(_TEXT)}
)

_APPROVAL = _object(
    {"act": {"enum": ["signed", "approved"]}, "by": _TEXT | {"description": "a pseudonym"}, "at": _TEXT}
)
_STATED = {
    "year": {"type": "integer"},
    "revision": {"type": "integer", "minimum": 1},
    "state": {"enum": ["draft", "signed", "frozen", "published"]},
    "digest": _HEX,
    "log_size": _COUNT,
    "root": _MAYBE,
    "catalogue": _HEX,
    "previous": _MAYBE | {"description": "the digest of the revision before"},
    "approvals": _list(_APPROVAL),
    **dict.fromkeys(("drafted_at", "frozen_at", "published_at"), _MAYBE),
}
_MOVED = {"metric": _TEXT, **dict.fromkeys(("previously", "now", "difference"), _DECIMAL)}
_PLACE: Json = {"by": _ANY, "period": _TEXT}
_LATE = _object(
    {
        "seq": _SEQ,
        "type": _TEXT,
        "concerns": _TEXT | {"description": "the type of what it states or amends"},
        "day": _TEXT,
    }
    | {
        "effects": _list(
            _object(_MOVED | {"exact": _MAYBE | {"description": "the exact difference, a fraction"}}, _PLACE)
        )
    },
    {"original": _SEQ},
)
_CANDIDATE = _object(_MOVED | {"percent": _DECIMAL, "threshold": _TEXT, "matters": {"type": "boolean"}}, _PLACE)
_CANDIDATES = _object(
    {"year": {"type": "integer"}, **dict.fromkeys(("revision", "log_size", "size", "compared", "late"), _COUNT)}
    | {"digest": _HEX, **dict.fromkeys(("redefined", "matters"), _FLAG)}
    | {"figures": _list(_CANDIDATE), "events": _list(_LATE), "next": _NEXT}
)

ANSWERS: dict[str, Any] = {
    "Mistake": _MISTAKE,
    "Problem": _PROBLEM,
    "Receipt": _RECEIPT,
    "Receipts": _object({"receipts": _list(ref("Receipt"))}),
    "Recorded": _RECORDED,
    "Events": _object({"events": _list(ref("Recorded")), "next": _NEXT}),
    "Versions": _object({"events": _list(ref("Recorded"))}),
    "Inclusion": _INCLUSION,
    "Checkpoints": _object(
        {"origin": _TEXT, "key": _TEXT | {"description": "the verifier key (C2SP signed-note)"}}
        | {"checkpoints": _list(_CHECKPOINT), "next": _NEXT}
    ),
    "Consistency": _object(
        {"first": _COUNT, "second": _COUNT, "first_root": _HEX, "second_root": _HEX, "proof": _PROOF}
    ),
    "Cases": _object({"kind": _TEXT, "subjects": _list(_object(_STANDING)), "next": _NEXT}),
    "Case": _CASE,
    "Figure": _FIGURE,
    "Figures": _object({"period": _TEXT, "figures": _list(ref("Figure"))}),
    "Behind": _object({"metric": _TEXT, "period": _TEXT, "events": _list(_BEHIND), "next": _NEXT}),
    "Passport": _object(_PASSPORT),
    "Sample": _SAMPLE,
    "Catalogue": _object(_ENTITIES),
    "Standing": _object(_STATED),
    "Snapshots": _object({"snapshots": _list(ref("Standing"))}),
    "Year": _object({"year": {"type": "integer"}, "snapshots": _list(ref("Standing"))}),
    "Snapshot": _object({**_STATED, "body": _ANY, "seal": _MAYBE, "signature": _MAYBE}),
    "Candidates": _CANDIDATES,
    "Changes": _object(
        {"year": {"type": "integer"}, "revision": _COUNT, "since": _COUNT, "changes": _list(_object(_MOVED, _PLACE))}
    ),
    "Export": _ANY,
    "Sources": _object({"sources": _list(_SOURCE)}),
    "Secret": _object(
        {"name": _TEXT},
        {"uri": _TEXT, "types": _list(_TEXT), "secret": _TEXT, "private_key": _TEXT, "public_key": _TEXT},
    ),
    "Quarantine": _object({"quarantine": _list(_object(_HELD)), "next": _NEXT}),
    "Held": _object(_OPENED),
    "Done": _ANY,
    "Line": _object(
        {},
        {"line": _COUNT, "status": {"enum": ["recorded", "duplicate", "valid", "refused"]}, "id": _TEXT, "seq": _SEQ}
        | {
            "leaf": _HEX,
            "late": {"type": "integer"},
            "problem": ref("Problem"),
            "summary": _ANY,
            "stopped_after": _COUNT,
        },
    ),
}
"""Answers; the schemas of events come from the catalogue."""
