"""Who gets what answer about a conversation: nobody, strangers, parties, the staff."""

import pytest

from lokahome.core.ids import uuid7
from messaging.models import Conversation, Message, Participant, PersonEvent
from messaging.tests import factories as make
from properties.tests import factories as homes

pytestmark = pytest.mark.django_db
BASE = "/api/v1"

# path, method, body, anonymous (staff too: the API knows none), stranger, ama (asks),
# kossi (is asked)
ANSWERS = [
    ("/conversations", "get", None, 401, 200, 200, 200),
    ("/conversations", "post", {}, 401, 422, 422, 422),
    ("/conversations", "post", {"subject": "lease"}, 401, 404, 404, 404),
    ("/conversations/{pk}", "get", None, 401, 404, 200, 200),
    ("/conversations/{pk}", "delete", None, 401, 405, 405, 405),
    ("/conversations/{pk}", "patch", {}, 401, 405, 405, 405),
    ("/conversations/{pk}/messages", "get", None, 401, 404, 200, 200),
    ("/conversations/{pk}/messages", "post", "message", 401, 404, 201, 201),
    ("/conversations/{pk}/cursor", "post", {"read_seq": 1}, 401, 404, 200, 200),
    ("/conversations/{pk}/muting", "post", {"is_muted": True}, 401, 404, 200, 200),
    ("/conversations/{nothing}", "get", None, 401, 404, 404, 404),
    ("/conversations/{nothing}/messages", "get", None, 401, 404, 404, 404),
    ("/conversations/{nothing}/messages", "post", "message", 401, 404, 404, 404),
    ("/conversations/{nothing}/cursor", "post", {}, 401, 404, 404, 404),
    ("/conversations/not-an-id", "get", None, 404, 404, 404, 404),
    ("/realtime/tickets", "post", {}, 401, 422, 422, 422),
    ("/realtime/tickets", "get", None, 401, 405, 405, 405),
]


@pytest.fixture
def talk(kossi, ama):
    """A conversation with a message."""
    talk = make.about_listing(kossi.user, ama.user)
    make.say(talk, ama.user, "Est-ce libre ?")
    return talk


@pytest.mark.parametrize(
    ("path", "method", "body", "expected"),
    [
        pytest.param(path, method, body, codes, id=f"{method} {path} {body or ''}")
        for path, method, body, *codes in ANSWERS
    ],
)
def test_who_gets_what_answer(
    path, method, body, expected, talk, anonymous, stranger, moderator, ama, kossi
):
    url = BASE + path.format(pk=talk.pk, nothing=uuid7())
    people = (moderator, anonymous, stranger, ama, kossi)
    for person, code in zip(people, (expected[0], *expected), strict=True):
        sent = body
        if body == "message":
            sent = {"client_id": str(uuid7()), "body": "Bonjour"}
        before = [
            list(model.objects.order_by("id").values())
            for model in (Conversation, Message, Participant, PersonEvent)
        ]
        response = getattr(person, method)(url, sent)
        assert response.status_code == code, (response.status_code, response.content)
        if code >= 400:
            assert response["Content-Type"].startswith("application/problem+json")
            assert before == [
                list(model.objects.order_by("id").values())
                for model in (Conversation, Message, Participant, PersonEvent)
            ]


def test_one_sees_ones_own_conversations_alone(talk, stranger, ama, kossi):
    assert stranger.get(f"{BASE}/conversations").json()["data"] == []
    for person in (ama, kossi):
        [row] = person.get(f"{BASE}/conversations").json()["data"]
        assert row["id"] == str(talk.pk)


def test_what_a_stranger_may_not_see_looks_like_what_is_not_there(talk, stranger):
    hidden = stranger.get(f"{BASE}/conversations/{talk.pk}")
    missing = stranger.get(f"{BASE}/conversations/{uuid7()}")
    told = [
        {
            name: value
            for name, value in answer.json().items()
            if name not in {"instance", "request_id"}
        }
        for answer in (hidden, missing)
    ]
    assert told[0] == told[1]


def test_a_listing_that_is_not_published_tells_a_stranger_nothing(kossi, stranger):
    draft = homes.listing(kossi.user)
    answer = stranger.post(f"{BASE}/conversations", {"subject": f"listing:{draft.pk}"})
    assert answer.status_code == 404
