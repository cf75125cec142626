"""PDF files: written anew without metadata, scripts, attached files and earlier versions."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from tracker.evidence.kinds import refused

_UNWANTED = (
    "/AA",
    "/AF",
    "/EF",
    "/EmbeddedFiles",
    "/JS",
    "/JavaScript",
    "/LastModified",
    "/Metadata",
    "/OpenAction",
    "/PieceInfo",
    "/RichMedia",
    "/XFA",
)
_HARMLESS = frozenset({"/GoTo", "/Named", "/URI"})
_DEEPEST = 200
_KEPT_SEGMENTS = frozenset({0xE0, 0xEE})  # JFIF, and Adobe's, which says how colours are to be read
_START_OF_SCAN = 0xDA


def clean_pdf(content: bytes) -> bytes:
    """The same pages, and nothing of who made them and with what.

    :raise Invalid: it is damaged, has no pages, or is encrypted.
    """
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            if not pdf.pages:
                raise refused("is a PDF without a page")
            _strip_document(pdf)
            written = BytesIO()
            pdf.save(written, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
            return written.getvalue()
    except pikepdf.PasswordError:
        raise refused("is an encrypted PDF; save it without a password") from None
    except (pikepdf.PdfError, ValueError, TypeError, LookupError, OSError, RecursionError):
        raise refused("is damaged: it begins like a PDF and is none") from None


def _strip_document(pdf: Pdf) -> None:
    for name in ("/Info", "/ID"):
        if name in pdf.trailer:
            del pdf.trailer[name]
    for each in pdf.objects:
        _strip(each, 0)


def _strip(value: Object, depth: int) -> None:
    """Take what is unwanted out of an object and what lies in it directly."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, Dictionary | Stream):
        for name in _unwanted(value):
            del value[name]
    if isinstance(value, Stream) and value.get("/Filter") in (Name.DCTDecode, Array([Name.DCTDecode])):
        plain = _without_segments(value.read_raw_bytes())
        parms = value.get("/DecodeParms")
        value.write(plain, filter=Name.DCTDecode, decode_parms=parms if isinstance(parms, Dictionary) else None)
    for each in _within(value):
        _strip(each, depth + 1)


def _unwanted(value: Object) -> list[str]:
    found = [name for name in _UNWANTED if name in value]
    action = value.get("/A")
    if isinstance(action, Dictionary) and str(action.get("/S")) not in _HARMLESS:
        found.append("/A")
    if value.get("/Type") == Name.Annot:
        found += [name for name in ("/FS", "/M", "/T", "/CreationDate") if name in value]
    return found


def _within(value: Object) -> Iterator[Object]:
    if isinstance(value, Array):
        children = list(value)
    elif isinstance(value, Dictionary | Stream):
        children = [value[name] for name in value.keys()]  # noqa: SIM118 - it is no mapping
    else:
        return
    for each in children:
        if isinstance(each, Array | Dictionary | Stream) and not each.is_indirect:
            yield each


def _without_segments(content: bytes) -> bytes:
    """A JPEG without the segments that tell of camera, place and author; bytes that are none are left alone."""
    if not content.startswith(b"\xff\xd8"):
        return content
    kept, place = [content[:2]], 2
    while place + 4 <= len(content) and content[place] == 0xFF and content[place + 1] != _START_OF_SCAN:
        marker = content[place + 1]
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE) or marker in _KEPT_SEGMENTS:
            kept.append(content[place:end])
        place = end
    return b"".join([*kept, content[place:]])
