"""What the process measures of itself, for Prometheus: sizes and times of commits, the queue.

What was received and recorded is counted in the database, where every process and every restart adds to
the same numbers: see :mod:`tracker.intake.counting`.
"""

from __future__ import annotations

from prometheus_client import Gauge, Histogram

_EVENTS = Histogram(
    "tracker_commit_deliveries",
    "Deliveries that shared one transaction",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
)
_SECONDS = Histogram(
    "tracker_commit_seconds",
    "Time from the first statement of a transaction to its place on disk",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
_QUEUE = Gauge("tracker_queue_deliveries", "Deliveries that wait for the writer", multiprocess_mode="livesum")


def committed(deliveries: int, seconds: float) -> None:
    """Count one commit."""
    _EVENTS.observe(deliveries)
    _SECONDS.observe(seconds)


def waiting(deliveries: int) -> None:
    """Note how long the queue is."""
    _QUEUE.set(deliveries)
