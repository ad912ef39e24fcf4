"""Files as people, phones and attackers send them."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def picture(width=64, height=48, mode="RGB"):
    """Return an image whose pixels are not all the same."""
    image = Image.linear_gradient("L").resize((width, height))
    return image.convert(mode)


def encoded(image, form, **options):
    """Return *image* as the bytes of a file of *form*."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def jpeg(width=64, height=48, **options):
    """Return a JPEG."""
    return encoded(picture(width, height), "JPEG", **options)


def png(width=64, height=48, mode="RGB"):
    """Return a PNG."""
    return encoded(picture(width, height, mode), "PNG")


def webp(width=64, height=48):
    """Return a WebP."""
    return encoded(picture(width, height), "WEBP")


def located_jpeg(orientation=6):
    """Return a JPEG that says where, when and by whom it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "TECNO of Ama Dossou"
    exif[0x0112] = orientation
    exif[0x9003] = "2026:11:23 12:00:00"
    gps = exif.get_ifd(0x8825)
    gps.update({1: "N", 2: (6.0, 21.0, 55.0), 3: "E", 4: (2.0, 25.0, 6.0)})
    comment = b"Quartier Fidjrosse, portail bleu"
    return jpeg(64, 48, exif=exif, comment=comment)


def bomb_png(side=20_000):
    """Return a small PNG that would decode to *side* times *side* pixels."""

    def chunk(kind, data):
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    row = b"\x00" + b"\x00" * ((side + 7) // 8)
    body = zlib.compress(row * min(side, 64))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


HTML = b"<html><script>alert(document.cookie)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n"

NOT_PHOTOGRAPHS = {
    "text": b"bonjour",
    "html": HTML,
    "svg": SVG,
    "svg after a declaration": b'<?xml version="1.0"?>' + SVG,
    "eps": EPS,
    "pdf": b"%PDF-1.7\n",
    "zip": b"PK\x03\x04" + b"\x00" * 40,
    "gif": encoded(picture(), "GIF"),
    "tiff": encoded(picture(), "TIFF"),
    "bmp": encoded(picture(), "BMP"),
    "ico": encoded(picture(), "ICO"),
    "elf": b"\x7fELF" + b"\x00" * 40,
    "one byte": b"\xff",
    "a riff that is a sound": b"RIFF\x24\x00\x00\x00WAVEfmt ",
}
BROKEN_PHOTOGRAPHS = {
    "first bytes only": b"\xff\xd8\xff",
    "truncated jpeg": jpeg(400, 300)[:-900],
    "jpeg without its end": jpeg(400, 300)[:200],
    "truncated png": png(400, 300)[:-300],
    "png with a broken sum": png()[:-20] + b"\x00" * 20,
    "truncated webp": webp(400, 300)[:-120],
    "jpeg head and html": b"\xff\xd8\xff\xe0" + HTML,
    "png head and svg": b"\x89PNG\r\n\x1a\n" + SVG,
    "webp head and eps": b"RIFF\x24\x00\x00\x00WEBP" + EPS,
}
