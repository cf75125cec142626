"""Who agreed to a frozen year, as exports say it."""

from __future__ import annotations

import base64
import json
from typing import Any

from tracker.snapshots.reading import Snapshot


def seal_of(snapshot: Snapshot) -> dict[str, Any] | None:
    """The digest of a revision, who signed and who approved it, and the log's key with its signature (base64) over the
    text of the seal; ``None`` for a year that was frozen before there were signatures."""
    if snapshot.seal is None or snapshot.signature is None:
        return None
    return {
        "digest": snapshot.digest,
        "approvals": [dict(each) for each in snapshot.approvals],
        "key": json.loads(snapshot.seal)["key"],
        "text": snapshot.seal,
        "signature": base64.b64encode(snapshot.signature).decode(),
    }
