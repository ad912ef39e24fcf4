"""Passwords: changed by who knows them, set anew by who proves more than a SIM."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import CodeRequest, Email, RoleGrant, Session, User
from accounts.services.signing_in import passwords
from accounts.services.signing_in.challenges import (
    answer_challenge,
    request_challenge_code,
)
from accounts.services.signing_in.challenging import ChallengeNeeded
from accounts.services.signing_in.codes import (
    CodeSpent,
    CodeWrong,
    RequestIdTaken,
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
from accounts.tests.sign_ins import DEVICE, OTHER_DEVICE, give_email, used_device
from lokahome.core import clock
from lokahome.core.errors import DomainError, RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import PASSWORD
from lokahome.tests.threads import race

NEW = "a rather new password"
UNKNOWN = "+2290197000088"


def with_password(person):
    person.user.set_password(PASSWORD)
    person.user.save(update_fields={"password"})
    return person


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
    return reset_password(
        request_id=request.pk,
        code=code,
        new_password=NEW,
        device_key=device,
        client_ip="192.0.2.1",
        now=now or clock.now(),
    )


def send(request, *, by_email=False):
    return send_reset_code(request_id=request.pk, by_email=by_email, now=clock.now())


def sent(person, *, by_email=False):
    """Return a request of *person*'s, and the code as the message says it."""
    request = asked(person.user.phone, by_email=by_email)
    assert send(request, by_email=by_email)
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
    used_device(ama.user, DEVICE)
    request, code = sent(ama)
    assert reset(request, code, device=DEVICE) is None
    assert knows(ama, NEW)
    assert not Session.objects.filter(user=ama.user, ended_at=None).exists()
    with pytest.raises(CodeSpent):
        reset(request, code, device=DEVICE)


def test_a_code_by_email_does_so_on_a_known_device(ama):
    give_email(ama.user)
    at_stake(ama)
    used_device(ama.user, DEVICE)
    request, code = sent(ama, by_email=True)
    request.refresh_from_db()
    assert (request.channel, request.phone) == ("email", "")
    assert reset(request, code, device=DEVICE) is None
    assert knows(ama, NEW)


def test_a_mailbox_alone_opens_nothing(ama):
    """Whoever reads a shared mailbox had a password, and with it the account."""
    give_email(with_password(ama).user)
    request, code = sent(ama, by_email=True)
    before = list(Session.objects.order_by("id").values())
    asked_for = reset(request, code, device=OTHER_DEVICE)
    assert isinstance(asked_for, ChallengeNeeded)
    assert "email_code" not in asked_for.methods
    assert asked_for.challenge.given == "email"
    assert knows(ama, PASSWORD)
    assert list(Session.objects.order_by("id").values()) == before
    assert not OutboxEvent.objects.filter(name="accounts.password_changed").exists()
    with pytest.raises(CodeSpent):
        reset(request, code, device=OTHER_DEVICE)


def test_a_mailbox_and_the_sim_together_set_the_password(ama):
    give_email(with_password(ama).user)
    request, code = sent(ama, by_email=True)
    challenge = reset(request, code, device=OTHER_DEVICE).challenge
    kwargs = {"challenge_id": challenge.pk, "device_key": OTHER_DEVICE}
    asked_for = request_challenge_code(
        **kwargs, method="sms_code", client_ip="192.0.2.1", now=clock.now()
    )
    sms = mint_code(request_id=asked_for.pk, now=clock.now())
    before = ama.session
    result = answer_challenge(**kwargs, method="sms_code", value=sms, now=clock.now())
    assert result.user == ama.user
    assert knows(ama, NEW)
    before.refresh_from_db()
    assert before.end_reason == "password_changed"


@pytest.mark.parametrize("what", ["young", "shared", "released"])
def test_an_address_that_proves_nothing_gets_no_code(ama, kossi, what):
    now = clock.now()
    match what:
        case "young":
            give_email(ama.user, at=now - timedelta(hours=47))
        case "shared":
            give_email(ama.user)
            give_email(kossi.user)
        case "released":
            give_email(ama.user)
            Email.objects.update(released_at=now)
    assert not send(asked(ama.user.phone, by_email=True), by_email=True)
    assert not OutboxEvent.objects.filter(name="accounts.code_requested").exists()


def test_a_sim_alone_resets_nothing_where_something_is_at_stake(ama):
    """Or whoever gets an old number would have a password to prove themselves with."""
    with_password(ama)
    at_stake(ama)
    request, code = sent(ama)
    with pytest.raises(ResetRefused):
        reset(request, code, device=OTHER_DEVICE)
    assert knows(ama, PASSWORD)
    assert ama.session.ended_at is None
    with pytest.raises(CodeSpent):
        reset(request, code)


def test_on_a_known_device_the_sim_is_enough(ama):
    at_stake(ama)
    used_device(ama.user, DEVICE)
    request, code = sent(ama)
    reset(request, code, device=DEVICE)
    assert knows(ama, NEW)


@pytest.mark.parametrize("what", ["lost", "released", "closed", "staff"])
def test_a_code_that_was_right_is_refused_when_things_changed(ama, what):
    with_password(ama)
    used_device(ama.user, DEVICE)
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
        reset(request, code, device=DEVICE)
    assert knows(ama, PASSWORD)


def test_a_number_of_nobody_gets_no_message_and_the_same_answer(ama):
    for phone in (UNKNOWN, ama.user.phone):
        assert asked(phone).person_id is None
    names = OutboxEvent.objects.values_list("name", flat=True)
    assert set(names) == {"accounts.password_reset_requested"}
    nobody = CodeRequest.objects.get(phone=UNKNOWN)
    assert not send(nobody)
    assert not OutboxEvent.objects.filter(name="accounts.code_requested").exists()


@pytest.mark.parametrize("by_email", [False, True])
@pytest.mark.parametrize("has_address", [False, True])
def test_guesses_do_not_tell_who_is_behind_a_number(ama, by_email, has_address):
    """410 for nobody and 422 for somebody was a directory of our people."""
    if has_address:
        give_email(ama.user)

    def told(phone):
        request = asked(phone, by_email=by_email)
        if send(request, by_email=by_email):
            mint_code(request_id=request.pk, now=clock.now())
        answers = []
        for _ in range(6):
            with (
                CaptureQueriesContext(connection) as seen,
                pytest.raises(DomainError) as refusal,
            ):
                reset(request, "00000x")
            verbs = [query["sql"].partition(" ")[0] for query in seen]
            answers.append((refusal.value.code, verbs))
        return answers

    known, unknown = told(ama.user.phone), told(UNKNOWN)
    assert [code for code, _ in known] == ["code.wrong"] * 5 + ["code.spent"]
    assert known == unknown


@pytest.mark.parametrize("has_address", [False, True])
def test_a_request_asked_again_for_another_number_is_refused_for_all(ama, has_address):
    """That it was not told which numbers have an account with an address."""
    if has_address:
        give_email(ama.user)
    request = asked(ama.user.phone, by_email=True)
    assert send(request, by_email=True) is has_address
    with pytest.raises(RequestIdTaken):
        asked(UNKNOWN, by_email=True, request_id=request.pk)
    again = asked(ama.user.phone, by_email=True, request_id=request.pk)
    assert again.pk == request.pk


def test_known_and_unknown_numbers_cost_the_same_queries(ama):
    def verbs(phone, by_email):
        with CaptureQueriesContext(connection) as seen:
            asked(phone, by_email=by_email)
        return [query["sql"].partition(" ")[0] for query in seen]

    for by_email in (False, True):
        known = verbs(ama.user.phone, by_email)
        assert known == verbs(UNKNOWN, by_email)
        assert "INSERT" in known


def test_without_an_address_no_letter_leaves(ama):
    request = asked(ama.user.phone, by_email=True)
    assert not send(request, by_email=True)
    assert not OutboxEvent.objects.filter(name="accounts.code_requested").exists()


def test_a_delivery_twice_sends_one_code(ama):
    request = asked(ama.user.phone)
    assert send(request)
    assert not send(request)
    assert OutboxEvent.objects.filter(name="accounts.code_requested").count() == 1


def test_the_same_id_asks_once_and_another_number_is_refused(ama):
    request_id = uuid4()
    assert asked(ama.user.phone, request_id=request_id).pk == request_id
    assert asked(ama.user.phone, request_id=request_id).pk == request_id
    assert CodeRequest.objects.count() == 1
    with pytest.raises(RequestIdTaken):
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


def test_requests_are_limited_by_number_letters_and_messages_apart(ama):
    """Letters, of which nobody sees any, must not use up the SMS that sign in."""
    for by_email in (True, False):
        for _ in range(3):
            asked(ama.user.phone, by_email=by_email)
        with pytest.raises(RateLimited):
            asked(ama.user.phone, by_email=by_email)


def test_a_password_changed_meanwhile_is_no_longer_the_one_in_use(ama, monkeypatch):
    """Both hashes are computed before the row is locked: it is looked at again."""
    with_password(ama)

    def changed_by_another_request(value):
        User.objects.filter(pk=ama.id).update(password=make_password("third"))
        return make_password(value)

    monkeypatch.setattr(passwords, "make_password", changed_by_another_request)
    with pytest.raises(PasswordWrong):
        change_password(
            session=ama.session,
            old_password=PASSWORD,
            new_password=NEW,
            now=clock.now(),
        )
    assert knows(ama, "third")


def test_nothing_is_hashed_while_the_row_is_locked(committed, ama, monkeypatch):
    with_password(ama)
    hashed_in = []

    def noted(work):
        def hashing(*args, **kwargs):
            hashed_in.append(connection.in_atomic_block)
            return work(*args, **kwargs)

        return hashing

    for name in ("check_password", "make_password"):
        monkeypatch.setattr(passwords, name, noted(getattr(passwords, name)))
    change_password(
        session=ama.session, old_password=PASSWORD, new_password=NEW, now=clock.now()
    )
    used_device(ama.user, DEVICE)
    request, code = sent(ama)
    reset(request, code, device=DEVICE)
    assert hashed_in == [False] * 3


def test_a_rehash_at_the_sign_in_does_not_undo_a_change_made_between(ama, settings):
    """The weaker hash of an old password is renewed only where it still stands."""
    best = settings.PASSWORD_HASHERS[0]
    weaker = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [best, weaker]
    old = make_password(PASSWORD, hasher="pbkdf2_sha256")
    User.objects.filter(pk=ama.id).update(password=old)
    seen = User.objects.get(pk=ama.id)
    assert seen.check_password(PASSWORD)
    assert not User.objects.get(pk=ama.id).password.startswith("pbkdf2")
    User.objects.filter(pk=ama.id).update(password=old)
    stale = User.objects.get(pk=ama.id)
    User.objects.filter(pk=ama.id).update(password=make_password(NEW))
    assert stale.check_password(PASSWORD)
    assert knows(ama, NEW)


def test_of_eight_right_answers_at_once_one_counts(committed, ama):
    used_device(ama.user, DEVICE)
    request, code = sent(ama)
    results = race(8, lambda _: reset(request, code, device=DEVICE))
    assert results.count(None) == 1, results
    assert sum(isinstance(item, CodeSpent) for item in results) == 7
    assert isinstance(request.pk, UUID)
