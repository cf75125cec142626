"""Has anything been tampered with? The live database, or an assurance pack."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tracker.access.datakeys import DataKeys
from tracker.access.notes import read_verifier_key
from tracker.cli.common import as_json, opened, progress
from tracker.errors import NotReady, PackInvalid
from tracker.exports import verifier
from tracker.jobs.verifying import LogKey, Outside, Report, verify
from tracker.ledger.checkpoints import origin
from tracker.migrations import check_migrated
from tracker.service import Service

_LARGEST_NOTE = 1 << 20


@click.command("verify")
@click.argument("pack", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--checkpoint",
    "kept",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept outside; may be given several times.",
)
@click.option("--key", help="The log's public key as it was published: NAME+ID+KEY. This log's own unless given.")
@click.option("--json", "as_document", is_flag=True, help="Print a JSON document.")
def verify_command(pack: Path | None, kept: tuple[Path, ...], key: str | None, as_document: bool) -> None:
    """Check that nothing on record was changed, added, moved or taken out: PACK, or without it this database.

    Checked are every event against its digests, the Merkle tree, the signed checkpoints, what is confidential against
    its commitments, every frozen year and draft, all figures and tallies against a recount, and the guards of the
    database. That the log was cut off at its end, set back or rewritten as a whole shows only by a checkpoint that was
    kept outside: give it with --checkpoint.

    Status 1 if anything is wrong, with what, where, and from which event (seq) on; 2 if it cannot be checked.
    """
    if pack is not None:
        sys.exit(_verify_pack(pack, kept, key, as_document=as_document))
    with opened(ready=False) as service:
        check_migrated(service.database)
        notes = [Outside(str(file), _note_in(file)) for file in kept]
        datakeys = DataKeys(service.keys.vault)
        found = verify(service.database, datakeys, _log_key(service, key), outside=notes, stage=progress)
    if as_document:
        click.echo(as_json(found.as_document()))
    else:
        _tell(found)
    if found.findings:
        sys.exit(1)


def _verify_pack(pack: Path, kept: tuple[Path, ...], key: str | None, *, as_document: bool) -> int:
    """Check an assurance pack with the very file that packs carry; the status to end with."""
    given = [str(pack), *(f"--checkpoint={file}" for file in kept)]
    return verifier.main([*given, *([f"--key={key}"] if key else []), *(["--json"] if as_document else [])])


def _log_key(service: Service, given: str | None) -> LogKey:
    """The key that signatures are checked with.

    :raise NotReady: none is given, and this installation's cannot be read.
    :raise PackInvalid: what is given is no key.
    """
    if given is not None:
        return LogKey(*read_verifier_key(given))
    with service.database.read() as session:
        name = origin(session, service.catalogue)
    try:
        return LogKey(name, service.keys.signer.public)
    except NotReady as error:
        detail = f"{error.detail} Or give the log's public key with --key, as `tracker checkpoint key` printed it."
        raise NotReady(detail) from error


def _note_in(file: Path) -> str:
    with file.open("rb") as stream:
        raw = stream.read(_LARGEST_NOTE + 1)
    if len(raw) > _LARGEST_NOTE:
        raise PackInvalid(f"{file} is far too large for a checkpoint.")
    return raw.decode(errors="replace")


def _tell(found: Report) -> None:
    for each in found.findings:
        click.echo(str(each))
    hidden = found.findings.count - len(found.findings.listed)
    if hidden:
        click.echo(f"{hidden} more of this kind are not listed.")
    for notice in found.notices:
        click.echo(f"Note: {notice}", err=True)
    if not found.findings:
        click.echo(f"Everything holds: {found.size} events, root {found.root}.")
        return
    first = found.findings.first_seq
    named = "" if first is None else f" The first event concerned is seq {first}."
    count = found.findings.count
    click.echo(f"{count} finding{'' if count == 1 else 's'}.{named}")
