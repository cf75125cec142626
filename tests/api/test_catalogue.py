"""``GET /api/v1/catalogue``: the whole of what is recorded and measured."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Api
from tests.house import second_catalogue
from tracker.api.catalogue import document

CHANNEL = {
    "type": "choice",
    "label": {"zh-Hant": "渠道", "en": "Channel"},
    "required": True,
    "of": {"mail": {"zh-Hant": "郵件", "en": "Mail"}, "phone": {"zh-Hant": "電話", "en": "Phone"}},
}
LEVEL = {
    "type": "choice",
    "label": {"zh-Hant": "級別", "en": "Level"},
    "required": False,
    "of": {"high": {"zh-Hant": "高", "en": "High"}, "low": {"zh-Hant": "低", "en": "Low"}},
}


def field(type: str, zh: str, en: str, **others: Any) -> dict[str, Any]:
    return {"type": type, "label": {"zh-Hant": zh, "en": en}, "required": False} | others


HEADS = field("integer", "人數", "Heads")
DECLARED = {
    "desk.case.reported": {
        "label": {"zh-Hant": "舉報", "en": "Case reported"},
        "fields": {
            "channel": CHANNEL,
            "level": LEVEL,
            "loss": field("money", "損失", "Loss"),
            "places": field("list", "地點", "Places"),
            "narrative": field("text", "經過", "Narrative", confidential=True),
        },
    },
    "desk.meter.read": {
        "label": {"zh-Hant": "抄表", "en": "Meter read"},
        "fields": {
            "channel": CHANNEL,
            "level": LEVEL,
            "quantity": field("number", "數量", "Quantity", required=True),
            "weight": field("integer", "權重", "Weight"),
        },
    },
    "desk.member.joined": {
        "label": {"zh-Hant": "加入", "en": "Member joined"},
        "fields": {"channel": CHANNEL, "heads": HEADS},
    },
    "desk.member.left": {
        "label": {"zh-Hant": "離開", "en": "Member left"},
        "fields": {"channel": CHANNEL, "heads": HEADS},
    },
}
RESERVED = {
    "tracker.event.corrected": {"label": {"zh-Hant": "事件已更正", "en": "event corrected"}, "fields": {}},
    "tracker.event.voided": {"label": {"zh-Hant": "事件已作廢", "en": "event voided"}, "fields": {}},
    "tracker.balance.opened": {"label": {"zh-Hant": "期初餘額", "en": "balance opened"}, "fields": {}},
    "tracker.period.nothing_to_report": {
        "label": {"zh-Hant": "期內無事項", "en": "nothing to report"},
        "fields": {
            "domain": field("id", "領域", "domain", required=True),
            "period": field("id", "期間", "period", required=True),
        },
    },
    "tracker.evidence.attached": {
        "label": {"zh-Hant": "已附檔案", "en": "file attached"},
        "fields": {
            "event": field("integer", "所屬事件", "event it belongs to", required=True),
            "media_type": field("text", "檔案類型", "kind of file", required=True),
            "name": field("text", "檔案名稱", "file name", required=True, confidential=True),
            "sha256": field("text", "SHA-256 摘要", "SHA-256 digest", required=True, confidential=True),
        },
    },
}
LATE = {"label": {"zh-Hant": "離開", "en": "Member left"}, "while": "present", "due": "30d"}
MEMBER = {
    "states": {"present": {"zh-Hant": "在冊", "en": "present"}, "away": {"zh-Hant": "離開", "en": "away"}},
    "start": {"desk.member.joined": "present"},
    "moves": {"desk.member.left": {"from": ["present"], "to": "away"}},
    "deadlines": {"state:present": LATE},
}


def metric(zh: str, en: str, measure: str, unit: str, places: int = 0, **definition: Any) -> dict[str, Any]:
    rounded = {"places": places, "rounding": "half_up"}
    return {
        "label": {"zh-Hant": zh, "en": en},
        "measure": measure,
        "unit": unit,
        "definition": {"measure": measure} | definition | rounded,
    }


BY_CHANNEL, BY_LEVEL, CROSSED = ["channel"], ["level"], ["channel", "level"]
CASES: dict[str, Any] = {"events": ["desk.case.reported"]}
READ: dict[str, Any] = {"events": ["desk.meter.read"], "field": "quantity"}
CARRIED = READ | {"carry": True}
MOVES: dict[str, Any] = {"events": ["desk.member.joined"], "leave": ["desk.member.left"]}
BOTH = ["desk.cases", "desk.members"]
METRICS = {
    "desk.cases": metric("舉報", "Cases", "count", "case", **CASES, by=[BY_CHANNEL, BY_LEVEL, CROSSED]),
    "desk.phone_cases": metric("電話舉報", "Cases by phone", "count", "case", **CASES, where={"channel": ["phone"]}),
    "desk.loss": metric("損失", "Loss", "sum", "CNY", 2, **CASES, field="loss", by=[BY_CHANNEL]),
    "desk.places": metric("地點", "Places", "distinct", "case", **CASES, field="places", by=[BY_CHANNEL]),
    "desk.subjects": metric(
        "對象", "Subjects", "distinct", "case", events=["desk.case.reported", "desk.meter.read"], field="subject"
    ),
    "desk.days": metric("日數", "Days", "distinct", "case", **CASES, field="day"),
    "desk.newest": metric("最新讀數", "Newest reading", "latest", "tonne", 2, **READ, by=[BY_CHANNEL]),
    "desk.newest_carried": metric("沿用讀數", "Carried reading", "latest", "tonne", 2, **CARRIED, by=[BY_LEVEL]),
    "desk.read_total": metric("讀數合計", "Sum of newest", "latest_sum", "tonne", 2, **READ, by=[BY_CHANNEL, BY_LEVEL]),
    "desk.read_carried": metric("沿用合計", "Carried sum", "latest_sum", "tonne", 2, **CARRIED, by=[BY_CHANNEL]),
    "desk.read_cells": metric(
        "分組合計", "Sum of cells", "latest_sum", "tonne", 2, **READ, per=CROSSED, by=[BY_CHANNEL, CROSSED]
    ),
    "desk.stock": metric("結存", "Balance", "balance", "person", **MOVES, field="heads", by=[BY_CHANNEL]),
    "desk.arrivals": metric("次數", "Arrivals less departures", "balance", "person", **MOVES),
    "desk.members": metric("成員", "Members", "members", "person", **MOVES, by=[BY_CHANNEL]),
    "desk.score": metric("平均", "Mean", "mean", "point", 3, **READ, weight="weight", by=[BY_CHANNEL]),
    "desk.plain_score": metric("簡均", "Plain mean", "mean", "point", 3, **READ, by=[BY_CHANNEL]),
    "desk.loss_per_case": metric(
        "每起損失", "Loss per case", "ratio", "CNY", 2,
        numerator="desk.loss", denominator="desk.cases", by=[BY_CHANNEL],
    ),
    "desk.everything": metric("合計", "Everything", "total", "case", by=[BY_CHANNEL], of=BOTH),
    "desk.growth": metric("增長", "Growth", "growth", "percent", 1, of=["desk.cases"], factor="100", by=[BY_CHANNEL]),
    "desk.growth_of_share": metric(
        "比率增長", "Growth of loss per case", "growth", "multiple", 3, of=["desk.loss_per_case"]
    ),
}  # fmt: skip


def test_the_catalogue_is_told_whole_in_its_own_order(api: Api) -> None:
    answer = api.get("/catalogue")
    found = answer.get_json()
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert found == {
        "digest": api.house.catalogue.digest,
        "organisation": {
            "name": {"zh-Hant": "測試公司", "en": "A Test Company"},
            "locales": ["zh-Hant", "en"],
            "entities": ["north", "south"],
        },
        "domains": {"desk": {"label": {"zh-Hant": "服務台", "en": "Desk"}}},
        "events": DECLARED | RESERVED,
        "lifecycles": {"desk.member": MEMBER},
        "metrics": METRICS,
    }
    assert (list(found["events"]), list(found["metrics"])) == ([*DECLARED, *RESERVED], list(METRICS))
    assert "舉報" in answer.text


def test_the_catalogue_is_known_by_its_digest(api: Api) -> None:
    first = api.get("/catalogue")
    assert first.headers["ETag"] == f'"{api.house.catalogue.digest}"'
    assert first.headers["Cache-Control"] == "private, no-cache"
    headers = {"Authorization": f"Bearer {api.token}", "If-None-Match": first.headers["ETag"]}
    again = api.client.get("/api/v1/catalogue", headers=headers)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    other = headers | {"If-None-Match": f'"{second_catalogue().digest}"'}
    assert api.client.get("/api/v1/catalogue", headers=other).get_json() == first.get_json()


def test_what_is_kept_is_told_only_to_who_may_read(api: Api) -> None:
    tag = {"If-None-Match": f'"{api.house.catalogue.digest}"'}
    assert api.client.get("/api/v1/catalogue", headers=tag).status_code == 401


def test_another_organisation_has_another_catalogue() -> None:
    catalogue = second_catalogue()
    told = document(catalogue)
    assert told["organisation"] == {
        "name": {
            "en": "Southern Orchards Cooperative (a test organisation)",
            "zh-Hant": "南方果園合作社（測試組織）",
        },
        "locales": ["en", "zh-Hant"],
        "entities": ["cooperative", "packhouse-ltd"],
    }
    assert list(told["domains"]) == list(catalogue.domains)
    fields = told["events"]["harvest.shipment.sold"]["fields"]
    assert {name: each["type"] for name, each in fields.items()} == {
        "market": "choice",
        "variety": "choice",
        "kilograms": "number",
        "proceeds": "money",
        "sold_on": "date",
    }
    assert told["events"]["harvest.fruit.picked"]["fields"]["picker"]["confidential"] is True
