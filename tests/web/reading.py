"""Pages as people read them: texts by tag, tables by their cells, links, and everything that could run or style."""

from __future__ import annotations

from html.parser import HTMLParser

from werkzeug.test import TestResponse

_VOID = frozenset(
    {"area", "br", "circle", "col", "embed", "hr", "img", "input", "link", "meta", "polyline", "source", "wbr"}
)


class Page(HTMLParser):
    """A page. ``texts`` are (tag, words) in order; ``rows`` the tables' rows as the words of their cells."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.language: str | None = None
        self.texts: list[tuple[str, str]] = []
        self.inline: list[str] = []
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        assert answer.content_type == "text/html; charset=utf-8", answer.status
        self.feed(answer.get_data(as_text=True))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "html":
            self.language = found.get("lang")
        if tag in {"style", "iframe", "object", "base"} or (
            tag == "script" and not (found.get("src") or "").startswith("/static/")
        ):
            self.inline.append(tag)
        self.inline += [name for name in found if name.startswith("on") or name == "style"]
        self.links += [found[name] or "" for name in ("href", "src", "action") if name in found]
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"} and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if not words:
            return
        self.texts.append((self._open[-1], words))
        if self.rows and self.rows[-1] and {"td", "th"} & set(self._open):
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {words}".strip()

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def of(self, *tags: str) -> list[str]:
        """The words directly within elements of these tags, in order."""
        return [words for tag, words in self.texts if tag in tags]

    def row(self, first: str) -> list[str]:
        """The cells after the first of the one row that begins with ``first``."""
        found = [row[1:] for row in self.rows if row and row[0] == first]
        assert len(found) == 1, (first, [row[:1] for row in self.rows])
        return found[0]
