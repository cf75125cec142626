"""Serving HTTP, and the demo that ends in it."""

from __future__ import annotations

import os
from pathlib import Path

import click
from granian import Granian
from granian.constants import Interfaces

from tracker.cli import demo as demonstration
from tracker.cli.common import opened
from tracker.settings import read_settings

HOST, PORT = "127.0.0.1", 8000


@click.command()
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes; one on SQLite.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the API and the pages."""
    with opened() as service:
        if service.database.sqlite and workers > 1:
            raise click.UsageError("SQLite is written by one process; leave out --workers, or use PostgreSQL.")
        if service.settings.token is None:
            click.echo("TRACKER_TOKEN is not set: the API will refuse every call.", err=True)
    run(host, port, workers)


@click.command()
@click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path), help="Where to make it; TRACKER_HOME unless given."
)
@click.option("--no-serve", is_flag=True, help="End when the figures are printed.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to this file, too."
)
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
def demo(home: Path | None, no_serve: bool, json_file: Path | None, host: str, port: int) -> None:
    """Show it all on the reference year: record 2020, freeze it, export it, print it, serve it.

    Makes a fresh home with an SQLite database. It replaces a home that an earlier demo made, and no other.
    """
    chosen = (home or read_settings(demonstration.without_database(os.environ)).home).resolve()
    demonstration.run(chosen, json_file)
    if no_serve:
        return
    os.environ.update(demonstration.environment(chosen))
    click.echo(
        f"\nServing on http://{host}:{port} (Ctrl-C ends it). The API's token is in {chosen / 'keys' / 'token'}."
    )
    run(host, port, 1)


def run(host: str, port: int, workers: int) -> None:
    """Run the application until it is told to stop; each worker opens its own service."""
    Granian(
        "tracker:create_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=8,
        websockets=False,
        log_access=False,
    ).serve()
