"""``GET /api/v1/figures/…/passport`` and ``…/sample``: what a figure rests on, and a random sample of it."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, url_for

from tracker.api.parameters import Number, Query, Word, read
from tracker.api.state import service
from tracker.exports.leaves import Ground, digest_of
from tracker.exports.passport import passport
from tracker.exports.passport_document import document
from tracker.exports.sampling import MOST, draw

_REVISION = "a frozen revision of the period's year: the figure as its log has it"
_AS_OF = "the seq of an event: the figure as it was known when it was recorded"
USUAL_SAMPLE = 25


class PassportQuery(Query):
    """Of which log."""

    revision = Number(1, description=_REVISION)
    as_of = Number(description=_AS_OF)


class SampleQuery(PassportQuery):
    """How to draw."""

    seed = Word(description="any text of up to 200 characters, chosen by who checks; required")
    count = Number(1, MOST, description=f"how many events to draw; {USUAL_SAMPLE} unless given")


def show(metric: str, period: str) -> Response:
    """The passport of a figure: value, definition, rounding, the events behind it and their digest, and its history."""
    asked = read(PassportQuery)
    with service().database.read() as session:
        found = passport(session, service().catalogue, metric, period, **asked)
        told = document(found, digest_of(found.grounds(session)))
    told["events"] |= _links(metric, period, found.size)
    for each in told["inputs"]:
        each["passport"] = url_for("api.passports_show", metric=each["metric"], period=each["period"], **asked)
    return jsonify(told)


def sample(metric: str, period: str) -> Response:
    """A seeded random sample of the events behind a figure, the same for everybody who has the log."""
    asked = read(SampleQuery)
    seed, count = asked.pop("seed") or "", asked.pop("count") or USUAL_SAMPLE
    with service().database.read() as session:
        found = passport(session, service().catalogue, metric, period, **asked)
        drawn = draw(found.grounds(session), seed, count)
    return jsonify(
        metric=metric,
        period=found.period.id,
        seed=seed,
        log_size=found.size,
        root=found.root.hex(),
        population=drawn.population,
        events=[_drawn(each, found.size) for each in drawn.drawn],
    )


def _links(metric: str, period: str, size: int) -> dict[str, str]:
    """Where the events are listed, and where the proof of one is: put its seq for ``{seq}``."""
    as_of = size - 1 if size else None
    return {
        "list": url_for("api.figures_behind", metric=metric, period=period, as_of=as_of),
        "proof": url_for("api.log_proof", seq=0, size=size).replace("/0/proof", "/{seq}/proof"),
    }


def _drawn(ground: Ground, size: int) -> dict[str, Any]:
    """An event that was drawn: ``seq`` of the original, ``version`` of what is in force, and that one's leaf."""
    fact = ground.fact
    return {
        "seq": fact.seq,
        "version": ground.version,
        "leaf": ground.leaf.hex(),
        "type": fact.type,
        "day": fact.day,
        "event": url_for("api.reading_show", seq=ground.version),
        "proof": url_for("api.log_proof", seq=ground.version, size=size),
    }
