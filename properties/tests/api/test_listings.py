"""Writing and searching listings over HTTP."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lokahome.core.money import Money
from properties.models import Listing
from properties.services.listings import edit_listing
from properties.tests import factories as make

pytestmark = pytest.mark.django_db
URL = "/api/v1/listings"
HERE = "6.3614,2.3994"


def ids(response):
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["data"]]


def all_pages(client, limit, **asked):
    found, cursor = [], None
    for _ in range(100):
        parameters = {**asked, "limit": limit}
        if cursor:
            parameters["cursor"] = cursor
        page = client.get(URL, parameters).json()
        found += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
        assert page["has_more"] is (cursor is not None)
        if cursor is None:
            return found
    raise AssertionError("the pages never end")


def test_a_listing_from_draft_to_review(kossi):
    unit = make.unit(kossi.user)
    response = kossi.post(
        URL,
        {
            "unit_id": str(unit.pk),
            "rent": {"amount": 35000, "currency": "XOF"},
            "description": "Chambre-salon carrelée, cour calme.",
            "entry_costs": [
                {"kind": "deposit", "amount": {"amount": 105000, "currency": "XOF"}},
                {
                    "kind": "commission",
                    "amount": {"amount": 35000, "currency": "XOF"},
                    "note": "Démarcheur",
                },
            ],
        },
    )
    assert response.status_code == 201, response.content
    data = response.json()
    assert data["status"] == "draft"
    assert data["entry_total"] == {"amount": 175000, "currency": "XOF"}
    marks = {line["kind"]: line["legal_mark"] for line in data["entry_costs"]}
    assert marks == {"deposit": "legal", "commission": "above_cap"}
    assert data["unit_id"] == str(unit.pk)
    assert set(data["allowed_actions"]) == {
        "submit",
        "edit",
        "add_photo",
        "remove_photo",
    }
    url = response["Location"]
    refused = kossi.post(f"{url}/submission")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "listing.photo_missing"
    photo = kossi.post(f"{url}/photos", {"upload_id": str(make.upload(kossi.user).pk)})
    assert photo.status_code == 201, photo.content
    assert [v["format"] for v in photo.json()["variants"]][-1] == "jpeg"
    assert photo.json()["variants"][0]["url"].startswith("http")
    done = kossi.post(f"{url}/submission")
    assert done.json()["status"] == "submitted"


def test_a_cost_named_twice_is_refused(kossi):
    line = {"kind": "other", "amount": {"amount": 1000, "currency": "XOF"}}
    response = kossi.post(
        URL,
        {
            "unit_id": str(make.unit(kossi.user).pk),
            "rent": {"amount": 35000, "currency": "XOF"},
            "entry_costs": [line, line],
        },
    )
    assert response.status_code == 422
    assert not Listing.objects.exists()


def test_a_change_needs_the_version_and_a_new_price_goes_to_review(kossi):
    row = make.published(kossi.user)
    url = f"{URL}/{row.pk}"
    etag = kossi.get(url)["ETag"]
    body = {"rent": {"amount": 60000, "currency": "XOF"}}
    assert kossi.patch(url, body).status_code == 428
    changed = kossi.patch(url, body, headers={"If-Match": etag})
    assert changed.status_code == 200, changed.content
    assert changed.json()["status"] == "submitted"


NOTHING_EXACT = ("pin", "path_text", "street", "door", "Deuxième von", "Kossi")


@pytest.mark.parametrize("view", ["card", "detail"])
def test_nothing_exact_leaves_by_search(view, kossi, anonymous):
    # Six digits, both at once: one short number is met by chance in the blurred point.
    row = make.published(kossi.user, at=(2.399417, 6.361438))
    pin = row.unit.property.pin
    for url in (f"{URL}?view={view}&near={HERE}", f"{URL}/{row.pk}?view={view}"):
        text = anonymous.get(url).content.decode()
        for leak in (*NOTHING_EXACT, str(kossi.id)):
            assert leak not in text
        assert not (str(pin.x) in text and str(pin.y) in text)
    assert anonymous.get(f"{URL}/{row.pk}").json()["unit_id"] is None


def test_near_finds_the_nearest_first_with_its_blurred_distance(kossi, anonymous):
    far = make.published(kossi.user, at=(2.412, 6.37))
    near = make.published(kossi.user, at=(2.3994, 6.3614))
    response = anonymous.get(f"{URL}?near={HERE}&radius_m=5000")
    assert ids(response) == [str(near.pk), str(far.pk)]
    distances = [row["distance_m"] for row in response.json()["data"]]
    assert distances == sorted(distances)
    assert ids(anonymous.get(f"{URL}?near={HERE}&radius_m=400")) == [str(near.pk)]


def test_filters(kossi, anonymous):
    cheap = make.published(kossi.user, rent=20_000, kind="entree_coucher")
    dear = make.published(
        kossi.user, rent=90_000, bedrooms=3, is_furnished=True, kind="villa"
    )
    for asked, expected in (
        ("rent_max=30000", [cheap]),
        ("rent_min=30000", [dear]),
        ("bedrooms_min=2", [dear]),
        ("kind=entree_coucher", [cheap]),
        ("furnished=true", [dear]),
        ("furnished=false", [cheap]),
        ("entry_total_max=60000", [cheap]),
        (f"division={make.division().pk}", [dear, cheap]),
        (f"division={make.division('Cotonou', 'commune').pk}", [dear, cheap]),
        ("sanitary=ordinary", []),
        ("bbox=2.38,6.34,2.42,6.38", [dear, cheap]),
        ("bbox=2.5,6.34,2.6,6.38", []),
        ("sort=cheapest", [cheap, dear]),
        ("sort=dearest", [dear, cheap]),
        ("q=villa", [dear]),
        ("q=meubl%C3%A9+cadjehoun", [dear]),
        ("q=introuvable", []),
    ):
        found = ids(anonymous.get(f"{URL}?{asked}"))
        assert found == [str(row.pk) for row in expected], asked


def test_words_name_a_place_first(kossi, anonymous):
    make.landmark("Pharmacie Camp Guézo", at=(2.4301, 6.3601))
    there = make.published(kossi.user, at=(2.4301, 6.3605))
    make.published(kossi.user, at=(2.3994, 6.3614))
    response = anonymous.get(f"{URL}?q=pharmacie+camp+guezo")
    assert ids(response) == [str(there.pk)]
    assert response.json()["data"][0]["distance_m"] < 400


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ("rent_maxx=1", "rent_maxx"),
        ("rent_max=beaucoup", "rent_max"),
        ("near=6.36", "near"),
        ("near=48.85,2.35", "near"),
        ("near=nan,2.35", "near"),
        ("bbox=3,6,2,7", "bbox"),
        ("radius_m=1", "radius_m"),
        ("kind=chateau", "kind"),
        ("view=all", "view"),
        ("sort=random", "sort"),
        (f"near={HERE}&sort=cheapest", "sort"),
        ("limit=0", "limit"),
        ("division=x", "division"),
        ("furnished=peut-etre", "furnished"),
    ],
)
def test_a_bad_parameter_is_named(asked, parameter, anonymous):
    response = anonymous.get(f"{URL}?{asked}")
    assert response.status_code == 400, response.content
    named = [error["parameter"] for error in response.json()["errors"]]
    assert named == [parameter]


def test_the_nearest_valid_name_is_proposed(anonymous):
    detail = anonymous.get(f"{URL}?rent_maxx=1").json()["errors"][0]["detail"]
    assert "rent_max" in detail


def test_a_cursor_is_bound_to_its_search(kossi, anonymous):
    for _ in range(3):
        make.published(kossi.user)
    cursor = anonymous.get(f"{URL}?near={HERE}&limit=1").json()["next_cursor"]
    for asked in (f"near={HERE}&rent_max=99999", "near=6.37,2.4", "sort=newest"):
        response = anonymous.get(f"{URL}?{asked}&limit=1&cursor={cursor}")
        assert response.status_code == 400
    altered = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    assert (
        anonymous.get(f"{URL}?near={HERE}&limit=1&cursor={altered}").status_code == 400
    )


@pytest.fixture
def eleven(kossi):
    """Eleven published homes around one point, at three rents."""
    return [
        make.published(
            kossi.user, at=(2.3994 + n * 0.0011, 6.3614), rent=30_000 + n % 3 * 1000
        )
        for n in range(11)
    ]


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    limit=st.integers(1, 12),
    asked=st.sampled_from(
        [
            {"near": HERE, "radius_m": 5000},
            {"near": HERE, "radius_m": 600},
            {"sort": "newest"},
            {"sort": "cheapest"},
            {"sort": "dearest"},
            {"sort": "entry_total"},
            {"bbox": "2.38,6.34,2.42,6.38"},
        ]
    ),
)
def test_pages_together_are_the_one_big_page(limit, asked, eleven, anonymous):
    whole = ids(anonymous.get(URL, {**asked, "limit": 100}))
    assert all_pages(anonymous, limit, **asked) == whole
    assert len(set(whole)) == len(whole)


def test_homes_at_one_distance_are_all_seen_once(eleven, anonymous):
    point = eleven[0].public_point
    Listing.objects.update(public_point=point)
    whole = ids(anonymous.get(URL, {"near": HERE, "limit": 100}))
    assert len(whole) == 11
    for limit in (1, 2, 5):
        assert all_pages(anonymous, limit, near=HERE) == whole


def test_a_nearby_search_ends_at_its_depth_and_says_so(eleven, anonymous, monkeypatch):
    monkeypatch.setattr("properties.api.pagination.DEEPEST", 6)
    first = anonymous.get(URL, {"near": HERE, "limit": 4}).json()
    assert first["has_more"] is True
    assert "code" not in first
    rest = anonymous.get(
        URL, {"near": HERE, "limit": 4, "cursor": first["next_cursor"]}
    ).json()
    assert len(rest["data"]) == 2
    assert rest["has_more"] is False
    assert rest["next_cursor"] is None
    assert rest["code"] == "nearby.narrow_your_search"


def test_a_home_published_nearer_meanwhile_does_not_disturb(kossi, eleven, anonymous):
    whole = ids(anonymous.get(URL, {"near": HERE, "limit": 100, "radius_m": 5000}))
    first = anonymous.get(URL, {"near": HERE, "limit": 4, "radius_m": 5000}).json()
    make.published(kossi.user, at=(2.3994, 6.3614))
    found = [row["id"] for row in first["data"]]
    cursor = first["next_cursor"]
    while cursor:
        page = anonymous.get(
            URL, {"near": HERE, "limit": 4, "radius_m": 5000, "cursor": cursor}
        ).json()
        found += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
    assert [row for row in found if row in whole] == whole
    assert len(found) == len(set(found))


def test_mine_lists_drafts_too_and_only_mine(kossi, ama):
    draft, public = make.listing(kossi.user), make.published(kossi.user)
    make.published(make.landlord("Rachid Bio"))
    mine = {str(draft.pk), str(public.pk)}
    assert set(ids(kossi.get(f"{URL}?mine=true"))) == mine
    assert ids(kossi.get(f"{URL}?mine=true&status=draft")) == [str(draft.pk)]
    assert ids(ama.get(f"{URL}?mine=true")) == []
    assert str(draft.pk) not in ids(ama.get(URL))


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ("", 2),
        ("view=detail", 3),
        (f"near={HERE}", 3),
        (f"near={HERE}&view=detail", 4),
        ("q=villa+cadjehoun", 6),
        ("q=zzzzqqqq", 8),
    ],
)
def test_a_page_costs_a_constant_number_of_queries(asked, most, eleven, anonymous):
    with CaptureQueriesContext(
        connection,
    ) as few:
        anonymous.get(f"{URL}?{asked}&limit=2")
    with CaptureQueriesContext(connection) as many:
        anonymous.get(f"{URL}?{asked}&limit=11")
    assert len(many) <= max(len(few), most)
    assert len(many) <= most, [query["sql"][:90] for query in many]


def test_search_joins_no_exact_address(kossi, eleven, anonymous):
    with CaptureQueriesContext(connection) as queries:
        anonymous.get(f"{URL}?near={HERE}&view=detail&q=chambre-salon")
    tables = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', " ".join(map(str, queries))))
    assert not tables & {"properties_property", "properties_unit", "accounts_user"}


def test_a_listing_is_not_sent_twice(kossi, anonymous):
    row = make.published(kossi.user)
    first = anonymous.get(f"{URL}/{row.pk}")
    held = {"If-None-Match": first["ETag"]}
    assert anonymous.get(f"{URL}/{row.pk}", headers=held).status_code == 304
    edit_listing(
        listing_id=row.pk,
        actor=kossi.user,
        changes={"rent": Money(36_000)},
        now=row.published_at,
    )
    assert anonymous.get(f"{URL}/{row.pk}", headers=held).status_code == 200


def test_english_readers_get_an_english_header(kossi, anonymous):
    row = make.published(kossi.user)
    response = anonymous.get(f"{URL}/{row.pk}", headers={"Accept-Language": "en"})
    assert response["Content-Language"] == "en"
    assert response.json()["kind"] == "chambre_salon"
