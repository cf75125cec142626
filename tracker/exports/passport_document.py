"""A passport as JSON: exact values as whole numbers, hashes as hex, and nothing that depends on who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from tracker.canonical import canonical, digest
from tracker.catalogue import Catalogue, Metric
from tracker.disclosure.wording import words
from tracker.exports.leaves import Digest
from tracker.exports.passport import Passport, Stated
from tracker.exports.rows import definition
from tracker.ledger.checkpoints import Checkpoint
from tracker.snapshots.figures import printable
from tracker.tallies.queries import inputs


def document(found: Passport, behind: Digest) -> dict[str, Any]:
    """A passport and the digest of the events behind it, as JSON values.

    ``known`` says of which log it speaks, ``exact`` is the value before rounding, ``definition`` carries its version
    and the catalogue; of ``events`` there are the count, the leaves (amendments are leaves, too) and their digest.
    """
    metric, catalogue, value = found.metric, found.catalogue, found.value
    return {
        "metric": metric.id,
        "period": found.period.id,
        "label": dict(metric.label),
        "unit": metric.unit,
        "value": printable(value),
        "exact": exact_document(found.exact),
        "printed": {locale: words(catalogue, metric, value, locale) for locale in catalogue.organisation.locales},
        "known": _known(found),
        "definition": definition(metric) | {"version": version(catalogue, metric), "catalogue": catalogue.digest},
        "rounding": {"rule": metric.rounding, "places": metric.places},
        "events": asdict(behind),
        "checkpoint": _checkpoint(found.checkpoint),
        "revisions": [_stated(each) for each in found.history],
        "inputs": [{"metric": each.id, "period": span.id} for each, span in found.inputs()],
    }


def version(catalogue: Catalogue, metric: Metric) -> str:
    """How a metric's definition is called: a changed definition, or a changed one of its inputs, has another name."""
    if metric.fingerprint:
        return metric.key
    said = {**definition(metric), "inputs": [version(catalogue, catalogue.metrics[each]) for each in inputs(metric)]}
    return f"{metric.id}@{digest(canonical(said)).hex()[:16]}"


def exact_document(value: Fraction | None) -> Mapping[str, str | None] | None:
    """An exact value as two whole numbers and the decimal that they are, ``None`` where its digits never end."""
    if value is None:
        return None
    return {"numerator": str(value.numerator), "denominator": str(value.denominator), "decimal": decimal_of(value)}


def decimal_of(value: Fraction) -> str | None:
    """A fraction as a decimal string without an exponent, or ``None`` where its digits never end."""
    below = value.denominator
    places = next((each for each in range(below.bit_length()) if 10**each % below == 0), None)
    if places is None:
        return None
    digits = str(abs(value.numerator) * 10**places // below).zfill(places + 1)
    whole, rest = digits[: len(digits) - places], digits[len(digits) - places :]
    return f"{'-' if value < 0 else ''}{whole}{'.' if rest else ''}{rest}"


def _known(found: Passport) -> dict[str, Any]:
    revision = found.revision
    return {
        "as_of": found.as_of,
        "revision": None if revision is None else revision.snapshot.revision,
        "stated": None if revision is None else revision.value,
        "agrees": found.agrees,
        "log_size": found.size,
        "root": found.root.hex(),
    }


def _checkpoint(found: Checkpoint | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"size": found.size, "root": found.root.hex(), "note": found.note, "signed_at": found.signed_at}


def _stated(found: Stated) -> dict[str, Any]:
    snapshot = found.snapshot
    return {
        "revision": snapshot.revision,
        "value": found.value,
        "difference": found.difference,
        "reason": found.reason,
        "digest": snapshot.digest,
        "log_size": snapshot.log_size,
        "root": snapshot.body["root"],
        "catalogue": snapshot.catalogue,
        "frozen_at": snapshot.frozen_at,
        "published_at": snapshot.published_at,
        "approvals": [dict(each) for each in snapshot.approvals],
    }
