"""E-mail addresses: proved by a code, guessed at most five times, minted once at sending."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Email, Session, User
from accounts.models.limits import MAX_TRIES, SETTLES_AFTER
from accounts.queries.people import email_of
from accounts.queries.signing_in import email_code_destination
from accounts.services.people import email_addresses
from accounts.services.people.email_addresses import (
    PER_ADDRESS_A_DAY,
    PER_PERSON,
    claim_email,
    mint_email_code,
    verify_email,
)
from accounts.services.signing_in.codes import CodeSpent, CodeWrong
from lokahome.core import clock
from lokahome.core.errors import NotFound, RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.tests.people import live_session, make_person
from lokahome.tests.threads import race

ADDRESS = "ama@example.org"


def claimed(person, address=ADDRESS, now=None):
    return claim_email(
        session=live_session(person), address=address, now=now or clock.now()
    )


def minted(person, address=ADDRESS, now=None):
    claim = claimed(person, address, now)
    return claim, mint_email_code(email_id=claim.pk, now=now or clock.now())


def proved(person, claim, code, now=None):
    return verify_email(
        session=live_session(person),
        email_id=claim.pk,
        code=code,
        now=now or clock.now(),
    )


def wrong(code, by=1):
    return f"{(int(code) + by) % 1_000_000:06d}"


def test_a_claim_publishes_its_id_and_neither_address_nor_code(ama):
    claim = claimed(ama.user, " Ama@Example.ORG ")
    row = OutboxEvent.objects.get()
    assert row.name == "accounts.email_code_requested"
    assert row.payload == {"email_id": str(claim.pk)}
    assert (claim.address, claim.code_hash) == (ADDRESS, "")


def test_the_code_lies_nowhere(ama):
    claim, code = minted(ama.user)
    claim.refresh_from_db()
    values = [str(getattr(claim, field.attname)) for field in claim._meta.fields]
    assert code not in values
    assert len(claim.code_hash) == 64


def test_the_letter_goes_to_the_claimed_address_in_the_persons_language(ama):
    claim = claimed(ama.user)
    destination = email_code_destination(claim.pk)
    assert (destination.address, destination.language) == (ADDRESS, "fr")
    assert email_code_destination(uuid7()) is None


def test_an_address_counts_once_it_is_proved(ama):
    claim, code = minted(ama.user)
    assert email_of(ama.id) is None
    proved(ama.user, claim, code)
    assert email_of(ama.id) == ADDRESS


def test_proving_it_again_is_harmless(ama):
    claim, code = minted(ama.user)
    first = proved(ama.user, claim, code)
    again = proved(ama.user, claim, code)
    assert again.verified_at == first.verified_at


def test_the_address_in_use_stays_until_the_new_one_is_proved(ama):
    proved(ama.user, *minted(ama.user))
    claim, code = minted(ama.user, "new@example.org")
    assert email_of(ama.id) == ADDRESS
    proved(ama.user, claim, code)
    assert email_of(ama.id) == "new@example.org"
    assert Email.objects.filter(released_at=None).count() == 1


def test_a_new_claim_gives_the_earlier_one_up(ama):
    first, code = minted(ama.user)
    claimed(ama.user, "new@example.org")
    with pytest.raises(CodeSpent):
        proved(ama.user, first, code)
    with pytest.raises(CodeSpent):
        mint_email_code(email_id=first.pk, now=clock.now())
    assert email_of(ama.id) is None


def test_a_family_may_share_a_mailbox_which_proves_for_none_of_them(ama, kossi):
    later = clock.now() + SETTLES_AFTER + timedelta(hours=1)
    proved(ama.user, *minted(ama.user))
    assert Email.objects.proving(later).get().user == ama.user
    proved(kossi.user, *minted(kossi.user))
    assert email_of(ama.id) == email_of(kossi.id) == ADDRESS
    assert not Email.objects.proving(later).exists()


def test_a_new_address_is_told_to_the_one_before(ama):
    proved(ama.user, *minted(ama.user))
    former = Email.objects.get()
    proved(ama.user, *minted(ama.user, "new@example.org"))
    told = OutboxEvent.objects.filter(name="accounts.email_changed").order_by("id")
    assert [row.payload["former_id"] for row in told] == [None, str(former.pk)]


def test_an_erased_account_has_no_address_and_a_suspended_one_is_told(ama):
    proved(ama.user, *minted(ama.user))
    User.objects.filter(pk=ama.id).update(is_active=False)
    assert email_of(ama.id) == ADDRESS
    User.objects.filter(pk=ama.id).update(erased_at=clock.now(), full_name="")
    assert email_of(ama.id) is None


def test_another_persons_claim_is_not_found_and_costs_no_try(ama, stranger):
    claim, code = minted(ama.user)
    with pytest.raises(NotFound):
        proved(stranger.user, claim, code)
    claim.refresh_from_db()
    assert (claim.tries, claim.verified_at) == (0, None)


def test_a_wrong_code_costs_a_try_and_changes_nothing_else(ama):
    claim, code = minted(ama.user)
    with pytest.raises(CodeWrong):
        proved(ama.user, claim, wrong(code))
    claim.refresh_from_db()
    assert (claim.tries, claim.verified_at) == (1, None)
    proved(ama.user, claim, code)


def test_after_five_wrong_tries_even_the_right_code_is_refused(ama):
    claim, code = minted(ama.user)
    for _ in range(MAX_TRIES):
        with pytest.raises(CodeWrong):
            proved(ama.user, claim, wrong(code))
    with pytest.raises(CodeSpent):
        proved(ama.user, claim, code)
    assert email_of(ama.id) is None


def test_a_code_ends_ten_minutes_after_it_was_asked_for(ama):
    now = clock.now()
    claim, code = minted(ama.user, now=now)
    again = now + timedelta(minutes=5)
    Session.objects.update(proved_at=again, proved_by="password")
    with pytest.raises(CodeSpent):
        proved(ama.user, claim, code, now + timedelta(minutes=10))
    with pytest.raises(CodeSpent):
        mint_email_code(email_id=claim.pk, now=now + timedelta(minutes=10))
    proved(ama.user, claim, code, now + timedelta(minutes=9, seconds=59))


def test_before_the_letter_leaves_no_code_is_right(ama):
    claim = claimed(ama.user)
    with pytest.raises(CodeSpent):
        proved(ama.user, claim, "000000")
    claim.refresh_from_db()
    assert claim.tries == 0


def test_minting_again_replaces_the_code_and_gives_no_new_tries(ama):
    claim, first = minted(ama.user)
    with pytest.raises(CodeWrong):
        proved(ama.user, claim, wrong(first))
    second = mint_email_code(email_id=claim.pk, now=clock.now())
    if first != second:
        with pytest.raises(CodeWrong):
            proved(ama.user, claim, first)
    proved(ama.user, claim, second)
    claim.refresh_from_db()
    assert claim.tries == 2 + (first != second)


def test_a_code_opens_no_other_claim(ama, kossi, monkeypatch):
    numbers = iter((111111, 222222))
    monkeypatch.setattr(email_addresses.secrets, "randbelow", lambda _: next(numbers))
    _first, code = minted(ama.user)
    second, _other = minted(kossi.user)
    with pytest.raises(CodeWrong):
        proved(kossi.user, second, code)


def test_one_person_claims_five_times_an_hour(ama):
    now = clock.now()
    for index in range(PER_PERSON):
        claimed(ama.user, f"a{index}@example.org", now)
    with pytest.raises(RateLimited):
        claimed(ama.user, "b@example.org", now)
    assert Email.objects.count() == OutboxEvent.objects.count() == PER_PERSON


def test_strangers_do_not_use_up_what_a_mailboxs_owner_claims(db, monkeypatch):
    """Five claims a day by anybody kept its owner from proving it."""
    monkeypatch.setattr(email_addresses, "PER_ADDRESS_A_DAY", 2)
    owner, first, second = (
        make_person(name="P", phone=f"+2290197200{n:03d}", roles=("tenant",))
        for n in range(3)
    )
    now = clock.now()
    Email(
        user=owner,
        address=ADDRESS,
        code_hash="a" * 64,
        minted_at=now,
        expires_at=now,
        verified_at=now,
        released_at=now,
    ).save()
    for person in (first, second):
        claimed(person)
    claimed(owner)
    assert Email.objects.filter(verified_at=None).count() == 3


def test_one_person_asks_three_letters_a_day_to_one_address(ama):
    now = clock.now()
    for _ in range(3):
        claimed(ama.user, ADDRESS, now)
    with pytest.raises(RateLimited):
        claimed(ama.user, ADDRESS, now)
    claimed(ama.user, "other@example.org", now)


def test_one_mailbox_gets_so_many_letters_a_day_whoever_asks(db):
    those = [
        make_person(name="P", phone=f"+2290197200{n:03d}", roles=("tenant",))
        for n in range(PER_ADDRESS_A_DAY + 1)
    ]
    for person in those[:-1]:
        claimed(person)
    with pytest.raises(RateLimited):
        claimed(those[-1], ADDRESS.upper())
    assert Email.objects.count() == PER_ADDRESS_A_DAY


def test_the_table_keeps_one_address_a_person(ama):
    proved(ama.user, *minted(ama.user))
    claim, _code = minted(ama.user, "new@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        Email.objects.filter(pk=claim.pk).update(verified_at=clock.now())


def test_verifying_inside_a_transaction_is_refused_because_tries_would_be_lost(
    committed,
):
    person = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
    claim, code = minted(person)
    with pytest.raises(RuntimeError), transaction.atomic():
        proved(person, claim, wrong(code))


# --- Races: threads, real commits ---------------------------------------------------------


@pytest.fixture
def tenant(committed):
    return make_person(name="Ama Dossou", phone="+2290197000001", roles=("tenant",))


def guesses(person, claim, code, count):
    """Answer with *count* codes at once, the right one in the last place."""
    return race(
        count,
        lambda index: proved(person, claim, wrong(code, (index + 1) % count)),
    )


def test_of_thirty_parallel_guesses_at_most_five_are_looked_at(tenant):
    claim, code = minted(tenant)
    results = guesses(tenant, claim, code, 30)
    wrong_ones = [item for item in results if isinstance(item, CodeWrong)]
    assert len(wrong_ones) <= MAX_TRIES
    assert all(isinstance(item, Email | CodeWrong | CodeSpent) for item in results)
    claim.refresh_from_db()
    assert claim.tries == len(wrong_ones) + (claim.verified_at is not None)


def test_control_without_the_row_lock_more_than_five_guesses_pass(tenant, monkeypatch):
    """The race above is real: the same guesses, read without the lock, are all heard."""
    claim, code = minted(tenant)
    everybody_read = threading.Barrier(12)

    def unlocked(queryset, pk):
        row = queryset.get(pk=pk)
        if isinstance(row, Email):
            everybody_read.wait(30)
        return row

    monkeypatch.setattr(email_addresses, "locked", unlocked)
    results = guesses(tenant, claim, code, 12)
    assert sum(isinstance(item, CodeWrong) for item in results) > MAX_TRIES


def test_ten_claims_at_once_leave_one_that_can_be_proved(tenant):
    results = race(10, lambda index: claimed(tenant, f"a{index}@example.org"))
    assert sum(isinstance(item, Email) for item in results) == PER_PERSON
    assert sum(isinstance(item, RateLimited) for item in results) == 5, results
    assert Email.objects.claimed().count() == 1


def test_two_letters_of_one_claim_minted_at_once_leave_one_code(tenant):
    claim = claimed(tenant)
    codes = race(2, lambda _: mint_email_code(email_id=claim.pk, now=clock.now()))
    heard = 0
    for code in dict.fromkeys(codes):
        try:
            proved(tenant, claim, code)
            heard += 1
            break
        except CodeWrong:
            continue
    assert heard == 1
