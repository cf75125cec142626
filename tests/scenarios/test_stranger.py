"""A stranger with a pack, Python and `cryptography` confirms every figure of the report, and sees every change."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.exports.packs import Members, check, check_bytes, forged, lines_of, listed, opened, pack_of, packed, reheaded
from tests.freezing import SIGNER, frozen
from tests.house import ALICE, DATA, House, second_catalogue
from tests.scenarios.test_second_organisation import HISTORY, OPENINGS, event_of
from tracker import sample
from tracker.access.notes import verifier_key
from tracker.catalogue import load
from tracker.db import Database
from tracker.intake.importing import import_whole
from tracker.sample.report import reported
from tracker.settings import shipped

EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((DATA / "figures-2020.yaml").read_text("utf-8"))
NEEDED = ("cryptography", "cffi", "_cffi_backend", "pycparser")
SEED = 2020


class Ended(NamedTuple):
    """How a run of the verifier ended."""

    status: int
    out: str
    err: str


class Stranger(NamedTuple):
    """A Python with nothing but `cryptography`, and a copy of the verifier from the pack."""

    python: Path
    verifier: Path

    def run(self, *arguments: object) -> Ended:
        """Run the verifier, with nothing of this process's environment."""
        order = [str(self.python), "-I", str(self.verifier), *map(str, arguments)]
        found = subprocess.run(order, capture_output=True, text=True, encoding="utf-8", check=False, env={})
        return Ended(found.returncode, found.stdout, found.stderr)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Path]:
    """The pack of the reference year."""
    path = tmp_path_factory.mktemp("stranger")
    shutil.copy(sqlite_template, path / "tracker.db")
    database = Database(f"sqlite:///{path / 'tracker.db'}")
    try:
        house = House.build(database, load(shipped("config")))
        import_whole(house.intake, database, ALICE, enumerate(sample.events(), start=1))
        frozen(database, house.ledger, 2020)
        (path / "pack.zip").write_bytes(pack_of(house, 2020))
    finally:
        database.close()
    yield path / "pack.zip"
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def stranger(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """A virtual environment without pip, into which only what `cryptography` needs is linked."""
    path = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", path / "venv"], check=True)
    python = path / "venv" / "bin" / "python"
    order = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(order, capture_output=True, text=True, check=True).stdout.strip())
    for name in NEEDED:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:  # newer versions of cryptography need fewer
            origin = Path(spec.origin)
            origin = origin.parent if spec.submodule_search_locations else origin
            (packages / origin.name).symlink_to(origin)
    (path / "verify.py").write_bytes(opened(reference.read_bytes())["verify.py"])
    return Stranger(python, path / "verify.py")


@pytest.fixture
def orchards(database: Database) -> House:
    """The second organisation after its year 2022."""
    house = House.build(database, second_catalogue())
    house.clock.instant = datetime(2022, 9, 1, tzinfo=UTC)
    house.record(*(event_of(house, *each) for each in OPENINGS + HISTORY))
    frozen(database, house.ledger, 2022)
    return house


def test_the_stranger_has_nothing_of_ours(stranger: Stranger) -> None:
    for name in ("tracker", "sqlalchemy", "msgspec", "pip"):
        order = [str(stranger.python), "-I", "-c", f"import {name}"]
        assert subprocess.run(order, capture_output=True, check=False).returncode == 1


def test_a_stranger_confirms_all_129_figures_of_the_report(stranger: Stranger, reference: Path) -> None:
    key = verifier_key("kuaishou/ledger", SIGNER.public)
    ended = stranger.run(reference, f"--key={key}", "--json")
    document = json.loads(ended.out)
    assert (ended.status, ended.err, document["holds"], document["wrong"]) == (0, "", True, None)
    found = {each["metric"]: each["value"] for each in document["figures"]}
    assert len(EXPECTED) == 129
    assert EXPECTED.keys() == reported().keys()
    assert {metric: Decimal(found[metric]) for metric in EXPECTED} == {
        metric: Decimal(str(each["value"])) for metric, each in EXPECTED.items()
    }
    assert {metric: Decimal(found[metric]) for metric in reported()} == {
        metric: each.value for metric, each in reported().items()
    }


def test_a_stranger_reads_what_was_checked(stranger: Stranger, reference: Path, tmp_path: Path) -> None:
    ended = stranger.run(reference, "--sample=suppliers.in_library", "--seed=7", "--count=2")
    lines = ended.out.splitlines()
    assert (ended.status, ended.err) == (0, "")
    assert [line.split()[0] for line in lines[:11]] == [
        *("files", "key", "seal", "revisions", "definitions", "headers", "checkpoints", "sources", "events", "figures"),
        "exports",
    ]
    assert lines[11] == "2 of the 1802 events behind suppliers.in_library, drawn from the seed 7:"
    assert len(lines) == 15
    folder = tmp_path / "folder"
    shutil.unpack_archive(reference, folder)
    beside = Stranger(stranger.python, folder / "verify.py").run()
    assert beside.out.splitlines() == [*lines[:11], lines[-1]]


def test_what_fails_is_a_sentence_for_a_stranger_too(stranger: Stranger, tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04", os.urandom(1000)):
        (tmp_path / "bad.zip").write_bytes(content)
        ended = stranger.run(tmp_path / "bad.zip")
        assert (ended.status, ended.err) == (1, "")
        assert ended.out.startswith("WRONG        ZIP ")
    assert stranger.run(tmp_path / "nowhere.zip").status == 2


def places(size: int, count: int) -> list[int]:
    return sorted(random.Random(SEED).sample(range(size), count))


def test_any_changed_byte_of_an_event_of_the_reference_year_is_found(reference: Path, tmp_path: Path) -> None:
    """As it is; the harder forgeries are tried a few times here, and more often by hand."""
    members = opened(reference.read_bytes())
    pack, events = reference.read_bytes(), members["events.ndjson"]
    begin = pack.index(events)
    file = tmp_path / "pack.zip"
    file.write_bytes(pack)
    with file.open("r+b") as stream:
        for at in places(len(events), 150):
            for byte in (pack[begin + at] ^ 1, pack[begin + at]):
                stream.seek(begin + at)
                stream.write(bytes([byte]))
                stream.flush()
                if byte != pack[begin + at]:
                    found = check(file)
                    assert (found.status, found.last.split(" does not ")[0]) == (1, "WRONG        events.ndjson")
    assert file.read_bytes() == pack
    _forge(members, places(len(events), 2), tmp_path)


@pytest.mark.full
def test_any_changed_byte_of_an_event_is_found_however_much_is_made_to_fit(reference: Path, tmp_path: Path) -> None:
    members = opened(reference.read_bytes())
    _forge(members, places(len(members["events.ndjson"]), 100), tmp_path)


def _forge(members: Members, at: list[int], tmp_path: Path) -> None:
    """Change a byte, make the manifest fit, then the header too: then the root does not."""
    events, definitions = members["events.ndjson"], json.loads(members["definitions.json"])
    seqs = needed(lines_of(members["headers.ndjson"]), definitions)
    assert len(lines_of(events)) == len(seqs)
    for place in at:
        changed = events[:place] + bytes([events[place] ^ 1]) + events[place + 1 :]
        line = events.count(b"\n", 0, place)
        found = check_bytes(forged(members, events_ndjson=changed), tmp_path / "forged.zip")
        assert found.status == 1
        assert found.last.startswith(f"WRONG        events.ndjson, line {line + 1} (seq {seqs[line]}) is not the event")
        if len(lines_of(changed)) == len(seqs):
            fitting = packed(listed(reheaded(members, lines_of(changed), seqs)))
            found = check_bytes(fitting, tmp_path / "forged.zip")
            assert found.status == 1
            assert found.last.startswith("WRONG        revision 1 the root of the first 21280 events is ")


def needed(headers: list[bytes], definitions: dict[str, Any]) -> list[int]:
    """The seqs whose bodies a pack has, from the headers: by type, an amendment by that of its original."""
    types = {type for metric in definitions["metrics"] for type in (*metric["events"], *metric["leave"])}
    types.add(definitions["builtin"]["opened"])
    known: list[str] = []
    for line in headers:
        header = json.loads(line)
        known.append(header["type"] if header["replaces"] is None else known[header["replaces"]])
    return [seq for seq, type in enumerate(known) if type in types]


def test_the_second_organisations_pack_is_confirmed(orchards: House, stranger: Stranger, tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(pack_of(orchards, 2022))
    ended = stranger.run(tmp_path / "pack.zip", "--json")
    document = json.loads(ended.out)
    assert (ended.status, document["holds"]) == (0, True)
    figures = {each["metric"]: each["value"] for each in document["figures"]}
    assert len(figures) == 23
    assert figures["harvest.proceeds"] == "14500.75"
