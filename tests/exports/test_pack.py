"""A pack holds what a stranger needs to check a frozen year, in the same bytes wherever it is written."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tracemalloc
import zipfile
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import pytest

from tests.freezing import SIGNER, frozen
from tests.house import House
from tracker.access.notes import open_note, read_verifier_key, signed_by
from tracker.canonical import canonical
from tracker.errors import Conflict, NotFound
from tracker.exports.frozen import EVERY_FORMAT, export_to
from tracker.exports.pack_archive import Archive, Content
from tracker.exports.pack_log import on_disk
from tracker.ledger.merkle import leaf_hash, subtree_root
from tracker.snapshots.definitions import definitions
from tracker.snapshots.reading import Snapshot, get

CASE, READ, JOINED = "desk.case.reported", "desk.meter.read", "desk.member.joined"
OPENED, NOTHING = "tracker.balance.opened", "tracker.period.nothing_to_report"
CANARIES = ("金絲雀-one sang in the mine", "a second canary")

NAMES = [
    "README.txt",
    "manifest.json",
    "snapshot.json",
    "seal.json",
    "seal.sig",
    "figures.json",
    "figures.csv",
    "definitions.json",
    "headers.ndjson",
    "events.ndjson",
    "checkpoints.ndjson",
    "key.txt",
    "sources.json",
    "datapackage.json",
    "verify.py",
]


@pytest.fixture
def lived(house: House) -> House:
    """Events of three years, of which 2020 is frozen at size 8; seqs 3 and 7 move no figure."""
    phone = {"channel": "phone"}
    house.record(
        house.event(OPENED, {"metric": "desk.stock", "quantity": 3, "by": phone}, time="2018-12-31T12:00:00Z"),
        house.event(CASE, phone | {"narrative": CANARIES[0]}, subject="案件-1"),
        house.event(JOINED, phone | {"heads": 2}, subject="p", time="2019-05-04T12:00:00Z", source="/other"),
        house.event(NOTHING, {"domain": "desk", "period": "2020-03"}),
        house.event(READ, phone | {"quantity": "2.50"}, subject="m", time="2021-01-20T12:00:00Z"),
    )
    corrected = house.correct(1, 1, {"channel": "mail", "narrative": CANARIES[1]}, subject="案件-1")
    house.void(1, corrected.seq)
    house.void(3, 3)
    frozen(house.database, house.ledger, 2020)
    return house


def pack(house: House, revision: int | None = None) -> bytes:
    return exported(house, "pack", revision)


def exported(house: House, format: str, revision: int | None = None) -> bytes:
    stream = io.BytesIO()
    with house.database.read() as session:
        export_to(stream, session, get(session, 2020, revision), format)
    assert not stream.closed
    return stream.getvalue()


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lines(content: bytes) -> list[str]:
    assert content.endswith(b"\n")
    return content.decode().split("\n")[:-1]


def stored(house: House, revision: int = 1) -> Snapshot:
    with house.database.read() as session:
        return get(session, 2020, revision)


def test_members_are_stored_undated_and_in_order(lived: House) -> None:
    with zipfile.ZipFile(io.BytesIO(pack(lived))) as archive:
        found = archive.infolist()
        assert archive.testzip() is None
    assert [each.filename for each in found] == NAMES
    assert {(each.compress_type, each.date_time, each.external_attr >> 16) for each in found} == {
        (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0), 0o100644)
    }
    assert {(each.flag_bits, each.extra, each.comment, each.create_system) for each in found} == {(0, b"", b"", 3)}


def test_the_manifest_names_every_other_member(lived: House) -> None:
    found, snapshot = members(pack(lived)), stored(lived)
    assert json.loads(found["manifest.json"]) == {
        "format": "governance-tracker/pack/1",
        "organisation": "small",
        "year": 2020,
        "revision": 1,
        "log_size": 8,
        "root": snapshot.body["root"],
        "snapshot": snapshot.digest,
        "catalogue": lived.catalogue.digest,
        "origin": "small/ledger",
        "key": found["key.txt"].decode().strip(),
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in found.items()
            if name != "manifest.json"
        },
    }
    assert found["manifest.json"].decode() == canonical(json.loads(found["manifest.json"]))


def test_snapshot_and_seal_are_those_that_two_people_signed(lived: House) -> None:
    found, snapshot = members(pack(lived)), stored(lived)
    assert hashlib.sha256(found["snapshot.json"]).hexdigest() == snapshot.digest
    assert json.loads(found["seal.json"])["digest"] == snapshot.digest
    name, public = read_verifier_key(found["key.txt"].decode())
    assert (name, public) == ("small/ledger", SIGNER.public)
    assert signed_by(public, found["seal.json"], base64.b64decode(found["seal.sig"].removesuffix(b"\n"), validate=True))
    assert found["definitions.json"].decode() == canonical(definitions(lived.catalogue, 2020))
    assert hashlib.sha256(found["definitions.json"]).hexdigest() == snapshot.body["definitions"]


def test_the_headers_give_the_root_that_is_signed(lived: House) -> None:
    found = members(pack(lived))
    leaves = [leaf_hash(line.encode()) for line in lines(found["headers.ndjson"])]
    assert len(leaves) == 8
    assert subtree_root(leaves).hex() == stored(lived).body["root"]
    [last] = [json.loads(line) for line in lines(found["checkpoints.ndjson"])]
    assert last["size"] == 8
    assert open_note(last["note"], *read_verifier_key(found["key.txt"].decode())).split("\n")[:2] == [
        "small/ledger",
        "8",
    ]


def test_the_body_of_every_event_that_a_figure_rests_on_is_there_and_no_other(lived: House) -> None:
    found = members(pack(lived))
    headers = [json.loads(line) for line in lines(found["headers.ndjson"])]
    bodies = lines(found["events.ndjson"])
    needed = [0, 1, 2, 4, 5, 6]
    assert [hashlib.sha256(body.encode()).hexdigest() for body in bodies] == [headers[seq]["content"] for seq in needed]
    assert [json.loads(body)["type"] for body in bodies] == [headers[seq]["type"] for seq in needed]


def test_the_figures_are_exported_as_they_always_are(lived: House) -> None:
    found = members(pack(lived))
    assert found["figures.json"] == exported(lived, "json")
    assert found["figures.csv"] == exported(lived, "csv")


def test_the_readme_says_how_to_check_and_what_that_does_not_show(lived: House) -> None:
    text = members(pack(lived))["README.txt"].decode()
    assert text.startswith("ASSURANCE PACK\n測試公司 / A Test Company, reporting year 2020, revision 1\n")
    for part in (
        "python -I verify.py PACK.zip",
        "WHAT IT DOES NOT SHOW",
        "checkpoint that you kept outside",
        "`latest_sum`",
    ):
        assert part in text
    assert all(name in text for name in NAMES if name != "README.txt")
    assert max(map(len, text.split("\n"))) <= 110


def test_the_sources_are_counted(lived: House) -> None:
    found = members(pack(lived))
    assert json.loads(found["sources.json"]) == {"sources": [], "events": {"/other": 1, "/test": 7}}


def test_the_tables_are_described(lived: House) -> None:
    found = members(pack(lived))
    described = json.loads(found["datapackage.json"])
    assert described["name"] == "small-2020-1"
    tables = {each["path"]: [field["name"] for field in each["schema"]["fields"]] for each in described["resources"]}
    assert tables["figures.csv"] == found["figures.csv"].decode().split("\r\n")[0].split(",")
    for path in ("headers.ndjson", "events.ndjson", "checkpoints.ndjson"):
        assert {tuple(json.loads(line)) for line in lines(found[path])} == {tuple(tables[path])}
    for each in described["resources"]:
        assert each["bytes"] == len(found[each["path"]])
        assert each["hash"] == f"sha256:{hashlib.sha256(found[each['path']]).hexdigest()}"


def test_nothing_confidential_is_in_a_pack(lived: House) -> None:
    content, secrets = pack(lived), lived.secrets()
    assert len(secrets) == 2
    for salt, value in secrets.values():
        assert not [form for form in (salt, salt.hex().encode(), value, value.strip(b'"')) if form in content]
    assert not [each for each in CANARIES if each.encode() in content or json.dumps(each)[1:-1].encode() in content]
    assert content.count(b'{"commitment":"') == 2


def test_what_comes_later_does_not_change_the_pack_of_a_revision(lived: House) -> None:
    before = pack(lived)
    lived.record(lived.event(CASE, {"channel": "phone"}))
    assert pack(lived) == before
    frozen(lived.database, lived.ledger, 2020, reason="遲到的事件")
    assert pack(lived, 1) == before
    assert pack(lived) != before


def test_a_restated_year_carries_the_revisions_before(lived: House) -> None:
    first = members(pack(lived))
    for reason in ("one came late", "and another"):
        lived.record(lived.event(CASE, {"channel": "phone"}))
        frozen(lived.database, lived.ledger, 2020, reason=reason)
    found = members(pack(lived))
    kept = [name for name in found if name.startswith("revisions/")]
    assert kept == [f"revisions/{number}.{name}" for number in (1, 2) for name in NAMES[2:5]]
    assert [name for name in found if name not in kept] == NAMES
    assert [found[f"revisions/1.{name}"] for name in NAMES[2:5]] == [first[name] for name in NAMES[2:5]]
    chain = [found[name] for name in (*kept[::3], "snapshot.json")]
    for before, after in pairwise(chain):
        assert json.loads(after)["previous"] == hashlib.sha256(before).hexdigest()
    assert [json.loads(line)["size"] for line in lines(found["checkpoints.ndjson"])] == [8, 9, 10]


def test_a_year_without_events_has_a_pack(house: House) -> None:
    frozen(house.database, house.ledger, 2020)
    found = members(pack(house))
    assert [*found] == NAMES
    assert {found[name] for name in NAMES if name.endswith(".ndjson")} == {b""}


def test_a_revision_from_before_signatures_is_refused(lived: House) -> None:
    snapshot = stored(lived)
    with lived.database.read() as session, pytest.raises(Conflict, match="Export it as csv or json"):
        export_to(io.BytesIO(), session, snapshot._replace(seal=None, signature=None), "pack")


def test_a_revision_that_was_frozen_under_other_definitions_is_refused(lived: House) -> None:
    snapshot = stored(lived)
    other = snapshot._replace(body={**snapshot.body, "definitions": "00" * 32})
    with lived.database.read() as session, pytest.raises(Conflict, match=r"defines figures differently than 0\.1\.0"):
        export_to(io.BytesIO(), session, other, "pack")


def test_an_unknown_format_is_refused_with_those_there_are(lived: House) -> None:
    with pytest.raises(NotFound, match=r"There is no format 'xls'\. Choose one of csv, json, pack\."):
        exported(lived, "xls")
    assert [*EVERY_FORMAT] == ["csv", "json", "pack"]


def test_progress_is_told(lived: House) -> None:
    told: list[tuple[int, int]] = []
    with lived.database.read() as session:
        export_to(io.BytesIO(), session, get(session, 2020), "pack", lambda *each: told.append(each))
    assert told == [(8, 8)]


class Pipe(io.RawIOBase):
    """What standard output may be: it is written to, and cannot say where it stands."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.content += bytes(data)
        return len(data)

    def tell(self) -> int:
        raise OSError("a pipe has no place")


def test_a_pipe_gets_the_same_bytes(lived: House) -> None:
    pipe = Pipe()
    with lived.database.read() as session:
        export_to(pipe, session, get(session, 2020), "pack")  # type: ignore[arg-type]
    assert pipe.content == pack(lived)


@pytest.mark.parametrize("largest", [1, 5, 40, 100])
def test_members_and_offsets_too_large_for_32_bits_are_read_back(largest: int) -> None:
    contents = {"a.txt": b"short", "b.txt": b"", "c/d.txt": b"x" * 50}
    stream = io.BytesIO()
    archive = Archive(stream, largest=largest)
    for name, content in contents.items():
        archive.add(name, Content(content))
    archive.close()
    assert members(stream.getvalue()) == contents


def test_a_large_member_is_not_held_in_memory() -> None:
    class Sink(io.BytesIO):
        def write(self, data: Any) -> int:
            return len(data)

    tracemalloc.start()
    try:
        with ExitStack() as stack:
            content, piece = on_disk(stack), b"0123456789abcdef" * 4096
            for _ in range(512):
                content.write(piece)
            archive = Archive(Sink())
            archive.add("large.txt", content)
            archive.close()
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert content.size == 32 << 20
