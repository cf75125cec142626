"""Every word of the pages in Traditional Chinese: none missing, none left over, placeholders alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from tracker.web.languages import TRANSLATIONS, catalogue_of

WEB = TRANSLATIONS.parent
KEYWORDS = {"_": None, "lazy": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
FOLDERS = sorted(folder for folder in TRANSLATIONS.iterdir() if folder.is_dir())

Message = str | tuple[str, ...]


def used() -> dict[Message, list[str]]:
    """Every message of the pages' templates and code, with the files that say it."""
    found: dict[Message, list[str]] = {}
    for file, method in [*((f, "python") for f in WEB.rglob("*.py")), *((f, "jinja2") for f in WEB.rglob("*.html"))]:
        for message in messages(file, method):
            found.setdefault(message, []).append(str(file.relative_to(WEB)))
    return found


def messages(file: Path, method: str) -> Iterator[Message]:
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"} if method == "jinja2" else {}
    chosen = "jinja2.ext:babel_extract" if method == "jinja2" else method
    with file.open("rb") as stream:
        for _line, message, _comments, _context in extract(chosen, stream, keywords=KEYWORDS, options=options):
            yield message if isinstance(message, str) else tuple(message)


def translated(folder: Path) -> Catalog:
    return catalogue_of(folder)


def test_words_are_found_in_templates_and_in_code() -> None:
    found = used()
    assert "navigation.py" in found["Frozen years"]
    assert "years/index.html" in [file.removeprefix("templates/") for file in found["Frozen years"]]
    assert len(found) > 50


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_message_is_translated(folder: Path) -> None:
    known = translated(folder)
    missing = {message: files for message, files in used().items() if not answers(known, message)}
    assert missing == {}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_translation_is_left_over(folder: Path) -> None:
    wanted = set(used())
    found = {message.id if isinstance(message.id, str) else tuple(message.id) for message in translated(folder)}
    assert found - {""} - wanted == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_placeholders_are_those_of_the_english_message(folder: Path) -> None:
    for message in translated(folder):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        wanted = set(PLACEHOLDER.findall(ids[-1]))
        assert all(set(PLACEHOLDER.findall(each)) == wanted for each in strings), message.id
        assert all("%" not in PLACEHOLDER.sub("", each).replace("%%", "") for each in strings if wanted), message.id


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_modules_that_share_a_message_translate_it_alike(folder: Path) -> None:
    said: dict[object, tuple[object, str]] = {}
    for file in sorted(folder.glob("*.po")):
        with file.open("rb") as stream:
            for message in read_po(stream, locale=folder.name, abort_invalid=True):
                key = message.id if isinstance(message.id, str) else tuple(message.id)
                if key:
                    before, where = said.setdefault(key, (message.string, file.name))
                    assert before == message.string, (key, where, file.name)


def answers(known: Catalog, message: Message) -> bool:
    found = known.get(message if isinstance(message, str) else message[0])
    if found is None:
        return False
    strings = [found.string] if isinstance(found.string, str) else list(found.string or ())
    return bool(strings) and all(strings)
