"""Forms as a browser sees them: what is filled in already, ready to be changed and sent."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.web.visitors import Visitor


class Form(HTMLParser):
    """The form of a page that is sent to ``action``: its fields with their values."""

    def __init__(self, text: str, action: str | None = None) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.labels: list[str] = []
        self._wanted, self._within, self._area, self._select = action, False, "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("method") == "post":
            self._within = found.get("action") == self._wanted
        elif self._within and tag == "input":
            self._input(found)
        elif self._within and tag in {"textarea", "select"}:
            self.values.setdefault(found["name"], "")
            self._area, self._select = (found["name"], "") if tag == "textarea" else ("", found["name"])
        elif self._within and tag == "option" and self._select and "selected" in found:
            self.values[self._select] = found["value"]

    def _input(self, found: dict[str, str]) -> None:
        kind = found.get("type", "text")
        if kind == "radio" and "checked" in found:
            self.values[found["name"]] = found["value"]
        elif kind not in {"radio", "file"} and "name" in found:
            self.values[found["name"]] = found.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._within and self._area:
            self.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = False
        elif tag == "textarea" and self._area:
            self.values[self._area] = self.values[self._area].removeprefix("\r\n").removeprefix("\n")
            self._area = ""


def filled(visitor: Visitor, path: str, action: str | None = None) -> dict[str, str]:
    """What the form at ``path`` holds, with its token."""
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    found = Form(answer.text, action).values
    assert "csrf_token" in found, f"no form for {action}"
    return found
