"""``python -m tests.benchmarks import|ingest|verify``: rates as ratios of two things measured in turn, in one run."""

from __future__ import annotations

import sys

from tests.benchmarks import importing, ingest, verifying

BENCHMARKS = {"import": importing.main, "ingest": ingest.main, "verify": verifying.main}


def main() -> int:
    """Run the named benchmark."""
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHMARKS:
        print(f"Which one? {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    return BENCHMARKS[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
