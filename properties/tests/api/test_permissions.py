"""Who gets what answer, on every path: nobody, a stranger, the other party, the owner."""

import pytest

from accounts.tests.agencies import active_agency_of, someone
from lokahome.core.ids import uuid7
from properties.tests import factories as make
from properties.tests.mandates import proposed

pytestmark = pytest.mark.django_db
BASE = "/api/v1"


@pytest.fixture
def world(kossi, ama):
    """A running lease, and another home of Kossi with a draft and an application."""
    lease = make.active_lease(kossi.user, ama.user)
    draft = make.listing(kossi.user)
    public = make.published(kossi.user)
    return {
        "property": draft.unit.property_id,
        "unit": draft.unit_id,
        "draft": draft.pk,
        "listing": public.pk,
        "application": make.application(ama.user, public).pk,
        "lease": lease.pk,
        "ticket": make.ticket(lease).pk,
        "mandate": proposed(kossi.user, draft.unit, active_agency_of(someone())).pk,
    }


# path, method, anonymous, stranger, ama (tenant and applicant), kossi (owner)
ANSWERS = [
    ("/properties", "get", 401, 200, 200, 200),
    ("/properties/{property}", "get", 401, 404, 404, 200),
    ("/properties/{property}", "patch", 401, 404, 404, 428),
    ("/properties", "post", 401, 422, 422, 422),
    ("/units", "get", 401, 200, 200, 200),
    ("/units/{unit}", "get", 401, 404, 404, 200),
    ("/units/{unit}", "patch", 401, 404, 404, 428),
    ("/units", "post", 401, 422, 422, 422),
    ("/listings", "get", 200, 200, 200, 200),
    ("/listings/{listing}", "get", 200, 200, 200, 200),
    ("/listings/{draft}", "get", 404, 404, 404, 200),
    ("/listings", "post", 401, 422, 422, 422),
    ("/listings/{listing}", "patch", 401, 403, 403, 428),
    ("/listings/{draft}", "patch", 401, 404, 404, 428),
    ("/listings/{draft}/submission", "post", 401, 404, 404, 422),
    ("/listings/{listing}/submission", "post", 401, 403, 403, 409),
    ("/listings/{listing}/pause", "post", 401, 403, 403, 200),
    ("/listings/{listing}/resumption", "post", 401, 403, 403, 409),
    ("/listings/{draft}/letting", "post", 401, 404, 404, 409),
    ("/listings/{draft}/photos", "post", 401, 404, 404, 422),
    ("/listings/{listing}/photos", "post", 401, 403, 403, 422),
    ("/listings/{draft}/photos/{nothing}", "delete", 401, 404, 404, 204),
    ("/listings/{listing}/photos/{nothing}", "delete", 401, 403, 403, 204),
    ("/applications", "get", 401, 200, 200, 200),
    ("/applications", "post", 401, 422, 422, 422),
    ("/applications/{application}", "get", 401, 404, 200, 200),
    ("/applications/{application}/acceptance", "post", 401, 404, 403, 200),
    ("/applications/{application}/review", "post", 401, 404, 403, 200),
    ("/applications/{application}/refusal", "post", 401, 404, 403, 422),
    ("/applications/{application}/withdrawal", "post", 401, 404, 200, 403),
    ("/leases", "get", 401, 200, 200, 200),
    ("/leases/{lease}", "get", 401, 404, 200, 200),
    ("/leases/{lease}", "patch", 401, 404, 403, 428),
    ("/leases/{lease}/signature-request", "post", 401, 404, 403, 409),
    ("/leases/{lease}/correction", "post", 401, 404, 403, 409),
    ("/leases/{lease}/signatures", "post", 401, 422, 422, 422),
    ("/leases/{lease}/rent-periods", "get", 401, 404, 200, 200),
    ("/leases/{lease}/documents", "get", 401, 404, 200, 200),
    ("/leases/{lease}/payments", "post", 401, 400, 400, 400),
    ("/tickets", "get", 401, 200, 200, 200),
    ("/tickets", "post", 401, 422, 422, 422),
    ("/tickets/{ticket}", "get", 401, 404, 200, 200),
    ("/tickets/{ticket}/decision", "post", 401, 404, 403, 422),
    ("/tickets/{ticket}/contest", "post", 401, 404, 422, 403),
    ("/tickets/{ticket}/closure", "post", 401, 404, 422, 403),
    ("/tickets/{ticket}/photos", "post", 401, 404, 422, 422),
    ("/listings/{listing}/handling", "post", 401, 403, 403, 403),
    ("/listings/{listing}/handling", "delete", 401, 403, 403, 403),
    ("/mandates", "get", 401, 200, 200, 200),
    ("/mandates", "post", 401, 422, 422, 422),
    ("/mandates/{mandate}", "get", 401, 404, 404, 200),
    ("/mandates/{mandate}", "patch", 401, 422, 422, 422),
    ("/mandates/{mandate}/acceptance", "post", 401, 404, 404, 403),
    ("/mandates/{mandate}/refusal", "post", 401, 404, 404, 403),
    ("/mandates/{mandate}/end", "post", 401, 422, 422, 422),
    ("/places?q=cotonou", "get", 200, 200, 200, 200),
    ("/vocabularies", "get", 200, 200, 200, 200),
]


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        pytest.param(path, method, codes, id=f"{method} {path}")
        for path, method, *codes in ANSWERS
    ],
)
def test_who_gets_what_answer(
    path, method, expected, world, anonymous, stranger, ama, kossi
):
    url = BASE + path.format(**world, nothing=uuid7())
    for client, code in zip((anonymous, stranger, ama, kossi), expected, strict=True):
        response = getattr(client, method)(url)
        assert response.status_code == code, (response.status_code, response.content)
        if code >= 400:
            assert response["Content-Type"].startswith("application/problem+json")


def test_every_path_of_the_app_is_in_the_table():
    from properties.api.urls import urlpatterns

    shapes = {
        (path.split("?")[0].replace("{nothing}", "{photo_id}"), method)
        for path, method, *_ in ANSWERS
    }
    told = {
        ("/" + "/".join("*" if "{" in p else p for p in path.split("/")[1:]), method)
        for path, method in shapes
    }
    for pattern in urlpatterns:
        route = "/" + "/".join(
            "*" if "<" in part else part for part in str(pattern.pattern).split("/")
        )
        methods = getattr(pattern.callback, "actions", None) or {"get": "get"}
        for method in methods:
            if method != "head":
                assert (route, method) in told, f"{method} {route} has no row"


def test_what_one_pays_for_anothers_lease_is_not_found(world, stranger, kossi):
    url = f"{BASE}/leases/{world['lease']}/payments"
    header = {"HTTP_IDEMPOTENCY_KEY": str(uuid7())}
    assert stranger.post(url, {}, **header).status_code == 404
    assert kossi.post(url, {}, **header).status_code == 403


def test_a_stranger_cannot_sign(world, stranger):
    url = f"{BASE}/leases/{world['lease']}/signatures"
    response = stranger.post(url, {"terms_digest": "0" * 64})
    assert response.status_code == 404
