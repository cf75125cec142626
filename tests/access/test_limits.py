"""So many requests in each span, for each sender on its own."""

from __future__ import annotations

import pytest

from tracker.access.limits import Limiter
from tracker.errors import TooMany


def test_the_next_span_begins_anew_and_senders_do_not_touch_each_other() -> None:
    now = [60.0]
    limiter = Limiter("3/minute", lambda: now[0])
    for _ in range(3):
        limiter.check("alice")
    now[0] = 75.5
    with pytest.raises(TooMany) as refused:
        limiter.check("alice")
    assert (refused.value.seconds, str(refused.value)) == (
        45,
        "The limit is 3/minute (TRACKER_RATE_LIMIT). Come again in 45 s.",
    )
    limiter.check("bob")
    now[0] = 120.0
    limiter.check("alice")


@pytest.mark.parametrize(("rate", "seconds"), [("1/second", 1), ("1/hour", 3600), ("1/day", 86400)])
def test_every_span_has_its_length(rate: str, seconds: int) -> None:
    now = [0.0]
    limiter = Limiter(rate, lambda: now[0])
    limiter.check("alice")
    now[0] = seconds - 0.5
    with pytest.raises(TooMany):
        limiter.check("alice")
    now[0] = float(seconds)
    limiter.check("alice")
