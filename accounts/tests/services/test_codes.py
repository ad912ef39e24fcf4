"""Sign-in codes: who gets in, and how often one may try."""

import hashlib
import hmac
import itertools
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.events import CodeRequested
from accounts.models import CodeRequest, Phone, RoleGrant, User
from accounts.models.limits import MAX_TRIES
from accounts.services.signing_in import codes
from accounts.services.signing_in.codes import (
    CodeSpent,
    CodeWrong,
    RequestIdTaken,
    hash_code,
    mint_code,
    request_code,
)
from accounts.services.signing_in.entering import AccountClosed, verify_code
from lokahome.core import clock
from lokahome.core.errors import DomainError, RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.phones import InvalidPhone
from lokahome.tests.threads import race

AMA = "+2290197000001"


def ask(phone=AMA, now=None, client_ip="192.0.2.1", **kwargs):
    return request_code(
        phone=phone, client_ip=client_ip, now=now or clock.now(), **kwargs
    )


def asked_and_minted(phone=AMA, now=None):
    now = now or clock.now()
    request = ask(phone, now)
    return request, mint_code(request_id=request.pk, now=now)


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_request_publishes_its_id_and_neither_number_nor_code(db):
    request = ask("97 00 00 01")
    row = OutboxEvent.objects.get()
    assert row.name == CodeRequested.name
    assert row.payload == {"request_id": str(request.pk)}
    assert request.phone == AMA
    assert request.minted_at is None


def test_a_minted_code_is_stored_as_a_keyed_hash_only(db, settings):
    request, code = asked_and_minted()
    request.refresh_from_db()
    message = f"{request.pk}:{code}".encode()
    key = settings.CODE_HASH_KEY.encode()
    assert request.code_hash == hmac.new(key, message, hashlib.sha256).hexdigest()
    values = [str(getattr(request, field.attname)) for field in request._meta.fields]
    assert code not in values


def test_the_right_code_makes_a_tenant_at_level_0(db):
    request, code = asked_and_minted()
    person, created, *_ = verify_code(request_id=request.pk, code=code, now=clock.now())
    assert created
    assert person.phone == AMA
    assert list(person.roles.values_list("role", "level")) == [("tenant", 0)]
    assert not person.has_usable_password()
    assert person.username == str(person.pk)


def test_the_second_sign_in_finds_the_same_person_and_verifies_the_number_again(db):
    request, code = asked_and_minted()
    first, *_ = verify_code(request_id=request.pk, code=code, now=clock.now())
    later = clock.now() + timedelta(days=40)
    request, code = asked_and_minted(now=later)
    second, created, *_ = verify_code(request_id=request.pk, code=code, now=later)
    assert (second.pk, created) == (first.pk, False)
    assert Phone.objects.get().verified_at == later


def test_whoever_takes_a_released_number_is_a_new_person(db):
    request, code = asked_and_minted()
    first, *_ = verify_code(request_id=request.pk, code=code, now=clock.now())
    Phone.objects.update(released_at=clock.now())
    request, code = asked_and_minted()
    second, created, *_ = verify_code(request_id=request.pk, code=code, now=clock.now())
    assert created
    assert second.pk != first.pk
    assert first.phone is None


def test_a_code_is_used_once(db):
    request, code = asked_and_minted()
    verify_code(request_id=request.pk, code=code, now=clock.now())
    with pytest.raises(CodeSpent):
        verify_code(request_id=request.pk, code=code, now=clock.now())
    assert User.objects.count() == 1


def test_a_wrong_code_costs_a_try_and_changes_nothing_else(db):
    request, code = asked_and_minted()
    with pytest.raises(CodeWrong):
        verify_code(request_id=request.pk, code=wrong(code), now=clock.now())
    request.refresh_from_db()
    assert (request.tries, request.used_at) == (1, None)
    assert not User.objects.exists()
    verify_code(request_id=request.pk, code=code, now=clock.now())


def test_after_five_wrong_tries_even_the_right_code_is_refused(db):
    request, code = asked_and_minted()
    for _ in range(MAX_TRIES):
        with pytest.raises(CodeWrong):
            verify_code(request_id=request.pk, code=wrong(code), now=clock.now())
    with pytest.raises(CodeSpent):
        verify_code(request_id=request.pk, code=code, now=clock.now())
    assert not User.objects.exists()


def test_a_code_ends_ten_minutes_after_it_was_asked_for(db):
    now = clock.now()
    request, code = asked_and_minted(now=now)
    with pytest.raises(CodeSpent):
        verify_code(request_id=request.pk, code=code, now=now + timedelta(minutes=10))
    last = now + timedelta(minutes=9, seconds=59)
    verify_code(request_id=request.pk, code=code, now=last)


def test_a_code_opens_nothing_with_another_requests_id(db, monkeypatch):
    numbers = itertools.count(111111)
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _: next(numbers))
    _first, code = asked_and_minted()
    second, _other = asked_and_minted("+2290197000002")
    with pytest.raises(CodeWrong):
        verify_code(request_id=second.pk, code=code, now=clock.now())


def test_an_unknown_request_looks_like_a_spent_one(db):
    with pytest.raises(CodeSpent):
        verify_code(request_id=uuid7(), code="000000", now=clock.now())


def test_before_a_code_left_every_guess_is_wrong_and_costs_a_try(db):
    """A decoy stands there: nothing tells that nobody was sent anything."""
    request = ask()
    for _ in range(MAX_TRIES):
        with pytest.raises(CodeWrong):
            verify_code(request_id=request.pk, code="000000", now=clock.now())
    with pytest.raises(CodeSpent):
        verify_code(request_id=request.pk, code="000000", now=clock.now())
    assert not User.objects.exists()


def test_minting_again_replaces_the_code_that_nobody_received(db):
    request, first = asked_and_minted()
    second = mint_code(request_id=request.pk, now=clock.now())
    if first != second:
        with pytest.raises(CodeWrong):
            verify_code(request_id=request.pk, code=first, now=clock.now())
    verify_code(request_id=request.pk, code=second, now=clock.now())


def test_minting_again_gives_no_new_tries(db):
    request, code = asked_and_minted()
    with pytest.raises(CodeWrong):
        verify_code(request_id=request.pk, code=wrong(code), now=clock.now())
    mint_code(request_id=request.pk, now=clock.now())
    request.refresh_from_db()
    assert request.tries == 1


def test_a_spent_request_mints_nothing(db):
    now = clock.now()
    request, code = asked_and_minted(now=now)
    with pytest.raises(CodeSpent):
        mint_code(request_id=request.pk, now=now + timedelta(minutes=10))
    verify_code(request_id=request.pk, code=code, now=now)
    with pytest.raises(CodeSpent):
        mint_code(request_id=request.pk, now=now)


def test_a_closed_account_gets_no_session_and_the_code_is_gone(db):
    request, code = asked_and_minted()
    person, *_ = verify_code(request_id=request.pk, code=code, now=clock.now())
    User.objects.filter(pk=person.pk).update(is_active=False)
    request, code = asked_and_minted()
    with pytest.raises(AccountClosed):
        verify_code(request_id=request.pk, code=code, now=clock.now())
    request.refresh_from_db()
    assert request.used_at is not None


def test_the_same_request_twice_is_one_request_and_one_event(db):
    request_id = uuid7()
    first = ask(request_id=request_id)
    second = ask(request_id=request_id)
    assert first.pk == second.pk == request_id
    assert OutboxEvent.objects.count() == 1


def test_a_requests_id_does_not_serve_another_number(db):
    request_id = ask().pk
    with pytest.raises(RequestIdTaken):
        ask("+2290197000002", request_id=request_id)
    assert CodeRequest.objects.count() == 1


def test_a_number_of_a_country_that_is_not_served_is_refused(db):
    with pytest.raises(InvalidPhone):
        ask("+12025550123")
    assert not CodeRequest.objects.exists()


def test_the_fourth_request_within_ten_minutes_is_refused_and_leaves_nothing(db):
    now = clock.now()
    for _ in range(3):
        ask(now=now)
    with pytest.raises(RateLimited) as refusal:
        ask(now=now)
    assert 0 < refusal.value.retry_after_seconds <= 601
    assert CodeRequest.objects.count() == OutboxEvent.objects.count() == 3
    ask(now=now + timedelta(minutes=10, seconds=1))


def test_one_client_asks_for_thirty_codes_in_ten_minutes_and_not_more(db):
    now = clock.now()
    for index in range(30):
        ask(f"+22901970001{index:02d}", now=now)
    with pytest.raises(RateLimited):
        ask("+2290197000199", now=now)
    ask("+2290197000199", now=now, client_ip="192.0.2.2")


def test_a_far_country_has_a_cap_a_day(db, monkeypatch):
    from accounts.services.signing_in import code_costs

    monkeypatch.setattr(code_costs, "OTHER_CAP", 2 * code_costs.PRICES["228"])
    monkeypatch.setattr(code_costs, "RESERVED", 0)
    monkeypatch.setattr(code_costs, "CLIENT_PART", 100)
    asked_and_minted("+22890112233")
    asked_and_minted("+22890112234")
    with pytest.raises(RateLimited):
        ask("+22890112235")
    ask(AMA)


@hypothesis_settings(
    max_examples=200,
    # A busy machine is no slow strategy.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    first=st.uuids(), second=st.uuids(), code=st.from_regex(r"[0-9]{6}", fullmatch=True)
)
def test_one_code_hashes_differently_for_each_request(settings, first, second, code):
    same = hash_code(request_id=first, code=code) == hash_code(
        request_id=second, code=code
    )
    assert same == (first == second)


def test_verifying_inside_a_transaction_is_refused_because_tries_would_be_lost(
    committed,
):
    request, code = asked_and_minted()
    with pytest.raises(RuntimeError), transaction.atomic():
        verify_code(request_id=request.pk, code=wrong(code), now=clock.now())


# --- Races: threads, real commits ---------------------------------------------------------


def guesses_of(request_id: UUID, right: str, count: int) -> list:
    """Verify *count* codes at once, the right one among them in the last place."""

    def guess(index: int):
        code = (
            right if index == count - 1 else f"{(int(right) + 1 + index) % 10**6:06d}"
        )
        return verify_code(request_id=request_id, code=code, now=clock.now())

    return race(count, guess)


def test_of_fifty_parallel_guesses_at_most_five_are_looked_at(committed):
    request, code = asked_and_minted()
    results = guesses_of(request.pk, code, 50)
    looked_at = [item for item in results if not isinstance(item, CodeSpent)]
    winners = [item for item in results if isinstance(item, tuple)]
    assert len(looked_at) <= MAX_TRIES
    assert len(winners) <= 1
    assert all(isinstance(item, tuple | CodeWrong | CodeSpent) for item in results)
    request.refresh_from_db()
    assert request.tries == len(looked_at)


def test_the_right_code_fifty_times_at_once_opens_one_session(committed):
    request, code = asked_and_minted()
    results = race(
        50,
        lambda _: verify_code(request_id=request.pk, code=code, now=clock.now()),
    )
    assert sum(isinstance(item, tuple) for item in results) == 1
    assert sum(isinstance(item, CodeSpent) for item in results) == 49
    assert User.objects.count() == RoleGrant.objects.count() == 1


def test_control_without_the_row_lock_more_than_five_guesses_pass(
    committed, monkeypatch
):
    """The race above is real: the same guesses, read without the lock, are counted wrong."""
    request, code = asked_and_minted()
    import threading
    from types import SimpleNamespace

    everybody_read = threading.Barrier(20)

    class Unlocked:
        @staticmethod
        def select_for_update(**_):
            return Unlocked

        @staticmethod
        def filter(**kwargs):
            row = CodeRequest.objects.filter(**kwargs).first()
            everybody_read.wait(30)
            return SimpleNamespace(first=lambda: row)

    monkeypatch.setattr(codes, "CodeRequest", SimpleNamespace(objects=Unlocked))
    results = guesses_of(request.pk, code, 20)
    looked_at = [item for item in results if not isinstance(item, CodeSpent)]
    assert len(looked_at) > MAX_TRIES


def test_of_twenty_parallel_requests_exactly_three_are_accepted(committed):
    now = clock.now()
    results = race(20, lambda _: ask(now=now))
    assert sum(isinstance(item, CodeRequest) for item in results) == 3
    assert sum(isinstance(item, RateLimited) for item in results) == 17
    assert CodeRequest.objects.count() == OutboxEvent.objects.count() == 3


def test_control_a_limit_that_reads_then_writes_lets_more_than_three_pass(
    committed, monkeypatch
):
    """The race above is real: counting first and adding afterwards accepts too many."""
    import threading

    counted = threading.Barrier(20)

    def read_then_write(*, phone, **_):
        before = CodeRequest.objects.filter(phone=phone).count()
        counted.wait(30)
        if before >= 3:
            raise RateLimited

    monkeypatch.setattr(codes, "take_code_limits", read_then_write)
    results = race(20, lambda _: ask())
    assert sum(isinstance(item, CodeRequest) for item in results) > 3


def test_one_request_sent_twenty_times_at_once_is_one_request(committed):
    request_id = uuid7()
    results = race(20, lambda _: ask(request_id=request_id))
    assert [item for item in results if isinstance(item, DomainError)] == []
    assert CodeRequest.objects.count() == OutboxEvent.objects.count() == 1


def test_two_codes_for_one_new_number_verified_at_once_make_one_person(committed):
    pairs = [asked_and_minted() for _ in range(3)]
    results = race(
        3,
        lambda index: verify_code(
            request_id=pairs[index][0].pk, code=pairs[index][1], now=clock.now()
        ),
    )
    assert len({result.user.pk for result in results}) == 1
    assert sum(result.is_new for result in results) == 1
