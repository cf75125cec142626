"""Small counts of discreet domains are hidden, and nothing that is hidden follows from what is shown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.houses import only
from tracker.catalogue import Catalogue, from_documents, load
from tracker.disclosure.audiences import Withheld
from tracker.disclosure.hiding import FEW, Mark
from tracker.disclosure.relations import Place, Stated
from tracker.disclosure.suppression import Marks, discreet_domains, said, suppressed
from tracker.errors import CatalogueInvalid
from tracker.exports.rows import Row, rows
from tracker.settings import shipped

CASES, PROVED, RATE = "integrity.cases_reported", "integrity.cases_substantiated", "integrity.substantiation_rate"
CHANNELS, GROUPS = ("hotline", "mailbox", "web"), ("agent", "customer", "staff")
MONTHS = [f"2020-{month:02d}" for month in range(1, 13)]

Cell: TypeAlias = tuple[str, str, str]
"""A month, a channel and a group of reporters."""

CELLS = st.tuples(st.sampled_from(MONTHS[:6]), st.sampled_from(CHANNELS), st.sampled_from(GROUPS))
TABLES = st.dictionaries(CELLS, st.integers(1, 9), max_size=14)


@lru_cache
def crossed() -> Catalogue:
    """The integrity domain with its cases crossed by channel and group, and with a sum of two figures."""
    documents = json.loads(only("integrity").documents)
    metrics = documents["domains"]["integrity"]["metrics"]
    metrics["cases_reported"]["by"] = ["channel", "reporter_group", ["channel", "reporter_group"]]
    label = {"zh-Hant": "合計", "en": "Both"}
    metrics["both"] = {"label": label, "measure": "total", "of": ["trainings", "declarations"], "unit": "case"}
    metrics["both"]["owner"] = "integrity"
    return from_documents(json.dumps(documents))


def figure(
    metric: str, value: str | None, months: Sequence[str | None] = (), *parts: tuple[Mapping[str, Any], str]
) -> dict[str, Any]:
    return {
        "metric": metric,
        "value": value,
        "breakdown": [{"by": dict(by), "value": each} for by, each in parts],
        "months": [{"period": month, "value": each} for month, each in zip(MONTHS, months, strict=False)],
    }


def body(*figures: Mapping[str, Any], year: int = 2020) -> dict[str, Any]:
    return {"year": year, "figures": list(figures)}


def hidden(*figures: Mapping[str, Any], catalogue: Catalogue | None = None) -> dict[tuple[str, str, str], str]:
    """What is hidden of a year with these figures: metric without domain, period, cell, and why."""
    stated = Stated(body(*figures), catalogue or only("integrity"))
    [marks] = suppressed([stated], {"integrity"})
    return {(each.metric.removeprefix("integrity."), each.period, each.by): str(why) for each, why in marks.items()}


def counted(table: Mapping[Cell, int]) -> dict[str, Any]:
    """A year with these cases."""
    by_month, by_channel, by_group, by_both = (Counter[Any]() for _ in range(4))
    for (month, channel, group), count in table.items():
        by_month[month] += count
        by_channel[channel] += count
        by_group[group] += count
        by_both[channel, group] += count
    parts = [
        *(({"channel": channel}, str(count)) for channel, count in sorted(by_channel.items())),
        *(({"reporter_group": group}, str(count)) for group, count in sorted(by_group.items())),
        *(({"channel": a, "reporter_group": b}, str(count)) for (a, b), count in sorted(by_both.items())),
    ]
    return body(figure(CASES, str(sum(table.values())), [str(by_month[each]) for each in MONTHS], *parts))


def equations(stated: Mapping[str, Any]) -> list[dict[str, int]]:
    """What adds up in such a year, said once more: by the name of each value."""
    [found] = stated["figures"]
    cells = [each["by"] for each in found["breakdown"]]
    made = [{"{}": 1} | {f"month {each}": -1 for each in MONTHS}]
    groups = ({"channel"}, {"reporter_group"}, {"channel", "reporter_group"})
    made.extend({"{}": 1} | {named(each): -1 for each in cells if set(each) == group} for group in groups)
    for coarse in (each for each in cells if len(each) == 1):
        within = [each for each in cells if len(each) == 2 and coarse.items() <= each.items()]
        made.append({named(coarse): 1} | {named(each): -1 for each in within})
    return made


def named(by: Mapping[str, Any]) -> str:
    return json.dumps(dict(sorted(by.items())))


def read(stated: Mapping[str, Any], marks: Marks) -> dict[str, Row]:
    """Every row as the public reads it, by its name."""
    found = rows(stated, crossed(), Withheld(marks, {}))
    return {named(each.by) if each.by or len(each.period) == 4 else f"month {each.period}": each for each in found}


def follows(rules: Iterable[Mapping[str, int]], unknown: Iterable[str]) -> set[str]:
    """The unknowns that linear equations determine: those whose own unit vector is a sum of rows."""
    columns = sorted(unknown)
    matrix = [[Fraction(rule.get(each, 0)) for each in columns] for rule in rules]
    rank = _rank(matrix)
    units = ([Fraction(at == own) for at in range(len(columns))] for own in range(len(columns)))
    return {each for each, unit in zip(columns, units, strict=True) if _rank([*matrix, unit]) == rank}


def _rank(matrix: Sequence[Sequence[Fraction]]) -> int:
    left, rank = [list(row) for row in matrix], 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        rank += 1
        left.remove(pivot)
        for row in left:
            times = row[column] / pivot[column]
            row[:] = [a - times * b for a, b in zip(row, pivot, strict=True)]
    return rank


def test_a_year_without_small_counts_is_shown_whole() -> None:
    assert hidden(figure(CASES, "12", ["5", "7", "0"], ({"channel": "web"}, "12"))) == {}


def test_a_small_count_is_hidden_with_the_smallest_other_that_would_tell_it() -> None:
    found = hidden(figure(CASES, "18", ["6", "0", "3", "9"], ({"channel": "web"}, "16"), ({"channel": "hotline"}, "2")))
    assert found == {
        ("cases_reported", "2020-03", "{}"): "primary",
        ("cases_reported", "2020-01", "{}"): "secondary",
        ("cases_reported", "2020", '{"channel":"hotline"}'): "primary",
        ("cases_reported", "2020", '{"channel":"web"}'): "secondary",
    }


def test_small_counts_that_cover_each_other_hide_nothing_else() -> None:
    found = hidden(figure(CASES, "9", ["3", "0", "4", "2"]))
    assert found == {("cases_reported", f"2020-{month}", "{}"): "primary" for month in ("01", "03", "04")}


def test_small_counts_that_can_only_be_one_each_are_covered_by_another() -> None:
    found = hidden(figure(CASES, "14", ["1", "1", "7", "5"]))
    assert found == {
        ("cases_reported", "2020-01", "{}"): "primary",
        ("cases_reported", "2020-02", "{}"): "primary",
        ("cases_reported", "2020-04", "{}"): "secondary",
    }


def test_where_all_is_small_less_is_said_of_the_largest() -> None:
    cells = [({"channel": each}, "1") for each in ("mailbox", "hotline", "web", "internal")]
    found = hidden(figure(CASES, "4", [], *cells))
    assert found.pop(("cases_reported", "2020", "{}")) == "secondary"
    assert list(found.values()) == ["primary"] * 4


def test_a_ratio_of_a_hidden_count_is_hidden() -> None:
    found = hidden(
        figure(CASES, "27", ["20", "7"]), figure(PROVED, "9", ["7", "2"]), figure(RATE, "33.3", ["35.0", "28.6"])
    )
    assert found == {
        ("cases_substantiated", "2020-02", "{}"): "primary",
        ("cases_substantiated", "2020-01", "{}"): "secondary",
        ("substantiation_rate", "2020-01", "{}"): "secondary",
        ("substantiation_rate", "2020-02", "{}"): "secondary",
    }


def test_a_total_does_not_tell_its_parts() -> None:
    found = hidden(
        figure("integrity.trainings", "3"),
        figure("integrity.declarations", "9"),
        figure("integrity.both", "12"),
        catalogue=crossed(),
    )
    assert found == {("trainings", "2020", "{}"): "primary", ("declarations", "2020", "{}"): "secondary"}


def test_what_stands_at_the_end_of_the_year_tells_its_last_month() -> None:
    found = hidden(figure("integrity.cases_open", "3", ["7"] * 11 + ["3"]))
    assert found == {("cases_open", "2020", "{}"): "primary", ("cases_open", "2020-12", "{}"): "primary"}


def test_money_is_no_count() -> None:
    assert hidden(figure("integrity.loss_recovered", "3", ["3", "0"])) == {}


def test_other_domains_are_shown_whole() -> None:
    catalogue = only("content", "integrity")
    stated = Stated(body(figure("content.violations", "3", ["1", "2"])), catalogue)
    assert suppressed([stated], discreet_domains(catalogue)) == [{}]
    assert discreet_domains(catalogue) == {"integrity"}


def test_a_domain_says_in_the_configuration_whether_it_is_discreet() -> None:
    assert {id for id, each in load(shipped("config")).domains.items() if each.discreet} == {"integrity"}
    documents = json.loads(only("integrity").documents)
    documents["domains"]["integrity"]["discreet"] = "yes"
    with pytest.raises(CatalogueInvalid) as caught:
        from_documents(json.dumps(documents))
    assert [str(each) for each in caught.value.mistakes] == [
        "domains/integrity.yaml: discreet: is text; expected true or false"
    ]


def test_hidden_values_are_said_in_words() -> None:
    words = {locale: [said(mark, locale) for mark in Mark] for locale in ("en", "zh-Hant", "de")}
    assert words == {
        "en": ["fewer than 5", "not shown"],
        "zh-Hant": ["少於 5", "不予披露"],
        "de": ["fewer than 5", "not shown"],
    }


def test_a_correction_does_not_tell_what_was_hidden_before() -> None:
    """January was hidden and comes to nothing; that the year falls by one would tell that it was one."""
    first = body(figure(CASES, "12", ["1", "6", "5"]))
    second = body(figure(CASES, "11", ["0", "6", "5"]))
    found = suppressed([Stated(each, only("integrity")) for each in (first, second)], {"integrity"})
    assert [{place.period: str(mark) for place, mark in marks.items()} for marks in found] == [
        {"2020-01": "primary", "2020-03": "secondary"},
        {"2020-03": "secondary", "2020": "secondary"},
    ]


def test_growth_does_not_tell_a_hidden_count_of_the_year_before() -> None:
    documents = json.loads(only("integrity").documents)
    label = {"zh-Hant": "增長", "en": "Growth"}
    growth = {"label": label, "measure": "growth", "of": "trainings", "factor": 100, "unit": "percent"}
    documents["domains"]["integrity"]["metrics"]["growth"] = {**growth, "owner": "integrity"}
    catalogue = from_documents(json.dumps(documents))
    before = body(figure("integrity.trainings", "4"), figure("integrity.growth", None), year=2019)
    now = body(figure("integrity.trainings", "8"), figure("integrity.growth", "100"))
    whole = Place("integrity.growth", "2020")
    for chain in ([before, now], [now]):
        assert suppressed([Stated(each, catalogue) for each in chain], {"integrity"})[-1][whole] == Mark.SECONDARY


@given(TABLES)
@settings(deadline=None, max_examples=150)
def test_no_hidden_value_follows_from_the_shown_ones(table: Mapping[Cell, int]) -> None:
    stated = counted(table)
    [marks] = suppressed([Stated(stated, crossed())], {"integrity"})
    shown = read(stated, marks)
    exact = {name: row.value for name, row in read(stated, {}).items()}
    unknown = {name for name, row in shown.items() if row.value is None}
    assert follows(equations(stated), unknown) == set()
    small = {name for name, value in exact.items() if value is not None and 0 < int(value) < FEW}
    assert small <= unknown
    assert {name for name, value in exact.items() if value == "0"}.isdisjoint(unknown)
    assert bool(unknown) == bool(small)


@given(TABLES, TABLES)
@settings(deadline=None, max_examples=100)
def test_nor_does_it_follow_from_two_revisions(table: Mapping[Cell, int], more: Mapping[Cell, int]) -> None:
    first = counted(table)
    second = counted({**table, **dict(list(more.items())[:2])})
    found = suppressed([Stated(each, crossed()) for each in (first, second)], {"integrity"})
    before, after = (read(stated, marks) for stated, marks in zip((first, second), found, strict=True))
    exact = [{name: row.value for name, row in read(stated, {}).items()} for stated in (first, second)]
    same = {name for name in exact[1] if exact[0].get(name) == exact[1][name]}
    rules = [*equations(first), *(_renamed(each, same) for each in equations(second))]
    unknown = {name for name, row in before.items() if row.value is None}
    unknown |= {name if name in same else f"now {name}" for name, row in after.items() if row.value is None}
    assert all((before[name].value is None) == (after[name].value is None) for name in same)
    assert follows(rules, unknown) == set()


def _renamed(rule: Mapping[str, int], same: set[str]) -> dict[str, int]:
    return {name if name in same else f"now {name}": sign for name, sign in rule.items()}
