"""Which rules hold for which acts, beyond what their lifecycles say."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.catalogue import Catalogue
from tracker.workflows import content, findings, integrity, suppliers
from tracker.workflows.acts import Rule

RULES: Mapping[str, Rule] = {**content.RULES, **findings.RULES, **suppliers.RULES}
"""The rule of each event type that has one. Modules of workflows define them; this table is all that connects them."""


def rules_of(catalogue: Catalogue) -> Mapping[str, Rule]:
    """All rules under a catalogue: those of the table, and one for each event that it has of an integrity case."""
    return {**RULES, **integrity.rules(catalogue)}
