"""72 hours' notice: who is told, who may say no, and what comes of silence."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core import signing

from accounts.models import Device, Email, Phone, Session, SignInNotice
from accounts.queries.people import phone_of
from accounts.queries.signing_in import contest_link
from accounts.services.signing_in.challenges import ChallengeSpent, give_notice
from accounts.services.signing_in.challenging import ChallengeNeeded
from accounts.services.signing_in.entering import SignedIn
from accounts.services.signing_in.lapsing import lapse_sign_ins
from accounts.services.signing_in.notices import (
    OPEN_FOR,
    PER_NUMBER,
    WAIT,
    ChallengePast,
    NoChannel,
    NoticeContested,
    NumberLost,
    SessionTooYoung,
    contest_by_link,
    contest_in_session,
    contest_notice,
    open_notice_by_staff,
)
from accounts.services.signing_in.proofs import ProofNeeded, proving_number
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
from lokahome.core.errors import NotAllowed, NotFound, RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_person, proved_now
from lokahome.tests.threads import race

DAY = timedelta(days=1)
AMA = "+2290197000001"


@pytest.fixture
def staked(ama):
    """Return Ama, with something at stake and an address."""
    put_at_stake(ama.user)
    give_email(ama.user)
    return ama


def noticed(device=DEVICE, now=None):
    now = now or clock.now()
    challenge = answer(AMA, device_key=device, now=now).challenge
    return give_notice(challenge_id=challenge.pk, device_key=device, now=now)


def test_a_notice_opens_after_72_hours_and_tells_an_event_of_ids(staked):
    now = clock.now()
    notice = noticed(now=now)
    assert (notice.opens_at, notice.closes_at) == (now + WAIT, now + WAIT + OPEN_FOR)
    row = OutboxEvent.objects.get(name="accounts.sign_in_notice_opened")
    assert set(row.payload) == {"notice_id", "person_id", "phone_id"}


def test_asking_again_gives_the_same_notice_and_rings_once(staked):
    assert noticed().pk == noticed().pk
    opened = OutboxEvent.objects.filter(name="accounts.sign_in_notice_opened")
    assert opened.count() == SignInNotice.objects.count() == 1


def test_uncontested_a_new_code_from_that_device_signs_in_once(staked):
    now = clock.now()
    notice = noticed(now=now)
    early = answer(AMA, device_key=DEVICE, now=notice.opens_at - timedelta(minutes=1))
    assert isinstance(early, ChallengeNeeded)
    at = notice.opens_at
    result = answer(AMA, device_key=DEVICE, now=at)
    assert (result.user, result.is_new) == (staked.user, False)
    notice.refresh_from_db()
    assert (notice.status, notice.closed_at) == ("used", at)
    later = at + timedelta(minutes=1)
    assert isinstance(answer(AMA, device_key=OTHER_DEVICE, now=later), ChallengeNeeded)


def test_waiting_proved_nothing_so_payouts_wait_once_more(staked):
    notice = noticed()
    answer(AMA, device_key=DEVICE, now=notice.opens_at)
    assert Phone.objects.get(user=staked.user).held_since == notice.opens_at


def test_another_device_profits_from_nobodys_notice(staked):
    notice = noticed()
    at = notice.opens_at
    assert isinstance(answer(AMA, device_key=OTHER_DEVICE, now=at), ChallengeNeeded)
    assert isinstance(answer(AMA, device_key=None, now=at), ChallengeNeeded)


def test_after_a_week_it_counts_no_more_and_the_job_says_so(staked):
    notice = noticed()
    late = notice.closes_at
    assert isinstance(answer(AMA, device_key=DEVICE, now=late), ChallengeNeeded)
    lapse_sign_ins(now=late)
    notice.refresh_from_db()
    assert notice.status == "lapsed"


def test_contested_it_opens_nothing_and_the_sim_counts_as_lost(staked):
    older = proved_now(used_device(staked.user, None, at=clock.now() - DAY))
    notice = noticed()
    now = clock.now()
    contest_in_session(notice_id=notice.pk, session=older, now=now)
    notice.refresh_from_db()
    assert (notice.status, notice.closed_at) == ("contested", now)
    assert Phone.objects.get(user=staked.user).lost_at == now
    assert phone_of(staked.id) is None
    at = notice.opens_at
    assert isinstance(answer(AMA, device_key=DEVICE, now=at), ChallengeNeeded)
    deeds = AuditEvent.objects.filter(action="sign_in.notice_contested")
    assert deeds.get().details["door"] == "session"


def test_what_is_contested_twice_stays_contested(staked):
    notice = noticed()
    for _ in range(2):
        contest_notice(notice_id=notice.pk, user_id=staked.id, now=clock.now())
    deeds = AuditEvent.objects.filter(action="sign_in.notice_contested")
    assert deeds.count() == 1


def test_for_thirty_days_after_a_contest_nobody_is_rung_about_the_number(staked):
    notice = noticed()
    contest_notice(notice_id=notice.pk, user_id=staked.id, now=clock.now())
    with pytest.raises(NoticeContested) as refusal:
        noticed(OTHER_DEVICE)
    assert "until" in refusal.value.members
    later = clock.now() + timedelta(days=31)
    with pytest.raises(NumberLost):
        noticed(OTHER_DEVICE, now=later)
    Phone.objects.update(lost_at=None)
    noticed(OTHER_DEVICE, now=later)


def test_a_lost_number_gets_no_notice(staked):
    # Uncontested, it would have taken the loss back.
    challenge = answer(AMA, device_key=DEVICE).challenge
    Phone.objects.update(lost_at=clock.now())
    with pytest.raises(NumberLost):
        give_notice(challenge_id=challenge.pk, device_key=DEVICE, now=clock.now())
    assert not SignInNotice.objects.exists()


def test_a_session_of_the_thief_is_no_channel_and_does_not_contest(staked):
    notice = noticed()
    thief = proved_now(used_device(staked.user, OTHER_DEVICE))
    with pytest.raises(SessionTooYoung):
        contest_in_session(notice_id=notice.pk, session=thief, now=clock.now())
    notice.refresh_from_db()
    assert notice.status == "waiting"


def test_contesting_in_a_session_needs_a_proof_and_the_link_does_not(staked):
    older = used_device(staked.user, None, at=clock.now() - DAY)
    notice = noticed()
    with pytest.raises(ProofNeeded):
        contest_in_session(notice_id=notice.pk, session=older, now=clock.now())
    notice.refresh_from_db()
    assert notice.status == "waiting"
    token = contest_link(notice.pk).rpartition("/")[2]
    assert contest_by_link(token=token, now=clock.now()).status == "contested"


def test_contesting_ends_the_sessions_that_began_since(staked):
    older = used_device(staked.user, DEVICE, at=clock.now() - DAY)
    notice = noticed(UUID(int=7))
    thief = used_device(staked.user, OTHER_DEVICE)
    contest_notice(notice_id=notice.pk, user_id=staked.id, now=clock.now())
    thief.refresh_from_db()
    older.refresh_from_db()
    assert (older.ended_at, thief.end_reason) == (None, Session.EndReason.CONTESTED)
    assert not Device.objects.get(pk=thief.device_id).trusted_at
    assert Device.objects.get(pk=older.device_id).trusted_at


def test_an_address_of_yesterday_is_no_channel_nor_is_a_session(db):
    kofi = make_person(name="Kofi", phone=AMA, roles=("tenant",))
    put_at_stake(kofi)
    used_device(kofi, OTHER_DEVICE)
    email = give_email(kofi, at=clock.now() - timedelta(hours=47))
    with pytest.raises(NoChannel):
        noticed()
    Email.objects.filter(pk=email.pk).update(verified_at=clock.now() - 2 * DAY)
    assert noticed().status == "waiting"


def test_who_has_one_number_and_nothing_else_is_heard_by_staff(db):
    kofi = make_person(name="Kofi", phone=AMA, roles=("tenant",))
    put_at_stake(kofi)
    challenge = answer(AMA, device_key=DEVICE).challenge
    now = clock.now()
    with pytest.raises(NoChannel):
        give_notice(challenge_id=challenge.pk, device_key=DEVICE, now=now)
    asked = {"challenge_id": challenge.pk, "reason": "Son bail.", "now": now}
    with pytest.raises(NotAllowed):
        open_notice_by_staff(actor_id=kofi.pk, **asked)
    assert not SignInNotice.objects.exists()
    staff = uuid7()
    notice = open_notice_by_staff(actor_id=staff, **asked)
    deed = AuditEvent.objects.get(action="sign_in.notice_opened")
    assert (deed.actor_id, deed.reason) == (staff, "Son bail.")
    early = notice.opens_at - timedelta(minutes=1)
    assert isinstance(answer(AMA, device_key=DEVICE, now=early), ChallengeNeeded)
    signed_in = answer(AMA, device_key=DEVICE, now=notice.opens_at)
    assert signed_in.user == kofi
    with pytest.raises(ChallengePast):
        open_notice_by_staff(
            challenge_id=challenge.pk, actor_id=staff, reason="x", now=now + 8 * DAY
        )


def test_another_number_is_a_channel_once_it_has_settled(db):
    kofi = make_person(name="Kofi", phone=AMA, roles=("tenant",))
    put_at_stake(kofi)
    other = Phone(user=kofi, number="+2290197000077", verified_at=clock.now())
    other.save()
    with pytest.raises(NoChannel):
        noticed()
    Phone.objects.filter(pk=other.pk).update(held_since=clock.now() - 2 * DAY)
    assert noticed().status == "waiting"


def test_a_number_about_which_a_notice_waits_proves_nobody(staked):
    assert proving_number(staked.id, clock.now()) == AMA
    noticed()
    assert proving_number(staked.id, clock.now()) is None


def test_nobody_else_contests_it(staked, kossi):
    notice = noticed()
    with pytest.raises(NotFound):
        contest_notice(notice_id=notice.pk, user_id=kossi.id, now=clock.now())
    notice.refresh_from_db()
    assert notice.status == "waiting"


def test_a_used_notice_is_contested_too_late(staked):
    notice = noticed()
    answer(AMA, device_key=DEVICE, now=notice.opens_at)
    with pytest.raises(TransitionRefused):
        contest_notice(notice_id=notice.pk, user_id=staked.id, now=clock.now())


def test_the_link_of_the_letter_contests_and_a_forged_one_does_not(staked):
    notice = noticed()
    token = contest_link(notice.pk).rpartition("/")[2]
    for forged in ("", "x", str(notice.pk), token[:-1], signing.dumps(str(notice.pk))):
        with pytest.raises(NotFound):
            contest_by_link(token=forged, now=clock.now())
    assert contest_by_link(token=token, now=clock.now()).status == "contested"


def test_looking_at_the_links_page_changes_nothing_and_its_button_refuses(
    staked, client
):
    notice = noticed()
    path = "/" + contest_link(notice.pk).split("/", 3)[3]
    page = client.get(path)
    assert page.status_code == 200
    assert "Referrer-Policy" in page
    notice.refresh_from_db()
    assert notice.status == "waiting"
    assert client.post(path).status_code == 200
    notice.refresh_from_db()
    assert notice.status == "contested"
    assert client.get(f"{path}x").status_code == 404


def test_the_button_is_protected_against_other_sites(staked):
    from django.test import Client

    notice = noticed()
    path = "/" + contest_link(notice.pk).split("/", 3)[3]
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    notice.refresh_from_db()
    assert notice.status == "waiting"


def test_an_account_that_nobody_could_tell_gets_no_notice(db):
    kofi = make_person(name="Kofi", phone=AMA, roles=("tenant",))
    put_at_stake(kofi)
    with pytest.raises(NoChannel):
        noticed()
    assert not SignInNotice.objects.exists()


def test_a_spent_challenge_opens_no_notice(staked):
    challenge = answer(AMA, device_key=DEVICE).challenge
    with pytest.raises(ChallengeSpent):
        give_notice(
            challenge_id=challenge.pk, device_key=DEVICE, now=challenge.expires_at
        )


def test_many_devices_do_not_ring_for_ever(staked):
    now = clock.now()
    for index in range(PER_NUMBER):
        noticed(UUID(int=index + 1), now=now + timedelta(hours=index))
    with pytest.raises(RateLimited):
        noticed(UUID(int=99), now=now + timedelta(hours=9))


def test_who_contests_and_who_signs_in_at_once_do_not_both_win(committed, staked):
    notice = noticed()
    at = notice.opens_at

    def either(index):
        if index % 2:
            return contest_notice(notice_id=notice.pk, user_id=staked.id, now=at)
        return answer(AMA, device_key=DEVICE, now=at)

    results = race(2, either)
    notice.refresh_from_db()
    signed_in = [item for item in results if isinstance(item, SignedIn)]
    assert (notice.status == "used") == bool(signed_in)
    assert notice.status in {"used", "contested"}
