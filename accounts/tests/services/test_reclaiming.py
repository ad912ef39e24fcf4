"""« Ce n’est pas moi »: what a thief brought goes at once, what was the owner’s stays."""

from datetime import timedelta

import pytest
from allauth.socialaccount.models import SocialAccount

from accounts.events import AccountReclaimed
from accounts.models import Device, Email, Phone, Session
from accounts.queries.people import email_of, phone_of
from accounts.services.people.reclaiming import UNDONE, reclaim
from accounts.services.signing_in.codes import mint_code
from accounts.services.signing_in.proofs import (
    ProofNeeded,
    prove_again,
    request_proof_code,
)
from accounts.tests.sign_ins import (
    DEVICE,
    OTHER_DEVICE,
    answer,
    give_email,
    put_at_stake,
    used_device,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import proved_now

OLD, THIEFS = "+2290197000001", "+2290196000022"


@pytest.fixture
def owner(ama):
    """Return the owner's session, a month old, proved just now by a code to her SIM."""
    give_email(ama.user, "owner@example.org")
    session = used_device(ama.user, DEVICE, at=clock.now() - timedelta(days=20))
    return by_sms(session)


def by_sms(session):
    asked = request_proof_code(
        session=session, method="sms_code", client_ip="x", now=clock.now()
    )
    code = mint_code(request_id=asked.pk, now=clock.now())
    return prove_again(session=session, method="sms_code", value=code, now=clock.now())


def taken_over(person):
    """Let a thief have put a number, an address, a link and a password of theirs."""
    now = clock.now()
    Phone(user=person, number=THIEFS, verified_at=now).save()
    Email.objects.filter(user=person).update(released_at=now)
    give_email(person, "thief@example.org", at=now)
    SocialAccount.objects.create(user=person, provider="google", uid="7", extra_data={})
    person.set_password("a thief's pass phrase")
    person.password_reset_at = now
    person.save()
    return used_device(person, OTHER_DEVICE)


def test_one_act_undoes_what_a_thief_brought(owner, ama):
    thief = taken_over(ama.user)
    done = reclaim(session=owner, now=clock.now())
    assert (done.numbers, done.addresses, done.identities) == (1, 1, 1)
    assert done.password
    thief.refresh_from_db()
    owner.refresh_from_db()
    assert thief.end_reason == Session.EndReason.CONTESTED
    assert owner.ended_at is None
    assert not Device.objects.get(pk=thief.device_id).trusted_at
    assert Device.objects.get(pk=owner.device_id).trusted_at
    assert Phone.objects.current().get(user=ama.user).number == phone_of(ama.id) == OLD
    assert email_of(ama.id) == "owner@example.org"
    assert not SocialAccount.objects.exists()
    ama.user.refresh_from_db()
    assert not ama.user.has_usable_password()
    assert OutboxEvent.objects.filter(name=AccountReclaimed.name).count() == 1
    assert AuditEvent.objects.filter(action="person.reclaimed").count() == 1


def test_what_is_older_than_three_days_stays(owner, ama):
    before = clock.now() - UNDONE - timedelta(minutes=1)
    Phone(
        user=ama.user,
        number=THIEFS,
        verified_at=before,
        created_at=before,
        held_since=before,
    ).save()
    known = used_device(ama.user, OTHER_DEVICE, at=before)
    done = reclaim(session=owner, now=clock.now())
    assert (done.numbers, done.addresses, done.password) == (0, 0, False)
    assert email_of(ama.id) == "owner@example.org"
    known.refresh_from_db()
    assert known.ended_at is not None, "every other session ends"


def test_the_number_that_an_account_was_born_with_stays(db):
    person = answer(THIEFS).user
    session = used_device(person, DEVICE)
    reclaim(session=session, now=clock.now())
    assert phone_of(person.pk) == THIEFS


def numbers_of(person):
    held = Phone.objects.current().filter(user=person).order_by("created_at")
    return list(held.values_list("number", flat=True))


def by_password(person):
    session = used_device(person, DEVICE)
    return proved_now(session)


def hold(person, number, at, **values):
    Phone(
        user=person,
        number=number,
        verified_at=at,
        created_at=at,
        held_since=at,
        **values,
    ).save()


def test_the_only_number_that_works_stays_beside_a_lost_one(ama):
    # « Ce n’est pas moi » left her with a SIM at the bottom of the lagoon.
    now = clock.now()
    Phone.objects.filter(user=ama.user).update(
        created_at=now - timedelta(days=300), lost_at=now - timedelta(hours=30)
    )
    hold(ama.user, THIEFS, now - timedelta(hours=29))
    done = reclaim(session=by_password(ama.user), now=now)
    assert done.numbers == 0
    assert numbers_of(ama.user) == [OLD, THIEFS]
    assert phone_of(ama.id) == THIEFS


def test_of_young_numbers_beside_a_lost_one_the_first_that_works_stays(ama):
    now = clock.now()
    Phone.objects.filter(user=ama.user).update(
        created_at=now - timedelta(days=300), lost_at=now - timedelta(hours=30)
    )
    hold(ama.user, "+2290196000023", now - timedelta(hours=29), lost_at=now)
    hold(ama.user, THIEFS, now - timedelta(hours=28))
    hold(ama.user, "+2290196000024", now - timedelta(hours=1))
    assert reclaim(session=by_password(ama.user), now=now).numbers == 2
    assert numbers_of(ama.user) == [OLD, THIEFS]


def test_where_no_number_works_one_stays_theirs(ama):
    now = clock.now()
    Phone.objects.filter(user=ama.user).update(lost_at=now)
    assert reclaim(session=by_password(ama.user), now=now).numbers == 0
    assert numbers_of(ama.user) == [OLD]


def test_the_thief_does_not_do_it_to_the_owner(owner, ama):
    put_at_stake(ama.user)
    thief = taken_over(ama.user)
    with pytest.raises(ProofNeeded):
        reclaim(session=thief, now=clock.now())
    asked = request_proof_code(
        session=thief, method="sms_code", client_ip="x", now=clock.now()
    )
    assert asked.phone == OLD, "the code goes to the owner"
    assert Phone.objects.current().filter(user=ama.user).count() == 2
    assert email_of(ama.id) == "thief@example.org"
    owner.refresh_from_db()
    assert owner.ended_at is None


def test_over_http_it_says_what_went(ama, anonymous):
    taken_over(ama.user)
    said = ama.post("/api/v1/me/not-me")
    assert said.status_code == 200
    assert (said.json()["numbers"], said.json()["identities"]) == (1, 1)
    assert ama.post("/api/v1/me/not-me").json()["numbers"] == 0
    assert anonymous.post("/api/v1/me/not-me").status_code == 401
