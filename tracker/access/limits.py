"""How often a sender may call: so many requests in each span of time, per process.

The packages for this keep a thread or a lock for each key and cost as much as checking a signature; all that
is needed here is one counter for each sender.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from tracker.errors import TooMany

SPANS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


class Limiter:
    """``rate`` as in ``1000/second``. Spans begin together for all senders."""

    def __init__(self, rate: str, clock: Callable[[], float] = time.monotonic) -> None:
        most, span = rate.split("/")
        self._rate, self._most, self._span = rate, int(most), SPANS[span]
        self._clock = clock
        self._lock = threading.Lock()
        self._number = -1
        self._counts: dict[str, int] = {}

    def check(self, sender: str) -> None:
        """Count one request.

        :raise TooMany: it is one too many; says when to come again.
        """
        now = self._clock()
        with self._lock:
            if (number := int(now // self._span)) != self._number:
                self._number = number
                self._counts.clear()
            count = self._counts[sender] = self._counts.get(sender, 0) + 1
        if count > self._most:
            raise TooMany(self._rate, max(1, math.ceil(self._span - now % self._span)))
