"""Photographs: proved, decoded under a cap, drawn anew; nothing rides along."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from lokahome.core.errors import InvalidInput
from lokahome.core.files.images import (
    WIDTHS,
    ImageTooLarge,
    NotAnImage,
    make_variants,
    sniff,
)
from lokahome.tests.core.files import corpus

GOOD = {
    "jpeg": corpus.jpeg(),
    "png": corpus.png(),
    "png with alpha": corpus.png(mode="RGBA"),
    "png in grey": corpus.png(mode="L"),
    "png with a palette": corpus.png(mode="P"),
    "png of 16 bits": corpus.encoded(Image.new("I;16", (9, 9), 999), "PNG"),
    "webp": corpus.webp(),
    "cmyk jpeg": corpus.encoded(corpus.picture(mode="CMYK"), "JPEG"),
    "one pixel": corpus.jpeg(1, 1),
    "progressive jpeg": corpus.jpeg(progressive=True),
}


def opened(variant):
    return Image.open(io.BytesIO(variant.content))


@pytest.mark.parametrize("name", GOOD)
def test_a_photograph_becomes_webp_of_each_width_and_one_jpeg(name):
    variants = make_variants(GOOD[name])
    assert [v.mime for v in variants] == ["image/webp"] * len(WIDTHS) + ["image/jpeg"]
    assert [v.extension for v in variants] == ["webp"] * len(WIDTHS) + ["jpg"]
    for variant in variants:
        image = opened(variant)
        assert image.size == (variant.width, variant.height)
        assert image.mode == "RGB"
        assert image.format == {"webp": "WEBP", "jpg": "JPEG"}[variant.extension]


def test_large_photographs_are_made_smaller_and_small_ones_never_larger():
    widths = [v.width for v in make_variants(corpus.jpeg(3000, 2000))]
    assert widths == [*WIDTHS, max(WIDTHS)]
    assert {v.width for v in make_variants(corpus.jpeg(100, 80))} == {100}
    for variant in make_variants(corpus.jpeg(3000, 2000)):
        assert abs(variant.height / variant.width - 2 / 3) < 0.01


def test_nothing_of_the_place_the_owner_or_the_device_is_left():
    raw = corpus.located_jpeg()
    assert Image.open(io.BytesIO(raw)).getexif().get_ifd(0x8825), "it was there"
    for variant in make_variants(raw):
        image = opened(variant)
        assert not image.getexif()
        assert set(image.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        } | {
            "progressive",
            "progression",
            "loop",
            "background",
            "timestamp",
            "duration",
        }
        for trace in (
            b"Exif",
            b"GPS",
            b"Dossou",
            b"Fidjrosse",
            b"TECNO",
            b"XMP",
            b"ICC",
        ):
            assert trace not in variant.content


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_undone_as_pillow_would(orientation):
    raw = corpus.located_jpeg(orientation)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(raw))).convert("L")
    found = opened(make_variants(raw)[-1]).convert("L")
    assert found.size == expected.size
    for corner in ((1, 1), (found.width - 2, 1), (1, found.height - 2)):
        assert abs(found.getpixel(corner) - expected.getpixel(corner)) < 25


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("place", range(30, 180, 3))
def test_a_damaged_exif_block_does_not_refuse_a_sound_photograph(place):
    spoiled = bytearray(corpus.located_jpeg(1))
    assert spoiled[20:26].startswith(b"\xff\xe1")
    spoiled[place] ^= 0xFF
    assert len(make_variants(bytes(spoiled))) == len(WIDTHS) + 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_photograph_stands_upright_once_its_exif_is_gone(orientation):
    smallest, *_rest = make_variants(corpus.located_jpeg(orientation))
    is_turned = orientation >= 5
    assert (smallest.width < smallest.height) == is_turned


@pytest.mark.parametrize(
    "tail", [corpus.HTML, b"<?php system($_GET[0]); ?>", b"PK\x03\x04"]
)
@pytest.mark.parametrize("maker", [corpus.jpeg, corpus.png, corpus.webp])
def test_what_follows_the_photograph_is_not_kept(maker, tail):
    """A polyglot is a photograph and a page at once; its pixels alone survive."""
    for variant in make_variants(maker() + tail):
        assert tail not in variant.content


@pytest.mark.parametrize("name", corpus.NOT_PHOTOGRAPHS)
def test_what_is_not_a_photograph_meets_no_decoder(name, monkeypatch):
    raw = corpus.NOT_PHOTOGRAPHS[name]
    monkeypatch.setattr(Image, "open", lambda *a, **k: pytest.fail("a decoder saw it"))
    assert sniff(raw) is None
    with pytest.raises(NotAnImage):
        make_variants(raw)


@pytest.mark.parametrize("name", corpus.BROKEN_PHOTOGRAPHS)
def test_a_broken_photograph_is_refused(name):
    with pytest.raises(NotAnImage):
        make_variants(corpus.BROKEN_PHOTOGRAPHS[name])


def test_an_empty_file_is_no_photograph():
    with pytest.raises(NotAnImage):
        make_variants(b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [7_000, 10_000, 20_000, 60_000])
def test_a_bomb_is_refused_before_it_is_decoded(side):
    with pytest.raises(ImageTooLarge):
        make_variants(corpus.bomb_png(side))


@pytest.mark.parametrize("size", [(40, 20_000), (20_000, 40), (3, 60_000)])
def test_a_very_long_picture_is_drawn_and_not_a_fault(size):
    """WebP knows no side above 16 383 pixels."""
    for variant in make_variants(corpus.png(*size, mode="L")):
        assert opened(variant).size == (variant.width, variant.height)
        assert max(variant.width, variant.height) <= 16_383


def test_a_png_named_as_a_jpeg_is_read_as_what_it_is():
    assert sniff(corpus.png()) == "PNG"
    assert make_variants(corpus.png())


def test_the_name_and_the_declared_type_play_no_part():
    """Only the formats that the first bytes name are tried, never Pillow's 40 others."""
    assert sniff(b"\xff\xd8\xff" + corpus.EPS) == "JPEG"
    with pytest.raises(NotAnImage):
        make_variants(b"\xff\xd8\xff" + corpus.EPS)


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([corpus.located_jpeg(), corpus.png(), corpus.webp()]),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=12),
    st.floats(0.2, 1),
)
def test_no_damage_to_a_photograph_is_a_fault_of_ours(raw, damages, kept):
    spoiled = bytearray(raw[: int(len(raw) * kept)])
    for place, value in damages:
        spoiled[int(place * len(spoiled))] = value
    with contextlib.suppress(InvalidInput):
        make_variants(bytes(spoiled))


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_after_a_good_beginning_are_a_fault_of_ours(raw):
    for head in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x99\x00\x00\x00WEBP"):
        with contextlib.suppress(InvalidInput):
            make_variants(head + raw)
