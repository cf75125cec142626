"""What commands share: the opened service, progress, and how refusals are told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from tracker import wiring
from tracker.errors import TrackerError
from tracker.ledger.events import Actor
from tracker.service import Service, open_service
from tracker.settings import read_settings

OPERATOR = Actor("person", "command-line")
"""Who acts when a command does: whoever may run commands on this machine."""


@contextmanager
def opened(*, ready: bool = True) -> Iterator[Service]:
    """The service that the environment's settings describe, with its receivers connected.

    :raise TrackerError: settings, configuration or (when ``ready``) the database are not fit to work.
    """
    service = open_service(read_settings())
    wiring.connect()
    try:
        if ready:
            service.check_ready()
        yield service
    finally:
        service.close()


def report(error: TrackerError) -> None:
    """Tell a refusal on standard error: the sentence, then each mistake on a line."""
    click.echo(f"{error.title}: {error.detail}", err=True)
    for mistake in error.mistakes:
        click.echo(f"  {mistake}", err=True)


def as_json(value: Any) -> str:
    """A document for scripts: UTF-8, readable."""
    return json.dumps(value, ensure_ascii=False, indent=2)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error that is told (done, all); nothing is drawn where nobody looks."""
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def tell(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield tell
