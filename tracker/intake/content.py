"""What was sent, as it was sent: enough to read it again later."""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class Content(NamedTuple):
    """The parts of a request that say what events it holds: content type, ``ce-`` headers, raw body."""

    type: str
    attributes: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def name(self) -> str:
        """A name for a delivery that carries none of its own: the same for the same content."""
        head = "".join(f"{name}: {value}\n" for name, value in sorted(self.attributes))
        return f"sha256:{hashlib.sha256(head.encode('utf-8', 'surrogatepass') + self.body).hexdigest()}"
