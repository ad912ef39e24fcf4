"""Photographs: proved by their first bytes, decoded under a cap, drawn anew.

What is stored is never what came: pixels are re-encoded, so EXIF (place, owner, device),
trailing bytes and whatever else rode along are gone.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from PIL import ExifTags, Image, UnidentifiedImageError

from lokahome.core.errors import InvalidInput

WIDTHS = (160, 480, 1080)
WEBP_QUALITY = 78
JPEG_QUALITY = 82
TALLEST = 4
"""Height of a variant, at most, in its nominal widths."""
DECODERS_FAIL_BY = (UnidentifiedImageError, OSError, ValueError, SyntaxError)
"""What Pillow raises for bytes that are not what their beginning says."""


class NotAnImage(InvalidInput):
    """The bytes are not a JPEG, PNG or WebP photograph that can be decoded."""

    code = "upload.not_an_image"
    title = _("Ce fichier n’est pas une photo lisible")


class ImageTooLarge(InvalidInput):
    """The picture has more pixels than is decoded."""

    code = "upload.too_many_pixels"
    title = _("Cette photo a trop de pixels")


TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each EXIF orientation."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One encoded size of a photograph."""

    width: int
    height: int
    mime: str
    content: bytes

    @property
    def extension(self) -> str:
        """The file name's ending."""
        return "webp" if self.mime == "image/webp" else "jpg"


def sniff(raw: bytes) -> str | None:
    """Return the format of *raw* by its first bytes, before any decoder sees it."""
    if raw[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if raw[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "WEBP"
    return None


def make_variants(raw: bytes) -> list[Variant]:
    """Return *raw* as WebP of each of WIDTHS (never enlarged), and one JPEG.

    The JPEG, of the largest width, is for the phones that know no WebP. Raises
    NotAnImage or ImageTooLarge.
    """
    upright = _decoded(raw)
    variants = [_encode(upright, width, "image/webp") for width in WIDTHS]
    return [*variants, _encode(upright, max(WIDTHS), "image/jpeg")]


def make_jpeg(raw: bytes) -> Variant:
    """Return *raw* as the one JPEG alone; raises NotAnImage or ImageTooLarge."""
    return _encode(_decoded(raw), max(WIDTHS), "image/jpeg")


def _decoded(raw: bytes) -> Image.Image:
    """Return the pixels of *raw*, upright, at most twice as wide as we draw."""
    form = sniff(raw)
    if form is None:
        raise NotAnImage
    try:
        # Reads the header alone; the pixels are decoded below, once they are counted.
        picture = Image.open(io.BytesIO(raw), formats=[form])
        if picture.width * picture.height > settings.UPLOAD_MAX_PIXELS:
            raise ImageTooLarge
        picture.draft("RGB", (max(WIDTHS) * 2, max(WIDTHS) * 2))
        picture.load()  # all of it, before anything below forgives an error
        turn = TURNS.get(_orientation(picture))
        upright = picture.transpose(turn) if turn is not None else picture
        return upright.convert("RGB")
    except Image.DecompressionBombError as error:
        raise ImageTooLarge from error
    except DECODERS_FAIL_BY as error:
        raise NotAnImage from error


def _orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation; 1 where the EXIF block is absent or damaged.

    Pillow's own `exif_transpose` writes the block anew, and fails on a damaged one by
    a dozen kinds of exceptions; the pixels beside it are sound.
    """
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) else 1


def _encode(picture: Image.Image, width: int, mime: str) -> Variant:
    # A side is at most 16 383 pixels in WebP: a very tall picture is made narrower.
    scale = min(1, width / picture.width, width * TALLEST / picture.height)
    width = max(1, round(picture.width * scale))
    height = max(1, round(picture.height * scale))
    size = (width, height)
    small = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    # A picture made anew from the pixels carries no metadata of the old one.
    clean = Image.new("RGB", size)
    clean.paste(small)
    out = io.BytesIO()
    if mime == "image/webp":
        clean.save(out, "WEBP", quality=WEBP_QUALITY, method=4)
    else:
        clean.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return Variant(width, height, mime, out.getvalue())
