"""Pictures: decoded and encoded anew, so that only what one sees is left."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageOps

from tracker.errors import Invalid
from tracker.evidence.kinds import refused

MOST_PIXELS = 40_000_000
"""A picture of more unpacks to over 160 MB."""

_MODES = {"1": "L", "L": "L", "LA": "RGBA", "La": "RGBA", "P": "RGBA", "PA": "RGBA", "RGBA": "RGBA", "RGBa": "RGBA"}
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What Pillow raises for bytes that are no picture."""


def picture_type(content: bytes) -> str | None:
    """The media type of what begins like a picture."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def clean_picture(content: bytes, media_type: str) -> bytes:
    """The same picture without EXIF, GPS, XMP, comments, profiles, thumbnails and whatever else went along.

    :raise Invalid: it is damaged, moves, or has too many pixels.
    """
    kind = media_type.removeprefix("image/").upper()
    try:
        with Image.open(BytesIO(content), formats=[kind]) as image:
            _check(image)
            return _encoded(image, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except Invalid:
        raise
    except _BROKEN:
        raise refused("is damaged: it begins like a picture and is none") from None


def _check(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise _too_large()
    if getattr(image, "n_frames", 1) > 1:
        raise refused("is a moving picture; save one picture of it")


def _encoded(image: Image.Image, kind: str) -> bytes:
    upright = ImageOps.exif_transpose(image)
    mode = "RGB" if kind == "JPEG" else _MODES.get(upright.mode, "RGB")
    if kind == "JPEG" and upright.mode == "L":
        mode = "L"
    if "transparency" in upright.info and kind != "JPEG":
        mode = "RGBA"
    plain = upright.convert(mode)
    plain.info = {}
    written = BytesIO()
    plain.save(written, kind, **({"quality": 92} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}))
    return written.getvalue()


def _too_large() -> Invalid:
    return refused(f"is a picture of more than {MOST_PIXELS // 1_000_000} million pixels")
