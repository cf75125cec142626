"""Awards of the reference year. Titles are our own short ones; days that the report does not tell are illustrative."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tracker.sample.shapes import LOCAL, event

Event = dict[str, Any]

_AWARDS = (  # month, day, theme, title, granted by
    (4, 24, "intellectual_property", "北京知識產權示範", "北京市知識產權局"),
    (8, 18, "intellectual_property", "中關村知識產權重點企業", "中關村"),
    (9, 27, "rural", "非遺扶貧品牌", "中國文化傳媒集團"),
    (10, 22, "intellectual_property", "北京發明專利三等獎", "北京市"),
    (11, 12, "rural", "責任金牛：精準扶貧", "中國社會責任百人論壇"),
    (11, 13, "rural", "2019 企業扶貧 50 佳", "國務院扶貧辦"),
    (11, 20, "security", "數據安全合規案例", "中國信息通信研究院"),
    (11, 27, "rural", "扶貧創新企業", "騰訊新聞"),
    (12, 10, "self_regulation", "互聯網自律與公益", ""),
    (12, 12, "responsibility", "社會責任年度案例", "人民網"),
    (12, 19, "responsibility", "EDGE 社會責任先鋒", "鈦媒體"),
    (12, 24, "rural", "2020 企業扶貧 50 佳", "國務院扶貧辦"),
    (12, 25, "rural", "第三屆扶貧優秀案例", "人民網"),
)


def events() -> Iterator[Event]:
    """Thirteen awards and a certification."""
    for number, (month, day, theme, title, giver) in enumerate(_AWARDS, 1):
        data = {"theme": theme, "title": title, **({"granted_by": giver} if giver else {})}
        when = datetime(2020, month, day, 15, 0, tzinfo=LOCAL)
        yield event("recognition.award.received", f"award-2020-{number:02}", when, data)
    data = {"theme": "security", "title": "國家信息安全等級保護（三級）"}
    when = datetime(2020, 7, 15, 15, 0, tzinfo=LOCAL)
    yield event("recognition.certification.obtained", "certification-level-3", when, data, subject="security-level-3")
