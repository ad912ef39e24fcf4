"""Categories and providers over HTTP."""

import pytest

from lokahome.core.ids import uuid7
from marketplace.models import ProviderProfile
from marketplace.tests import factories as make

pytestmark = pytest.mark.django_db
PROVIDERS = "/api/v1/providers"
BASE_POINT = {"lat": make.COTONOU[1], "lng": make.COTONOU[0]}


@pytest.fixture(autouse=True)
def categories(db):
    """The tree of trades."""
    make.load_categories()


def shop(**values):
    return {
        "id": str(uuid7()),
        "display_name": "Plomberie Adjovi",
        "categories": ["plumbing"],
        "base_point": BASE_POINT,
        "radius_m": 8000,
        **values,
    }


def near(at):
    return f"{at[1]},{at[0]}"


def test_categories_are_a_tree_in_the_readers_language(anonymous):
    page = anonymous.get("/api/v1/service-categories", {"limit": 100}).json()
    by_slug = {row["slug"]: row for row in page["data"]}
    assert by_slug["plumbing"]["parent_slug"] == ""
    assert by_slug["leak"]["parent_slug"] == "plumbing"
    assert by_slug["leak"]["name"] == "Fuite d’eau"
    english = anonymous.get(
        "/api/v1/service-categories",
        {"parent": "plumbing"},
        headers={"Accept-Language": "en"},
    ).json()["data"]
    assert "Water leak" in {row["name"] for row in english}
    assert {row["parent_slug"] for row in english} == {"plumbing"}


def test_a_provider_makes_one_profile_and_its_base_stays_private(afi, ama, anonymous):
    made = afi.post(PROVIDERS, shop())
    assert made.status_code == 201, made.content
    mine = made.json()
    assert mine["base_point"] == BASE_POINT
    assert f'"lat":{BASE_POINT["lat"]},' in made.content.decode()
    assert mine["allowed_actions"] == ["edit"]
    again = afi.post(PROVIDERS, shop())
    assert (again.status_code, again.json()["code"]) == (409, "resource.already_exists")
    for client in (ama, anonymous):
        answer = client.get(made["Location"])
        seen = answer.json()
        assert (seen["base_point"], seen["area"]) == (None, None)
        assert seen["point"] != BASE_POINT
        assert seen["allowed_actions"] == []
        # Whole numbers: a blurred one may well begin as the exact one does.
        assert f'"lat":{BASE_POINT["lat"]},' not in answer.content.decode()


def test_only_who_took_the_role_offers_services(ama):
    refused = ama.post(PROVIDERS, shop())
    assert (refused.status_code, refused.json()["code"]) == (
        403,
        "provider.role_required",
    )
    assert not ProviderProfile.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("radius_m", 10, "/radius_m"),
        ("categories", [], "/categories"),
        ("categories", ["plumbing", "sorcery"], "/categories/1"),
        ("base_point", {"lat": 48.85, "lng": 2.35}, "/base_point"),
        ("area", [BASE_POINT, BASE_POINT], "/area"),
        ("area", [BASE_POINT] * 3, "/area"),
        ("area", [BASE_POINT, BASE_POINT, {"lat": "north"}], "/area"),
        ("area", "everywhere", "/area"),
        ("display_name", "", "/display_name"),
    ],
)
def test_a_bad_value_is_refused_by_name(field, value, pointer, afi):
    refused = afi.post(PROVIDERS, shop(**{field: value}))
    assert refused.status_code == 422, refused.content
    assert refused.json()["errors"][0]["pointer"].startswith(pointer)
    assert not ProviderProfile.objects.exists()


def test_a_change_names_the_version_that_was_read(afi):
    made = afi.post(PROVIDERS, shop())
    url, etag = made["Location"], made["ETag"]
    changed = afi.patch(
        url,
        {"is_available": False, "categories": ["electricity"]},
        headers={"If-Match": etag},
    )
    assert changed.status_code == 200, changed.content
    assert changed.json()["is_available"] is False
    assert [row["slug"] for row in changed.json()["categories"]] == ["electricity"]
    late = afi.patch(url, {"radius_m": 900}, headers={"If-Match": etag})
    assert late.status_code == 412
    assert ProviderProfile.objects.get().radius_m == 8000


def test_a_drawn_area_replaces_the_circle(afi, anonymous):
    west, south = make.COTONOU[0] + 0.1, make.COTONOU[1] - 0.01
    corners = [
        {"lat": south, "lng": west},
        {"lat": south, "lng": west + 0.05},
        {"lat": south + 0.05, "lng": west + 0.05},
        {"lat": south + 0.05, "lng": west},
    ]
    made = afi.post(PROVIDERS, shop(area=corners)).json()
    assert [round(c["lat"], 4) for c in made["area"]] == [
        round(c["lat"], 4) for c in corners
    ]
    inside = near((west + 0.02, south + 0.02))
    assert len(anonymous.get(PROVIDERS, {"near": inside}).json()["data"]) == 1
    assert anonymous.get(PROVIDERS, {"near": near(make.COTONOU)}).json()["data"] == []


def test_who_comes_to_a_place_for_a_trade(afi, anonymous):
    make.provider(afi.user)
    ask = {"near": near(make.metres_east(make.COTONOU, 5000)), "category": "leak"}
    assert len(anonymous.get(PROVIDERS, ask).json()["data"]) == 1
    for other in (
        {"near": near(make.PARAKOU)},
        {"category": "painting"},
    ):
        assert anonymous.get(PROVIDERS, {**ask, **other}).json()["data"] == []
    assert anonymous.get(PROVIDERS, {"mine": "true"}).json()["data"] == []
    assert len(afi.get(PROVIDERS, {"mine": "true"}).json()["data"]) == 1


@pytest.mark.parametrize(
    "query",
    [{"near": "here"}, {"category": "sorcery"}, {"trade": "leak"}, {"sort": "best"}],
)
def test_filters_are_strict(query, anonymous):
    refused = anonymous.get(PROVIDERS, query)
    assert refused.status_code == 400
    assert refused.json()["code"] == "request.bad_parameter"


@pytest.mark.parametrize(
    ("path", "most"), [("service-categories", 1), ("providers", 2)]
)
def test_lists_cost_a_constant_number_of_queries(
    path, most, afi, kossi, anonymous, django_assert_max_num_queries
):
    make.provider(afi.user, category_slugs=["plumbing", "electricity"])
    with django_assert_max_num_queries(most):
        assert anonymous.get(f"/api/v1/{path}").json()["data"]


def test_the_mean_rating_is_in_tenths(afi, anonymous):
    row = make.provider(afi.user)
    assert anonymous.get(PROVIDERS).json()["data"][0]["rating_tenths"] == 0
    row.rating_sum, row.rating_count = 14, 3
    row.save(update_fields={"rating_sum", "rating_count"})
    assert anonymous.get(PROVIDERS).json()["data"][0]["rating_tenths"] == 47
