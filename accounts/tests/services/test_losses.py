"""A loss that nobody proved: the owner, SIM in hand on a known device, takes it back."""

from datetime import timedelta

import pytest

from accounts.events import PhoneLossLifted, PhoneLost
from accounts.models import Phone, Session, SignInChallenge
from accounts.models.limits import SETTLES_AFTER
from accounts.queries.people import payout_cooling_until, phone_of
from accounts.services.people.losses import report_loss
from accounts.services.people.phones import add_phone, ask_for_phone
from accounts.services.signing_in.challenging import ChallengeNeeded
from accounts.services.signing_in.codes import mint_code
from accounts.services.signing_in.entering import SignedIn
from accounts.services.signing_in.proofs import prove_again, request_proof_code
from accounts.services.signing_in.sessions import forget_device
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

OLD, NEW = "+2290197000001", "+2290196000022"


@pytest.fixture
def session(ama):
    """Return a session of Ama, of ten days ago: she has papers, and nothing but SMS."""
    put_at_stake(ama.user)
    ago = clock.now() - timedelta(days=10)
    Phone.objects.filter(user=ama.user).update(created_at=ago, held_since=ago)
    return used_device(ama.user, DEVICE, at=ago)


def only(user):
    return Phone.objects.current().get(user=user)


def told(event):
    return OutboxEvent.objects.filter(name=event.name).count()


def lose(session):
    phone_id = Phone.objects.get(number=OLD).pk
    return report_loss(session=session, phone_id=phone_id, now=clock.now())


def by_sms(session):
    asked = request_proof_code(
        session=session, method="sms_code", client_ip="x", now=clock.now()
    )
    code = mint_code(request_id=asked.pk, now=clock.now())
    return prove_again(session=session, method="sms_code", value=code, now=clock.now())


def stays_lost(person, lost_at):
    phone = Phone.objects.get(user=person, number=OLD)
    assert phone.lost_at == lost_at
    assert told(PhoneLossLifted) == 0
    assert not AuditEvent.objects.filter(action="phone.loss_lifted").exists()
    assert not Session.objects.alive(clock.now()).filter(user=person).exists()
    asked = SignInChallenge.objects.filter(person=person).latest("id")
    assert asked.reason == SignInChallenge.Reason.LOST


def test_the_owner_takes_back_the_loss_that_a_borrowed_phone_reported(session, ama):
    lose(session)
    assert not Session.objects.alive(clock.now()).filter(user=ama.user).exists()
    at = clock.now()
    entered = answer(OLD, device_key=DEVICE, now=at)
    assert isinstance(entered, SignedIn)
    phone = only(ama.user)
    assert (phone.lost_at, phone.held_since) == (None, at)
    assert phone_of(ama.id) == OLD
    assert payout_cooling_until(ama.id, OLD) == at + SETTLES_AFTER
    assert (told(PhoneLost), told(PhoneLossLifted)) == (1, 1)
    deed = AuditEvent.objects.get(action="phone.loss_lifted")
    assert deed.actor_id == ama.id


def test_the_second_sign_in_tells_nobody_again(session, ama):
    lose(session)
    answer(OLD, device_key=DEVICE)
    held_since = only(ama.user).held_since
    answer(OLD, device_key=DEVICE, now=clock.now() + timedelta(minutes=1))
    assert told(PhoneLossLifted) == 1
    assert only(ama.user).held_since == held_since


@pytest.mark.parametrize("device_key", [OTHER_DEVICE, None])
def test_a_device_that_was_not_known_takes_no_loss_back(session, ama, device_key):
    lost = lose(session)
    entered = answer(OLD, device_key=device_key)
    assert isinstance(entered, ChallengeNeeded)
    stays_lost(ama.user, lost.lost_at)


def test_a_device_that_became_known_after_the_loss_takes_none_back(session, ama):
    lost = lose(session)
    thief = used_device(ama.user, OTHER_DEVICE)
    Session.objects.filter(pk=thief.pk).update(ended_at=clock.now(), end_reason="staff")
    assert isinstance(answer(OLD, device_key=OTHER_DEVICE), ChallengeNeeded)
    stays_lost(ama.user, lost.lost_at)


def test_a_device_that_was_forgotten_takes_no_loss_back(session, ama):
    lost = lose(session)
    forget_device(device_id=session.device_id, user_id=ama.id, now=clock.now())
    assert isinstance(answer(OLD, device_key=DEVICE), ChallengeNeeded)
    stays_lost(ama.user, lost.lost_at)


def test_a_proved_loss_stays(session, ama):
    lost = lose(proved_now(session))
    Session.objects.update(ended_at=clock.now(), end_reason="signed_out")
    assert isinstance(answer(OLD, device_key=DEVICE), ChallengeNeeded)
    stays_lost(ama.user, lost.lost_at)


def test_a_loss_by_a_notice_that_was_contested_stays(session, ama):
    lose(session)
    answer(OLD, device_key=DEVICE)
    at = clock.now()
    Phone.objects.update(lost_at=at)  # as `contest_notice` writes it
    Session.objects.update(ended_at=at, end_reason="contested")
    assert not only(ama.user).is_loss_unproved
    assert isinstance(answer(OLD, device_key=DEVICE), ChallengeNeeded)
    assert only(ama.user).lost_at == at


def test_a_code_to_the_number_itself_does_not_prove_that_it_is_lost(session, ama):
    # The borrowed phone shows its own codes: asked for one more, it gives it.
    proved = by_sms(session)
    lose(proved)
    lost = lose(proved)
    session.refresh_from_db()
    assert session.ended_at is None, "its person's, by all that can be told"
    assert lost.is_loss_unproved
    assert isinstance(answer(OLD, device_key=DEVICE), SignedIn)
    assert only(ama.user).lost_at is None


def test_a_sign_in_by_code_a_minute_ago_does_not_prove_it_either(ama):
    put_at_stake(ama.user)
    assert lose(used_device(ama.user, DEVICE)).is_loss_unproved


def test_a_code_to_another_number_proves_the_loss(session, ama):
    ago = clock.now() - timedelta(days=5)
    Phone(user=ama.user, number=NEW, verified_at=ago, held_since=ago).save()
    assert not lose(by_sms(session)).is_loss_unproved


def test_a_loss_that_is_proved_later_stays(session, ama):
    tablet = used_device(ama.user, OTHER_DEVICE, at=clock.now() - timedelta(days=9))
    first = lose(session)
    give_email(ama.user)
    later = used_device(ama.user, OTHER_DEVICE)
    assert lose(later).is_loss_unproved, "the control: again without a proof"
    assert tablet.device_id == later.device_id
    lost = lose(proved_now(later))
    assert (lost.lost_at, lost.is_loss_unproved) == (first.lost_at, False)
    assert told(PhoneLost) == 1
    assert isinstance(answer(OLD, device_key=DEVICE), ChallengeNeeded)


def test_a_silent_account_asks_for_more_but_no_more_for_the_loss(session, ama):
    lose(session)
    later = clock.now() + timedelta(days=100)
    entered = answer(OLD, device_key=DEVICE, now=later)
    assert isinstance(entered, ChallengeNeeded)
    assert entered.challenge.reason == SignInChallenge.Reason.SILENCE
    assert only(ama.user).lost_at is None


def test_a_number_found_in_a_session_is_lost_no_more(session, ama):
    lose(session)
    tablet = proved_now(used_device(ama.user, OTHER_DEVICE))
    now = clock.now()
    asked = ask_for_phone(session=tablet, number=OLD, client_ip="x", now=now)
    code = mint_code(request_id=asked.pk, now=now)
    phone = add_phone(
        session=tablet, request_id=asked.pk, code=code, client_ip="x", now=now
    )
    assert (phone.lost_at, phone.is_loss_unproved) == (None, False)
