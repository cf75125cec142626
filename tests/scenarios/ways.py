"""Every way to tamper, by name: the fifteen that each log is tampered with, and further ones."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from sqlalchemy import Connection

from tests.scenarios import tampering_documents as documents
from tests.scenarios import tampering_events as log
from tests.scenarios.tampering import Log, Seqs, Way


def name(tamper: Callable[..., object]) -> str:
    return tamper.__name__.replace("_", " ")


def _ways(*tamper: Callable[[Connection, Log, Random], Seqs]) -> list[Way]:
    return [Way(name(each), each) for each in tamper]


WAYS = _ways(
    log.a_value,
    log.a_value_and_its_content,
    log.a_value_its_content_and_its_leaf,
    log.two_events_swapped,
    log.one_removed,
    log.one_inserted,
    log.when_it_was_recorded,
    log.its_day_and_year,
    log.what_a_correction_replaces,
    log.the_root_in_the_head,
    documents.the_note_of_a_checkpoint,
    documents.a_frozen_figure,
    documents.the_signature_of_a_year,
    documents.a_tally,
    documents.a_confidential_value,
)
FURTHER_WAYS = _ways(
    log.a_column_and_its_leaf,
    log.one_removed_and_the_gap_closed,
    log.one_appended,
    log.who_recorded_it,
    log.what_a_correction_corrects,
    log.the_frontier,
    documents.the_root_of_a_checkpoint,
    documents.a_checkpoint_of_another_key,
    documents.a_frozen_figure_with_its_seal,
    documents.who_approved,
    documents.a_year_removed,
    documents.a_draft,
    documents.a_configuration,
    documents.a_late_mark,
)
LARGE_WAYS = _ways(log.a_leaf_in_a_tile, log.a_tile_removed, log.an_event_with_its_tile, log.the_edge)
"""Those that take a log with full tiles."""
