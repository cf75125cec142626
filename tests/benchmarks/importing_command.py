"""``tracker import FILE --commit-every N`` once, in this process; print its seconds and peak memory as JSON.

The start of Python and the loading of modules are left out; all that the command itself does is counted.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from tests.benchmarks.raw import COMMIT_EVERY
from tracker.cli.recording import import_file


def main(file: str) -> None:
    """Run the command; what it says goes to standard error."""
    printed, sys.stdout = sys.stdout, sys.stderr
    started = time.perf_counter()
    import_file.main([file, "--commit-every", str(COMMIT_EVERY)], standalone_mode=False)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak}), file=printed)


if __name__ == "__main__":
    main(sys.argv[1])
