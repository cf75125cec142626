"""Which language a page speaks, and its few words.

Browsers ask for Chinese in many ways (``zh-HK``, ``zh-TW``, ``zh-Hant-MO``); all of them mean the
Traditional Chinese that the report is written in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "zh-Hant": {
        "title": "年度管治數據",
        "years": "年度",
        "figure": "指標",
        "value": "數值",
        "by": "細分",
        "kpis": "披露指標",
        "revision": "版本",
        "log": "凍結於事件",
        "empty": "尚無凍結年度",
        "empty_help": "年度結束後，執行 tracker freeze 年份 即可凍結並在此顯示。",
        "home": "返回首頁",
        "docs": "API 說明",
        "docs_help": "此頁面需要 JavaScript；API 說明文件本身在此：",
    },
    "en": {
        "title": "Governance figures of the year",
        "years": "Years",
        "figure": "Figure",
        "value": "Value",
        "by": "Breakdown",
        "kpis": "KPIs",
        "revision": "Revision",
        "log": "Frozen at event",
        "empty": "No year is frozen yet",
        "empty_help": "When a year is over, run tracker freeze YEAR; it then appears here.",
        "home": "Home",
        "docs": "API documentation",
        "docs_help": "This page needs JavaScript. The description itself is here:",
    },
}


def texts(locale: str) -> Mapping[str, str]:
    """The page's words in a locale; English where there are none."""
    return _TEXTS.get(locale, _TEXTS["en"])


def choose(locales: Sequence[str], asked: str | None, accepted: str) -> str:
    """The locale that was asked for, else the first acceptable one, else the organisation's own."""
    if asked is not None and asked in locales:
        return asked
    for part in accepted.split(","):
        wanted = part.partition(";")[0].strip().lower()
        for locale in locales:
            if wanted and wanted.split("-")[0] == locale.lower().split("-")[0]:
                return locale
    return locales[0]
