"""Cleaning: known by content, freed of traces, refused when odd; what one sees stays."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from tests.evidence.samples import EXCEL, TRACE, WORD, docx, links, packed, parts, pdf, picture, unpacked, xlsx
from tracker.catalogue.builtin import ATTACHED, builtin_events
from tracker.errors import Invalid
from tracker.evidence import ACCEPTED, MOST_BYTES, cleaned
from tracker.evidence.kinds import EXTENSIONS

PNG, JPEG, WEBP = (picture(kind) for kind in ("PNG", "JPEG", "WEBP"))


def refusal(content: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        cleaned(content, "file")
    assert refused.value.detail.endswith(f". Accepted are {ACCEPTED}.")
    return refused.value.mistakes[0].message


def everything(content: bytes) -> bytes:
    """A file's bytes, and those of what is packed in it."""
    found = content
    if content.startswith(b"PK"):
        found += b"".join(each for name, part in unpacked(content).items() for each in (name.encode(), part))
    if content.startswith(b"%PDF"):
        with pikepdf.open(BytesIO(content)) as document:
            for each in document.objects:
                found += repr(each).encode()
                if isinstance(each, pikepdf.Stream):
                    found += each.read_raw_bytes()
                    if "/Filter" not in each or each.Filter == pikepdf.Name.FlateDecode:
                        found += each.read_bytes()
    return found


SAMPLES = [
    ("image/png", PNG),
    ("image/jpeg", JPEG),
    ("image/webp", WEBP),
    ("application/pdf", pdf()),
    (WORD, docx()),
    (EXCEL, xlsx()),
]


@pytest.mark.parametrize(("media_type", "content"), SAMPLES, ids=[type for type, _ in SAMPLES])
def test_no_trace_of_its_maker_is_left_in_a_file(media_type: str, content: bytes) -> None:
    assert TRACE.encode() in everything(content)
    found = cleaned(content, "evidence.exe")
    assert TRACE.encode() not in everything(found.content)
    assert (found.media_type, found.name) == (media_type, f"evidence.{EXTENSIONS[media_type]}")


@pytest.mark.parametrize(("media_type", "content"), SAMPLES, ids=[type for type, _ in SAMPLES])
def test_the_same_file_twice_gives_the_same_bytes_and_a_clean_one_stays_clean(media_type: str, content: bytes) -> None:
    first = cleaned(content, "a")
    assert cleaned(content, "a") == first
    assert cleaned(first.content, "a").media_type == media_type


@pytest.mark.parametrize("content", [PNG, WEBP], ids=["png", "webp"])
def test_what_a_picture_shows_stays(content: bytes) -> None:
    with Image.open(BytesIO(content)) as before, Image.open(BytesIO(cleaned(content, "a").content)) as after:
        assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()
        assert not after.getexif()
        assert {"exif", "xmp", "icc_profile", "comment", "Author"} & after.info.keys() == set()


def test_a_picture_that_was_taken_sideways_is_turned_upright() -> None:
    image, exif, written = Image.new("RGB", (8, 4)), Image.Exif(), BytesIO()
    exif[0x0112] = 6
    image.save(written, "JPEG", exif=exif)
    with Image.open(BytesIO(cleaned(written.getvalue(), "a").content)) as found:
        assert found.size == (4, 8)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_mode_are_taken(mode: str) -> None:
    kind, written = ("JPEG" if mode == "CMYK" else "PNG"), BytesIO()
    Image.new(mode, (3, 3)).save(written, kind)
    assert cleaned(written.getvalue(), "a").media_type == f"image/{kind.lower()}"


def bomb(width: int, height: int) -> bytes:
    """A small PNG that claims to be vast."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    found = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(found)


@pytest.mark.parametrize(("width", "height"), [(8000, 5001), (10_000, 10_000), (60_000, 60_000)])
def test_a_picture_that_unpacks_to_very_much_is_refused_before_it_does(width: int, height: int) -> None:
    assert refusal(bomb(width, height)) == "is a picture of more than 40 million pixels"


def test_a_moving_picture_is_refused() -> None:
    written = BytesIO()
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])
    assert refusal(written.getvalue()) == "is a moving picture; save one picture of it"


DAMAGED = [(name, content) for name, content in (("PNG", PNG), ("JPEG", JPEG), ("WEBP", WEBP))]


@pytest.mark.parametrize(("name", "content"), DAMAGED, ids=[name for name, _ in DAMAGED])
def test_a_damaged_picture_is_refused_wherever_it_ends(name: str, content: bytes) -> None:
    for end in range(12, len(content) // 2, 7):
        assert refusal(content[:end]) == "is damaged: it begins like a picture and is none"


def test_what_a_pdf_shows_stays() -> None:
    with pikepdf.open(BytesIO(cleaned(pdf(), "a").content)) as found:
        page = found.pages[0]
        assert b"(Shown) Tj" in page.obj.Contents.read_bytes()
        with Image.open(BytesIO(page.obj.Resources.XObject.Im0.read_raw_bytes())) as image:
            assert image.size == (6, 4)
        annotations = page.obj.Annots
        assert [str(each.A.URI) if "/A" in each else None for each in annotations] == ["https://www.example.com/", None]
        assert {"/OpenAction", "/Metadata", "/AA", "/AF"} & set(found.Root.keys()) == set()
        assert list(found.attachments) == []


def test_an_encrypted_pdf_is_refused() -> None:
    made, written = pikepdf.new(), BytesIO()
    made.add_blank_page()
    made.save(written, encryption=pikepdf.Encryption(owner="o", user="u"))
    assert refusal(written.getvalue()) == "is an encrypted PDF; save it without a password"


def test_a_pdf_that_only_forbids_is_written_anew_without_encryption() -> None:
    made, written = pikepdf.new(), BytesIO()
    made.add_blank_page()
    made.save(written, encryption=pikepdf.Encryption(owner="o", user=""))
    with pikepdf.open(BytesIO(cleaned(written.getvalue(), "a").content)) as found:
        assert not found.is_encrypted


@pytest.mark.parametrize("content", [b"%PDF-", b"%PDF-1.7\n" + bytes(range(256)) * 4, b"%PDF-1.4\n%%EOF\n"])
def test_a_damaged_pdf_is_refused(content: bytes) -> None:
    assert refusal(content) == "is damaged: it begins like a PDF and is none"


def test_text_is_taken_as_it_is() -> None:
    found = cleaned("\ufeff事件經過\r\n\tThe keys were gone – twice.\n".encode(), "筆記.md")
    assert (found.media_type, found.content.decode(), found.name) == (
        "text/plain",
        "事件經過\r\n\tThe keys were gone – twice.\n",
        "筆記.txt",
    )


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02",
        b"GIF89a\x01\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "in another encoding: ü".encode("latin-1"),
        "in another encoding".encode("utf-16"),
        b"a\x00b",
        b"\x1b[31mred",
        b"Rar!\x1a\x07",
    ],
)
def test_what_is_of_no_accepted_kind_is_refused(content: bytes) -> None:
    assert refusal(content) == "is of no accepted kind"


def test_empty_and_too_large_files_are_refused() -> None:
    assert refusal(b"") == "is empty"
    assert refusal(b"a" * (MOST_BYTES + 1)) == "is larger than 10 MiB"
    assert len(cleaned(b"a" * MOST_BYTES, "a").content) == MOST_BYTES


@pytest.mark.parametrize("make", [docx, xlsx])
def test_what_an_office_file_shows_stays(make: object) -> None:
    assert callable(make)
    found = unpacked(cleaned(make(), "a").content)
    main = next(name for name in ("word/document.xml", "xl/workbook.xml") if name in found)
    folder = main.partition("/")[0]
    rels = f"{folder}/_rels/{main.rpartition('/')[2]}.rels"
    assert set(found) == {"[Content_Types].xml", "_rels/.rels", main, rels, f"{folder}/media/image1.jpeg"}
    assert b"<w:t>Shown</w:t>" in found[main]
    assert b'<pageSetup paperSize="9"/>' in found[main]
    assert b"docProps" not in found["[Content_Types].xml"] + found["_rels/.rels"]
    assert (found[rels].count(b"<Relationship "), b"media/image1.jpeg" in found[rels]) == (1, True)


def test_a_template_elsewhere_is_left_out_and_links_that_people_follow_stay() -> None:
    rels = links(external={"attachedTemplate": f"file:///C:/{TRACE}.dotm", "hyperlink": "https://www.example.com/"})
    settings = b'<w:settings xmlns:w="w"><w:attachedTemplate r:id="rIdX" xmlns:r="r"/></w:settings>'
    more = {"word/settings.xml": settings, "word/_rels/settings.xml.rels": rels}
    found = unpacked(cleaned(docx(more=more), "a").content)
    assert found["word/settings.xml"] == b'<w:settings xmlns:w="w"></w:settings>'
    assert b"https://www.example.com/" in found["word/_rels/settings.xml.rels"]
    assert TRACE.encode() not in found["word/_rels/settings.xml.rels"]


MACROS = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" '
    b'ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
)
ACTS = "holds macros, embedded objects or links to other files; save it without them"

ODD = [
    ({"word/vbaProject.bin": b"x"}, ACTS),
    ({"word/embeddings/o.bin": b"x"}, ACTS),
    (
        {"xl/externalLinks/e.xml": b"<a/>"},
        "holds macros, embedded objects or links to other files; save it without them",
    ),
    ({"[Content_Types].xml": MACROS}, "holds macros; save it without them"),
    ({"word/run.exe": b"MZ"}, "holds a part of an unknown kind; save it anew as DOCX or XLSX"),
    ({"word/media/a.tiff": b"II*\x00"}, "shows a picture that is neither PNG, JPEG nor WebP; change its kind"),
    ({"../up.xml": b"<a/>"}, "holds a part with an odd name"),
    ({"/root.xml": b"<a/>"}, "holds a part with an odd name"),
    ({"WORD/document.xml": b"<a/>"}, "holds two parts of one name"),
    ({"word/a.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}, "holds a part that is no plain XML"),
    ({"word/a.xml": "<a/>".encode("utf-16")}, "holds a part that is no plain XML"),
    ({"word/a.xml": b"<a>"}, "is damaged: it begins like a DOCX or XLSX and is none"),
    (
        {"word/_rels/x.xml.rels": links(external={"image": "https://tracker.example/pixel.png"})},
        "shows something that lies elsewhere; put it into the file, or leave it out",
    ),
    ({"word/big.xml": b"<a>" + b" " * (101 << 20) + b"</a>"}, "is too large once it is unpacked"),
]


@pytest.mark.parametrize(("more", "words"), ODD, ids=[words for _, words in ODD])
def test_an_office_file_that_could_act_or_mislead_is_refused(more: dict[str, bytes], words: str) -> None:
    assert refusal(packed(parts("word/document.xml", WORD) | more)) == words


def test_many_parts_are_refused() -> None:
    more = {f"word/p{number}.xml": b"<a/>" for number in range(2001)}
    assert refusal(docx(more=more)) == "is too large once it is unpacked"


def test_an_archive_that_is_no_office_file_is_refused() -> None:
    assert refusal(packed({"a.txt": b"a"})) == "is a ZIP archive, and neither DOCX nor XLSX"
    assert refusal(packed(parts("word/document.xml", WORD), zipfile.ZIP_BZIP2)) == (
        "is encrypted or packed in an unusual way"
    )


def test_a_damaged_archive_is_refused_wherever_it_ends() -> None:
    whole = docx()
    for end in range(4, len(whole), 97):
        assert refusal(whole[:end]) == "is damaged: it begins like a DOCX or XLSX and is none"


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("report.pdf", "report.txt"),
        ("C:\\Users\\alice\\Desktop\\notes.txt", "notes.txt"),
        ("../../etc/passwd", "passwd.txt"),
        ("a/b/", "file.txt"),
        ("", "file.txt"),
        ("...", "file.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.txt"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie_ x.txt"),
        ('"<script>".txt', "script.txt"),
        ("報告 2020.docx", "報告 2020.txt"),
        ("x" * 500 + ".txt", "x" * 120 + ".txt"),
        ("=cmd|'/C calc'!A0", "C calc'!A0.txt"),
    ],
)
def test_a_name_is_reduced_to_what_misleads_nobody(declared: str, expected: str) -> None:
    assert cleaned(b"text", declared).name == expected


def test_names_and_contents_are_not_in_what_is_printed() -> None:
    assert repr(cleaned(TRACE.encode(), TRACE)) == f"Clean('text/plain', {len(TRACE)} bytes)"


def test_every_accepted_type_fits_the_event_that_attaches_it() -> None:
    field = builtin_events(["en"])[ATTACHED].fields["media_type"]
    assert max(map(len, EXTENSIONS)) <= field.max_length
