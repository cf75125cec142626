"""Files as people have them: with the traces of whoever made them, which a test can look for."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pikepdf
from PIL import Image
from PIL.PngImagePlugin import PngInfo

TRACE = "Tracy-Trace-4711"
"""What stands wherever a file can tell of its maker."""

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def picture(kind: str, size: tuple[int, int] = (6, 4), mode: str = "RGB", trace: str = TRACE) -> bytes:
    """A picture with EXIF (a camera, an author, a place), and with comments where its kind has them."""
    image = Image.new(mode, size, 0)
    for x in range(size[0] // 2):
        for y in range(size[1]):
            image.putpixel((x, y), (250, 20, 30) if mode == "RGB" else 1)
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = f"Camera of {trace}", trace
    exif.get_ifd(0x8825)[1] = f"N {trace}"
    more: dict[str, object] = {"exif": exif}
    if kind == "PNG":
        info = PngInfo()
        info.add_text("Author", trace)
        info.add_itxt("XML:com.adobe.xmp", f"<x>{trace}</x>")
        more["pnginfo"] = info
    else:
        more["xmp"] = f"<x>{trace}</x>".encode()
    if kind == "JPEG":
        more["comment"] = trace
    written = BytesIO()
    image.save(written, kind, **more)
    return written.getvalue()


def pdf(trace: str = TRACE, words: str = "BT /F1 12 Tf (Shown) Tj ET") -> bytes:
    """A page with a picture, made by somebody, with scripts, a file within, and a note that is signed."""
    made = pikepdf.new()
    made.add_blank_page(page_size=(200, 200))
    page = made.pages[0]
    page.obj.Contents = made.make_stream(words.encode())
    image = made.make_stream(picture("JPEG", trace=trace))
    image.Type, image.Subtype, image.Filter = pikepdf.Name.XObject, pikepdf.Name.Image, pikepdf.Name.DCTDecode
    image.Width, image.Height, image.ColorSpace, image.BitsPerComponent = 6, 4, pikepdf.Name.DeviceRGB, 8
    image.Metadata = made.make_stream(trace.encode())
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String(f"app.alert('{trace}')"))
    page.obj.AA = pikepdf.Dictionary(O=script)
    link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("https://www.example.com/"))
    note: dict[str, Any] = {"/Type": pikepdf.Name.Annot, "/Subtype": pikepdf.Name.Link, "/Rect": [0, 0, 9, 9]}
    note |= {"/T": trace, "/M": trace}
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String(trace))
    page.obj.Annots = made.make_indirect(
        pikepdf.Array([pikepdf.Dictionary(note | {"/A": link}), pikepdf.Dictionary(note | {"/A": launch})])
    )
    made.Root.OpenAction = script
    made.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=[pikepdf.String("x"), script]))
    made.attachments["inside.txt"] = trace.encode()
    made.docinfo["/Author"] = trace
    with made.open_metadata() as metadata:
        metadata["dc:creator"] = [trace]
    written = BytesIO()
    made.save(written)
    return written.getvalue()


def parts(main: str, type: str, trace: str = TRACE) -> dict[str, bytes]:
    """The parts of a DOCX (``word/document.xml``) or XLSX (``xl/workbook.xml``) that somebody wrote."""
    folder = main.partition("/")[0]
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>'
        for name, kind in ((main, f"{type}.main+xml"), ("docProps/core.xml", "application/x"))
    )
    default = '<Default Extension="xml" ContentType="x"/>'
    return {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}">{default}{types}</Types>'.encode(),
        "_rels/.rels": links(("officeDocument", main), ("core-properties", "docProps/core.xml")),
        "docProps/core.xml": f"<p><creator>{trace}</creator></p>".encode(),
        "customXml/item1.xml": f"<p>{trace}</p>".encode(),
        main: _main(trace),
        f"{folder}/_rels/{main.rpartition('/')[2]}.rels": links(
            ("image", "media/image1.jpeg"),
            ("customXml", "../customXml/item1.xml"),
            ("printerSettings", "printerSettings/p.bin"),
        ),
        f"{folder}/printerSettings/p.bin": trace.encode(),
        f"{folder}/media/image1.jpeg": picture("JPEG", trace=trace),
    }


def _main(trace: str) -> bytes:
    """A part with whatever tells of somebody in Word or in Excel."""
    return (
        f'<a xmlns:w="w" xmlns:r="r" xmlns:x15ac="x15ac"><w:ins w:author="{trace}" w:date="{trace}" w:rsidR="{trace}">'
        f'<w:t>Shown</w:t></w:ins><author>{trace}</author><x15ac:absPath url="{trace}"/>'
        f'<pageSetup paperSize="9" r:id="rId7"/></a>'
    ).encode()


def links(*targets: tuple[str, str], external: Mapping[str, str] | None = None) -> bytes:
    """A list of relationships."""
    inner = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets)
    )
    outer = "".join(
        f'<Relationship Id="rIdX" Type="{_OFFICE}/{kind}" Target="{target}" TargetMode="External"/>'
        for kind, target in (external or {}).items()
    )
    return f'<Relationships xmlns="{_LINKS}">{inner}{outer}</Relationships>'.encode()


def docx(trace: str = TRACE, more: Mapping[str, bytes] | None = None) -> bytes:
    """A Word file."""
    return packed(parts("word/document.xml", WORD, trace) | dict(more or {}))


def xlsx(trace: str = TRACE) -> bytes:
    """An Excel file."""
    return packed(parts("xl/workbook.xml", EXCEL, trace))


def packed(found: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these parts."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return written.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """The parts of a ZIP."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
