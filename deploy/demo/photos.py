"""Three drawn photographs of a home, as a phone would send them: JPEG with GPS inside.

Drawn here so that no licence hangs on them. The position in the EXIF block is the
home's own, so that a served picture which still holds it would betray the address.
"""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageFilter
from PIL.ExifTags import GPS, Base

SIZE = (1600, 1200)
Colour = tuple[int, int, int]
SUBJECTS = ("front", "living_room", "bedroom")


def photographs(*, lat: float, lng: float, seed: int) -> list[bytes]:
    """Return three JPEGs of a home at *lat*, *lng*; other homes have other colours."""
    chance = random.Random(seed)  # noqa: S311 - colours of a wall
    drawers = (_front, _living_room, _bedroom)
    return [_jpeg(draw(chance), lat=lat, lng=lng) for draw in drawers]


def _jpeg(picture: Image.Image, *, lat: float, lng: float) -> bytes:
    exif = Image.Exif()
    exif[Base.Make] = "LOKAHOME demo"
    exif[Base.Orientation] = 1
    exif[Base.GPSInfo] = {
        GPS.GPSLatitudeRef: "N",
        GPS.GPSLatitude: _sexagesimal(lat),
        GPS.GPSLongitudeRef: "E",
        GPS.GPSLongitude: _sexagesimal(lng),
    }
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    whole, rest = divmod(degrees * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return float(whole), float(minutes), round(seconds, 3)


def has_position(picture: bytes) -> bool:
    """Say whether an image's EXIF block holds a GPS position."""
    with Image.open(io.BytesIO(picture)) as opened:
        return bool(opened.getexif().get_ifd(Base.GPSInfo))


def has_metadata(picture: bytes) -> bool:
    """Say whether an image carries any EXIF, XMP or comment at all."""
    with Image.open(io.BytesIO(picture)) as opened:
        kept = {"exif", "xmp", "comment", "XML:com.adobe.xmp"} & set(opened.info)
        return bool(len(opened.getexif()) or kept)


def _gradient(top: Colour, bottom: Colour) -> Image.Image:
    column = Image.new("RGB", (1, SIZE[1]))
    for y in range(SIZE[1]):
        share = y / SIZE[1]
        column.putpixel(
            (0, y),
            tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)),
        )
    return column.resize(SIZE)


def _near(chance: random.Random, colour: Colour, by: int = 22) -> Colour:
    red, green, blue = (
        max(0, min(255, part + chance.randint(-by, by))) for part in colour
    )
    return red, green, blue


def _front(chance: random.Random) -> Image.Image:
    picture = _gradient((120, 178, 226), (226, 232, 220))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 900, 1600, 1200), fill=_near(chance, (190, 120, 78)))  # laterite
    wall = _near(chance, (236, 214, 172))
    pen.rectangle((260, 420, 1340, 930), fill=wall)
    pen.polygon(
        [(200, 430), (800, 230), (1400, 430)], fill=_near(chance, (150, 70, 52))
    )
    pen.rectangle((720, 600, 880, 930), fill=_near(chance, (54, 92, 140)))
    for left in (360, 1020):
        pen.rectangle((left, 560, left + 220, 740), fill=(70, 96, 110))
        for bar in range(left, left + 221, 44):
            pen.line((bar, 560, bar, 740), fill=(228, 228, 228), width=6)
    pen.line((110, 930, 130, 330), fill=(112, 84, 56), width=34)
    for dx, dy in ((-150, -20), (-120, -90), (0, -140), (130, -80), (160, 10)):
        pen.line(
            (130, 330, 130 + dx, 330 + dy), fill=_near(chance, (58, 128, 66)), width=22
        )
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def _living_room(chance: random.Random) -> Image.Image:
    picture = _gradient(_near(chance, (238, 228, 208)), (214, 200, 176))
    pen = ImageDraw.Draw(picture)
    _tiles(pen, _near(chance, (206, 196, 182)))
    pen.rectangle(
        (980, 220, 1400, 640), fill=(176, 214, 236), outline=(96, 72, 52), width=14
    )
    pen.line((1190, 220, 1190, 640), fill=(96, 72, 52), width=10)
    sofa = _near(chance, (124, 62, 60), 40)
    pen.rounded_rectangle((180, 620, 860, 900), 50, fill=sofa)
    pen.rounded_rectangle((220, 520, 820, 720), 40, fill=_near(chance, sofa, 12))
    pen.ellipse((880, 860, 1240, 980), fill=_near(chance, (120, 84, 52)))
    pen.line((800, 0, 800, 110), fill=(90, 90, 90), width=8)
    for right in (-200, 200):
        pen.polygon(
            [(800, 110), (800 + right, 92), (800 + right, 128)], fill=(98, 98, 98)
        )
    return picture.filter(ImageFilter.GaussianBlur(1.0))


def _bedroom(chance: random.Random) -> Image.Image:
    picture = _gradient(_near(chance, (206, 222, 216)), (188, 198, 186))
    pen = ImageDraw.Draw(picture)
    _tiles(pen, _near(chance, (196, 178, 156)))
    pen.rectangle((220, 440, 1080, 620), fill=_near(chance, (104, 70, 44)))
    pen.rounded_rectangle((200, 600, 1100, 940), 36, fill=(244, 240, 230))
    pen.rounded_rectangle(
        (200, 720, 1100, 950), 36, fill=_near(chance, (58, 110, 128), 40)
    )
    for left in (270, 720):
        pen.rounded_rectangle((left, 560, left + 310, 680), 40, fill=(252, 252, 248))
    pen.rectangle((1200, 300, 1500, 930), fill=_near(chance, (138, 98, 62)))
    pen.line((1350, 300, 1350, 930), fill=(90, 62, 40), width=6)
    return picture.filter(ImageFilter.GaussianBlur(1.0))


def _tiles(pen: ImageDraw.ImageDraw, colour: Colour) -> None:
    pen.rectangle((0, 840, 1600, 1200), fill=colour)
    line = tuple(part - 26 for part in colour)
    for x in range(-800, 2400, 200):
        pen.line((800 + (x - 800) * 0.6, 840, x, 1200), fill=line, width=3)
    for y in (880, 940, 1020, 1120):
        pen.line((0, y, 1600, y), fill=line, width=3)
