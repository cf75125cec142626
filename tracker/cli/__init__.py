"""The command line. Exit status 0: all well; 1: something found wrong; 2: used wrong."""

from __future__ import annotations

import sys

import click

from tracker import __version__
from tracker.cli import (
    amending,
    checking,
    checkpoints,
    erasing,
    keys,
    people,
    quarantine,
    recording,
    restating,
    sampling,
    serving,
    setup,
    sources,
    tokens,
    verifying,
    years,
)
from tracker.cli.common import report
from tracker.errors import TrackerError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tracker")
def cli() -> None:
    """Record governance events, read the figures that follow, freeze and export a year.

    Start with `tracker demo`. For your own organisation: write a configuration, `tracker check` it,
    `tracker init`, then `tracker import` or `tracker serve`.
    """


for command in (
    serving.demo,
    setup.init,
    setup.check,
    setup.settings,
    setup.catalogue,
    recording.import_file,
    amending.correct,
    years.figures,
    sampling.passport_command,
    sampling.sample_command,
    years.freeze_command,
    restating.candidates_command,
    restating.restate_command,
    years.export,
    checking.recount_command,
    checking.replay_command,
    checking.review_command,
    checkpoints.checkpoint,
    verifying.verify_command,
    people.user,
    sources.source,
    tokens.token,
    keys.keys,
    quarantine.quarantine,
    erasing.erasures,
    erasing.retention,
    erasing.hold,
    serving.serve,
):
    cli.add_command(command)


def main() -> None:
    """Run a command; a refusal is a sentence and status 2, never a traceback."""
    try:
        cli(prog_name="tracker")
    except TrackerError as error:
        report(error)
        sys.exit(2)
