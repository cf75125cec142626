"""Checkpoints of the log: signed, listed, kept elsewhere, and held against the log again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tracker.access.notes import read_verifier_key, verifier_key
from tracker.cli.common import as_json, opened
from tracker.errors import NotFound, PackInvalid
from tracker.jobs.checkpointing import sign_now
from tracker.ledger.checkpoints import Statement, check_kept, listed, newest, origin
from tracker.service import Service

_MOST_BYTES = 1 << 20


@click.group()
def checkpoint() -> None:
    """Sign how far the log has come, and keep that elsewhere.

    A checkpoint is the log's size and root, signed. Whoever keeps one outside can show later that the log was not cut
    off, set back or rewritten: the database alone cannot show that.
    """


@checkpoint.command("sign")
def sign_command() -> None:
    """Sign the log as it is now. The serving process does so by schedule, and every draft of a year does."""
    with opened() as service:
        made = sign_now(service.database, service.ledger, service.keys.signer)
    click.echo(
        f"The log of {made.size} events is signed, at {made.signed_at}. "
        "`tracker checkpoint export` writes what to keep elsewhere."
    )


@checkpoint.command("list")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def list_command(as_document: bool) -> None:
    """List all checkpoints: size, when it was signed, root."""
    with opened() as service:
        with service.database.read() as session:
            found, name = listed(session), origin(session, service.catalogue)
        key = verifier_key(name, service.keys.signer.public)
    if as_document:
        rows = [each._asdict() | {"root": each.root.hex()} for each in found]
        click.echo(as_json({"origin": name, "key": key, "checkpoints": rows}))
        return
    for each in found:
        click.echo(f"{each.size:>12}  {each.signed_at}  {each.root.hex()}")
    if not found:
        click.echo("There is no checkpoint yet. `tracker checkpoint sign` makes one.")


@checkpoint.command("export")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; standard output unless given."
)
def export_command(output: Path | None) -> None:
    """Write the newest checkpoint, for keeping elsewhere.

    Give it to somebody who has no access to the database: an auditor, a mailbox, a sheet of paper in a safe. As long as
    it is there, nobody can cut off the end of the log, set the database back, or rewrite what came before without
    `tracker checkpoint verify` showing it. Keep the line that `tracker checkpoint key` prints with it.
    """
    with opened() as service, service.database.read() as session:
        found = newest(session)
    if found is None:
        raise NotFound("There is no checkpoint yet. `tracker checkpoint sign` makes one.")
    if output is None:
        sys.stdout.buffer.write(found.note.encode())
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(found.note.encode())
    click.echo(f"Wrote {output}.", err=True)


@checkpoint.command("key")
def key_command() -> None:
    """Print the public key that checkpoints are verified with: a line NAME+ID+KEY (C2SP signed-note)."""
    with opened() as service:
        click.echo(verifier_key(*_own(service)))


@checkpoint.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "key", help="The line of the key that was kept with it; this log's own key unless given.")
def verify_command(file: Path, key: str | None) -> None:
    """Check that the checkpoint in FILE, which was kept elsewhere, is one of this log: that the key signed it, and that
    the log still has this root at this size. Status 1, and what is wrong, if not.
    """
    with opened() as service:
        name, public = _own(service) if key is None else read_verifier_key(key)
        try:
            found = _checked(service, file, name, public)
        except PackInvalid as error:
            click.echo(f"{file}: {error.detail}")
            sys.exit(1)
    click.echo(f"{file}: the log of {found.origin} still begins with the {found.size} events of this checkpoint.")


def _checked(service: Service, file: Path, name: str, public: bytes) -> Statement:
    with service.database.read() as session:
        mine = origin(session, service.catalogue)
        if name != mine:
            raise PackInvalid(f"The key is that of {name!r}, and this is the log of {mine!r}.")
        return check_kept(session, _note_in(file), name, public)


def _own(service: Service) -> tuple[str, bytes]:
    """The name of this log, and its public key."""
    with service.database.read() as session:
        return origin(session, service.catalogue), service.keys.signer.public


def _note_in(file: Path) -> str:
    with file.open("rb") as stream:
        raw = stream.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise PackInvalid("This file is far too large for a checkpoint.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise PackInvalid(f"This is no checkpoint: it is not UTF-8 at byte {error.start}.") from None
