"""One's own numbers: one more, one less, a lost SIM, and 48 hours for payouts."""

from datetime import timedelta

import pytest

from accounts.events import (
    PhoneAdded,
    PhoneLossLifted,
    PhoneLost,
    PhoneRemoved,
    PhoneTakenOver,
)
from accounts.models import CodeRequest, Phone, Session, User
from accounts.models.limits import SETTLES_AFTER
from accounts.queries.people import payout_cooling_until, phone_of
from accounts.services.people.losses import (
    NotLost,
    PhonePast,
    lift_loss,
    report_loss,
)
from accounts.services.people.phones import (
    LastPhone,
    NewPhoneRests,
    PhoneHeldElsewhere,
    add_phone,
    ask_for_phone,
    remove_phone,
)
from accounts.services.signing_in.challenging import ChallengeNeeded
from accounts.services.signing_in.codes import CodeSpent, CodeWrong, mint_code
from accounts.services.signing_in.entering import SignedIn
from accounts.services.signing_in.proofs import (
    ProofNeeded,
    proving_number,
    require_recent_proof,
)
from accounts.tests.sanctioned import impose, leads
from accounts.tests.sign_ins import (
    DEVICE,
    OTHER_DEVICE,
    answer,
    give_email,
    used_device,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.clock import utc_text
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.phones import InvalidPhone
from lokahome.tests.people import make_person, proved_now
from lokahome.tests.threads import race

OLD, NEW = "+2290197000001", "+2290196000022"


@pytest.fixture
def session(ama):
    """Return a session of Ama that began just now."""
    return used_device(ama.user, DEVICE)


def ask(session, number=NEW, now=None):
    return ask_for_phone(
        session=session, number=number, client_ip="192.0.2.1", now=now or clock.now()
    )


def add(session, number=NEW, now=None):
    now = now or clock.now()
    request = ask(session, number, now)
    code = mint_code(request_id=request.pk, now=now)
    return add_phone(
        session=session, request_id=request.pk, code=code, client_ip="x", now=now
    )


def only(user):
    return Phone.objects.current().get(user=user)


def told(event):
    return OutboxEvent.objects.filter(name=event.name).count()


def settled(number=NEW):
    """Let 48 hours have gone by since the number came."""
    ago = clock.now() - SETTLES_AFTER
    Phone.objects.filter(number=number).update(created_at=ago, held_since=ago)


def test_a_new_number_becomes_the_one_that_is_called_in_48_hours(session, ama):
    phone = add(session, "96 00 00 22")
    assert phone.number == NEW
    # A thief's number would hear of everything that the owner has to hear.
    assert phone_of(ama.id) == ama.user.phone == OLD
    settled()
    assert phone_of(ama.id) == ama.user.phone == NEW
    assert Phone.objects.current().filter(user=ama.user).count() == 2
    assert told(PhoneAdded) == 1
    assert AuditEvent.objects.filter(action="phone.added").count() == 1


def test_signing_in_by_the_old_number_does_not_make_it_the_current_one(session, ama):
    add(session)
    settled()
    assert isinstance(answer(OLD, device_key=DEVICE), SignedIn)
    assert phone_of(ama.id) == NEW


def test_changing_numbers_asks_for_a_recent_proof(session):
    later = session.started_at + timedelta(minutes=11)
    with pytest.raises(ProofNeeded):
        ask(session, now=later)
    add(session)
    with pytest.raises(ProofNeeded):
        remove_phone(session=session, phone_id=uuid7(), now=later)
    assert Phone.objects.current().count() == 2


@pytest.mark.parametrize(
    "number",
    [
        "abcdefgh",
        "0l 97 00 00 0l",
        "٠١٩٧٠٠٠٠٢٢",
        "０１９７００００２２",
        "12345678",
        "00 00 00 00",
        "+33 1 23",
        "+1 202 555 0123",
        "01" * 12,
        "",
    ],
)
def test_what_is_no_number_of_ours_is_refused_and_nothing_stays(session, number):
    with pytest.raises(InvalidPhone):
        ask(session, number)
    assert not CodeRequest.objects.exists()


def test_the_answer_is_the_same_for_a_number_of_somebody_else(session, kossi):
    asked = [ask(session, kossi.user.phone), ask(session, NEW)]
    assert len({item.purpose for item in asked}) == 1
    code = mint_code(request_id=asked[0].pk, now=clock.now())
    with pytest.raises(PhoneHeldElsewhere):
        add_phone(
            session=session,
            request_id=asked[0].pk,
            code=code,
            client_ip="x",
            now=clock.now(),
        )
    assert phone_of(kossi.id) == kossi.user.phone
    assert Phone.objects.count() == 2


def test_a_wrong_code_costs_a_try_and_the_right_one_works_once(session):
    request = ask(session)
    code = mint_code(request_id=request.pk, now=clock.now())
    kwargs = {"session": session, "request_id": request.pk, "client_ip": "x"}
    with pytest.raises(CodeWrong):
        add_phone(**kwargs, code=f"{(int(code) + 1) % 10**6:06d}", now=clock.now())
    add_phone(**kwargs, code=code, now=clock.now())
    with pytest.raises(CodeSpent):
        add_phone(**kwargs, code=code, now=clock.now())


def test_a_request_of_another_session_is_unknown(session, kossi):
    request = ask(proved_now(used_device(kossi.user, None)))
    code = mint_code(request_id=request.pk, now=clock.now())
    with pytest.raises(NotFound):
        add_phone(
            session=session,
            request_id=request.pk,
            code=code,
            client_ip="x",
            now=clock.now(),
        )
    request.refresh_from_db()
    assert request.tries == 0


def test_the_last_number_is_not_given_up(session, ama):
    with pytest.raises(LastPhone):
        remove_phone(session=session, phone_id=only(ama.user).pk, now=clock.now())
    assert phone_of(ama.id) == OLD


def test_a_lost_number_does_not_count_as_one_that_is_left(session, ama):
    new = add(proved_now(session))
    old = Phone.objects.get(number=OLD)
    report_loss(session=session, phone_id=old.pk, now=clock.now())
    with pytest.raises(LastPhone):
        remove_phone(session=session, phone_id=new.pk, now=clock.now())


def test_giving_a_number_up_ends_other_sessions_and_tells_it(session, ama):
    other = used_device(ama.user, OTHER_DEVICE)
    add(session)
    settled()
    old = Phone.objects.get(number=OLD)
    remove_phone(session=session, phone_id=old.pk, now=clock.now())
    old.refresh_from_db()
    assert (old.release_reason, old.released_at is None) == ("removed", False)
    other.refresh_from_db()
    assert other.end_reason == Session.EndReason.PHONE_CHANGED
    session.refresh_from_db()
    assert session.ended_at is None
    assert told(PhoneRemoved) == 1
    assert answer(OLD).is_new


def test_a_number_given_up_again_stays_given_up_and_is_not_lost(session, ama):
    add(session)
    settled()
    old = Phone.objects.get(number=OLD)
    first = remove_phone(session=session, phone_id=old.pk, now=clock.now())
    later = clock.now() + timedelta(minutes=1)
    again = remove_phone(session=session, phone_id=old.pk, now=later)
    assert again.released_at == first.released_at
    assert told(PhoneRemoved) == 1
    with pytest.raises(PhonePast):
        report_loss(session=session, phone_id=old.pk, now=clock.now())


def test_the_old_number_stays_while_the_new_one_is_new(session, ama):
    # An open screen: a number slipped in, and the owner's taken off in a minute.
    new = add(proved_now(session))
    old = Phone.objects.get(number=OLD)
    with pytest.raises(NewPhoneRests) as refusal:
        remove_phone(session=session, phone_id=old.pk, now=clock.now())
    assert refusal.value.members["until"] == utc_text(new.held_since + SETTLES_AFTER)
    old.refresh_from_db()
    assert (old.released_at, told(PhoneRemoved)) == (None, 0)
    remove_phone(session=session, phone_id=new.pk, now=clock.now())


def test_nobody_touches_anothers_number(session, kossi):
    theirs = only(kossi.user)
    for deed in (remove_phone, report_loss):
        with pytest.raises(NotFound):
            deed(session=session, phone_id=theirs.pk, now=clock.now())
    theirs.refresh_from_db()
    assert (theirs.released_at, theirs.lost_at) == (None, None)


def test_a_lost_sim_keeps_the_account_and_opens_nothing_alone(session, ama):
    other = used_device(ama.user, OTHER_DEVICE)
    phone = only(ama.user)
    proved_now(session)
    for _ in range(2):
        report_loss(session=session, phone_id=phone.pk, now=clock.now())
    assert told(PhoneLost) == 1
    other.refresh_from_db()
    assert other.end_reason == Session.EndReason.PHONE_LOST
    assert isinstance(answer(OLD, device_key=OTHER_DEVICE), ChallengeNeeded)
    assert phone_of(ama.id) is None
    assert ama.user.phone is None


def test_a_loss_without_a_proof_shuts_the_reporter_out_as_well(session, ama):
    # A borrowed phone kept its session, and the owner was asked for what he has not.
    later = session.started_at + timedelta(days=3)
    phone = report_loss(session=session, phone_id=only(ama.user).pk, now=later)
    assert phone.lost_at == later
    assert not Session.objects.alive(later).filter(user=ama.user).exists()


def test_a_loss_with_a_proof_keeps_the_session(session, ama):
    report_loss(session=session, phone_id=only(ama.user).pk, now=clock.now())
    session.refresh_from_db()
    assert session.ended_at is None


def test_a_new_number_beside_a_lost_one_proves_nothing_yet(session, ama):
    new = add(session)
    report_loss(
        session=session, phone_id=Phone.objects.get(number=OLD).pk, now=clock.now()
    )
    assert phone_of(ama.id) == NEW, "somebody has to be told"
    assert proving_number(ama.id, clock.now()) is None
    with pytest.raises(ProofNeeded) as refusal:
        require_recent_proof(used_device(ama.user, OTHER_DEVICE), clock.now())
    assert refusal.value.members == {"methods": []}
    assert "support" in refusal.value.detail
    settled(new.number)
    assert proving_number(ama.id, clock.now()) == NEW


def test_staff_lift_a_loss_for_a_reason_and_everybody_hears_of_it(session, ama):
    phone = only(ama.user)
    report_loss(session=session, phone_id=phone.pk, now=clock.now())
    staff = uuid7()
    now = clock.now()
    lift_loss(phone_id=phone.pk, actor_id=staff, reason="Elle l’a montrée.", now=now)
    phone.refresh_from_db()
    assert (phone.lost_at, phone.held_since) == (None, now)
    deed = AuditEvent.objects.get(action="phone.loss_lifted")
    assert (deed.actor_id, deed.reason) == (staff, "Elle l’a montrée.")
    assert told(PhoneLossLifted) == 1
    with pytest.raises(NotLost):
        lift_loss(phone_id=phone.pk, actor_id=staff, reason="x", now=now)


def test_nobody_of_the_staff_lifts_their_own_loss(session, ama):
    phone = only(ama.user)
    report_loss(session=session, phone_id=phone.pk, now=clock.now())
    with pytest.raises(NotAllowed):
        lift_loss(phone_id=phone.pk, actor_id=ama.id, reason="x", now=clock.now())
    phone.refresh_from_db()
    assert phone.lost_at is not None


# --- Two accounts of one person -------------------------------------------------------


def test_a_number_of_an_account_with_nothing_in_it_comes_over(session, ama):
    other = answer(NEW).user  # one tap on « nouveau compte » too many
    phone = add(session)
    assert (phone.user, phone.number) == (ama.user, NEW)
    past = Phone.objects.get(user=other)
    assert past.release_reason == Phone.ReleaseReason.TAKEN_OVER
    assert told(PhoneTakenOver) == 1


def test_a_number_of_an_account_with_something_in_it_stays(session, ama):
    other = answer(NEW).user
    give_email(other, "other@example.org")
    with pytest.raises(PhoneHeldElsewhere) as refusal:
        add(session)
    assert "retirez-le" not in refusal.value.detail
    assert only(other).number == NEW


def closed(person):
    User.objects.filter(pk=person.pk).update(is_active=False)


def colleague(person):
    User.objects.filter(pk=person.pk).update(is_staff=True)


def suspended(person):
    impose(person, leads(1)[0])


def restricted(person):
    impose(person, leads(1)[0], kind="restrict")


def about_to_be_banned(person):
    impose(person, leads(1)[0], kind="ban", days=None)


@pytest.mark.parametrize(
    "stands", [closed, colleague, suspended, restricted, about_to_be_banned]
)
def test_a_number_stays_with_an_account_that_is_not_free(session, ama, stands):
    # Who was thrown out went on under another account, with the number staff knew.
    other = answer(NEW).user
    stands(other)
    before = list(AuditEvent.objects.order_by("id").values_list("pk", flat=True))
    with pytest.raises(PhoneHeldElsewhere) as refusal:
        add(session)
    assert refusal.value.detail == PhoneHeldElsewhere().detail
    theirs = Phone.objects.get(user=other)
    assert (theirs.number, theirs.released_at) == (NEW, None)
    assert [row.number for row in Phone.objects.filter(user=ama.user)] == [OLD]
    assert (told(PhoneTakenOver), told(PhoneAdded)) == (0, 0)
    after = AuditEvent.objects.order_by("id").exclude(pk__in=before)
    assert not after.filter(action__startswith="phone.").exists()


def test_a_warning_takes_no_number_from_its_person(session, ama):
    impose(answer(NEW).user, leads(1)[0], kind="warn", days=None)
    assert add(session).user == ama.user


def test_who_lost_the_only_number_to_a_newcomer_adds_another_from_a_known_device(ama):
    days_ago = clock.now() - timedelta(days=4)
    session = used_device(ama.user, DEVICE, at=days_ago)
    young = used_device(ama.user, OTHER_DEVICE, at=clock.now() - timedelta(days=2))
    with pytest.raises(ProofNeeded):
        ask(session)  # the control: the SIM is there to prove by
    now = clock.now()
    Phone.objects.update(released_at=now, release_reason="taken_over")
    with pytest.raises(ProofNeeded):
        ask(young)
    assert add(session).number == NEW
    Phone.objects.update(released_at=clock.now(), release_reason="taken_over")
    give_email(ama.user)
    with pytest.raises(ProofNeeded):
        ask(session)


def test_a_found_sim_is_proved_in_a_session_and_is_theirs_again(session, ama):
    phone = only(ama.user)
    report_loss(session=session, phone_id=phone.pk, now=clock.now())
    now = clock.now()
    assert add(session, OLD, now).pk == phone.pk
    phone.refresh_from_db()
    assert (phone.lost_at, phone.held_since) == (None, now)


# --- 48 hours -------------------------------------------------------------------------

DAYS = timedelta(days=2)


def test_the_number_an_account_was_born_with_is_paid_at_once(db):
    person = answer("+2290197000091").user
    assert payout_cooling_until(person.pk, "+2290197000091") is None


def test_a_number_that_was_added_waits_and_signing_in_changes_nothing(session, ama):
    now = clock.now()
    add(session, now=now)
    assert payout_cooling_until(ama.id, NEW) == now + DAYS
    answer(NEW, now=now + timedelta(hours=1))
    assert payout_cooling_until(ama.id, NEW) == now + DAYS


def test_an_unknown_device_let_in_by_a_second_proof_makes_payouts_wait(ama):
    phone = only(ama.user)
    assert payout_cooling_until(ama.id, OLD) is None
    at = clock.now()
    Phone.objects.filter(pk=phone.pk).update(let_in_at=at)
    assert payout_cooling_until(ama.id, OLD) == at + DAYS


def test_a_password_that_a_code_set_makes_payouts_wait(ama):
    at = clock.now()
    User.objects.filter(pk=ama.id).update(password_reset_at=at)
    assert payout_cooling_until(ama.id, OLD) == at + DAYS


def test_a_number_that_becomes_current_again_waits(session, ama):
    new = add(session)
    settled()
    at = clock.now()
    remove_phone(session=session, phone_id=new.pk, now=at)
    assert phone_of(ama.id) == OLD
    assert payout_cooling_until(ama.id, OLD) == at + DAYS


def test_a_number_of_nobody_or_somebody_else_has_no_answer(session, ama, kossi):
    assert payout_cooling_until(ama.id, kossi.user.phone) is None
    assert payout_cooling_until(ama.id, "+2290197000099") is None


# --- Races ----------------------------------------------------------------------------


def test_two_people_who_prove_one_number_at_once_do_not_both_hold_it(committed):
    people = [
        make_person(name=f"P{index}", phone=f"+229019700005{index}", roles=("tenant",))
        for index in range(3)
    ]
    sessions = [used_device(person, None) for person in people]
    asked = [ask(session) for session in sessions]
    codes = [mint_code(request_id=item.pk, now=clock.now()) for item in asked]
    results = race(
        3,
        lambda i: add_phone(
            session=sessions[i],
            request_id=asked[i].pk,
            code=codes[i],
            client_ip="x",
            now=clock.now(),
        ),
    )
    assert sum(isinstance(item, Phone) for item in results) == 1
    assert sum(isinstance(item, PhoneHeldElsewhere) for item in results) == 2


def test_two_numbers_given_up_at_once_leave_one(committed, session, ama):
    add(session)
    settled()
    ids = list(Phone.objects.filter(user=ama.user).values_list("pk", flat=True))
    results = race(
        2,
        lambda i: remove_phone(session=session, phone_id=ids[i], now=clock.now()),
    )
    assert sum(isinstance(item, Phone) for item in results) == 1
    assert sum(isinstance(item, LastPhone) for item in results) == 1
    assert Phone.objects.current().filter(user=ama.user).count() == 1
