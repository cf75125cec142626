"""Another catalogue in force: where subjects stand follows its lifecycles, from the very switch on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cases.works import JOB, config, rows
from tests.house import ALICE, House
from tracker.cases.queries import standing
from tracker.catalogue import Catalogue, load
from tracker.intake.accept import Intake
from tracker.jobs.activation import activate

Configure = Callable[..., Catalogue]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Loads the configuration of jobs and crews with changes."""

    def make(*changes: tuple[str, str]) -> Catalogue:
        file = config(tmp_path) / "domains" / "works.yaml"
        text = file.read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
        return load(tmp_path / "config")

    return make


def under(house: House, catalogue: Catalogue) -> House:
    """The house under another catalogue, which is put in force first."""
    ledger = replace(house.ledger, catalogue=catalogue)
    assert activate(house.database, ledger, ALICE)
    return House(house.database, Intake.of(ledger), house.clock, house.numbers)


def live(house: House) -> None:
    for n in range(3):
        for fact, data in (("opened", {"grade": "big"}), ("taken", {"worker": "w"}), ("dropped", {}), ("done", {})):
            house.record(house.event(f"works.job.{fact}", data, subject=f"job-{n}"))


def state_of(house: House, subject: str) -> tuple[str, int] | None:
    with house.database.read() as session:
        found = standing(session, JOB, subject)
    return None if found is None else (found.state, found.misfits)


def test_a_new_move_makes_what_did_not_fit_fit(house: House, configure: Configure) -> None:
    live(house)
    assert state_of(house, "job-1") == ("dropped", 1)
    other = under(house, configure(("job.done: {from: [doing]", "job.done: {from: [doing, dropped]")))
    assert state_of(other, "job-1") == ("done", 0)
    assert [row for row in rows(other)["misfit"] if row[1] == JOB] == []


def test_a_new_deadline_is_told_of_what_happened_before(house: House, configure: Configure) -> None:
    live(house)
    before = [row for row in rows(house)["deadline"] if row[2] == "answer"]
    other = under(house, configure(("        due: 3mo\n", "        due: 10d\n")))
    after = [row for row in rows(other)["deadline"] if row[2] == "answer"]
    assert [row[6] for row in before] == ["2020-08-04T04:00:00.000000Z"] * 3
    assert [row[6] for row in after] == ["2020-05-14T04:00:00.000000Z"] * 3


def test_a_lifecycle_that_is_gone_leaves_no_subjects(house: House, configure: Configure) -> None:
    live(house)
    crew = "  - subject: crew\n"
    text = (Path(__file__).parent / "works.yaml").read_text("utf-8")
    block = text[text.index(crew) : text.index("\nmetrics:")]
    without = under(house, configure((block, "")))
    assert {row[0] for row in rows(without)["subject_state"]} == {"works.job"}


def test_other_words_walk_nothing_again(house: House, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    live(house)
    found = rows(house)
    monkeypatch.setattr("tracker.jobs.activation.derive_all", None)
    other = under(house, configure(("en: doing}", "en: under way}"), ("en: Answer}", "en: Reply}")))
    assert rows(other) == found
