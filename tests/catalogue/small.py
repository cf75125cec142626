"""A small, valid configuration to break in one place at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ORGANISATION = """\
id: acme
name: {en: Acme, zh-Hant: 艾克米}
identifiers: {stock_code: "0001"}
locales: [en, zh-Hant]
currency: CNY
time_zones: [{from: 2000-01-01, zone: Asia/Shanghai}]
year_ends: [{from: 2000-01-01, ends: 12-31}]
first_year: 2020
entities: {}
sites:
  hq: {label: {en: HQ, zh-Hant: 總部}, enters: 2011-01-01, leaves: null}
"""

UNITS = """\
case: {words: {en: [case, cases], zh-Hant: 起}}
supplier: {words: {en: [supplier, suppliers], zh-Hant: 家}}
percent: {words: {en: "%", zh-Hant: "%"}, tight: true}
CNY: {words: {en: "", zh-Hant: 元}, before: {en: RMB, zh-Hant: 人民幣}, currency: CNY}
NZD: {words: {en: dollars, zh-Hant: 紐元}, currency: NZD}
"""

SCHEDULE = """\
jobs: {freeze_year: {each: year, after_days: 45, at: "02:00"}}
"""

SUPPLIERS = """\
domain: suppliers
label: {en: Suppliers, zh-Hant: 供應鏈}
events:
  supplier.registered:
    label: {en: registered, zh-Hant: 登記}
    fields:
      region:
        type: choice
        of: {china: {en: China, zh-Hant: 中國}, overseas: {en: overseas, zh-Hant: 海外}}
        dimension: true
        label: {en: region, zh-Hant: 地區}
      site: {type: choice, of: sites, dimension: true, label: {en: site, zh-Hant: 地點}}
      contact: {type: id, confidential: true, label: {en: contact, zh-Hant: 聯絡人}}
  supplier.exited:
    label: {en: exited, zh-Hant: 退出}
    fields:
      site: {type: choice, of: sites, dimension: true, label: {en: site, zh-Hant: 地點}}
      reason: {type: text, max: 200, label: {en: reason, zh-Hant: 原因}}
  fine.paid:
    label: {en: fine paid, zh-Hant: 罰款}
    fields:
      amount: {type: money, label: {en: amount, zh-Hant: 金額}}
      score: {type: number, scale: 2, min: 0, max: 100, label: {en: score, zh-Hant: 分數}}
      weight: {type: integer, label: {en: weight, zh-Hant: 權重}}
      secret: {type: integer, confidential: true, label: {en: secret, zh-Hant: 機密}}
      clauses: {type: list, of: text, label: {en: clauses, zh-Hant: 條款}}
      level: {type: integer, label: {en: level, zh-Hant: 級別}}
lifecycle:
  subject: supplier
  states: {registered: {en: registered, zh-Hant: 已登記}, gone: {en: gone, zh-Hant: 已退出}}
  start: {supplier.registered: registered}
  moves: {supplier.exited: {from: [registered], to: gone, due: {by: region, of: {china: 7d, overseas: 12h}}}}
metrics:
  in_library:
    label: {en: In the library, zh-Hant: 庫內}
    measure: members
    enter: supplier.registered
    leave: supplier.exited
    by: [region, [region, site], entity]
    unit: supplier
    owner: compliance
  fines:
    label: {en: Fines, zh-Hant: 罰款}
    measure: sum
    of: fine.paid
    field: amount
    unit: CNY
    owner: compliance
    print: {zh-Hant: {scale: 萬, unit: 元, places: 2}, en: {unit: [yuan, yuan], times: 1}}
  score:
    label: {en: Score, zh-Hant: 分數}
    measure: mean
    of: fine.paid
    field: score
    weight: weight
    places: 2
    unit: percent
    owner: compliance
  clauses: {measure: distinct, of: fine.paid, field: clauses, unit: case, owner: legal, label: {en: A, zh-Hant: 甲}}
  open: {measure: balance, enter: supplier.registered, leave: supplier.exited, by: site, unit: case, owner: legal,
         label: {en: B, zh-Hant: 乙}}
  china: {measure: count, of: supplier.registered, where: {region: china}, unit: case, owner: legal,
          label: {en: C, zh-Hant: 丙}}
  levels: {measure: latest_sum, of: fine.paid, field: level, per: [entity], unit: case, owner: legal,
           label: {en: D, zh-Hant: 丁}}
  share: {measure: ratio, numerator: china, denominator: all.registered, factor: 100, unit: percent, owner: legal,
          label: {en: E, zh-Hant: 戊}}
  more: {measure: growth, of: all.both, unit: percent, owner: legal, label: {en: F, zh-Hant: 己}}
"""

ALL = """\
domain: all
label: {en: All, zh-Hant: 全部}
metrics:
  registered: {measure: count, of: suppliers.supplier.registered, unit: case, owner: legal, label: {en: G, zh-Hant: 庚}}
  both: {measure: total, of: [registered, suppliers.china], unit: case, owner: legal, label: {en: H, zh-Hant: 辛}}
"""

FILES: Mapping[str, str] = MappingProxyType(
    {
        "organisation.yaml": ORGANISATION,
        "units.yaml": UNITS,
        "schedule.yaml": SCHEDULE,
        "domains/suppliers.yaml": SUPPLIERS,
        "domains/all.yaml": ALL,
    }
)


def write(directory: Path, files: Mapping[str, str] = FILES) -> Path:
    """Write a configuration, and return its directory."""
    (directory / "domains").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """The small configuration with one piece of text, which must be there, replaced everywhere in a file."""
    assert old in FILES[file], f"{old!r} is not in {file}"
    return {**FILES, file: FILES[file].replace(old, new)}
