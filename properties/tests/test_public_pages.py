"""The public door."""

import re
from html.parser import HTMLParser

import pytest

from properties.models import Listing
from properties.tests import factories as make

pytestmark = pytest.mark.django_db


class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture
def listing(kossi):
    """A published listing near a landmark."""
    mark = make.landmark()
    place = make.home(kossi.user, landmark_id=mark.pk)
    return make.published(kossi.user, place=place)


def test_the_home_page_shows_what_is_new(listing, client):
    page = client.get("/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "35\u202f000\u00a0F\u00a0CFA" in text
    assert f"/l/{listing.slug}" in text
    assert "OpenStreetMap" in text


def test_a_search_by_words_finds_near_and_says_around_what(listing, client):
    text = client.get("/?q=pharmacie+etoile").content.decode()
    assert "autour de Pharmacie Étoile" in text
    assert listing.slug in text
    assert listing.slug not in client.get("/?q=villa").content.decode()
    assert listing.slug not in client.get("/?rent_max=20000").content.decode()
    assert listing.slug in client.get("/?rent_max=40+000").content.decode()


@pytest.mark.parametrize("q", ["<script>alert(1)</script>", "%", "\u0000", "é" * 500])
def test_what_people_type_is_shown_as_text(q, listing, client):
    page = client.get("/", {"q": q})
    assert page.status_code == 200
    assert b"<script" not in page.content


def test_a_listing_page_shows_the_whole_price_and_no_exact_place(listing, client):
    page = client.get(f"/l/{listing.slug}")
    text = page.content.decode()
    assert page.status_code == 200
    for part in (
        "35\u202f000\u00a0F\u00a0CFA",
        "105\u202f000\u00a0F\u00a0CFA",
        "près de Pharmacie Étoile",
        'property="og:image"',
        "OpenStreetMap",
    ):
        assert part in text, part
    pin = listing.unit.property.pin
    for leak in ("Deuxième von", f"{pin.y:.4f}, ", "Kossi", str(listing.unit_id)):
        assert leak not in text


def test_pages_need_no_script_and_no_inline_style(listing, client):
    for path in ("/", f"/l/{listing.slug}"):
        outline = Outline(client.get(path).content.decode())
        assert not outline.all("script")
        assert not outline.all("style")
        assert not any("style" in attributes for _tag, attributes in outline.tags)
        assert not any(
            name.startswith("on") for _tag, attrs in outline.tags for name in attrs
        )


def test_pages_are_built_for_everybody(listing, client):
    for path in ("/", f"/l/{listing.slug}"):
        outline = Outline(client.get(path).content.decode())
        assert outline.all("html")[0]["lang"] == "fr"
        assert len(outline.all("h1")) == len(outline.all("main")) == 1
        assert all("alt" in image for image in outline.all("img"))
        assert all(image["width"] and image["height"] for image in outline.all("img"))
        labels = {label["for"] for label in outline.all("label")}
        fields = [f for f in outline.all("input") if f.get("type") != "hidden"]
        assert {field["id"] for field in fields} == labels


def test_a_page_is_light(listing, client):
    css = client.get("/static/public/site.css")
    weight = len(b"".join(css.streaming_content if css.streaming else [css.content]))
    for path in ("/", f"/l/{listing.slug}"):
        assert weight + len(client.get(path).content) < 30_000


@pytest.mark.parametrize("status", ["let", "expired", "suspended"])
def test_a_listing_whose_life_is_over_is_gone(status, listing, client):
    Listing.objects.update(status=status, review_reason="x")
    page = client.get(f"/l/{listing.slug}")
    assert page.status_code == 410
    assert "terminée" in page.content.decode()


@pytest.mark.parametrize("status", ["draft", "submitted", "paused"])
def test_what_is_not_published_is_not_found(status, listing, client):
    Listing.objects.update(status=status)
    assert client.get(f"/l/{listing.slug}").status_code == 404
    assert client.get("/l/inconnu").status_code == 404


def test_a_rejected_draft_is_not_even_gone(kossi, client):
    row = make.submitted(kossi.user)
    Listing.objects.update(status="rejected", review_reason="x")
    assert client.get(f"/l/{row.slug}").status_code == 404


def test_the_reader_chooses_the_language(listing, client):
    french = client.get("/", headers={"Accept-Language": "fr"})
    assert french["Content-Language"] == "fr"
    for page in (
        client.get("/?lang=en"),
        client.get("/", headers={"Accept-Language": "en-GB,en"}),
    ):
        assert page["Content-Language"] == "en"
        assert '<html lang="en">' in page.content.decode()
    assert "Accept-Language" in french["Vary"]
    assert client.get("/?lang=xx", headers={"Accept-Language": "fr"}).status_code == 200


def test_pages_cost_a_constant_number_of_queries(
    kossi, client, django_assert_max_num_queries
):
    for _ in range(5):
        make.published(kossi.user)
    with django_assert_max_num_queries(2):
        client.get("/")
    slug = Listing.objects.first().slug
    with django_assert_max_num_queries(3):
        client.get(f"/l/{slug}")


def test_a_page_may_be_read_only(client):
    assert client.post("/").status_code == 405
    assert re.match(r"default-src 'none'", client.get("/")["Content-Security-Policy"])
