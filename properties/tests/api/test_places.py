"""Places and vocabularies over HTTP."""

import re

import pytest

from properties.tests import factories as make

pytestmark = pytest.mark.django_db


def test_places_are_found_with_their_attribution(anonymous):
    make.division("Cadjèhoun")
    make.landmark("Pharmacie Étoile")
    response = anonymous.get("/api/v1/places", {"q": "cadjehoun"})
    assert "OpenStreetMap" in response.json()["attribution"]
    first = response.json()["data"][0]
    assert (first["name"], first["context"]) == ("Cadjèhoun", "Cotonou")
    assert first["precision"] == "quartier"
    found = anonymous.get("/api/v1/places", {"q": "pharmacie etoille"}).json()["data"]
    assert found[0]["kind"] == "landmark"
    assert found[0]["context"] == "Cadjehoun"


def test_a_page_of_places_costs_few_queries(anonymous, django_assert_max_num_queries):
    make.division()
    with django_assert_max_num_queries(3):
        anonymous.get("/api/v1/places", {"q": "cadjehoun"})


@pytest.mark.parametrize("asked", [{"qq": "x"}, {"q": "x", "limit": "many"}])
def test_bad_parameters_are_refused(asked, anonymous):
    assert anonymous.get("/api/v1/places", asked).status_code == 400


def test_vocabularies_hold_every_word_with_a_label(anonymous):
    response = anonymous.get("/api/v1/vocabularies")
    assert response["Cache-Control"].startswith("public")
    lists = {item["name"]: item["terms"] for item in response.json()["data"]}
    assert {"unit_kind", "listing_status", "legal_mark"} <= set(lists)
    for terms in lists.values():
        for term in terms:
            assert re.fullmatch(r"[a-z][a-z0-9_]{1,39}", term["value"])
            assert term["label"]
