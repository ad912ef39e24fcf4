"""Who may ask for codes, and how often: number, device, address, day."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import CodeRequest
from accounts.services.signing_in import limits
from accounts.services.signing_in.codes import request_code
from accounts.services.signing_in.limits import (
    PER_CLIENT,
    PER_CLIENT_WITHOUT_DEVICE,
    PER_DEVICE,
)
from accounts.tests.sign_ins import DEVICE, used_device
from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.limits import RateWindow
from lokahome.core.phones import InvalidPhone

BENIN = "+2290197000001"
HALF_AN_HOUR = timedelta(minutes=30)


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


def test_one_address_asks_for_a_thousand_new_devices_a_day_and_not_more(
    db, monkeypatch
):
    monkeypatch.setattr(limits, "PER_CLIENT_A_DAY", 4)
    now = clock.now()
    for index in range(4):
        ask(number(index), now=now + index * HALF_AN_HOUR, device=index + 1)
    later = now + 5 * HALF_AN_HOUR
    with pytest.raises(RateLimited) as refusal:
        ask(number(900), now=later, device=900)
    assert refusal.value.retry_after_seconds > 20 * 3600
    ask(number(900), now=later, device=900, client_ip="192.0.2.2")


def test_ipv6_addresses_of_one_network_are_one_client(db, monkeypatch):
    monkeypatch.setattr(limits, "PER_CLIENT", 2)
    now = clock.now()
    for index in range(2):
        ask(
            number(index), now=now, device=index + 1, client_ip=f"2001:db8:0:1::{index}"
        )
    with pytest.raises(RateLimited):
        ask(number(90), now=now, device=90, client_ip="2001:db8:0:1:ffff::9")
    # Another /64 of the same /48: twice as much together.
    for index in range(2):
        ask(
            number(10 + index),
            now=now,
            device=10 + index,
            client_ip=f"2001:db8:0:2::{index}",
        )
    with pytest.raises(RateLimited):
        ask(number(91), now=now, device=91, client_ip="2001:db8:0:3::1")
    ask(number(91), now=now, device=91, client_ip="2001:db8:1::1")


def test_strangers_do_not_use_up_the_codes_of_a_known_device(ama):
    """Three an hour from anywhere would keep its person from ever signing in."""
    used_device(ama.user, DEVICE)
    now = clock.now()
    for index in range(3):
        ask(ama.user.phone, now=now, device=index + 1)
    with pytest.raises(RateLimited):
        ask(ama.user.phone, now=now, device=9)
    for _ in range(3):
        request_code(
            phone=ama.user.phone, client_ip="192.0.2.1", device_key=DEVICE, now=now
        )
    with pytest.raises(RateLimited):
        request_code(
            phone=ama.user.phone, client_ip="192.0.2.1", device_key=DEVICE, now=now
        )


def test_strangers_do_not_use_up_the_codes_of_who_is_signed_in(ama):
    now = clock.now()
    for index in range(3):
        ask(ama.user.phone, now=now, device=index + 1)
    whose = {"purpose": "proof", "person_id": ama.id, "bound_id": ama.session.pk}
    assert ask(ama.user.phone, now=now, device=1, **whose).person_id == ama.id


def test_the_device_of_one_person_is_no_known_device_of_another(ama, kossi):
    used_device(kossi.user, DEVICE)
    now = clock.now()
    for index in range(3):
        ask(ama.user.phone, now=now, device=index + 1)
    with pytest.raises(RateLimited):
        request_code(
            phone=ama.user.phone, client_ip="192.0.2.1", device_key=DEVICE, now=now
        )


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
