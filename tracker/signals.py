"""All signals, each with its contract. Who listens is one table in :mod:`tracker.wiring`.

Receivers run inside the sender's transaction. They write only their own tables, may raise
(then nothing of the batch is recorded), and never record an event themselves.
"""

from blinker import Namespace

_signals = Namespace()

events_recorded = _signals.signal("events-recorded")
"""Sent by :func:`tracker.ledger.record.record` after the events of one batch are in the ledger
and before the commit.

Sender: the :class:`~tracker.ledger.record.Ledger`. Keywords: ``session`` (the open
transaction) and ``events`` (a list of :class:`~tracker.ledger.events.Recorded` in order of
``seq``; duplicates are not in it). Sent again, in the same order but other batches, by a replay.
"""
