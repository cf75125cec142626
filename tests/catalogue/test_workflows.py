"""The rules that workflows decide by are read strictly, and every mistake is told with its file and key."""

from __future__ import annotations

import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.catalogue.small import write
from tracker.catalogue import Catalogue, from_documents, load
from tracker.catalogue.rules import Workflows
from tracker.errors import CatalogueInvalid, Mistake
from tracker.settings import shipped

CONTENT, SUPPLIERS = "domains/content.yaml", "domains/suppliers.yaml"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the reference configuration to break."""
    return Path(shutil.copytree(shipped("config"), tmp_path / "config"))


def reference() -> Catalogue:
    return load(shipped("config"))


def test_a_violation_finds_its_severity_and_its_step() -> None:
    rules = reference().workflows.content
    assert rules is not None
    assert (rules.severity("fraud").id, rules.severity("fraud").points) == ("grave", 8)
    reached = [(points, rules.ladder("live").step(points)) for points in (0, 5, 6, 10, 11, 14, 15, 18, 19, 400)]
    assert [(points, step.penalty, step.days) for points, step in reached] == [
        (0, "warn", None),
        (5, "warn", None),
        (6, "cut_stream", None),
        (10, "cut_stream", None),
        (11, "ban_days", 3),
        (14, "ban_days", 3),
        (15, "ban_days", 7),
        (18, "ban_days", 7),
        (19, "permanent_ban", None),
        (400, "permanent_ban", None),
    ]
    assert rules.ladder("ad").step(19).penalty == "account_ban"
    assert (rules.points_days, rules.owner_link_days) == (None, 30)


def test_a_mean_finds_its_grade_without_rounding() -> None:
    rules = reference().workflows.suppliers
    assert rules is not None
    means = (Fraction(100), Fraction(90), Fraction(899999, 10000), Fraction(80), Fraction(60), Fraction(359, 6))
    assert [rules.grade(mean).id for mean in means] == ["excellent", "excellent", "good", "good", "pass", "fail"]
    assert [(each.id, each.preferred, each.improve) for each in rules.grades] == [
        ("excellent", True, False),
        ("good", True, False),
        ("pass", False, False),
        ("fail", False, True),
    ]
    assert (rules.minimum, rules.improvement_days, rules.important) == (Decimal(60), 60, "important")
    assert rules.rounds["h1"] == {"zh-Hant": "上半年", "en": "First half"}


def test_a_catalogue_without_workflows_has_none(tmp_path: Path) -> None:
    assert load(write(tmp_path)).workflows == Workflows(None, None)


def test_workflows_are_part_of_the_documents_and_of_the_digest(config: Path) -> None:
    catalogue = reference()
    assert from_documents(catalogue.documents).workflows == catalogue.workflows
    replace(config, CONTENT, "owner_link_days: 30", "owner_link_days: 31")
    assert load(config).digest != catalogue.digest


def test_points_may_expire(config: Path) -> None:
    replace(config, CONTENT, "  owner_link_days: 30\n", "  points_expire_after_days: 365\n")
    rules = load(config).workflows.content
    assert rules is not None
    assert (rules.points_days, rules.owner_link_days) == (365, 30)


MISTAKES = [
    (CONTENT, "points: 8}", "points: 800}", "workflow.severities.grave.points", "expected 0 to 100"),
    (CONTENT, "categories: [vulgar]", "categories: [vulgr]", "workflow.severities", "did you mean 'vulgar'?"),
    (CONTENT, "categories: [vulgar]", "categories: [fraud]", "workflow.severities", "'fraud' is named more than once"),
    (CONTENT, "categories: [vulgar]", "categories: [fraud]", "workflow.severities", "leaves out vulgar"),
    (CONTENT, "surfaces: [video, ad]", "surfaces: [video]", "workflow.ladders", "leaves out ad"),
    (CONTENT, "surfaces: [video, ad]", "surfaces: [video, ad, live]", "workflow.ladders", "'live' is named more"),
    (CONTENT, "{from: 6, penalty: block}", "{from: 0, penalty: block}", "workflow.ladders.0.steps.1.from", "not more"),
    (CONTENT, "{from: 6, penalty: block}", "{from: 6, penalty: blok}", "workflow.ladders.0.steps.1.penalty", "'block'"),
    (CONTENT, "{from: 0, penalty: warn}", "{from: 1, penalty: warn}", "workflow.ladders.0.steps.0.from", "from 0"),
    (CONTENT, "days: 3}", "days: 0}", "workflow.ladders.1.steps.2.days", "expected 1 to 3650"),
    (CONTENT, "days: 3}", "day: 3}", "workflow.ladders.1.steps.2.day", "did you mean 'days'?"),
    (CONTENT, "owner_link_days: 30", "points_expire_after_days: 0", "workflow.points_expire_after_days", "1 to 3650"),
    (CONTENT, "owner_link_days: 30", "owner_link: 30", "workflow.owner_link", "did you mean 'owner_link_days'?"),
    (SUPPLIERS, "innovation, cooperation]", "innovation, co]", "workflow.scores", "unknown field 'co'"),
    (SUPPLIERS, "innovation, cooperation]", "innovation, round]", "workflow.scores", "'round' cannot be a score"),
    (SUPPLIERS, "good: {from: 80, pre", "good: {from: 90, pre", "workflow.grades.good.from", "best first"),
    (SUPPLIERS, "pass: {from: 60}", "pass: {}", "workflow.grades.pass.from", "is missing"),
    (SUPPLIERS, "fail: {from: 0,", "fail: {from: 1,", "workflow.grades.fail.from", "begins at 0"),
    (SUPPLIERS, "fail: {from: 0,", "failed: {from: 0,", "workflow.grades", "did you mean 'fail'?"),
    (SUPPLIERS, "excellent: {from: 90,", "excellent: {from: 101,", "workflow.grades.excellent.from", "0 to 100"),
    (SUPPLIERS, "  minimum: 60\n", "", "workflow.minimum", "is missing"),
    (SUPPLIERS, "  important: important\n", "  important: region\n", "workflow.important", "expected a flag"),
    (SUPPLIERS, "  important: important\n", "  important: imporant\n", "workflow.important", "'important'"),
    (SUPPLIERS, "    h1: {zh-Hant: 上半年, en: First half}\n", "", "workflow.rounds", "a year has two halves"),
    (SUPPLIERS, "en: First half", "fr: First half", "workflow.rounds.h1.en", "is missing"),
    ("domains/ip.yaml", "domain: ip\n", "domain: ip\nworkflow: {}\n", "workflow", "only content and suppliers"),
    (
        CONTENT,
        "violation.penalised:\n    label",
        "violation.punished:\n    label",
        "workflow.ladders.0",
        "needs the event",
    ),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: f"{case[3]}: {case[4]}")
def test_a_mistake_is_told_with_its_file_and_key(config: Path, case: tuple[str, str, str, str, str]) -> None:
    file, old, new, key, message = case
    replace(config, file, old, new)
    found = mistakes_in(config)
    assert any(each.pointer == f"{file}: {key}" and message in each.message for each in found), "\n".join(
        map(str, found)
    )


def replace(config: Path, file: str, old: str, new: str) -> None:
    text = (config / file).read_text("utf-8")
    assert old in text
    (config / file).write_text(text.replace(old, new, 1), "utf-8")


def mistakes_in(config: Path) -> list[Mistake]:
    with pytest.raises(CatalogueInvalid) as caught:
        load(config)
    return list(caught.value.mistakes)
