"""Word and Excel files: packed anew without properties, authors, macros and what lies embedded."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from posixpath import dirname, join, normpath
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from tracker.evidence.kinds import refused
from tracker.evidence.pictures import clean_picture, picture_type

MOST_PARTS = 2_000
MOST_UNPACKED = 100 << 20

_OFFICE = "application/vnd.openxmlformats-officedocument."
_MAIN = {
    "word/document.xml": f"{_OFFICE}wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}spreadsheetml.sheet",
}
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DROPPED = re.compile(r"(?:docProps|docMetadata|customXml)/|(?:word|xl)/printerSettings/|xl/persons/|word/people\.xml$")
_FORBIDDEN = re.compile(r"vba|macros?/|activeX|embeddings/|\.bin$|externalLinks/|connections\.xml$", re.IGNORECASE)
_VECTORS = (".emf", ".wmf")
_FONTS = (".odttf", ".fntdata")
_FIXED = (1980, 1, 1, 0, 0, 0)

_TELLTALE = tuple(
    (re.compile(pattern.encode()), replacement)
    for pattern, replacement in (
        (r'(\bw(?:15)?:(?:author|initials|date|userId|providerId))="[^"]*"', rb'\1=""'),
        (r' w\d*:rsid\w*="[^"]*"', b""),
        (r"(?s)<w:rsids>.*?</w:rsids>", b""),
        (r"<w:attachedTemplate\b[^>]*/>", b""),
        (r"(?s)<author>[^<]*</author>", b"<author></author>"),
        (r"<x15ac:absPath\b[^>]*?(?:/>|>\s*</x15ac:absPath>)", b""),
        (r"<fileSharing\b[^>]*/>", b""),
        (r'(<pageSetup\b[^>]*?) r:id="[^"]*"', rb"\1"),
        (r'(\b(?:lastModifiedBy|userName))="[^"]*"', rb'\1=""'),
    )
)
"""What in a part tells of a person or a machine, and what stands there instead."""


def clean_office(content: bytes) -> tuple[str, bytes]:
    """Media type and content of a DOCX or XLSX, freed of what tells who wrote it and of what could act.

    :raise Invalid: it is another kind of ZIP, damaged, encrypted, too large unpacked, or holds macros, embedded
        objects, or links to files elsewhere.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = dict(_parts(archive))
        media_type = next((found for name, found in _MAIN.items() if name in parts), None)
        if media_type is None or "[Content_Types].xml" not in parts:
            raise refused("is a ZIP archive, and neither DOCX nor XLSX")
        return media_type, _packed(_kept(parts))
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, NotImplementedError, EOFError, ValueError):
        raise refused("is damaged: it begins like a DOCX or XLSX and is none") from None


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    infos = archive.infolist()
    if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise refused("is too large once it is unpacked")
    names = [info.filename for info in infos]
    if len({name.casefold() for name in names}) < len(names):
        raise refused("holds two parts of one name")
    for info in infos:
        _check_part(info)
        if not info.is_dir():
            yield info.filename, archive.read(info)


def _check_part(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused("is encrypted or packed in an unusual way")
    if normpath(info.filename) != info.filename.rstrip("/") or info.filename.startswith(("/", "..")):
        raise refused("holds a part with an odd name")
    if not _DROPPED.match(info.filename) and _FORBIDDEN.search(info.filename):
        raise refused("holds macros, embedded objects or links to other files; save it without them")


def _kept(parts: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, content in parts.items():
        if _DROPPED.match(name):
            continue
        if name.endswith((".xml", ".rels", ".vml")):
            yield name, _clean_part(name, content)
        elif name.endswith(_FONTS):
            yield name, content
        elif "/media/" in name:
            yield name, _clean_media(name, content)
        else:
            raise refused("holds a part of an unknown kind; save it anew as DOCX or XLSX")


def _clean_part(name: str, content: bytes) -> bytes:
    if b"<!DOCTYPE" in content or b"\x00" in content:
        raise refused("holds a part that is no plain XML")
    ElementTree.fromstring(content)  # whole, or not at all
    if name == "[Content_Types].xml":
        return _content_types(content)
    if name.endswith(".rels"):
        return _links(name, content)
    for pattern, replacement in _TELLTALE:
        content = pattern.sub(replacement, content)
    return content


def _content_types(content: bytes) -> bytes:
    root = ElementTree.fromstring(content)
    for each in list(root):
        if "macroEnabled" in each.get("ContentType", ""):
            raise refused("holds macros; save it without them")
        if _DROPPED.match(each.get("PartName", "").lstrip("/")):
            root.remove(each)
    return _written("Types", _TYPES, root)


def _links(name: str, content: bytes) -> bytes:
    """The relationships of a part, without those to what is dropped and to a template somewhere else."""
    root = ElementTree.fromstring(content)
    base = dirname(dirname(name))
    for each in list(root):
        kind, target = each.get("Type", "").rpartition("/")[2], each.get("Target", "")
        if each.get("TargetMode") == "External":
            if kind == "attachedTemplate":
                root.remove(each)
            elif kind != "hyperlink":
                raise refused("shows something that lies elsewhere; put it into the file, or leave it out")
        elif _DROPPED.match(target[1:] if target.startswith("/") else normpath(join(base, target))):
            root.remove(each)
    return _written("Relationships", _LINKS, root)


def _written(name: str, namespace: str, root: ElementTree.Element) -> bytes:
    """Both kinds of lists are one element with empty ones in it."""
    if any(each.tag.partition("}")[0] != f"{{{namespace}" or len(each) for each in root):
        raise refused("holds a list of parts that is none")
    entries = "".join(
        f"<{each.tag.partition('}')[2]} {' '.join(f'{key}={quoteattr(value)}' for key, value in each.items())}/>"
        for each in root
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return f'{head}\n<{name} xmlns="{namespace}">{entries}</{name}>'.encode()


def _clean_media(name: str, content: bytes) -> bytes:
    kind = picture_type(content)
    if kind is not None:
        return clean_picture(content, kind)
    if name.endswith(_VECTORS):
        return content
    raise refused("shows a picture that is neither PNG, JPEG nor WebP; change its kind")


def _packed(parts: Iterator[tuple[str, bytes]]) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name, _FIXED), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
