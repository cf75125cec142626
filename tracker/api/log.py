"""``GET /api/v1/events/{seq}/proof`` and ``…/checkpoints``: what a stranger checks the log with."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from tracker.access.notes import verifier_key
from tracker.api.parameters import USUAL, Number, Paged, Query, read
from tracker.api.reading import HIGHEST, missing, paged
from tracker.api.state import service
from tracker.errors import Invalid, Mistake
from tracker.ledger.checkpoints import Checkpoint, listed, origin
from tracker.ledger.proofs import prove_consistency, prove_inclusion


class ProofQuery(Query):
    """Where an event is proved to be."""

    size = Number(1, description="the log's size; that of the newest checkpoint unless given, if it has the event")


class ConsistencyQuery(Query):
    """From which size to which."""

    first = Number(1, description="the earlier size")
    second = Number(1, description="the later size; that of the newest checkpoint unless given")


def proof(seq: int) -> Response:
    """That an event is in the log of ``size`` events (RFC 6962, 2.1.1). Hash the UTF-8 bytes of ``header``: SHA-256
    over a zero byte and these is ``leaf``. ``proof`` leads from the leaf up to ``root``, its hashes in hex, the
    leaf's sibling first; ``content`` in the header is SHA-256 over the event's body. ``checkpoint`` is the signed note
    of this very size and root (there in base64), or null where that size was not signed."""
    size = read(ProofQuery)["size"]
    with service().database.read() as session:
        found = prove_inclusion(session, seq, size) if seq <= HIGHEST else None
    if found is None:
        raise missing(seq)
    return jsonify(found._asdict() | {"root": found.root.hex(), "proof": _spelled(found.proof)})


def checkpoints() -> Response:
    """The log's signed sizes and roots, ascending. Each ``note`` is a checkpoint as C2SP tlog-checkpoint has it,
    signed with Ed25519 by the key whose line (C2SP signed-note) is ``key``. Whoever keeps one elsewhere sees whether
    the log was cut off, set back or rewritten since."""
    asked = read(Paged)
    limit = asked["limit"] or USUAL
    with service().database.read() as session:
        found = listed(session, after=asked["cursor"] or 0, limit=limit + 1)
        name = origin(session, service().catalogue)
    rest = str(found[limit - 1].size) if len(found) > limit else None
    about = {"origin": name, "key": verifier_key(name, service().keys.signer.public)}
    return paged({**about, "checkpoints": [_document(each) for each in found[:limit]], "next": rest})


def consistency() -> Response:
    """That the log of ``second`` events begins with the one of ``first`` events (RFC 6962, 2.1.2): nothing before was
    changed, taken out or put in. The hashes of ``proof`` and the roots are hex."""
    asked = read(ConsistencyQuery)
    if asked["first"] is None:
        raise Invalid("From which size? Add ?first= with the size of a checkpoint.", [Mistake("first", "is required")])
    with service().database.read() as session:
        found = prove_consistency(session, asked["first"], asked["second"])
    roots = {"first_root": found.first_root.hex(), "second_root": found.second_root.hex()}
    return jsonify(found._asdict() | roots | {"proof": _spelled(found.proof)})


def _document(found: Checkpoint) -> dict[str, Any]:
    return {"size": found.size, "root": found.root.hex(), "note": found.note, "signed_at": found.signed_at}


def _spelled(hashes: list[bytes]) -> list[str]:
    return [each.hex() for each in hashes]
