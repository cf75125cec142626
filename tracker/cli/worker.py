"""One worker of ``tracker serve``: the application, the clock of its jobs, and a main thread that hears when it is told
to end.

The kernel may hand a signal to any thread (signal(7)); Python runs the handler in the main thread alone, and
that one waits here for a lock, without end. When another thread was busy and took the signal nothing woke it,
and the worker served on until it was killed. So whatever signal comes, another one wakes the main thread.
"""

from __future__ import annotations

import os
import signal
import threading

from flask import Flask

from tracker import app as application
from tracker.api.state import EXTENSION
from tracker.cli import ticking

_WAKE = signal.SIGURG  # harmless to whoever gets it: by default it is ignored


def create_app() -> Flask:
    """The application in a process that serves nothing else; called in its main thread."""
    _hear_signals()
    app = application.create_app()
    ticking.start(app.extensions[EXTENSION])
    return app


def _hear_signals() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(_WAKE, lambda _number, _frame: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    waker = threading.Thread(target=_wake, args=(reading, threading.get_ident()), name="signals", daemon=True)
    waker.start()


def _wake(reading: int, main: int) -> None:
    while numbers := os.read(reading, 64):
        if any(number != _WAKE for number in numbers):
            signal.pthread_kill(main, _WAKE)
