"""Lifecycles and their deadlines as the catalogue reads them, and every mistake in them with its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.works import CREW, JOB, config, works_catalogue
from tracker.catalogue import Catalogue, Deadline, Due, Span, from_documents, load
from tracker.errors import CatalogueInvalid
from tracker.settings import shipped

FILE = "domains/works.yaml"
ANSWER = """      answer:
        label: {zh-Hant: 答覆, en: Answer}
        from: job.opened
        met_by: [job.answered, job.dropped]
        due: 3mo
        warn: 7d
"""


@pytest.fixture
def works() -> Catalogue:
    """The catalogue of jobs and crews."""
    return works_catalogue()


def test_a_lifecycle_is_known_by_its_kind_and_by_its_events(works: Catalogue) -> None:
    assert sorted(works.lifecycles_by_kind) == ["desk.member", CREW, JOB]
    job, crew = works.lifecycles_by_kind[JOB], works.lifecycles_by_kind[CREW]
    assert works.lifecycles_by_event["works.job.taken"] == (job,)
    assert works.lifecycles_by_event["works.job.done"] == (job, crew)
    assert works.lifecycles_by_event["works.job.noted"] == (job,)  # says something of a job, and does not move it
    assert "works.job.noted" not in job.events
    assert "desk.case.reported" not in works.lifecycles_by_event
    assert (job.terminal, crew.terminal) == (frozenset({"dropped"}), frozenset())
    assert [move.event for move in job.moves_from("paused")] == ["works.job.taken", "works.job.dropped"]


def test_deadlines_are_declared_or_follow_from_moves(works: Catalogue) -> None:
    found = works.lifecycles_by_kind[JOB].deadlines
    by_grade = Due(field="grade", by_value={"small": Span(hours=720), "big": Span(hours=12)})
    taken, done = {"zh-Hant": "已承接", "en": "taken"}, {"zh-Hant": "已完成", "en": "done"}
    assert found == {
        "state:open": Deadline("state:open", taken, by_grade, state="open"),
        "state:doing": Deadline("state:doing", done, Due(span=Span(months=1)), state="doing"),
        "state:paused": Deadline("state:paused", taken, by_grade, state="paused"),
        "answer": Deadline(
            "answer",
            {"zh-Hant": "答覆", "en": "Answer"},
            Due(span=Span(months=3)),
            ("works.job.opened",),
            ("works.job.answered", "works.job.dropped"),
            warn=Span(hours=168),
        ),
        "permit": Deadline(
            "permit",
            {"zh-Hant": "更新許可", "en": "Renew the permit"},
            Due(date="until"),
            ("works.job.licensed",),
            ("works.job.licensed", "works.job.dropped"),
            per="permit",
        ),
    }


def test_moves_that_are_due_at_once_share_a_deadline_and_others_do_not(tmp_path: Path) -> None:
    def deadlines(*changes: tuple[str, str]) -> dict[str, tuple[str, Due]]:
        found = load(changed(tmp_path, *changes)).lifecycles_by_kind[JOB].deadlines
        return {name: (each.label["en"], each.due) for name, each in found.items() if name.startswith("state:doing")}

    month, days = Due(span=Span(months=1)), Due(span=Span(hours=240))
    paused = "job.paused: {from: [doing], to: paused"
    assert deadlines((paused, f"{paused}, due: 1mo")) == {"state:doing": ("paused / done", month)}
    assert deadlines((paused, f"{paused}, due: 10d")) == {
        "state:doing:job.paused": ("paused", days),
        "state:doing:job.done": ("done", month),
    }


def test_a_catalogue_built_again_has_the_same_lifecycles(works: Catalogue) -> None:
    assert from_documents(works.documents).lifecycles == works.lifecycles
    shipped_one = load(shipped("config"))
    assert from_documents(shipped_one.documents).lifecycles == shipped_one.lifecycles


def test_another_deadline_is_another_catalogue(tmp_path: Path, works: Catalogue) -> None:
    assert load(changed(tmp_path, ("due: 3mo", "due: 4mo"))).digest != works.digest


def test_what_the_report_promises_is_declared() -> None:
    kinds = load(shipped("config")).lifecycles_by_kind
    assert kinds["integrity.case"].deadlines["acknowledgement"].due == Due(span=Span(hours=7 * 24))
    assert kinds["integrity.case"].deadlines["feedback"].due == Due(span=Span(months=3))
    assert kinds["suppliers.supplier"].deadlines["certificate"].due == Due(date="valid_until")
    assert kinds["suppliers.supplier"].deadlines["certificate"].per == "standard"
    assert kinds["security.incident"].deadlines["state:open"].due.by_value["critical"] == Span(hours=2)
    for kind in ("content.violation", "service.complaint", "service.minor_refund"):
        assert any(each.state for each in kinds[kind].deadlines.values())


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """The configuration of jobs and crews with some text replaced, in a folder of its own."""
    made = config(folder / f"config-{len(list(folder.iterdir()))}")
    file = made / FILE
    text = file.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    return made


MISTAKES = [
    (("due: 3mo", "due: 3 months"), "deadlines.answer.due", "'3 months' is not a duration such as 7d or 12h or 3mo"),
    (("due: 3mo", "due: 0d"), "deadlines.answer.due", "is not a duration"),
    (("due: 3mo", "due: 1201mo"), "deadlines.answer.due", "is more than 1200 months"),
    (("due: 3mo", "due: 3"), "deadlines.answer.due", "is an integer; expected text or a mapping"),
    (("due: 3mo", "dew: 3mo"), "deadlines.answer.due", "is missing"),
    (("due: 3mo", "dew: 3mo"), "deadlines.answer.dew", "unknown key 'dew'; did you mean 'due'?"),
    (("warn: 7d", "warn: a week"), "deadlines.answer.warn", "is not a duration"),
    (("from: job.opened", "from: job.oponed"), "deadlines.answer.from", "did you mean 'job.opened'?"),
    (("from: job.opened", "from: []"), "deadlines.answer.from", "expected a name or a list of names"),
    (("[job.answered, job.dropped]", "[job.answerd]"), "deadlines.answer.met_by", "did you mean 'job.answered'?"),
    (("[job.answered, job.dropped]", "[]"), "deadlines.answer.met_by", "expected a name or a list of names"),
    (("      answer:", "      state:"), "deadlines.state", "the name 'state' is taken"),
    (("      answer:", "      Answer:"), "deadlines.Answer", "is not of the form lower_case"),
    (("label: {zh-Hant: 答覆, en: Answer}", "label: {en: Answer}"), "deadlines.answer.label.zh-Hant", "is missing"),
    (("{field: until}", "{field: untill}"), "deadlines.permit.due.field", "did you mean 'until'?"),
    (
        ("{field: until}", "{field: permit}"),
        "deadlines.permit.due.field",
        "a deadline needs a date",
    ),
    (("{field: until}", "{field: until, or: 7d}"), "deadlines.permit.due.or", "unknown key 'or'"),
    (("due: 3mo", "due: {field: until}"), "deadlines.answer.due.field", "unknown field of works.job.opened 'until'"),
    (("per: permit", "per: permitt"), "deadlines.permit.per", "did you mean 'permit'?"),
    (("per: permit", "per: until"), "deadlines.permit.per", "is of type 'date', which cannot tell deadlines apart"),
    (("{type: date, ", "{type: date, confidential: true, "), "deadlines.permit.due.field", "is confidential"),
    (("due: 3mo", "due: {by: grade, of: {small: 1d}}"), "deadlines.answer.due.of", "has no deadline for big"),
    (("due: 3mo", "due: {by: narrative, of: {a: 1d}}"), "deadlines.answer.due.by", "a deadline needs a choice"),
    (("due: 3mo", "due: {by: grade, of: {small: 1d, big: 1mo, huge: 2d}}"), "deadlines.answer.due.of.huge", "choice"),
    (
        ("{from: [done], to: open}", "{from: [done], to: open, due: {field: until}}"),
        "moves.job.reopened.due.by",
        "is missing",
    ),
    (
        ("to: doing}\n      job.paused", "to: doing, due: {by: worker, of: {a: 1d}}}\n      job.paused"),
        "moves.job.graded.due.by",
        "is of type 'id'; a deadline needs a choice",
    ),
    (
        ("job.reopened: {from: [done], to: open}", "job.reopened: {from: [open], to: open, due: 7d}"),
        "moves.job.reopened.due",
        "leaves its subject where it is; declare a deadline instead",
    ),
    (
        ("job.reopened: {from: [done], to: open}", "job.licensed: {from: [done], to: open, due: {by: permit, of: {}}}"),
        "moves.job.licensed.due.by",
        "'permit' is known only once works.job.licensed has happened",
    ),
]


@pytest.mark.parametrize(
    ("change", "key", "words"), MISTAKES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_mistake_is_told_with_its_file_and_key(tmp_path: Path, change: tuple[str, str], key: str, words: str) -> None:
    with pytest.raises(CatalogueInvalid) as found:
        load(changed(tmp_path, change))
    told = [(each.pointer, each.message) for each in found.value.mistakes]
    assert [message for pointer, message in told if pointer == f"{FILE}: lifecycle.0.{key}" and words in message], told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    broken = changed(tmp_path, ("due: 3mo", "due: soon"), ("warn: 7d", "warn: never"), ("per: permit", "per: x"))
    with pytest.raises(CatalogueInvalid) as found:
        load(broken)
    assert [each.pointer.rpartition("deadlines.")[2] for each in found.value.mistakes] == [
        "answer.due",
        "answer.warn",
        "permit.per",
    ]


def test_deadlines_are_a_mapping(tmp_path: Path) -> None:
    with pytest.raises(CatalogueInvalid) as found:
        load(changed(tmp_path, ("    deadlines:\n" + ANSWER, "    deadlines: [answer]\n    rest:\n")))
    assert f"{FILE}: lifecycle.0.deadlines" in [each.pointer for each in found.value.mistakes]
