"""Who gets what answer, on every path: nobody, a stranger, staff, rivals, the parties."""

import pytest

from lokahome.core.ids import uuid7
from marketplace.tests import factories as make

pytestmark = pytest.mark.django_db
BASE = "/api/v1"
LINES = [
    {
        "kind": "labour",
        "label": "Réparer la fuite",
        "amount": {"amount": 15000, "currency": "XOF"},
    }
]


@pytest.fixture
def world(job, bola, kossi, afi):
    """The repair's job, and an open request of Kossi's with a quote of Afi's."""
    asked = make.request(kossi.user)
    return {
        "open": asked.pk,
        "home": job.request_id,
        "quote": make.quote(afi.user, asked).pk,
        "job": job.pk,
        "provider": afi.user.provider_profile.pk,
    }


@pytest.fixture
def people(moderator, anonymous, stranger, bola, afi, ama, kossi):
    """Staff, nobody, a stranger, a rival, the provider, who is on site, who pays."""
    return (moderator, anonymous, stranger, bola, afi, ama, kossi)


# path, method, anonymous (staff too: the API knows none), stranger, rival, provider,
# occupant, customer
ANSWERS = [
    ("/service-categories", "get", *[200] * 6),
    ("/providers", "get", *[200] * 6),
    ("/providers", "post", 401, *[422] * 5),
    ("/providers/{provider}", "get", *[200] * 6),
    ("/providers/{provider}", "patch", 401, 403, 403, 428, 403, 403),
    ("/service-requests", "get", 401, *[200] * 5),
    ("/service-requests", "post", 401, *[422] * 5),
    ("/service-requests/{open}", "get", 401, 404, 200, 200, 404, 200),
    ("/service-requests/{home}", "get", 401, 404, 404, 200, 200, 200),
    (
        "/service-requests/{open}/cancellation",
        "post",
        *(401, 404, 403, 403, 404, 200),
    ),
    (
        "/service-requests/{home}/cancellation",
        "post",
        *(401, 404, 404, 403, 403, 409),
    ),
    ("/service-requests/{open}/quotes", "get", 401, 404, 200, 200, 404, 200),
    ("/service-requests/{open}/quotes", "post", 401, *[422] * 5),
    ("/quotes", "get", 401, *[200] * 5),
    ("/quotes/{quote}", "get", 401, 404, 404, 200, 404, 200),
    ("/quotes/{quote}/acceptance", "post", 401, *[400] * 5),
    ("/quotes/{quote}/decline", "post", 401, 404, 404, 403, 404, 200),
    ("/quotes/{quote}/withdrawal", "post", 401, 404, 404, 200, 404, 403),
    ("/quotes/{quote}/revision", "post", 401, *[422] * 5),
    ("/jobs", "get", 401, *[200] * 5),
    ("/jobs/{job}", "get", 401, 404, 404, 200, 200, 200),
    ("/jobs/{job}/payments", "post", 401, *[400] * 5),
    ("/jobs/{job}/start", "post", 401, *[422] * 5),
    ("/jobs/{job}/delivery", "post", 401, *[422] * 5),
    ("/jobs/{job}/approval", "post", 401, *[400] * 5),
    ("/jobs/{job}/dispute", "post", 401, *[400] * 5),
    ("/jobs/{job}/cancellation", "post", 401, *[400] * 5),
    ("/jobs/{job}/codes", "post", 401, *[422] * 5),
    ("/jobs/{job}/photos", "post", 401, *[422] * 5),
    ("/reviews", "get", *[200] * 6),
    ("/reviews", "post", 401, *[422] * 5),
]
# With a key and a body that could be carried out.
WHOLE = [
    (
        "/service-requests/{open}/quotes",
        {"lines": LINES},
        *(401, 404, 201, 409, 404, 409),
    ),
    ("/quotes/{quote}/acceptance", {}, 401, 404, 404, 403, 404, 201),
    (
        "/quotes/{quote}/revision",
        {"lines": LINES},
        *(401, 404, 404, 201, 404, 403),
    ),
    ("/jobs/{job}/payments", {}, 401, 404, 404, 403, 403, 202),
    ("/jobs/{job}/start", {"code": "000000"}, 401, 404, 404, 409, 403, 403),
    ("/jobs/{job}/delivery", {"code": "000000"}, 401, 404, 404, 422, 403, 403),
    ("/jobs/{job}/approval", {}, 401, 404, 404, 403, 403, 409),
    ("/jobs/{job}/dispute", {"reason": "Non"}, 401, 404, 404, 409, 403, 409),
    ("/jobs/{job}/cancellation", {"reason": "Non"}, 401, 404, 404, 200, 403, 200),
    ("/jobs/{job}/codes", {"kind": "start"}, 401, 404, 404, 403, 403, 409),
    ("/reviews", {"job_id": "{job}", "rating": 5}, 401, 404, 404, 409, 403, 409),
]


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        pytest.param(path, method, codes, id=f"{method} {path}")
        for path, method, *codes in ANSWERS
    ],
)
def test_who_gets_what_answer(path, method, expected, world, people):
    url = BASE + path.format(**world)
    for client, code in zip(people, (expected[0], *expected), strict=True):
        answer = getattr(client, method)(url)
        assert answer.status_code == code, (client, answer.content)
        if code >= 400:
            assert answer["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [pytest.param(path, body, codes, id=path) for path, body, *codes in WHOLE],
)
def test_who_may_carry_it_out(path, body, expected, world, people):
    url = BASE + path.format(**world)
    body = {
        name: value.format(**world) if isinstance(value, str) else value
        for name, value in body.items()
    }
    for client, code in zip(people, (expected[0], *expected), strict=True):
        before = make.snapshot()
        answer = client.post(url, body, headers={"Idempotency-Key": str(uuid7())})
        assert answer.status_code == code, (client, answer.content)
        if code >= 400:
            assert make.snapshot() == before


def test_a_hidden_review_is_its_authors(people, kossi, afi):
    job = make.closed(kossi.user, afi.user)
    url = f"{BASE}/reviews/{make.review(kossi.user, job).pk}"
    answers = [client.get(url).status_code for client in people]
    assert answers == [404] * 6 + [200]
    make.review(afi.user, job)
    assert [client.get(url).status_code for client in people] == [200] * 7


def test_every_path_of_the_app_is_in_the_tables():
    from marketplace.api.urls import urlpatterns

    rows = [(path, method) for path, method, *_ in ANSWERS]
    rows += [(path, "post") for path, *_ in WHOLE] + [("/reviews/{review}", "get")]
    told = {
        ("/" + "/".join("*" if "{" in p else p for p in path.split("/")[1:]), method)
        for path, method in rows
    }
    for pattern in urlpatterns:
        route = "/" + "/".join(
            "*" if "<" in part else part for part in str(pattern.pattern).split("/")
        )
        for method in pattern.callback.actions:
            if method != "head":
                assert (route, method) in told, f"{method} {route} has no row"
