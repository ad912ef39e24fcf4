"""What makes an account worth stealing or reading, and who keeps one with nothing in it."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from allauth.socialaccount.models import SocialAccount

from accounts.events import SessionsEnded
from accounts.models import Device, IdentityCheck, RoleGrant, Session
from accounts.policies.signing_in import SILENT_AFTER, takes_over
from accounts.queries.signing_in import knows_device
from accounts.services.identity.expiry import expire_identity_checks
from accounts.services.signing_in import stakes
from accounts.services.signing_in.challenging import ChallengeNeeded
from accounts.services.signing_in.entering import SignedIn
from accounts.tests.services.test_identity_checks import accepted, submitted
from accounts.tests.sign_ins import (
    DEVICE,
    OTHER_DEVICE,
    answer,
    give_email,
    put_at_stake,
    used_device,
)
from lokahome.core import clock
from lokahome.core.events.models import OutboxEvent

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("is_at_stake", "knows"), tuple(product((True, False), (True, False)))
)
def test_the_whole_table_of_taking_over(is_at_stake, knows):
    wanted = not is_at_stake and not knows
    assert takes_over(is_at_stake=is_at_stake, knows_device=knows) is wanted


def test_a_document_that_waits_is_a_stake_already(ama):
    assert not stakes.is_at_stake(ama.id)
    submitted(ama.user)
    assert stakes.is_at_stake(ama.id)


def test_the_day_a_card_runs_out_opens_nobodys_account(ama, identity_checker):
    """The number is recycled about then: the level is gone, what it protected is not."""
    ends = clock.today() + 10 * DAY
    check = submitted(ama.user, document_kind="passport", expires_on=ends)
    accepted(check, identity_checker.user)
    used_device(ama.user, DEVICE)
    later = clock.now() + 11 * DAY
    assert expire_identity_checks(now=later) == 1
    assert not RoleGrant.objects.filter(user=ama.user, level__gte=1).exists()
    result = answer(ama.user.phone, device_key=OTHER_DEVICE, now=later)
    assert isinstance(result, ChallengeNeeded)
    assert result.challenge.reason == "new_device"


@pytest.mark.parametrize(
    "status", [IdentityCheck.Status.REFUSED, IdentityCheck.Status.WITHDRAWN]
)
def test_a_document_that_never_counted_is_no_stake(status):
    assert status not in stakes.ONCE_CHECKED


def link(person):
    """Let an outside account open *person*'s, as before it was ever proved twice."""
    SocialAccount.objects.create(
        user=person.user, provider="google", uid="d" * 64, extra_data={}
    )


def set_password(person):
    person.user.set_password("a long pass phrase")
    person.user.save()


@pytest.mark.parametrize(
    "give", [link, set_password, lambda person: give_email(person.user)]
)
def test_whoever_had_the_sim_first_keeps_no_key_to_the_next_ones_account(ama, give):
    """A kiosk signs up, sets its own way in, sells the SIM: its account is not entered."""
    used_device(ama.user, DEVICE)
    give(ama)
    assert isinstance(answer(ama.user.phone, device_key=OTHER_DEVICE), ChallengeNeeded)
    assert isinstance(answer(ama.user.phone, device_key=DEVICE), SignedIn)


def test_a_new_device_takes_an_account_with_nothing_in_it_over_whole(ama):
    kiosk = used_device(ama.user, DEVICE)
    result = answer(ama.user.phone, device_key=OTHER_DEVICE)
    assert (result.user, result.is_new) == (ama.user, False)
    kiosk.refresh_from_db()
    assert kiosk.end_reason == Session.EndReason.TAKEN_OVER
    assert not knows_device(ama.id, DEVICE, clock.now())
    assert OutboxEvent.objects.filter(name=SessionsEnded.name).exists()
    used_device(put_at_stake(ama.user), OTHER_DEVICE)
    assert isinstance(answer(ama.user.phone, device_key=DEVICE), ChallengeNeeded)


def test_the_same_device_again_takes_nothing_over(ama):
    session = used_device(ama.user, DEVICE)
    answer(ama.user.phone, device_key=DEVICE)
    session.refresh_from_db()
    assert session.ended_at is None
    assert Device.objects.get(user=ama.user).trusted_at is not None


@pytest.mark.parametrize(
    "name", ["lease", "application", "payment", "conversation", "service"]
)
def test_silence_closes_an_account_with_anything_to_read(ama, monkeypatch, name):
    assert name in stakes.HISTORY
    used_device(ama.user, DEVICE)
    later = clock.now() + SILENT_AFTER + timedelta(minutes=5)
    before = answer(ama.user.phone, device_key=DEVICE)
    assert isinstance(before, SignedIn)
    monkeypatch.setitem(stakes.HISTORY, name, lambda user_id: user_id == ama.id)
    result = answer(ama.user.phone, device_key=DEVICE, now=later)
    assert isinstance(result, ChallengeNeeded)
    assert result.challenge.reason == "silence"
    monkeypatch.setitem(stakes.HISTORY, name, lambda user_id: False)
    assert isinstance(answer(ama.user.phone, device_key=DEVICE, now=later), SignedIn)


def test_each_app_answers_for_its_own_history(ama):
    assert not stakes.has_history(ama.id)


def test_two_apps_cannot_register_one_history():
    with pytest.raises(TypeError):
        stakes.register_history("payment", lambda _: True)


def test_a_device_that_nobody_used_for_half_a_year_is_known_no_more(ama):
    used_device(put_at_stake(ama.user), DEVICE)
    assert knows_device(ama.id, DEVICE, clock.now() + 179 * DAY)
    assert not knows_device(ama.id, DEVICE, clock.now() + 181 * DAY)
