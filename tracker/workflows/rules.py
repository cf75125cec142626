"""Which rules hold for which acts, beyond what their lifecycles say."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.workflows.acts import Rule

RULES: Mapping[str, Rule] = {}
"""The rule of each event type that has one. Modules of workflows define them; this table is all that connects them."""
