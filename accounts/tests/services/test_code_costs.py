"""What codes cost: paid as they leave, kept in part for known devices, told in time."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from accounts.events import CodeMoneySpent
from accounts.models import CodeRequest, CodeSpending
from accounts.models.limits import SETTLES_AFTER
from accounts.services.signing_in import code_costs
from accounts.services.signing_in.code_costs import spend_fact
from accounts.services.signing_in.codes import mint_code, request_code
from accounts.services.signing_in.passwords import request_reset, send_reset_code
from accounts.tests.sign_ins import DEVICE, OTHER_DEVICE, used_device
from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.core.limits import RateWindow
from lokahome.tests.threads import race

BENIN, TOGO = "+2290197000001", "+22890112233"
PRICE = code_costs.PRICES["229"]


def ask(phone=BENIN, *, now=None, device=None, **kwargs):
    return request_code(
        phone=phone,
        client_ip="192.0.2.1",
        device_key=UUID(int=device) if device else None,
        now=now or clock.now(),
        **kwargs,
    )


def send(request, now=None):
    """Mint the code, as when the message leaves."""
    return mint_code(request_id=request.pk, now=now or clock.now())


def number(index):
    return f"+2290197{index:06d}"


def reset(phone, *, by_email=False):
    return request_reset(
        phone=phone,
        by_email=by_email,
        client_ip="192.0.2.1",
        device_key=None,
        language="fr",
        now=clock.now(),
    )


def caps(monkeypatch, messages, *, reserved=0, for_facts=0):
    monkeypatch.setattr(code_costs, "TOTAL_CAP", messages * PRICE)
    monkeypatch.setattr(code_costs, "RESERVED", reserved)
    monkeypatch.setattr(code_costs, "FOR_FACTS", for_facts)


def test_a_code_costs_its_countrys_price_when_it_leaves_and_not_before(db):
    asked = [ask(BENIN), ask(TOGO)]
    assert not CodeSpending.objects.exists()
    for request in asked:
        send(request)
    rows = dict(CodeSpending.objects.values_list("prefix", "cost"))
    prices = code_costs.PRICES
    assert rows == {"229": PRICE, "228": prices["228"], "": PRICE + prices["228"]}
    assert CodeSpending.objects.get(prefix="").sent == 2


def test_a_message_that_is_tried_again_is_paid_once(db):
    request = ask()
    send(request)
    send(request)
    assert CodeSpending.objects.get(prefix="").sent == 1


def test_resets_for_nobody_and_by_letter_cost_nothing(ama):
    """Or one address burns the country's money without one SMS."""
    for asked, by_email in (
        (reset("+2290197000088"), False),
        (reset("+2290197000088", by_email=True), True),
        (reset(ama.user.phone, by_email=True), True),
    ):
        send_reset_code(request_id=asked.pk, by_email=by_email, now=clock.now())
    assert not OutboxEvent.objects.filter(name="accounts.code_requested").exists()
    assert not CodeSpending.objects.exists()


def test_the_days_money_ends_for_strangers_and_comes_back_at_midnight(db, monkeypatch):
    caps(monkeypatch, 1)
    evening = datetime(2026, 11, 23, 23, 0, tzinfo=ZoneInfo("Africa/Porto-Novo"))
    send(ask(number(1), now=evening), evening)
    with pytest.raises(RateLimited) as refusal:
        ask(number(2), now=evening)
    assert refusal.value.retry_after_seconds == 3601
    ask(number(2), now=evening + timedelta(seconds=3601))
    assert CodeRequest.objects.count() == 2


def test_what_was_asked_for_in_time_is_not_sent_beyond_the_money(db, monkeypatch):
    caps(monkeypatch, 1)
    first, second = ask(number(1)), ask(number(2))
    send(first)
    with pytest.raises(RateLimited):
        send(second)
    second.refresh_from_db()
    assert second.minted_at is None
    assert CodeSpending.objects.get(prefix="").cost == PRICE


def mine(person, device_key=DEVICE):
    return request_code(
        phone=person.phone,
        client_ip="192.0.2.1",
        device_key=device_key,
        now=clock.now(),
    )


def test_strangers_leave_a_third_of_the_money_to_known_devices(ama, monkeypatch):
    used_device(ama.user, DEVICE, at=clock.now() - SETTLES_AFTER)
    caps(monkeypatch, 10, reserved=30)
    forgotten = reset(ama.user.phone)
    for index in range(7):
        send(ask(number(100 + index), device=index + 1))
    with pytest.raises(RateLimited):
        ask(number(200), device=99)
    with pytest.raises(RateLimited):
        ask(ama.user.phone, device=99)
    assert send_reset_code(
        request_id=forgotten.pk, by_email=False, now=clock.now()
    ), "a reset of a known number is a stranger's all the same"
    with pytest.raises(RateLimited):
        send(forgotten)
    for _ in range(3):
        send(mine(ama.user))
    assert CodeSpending.objects.get(prefix="").sent == 10
    RateWindow.objects.all().delete()
    with pytest.raises(RateLimited):
        mine(ama.user)
    assert CodeSpending.objects.get(prefix="").sent == 10


@pytest.mark.parametrize(
    ("known_for", "served"),
    [
        (timedelta(0), 0),
        (SETTLES_AFTER - timedelta(minutes=1), 0),
        (SETTLES_AFTER, 2),
    ],
)
def test_a_device_known_since_today_does_not_spend_what_is_kept(
    ama, monkeypatch, known_for, served
):
    """A password makes any device known at once: a thief of a password has thousands."""
    used_device(ama.user, DEVICE, at=clock.now() - known_for)
    caps(monkeypatch, 10, reserved=20)
    asked = [mine(ama.user) for _ in range(2)]
    for index in range(8):
        send(ask(number(100 + index), device=index + 1))
    sent = 0
    for request in asked:
        try:
            send(request)
        except RateLimited:
            continue
        sent += 1
    assert sent == served
    assert CodeSpending.objects.get(prefix="").sent == 8 + served
    if not served:
        with pytest.raises(RateLimited):
            mine(ama.user)


def test_a_proof_spends_what_is_kept_from_a_settled_device_only(ama, monkeypatch):
    used_device(ama.user, DEVICE, at=clock.now() - SETTLES_AFTER)
    used_device(ama.user, OTHER_DEVICE)
    caps(monkeypatch, 1, reserved=100)

    def proof(device_key):
        return request_code(
            phone=ama.user.phone,
            client_ip="192.0.2.1",
            device_key=device_key,
            purpose=CodeRequest.Purpose.PROOF,
            person_id=ama.id,
            bound_id=ama.session.pk,
            now=clock.now(),
        )

    send(proof(DEVICE))
    RateWindow.objects.all().delete()
    CodeSpending.objects.update(cost=PRICE // 2)
    with pytest.raises(RateLimited):
        proof(OTHER_DEVICE)
    assert CodeSpending.objects.get(prefix="").sent == 1


def test_no_code_spends_what_is_kept_for_security_facts(ama, monkeypatch):
    used_device(ama.user, DEVICE, at=clock.now() - SETTLES_AFTER)
    caps(monkeypatch, 10, reserved=30, for_facts=10)
    for index in range(7):
        send(ask(number(100 + index), device=index + 1))
    for _ in range(2):
        send(mine(ama.user))
    with pytest.raises(RateLimited):
        mine(ama.user)
    spend_fact(phone=ama.user.phone, now=clock.now())
    assert CodeSpending.objects.get(prefix="").sent == 10
    with pytest.raises(RateLimited):
        spend_fact(phone=ama.user.phone, now=clock.now())
    assert CodeSpending.objects.get(prefix="").sent == 10


def test_control_with_no_part_for_facts_codes_spend_the_last_franc(ama, monkeypatch):
    used_device(ama.user, DEVICE, at=clock.now() - SETTLES_AFTER)
    caps(monkeypatch, 3, reserved=30, for_facts=0)
    for _ in range(3):
        send(mine(ama.user))
    with pytest.raises(RateLimited):
        spend_fact(phone=ama.user.phone, now=clock.now())


@pytest.mark.parametrize("empty", ["TOTAL_CAP", "OTHER_CAP"])
def test_what_one_purse_refuses_is_paid_by_none(db, monkeypatch, empty):
    """An invitation goes on without its SMS, in the same transaction."""
    monkeypatch.setattr(code_costs, empty, 0)
    with pytest.raises(RateLimited):
        code_costs.spend_code(phone=TOGO, now=clock.now())
    assert not CodeSpending.objects.exists()


def test_the_operators_are_told_at_half_and_at_four_fifths_once(db, monkeypatch):
    caps(monkeypatch, 10)

    def told():
        rows = OutboxEvent.objects.filter(name=CodeMoneySpent.name).order_by("id")
        return [row.payload["percent"] for row in rows]

    percents = []
    for index in range(10):
        send(ask(number(index), device=index + 1))
        percents.append(told())
    assert percents[3] == []
    assert percents[4] == percents[6] == [50]
    assert percents[7] == percents[9] == [50, 80]
    assert CodeSpending.objects.get(prefix="").warned_percent == 80


def test_of_twenty_at_once_exactly_the_days_money_is_spent(committed, monkeypatch):
    caps(monkeypatch, 5)
    asked = [ask(number(index), device=index + 1) for index in range(20)]
    results = race(20, lambda index: send(asked[index]))
    assert sum(isinstance(item, str) for item in results) == 5
    assert sum(isinstance(item, RateLimited) for item in results) == 15
    assert CodeSpending.objects.get(prefix="").cost == 5 * PRICE


def test_control_money_that_is_read_then_spent_goes_further(committed, monkeypatch):
    """The race above is real: reading the sum first lets everybody pass."""
    import threading

    from django.db.models import F

    everybody_read = threading.Barrier(10)
    CodeSpending(day=clock.local_day(clock.now()), prefix="").save()

    def read_then_write(purse, cap, now):
        if purse.prefix:
            return
        row = CodeSpending.objects.get(prefix="")
        everybody_read.wait(30)
        if row.cost + purse.price > cap:
            raise RateLimited
        CodeSpending.objects.filter(pk=row.pk).update(cost=F("cost") + purse.price)

    caps(monkeypatch, 5)
    monkeypatch.setattr(code_costs, "_spend", read_then_write)
    asked = [ask(number(index), device=index + 1) for index in range(10)]
    results = race(10, lambda index: send(asked[index]))
    assert sum(isinstance(item, str) for item in results) > 5
