"""Numbers, challenges, notices and the cost of codes in the back-office."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Phone, SignInChallenge, SignInNotice
from accounts.services.signing_in.challenges import give_notice
from accounts.services.signing_in.challenging import open_challenge
from accounts.tests.sign_ins import DEVICE, answer, give_email, put_at_stake
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.tests.people import make_staff

PAGES = "/admin/accounts/"
LISTS = ("phone", "signinchallenge", "signinnotice", "codespending")


@pytest.fixture
def support(db):
    """Return somebody of the support."""
    return make_staff("support", "support")


@pytest.fixture
def asked(ama):
    """Return a challenge of Ama's account, with a notice."""
    put_at_stake(ama.user)
    give_email(ama.user)
    challenge = answer(ama.user.phone, device_key=DEVICE).challenge
    give_notice(challenge_id=challenge.pk, device_key=DEVICE, now=clock.now())
    return challenge


@pytest.mark.parametrize("name", LISTS)
def test_only_staff_who_may_see_the_lists(ama, finance, operator, support, asked, name):
    """Operators see what codes cost, since they hear when its money goes; no more."""
    path = f"{PAGES}{name}/"
    assert ama.get(path).status_code == 302
    assert finance.get(path).status_code == 403
    assert operator.get(path).status_code == (200 if name == "codespending" else 403)
    assert support.get(path).status_code == 200


@pytest.mark.parametrize("name", LISTS[:3])
def test_numbers_are_masked_in_lists_and_pages(support, asked, name):
    model = {"phone": Phone, "signinchallenge": SignInChallenge}.get(name, SignInNotice)
    row = model.objects.first()
    for path in (f"{PAGES}{name}/", f"{PAGES}{name}/{row.pk}/change/"):
        page = support.get(path).content.decode()
        assert "+229 •••• 01" in page
        assert "97000001" not in page
        assert row.pk


def test_a_challenge_without_a_sim_is_shown_without_a_number(support, ama):
    """One that a letter or an outside account began; its waiting password is not shown."""
    now = clock.now()
    open_challenge(
        person=ama.user,
        given="email",
        reason="new_device",
        device_key=DEVICE,
        new_password="argon2$canary",
        now=now,
    )
    row = SignInChallenge.objects.get()
    for path in ("", f"{row.pk}/change/"):
        answered = support.get(f"{PAGES}signinchallenge/{path}")
        assert answered.status_code == 200
        page = answered.content.decode()
        assert "code par courriel" in page
        assert "canary" not in page


@pytest.mark.parametrize("name", LISTS[:3])
def test_a_whole_number_in_any_writing_finds_its_rows(support, asked, name):
    found = support.get(f"{PAGES}{name}/", {"q": "97 00 00 01"}).content.decode()
    assert "A. D." in found
    assert "Ama Dossou" not in found
    for words in ("+2290197000055", "970000", "x"):
        page = support.get(f"{PAGES}{name}/", {"q": words}).content.decode()
        assert "A. D." not in page


def test_the_persons_page_shows_every_number_they_held(support, ama):
    now = clock.now()
    Phone(
        user=ama.user,
        number="+2290196000022",
        verified_at=now - timedelta(days=9),
        held_since=now - timedelta(days=9),
        released_at=now,
        release_reason="removed",
    ).save()
    page = support.get(f"{PAGES}user/{ama.id}/change/").content.decode()
    assert "+229 •••• 22 · retiré par la personne" in page
    assert "+229 •••• 01 · actuel" in page
    assert "96000022" not in page


def test_the_timeline_of_a_notice_is_on_its_page(support, asked):
    notice = SignInNotice.objects.get()
    page = support.get(f"{PAGES}signinnotice/{notice.pk}/change/").content.decode()
    assert "En cours" in page


@pytest.mark.parametrize("name", LISTS)
def test_lists_cost_the_same_for_one_and_many(
    support, asked, django_assert_max_num_queries, name
):
    with django_assert_max_num_queries(16):
        assert support.get(f"{PAGES}{name}/").status_code == 200


def lifted(client, phone):
    url = reverse("admin:accounts_phone_decide", args=[phone.pk, "lift-loss"])
    body = {"version": 1, "reason": "La personne a montré sa carte SIM."}
    return client.post(url, body, format="multipart")


def test_support_lifts_a_loss_and_the_log_says_why(support, operator, ama):
    phone = Phone.objects.get(user=ama.user)
    Phone.objects.update(lost_at=clock.now())
    assert lifted(operator, phone).status_code == 403
    phone.refresh_from_db()
    assert phone.lost_at is not None
    assert lifted(support, phone).status_code == 302
    phone.refresh_from_db()
    assert phone.lost_at is None
    deed = AuditEvent.objects.get(action="phone.loss_lifted")
    assert (deed.actor_id, bool(deed.reason)) == (support.id, True)
