"""Is a pack what it says it is? The very check that the pack itself carries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tracker.exports import verifier


def verify_pack(
    pack: Path,
    *,
    key: str | None = None,
    checkpoints: Sequence[Path] = (),
    sample: str | None = None,
    seed: str = "",
    count: int = 25,
    figures: bool = False,
    as_document: bool = False,
) -> int:
    """Print what a pack is found to be, one line per check; return the exit status: 0 it holds, 1 it does not, 2 it
    cannot be read.

    :param key: the log's key as it is published elsewhere, in one line.
    :param checkpoints: files of checkpoints that were kept outside.
    :param sample: a metric, to draw ``count`` of the events behind its figure from ``seed``.
    """
    given = [f"--checkpoint={file}" for file in checkpoints]
    if key is not None:
        given.append(f"--key={key}")
    if sample is not None:
        given += [f"--sample={sample}", f"--seed={seed}", f"--count={count}"]
    given += ["--figures"] * figures + ["--json"] * as_document
    return verifier.main([*given, "--", str(pack)])
