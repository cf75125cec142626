"""YAML is read strictly: nothing is guessed, nothing is taken twice, nothing grows out of bounds."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.catalogue.small import FILES, write
from tracker.catalogue import load
from tracker.catalogue.reader import Mistakes
from tracker.catalogue.strict_yaml import parse
from tracker.errors import CatalogueInvalid, Mistake

LAUGHS = "\n".join(
    ["a0: &a0 [ha, ha]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))],
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2020-01-01", "2020-01-01"),
        ("yes", "yes"),
        ("off", "off"),
        ("True", "True"),
        ("12:30", "12:30"),
        ("0x1F", "0x1F"),
        ("007", "007"),
        ("1e3", "1e3"),
        (".5", ".5"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("=", "="),
        ("9" * 19, "9" * 19),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("-12", -12),
        ("12.50", Decimal("12.50")),
        ("'12'", "12"),
        ("!!str 12", "12"),
    ],
)
def test_only_null_booleans_integers_and_decimals_have_a_type(text: str, value: object) -> None:
    mistakes = Mistakes()
    found = parse(f"key: {text}", "a.yaml", mistakes)["key"]
    mistakes.check()
    assert (type(found), found) == (type(value), value)


def test_decimals_keep_every_digit() -> None:
    assert str(parse("key: 0.10", "a.yaml", Mistakes())["key"]) == "0.10"


def test_a_merge_key_takes_over_what_the_mapping_does_not_say_itself() -> None:
    text = "base: &base {a: 1, b: 2}\nother: &other {a: 5, c: 6}\nboth: {<<: [*base, *other], b: 3}"
    assert parse(text, "a.yaml", Mistakes())["both"] == {"a": 1, "b": 3, "c": 6}


@pytest.mark.parametrize(
    ("text", "pointer", "message"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", "a.yaml: line 3", "is not YAML"),
        ("a: 1\n---\nb: 2\n", "a.yaml: line 2", "is not YAML"),
        ("a: *nobody", "a.yaml: line 1", "is not YAML"),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", "a.yaml: a.b", "is written twice, on lines 2 and 4"),
        ("1: one", "a.yaml", "the key on line 1 is not text"),
        ("{true: one}", "a.yaml", "the key on line 1 is not text"),
        ("? [a, b]\n: one", "a.yaml", "the key on line 1 is not text"),
        ("$decimal: one", "a.yaml", "is not a name"),
        ("a: !!binary aGk=", "a.yaml: a", "'tag:yaml.org,2002:binary'"),
        ("a: !!python/object/apply:os.getcwd []", "a.yaml: a", "is not read here"),
        ("a: !!int twelve", "a.yaml: a", "cannot be read as"),
        ("a: {<<: 5}", "a.yaml: a.<<", "merges what is not a mapping"),
        ('a: "\\ud800"', "a.yaml", ""),
        ("a: &a [*a]", "a.yaml", "expand too far"),
        ("[" * 30, "a.yaml: line 1", "nested too deeply"),
        ("[" * 100_000, "a.yaml: line 1", "nest"),  # newer versions of libyaml have a bound of their own
        (LAUGHS, "a.yaml", "expand too far"),
        (f"a: {'x' * 1_000_001}", "a.yaml", "is longer than 1000000 characters"),
    ],
    ids=lambda text: str(text)[:40],
)
def test_what_is_not_strict_yaml_is_told_with_its_line_or_key(text: str, pointer: str, message: str) -> None:
    mistakes = Mistakes()
    parse(text, "a.yaml", mistakes)
    with pytest.raises(CatalogueInvalid) as caught:
        mistakes.check()
    (mistake,) = caught.value.mistakes
    assert mistake.pointer.startswith(pointer)
    assert message in mistake.message


@pytest.mark.parametrize("missing", ["organisation.yaml", "units.yaml"])
def test_a_file_that_must_be_there_is_missed(tmp_path: Path, missing: str) -> None:
    files = {name: text for name, text in FILES.items() if name != missing}
    assert mistakes_in(write(tmp_path, files)) == [Mistake(missing, "is missing")]


def test_a_catalogue_without_domains_is_refused(tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if "/" not in name}
    assert [each.pointer for each in mistakes_in(write(tmp_path, files))] == ["domains"]


def test_the_schedule_may_be_left_out(tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if name != "schedule.yaml"}
    assert load(write(tmp_path, files)).schedule == {}


def test_files_that_others_read_are_left_alone(tmp_path: Path) -> None:
    files = {**FILES, "factors.yaml": "1: 2", "stakeholders.yaml": "[", "materiality.yaml": "", "notes.txt": "["}
    assert load(write(tmp_path, files)).digest == load(write(tmp_path / "plain")).digest


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("unit.yaml", "did you mean 'units'?"),
        ("units.yml", "name it *.yaml"),
        ("domains/people.yml", "name it *.yaml"),
    ],
)
def test_files_that_nobody_reads_are_told(tmp_path: Path, name: str, message: str) -> None:
    (mistake,) = mistakes_in(write(tmp_path, {**FILES, name: ""}))
    assert mistake.pointer == name
    assert message in mistake.message


@pytest.mark.parametrize("name", ["tracker", "Suppliers-2"])
def test_a_domain_has_a_name_of_its_own(tmp_path: Path, name: str) -> None:
    text = f"domain: {name}\nlabel: {{en: Other, zh-Hant: 其他}}\n"
    found = mistakes_in(write(tmp_path, {**FILES, f"domains/{name}.yaml": text}))
    assert [each.pointer for each in found] == [f"domains/{name}.yaml"]


@pytest.mark.parametrize("text", ["", "- a\n", "just text\n"])
def test_a_file_that_is_no_mapping_is_told(tmp_path: Path, text: str) -> None:
    (mistake,) = mistakes_in(write(tmp_path, {**FILES, "schedule.yaml": text}))
    assert mistake == Mistake("schedule.yaml", "is not a mapping of keys to values")


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "units.yaml").write_bytes("家: 1".encode("big5"))
    assert mistakes_in(tmp_path) == [Mistake("units.yaml", "is not UTF-8")]


def mistakes_in(directory: Path) -> list[Mistake]:
    with pytest.raises(CatalogueInvalid) as caught:
        load(directory)
    return list(caught.value.mistakes)
