"""What one was told, over the API; and by what one wants to be told."""

import pytest

from lokahome.core import clock
from lokahome.core.ids import uuid7
from messaging.models import Notification, NotificationPreference
from messaging.services.plan import PLANS
from properties.tests import factories as homes

LIST = "/api/v1/notifications"
READ_ALL = "/api/v1/notifications/reading"
WISHES = "/api/v1/notification-preferences"
TOPICS = {"homes", "money", "services", "words", "account"}


def told(person, template="listing_published", **ids):
    row = Notification(
        person=person.user,
        fact=f"test:{uuid7()}",
        template=template,
        context_ids={name: str(value) for name, value in ids.items()},
    )
    row.save()
    return row


def rows(person, **query):
    answer = person.get(LIST, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_one_is_told_in_words_of_one_s_language(kossi):
    listing = homes.published(kossi.user)
    row = told(kossi, listing_id=listing.pk)
    (french,) = rows(kossi)
    assert french == {
        "id": str(row.pk),
        "template": "listing_published",
        "topic": "homes",
        "subject": f"listing:{listing.pk}",
        "title": "Annonce en ligne",
        "body": french["body"],
        "is_read": False,
        "created_at": french["created_at"],
    }
    assert listing.title in french["body"]
    english = kossi.get(LIST, headers={"accept-language": "en"}).json()["data"][0]
    assert english["title"] == "Listing online"


def test_what_it_was_about_may_be_gone(kossi):
    told(kossi, listing_id=uuid7())
    told(kossi, template="of_last_year")
    gone, here = rows(kossi)
    assert (gone["title"], gone["subject"], gone["topic"]) == ("", "", "account")
    assert here["title"] == "Annonce en ligne"


@pytest.mark.parametrize("template", sorted(PLANS))
def test_every_template_can_be_shown_without_what_it_was_about(ama, template):
    told(ama, template=template)
    (row,) = rows(ama)
    assert row["title"]
    assert row["body"]


def test_pages_go_back_in_time_and_miss_nothing(ama):
    made = [str(told(ama, listing_id=uuid7()).pk) for _ in range(5)]
    first = ama.get(LIST, {"limit": 2}).json()
    assert first["has_more"]
    second = ama.get(LIST, {"limit": 3, "cursor": first["next_cursor"]})
    # The cursor belongs to its list, not to its size.
    seen = [row["id"] for row in first["data"] + second.json()["data"]]
    assert seen == made[::-1]


def test_the_list_is_narrowed_by_what_was_read_and_by_topic(ama):
    old = told(ama)
    Notification.objects.filter(pk=old.pk).update(read_at=clock.now())
    new = told(ama, template="charge_failed")
    assert [row["id"] for row in rows(ama, is_unread="true")] == [str(new.pk)]
    assert [row["id"] for row in rows(ama, is_unread="false")] == [str(old.pk)]
    assert [row["id"] for row in rows(ama, topic="homes")] == [str(old.pk)]
    assert ama.get(LIST, {"topic": "weather"}).status_code == 400
    assert ama.get(LIST, {"unread": "true"}).status_code == 400


def test_reading_one_keeps_its_first_moment(ama):
    row = told(ama)
    first = ama.post(f"{LIST}/{row.pk}/reading")
    assert first.status_code == 200
    assert first.json()["is_read"]
    row.refresh_from_db()
    moment = row.read_at
    assert ama.post(f"{LIST}/{row.pk}/reading").json() == first.json()
    row.refresh_from_db()
    assert row.read_at == moment


def test_reading_all_stops_at_what_was_on_the_screen(ama, kossi):
    first, second, third = told(ama), told(ama), told(ama)
    others = told(kossi)
    answer = ama.post(READ_ALL, {"up_to": str(second.pk)})
    assert answer.json() == {"marked": 2}
    assert ama.post(READ_ALL, {"up_to": str(second.pk)}).json() == {"marked": 0}
    unread = set(Notification.objects.unread().values_list("pk", flat=True))
    assert unread == {third.pk, others.pk}
    assert first.pk not in unread
    assert ama.post(READ_ALL, {}).status_code == 422


def test_a_stranger_and_staff_see_nothing_of_it(ama, stranger, operator, anonymous):
    row = told(ama)
    assert rows(stranger) == []
    assert stranger.post(f"{LIST}/{row.pk}/reading").status_code == 404
    stranger.post(READ_ALL, {"up_to": str(row.pk)})
    for other in (anonymous, operator):
        assert other.get(LIST).status_code == 401
        assert other.post(f"{LIST}/{row.pk}/reading").status_code == 401
        assert other.post(READ_ALL, {"up_to": str(row.pk)}).status_code == 401
    row.refresh_from_db()
    assert row.read_at is None


def test_a_page_costs_a_query_a_kind_not_a_row(
    kossi, ama, django_assert_max_num_queries
):
    listing = homes.published(kossi.user)

    def one_of_each():
        ids = {
            "listing_id": listing.pk,
            "tenant_id": ama.id,
            "charge_id": uuid7(),
            "lease_id": uuid7(),
            "job_id": uuid7(),
            "quote_id": uuid7(),
            "request_id": uuid7(),
            "provider_id": ama.id,
            "ticket_id": uuid7(),
        }
        for template in ("application_received", "rent_paid_payer", "quote_received"):
            told(kossi, template=template, **ids)
        told(kossi, template="job_funded", **ids)
        told(kossi, template="ticket_resolved", **ids)

    for _ in range(6):
        one_of_each()
    # Who asks, the page, and ten kinds of values.
    with django_assert_max_num_queries(12):
        assert len(rows(kossi, limit=30)) == 30


# --- Preferences --------------------------------------------------------------------------


def wishes(person):
    answer = person.get(WISHES)
    assert answer.status_code == 200
    return answer.json(), answer["ETag"]


def test_everything_is_on_until_somebody_says_otherwise(ama):
    found, _etag = wishes(ama)
    assert set(found) == TOPICS
    assert all(wish == {"sms": True, "email": True} for wish in found.values())


def test_a_change_touches_what_it_names(ama, kossi):
    _found, etag = wishes(ama)
    change = {"money": {"sms": False}, "words": {"email": False}}
    answer = ama.patch(WISHES, change, headers={"if-match": etag})
    assert answer.status_code == 200
    found, newer = wishes(ama)
    assert answer.json() == found
    assert newer == answer["ETag"] != etag
    assert found["money"] == {"sms": False, "email": True}
    assert found["words"] == {"sms": True, "email": False}
    assert found["homes"] == {"sms": True, "email": True}
    assert not NotificationPreference.objects.filter(person=kossi.user).exists()


def test_a_change_of_what_was_changed_meanwhile_is_refused(ama):
    _found, etag = wishes(ama)
    ama.patch(WISHES, {"money": {"sms": False}}, headers={"if-match": etag})
    stale = ama.patch(WISHES, {"money": {"sms": True}}, headers={"if-match": etag})
    missing = ama.patch(WISHES, {"money": {"sms": True}})
    assert (stale.status_code, missing.status_code) == (412, 428)
    assert wishes(ama)[0]["money"]["sms"] is False


@pytest.mark.parametrize("change", [{"money": {"sms": "often"}}, {"money": True}])
def test_a_wish_is_yes_or_no(ama, change):
    _found, etag = wishes(ama)
    answer = ama.patch(WISHES, change, headers={"if-match": etag})
    assert answer.status_code == 422
    assert not NotificationPreference.objects.exists()


def test_an_unchanged_page_is_not_sent_again(ama):
    _found, etag = wishes(ama)
    assert ama.get(WISHES, headers={"if-none-match": etag}).status_code == 304


def test_wishes_need_somebody(anonymous, db):
    assert anonymous.get(WISHES).status_code == 401
    assert anonymous.patch(WISHES, {"money": {"sms": False}}).status_code == 401
