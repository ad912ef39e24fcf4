"""Registering homes over HTTP."""

import pytest

from lokahome.core.ids import uuid7
from properties.models import Property
from properties.tests import factories as make

pytestmark = pytest.mark.django_db
PIN = {"lat": 6.3614, "lng": 2.3994}


def body(**changes):
    return {
        "label": "Ma cour",
        "kind": "courtyard",
        "division_id": str(make.division().pk),
        "landmark_relation": "beside",
        "path_text": "2e von à droite",
        "pin": PIN,
        **changes,
    }


def test_a_home_is_registered_and_read_back(kossi):
    mark = make.landmark()
    response = kossi.post("/api/v1/properties", body(landmark_id=str(mark.pk)))
    assert response.status_code == 201, response.content
    data = response.json()
    assert data["pin"] == PIN
    assert data["landmark"]["name"] == "Pharmacie Étoile"
    assert data["division"]["level"] == "quartier"
    assert data["warnings"] == []
    again = kossi.get(response["Location"])
    assert again.json() == data
    assert again["ETag"] == response["ETag"]
    unit = kossi.post(
        "/api/v1/units",
        {
            "property_id": data["id"],
            "label": "Porte 2",
            "kind": "chambre_salon",
            "sanitary": "sanitary",
            "surface_m2": None,
        },
    )
    assert unit.status_code == 201, unit.content
    assert unit.json()["bedrooms"] == 1


def test_a_pin_abroad_says_which_member(kossi):
    response = kossi.post(
        "/api/v1/properties", body(pin={"lat": 6.1319, "lng": 1.2228})
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/pin"
    assert response.json()["code"] == "property.pin_outside_benin"


def test_the_clients_id_makes_a_repeat_harmless(kossi):
    wish = body(id=str(uuid7()))
    first = kossi.post("/api/v1/properties", wish)
    again = kossi.post("/api/v1/properties", wish)
    assert first.status_code == again.status_code == 201
    assert again["Idempotency-Replayed"] == "true"
    assert Property.objects.count() == 1


def test_an_id_that_is_taken_is_a_422(kossi):
    taken = make.home(make.landlord("Rachid Bio"))
    response = kossi.post("/api/v1/properties", body(id=str(taken.pk)))
    assert response.status_code == 422
    assert response.json()["code"] == "request.id_taken"


def test_a_stale_change_is_refused(kossi):
    made = kossi.post("/api/v1/properties", body())
    url, etag = made["Location"], made["ETag"]
    changed = kossi.patch(url, {"label": "Autre"}, headers={"If-Match": etag})
    assert changed.status_code == 200
    assert changed.json()["label"] == "Autre"
    stale = kossi.patch(url, {"label": "Encore"}, headers={"If-Match": etag})
    assert stale.status_code == 412
    assert Property.objects.get().label == "Autre"


def test_an_accepted_applicant_reads_the_path_and_not_the_label(kossi, ama):
    lease = make.drafted_lease(kossi.user, ama.user)
    data = ama.get(f"/api/v1/properties/{lease.unit.property_id}").json()
    assert data["path_text"].startswith("Deuxième von")
    assert data["label"] == ""
    assert data["allowed_actions"] == []


def test_an_accepted_applicant_sees_the_one_unit_and_not_its_neighbours(kossi, ama):
    lease = make.drafted_lease(kossi.user, ama.user)
    here = lease.unit.property
    other = make.unit(kossi.user, place=here, label="Porte 9")
    seen = ama.get("/api/v1/units").json()["data"]
    assert [row["id"] for row in seen] == [str(lease.unit_id)]
    assert ama.get(f"/api/v1/units/{other.pk}").status_code == 404
    assert len(kossi.get("/api/v1/units").json()["data"]) == 2


@pytest.mark.parametrize("path", ["properties", "units"])
def test_lists_cost_a_constant_number_of_queries(
    path, kossi, django_assert_max_num_queries
):
    for _ in range(6):
        make.unit(kossi.user)
    with django_assert_max_num_queries(3):
        page = kossi.get(f"/api/v1/{path}").json()
    assert len(page["data"]) == 6
