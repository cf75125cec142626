"""Answers that wait until the question is over.

Most HTTP clients read nothing before they have sent everything. Were each line of a long body answered
at once, both sides would in the end wait for the other. So answers go to a temporary file first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

_IN_MEMORY = 1 << 20
_PIECE = 1 << 16


def spooled(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Take all ``lines`` now, in bounded memory; give them out as pieces when asked."""
    file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # closed when the last piece is out
    for line in lines:
        file.write(line)
    file.seek(0)
    return pieces(file)


def pieces(file: SpooledTemporaryFile[bytes] | BinaryIO) -> Iterator[bytes]:
    """A file from where it stands, piece by piece; it is closed after the last."""
    with file:
        while piece := file.read(_PIECE):
            yield piece
