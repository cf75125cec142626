"""What a serving process does by itself: once a minute it looks whether a job is due.

The alarm clock is no more than that. What is due is computed from the schedule, and that it is done once is for the
database to see to; so every worker may have a clock of its own, and a minute that is missed does no harm.
"""

from __future__ import annotations

from datetime import UTC, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from tracker.jobs.checkpointing import JOB, sign_if_due
from tracker.service import Service

log = structlog.get_logger(__name__)

MINUTE = timedelta(minutes=1)
_HOW = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


def start(service: Service, every: timedelta = MINUTE) -> BackgroundScheduler:
    """Begin to look, in a thread that does not keep the process from ending; shut it down to stop."""
    clock = BackgroundScheduler(timezone=UTC, job_defaults=_HOW, daemon=True)
    clock.add_job(tick, "interval", [service], seconds=every.total_seconds())
    clock.start()
    return clock


def tick(service: Service) -> None:
    """Do what is due. What fails is logged, and tried again at the next tick."""
    try:
        made = sign_if_due(service.database, service.ledger, service.keys.signer)
    except Exception as error:  # whatever it is, the clock has to go on; the log keeps what it was
        log.error("job_failed", job=JOB, error=type(error).__name__, exc_info=error)
        return
    if made is not None:
        log.info("checkpoint_signed", size=made.size)
