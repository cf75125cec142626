"""Logs as JSON lines on standard error: what happened, never what an event said."""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec
import structlog


def configure(level: str) -> None:
    """Log from ``level`` (``debug``, ``info``, ``warning``, ``error``) on, one JSON object per line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def _json(entry: Any, **_options: Any) -> bytes:
    return msgspec.json.encode(entry, enc_hook=repr)
