"""Every mistake a configuration can have is told with its file, its key and what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalogue.small import FILES, changed, write
from tracker.catalogue import load
from tracker.errors import CatalogueInvalid, Mistake

ORGANISATION, UNITS, SCHEDULE = "organisation.yaml", "units.yaml", "schedule.yaml"
S = "domains/suppliers.yaml"
ALL = "domains/all.yaml"
REGION = "events.supplier.registered.fields.region"
FINE = "events.fine.paid.fields"

# What is replaced by what, in which file; then the key and a piece of the message.
Case = tuple[str, str, str, str, str]

IN_ORGANISATION: list[Case] = [
    (ORGANISATION, "id: acme", "id: Acme!", "id", "is not of the form"),
    (ORGANISATION, "currency: CNY", "currency: yuan", "currency", "three capital letters"),
    (ORGANISATION, "currency: CNY", "curency: CNY", "curency", "did you mean 'currency'?"),
    (ORGANISATION, "currency: CNY\n", "", "currency", "is missing"),
    (ORGANISATION, "first_year: 2020", 'first_year: "2020"', "first_year", "is text; expected an integer"),
    (ORGANISATION, "first_year: 2020", "first_year: 1899", "first_year", "expected 2000 to 9998"),
    (ORGANISATION, 'stock_code: "0001"', "stock_code: 1", "identifiers.stock_code", "is an integer; expected text"),
    (ORGANISATION, "[en, zh-Hant]", "[en, zh_Hant]", "locales", "is not a locale such as"),
    (ORGANISATION, "{en: Acme, zh-Hant: 艾克米}", "{en: Acme}", "name.zh-Hant", "is missing"),
    (ORGANISATION, "{en: Acme, zh", "{en: Acme, fr: Acmé, zh", "name.fr", "unknown locale 'fr'; known: en, zh-Hant"),
    (ORGANISATION, "Asia/Shanghai", "Asia/Shangai", "time_zones.0.zone", "did you mean 'Asia/Shanghai'?"),
    (ORGANISATION, "[{from: 2000-01-01, zone: Asia/Shanghai}]", "[]", "time_zones", "is empty"),
    (
        ORGANISATION,
        "[{from: 2000-01-01, zone: Asia/Shanghai}]",
        "[{from: 2020-01-01, zone: UTC}, {from: 2000-01-01, zone: UTC}]",
        "time_zones",
        "not in order of `from`",
    ),
    (ORGANISATION, "ends: 12-31", "ends: 12-30", "year_ends.0.ends", "not the last day of a month"),
    (ORGANISATION, "ends: 12-31", "ends: 31-12", "year_ends.0.ends", "not the last day of a month"),
    (
        ORGANISATION,
        "[{from: 2000-01-01, ends: 12-31}]",
        "[{from: 2000-01-01, ends: 06-30}, {from: 2020-10-01, ends: 12-31}]",
        "year_ends",
        "the reporting year 2020 would mean two stretches",
    ),
    (
        ORGANISATION,
        "[{from: 2000-01-01, ends: 12-31}]",
        "[{from: 2000-01-01, ends: 06-30}, {from: 2000-01-01, ends: 12-31}]",
        "year_ends",
        "not in order of `from`",
    ),
    (ORGANISATION, "01, ends", "15, ends", "year_ends.0.from", "is not the first day of a month"),
    (ORGANISATION, "enters: 2011-01-01", "enters: 2011-02-30", "sites.hq.enters", "not a day of the calendar"),
    (ORGANISATION, "leaves: null", "leaves: 2010-01-01", "sites.hq.leaves", "is not after 2011-01-01"),
    (
        ORGANISATION,
        "first_year: 2020",
        "first_year: 2020\nrestate_from: 5 %",
        "restate_from",
        "is '5 %'; expected a share",
    ),
    (
        ORGANISATION,
        "first_year: 2020",
        "first_year: 2020\nrestate_from: 101%",
        "restate_from",
        "such as 5%, or an amount",
    ),
    (UNITS, "en: [case, cases]", "en: [a, b, c]", "case.words.en", "singular and plural"),
    (UNITS, "tight: true", "tight: yes", "percent.tight", "is text; expected true or false"),
    (UNITS, "currency: NZD", "currency: nzd", "NZD.currency", "three capital letters"),
    (UNITS, "before: {en: RMB, zh-Hant: 人民幣}", "before: {en: RMB}", "CNY.before.zh-Hant", "is missing"),
    (SCHEDULE, "each: year", "each: yaer", "jobs.freeze_year.each", "did you mean 'year'?"),
    (SCHEDULE, '"02:00"', '"24:00"', "jobs.freeze_year.at", "is not of the form"),
    (SCHEDULE, "after_days: 45", "after_days: -1", "jobs.freeze_year.after_days", "expected 0 to 366"),
]

IN_EVENTS: list[Case] = [
    (S, "domain: suppliers", "domain: supplier", "domain", "the file is called suppliers.yaml"),
    (S, "events:\n", "event: {}\nevents:\n", "event", "did you mean 'events'?"),
    (S, "label: {en: registered, zh-Hant: 登記}", "", "events.supplier.registered.label", "is missing"),
    (S, "fine.paid:", "Fine.paid:", "events.Fine.paid", "is not of the form"),
    (S, "fine.paid:", "paid:", "events.paid", "a subject and a past fact"),
    (S, "fine.paid:", "tracker.paid:", "events.tracker.paid", "are reserved"),
    (S, "      weight:", "      entity:", f"{FINE}.entity", "choose another name"),
    (S, "type: money", "type: cash", f"{FINE}.amount.type", "unknown field type 'cash'"),
    (S, "type: money", "type: money, scale: 12", f"{FINE}.amount.scale", "expected 0 to 9"),
    (S, "type: money", "type: money, max: 1.234", f"{FINE}.amount.max", "only 2 decimals"),
    (S, "type: money", "type: money, currency: RMB¥", f"{FINE}.amount.currency", "three capital letters"),
    (S, "max: 100,", "max: -1,", f"{FINE}.score.max", "less than the smallest value 0"),
    (S, "max: 100,", "max: 100, dimension: true,", f"{FINE}.score.dimension", "cannot be a dimension; only choice"),
    (S, "type: integer, label", "type: integer, scale: 2, label", f"{FINE}.level.scale", "does not take 'scale'"),
    (S, "of: text", "of: number", f"{FINE}.clauses.of", "unknown type of items 'number'"),
    (S, "confidential: true", "confidental: true", f"{FINE}.secret.confidental", "did you mean 'confidential'?"),
    (S, "confidential: true", "confidential: true, dimension: true", f"{FINE}.secret.dimension", "confidential"),
    (S, "of: sites", "of: site", "events.supplier.exited.fields.site.of", "did you mean 'sites'?"),
    (S, "of: sites", "of: entities", "events.supplier.exited.fields.site.of", "the organisation has no entities"),
    (S, "overseas: {en: overseas, zh-Hant: 海外}", "overseas: {}", f"{REGION}.of.overseas.en", "is missing"),
    (S, "subject: supplier", "subject: 7", "lifecycle.subject", "is an integer; expected text"),
    (S, "  start: {supplier", "  start: {suplier", "lifecycle.start.suplier.registered", "unknown event"),
    (S, "registered: registered}", "registered: registred}", "lifecycle.start.supplier.registered", "unknown state"),
    (S, "from: [registered]", "from: [gon]", "lifecycle.moves.supplier.exited.from", "did you mean 'gone'?"),
    (S, "to: gone", "to: gon", "lifecycle.moves.supplier.exited.to", "did you mean 'gone'?"),
    (S, "from: [registered]", "from: [gone]", "lifecycle.states.gone", "cannot be reached"),
    (S, "china: 7d", "china: 7 days", "lifecycle.moves.supplier.exited.due.of.china", "such as 7d or 12h"),
    (S, "{china: 7d, ", "{chna: 7d, ", "lifecycle.moves.supplier.exited.due.of.chna", "did you mean 'china'?"),
    (S, "{china: 7d, ", "{", "lifecycle.moves.supplier.exited.due.of", "has no deadline for china"),
    (S, "by: region, of", "by: reason, of", "lifecycle.moves.supplier.exited.due.by", "a deadline needs a choice"),
]

IN_METRICS: list[Case] = [
    (S, "measure: members", "measure: member", "metrics.in_library.measure", "did you mean 'members'?"),
    (
        S,
        "unit: supplier",
        "unit: suplier",
        "metrics.in_library.unit",
        "unknown unit 'suplier'; did you mean 'supplier'?",
    ),
    (S, "owner: compliance\n  fines", "\n  fines", "metrics.in_library.owner", "is missing"),
    (S, "leave: supplier.exited\n", "leave: suplier.exited\n", "metrics.in_library.leave", "did you mean"),
    (S, "leave: supplier.exited\n", "leave: supplier.registered\n", "metrics.in_library.leave", "cannot do both"),
    (S, "leave: supplier.exited\n", "field: site\n", "metrics.in_library.field", "it takes enter, leave, where, by"),
    (S, "by: [region, [", "by: [contact, [", "metrics.in_library.by", "confidential and cannot be a dimension"),
    (S, "[region, site]", "[region, region]", "metrics.in_library.by", "crosses a dimension with itself"),
    (S, "[region, site]", "region", "metrics.in_library.by", "groups by the same twice"),
    (S, "[region, site]", "[region, 7]", "metrics.in_library.by", "expected names of dimensions"),
    (S, "[region, site]", "regoin", "metrics.in_library.by", "unknown field 'regoin'; did you mean 'region'?"),
    (S, "field: amount", "field: amout", "metrics.fines.field", "did you mean 'amount'?"),
    (S, "field: amount", "field: secret", "metrics.fines.field", "confidential and cannot be a value"),
    (S, "field: amount", "field: clauses", "metrics.fines.field", "must be of type integer, number, money"),
    (S, "    field: amount\n", "", "metrics.fines.field", "is missing"),
    (S, "unit: CNY", "unit: NZD", "metrics.fines.unit", "is in NZD, but 'amount' is in CNY"),
    (S, "unit: CNY", "unit: case", "metrics.fines.unit", "has no currency"),
    (S, "scale: 萬", "scale: 千", "metrics.fines.print.zh-Hant.scale", "unknown print scale '千'"),
    (S, "en: {unit: [yuan", "fr: {unit: [yuan", "metrics.fines.print.fr", "unknown locale"),
    (S, "times: 1", "times: 0", "metrics.fines.print.en.times", "expected 1 to"),
    (S, "    places: 2\n", "    places: 7\n", "metrics.score.places", "expected 0 to 6"),
    (S, "    places: 2\n", "    rounding: half\n", "metrics.score.rounding", "unknown rounding 'half'"),
    (S, "    places: 2\n", "    qualifier: abuot\n", "metrics.score.qualifier", "did you mean 'about'?"),
    (S, "    places: 2\n", "    zero: {en: none}\n", "metrics.score.zero.zh-Hant", "is missing"),
    (S, "    places: 2\n", "    kpis: {hkex: []}\n", "metrics.score.kpis.hkex", "expected a name or a list of names"),
    (S, "    places: 2\n", "    restate_from: -1\n", "metrics.score.restate_from", "is -1; expected a share"),
    (S, "    places: 2\n", '    restate_from: "10"\n', "metrics.score.restate_from", "is '10'; expected a share"),
    (S, "    places: 2\n", "    restate_from: -5%\n", "metrics.score.restate_from", "is '-5%'; expected a share"),
    (
        S,
        "    places: 2\n",
        "    restate_from: [5]\n",
        "metrics.score.restate_from",
        "is a list; expected",
    ),
    (S, "    places: 2\n", "    restat_from: 5\n", "metrics.score.restat_from", "did you mean 'restate_from'?"),
    (S, "weight: weight", "weight: secret", "metrics.score.weight", "confidential and cannot be a weight"),
    (S, "weight: weight", "weight: amount", "metrics.score.weight", "must be of type integer, number"),
    (S, "field: clauses", "field: secret", "metrics.clauses.field", "cannot be a distinct key"),
    (S, "field: clauses", "field: amount", "metrics.clauses.field", "a distinct key must be of type"),
    (S, "by: site, unit", "by: region, unit", "metrics.open.by", "(event suppliers.supplier.exited)"),
    (S, "by: site, unit", "quantity: site, unit", "metrics.open.quantity", "a value must be of type"),
    (S, "where: {region: china}", "where: {region: chian}", "metrics.china.where.region", "did you mean 'china'?"),
    (S, "where: {region: china}", "where: {region: 7}", "metrics.china.where.region", "expected text"),
    (S, "where: {region: china}", "where: {region: []}", "metrics.china.where.region", "lets nothing pass"),
    (S, "where: {region: china}", "where: {contact: a}", "metrics.china.where.contact", "cannot be a filter"),
    (S, "where: {region: china}", "carry: true", "metrics.china.carry", "does not take 'carry'"),
    (S, "per: [entity]", "per: [level]", "metrics.levels.per", "is not a dimension; mark the field"),
    (S, "per: [entity]", "per: [secret]", "metrics.levels.per", "confidential"),
    (S, "numerator: china", "numerator: chin", "metrics.share.numerator", "did you mean 'china'?"),
    (S, "factor: 100", "factor: 0", "metrics.share.factor", "is 0"),
    (S, "growth, of: all.both", "growth, carry: true, of: all.both", "metrics.more.carry", "it takes of, factor"),
    (S, "growth, of: all.both", "growth, by: x, of: all.both", "metrics.more.by", "'all.both', from which it is"),
    (S, "[region, site], entity]", "[region, site], [site, region]]", "metrics.in_library.by", "by the same twice"),
    (S, "growth, of: all.both", "growth, of: more", "metrics.more", "suppliers.more → suppliers.more"),
    (
        ALL,
        "suppliers.china], unit",
        "suppliers.china], minus: chin, unit",
        "metrics.both.minus",
        "unknown metric 'chin'",
    ),
    (ALL, "suppliers.china], unit", "suppliers.china], minus: registered, unit", "metrics.both.minus", "added already"),
    (ALL, "suppliers.china], unit", "suppliers.china], minus: both, unit", "metrics.both", "all.both → all.both"),
    (ALL, "[registered, suppliers.china]", "[suppliers.more]", "metrics.both", "all.both → suppliers.more → all.both"),
]


@pytest.mark.parametrize("case", [*IN_ORGANISATION, *IN_EVENTS, *IN_METRICS], ids=lambda case: f"{case[3]}: {case[4]}")
def test_a_mistake_is_told_with_its_file_its_key_and_what_is_expected(tmp_path: Path, case: Case) -> None:
    file, old, new, key, message = case
    assert_told(mistakes_in(tmp_path, changed(file, old, new)), f"{file}: {key}", message)


def test_all_mistakes_are_told_at_once_and_only_those(tmp_path: Path) -> None:
    files = {
        **FILES,
        "units.yaml": FILES["units.yaml"].replace("tight: true", "tigt: true"),
        "domains/suppliers.yaml": FILES["domains/suppliers.yaml"].replace("unit: supplier", "unit: suplier"),
        "domains/all.yaml": FILES["domains/all.yaml"].replace("measure: count", "measure: cuont"),
    }
    assert [each.pointer for each in mistakes_in(tmp_path, files)] == [
        "units.yaml: percent.tigt",
        "domains/all.yaml: metrics.registered.measure",
        "domains/suppliers.yaml: metrics.in_library.unit",
    ]


def test_a_field_that_cannot_be_read_is_not_also_told_to_be_unknown(tmp_path: Path) -> None:
    found = mistakes_in(tmp_path, changed(S, "type: money", "type: cash"))
    assert [each.pointer for each in found] == [f"{S}: {FINE}.amount.type"]


def test_a_subject_has_one_lifecycle_in_a_domain(tmp_path: Path) -> None:
    lifecycle = "{subject: a, states: {x: {en: x, zh-Hant: 某}}, start: {supplier.registered: x}}"
    text = FILES[S][: FILES[S].index("lifecycle:")] + f"lifecycle: [{lifecycle}, {lifecycle}]\n"
    found = mistakes_in(tmp_path, {**FILES, S: text})
    assert_told(found, f"{S}: lifecycle.1.subject", "'a' has a lifecycle already")


def test_fields_of_several_events_must_mean_the_same(tmp_path: Path) -> None:
    money = "{type: money, currency: NZD, label: {en: amount, zh-Hant: 金額}}"
    other = f"  late.fee: {{label: {{en: late fee, zh-Hant: 滯納金}}, fields: {{amount: {money}}}}}\n"
    text = (
        FILES[S]
        .replace("lifecycle:", f"{other}lifecycle:")
        .replace("of: fine.paid\n", "of: [fine.paid, late.fee]\n", 1)
    )
    assert_told(mistakes_in(tmp_path, {**FILES, S: text}), f"{S}: metrics.fines.field", "differs in type")


def mistakes_in(directory: Path, files: dict[str, str]) -> list[Mistake]:
    with pytest.raises(CatalogueInvalid) as caught:
        load(write(directory, files))
    return list(caught.value.mistakes)


def assert_told(found: list[Mistake], pointer: str, message: str) -> None:
    assert any(each.pointer == pointer and message in each.message for each in found), "\n".join(map(str, found))
