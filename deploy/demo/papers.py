"""Drawn documents: nobody's, so that nobody's lies in a repository."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw

SIZE = (1200, 760)
TITLES = {
    "cip": "CERTIFICAT D'IDENTIFICATION PERSONNELLE",
    "ifu": "IDENTIFIANT FISCAL UNIQUE",
    "mandate": "MANDAT DE GESTION",
}


def paper(kind: str, *, seed: int) -> bytes:
    """Return a JPEG of a made-up document of *kind*; no two seeds look alike."""
    chance = random.Random(seed)  # noqa: S311 - lines on a drawing
    picture = Image.new("RGB", SIZE, (236, 232, 214))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((20, 20, SIZE[0] - 20, SIZE[1] - 20), outline=(40, 90, 70), width=8)
    pen.text((70, 60), "SPECIMEN - LOKAHOME", fill=(150, 40, 40))
    pen.text((70, 110), TITLES[kind], fill=(20, 40, 30))
    pen.ellipse((880, 140, 1120, 420), fill=(190, 150, 120), outline=(60, 60, 60))
    for line in range(9):
        right = chance.randint(420, 800)
        pen.rectangle((70, 190 + line * 56, right, 206 + line * 56), fill=(70, 80, 76))
    for _ in range(200):
        x, y = chance.randint(0, SIZE[0]), chance.randint(0, SIZE[1])
        pen.point((x, y), fill=(120, 120, 120))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
