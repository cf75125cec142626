"""Import the reference year once into a new home; print seconds and peak memory as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from tracker import sample, wiring
from tracker.cli.common import OPERATOR
from tracker.intake.files import ndjson_lines
from tracker.intake.importing import import_whole
from tracker.jobs.activation import activate
from tracker.migrations import upgrade
from tracker.service import open_service
from tracker.settings import read_settings, shipped


def main(home: Path) -> None:
    """Prepare the home untimed, then time the import of the file alone."""
    service = open_service(read_settings({"TRACKER_HOME": str(home), "TRACKER_CONFIG": str(shipped("config"))}))
    wiring.connect()
    service.keys.make()
    upgrade(service.database)
    activate(service.database, service.ledger, OPERATOR)
    file = home / "events.ndjson"
    with file.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in sample.events())
    with file.open("rb") as lines:
        started = time.perf_counter()
        import_whole(service.intake, service.database, OPERATOR, ndjson_lines(lines))
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "database": str(home / "tracker.db")}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
