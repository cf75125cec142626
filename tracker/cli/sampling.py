"""Passports of figures, and random samples of the events behind them."""

from __future__ import annotations

import sys
from typing import Any

import click

from tracker.cli.common import as_json, opened
from tracker.disclosure.wording import NOTHING
from tracker.exports.leaves import Ground, digest_of
from tracker.exports.passport import passport
from tracker.exports.passport_document import document
from tracker.exports.sampling import MOST, Sample, draw

_revision = click.option("--revision", type=click.IntRange(min=1), help="As this frozen revision of its year has it.")
_as_of = click.option("--as-of", type=click.IntRange(min=0), help="As known when this seq was recorded.")
_json = click.option("--json", "wants_json", is_flag=True, help="Print a JSON document.")


@click.command("passport")
@click.argument("metric")
@click.argument("period")
@_revision
@_as_of
@_json
def passport_command(metric: str, period: str, revision: int | None, as_of: int | None, wants_json: bool) -> None:
    """Print what the figure of METRIC in PERIOD is, what it rests on, and all that was ever stated of it.

    Status 1 where a frozen revision states something else than its events come to.
    """
    with opened() as service, service.database.read() as session:
        found = passport(session, service.catalogue, metric, period, revision=revision, as_of=as_of)
        told = document(found, digest_of(found.grounds(session)))
    click.echo(as_json(told) if wants_json else "\n".join(_lines(told)))
    if found.agrees is False:
        click.echo(f"The frozen year states {told['known']['stated']}: something was changed since.", err=True)
        sys.exit(1)


@click.command("sample")
@click.argument("metric")
@click.argument("period")
@click.option("--seed", required=True, help="Any text of up to 200 characters, chosen by who checks.")
@click.option("--count", type=click.IntRange(1, MOST), default=25, show_default=True, help="How many events to draw.")
@_revision
@_as_of
@_json
def sample_command(
    metric: str, period: str, seed: str, count: int, revision: int | None, as_of: int | None, wants_json: bool
) -> None:
    """Draw a random sample of the events behind the figure of METRIC in PERIOD. The same seed draws the same events:
    here, over the API, on its page and from an assurance pack."""
    with opened() as service, service.database.read() as session:
        found = passport(session, service.catalogue, metric, period, revision=revision, as_of=as_of)
        drawn = draw(found.grounds(session), seed, count)
    told = {"metric": metric, "period": found.period.id, "seed": seed, "log_size": found.size, "root": found.root.hex()}
    if wants_json:
        click.echo(as_json({**told, "population": drawn.population, "events": [_drawn(each) for each in drawn.drawn]}))
        return
    click.echo(f"{len(drawn.drawn)} of {drawn.population} events, from a log of {found.size} with root {told['root']}.")
    _print(drawn)


def _drawn(ground: Ground) -> dict[str, Any]:
    fact = ground.fact
    about = {"type": fact.type, "day": fact.day}
    return {"seq": fact.seq, "version": ground.version, "leaf": ground.leaf.hex(), **about}


def _print(drawn: Sample) -> None:
    for each in drawn.drawn:
        corrected = f" corrected by {each.version}" if each.version != each.fact.seq else ""
        click.echo(f"{each.fact.seq:>9} {each.fact.day} {each.leaf.hex()} {each.fact.type}{corrected}")


def _lines(told: dict[str, Any]) -> list[str]:
    """A passport as lines of a name and what it is."""
    known, exact, behind = told["known"], told["exact"] or {}, told["events"]
    fraction = f"{exact['numerator']}/{exact['denominator']}" if exact else NOTHING
    return [
        f"{told['metric']} {told['period']}: {' | '.join(told['printed'].values())}",
        *_named("exact", exact and (exact["decimal"] or fraction)),
        *_named("rounded", f"{told['rounding']['rule']}, {told['rounding']['places']} places"),
        *_named("definition", told["definition"]["version"]),
        *_named("catalogue", told["definition"]["catalogue"]),
        *_named("stated", known["stated"]),
        *_named("events", f"{behind['count']}, with {behind['leaves']} leaves"),
        *_named("digest", behind["digest"]),
        *_named("log size", known["log_size"]),
        *_named("root", known["root"]),
        *_named("checkpoint", told["checkpoint"] and told["checkpoint"]["size"]),
        *(line for each in told["inputs"] for line in _named("from", f"{each['metric']} {each['period']}")),
        *(line for each in told["revisions"] for line in _named(f"revision {each['revision']}", _revised(each))),
    ]


def _named(name: str, value: object) -> list[str]:
    return [] if value in (None, {}) else [f"  {name:<12} {value}"]


def _revised(told: dict[str, Any]) -> str:
    moved = f" ({told['difference']})" if told["difference"] is not None else ""
    reason = f", because: {told['reason']}" if told["reason"] else ""
    return f"{told['value'] or NOTHING}{moved}, {told['log_size']} events, {told['digest']}{reason}"
