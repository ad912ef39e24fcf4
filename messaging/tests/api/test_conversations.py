"""Talking over HTTP: the shapes, the pages, the repeats, and what each costs."""

import pytest

from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.tests.threads import race
from messaging import hints
from messaging.api.serializers.conversations import (
    ConversationSerializer,
    CursorSerializer,
    MessageSerializer,
    ParticipantSerializer,
)
from messaging.models import Conversation, Message, PersonEvent
from messaging.queries.conversations import conversation_as_json, conversations_of
from messaging.queries.events import events_after
from messaging.services.hiding import hide_message
from messaging.tests import factories as make
from properties.tests import factories as homes

pytestmark = pytest.mark.django_db
URL = "/api/v1/conversations"


@pytest.fixture
def talk(kossi, ama):
    """What Ama asks Kossi about a listing."""
    return make.about_listing(kossi.user, ama.user)


@pytest.fixture
def hinted(monkeypatch):
    """Return what is hinted, instead of hinting it."""
    told = []
    monkeypatch.setattr(hints, "_send", told.append)
    return told


def messages_of(talk):
    return f"{URL}/{talk.pk}/messages"


def written(body="Bonjour", client_id=None):
    return {"client_id": str(client_id or uuid7()), "body": body}


def test_opening_asking_and_answering(
    kossi, ama, hinted, django_capture_on_commit_callbacks
):
    subject = f"listing:{homes.published(kossi.user).pk}"
    with django_capture_on_commit_callbacks(execute=True):
        opened = ama.post(URL, {"subject": subject})
        assert not hinted, "nothing is hinted before the commit"
    assert opened.status_code == 201, opened.content
    assert hinted == [{ama.id: 1, kossi.id: 1}]
    conversation = opened.json()
    assert opened["Location"] == f"{URL}/{conversation['id']}"
    assert conversation["subject"] == subject
    assert {p["full_name"] for p in conversation["participants"]} == {
        "Ama Dossou",
        "Kossi Hounsou",
    }
    again = ama.post(URL, {"subject": subject})
    assert (again.status_code, again.json()["id"]) == (200, conversation["id"])

    with django_capture_on_commit_callbacks(execute=True):
        sent = ama.post(f"{opened['Location']}/messages", written(" Libre ? "))
    assert sent.status_code == 201, sent.content
    assert hinted[1:] == [{ama.id: 2, kossi.id: 2}]
    message = sent.json()
    assert (message["seq"], message["body"]) == (1, "Libre ?")
    assert message["sender_id"] == str(ama.id)
    assert message["sent_at"].endswith("Z")
    assert "Idempotency-Replayed" not in sent
    assert ama.get(sent["Location"]).json()["data"] == [message]

    [seen] = kossi.get(URL).json()["data"]
    assert (seen["unread_count"], seen["last_message"]) == (1, message)
    assert ama.get(URL).json()["data"][0]["unread_count"] == 0
    with django_capture_on_commit_callbacks(execute=True):
        moved = kossi.post(f"{opened['Location']}/cursor", {"read_seq": 1})
    assert moved.json() == {
        "person_id": str(kossi.id),
        "delivered_seq": 1,
        "read_seq": 1,
    }
    assert hinted[2:] == [{ama.id: 3, kossi.id: 3}]
    assert kossi.get(opened["Location"]).json()["unread_count"] == 0


def test_both_doors_tell_a_message_alike(talk, ama, kossi):
    sent = ama.post(messages_of(talk), written()).json()
    over_the_socket = events_after(kossi.id, 1)[0]["message"]
    in_a_list = kossi.get(messages_of(talk)).json()["data"][0]
    assert sent == over_the_socket == in_a_list


def test_the_schema_names_what_is_told(talk, ama):
    make.say(talk, ama.user)
    told = conversation_as_json(conversations_of(ama.id).get())
    assert list(told) == list(ConversationSerializer().fields)
    assert list(told["last_message"]) == list(MessageSerializer().fields)
    [part, _other] = told["participants"]
    assert set(part) == set(ParticipantSerializer().fields)
    assert set(part) - {"full_name"} == set(CursorSerializer().fields)


def test_the_same_message_again_is_answered_alike(talk, ama):
    body = written()
    first = ama.post(messages_of(talk), body)
    again = ama.post(messages_of(talk), body)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert Message.objects.count() == 1


def test_other_words_under_the_same_client_id_are_a_conflict(talk, ama):
    body = written("Bonjour")
    ama.post(messages_of(talk), body)
    answer = ama.post(messages_of(talk), {**body, "body": "Bonsoir"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "message.client_id_reused"
    assert Message.objects.get().body == "Bonjour"


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"body": ""}, "/body", "message.empty"),
        ({"body": "x" * 4001}, "/body", "message.too_long"),
        ({"body": "a\x07b"}, "/body", "message.control_character"),
        ({"body": None}, "/body", "null"),
        ({"body": 42}, "/body", "invalid"),
        ({"body": ["a"]}, "/body", "invalid"),
        ({"client_id": "mine"}, "/client_id", "invalid"),
    ],
)
def test_what_is_no_message_is_refused(talk, ama, changes, pointer, code):
    answer = ama.post(messages_of(talk), {**written(), **changes})
    assert answer.status_code == 422, answer.content
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert not Message.objects.exists()
    assert PersonEvent.objects.filter(kind="message").count() == 0


@pytest.mark.parametrize(
    "raw",
    [
        b'{"client_id": "x", "body": "a\\u0000b"}',
        b'{"body": "\\ud83d"}',
        b"[]",
        b"{",
        b'{"body": "' + b"x" * 1_100_000 + b'"}',
    ],
)
def test_a_body_that_cannot_be_read_is_refused(talk, ama, raw):
    answer = ama.post(messages_of(talk), raw, content_type="application/json")
    assert answer.status_code in {400, 413}, answer.content
    assert not Message.objects.exists()


def test_one_may_not_talk_to_oneself(kossi):
    listing = homes.published(kossi.user)
    answer = kossi.post(URL, {"subject": f"listing:{listing.pk}"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "conversation.with_oneself"
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("subject", ["x", "user:{pk}", "listing:{pk}", "job:{pk}"])
def test_a_subject_that_is_none_is_not_found(ama, subject):
    answer = ama.post(URL, {"subject": subject.format(pk=uuid7())})
    assert answer.status_code == 404
    assert not Conversation.objects.exists()


def test_messages_come_in_pages_both_ways(talk, ama, kossi):
    for number in range(5):
        make.say(talk, ama.user, f"message {number + 1}")

    def numbers(query):
        seen, cursor = [], ""
        while True:
            page = kossi.get(f"{messages_of(talk)}?{query}{cursor}").json()
            seen += [row["seq"] for row in page["data"]]
            if not page["has_more"]:
                return seen
            cursor = f"&cursor={page['next_cursor']}"

    assert numbers("limit=2") == [5, 4, 3, 2, 1]
    assert numbers("limit=2&sort=oldest") == [1, 2, 3, 4, 5]
    assert numbers("sort=oldest&after_seq=3") == [4, 5]
    assert numbers("after_seq=5") == []


@pytest.mark.parametrize(
    "query", ["after_seq=", "after_seq=-1", "after_seq=x", "after_seq=99999999999"]
)
def test_a_number_that_is_none_is_refused(talk, ama, query):
    answer = ama.get(f"{messages_of(talk)}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "after_seq"


@pytest.mark.parametrize("path", ["", "/{pk}", "/{pk}/messages"])
def test_an_unknown_parameter_is_refused(talk, ama, path):
    answer = ama.get(f"{URL}{path.format(pk=talk.pk)}?page=2")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "page"


@pytest.mark.parametrize(
    "body", [{"read_seq": -1}, {"delivered_seq": "x"}, {"read_seq": 2_147_483_648}]
)
def test_a_cursor_that_is_none_is_refused(talk, ama, kossi, body):
    make.say(talk, ama.user)
    assert kossi.post(f"{URL}/{talk.pk}/cursor", body).status_code == 422
    assert not PersonEvent.objects.filter(kind="cursor").exists()


def test_the_liveliest_conversation_comes_first_and_pages_hold(kossi, ama):
    talks = [make.about_listing(kossi.user, ama.user) for _ in range(3)]
    make.say(talks[0], kossi.user)
    first = ama.get(f"{URL}?limit=2").json()
    assert [row["id"] for row in first["data"]] == [
        str(talks[0].pk),
        str(talks[2].pk),
    ]
    rest = ama.get(f"{URL}?limit=2&cursor={first['next_cursor']}").json()
    assert [row["id"] for row in rest["data"]] == [str(talks[1].pk)]
    assert rest["has_more"] is False


def test_conversations_are_found_by_their_subject(kossi, ama, talk):
    make.about_listing(kossi.user, ama.user)
    found = ama.get(f"{URL}?subject={talk.subject}").json()["data"]
    assert [row["id"] for row in found] == [str(talk.pk)]


def test_unread_are_the_others_messages_that_are_neither_read_nor_hidden(
    talk, ama, kossi
):
    made = [make.say(talk, ama.user, f"message {number}") for number in range(4)]
    make.say(talk, kossi.user, "le mien")
    kossi.post(f"{URL}/{talk.pk}/cursor", {"read_seq": 1})
    hide_message(message_id=made[3].pk, case_id=uuid7(), now=clock.now())
    assert kossi.get(f"{URL}/{talk.pk}").json()["unread_count"] == 2
    assert ama.get(f"{URL}/{talk.pk}").json()["unread_count"] == 1
    hidden = kossi.get(messages_of(talk)).json()["data"][1]
    assert (hidden["is_hidden"], hidden["body"]) == (True, "")


def test_muting_is_ones_own_business(talk, ama, kossi):
    before = events_after(ama.id, 0)
    for _twice in range(2):
        answer = kossi.post(f"{URL}/{talk.pk}/muting", {"is_muted": True})
        assert (answer.status_code, answer.json()["is_muted"]) == (200, True)
    [told] = events_after(kossi.id, 1)
    assert told["kind"] == "conversation"
    assert told["conversation"]["is_muted"] is True
    assert events_after(ama.id, 0) == before
    assert ama.get(f"{URL}/{talk.pk}").json()["is_muted"] is False
    assert kossi.post(f"{URL}/{talk.pk}/muting", {}).status_code == 422


def fill(kossi, ama, count):
    for _ in range(count):
        talk = make.about_listing(kossi.user, ama.user)
        make.say(talk, ama.user)
        make.say(talk, kossi.user)


def test_a_page_of_conversations_costs_the_same_however_long(
    kossi, ama, django_assert_num_queries
):
    fill(kossi, ama, 2)
    with django_assert_num_queries(4):  # the person; conversations, people, last ones
        assert len(ama.get(URL).json()["data"]) == 2
    fill(kossi, ama, 4)
    with django_assert_num_queries(4):
        assert len(ama.get(URL).json()["data"]) == 6


def test_a_page_of_messages_costs_the_same_however_long(
    talk, kossi, ama, django_assert_num_queries
):
    for count in (1, 10):
        for number in range(count):
            make.say(talk, ama.user, f"message {number}")
        with django_assert_num_queries(5):  # the person; the conversation; the page
            kossi.get(messages_of(talk))


def test_writing_costs_a_bounded_number_of_queries(
    talk, ama, django_assert_max_num_queries
):
    with django_assert_max_num_queries(14):
        assert ama.post(messages_of(talk), written()).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_ten_times_the_same_message_at_once_over_http(talk, ama):
    body = written()
    answers = race(10, lambda _: ama.post(messages_of(talk), body))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    repeats = [answer for answer in answers if "Idempotency-Replayed" in answer]
    assert len(repeats) == 9
    assert Message.objects.count() == 1


def test_answers_of_conversations_are_kept_by_nobody(talk, ama):
    assert "no-store" in ama.get(f"{URL}/{talk.pk}")["Cache-Control"]
