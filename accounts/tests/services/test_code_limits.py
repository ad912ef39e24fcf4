"""What codes cost and who may ask for them: number, device, address, country, day."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import CodeRequest, CodeSpending
from accounts.services.signing_in import code_costs
from accounts.services.signing_in.codes import request_code
from accounts.services.signing_in.limits import (
    PER_CLIENT,
    PER_CLIENT_WITHOUT_DEVICE,
    PER_DEVICE,
)
from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.limits import RateWindow
from lokahome.core.phones import InvalidPhone
from lokahome.tests.threads import race

BENIN, TOGO = "+2290197000001", "+22890112233"


def ask(phone=BENIN, *, now=None, client_ip="192.0.2.1", device=None, **kwargs):
    return request_code(
        phone=phone,
        client_ip=client_ip,
        device_key=UUID(int=device) if device else None,
        now=now or clock.now(),
        **kwargs,
    )


def number(index):
    return f"+2290197{index:06d}"


def test_one_device_asks_for_six_numbers_in_ten_minutes_and_not_more(db):
    now = clock.now()
    for index in range(PER_DEVICE):
        ask(number(index), now=now, device=1)
    with pytest.raises(RateLimited) as refusal:
        ask(number(99), now=now, device=1)
    assert 0 < refusal.value.retry_after_seconds <= 601
    ask(number(99), now=now, device=2)
    ask(number(98), now=now + timedelta(minutes=10, seconds=1), device=1)


def test_one_address_serves_two_hundred_phones_that_name_themselves(db):
    now = clock.now()
    for index in range(PER_CLIENT):
        ask(number(index), now=now, device=index + 1)
    with pytest.raises(RateLimited):
        ask(number(900), now=now, device=900)
    ask(number(900), now=now, device=900, client_ip="192.0.2.2")


def test_who_names_no_device_gets_fewer_and_does_not_shut_the_others_out(db):
    now = clock.now()
    for index in range(PER_CLIENT_WITHOUT_DEVICE):
        ask(number(index), now=now)
    with pytest.raises(RateLimited):
        ask(number(900), now=now)
    ask(number(900), now=now, device=900)


def test_a_code_costs_its_countrys_price_and_is_counted_twice(db):
    ask(BENIN)
    ask(TOGO)
    rows = dict(CodeSpending.objects.values_list("prefix", "cost"))
    prices = code_costs.PRICES
    assert rows == {
        "229": prices["229"],
        "228": prices["228"],
        "": prices["229"] + prices["228"],
    }
    assert CodeSpending.objects.get(prefix="").sent == 2


def test_the_days_money_ends_for_everybody_and_comes_back_at_midnight(db, monkeypatch):
    monkeypatch.setattr(code_costs, "TOTAL_CAP", code_costs.PRICES["229"])
    evening = datetime(2026, 11, 23, 23, 0, tzinfo=ZoneInfo("Africa/Porto-Novo"))
    ask(number(1), now=evening)
    with pytest.raises(RateLimited) as refusal:
        ask(number(2), now=evening)
    assert refusal.value.retry_after_seconds == 3601
    ask(number(2), now=evening + timedelta(seconds=3601))
    assert CodeRequest.objects.count() == 2


def test_a_refused_request_spends_and_counts_nothing(db, monkeypatch):
    monkeypatch.setattr(code_costs, "OTHER_CAP", 1)
    with pytest.raises(RateLimited):
        ask(TOGO)
    assert not CodeSpending.objects.exists()
    assert not CodeRequest.objects.exists()


def test_of_twenty_at_once_exactly_the_days_money_is_spent(committed, monkeypatch):
    price = code_costs.PRICES["229"]
    monkeypatch.setattr(code_costs, "TOTAL_CAP", 5 * price + 1)
    results = race(20, lambda index: ask(number(index), device=index + 1))
    assert sum(isinstance(item, CodeRequest) for item in results) == 5
    assert sum(isinstance(item, RateLimited) for item in results) == 15
    assert CodeSpending.objects.get(prefix="").cost == 5 * price


def test_control_money_that_is_read_then_spent_goes_further(committed, monkeypatch):
    """The race above is real: reading the sum first lets everybody pass."""
    import threading

    from django.db.models import F

    everybody_read = threading.Barrier(10)
    now = clock.now()
    CodeSpending(day=clock.local_day(now), prefix="").save()

    def read_then_write(prefix, price, cap, now):
        if prefix:
            return
        row = CodeSpending.objects.get(prefix="")
        everybody_read.wait(30)
        if row.cost + price > cap:
            raise RateLimited
        CodeSpending.objects.filter(pk=row.pk).update(cost=F("cost") + price)

    monkeypatch.setattr(code_costs, "TOTAL_CAP", 5 * code_costs.PRICES["229"])
    monkeypatch.setattr(code_costs, "_spend", read_then_write)
    results = race(
        10,
        lambda index: ask(
            number(index), device=index + 1, client_ip=f"192.0.2.{index}"
        ),
    )
    assert sum(isinstance(item, CodeRequest) for item in results) > 5


def test_the_tables_of_limits_hold_no_number_no_device_and_no_address(db):
    ask(device=7)
    stored = str(list(RateWindow.objects.values()))
    for value in (BENIN, BENIN[4:], "192.0.2.1", str(UUID(int=7))):
        assert value not in stored


@pytest.mark.parametrize(
    "phone",
    [
        "",
        "azertyui",
        "O1 97 OO OO O1",
        "٠١٩٧٠٠٠٠٠١",
        "０１９７０００００１",
        "०१९७०००००१",
        "12345678",
        "00000000",
        "+12025550123",
        "+22997000000000",
        "+2290297000001",
        "01 97 00 00 0",
        "1" * 40,
        "\x0001970000",
    ],
)
def test_what_is_no_number_we_serve_is_refused_and_costs_nothing(db, phone):
    with pytest.raises(InvalidPhone):
        ask(phone)
    assert not CodeRequest.objects.exists()
    assert not RateWindow.objects.exists()
    assert not CodeSpending.objects.exists()


def test_old_and_new_writings_of_a_number_share_its_limit(db):
    for phone in ("97 00 00 01", "+22997000001", "01 97 00 00 01"):
        ask(phone)
    with pytest.raises(RateLimited):
        ask("00229 97 00 00 01")


def test_asking_costs_the_same_queries_for_known_and_unknown_numbers(ama):
    shapes = []
    for phone in (ama.user.phone, number(88)):
        with CaptureQueriesContext(connection) as queries:
            ask(phone)
        # A savepoint has a name of its own each time.
        shapes.append([item["sql"].split('"')[0][:40] for item in queries])
    assert shapes[0] == shapes[1]


@hypothesis_settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(digits=st.integers(min_value=0, max_value=999_999))
def test_any_number_is_answered_alike_whether_it_has_an_account(ama, digits):
    phone = number(digits)
    # Each example stands alone: limits of the one before it are taken away.
    RateWindow.objects.all().delete()
    known, unknown = ask(ama.user.phone), ask(phone)
    fields = ("purpose", "channel", "person_id", "bound_id", "tries", "used_at")
    for name in fields:
        assert getattr(known, name) == getattr(unknown, name)
    assert len(known.phone) == len(unknown.phone)
