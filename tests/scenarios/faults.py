"""``tracker``, with a point at which the process dies, to see what is on disk then.

``TRACKER_TEST_FAULT=after-commit:7`` ends the process without a warning when it passes that point for the
seventh time. The points are seen from outside, by listening to the database: the program itself knows none.

- ``before-insert`` and ``after-insert``: around the statement that inserts events,
- ``after-tallies``: when the tallies are written and the counters are next,
- ``before-commit``, and ``after-commit``: before an answer goes out.
"""

from __future__ import annotations

import os
import signal
from itertools import count
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from tracker.cli import main
from tracker.signals import events_recorded

POINTS = ("before-insert", "after-insert", "after-tallies", "before-commit", "after-commit")

_chosen, _, _times = os.environ.get("TRACKER_TEST_FAULT", "").partition(":")
_passed = count(1)


def reach(point: str) -> None:
    """Die here, if this is the point and the time."""
    if point == _chosen and next(_passed) == int(_times):
        os.kill(os.getpid(), signal.SIGKILL)


def listen() -> None:
    """Watch statements and commits of every database of this process, and of those that it forks."""
    events_recorded.connect(_recorded)
    event.listen(Engine, "before_cursor_execute", _before)
    event.listen(Engine, "after_cursor_execute", _after)
    event.listen(Session, "before_commit", _before_commit)
    event.listen(Session, "after_commit", _after_commit)


def _recorded(_ledger: object, *, session: Session, **_others: object) -> None:
    session.info["recorded"] = True  # a commit of anything else is of no interest


def _before(_connection: Any, _cursor: Any, statement: str, *_others: object) -> None:
    if statement.startswith("INSERT INTO event "):
        reach("before-insert")
    if statement.startswith("INSERT INTO intake_count "):
        reach("after-tallies")


def _after(_connection: Any, _cursor: Any, statement: str, *_others: object) -> None:
    if statement.startswith("INSERT INTO event "):
        reach("after-insert")


def _before_commit(session: Session) -> None:
    if session.info.get("recorded"):
        reach("before-commit")


def _after_commit(session: Session) -> None:
    if session.info.pop("recorded", False):
        reach("after-commit")


if __name__ == "__main__":
    listen()
    main()
