"""Passwords: changed by who knows them, set anew by who proves more than a SIM."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import CodeRequest, Email, RoleGrant, Session, User
from accounts.services.signing_in import passwords
from accounts.services.signing_in.codes import (
    CodeSpent,
    CodeWrong,
    mint_code,
    request_code,
)
from accounts.services.signing_in.passwords import (
    PasswordWrong,
    ResetRefused,
    change_password,
    request_reset,
    reset_password,
    send_reset_code,
)
from accounts.services.signing_in.proofs import ProofNeeded
from accounts.services.signing_in.sessions import open_session
from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import PASSWORD
from lokahome.tests.threads import race

NEW = "a rather new password"
UNKNOWN = "+2290197000088"


def with_password(person):
    person.user.set_password(PASSWORD)
    person.user.save(update_fields={"password"})
    return person


def with_email(person, address="ama@example.org"):
    now = clock.now()
    Email(
        user=person.user,
        address=address,
        code_hash="a" * 64,
        minted_at=now,
        expires_at=now,
        verified_at=now,
    ).save()


def at_stake(person):
    RoleGrant.objects.filter(user=person.user).update(level=1)


def knows(person, password):
    return User.objects.get(pk=person.id).check_password(password)


def asked(phone, *, by_email=False, now=None, request_id=None):
    return request_reset(
        phone=phone,
        by_email=by_email,
        client_ip="192.0.2.1",
        device_key=None,
        language="fr",
        now=now or clock.now(),
        request_id=request_id,
    )


def reset(request, code, *, device=None, now=None):
    reset_password(
        request_id=request.pk,
        code=code,
        new_password=NEW,
        device_key=device,
        client_ip="192.0.2.1",
        now=now or clock.now(),
    )


def sent(person, *, by_email=False):
    """Return a request of *person*'s, and the code as the message says it."""
    request = asked(person.user.phone, by_email=by_email)
    assert send_reset_code(request_id=request.pk, by_email=by_email)
    return request, mint_code(request_id=request.pk, now=clock.now())


def test_a_change_ends_the_other_sessions_and_keeps_this_one(ama):
    with_password(ama)
    kept = ama.session
    ended = change_password(
        session=kept, old_password=PASSWORD, new_password=NEW, now=clock.now()
    )
    assert ended == 0
    assert knows(ama, NEW)
    kept.refresh_from_db()
    assert kept.ended_at is None
    assert OutboxEvent.objects.filter(name="accounts.password_changed").count() == 1


def test_a_wrong_old_password_changes_nothing(ama):
    with_password(ama)
    for old in ("wrong", ""):
        with pytest.raises(PasswordWrong):
            change_password(
                session=ama.session,
                old_password=old,
                new_password=NEW,
                now=clock.now(),
            )
    assert knows(ama, PASSWORD)
    assert not OutboxEvent.objects.exists()


def test_a_first_password_needs_a_recent_proof(ama):
    session, now = ama.session, clock.now()
    with pytest.raises(ProofNeeded):
        change_password(
            session=session,
            old_password="",
            new_password=NEW,
            now=now + timedelta(minutes=11),
        )
    assert not User.objects.get(pk=ama.id).has_usable_password()
    change_password(session=session, old_password="", new_password=NEW, now=now)
    assert knows(ama, NEW)


def test_a_code_by_sms_sets_it_anew_and_ends_every_session(ama):
    with_password(ama)
    request, code = sent(ama)
    reset(request, code)
    assert knows(ama, NEW)
    assert not Session.objects.filter(user=ama.user, ended_at=None).exists()
    with pytest.raises(CodeSpent):
        reset(request, code)


def test_a_code_by_email_does_so_even_where_something_is_at_stake(ama):
    with_email(ama)
    at_stake(ama)
    request, code = sent(ama, by_email=True)
    request.refresh_from_db()
    assert (request.channel, request.phone) == ("email", "")
    reset(request, code)
    assert knows(ama, NEW)


def test_a_sim_alone_resets_nothing_where_something_is_at_stake(ama):
    """Or whoever gets an old number would have a password to prove themselves with."""
    with_password(ama)
    at_stake(ama)
    request, code = sent(ama)
    with pytest.raises(ResetRefused):
        reset(request, code, device=uuid4())
    assert knows(ama, PASSWORD)
    assert ama.session.ended_at is None
    with pytest.raises(CodeSpent):
        reset(request, code)


def test_on_a_known_device_the_sim_is_enough(ama):
    at_stake(ama)
    key = uuid4()
    open_session(user=ama.user, method="code", device_key=key, now=clock.now())
    request, code = sent(ama)
    reset(request, code, device=key)
    assert knows(ama, NEW)


@pytest.mark.parametrize("what", ["lost", "released", "closed", "staff"])
def test_a_code_that_was_right_is_refused_when_things_changed(ama, what):
    with_password(ama)
    request, code = sent(ama)
    now = clock.now()
    match what:
        case "lost":
            ama.user.phones.update(lost_at=now)
        case "released":
            ama.user.phones.update(released_at=now, release_reason="removed")
        case "closed":
            User.objects.filter(pk=ama.id).update(is_active=False)
        case "staff":
            User.objects.filter(pk=ama.id).update(is_staff=True)
    with pytest.raises(ResetRefused):
        reset(request, code)
    assert knows(ama, PASSWORD)


def test_a_number_of_nobody_gets_no_message_and_the_same_answer(ama):
    for phone in (UNKNOWN, ama.user.phone):
        assert asked(phone).person_id is None
    names = OutboxEvent.objects.values_list("name", flat=True)
    assert set(names) == {"accounts.password_reset_requested"}
    nobody = CodeRequest.objects.get(phone=UNKNOWN)
    assert not send_reset_code(request_id=nobody.pk, by_email=False)
    with pytest.raises(CodeSpent):
        reset(nobody, "000000")
    assert not OutboxEvent.objects.filter(name="accounts.code_requested").exists()


def test_known_and_unknown_numbers_cost_the_same_queries(ama):
    def verbs(phone, by_email):
        with CaptureQueriesContext(connection) as seen:
            asked(phone, by_email=by_email)
        return [query["sql"].partition(" ")[0] for query in seen]

    asked("+2290197000077")  # the day's first row of spending
    for by_email in (False, True):
        known = verbs(ama.user.phone, by_email)
        assert known == verbs(UNKNOWN, by_email)
        assert "INSERT" in known


def test_without_an_address_no_letter_leaves(ama):
    request = asked(ama.user.phone, by_email=True)
    assert not send_reset_code(request_id=request.pk, by_email=True)
    assert not OutboxEvent.objects.filter(name="accounts.code_requested").exists()


def test_a_delivery_twice_sends_one_code(ama):
    request = asked(ama.user.phone)
    assert send_reset_code(request_id=request.pk, by_email=False)
    assert not send_reset_code(request_id=request.pk, by_email=False)
    assert OutboxEvent.objects.filter(name="accounts.code_requested").count() == 1


def test_the_same_id_asks_once_and_another_number_is_refused(ama):
    request_id = uuid4()
    assert asked(ama.user.phone, request_id=request_id).pk == request_id
    assert asked(ama.user.phone, request_id=request_id).pk == request_id
    assert CodeRequest.objects.count() == 1
    with pytest.raises(passwords.RequestIdTaken):
        asked(UNKNOWN, request_id=request_id)


def test_five_guesses_and_no_more(ama):
    with_password(ama)
    request, code = sent(ama)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        with pytest.raises(CodeWrong):
            reset(request, wrong)
    with pytest.raises(CodeSpent):
        reset(request, code)
    assert knows(ama, PASSWORD)


def test_a_code_for_signing_in_resets_nothing(ama):
    with_password(ama)
    other = request_code(phone=ama.user.phone, client_ip="192.0.2.1", now=clock.now())
    code = mint_code(request_id=other.pk, now=clock.now())
    with pytest.raises(CodeSpent):
        reset(other, code)
    assert knows(ama, PASSWORD)


def test_requests_are_limited_by_number(ama):
    for _ in range(3):
        asked(ama.user.phone)
    with pytest.raises(RateLimited):
        asked(ama.user.phone, by_email=True)


def test_of_eight_right_answers_at_once_one_counts(committed, ama):
    request, code = sent(ama)
    results = race(8, lambda _: reset(request, code))
    assert results.count(None) == 1, results
    assert sum(isinstance(item, CodeSpent) for item in results) == 7
    assert isinstance(request.pk, UUID)
