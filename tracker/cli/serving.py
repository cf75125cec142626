"""Serving HTTP, and the demo that ends in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import click
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from tracker.cli import demo as demonstration
from tracker.cli.common import opened
from tracker.service import Service
from tracker.settings import read_settings
from tracker.workflows.reapplying import unknown

HOST, PORT = "127.0.0.1", 8000
_SHARED = "PROMETHEUS_MULTIPROC_DIR"

HEADER_MILLISECONDS = 10_000
"""How long a connection may take over the head of a request."""

KILL_SECONDS = 30
"""How long a worker may take to finish what it has begun when it is told to end."""

THREADS = 64
"""Requests that one process works on at a time: while they wait for one commit together, they cost nothing."""


@click.command()
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes; one on SQLite.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the API and the pages."""
    with opened() as service:
        if service.database.sqlite and workers > 1:
            raise click.UsageError("SQLite is written by one process; leave out --workers, or use PostgreSQL.")
        _check_access(service)
    run(host, port, workers)


def _check_access(service: Service) -> None:
    """Find out now, not with the first request, whether the keys fit, and whether anybody may call.

    :raise NotReady: a key file is missing, open to others, or not the one of this database.
    """
    known = service.registry.current()
    with service.database.read() as session:
        service.quarantine.check(session)
        lost = unknown(session, service.erasures.read())
    if lost:
        click.echo(
            f"The erasure ledger {service.erasures.path} lacks erasures of this database: {len(lost)}. After a restore "
            "they would not be applied again. Restore the file; `tracker erasures list` names them.",
            err=True,
        )
    if not known.sources and not known.tokens:
        click.echo(
            "Nobody may call the API yet: `tracker token add` admits a machine or a colleague, `tracker source add` "
            "a system that signs. Either works at once, without a restart.",
            err=True,
        )


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
        f"\nServing on http://{host}:{port} (Ctrl-C ends it); sign in at http://{host}:{port}/login. "
        f"The API's token is in {chosen / 'keys' / 'token'}."
    )
    run(host, port, 1)


def run(host: str, port: int, workers: int) -> None:
    """Run the application until it is told to stop; each worker opens its own service."""
    if workers > 1:
        _share_metrics()
    try:
        _serve(host, port, workers)
    finally:
        rmtree(os.environ.get(_SHARED, ""), ignore_errors=True)


def _serve(host: str, port: int, workers: int) -> None:
    Granian(
        "tracker.cli.worker:create_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=THREADS * 2,
        websockets=False,
        log_access=False,  # the application writes its own: see tracker.web.access_log
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        workers_kill_timeout=KILL_SECONDS,
    ).serve()


def _share_metrics() -> None:
    """Let workers measure into one directory, so that each can tell of all. prometheus_client looks at the variable
    once, when it is imported: so the command begins again with it."""
    if _SHARED not in os.environ:
        os.environ[_SHARED] = mkdtemp(prefix="tracker-metrics-")
        os.execv(sys.executable, sys.orig_argv)
