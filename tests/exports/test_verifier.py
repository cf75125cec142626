"""The verifier, which shares no code with what it checks, confirms every pack that is sound."""

from __future__ import annotations

import ast
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exports.packs import SOUND, check, check_bytes, lines_of, opened, pack_of
from tests.freezing import SIGNER, frozen
from tests.house import Fresh, House, small_catalogue
from tests.tallies.histories import live_through
from tracker import canonical
from tracker.access.notes import verifier_key
from tracker.cli.verifying import verify_command
from tracker.db import Database
from tracker.errors import Conflict
from tracker.exports import verifier
from tracker.exports.leaves import grounds
from tracker.exports.sampling import draw
from tracker.ledger import checkpoints
from tracker.snapshots.figures import printable, rounded
from tracker.snapshots.reading import get
from tracker.tallies.behind import facts_behind

CASE, READ, JOINED, OPENED = "desk.case.reported", "desk.meter.read", "desk.member.joined", "tracker.balance.opened"
PHONE = {"channel": "phone"}
KEY = verifier_key("small/ledger", SIGNER.public)


@pytest.fixture
def lived(house: House) -> House:
    """Events of three years, amended, of which 2020 is frozen at size 8."""
    house.record(
        house.event(OPENED, {"metric": "desk.stock", "quantity": 3, "by": PHONE}, time="2018-12-31T12:00:00Z"),
        house.event(CASE, PHONE | {"narrative": "what happened"}, subject="案件-1"),
        house.event(JOINED, PHONE | {"heads": 2}, subject="p", time="2019-05-04T12:00:00Z", source="/other"),
        house.event("tracker.period.nothing_to_report", {"domain": "desk", "period": "2020-03"}),
        house.event(READ, PHONE | {"quantity": "2.50"}, subject="m", time="2021-01-20T12:00:00Z"),
    )
    corrected = house.correct(1, 1, {"channel": "mail", "narrative": "something else"}, subject="案件-1")
    house.void(1, corrected.seq)
    house.correct(2, 2, PHONE | {"heads": 5}, subject="p")
    frozen(house.database, house.ledger, 2020)
    return house


def restated(house: House) -> House:
    house.record(house.event(CASE, PHONE), house.event(READ, PHONE | {"quantity": "7.25"}, subject="m"))
    frozen(house.database, house.ledger, 2020, reason="two came late")
    return house


def note_of(house: House, size: int) -> str:
    with house.database.read() as session:
        found = checkpoints.covering(session, size)
    assert found is not None
    assert found.size == size
    return found.note


def values_in(house: House) -> int:
    with house.database.read() as session:
        figures = get(session, 2020).body["figures"]
    return sum(1 + len(each["breakdown"]) + len(each["months"]) for each in figures)


def test_each_check_is_a_line_with_its_counts(lived: House, tmp_path: Path) -> None:
    with lived.database.read() as session:
        snapshot = get(session, 2020)
    found = check_bytes(pack_of(lived, 2020), tmp_path / "pack.zip", f"--key={KEY}")
    metrics = len(lived.catalogue.metrics)
    assert found == (
        0,
        [
            "files        14 files, each as manifest.json lists it",
            f"key          {KEY} (as you gave it)",
            f"seal         small 2020, revision 1, signed by person:preparer and approved by person:approver: "
            f"{snapshot.digest}",
            "revisions    0 before this one",
            f"definitions  {metrics} metrics, as they were signed",
            f"headers      all 8 events; their tree has the signed root {snapshot.body['root']}",
            "checkpoints  1 in the pack and 0 that you gave are of this log",
            "sources      2 sources, with as many events as is stated",
            "events       7 on which a figure may rest; each is here, as its header says",
            f"figures      {metrics}, in all {values_in(lived)} values with breakdowns and months: all follow from the "
            "events",
            "exports      figures.json and figures.csv state the same",
            SOUND,
        ],
    )


def test_without_a_key_it_says_that_the_key_is_to_be_compared(lived: House, tmp_path: Path) -> None:
    found = check_bytes(pack_of(lived, 2020), tmp_path / "pack.zip")
    assert found.lines[1] == f"key          {KEY} (compare it with the one published elsewhere)"
    assert found.last == f"{SOUND} Whose key it is, a pack cannot show: see --key."


def test_an_unpacked_pack_is_checked_too_and_what_lies_beside_it_is_left_alone(lived: House, tmp_path: Path) -> None:
    restated(lived)
    (tmp_path / "pack.zip").write_bytes(pack_of(lived, 2020))
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        archive.extractall(tmp_path / "folder")
    (tmp_path / "folder" / "my notes.txt").write_text("compared with the annual report", "utf-8")
    (tmp_path / "folder" / "notes.txt").write_text("compared with the annual report", "utf-8")
    assert check(tmp_path / "folder") == check(tmp_path / "pack.zip")
    assert check(tmp_path / "folder").status == 0


def test_a_restated_year_is_checked_with_the_revisions_before_it_and_what_changed(lived: House, tmp_path: Path) -> None:
    restated(lived)
    with lived.database.read() as session:
        changes = get(session, 2020).body["restatement"]["changes"]
    found = check_bytes(pack_of(lived, 2020), tmp_path / "pack.zip")
    assert found.status == 0
    assert "revisions    1 before this one" in found.lines
    assert "checkpoints  2 in the pack and 0 that you gave are of this log" in found.lines
    assert f"restatement  {len(changes)} values differ from the revision before, as is stated" in found.lines
    assert check_bytes(pack_of(lived, 2020, 1), tmp_path / "pack.zip").status == 0


def test_checkpoints_kept_outside_are_compared_at_their_own_size(lived: House, tmp_path: Path) -> None:
    small, large = tmp_path / "small.txt", tmp_path / "large.txt"
    small.write_text(note_of(lived, 8), "utf-8")
    restated(lived)
    large.write_text(note_of(lived, 10), "utf-8")
    both = (f"--checkpoint={small}", f"--checkpoint={large}")
    later = check_bytes(pack_of(lived, 2020), tmp_path / "2.zip", *both)
    assert later.status == 0
    assert "checkpoints  2 in the pack and 2 that you gave are of this log" in later.lines
    earlier = check_bytes(pack_of(lived, 2020, 1), tmp_path / "1.zip", *both)
    assert earlier.status == 0
    assert "checkpoints  1 in the pack and 1 that you gave are of this log" in earlier.lines
    assert f"NOT CHECKED  {large} is of size 10, but the pack of 8: ask for a later pack" in earlier.lines


def test_a_year_without_events_has_a_sound_pack(house: House, tmp_path: Path) -> None:
    frozen(house.database, house.ledger, 2020)
    assert check_bytes(pack_of(house, 2020), tmp_path / "pack.zip").status == 0


def test_scripts_get_one_document(lived: House, tmp_path: Path) -> None:
    arguments = ("--json", "--sample=desk.members", "--seed=7", "--count=5")
    found = check_bytes(pack_of(lived, 2020), tmp_path / "pack.zip", *arguments)
    document = json.loads("\n".join(found.lines))
    with lived.database.read() as session:
        figures = get(session, 2020).body["figures"]
    assert (document["holds"], document["wrong"]) == (True, None)
    assert [each["check"] for each in document["checks"]][:3] == ["files", "key", "seal"]
    assert document["figures"] == [{"metric": each["metric"], "value": each["value"]} for each in figures]
    headers = lines_of(opened(pack_of(lived, 2020))["headers.ndjson"])
    event = json.loads(headers[2])
    assert document["sample"] == {
        "seed": "7",
        "population": 1,
        "events": [
            {"seq": 2, "source": "/other", "id": event["id"], "type": JOINED}
            | {"time": json.loads(headers[7])["time"], "version": 7, "leaf": verifier.leaf_of(headers[7]).hex()}
        ],
    }
    broken = check_bytes(pack_of(lived, 2020)[:-1], tmp_path / "pack.zip", "--json")
    assert broken.status == 1
    assert json.loads("\n".join(broken.lines))["wrong"]["where"] == "ZIP"


def test_figures_are_listed_where_asked_for(lived: House, tmp_path: Path) -> None:
    found = check_bytes(pack_of(lived, 2020), tmp_path / "pack.zip", "--figures")
    with lived.database.read() as session:
        figures = {each["metric"]: each["value"] or "-" for each in get(session, 2020).body["figures"]}
    assert dict(line.split() for line in found.lines[11:-1]) == figures


def test_the_command_line_of_the_tracker_says_the_same(lived: House, tmp_path: Path) -> None:
    file, kept = tmp_path / "pack.zip", tmp_path / "kept.txt"
    kept.write_text(note_of(lived, 8), "utf-8")
    arguments = (f"--key={KEY}", f"--checkpoint={kept}")
    expected = check_bytes(pack_of(lived, 2020), file, *arguments)
    ended = CliRunner().invoke(verify_command, [*arguments, str(file)])
    assert (ended.exit_code, ended.output.splitlines()) == expected
    file.write_bytes(file.read_bytes()[:-1])
    ended = CliRunner().invoke(verify_command, [*arguments, str(file)])
    assert (ended.exit_code, ended.output.splitlines()) == check(file)
    assert ended.exit_code == 1


def test_used_wrong_it_says_so_with_status_2(lived: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = check(tmp_path / "nowhere.zip")
    assert missing.status == 2
    assert missing.last.startswith("This cannot be read: [Errno 2]")
    assert check_bytes(pack_of(lived, 2020), tmp_path / "pack.zip", "--checkpoint=nowhere").status == 2
    with pytest.raises(SystemExit) as ended:
        verifier.main(["--sample", "desk.cases", str(tmp_path / "pack.zip")])
    assert ended.value.code == 2
    assert "a sample needs a --seed" in capsys.readouterr().err


def agree_on_a_sample(house: House, pack: Path, year: int, id: str) -> None:
    """Verifier and tracker draw the same of the events behind a figure."""
    found = check(pack, "--json", f"--sample={id}", "--seed=dice: 4 1 6", "--count=2")
    sample = json.loads("\n".join(found.lines))["sample"]
    with house.database.read() as session:
        size = get(session, year).log_size
        catalogue = house.catalogue
        behind = facts_behind(session, catalogue, catalogue.metrics[id], catalogue.calendar.year(year), size=size)
        expected = draw(grounds(session, behind, size), "dice: 4 1 6", 2)
    drawn = [(each["seq"], each["version"], each["leaf"]) for each in sample["events"]]
    assert drawn == [(each.fact.seq, each.version, each.leaf.hex()) for each in expected.drawn], id
    assert sample["population"] == expected.population, id


def test_it_draws_the_same_samples_of_every_figure_as_the_tracker(lived: House, tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(pack_of(lived, 2020))
    for id in lived.catalogue.metrics:
        agree_on_a_sample(lived, tmp_path / "pack.zip", 2020, id)


often = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def fresh(drawn: Callable[[Callable[[Database], House]], Fresh]) -> Fresh:
    """A house on a database of its own for every drawn history."""
    return drawn(lambda database: House.build(database, small_catalogue()))


def _freeze_and_restate(data: st.DataObject, house: House, file: Path, steps: int) -> None:
    live_through(data.draw, house, data.draw(st.integers(1, steps)))
    year = data.draw(st.sampled_from([2019, 2020]))
    frozen(house.database, house.ledger, year)
    found = check_bytes(pack_of(house, year), file)
    assert found.status == 0, found.last
    agree_on_a_sample(house, file, year, data.draw(st.sampled_from(sorted(house.catalogue.metrics))))
    live_through(data.draw, house, data.draw(st.integers(1, steps)))
    try:
        frozen(house.database, house.ledger, year, reason="more came")
    except Conflict:
        return
    found = check_bytes(pack_of(house, year), file)
    assert found.status == 0, found.last


@often
@given(data=st.data())
def test_whatever_happened_every_figure_follows_from_the_events(
    fresh: Fresh, data: st.DataObject, tmp_path: Path
) -> None:
    with fresh() as house:
        _freeze_and_restate(data, house, tmp_path / "pack.zip", 6)


@pytest.mark.full
@settings(often, max_examples=60)
@given(data=st.data())
def test_whatever_happened_in_long_histories_every_figure_follows(
    fresh: Fresh, data: st.DataObject, tmp_path: Path
) -> None:
    with fresh() as house:
        _freeze_and_restate(data, house, tmp_path / "pack.zip", 40)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=10,
)


@given(value=VALUES)
def test_it_spells_json_as_the_tracker_does(value: Any) -> None:
    assert verifier.canonical(value) == canonical.canonical(value)


@given(
    value=st.fractions(max_denominator=2000) | st.integers(-(10**6), 10**6).map(lambda each: Fraction(each, 2000)),
    places=st.integers(0, 3),
    rounding=st.sampled_from(["half_up", "half_even", "up", "down"]),
)
def test_it_rounds_as_figures_are_rounded(value: Fraction, places: int, rounding: str) -> None:
    metric = replace(next(iter(small_catalogue().metrics.values())), places=places, rounding=rounding)
    told = verifier.rounded(metric, value)  # type: ignore[arg-type]  # it reads places and rounding alone
    assert told == printable(rounded(metric, value))


def test_it_imports_nothing_but_python_and_cryptography() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text("utf-8"), feature_version=(3, 9))
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {each for node in named for each in ([node.module] if isinstance(node, ast.ImportFrom) else _names(node))}
    assert {str(each).partition(".")[0] for each in modules} <= sys.stdlib_module_names | {"cryptography"}


def _names(node: ast.Import) -> list[str]:
    return [each.name for each in node.names]


def test_it_goes_with_every_pack_as_it_is(lived: House) -> None:
    assert opened(pack_of(lived, 2020))["verify.py"] == Path(verifier.__file__).read_bytes()
