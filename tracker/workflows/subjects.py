"""Names for subjects that people open: short, without meaning, and impossible to guess from one another."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeAlias

from tracker.catalogue import Lifecycle

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
LENGTH = 8

Choice: TypeAlias = Callable[[str], str]
"""Picks one character of a text; tests decide which."""


def new_subject(lifecycle: Lifecycle, *, choice: Choice = secrets.choice) -> str:
    """``case-`` and eight of a-z and 2-7."""
    return f"{lifecycle.subject}-{''.join(choice(ALPHABET) for _ in range(LENGTH))}"
