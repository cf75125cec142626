"""The governance tracker: a ledger of governance events, and the figures that follow from them.

:func:`tracker.app.create_app` makes the web service. Nothing is imported here, so that a command or a job loads only
what it works with.
"""

__version__ = "0.1.0"
