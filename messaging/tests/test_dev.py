"""The development page of caught messages."""

import pytest
from django.core.mail import EmailMessage, get_connection

from lokahome.core import clock
from lokahome.core.ids import uuid7
from messaging.models import CaughtMessage, OutgoingMessage
from messaging.services.caught import keep_caught

PATHS = ["/dev/messages", "/dev/messages.json"]


@pytest.fixture
def doors(db, settings):
    settings.DEBUG = settings.DEV_DOORS = True


def keep(
    to="+2290197000001", text="code 123456", channel="sms", subject="", reference=""
):
    return keep_caught(
        channel=channel, to=to, subject=subject, text=text, reference=reference
    )


def test_the_page_shows_the_newest_first_and_escapes_what_it_shows(doors, client):
    keep(text="premier")
    keep(text="<script>second</script>")
    page = client.get("/dev/messages").content.decode()
    assert page.index("second") < page.index("premier")
    assert "<script>second" not in page


@pytest.mark.parametrize(
    "written", ["+2290197000001", "%2B2290197000001", "0197000001", "97000001"]
)
def test_messages_are_found_by_any_writing_of_the_number(doors, client, written):
    keep()
    keep(to="+2290197000002", text="autre")
    data = client.get(f"/dev/messages.json?to={written}").json()["data"]
    assert [row["text"] for row in data] == ["code 123456"]


def test_after_leaves_out_what_was_seen(doors, client):
    first = keep(text="un")
    keep(text="deux")
    data = client.get(f"/dev/messages.json?after={first}").json()["data"]
    assert [row["text"] for row in data] == ["deux"]
    assert client.get("/dev/messages.json?after=x").status_code == 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("debug", "dev_doors", "meta"),
    [
        (False, True, {}),
        (True, False, {}),
        (True, True, {"REMOTE_ADDR": "192.0.2.1"}),
        (True, True, {"HTTP_X_FORWARDED_FOR": "192.0.2.1"}),
        (True, True, {"HTTP_FORWARDED": "for=192.0.2.1"}),
    ],
)
def test_the_door_does_not_exist_elsewhere(
    db, client, settings, path, debug, dev_doors, meta
):
    keep()
    settings.DEBUG, settings.DEV_DOORS = debug, dev_doors
    answer = client.get(path, **meta)
    assert answer.status_code == 404
    assert b"123456" not in answer.content


@pytest.mark.parametrize("path", PATHS)
def test_the_door_is_read_only(doors, client, path):
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", PATHS)
def test_a_page_costs_two_queries(doors, client, django_assert_max_num_queries, path):
    for index in range(30):
        keep(text=str(index), reference=str(uuid7()))
    with django_assert_max_num_queries(2):
        client.get(path)


def test_the_page_says_what_became_of_a_message(doors, ama, client):
    message = OutgoingMessage(
        fact="x",
        person_id=ama.id,
        channel="sms",
        template="listing_published",
        status="sent",
        sent_at=clock.now(),
    )
    message.save()
    keep(reference=str(message.pk))
    assert "Envoyé" in client.get("/dev/messages").content.decode()
    message.delivery, message.delivery_reported_at = "delivered", clock.now()
    message.save()
    assert "Remis" in client.get("/dev/messages").content.decode()
    data = client.get("/dev/messages.json").json()["data"]
    assert [row["state"] for row in data] == ["Remis"]


def test_mail_is_caught_once_for_each_recipient(db):
    mail = EmailMessage(
        subject="Bienvenue",
        body="Bonjour",
        to=["ama@example.org"],
        cc=["kossi@example.org"],
        connection=get_connection("messaging.channels.email_caught.CaughtEmailBackend"),
    )
    assert mail.send() == 1
    caught = CaughtMessage.objects.order_by("to").values_list(
        "channel", "to", "subject", "text"
    )
    assert list(caught) == [
        ("email", "ama@example.org", "Bienvenue", "Bonjour"),
        ("email", "kossi@example.org", "Bienvenue", "Bonjour"),
    ]
