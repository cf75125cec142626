"""Lists that people search, sort, filter, page through and take away as CSV; what they chose is remembered.

A page says its columns and filters as a :class:`Listing` and how rows are found as a function of a :class:`Query`;
``listing.answer(...)`` does the rest. Templates show it by the macro ``listing`` of ``macros/lists.html``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Generic, TypeAlias, TypeVar

from flask import Response, g, render_template, request, session, url_for
from werkzeug.datastructures import MultiDict

from tracker.exports.csv import safe
from tracker.web.languages import _

T = TypeVar("T")

SIZE = 50
CSV_SIZE = 1_000
LONGEST = 200
"""Characters of one thing that is searched for."""

REMEMBERED = "lists"
MOST_REMEMBERED = 12
"""Lists whose choices a session keeps: they travel in a cookie."""

_BOM = "\ufeff"
"""Without it spreadsheets take Chinese for something else."""


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column. ``value`` gives text, a number, a stamp, a day or ``None``: what is sorted, searched and written to
    CSV. ``kind`` decides how it is shown: ``text``, ``code``, ``number``, ``instant``, ``day`` or ``state`` (a badge in
    the tone that ``tone`` gives). ``show`` gives other content for the page; ``href`` makes it a link."""

    id: str
    label: Any
    value: Callable[[T], Any]
    kind: str = "text"
    sortable: bool = False
    href: Callable[[T], str | None] | None = None
    tone: Callable[[T], str] | None = None
    show: Callable[[T], Any] | None = None

    @property
    def css(self) -> str:
        """The class of its cells."""
        return self.kind if self.kind in ("number", "instant") else ""


@dataclass(frozen=True)
class Filter:
    """A narrowing of the list: one of ``choices`` (value and words), or free input of ``kind`` (``text``, ``date``).
    A ``hidden`` one is chosen by links elsewhere on the page, and kept."""

    id: str
    label: Any
    choices: Sequence[tuple[str, Any]] | None = None
    kind: str = "text"
    hidden: bool = False

    def accepts(self, value: str) -> bool:
        """Whether this can be asked for."""
        return bool(value) and (self.choices is None or any(value == each for each, _words in self.choices))


@dataclass(frozen=True)
class Query:
    """What is asked of a list. ``cursor`` is where the page begins, as the page before said."""

    search: str = ""
    sort: str = ""
    descending: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    cursor: str | None = None
    limit: int = SIZE

    def filter(self, id: str) -> str | None:
        """The value of a filter, if it is set."""
        return self.filters.get(id)

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.search or self.filters)


@dataclass(frozen=True)
class Rows(Generic[T]):
    """One page of rows, and the cursor of the next; ``total`` where it is known."""

    rows: Sequence[T]
    next: str | None = None
    total: int | None = None


Fetch: TypeAlias = Callable[[Query], Rows[T]]


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A list. ``name`` is unique: choices are remembered and files are called by it. ``sort`` is the order unless
    another is chosen (``-id`` for descending); ``empty`` says that there is nothing yet, and what to do."""

    name: str
    columns: Sequence[Column[T]]
    filters: Sequence[Filter] = ()
    sort: str = ""
    searchable: bool = True
    empty: tuple[Any, Any] = ("", "")

    def answer(self, template: str, fetch: Fetch[T], **context: Any) -> Response | str:
        """The page with the rows that are asked for as ``listing``, or all of them as CSV."""
        query = self.query()
        if request.args.get("format") == "csv":
            return self.csv(fetch, query)
        return render_template(template, listing=Shown(self, query, fetch(query)), **context)

    def query(self) -> Query:
        """What the address asks for; where it asks for nothing, what was asked for last."""
        asked = self._asked()
        sort = asked.get("sort", "") if self._sortable(asked.get("sort", "")) else self.sort
        found = {each.id: _clean(asked.get(each.id, "")) for each in self.filters}
        return Query(
            search=_clean(asked.get("q", "")) if self.searchable else "",
            sort=sort.removeprefix("-"),
            descending=sort.startswith("-"),
            filters={each.id: found[each.id] for each in self.filters if each.accepts(found[each.id])},
            cursor=_clean(request.args.get("page", "")) or None,
        )

    def csv(self, fetch: Fetch[T], query: Query) -> Response:
        """Every row that is asked for, below the columns' names; text that would be a formula is kept text."""
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerow([safe(str(column.label)) for column in self.columns])
        for row in every(fetch, query):
            lines.writerow([safe(_plain(column.value(row))) for column in self.columns])
        name = self.name.replace("/", "-")
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(_BOM + text.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")

    def _asked(self) -> Mapping[str, str]:
        """The choices in the address, or those remembered. ``reset`` forgets them."""
        own = ("q", "sort", *(each.id for each in self.filters))
        asked = {name: request.args[name] for name in own if name in request.args}
        if g.get("person") is None:  # nothing is kept of who is not signed in
            return asked
        kept: dict[str, dict[str, str]] = session.get(REMEMBERED, {})
        if "reset" in request.args or asked:
            chosen = {name: value[:LONGEST] for name, value in asked.items() if value}
            others = {name: each for name, each in kept.items() if name != self.name}
            session[REMEMBERED] = dict([*others.items(), (self.name, chosen)][-MOST_REMEMBERED:])
            return asked
        return kept.get(self.name, {})

    def _sortable(self, sort: str) -> bool:
        return any(column.sortable and column.id == sort.removeprefix("-") for column in self.columns)


@dataclass(frozen=True)
class Shown(Generic[T]):
    """A list as a template shows it: its rows, and the addresses of everything it can be turned into."""

    listing: Listing[T]
    query: Query
    page: Rows[T]

    def sorting(self, column: Column[T]) -> str | None:
        """``ascending`` or ``descending`` where the list is in this column's order."""
        if column.id != self.query.sort:
            return None
        return "descending" if self.query.descending else "ascending"

    def sorted_by(self, column: Column[T]) -> str:
        """The address of the list in this column's order, or the other way round."""
        turned = self.sorting(column) == "ascending"
        return self._address(sort=f"-{column.id}" if turned else column.id)

    @property
    def next(self) -> str | None:
        """The address of the next page."""
        return self._address(page=self.page.next) if self.page.next else None

    @property
    def first(self) -> str | None:
        """The address of the first page, unless this is it."""
        return self._address() if self.query.cursor else None

    @property
    def csv(self) -> str:
        """The address of the whole list as CSV."""
        return self._address(format="csv")

    @property
    def reset(self) -> str:
        """The address of the list without any choice."""
        return _here(reset="1")

    @property
    def counted(self) -> str:
        """How many rows there are, where that is known."""
        total = self.page.total
        return "" if total is None else _("%(total)s in all", total=f"{total:,}")

    def _address(self, **others: str) -> str:
        query = self.query
        kept = {"q": query.search, **query.filters}
        if query.sort:
            kept["sort"] = f"-{query.sort}" if query.descending else query.sort
        return _here(**({name: value for name, value in kept.items() if value} | others))


def every(fetch: Fetch[T], query: Query) -> Iterator[T]:
    """All rows, page after page."""
    asked = replace(query, cursor=None, limit=CSV_SIZE)
    while True:
        page = fetch(asked)
        yield from page.rows
        if page.next is None:
            return
        asked = replace(asked, cursor=page.next)


def page_of(rows: Iterable[T], query: Query, columns: Sequence[Column[T]]) -> Rows[T]:
    """A page of rows that are all at hand: searched in every column, in order, cut. Filters are the caller's."""
    wanted = query.search.casefold()
    found = [row for row in rows if not wanted or any(wanted in _plain(each.value(row)).casefold() for each in columns)]
    for column in columns:
        if column.id == query.sort:
            found.sort(key=lambda row, value=column.value: _order(value(row)), reverse=query.descending)  # type: ignore[misc]
    start = int(query.cursor) if query.cursor and query.cursor.isascii() and query.cursor.isdigit() else 0
    end = start + query.limit
    return Rows(found[start:end], str(end) if end < len(found) else None, len(found))


def _order(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, ""
    return (1, Decimal(value)) if isinstance(value, int | Decimal) else (2, str(value).casefold())


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _clean(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST]


def _here(**query: str) -> str:
    values: dict[str, Any] = dict(request.view_args or {})
    return url_for(request.endpoint or "", **MultiDict([*values.items(), *query.items()]))
