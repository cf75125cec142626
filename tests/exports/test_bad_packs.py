"""A pack in which anything is not as it must be is refused with what and where, never with a traceback."""

from __future__ import annotations

import hashlib
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.exports.packs import (
    FORGER,
    Checked,
    Members,
    check,
    check_bytes,
    forged,
    joined,
    lines_of,
    listed,
    opened,
    pack_of,
    packed,
    reheaded,
    resigned,
)
from tests.freezing import SIGNER, frozen
from tests.house import House, small_catalogue
from tracker.access.notes import verifier_key
from tracker.canonical import canonical
from tracker.db import Database
from tracker.ledger.checkpoints import Statement, text_of

CASE, READ, JOINED, OPENED = "desk.case.reported", "desk.meter.read", "desk.member.joined", "tracker.balance.opened"
PHONE, MAIL = {"channel": "phone"}, {"channel": "mail"}
KEY = f"--key={verifier_key('small/ledger', SIGNER.public)}"
SEED = 20200101
PROVED = [
    *("snapshot.json", "seal.json", "seal.sig", "definitions.json", "headers.ndjson", "events.ndjson"),
    *("checkpoints.ndjson", "key.txt", "sources.json", "manifest.json"),
    *("revisions/1.snapshot.json", "revisions/1.seal.json", "revisions/1.seal.sig"),
]
"""What the proof rests on: a change of any byte shows, whatever else a forger without the key makes fit."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Members:
    """The files of a sound pack, of a year in its second revision at size 12."""
    file = tmp_path_factory.mktemp("bad") / "tracker.db"
    file.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{file}")
    try:
        house = House.build(database, small_catalogue())
        house.record(
            house.event(OPENED, {"metric": "desk.stock", "quantity": 3, "by": PHONE}, time="2018-12-31T12:00:00Z"),
            *(house.event(CASE, PHONE | {"loss": {"amount": f"{n}.50", "currency": "CNY"}}) for n in range(4)),
            house.event("tracker.period.nothing_to_report", {"domain": "desk", "period": "2020-03"}),
            house.event(READ, PHONE | {"quantity": "2.50", "weight": 2}, subject="m"),
            house.event(JOINED, PHONE | {"heads": 2}, subject="p", time="2019-05-04T12:00:00Z", source="/other"),
        )
        corrected = house.correct(1, 1, MAIL)
        house.correct(1, corrected.seq, MAIL | {"loss": {"amount": "8.00", "currency": "CNY"}})
        house.void(2, 2)
        frozen(database, house.ledger, 2020)
        house.record(house.event(CASE, MAIL))
        frozen(database, house.ledger, 2020, reason="one came late")
        return opened(pack_of(house, 2020))
    finally:
        database.close()


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., Checked]:
    """Checks the bytes of a pack."""
    return lambda pack, *arguments: check_bytes(pack, tmp_path / "pack.zip", *arguments)


def wrong(found: Checked) -> str:
    """What is said to be wrong; it must be one sentence with status 1."""
    assert found.status == 1, found.lines
    assert found.last.startswith("WRONG        ")
    assert "Traceback" not in found.last
    return found.last.removeprefix("WRONG        ")


def flipped(content: bytes, at: int, bit: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


def sample(content: bytes, count: int) -> Iterator[tuple[int, int]]:
    """Places in a file, and a bit in each, the same ones every time; every place where there are not more."""
    lot = random.Random(SEED)
    places = range(len(content)) if len(content) <= count else sorted(lot.sample(range(len(content)), count))
    return ((at, lot.randrange(8)) for at in places)


def test_the_pack_that_is_tampered_with_here_is_sound(sound: Members, checked: Callable[..., Checked]) -> None:
    assert checked(packed(sound), KEY).status == 0
    assert packed(listed(sound)) == packed(sound)
    assert checked(packed(resigned(sound)), KEY).status == 0
    assert checked(packed(resigned(alone(sound))), KEY).status == 0


def test_any_changed_byte_of_the_file_is_found(sound: Members, checked: Callable[..., Checked]) -> None:
    pack = packed(sound)
    for at, bit in sample(pack, 400):
        wrong(checked(flipped(pack, at, bit)))


def test_any_changed_byte_of_an_event_is_found_and_where(sound: Members, checked: Callable[..., Checked]) -> None:
    """By who changes the event alone, who makes the manifest fit, and who makes the header fit as well."""
    content = sound["events.ndjson"]
    needed = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    for at, bit in sample(content, 150):
        line = content.count(b"\n", 0, at)
        changed = flipped(content, at, bit)
        alone = wrong(checked(packed(sound | {"events.ndjson": changed})))
        assert alone.startswith("events.ndjson does not have the size and SHA-256 that manifest.json lists")
        said = wrong(checked(forged(sound, events_ndjson=changed)))
        assert said.startswith(f"events.ndjson, line {line + 1} (seq {needed[line]}) is not the event that the header")
        if len(lines_of(changed)) == len(needed):
            rootless = wrong(checked(packed(listed(reheaded(sound, lines_of(changed), needed)))))
            first = "revision 1" if line < 10 else "revision 2"
            assert rootless.startswith(f"{first} the root of the first {11 if line < 10 else 12} events is ")


@pytest.mark.full
def test_every_byte_of_every_event_counts(sound: Members, checked: Callable[..., Checked]) -> None:
    content = sound["events.ndjson"]
    for at in range(len(content)):
        wrong(checked(forged(sound, events_ndjson=flipped(content, at, at % 8))))


@pytest.mark.parametrize("name", PROVED)
def test_any_changed_byte_of_what_the_proof_rests_on_is_found(
    sound: Members, checked: Callable[..., Checked], name: str
) -> None:
    for at, bit in sample(sound[name], 60):
        members = sound | {name: flipped(sound[name], at, bit)}
        wrong(checked(packed(members if name == "manifest.json" else listed(members))))


def test_a_changed_figure_is_found_in_every_file_that_states_it(
    sound: Members, checked: Callable[..., Checked]
) -> None:
    body = json.loads(sound["snapshot.json"])
    place = next(n for n, each in enumerate(body["figures"]) if each["metric"] == "desk.cases")
    assert body["figures"][place]["value"] == "4"
    for name in ("figures.json", "figures.csv"):
        before, after = (
            (b"desk.cases,desk,2020,,4,", b"desk.cases,desk,2020,,5,")
            if name.endswith("csv")
            else (
                b'"unit":"case","unit_words":{"en":["case","cases"],"zh-Hant":["\xe8\xb5\xb7"]},"value":"4"',
                b'"unit":"case","unit_words":{"en":["case","cases"],"zh-Hant":["\xe8\xb5\xb7"]},"value":"5"',
            )
        )
        assert sound[name].count(before) >= 1
        said = wrong(checked(packed(listed(sound | {name: sound[name].replace(before, after)}))))
        assert said.startswith(name)
        assert "desk." in said
    body["figures"][place]["value"] = "5"
    for signer in (SIGNER, FORGER):
        members = alone(sound, figures=body["figures"])
        said = wrong(checked(packed(resigned(members, signer))))
        assert said == "snapshot.json, figure desk.cases states 5 for the year, but 4 is right."


@pytest.mark.parametrize("name", ["figures.json", "figures.csv"])
def test_no_changed_byte_of_an_export_does_harm(sound: Members, checked: Callable[..., Checked], name: str) -> None:
    """Its words are not proved, so a change of these alone is no fault; any other is told."""
    for at, bit in sample(sound[name], 100):
        found = checked(packed(listed(sound | {name: flipped(sound[name], at, bit)})))
        assert found.status == 0 or wrong(found).startswith(name)
    for content in (b"", b"\x00", b'"' * 1000, b"," * 3_000_000, sound[name][: len(sound[name]) // 2], sound[name] * 2):
        assert wrong(checked(packed(listed(sound | {name: content})))).startswith(name)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("organisation", [None, [], "x" * 100_000]),
        ("revision", [None, 0, -1, "1", [], 10**15]),
        ("log_size", [None, -1, "12", 13, []]),
        ("figures", [None, [], {}, [1], [{"metric": "desk.cases"}]]),
        ("sources", [None, {}, [1]]),
        ("root", [None, "00", 5]),
        ("year", [None, "2020", 2019]),
        ("previous", ["00"]),
        ("restatement", [{}]),
    ],
)
def test_snapshots_signed_by_a_forger_do_no_harm(
    sound: Members, checked: Callable[..., Checked], name: str, values: list[object]
) -> None:
    for value in values:
        body = {name: value}
        members = alone(sound)
        seal = json.loads(members["seal.json"])
        members["seal.json"] = canonical(seal | (body if name in seal else {})).encode()
        members = resigned(members, FORGER, **body)
        wrong(checked(packed(listed(members, **(body if name in json.loads(members["manifest.json"]) else {})))))


def alone(sound: Members, **body: object) -> Members:
    """The pack as if this revision were the first."""
    members = {name: content for name, content in sound.items() if not name.startswith("revisions/")}
    said = json.loads(sound["snapshot.json"]) | {"revision": 1, "previous": None, "restatement": None} | body
    seal = json.loads(sound["seal.json"]) | {"revision": 1}
    members["snapshot.json"], members["seal.json"] = canonical(said).encode(), canonical(seal).encode()
    manifest = json.loads(sound["manifest.json"]) | {"revision": 1}
    return members | {
        "manifest.json": canonical(manifest).encode(),
        "figures.json": sound["figures.json"].replace(b'"revision":2', b'"revision":1'),
    }


def test_dropped_added_and_moved_events_are_found(sound: Members, checked: Callable[..., Checked]) -> None:
    lines = lines_of(sound["events.ndjson"])
    for changed, where in (
        (lines[:3] + lines[4:], "events.ndjson, line 4 (seq 3) is not the event"),
        (lines[:-1], "events.ndjson, line 0 (seq 11) is not the event"),
        ([*lines, lines[3]], "events.ndjson, line 12 is no event on which a figure may rest."),
        ([*lines[:2], lines[1], *lines[2:]], "events.ndjson, line 3 (seq 2) is not the event"),
        ([*lines[:3], lines[4], lines[3], *lines[5:]], "events.ndjson, line 4 (seq 3) is not the event"),
        ([], "events.ndjson, line 0 (seq 0) is not the event"),
    ):
        assert wrong(checked(forged(sound, events_ndjson=joined(changed)))).startswith(where)
    assert "cut off" in wrong(checked(forged(sound, events_ndjson=sound["events.ndjson"][:-1])))


def test_dropped_added_and_moved_headers_are_found(sound: Members, checked: Callable[..., Checked]) -> None:
    lines = lines_of(sound["headers.ndjson"])
    other = canonical(json.loads(lines[3]) | {"seq": 12}).encode()
    for changed, where in (
        (lines[:3] + lines[4:], "headers.ndjson, line 4 (seq 3) says seq 4 where 3 should be"),
        (lines[:-1], "headers.ndjson has 11 headers, but the snapshot is of 12 events."),
        ([*lines, other], "headers.ndjson, line 13 goes beyond the 12 events of the snapshot."),
        ([*lines[:3], lines[4], lines[3], *lines[5:]], "headers.ndjson, line 4 (seq 3) says seq 4 where 3 should be"),
    ):
        assert wrong(checked(forged(sound, headers_ndjson=joined(changed)))).startswith(where)


def test_a_foreign_key_is_found_by_who_knows_the_right_one(sound: Members, checked: Callable[..., Checked]) -> None:
    pack = packed(resigned(alone(sound), FORGER))
    assert checked(pack).status == 0  # it says that the key is to be compared
    assert wrong(checked(pack, KEY)).startswith("key.txt is another key than you gave: small/ledger+")
    damaged = checked(packed(sound), "--key=small/ledger+00000000+AAAA")
    assert damaged.status == 2
    assert damaged.last.startswith("WRONG        --key is no key, or a damaged one")


def test_a_seal_of_another_key_revision_or_person_is_found(sound: Members, checked: Callable[..., Checked]) -> None:
    swapped = {name: sound[f"revisions/1.{name}"] for name in ("seal.json", "seal.sig")}
    assert "but it is" in wrong(checked(packed(listed(sound | swapped))))
    foreign = resigned(alone(sound), FORGER)
    taken = {name: foreign[name] for name in ("seal.json", "seal.sig")}
    assert wrong(checked(packed(listed(sound | taken)))).startswith("seal.json is not signed by the key small/ledger+")
    one = json.loads(sound["seal.json"])
    one["approvals"][1]["by"] = one["approvals"][0]["by"]
    same = resigned(alone(sound | {"seal.json": canonical(one).encode()}))
    assert wrong(checked(packed(same))).startswith("seal.json does not name two different people")


def test_a_checkpoint_of_another_log_or_size_is_found(
    sound: Members, checked: Callable[..., Checked], tmp_path: Path
) -> None:
    root = hashlib.sha256(b"another root").digest()
    ours = json.loads(lines_of(sound["checkpoints.ndjson"])[0])["note"]
    kept = tmp_path / "kept.txt"
    for note, said in (
        (SIGNER.note(text_of(Statement("other/ledger", 5, root)), "other/ledger"), "is a checkpoint of another log"),
        (FORGER.note(text_of(Statement("small/ledger", 5, root)), "small/ledger"), "is not signed by the key"),
        (SIGNER.note(text_of(Statement("small/ledger", 5, root)), "small/ledger"), "the root of the first 5 events is"),
        (ours.replace("\n11\n", "\n10\n"), "is not signed by the key"),
        ("not a note at all", "is no signed checkpoint"),
        ("", "is no signed checkpoint"),
        ("\ud800"[:0] + "\x00\n\n\n", "is no signed checkpoint"),
    ):
        kept.write_text(note, "utf-8")
        assert said in wrong(checked(packed(sound), f"--checkpoint={kept}"))
    kept.write_bytes(b"\xff\xfe\x00")
    assert "is no signed checkpoint" in wrong(checked(packed(sound), f"--checkpoint={kept}"))
    lines = lines_of(sound["checkpoints.ndjson"])
    lying = canonical(json.loads(lines[0]) | {"size": 10}).encode()
    for changed in ([lying, *lines[1:]], lines[::-1], lines[:-1], [*lines, lines[-1]], []):
        assert "checkpoints.ndjson" in wrong(checked(forged(sound, checkpoints_ndjson=joined(changed))))


def test_a_rewritten_log_is_found_by_a_checkpoint_kept_outside_alone(
    sound: Members, checked: Callable[..., Checked], tmp_path: Path
) -> None:
    """The blind spot: who has the key writes whatever history they like, and signs it."""
    kept = tmp_path / "kept.txt"
    kept.write_text(json.loads(lines_of(sound["checkpoints.ndjson"])[0])["note"], "utf-8")
    lines = lines_of(sound["headers.ndjson"])
    actor = json.loads(lines[2]) | {"actor": "person:mallory"}
    lines[2] = canonical(actor).encode()
    pack = packed(resigned(alone(sound | {"headers.ndjson": joined(lines)})))
    assert checked(pack, KEY).status == 0
    assert "the root of the first 11 events is" in wrong(checked(pack, KEY, f"--checkpoint={kept}"))


def test_definitions_that_were_not_signed_are_found(sound: Members, checked: Callable[..., Checked]) -> None:
    said = json.loads(sound["definitions.json"])
    said["metrics"][0]["rounding"] = "up"
    assert wrong(checked(forged(sound, definitions_json=canonical(said).encode()))) == (
        "definitions.json is not what was signed with the snapshot."
    )


def test_definitions_signed_by_a_forger_do_no_harm(sound: Members, checked: Callable[..., Checked]) -> None:
    """Circles, names of nothing, numbers beyond measure: each is a sentence, soon."""
    growth = next(each["id"] for each in json.loads(sound["definitions.json"])["metrics"] if each["measure"] == "total")
    for change in (
        lambda said: said["metrics"][0].update(measure="median"),
        lambda said: said["metrics"][0].update(places=10**15),
        lambda said: said["metrics"][0].update(places=-1),
        lambda said: said["metrics"][0].update(factor="1e999999999"),
        lambda said: said["metrics"][0].pop("where"),
        lambda said: said["metrics"][0].update(where=[1]),
        lambda said: said["metrics"][0].update(id=["desk"]),
        lambda said: next(each for each in said["metrics"] if each["id"] == growth).update(of=[growth]),
        lambda said: next(each for each in said["metrics"] if each["id"] == growth).update(of=["nothing"]),
        lambda said: said.update(months=["2020-13"]),
        lambda said: said.update(periods=[]),
        lambda said: said.update(periods={"id": 1}),
        lambda said: said.update(metrics=[]),
        lambda said: said.update(events=[]),
        lambda said: said.update(builtin={}),
        lambda said: said.update(year=2019),
    ):
        said = json.loads(sound["definitions.json"])
        change(said)  # type: ignore[no-untyped-call]
        text = canonical(said).encode()
        digest = hashlib.sha256(text).hexdigest()
        wrong(checked(packed(resigned(alone(sound | {"definitions.json": text}, definitions=digest)))))


@pytest.mark.parametrize("name", ["snapshot.json", "definitions.json", "seal.json", "manifest.json", "sources.json"])
@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{" + b'"a":[' + b"[]," * 3_000_000 + b"[]]}",
        b'{"year":NaN}',
        b'{"year":Infinity}',
        b'{"year":1e999999999}',
        b'{"year":1.5}',
        b'{"year":' + b"9" * 1_000_000 + b"}",
        b'{"year":2020,"year":2020}',
        b'{"year": 2020}',
        b'{"year":"\xff\xfe"}',
        b'{"year":"\\ud800"}',
        b'\xef\xbb\xbf{"year":2020}',
        b'{"year":2020}\x00',
        b"null",
        b"",
    ],
    ids=lambda text: f"{text[:12]!r}+{len(text)}",
)
def test_no_json_of_whatever_kind_does_harm(
    sound: Members, checked: Callable[..., Checked], name: str, text: bytes
) -> None:
    """Signed by a forger, so that it is looked at."""
    members = alone(sound) | {name: text}
    if name == "seal.json":
        wrong(checked(packed(listed(sound | {name: text}))))
    elif name == "manifest.json":
        wrong(checked(packed(members)))
    elif name == "definitions.json":
        members = alone(sound | {name: text}, definitions=hashlib.sha256(text).hexdigest())
        wrong(checked(packed(resigned(members, FORGER))))
    else:
        wrong(checked(packed(listed(members))))


@pytest.mark.parametrize(
    "header",
    [
        {"seq": "3"},
        {"seq": True},
        {"day": "2020-05-4"},
        {"day": "2020-99-99"},
        {"day": "2020-06-04"},
        {"time": "2020-05-04"},
        {"content": "00"},
        {"entity": 5},
        {"subject": ["a"]},
        {"replaces": 2},
        {"replaces": -1, "type": "tracker.event.voided"},
        {"replaces": 3, "type": "tracker.event.voided"},
        {"replaces": True, "type": "tracker.event.voided"},
        {"replaces": None, "type": "tracker.event.voided"},
        {"type": ["desk"]},
        {"more": 1},
        {"source": "/someone"},
        {"type": "desk.meter.read"},
    ],
    ids=str,
)
def test_headers_that_cannot_be_are_found_even_if_the_key_signed_them(
    sound: Members, checked: Callable[..., Checked], header: dict[str, object]
) -> None:
    lines = lines_of(sound["headers.ndjson"])
    lines[3] = canonical(json.loads(lines[3]) | header).encode()
    said = wrong(checked(packed(resigned(alone(sound | {"headers.ndjson": joined(lines)})))))
    assert "(seq 3)" in said or "headers" in said or "sources.json" in said


@pytest.mark.parametrize(
    "data",
    [
        {"channel": "phone", "loss": {"amount": "1e999999999", "currency": "CNY"}},
        {"channel": "phone", "loss": {"amount": "1_0", "currency": "CNY"}},
        {"channel": "phone", "loss": {"amount": "9" * 1_000_000, "currency": "CNY"}},
        {"channel": "phone", "loss": {"currency": "CNY"}},
        {"channel": "phone", "loss": True},
        {"channel": "phone", "loss": ["1"]},
        {"channel": {"commitment": "00"}},
        {"channel": ["phone"], "places": {"a": 1}},
        {"channel": "phone", "places": [{"a": 1}, None]},
        [],
        "phone",
        None,
    ],
    ids=lambda data: str(data)[:40],
)
def test_events_that_cannot_be_do_no_harm_even_if_the_key_signed_them(
    sound: Members, checked: Callable[..., Checked], data: object
) -> None:
    lines = lines_of(sound["events.ndjson"])
    lines[3] = canonical(json.loads(lines[3]) | {"data": data}).encode()
    seqs = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    wrong(checked(packed(resigned(alone(reheaded(sound, lines, seqs))))))


def test_a_zip_cut_off_anywhere_is_found(sound: Members, checked: Callable[..., Checked]) -> None:
    pack = packed(sound)
    lot = random.Random(SEED)
    for size in [0, 1, 3, 4, 21, 22, 30, len(pack) - 1, len(pack) - 22, *lot.sample(range(len(pack)), 50)]:
        assert wrong(checked(pack[:size]))
    for added in (pack + b"\x00", b"\x00" + pack, pack + pack):
        assert wrong(checked(added))


def zipped(members: Members, method: int = zipfile.ZIP_STORED, **more: bytes) -> bytes:
    """A ZIP that Python writes, of other fields than packs have."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def test_zips_of_another_kind_are_refused(sound: Members, checked: Callable[..., Checked]) -> None:
    assert "README.txt is compressed or encrypted" in wrong(checked(zipped(sound, zipfile.ZIP_DEFLATED)))
    assert "README.txt has a date or other fields" in wrong(checked(zipped(sound)))
    pack = packed(sound)
    encrypted = pack[:6] + b"\x01" + pack[7:]
    assert "README.txt is compressed or encrypted" in wrong(checked(encrypted))


def test_a_bomb_is_not_lit(sound: Members, checked: Callable[..., Checked]) -> None:
    bomb = zipped({"README.txt": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    assert wrong(checked(bomb)) == "README.txt is compressed or encrypted; members of a pack are stored as they are."


def test_a_member_that_claims_ten_gigabytes_is_refused(sound: Members, checked: Callable[..., Checked]) -> None:
    pack = packed(sound)
    claimed = pack[:18] + struct.pack("<2L", 4_000_000_000, 4_000_000_000) + pack[26:]
    assert "README.txt claims to have 4000000000 bytes" in wrong(checked(claimed))
    ten = struct.pack("<2H2Q", 1, 16, 10 << 30, 10 << 30)
    large = pack[:18] + struct.pack("<2L", 0xFFFFFFFF, 0xFFFFFFFF) + pack[26:28] + struct.pack("<H", len(ten))
    large += pack[30:40] + ten + pack[40:]
    assert "README.txt claims to have 4294967295 bytes" in wrong(checked(large))


def test_overlapping_members_are_refused(sound: Members, checked: Callable[..., Checked]) -> None:
    """As in bombs that tell of one stretch of bytes many times: a directory that does not follow from the members."""
    pack = packed({"README.txt": b"x" * 100})
    start = pack.index(b"PK\x01\x02")
    entry, end = pack[start:-22], pack[-22:]
    again = pack[:start] + entry * 3 + end[:8] + struct.pack("<2HL", 3, 3, 3 * len(entry)) + end[16:]
    assert "with the directory of its members" in wrong(checked(again))


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/evil.txt",
        "a/../../evil.txt",
        "evil\\..\\x.txt",
        "dir/",
        "C:evil.txt",
        "README.txt",
        "惡.txt",
    ],
)
def test_names_that_no_pack_has_are_refused(sound: Members, checked: Callable[..., Checked], name: str) -> None:
    content = b"out of the folder"
    pack = packed(sound | {"EVIL": content})
    raw = name.encode()
    old = b"EVIL"
    head = pack.rindex(old + content)
    length = struct.pack("<H", len(raw))
    changed = pack[: head - 4] + length + pack[head - 2 : head] + raw + pack[head + 4 :]
    assert "twice, or of a name that no file of a pack has" in wrong(checked(changed))


def test_a_link_is_refused(sound: Members, checked: Callable[..., Checked], tmp_path: Path) -> None:
    pack = packed(sound)
    mode = struct.pack("<L", 0o100644 << 16)
    linked = pack[: pack.rindex(mode)] + struct.pack("<L", 0o120777 << 16) + pack[pack.rindex(mode) + 4 :]
    assert "has a link or another name there" in wrong(checked(linked))
    folder = tmp_path / "folder"
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        archive.extractall(folder)
    (folder / "snapshot.json").rename(tmp_path / "elsewhere.json")
    (folder / "snapshot.json").symlink_to(tmp_path / "elsewhere.json")
    assert wrong(check(folder)) == "snapshot.json is a link; a pack has plain files only."


def test_files_that_are_missing_or_too_many_are_named(
    sound: Members, checked: Callable[..., Checked], tmp_path: Path
) -> None:
    for name in sound:
        rest = {each: content for each, content in sound.items() if each != name}
        assert name in wrong(checked(packed(rest)))
        if name not in ("manifest.json", "README.txt", "verify.py", "datapackage.json"):
            assert name in wrong(checked(packed(listed(rest))))
    more = sound | {"more.txt": b"more"}
    assert wrong(checked(packed(more))) == "more.txt is in the pack, but not listed in manifest.json."
    many = {f"{n}.txt": b"" for n in range(2000)}
    wrong(checked(packed(sound | many)))
    (tmp_path / "empty").mkdir()
    assert wrong(check(tmp_path / "empty")) == "manifest.json is missing from the pack."


def test_a_very_long_line_is_not_read_to_its_end(sound: Members, checked: Callable[..., Checked]) -> None:
    long = b'{"a":"' + b"x" * (6 << 20) + b'"}\n'
    for name in ("headers.ndjson", "events.ndjson", "checkpoints.ndjson"):
        assert f"{name} has a line of more than 4194304 bytes." in wrong(checked(packed(listed(sound | {name: long}))))


def test_what_a_pack_says_cannot_steer_a_terminal(sound: Members, checked: Callable[..., Checked]) -> None:
    members = listed(sound, origin="\x1b[2J\u202egnp")
    said = wrong(checked(packed(members)))
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_value_before_that_is_no_number_does_no_harm(sound: Members, checked: Callable[..., Checked]) -> None:
    first = json.loads(sound["revisions/1.snapshot.json"])
    next(each for each in first["figures"] if each["metric"] == "desk.cases")["value"] = "1E+999999999"
    text = canonical({name: value for name, value in first.items() if name != "root"}).encode()
    members = {name: content for name, content in sound.items() if not name.startswith("revisions/1.seal")}
    members |= {"revisions/1.snapshot.json": text}
    said = wrong(checked(packed(resigned(members, previous=hashlib.sha256(text).hexdigest()))))
    assert "a value that is no number" in said


def test_a_restatement_that_says_other_than_what_changed_is_found(
    sound: Members, checked: Callable[..., Checked]
) -> None:
    body = json.loads(sound["snapshot.json"])
    for change in ({"changes": body["restatement"]["changes"][1:]}, {"reason": ""}, {"events": [3]}, {"events": [12]}):
        members = resigned(sound, restatement=body["restatement"] | change)
        assert "revision before" in wrong(checked(packed(members)))
    assert "is not the one that revision 2 says it follows" in wrong(
        checked(packed(listed(resigned(sound, previous="00" * 32))))
    )


def test_a_revision_from_before_there_were_seals_is_held_by_the_one_after_it(
    sound: Members, checked: Callable[..., Checked]
) -> None:
    first = json.loads(sound["revisions/1.snapshot.json"])
    old = {name: first[name] for name in ("organisation", "year", "revision", "log_size", "catalogue", "figures")}
    text = canonical(old).encode()
    members = {name: content for name, content in sound.items() if not name.startswith("revisions/1.seal")}
    members |= {"revisions/1.snapshot.json": text}
    assert checked(packed(resigned(members, previous=hashlib.sha256(text).hexdigest())), KEY).status == 0
    assert "is not the one that revision 2 says it follows" in wrong(checked(packed(listed(members))))
