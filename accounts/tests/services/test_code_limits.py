"""Who may ask for codes, and how often: number, device, address, day."""

import contextlib
import itertools
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import CodeRequest, Phone
from accounts.models.limits import SETTLES_AFTER
from accounts.services.signing_in import code_costs, limits
from accounts.services.signing_in.codes import request_code
from accounts.services.signing_in.limits import (
    NEW_DEVICES_A_DAY,
    OWN_DEVICES_A_DAY,
    PER_CLIENT,
    PER_CLIENT_WITHOUT_DEVICE,
    PER_DEVICE,
)
from accounts.tests.sign_ins import DEVICE, used_device
from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.limits import RateWindow
from lokahome.core.phones import InvalidPhone

BENIN, FRANCE = "+2290197000001", "+33612345600"
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


def served(person, devices, *, now, times=3):
    """Ask *times* from each of *devices*; return how many requests were accepted."""
    count = 0
    for _, device in itertools.product(range(times), devices):
        with contextlib.suppress(RateLimited):
            ask(person.phone, now=now, device=device)
            count += 1
        now += timedelta(minutes=4)
    return count


def known(person, devices, *, at):
    for device in devices:
        used_device(person, UUID(int=device), at=at)
    return devices


def test_devices_that_a_password_made_known_share_ten_codes_a_day(ama):
    """A log-in under each of N random devices gave each of them ten a day."""
    now = clock.now()
    settled = known(ama.user, [99], at=now - SETTLES_AFTER)
    many = known(ama.user, range(1, 21), at=now)
    assert served(ama.user, many, now=now) == NEW_DEVICES_A_DAY
    before = CodeRequest.objects.count()
    later = now + timedelta(hours=5)
    with pytest.raises(RateLimited) as refusal:
        ask(ama.user.phone, now=later, device=1)
    assert refusal.value.retry_after_seconds > 18 * 3600
    assert CodeRequest.objects.count() == before
    rest = OWN_DEVICES_A_DAY - NEW_DEVICES_A_DAY
    assert served(ama.user, settled, now=later, times=12) == rest
    ask(ama.user.phone, now=later, device=500)


def test_all_known_devices_of_a_number_get_twenty_codes_a_day(ama, kossi):
    now = clock.now()
    many = known(ama.user, range(1, 11), at=now - SETTLES_AFTER)
    assert served(ama.user, many, now=now) == OWN_DEVICES_A_DAY
    used_device(kossi.user, UUID(int=1), at=now - SETTLES_AFTER)
    ask(kossi.user.phone, now=now + timedelta(hours=3), device=1)


def test_control_without_the_count_of_all_each_device_has_its_own(ama, monkeypatch):
    monkeypatch.setattr(limits, "_take_own_devices", lambda *_: None)
    now = clock.now()
    many = known(ama.user, range(1, 21), at=now)
    assert served(ama.user, many, now=now) == 60


def test_strangers_of_one_address_do_not_shut_known_devices_out_there(
    ama, kossi, monkeypatch
):
    now = clock.now()
    monkeypatch.setattr(limits, "PER_CLIENT", 2)
    used_device(ama.user, UUID(int=50), at=now)
    used_device(kossi.user, UUID(int=51), at=now)
    for index in range(2):
        ask(number(index), now=now, device=index + 1)
    with pytest.raises(RateLimited):
        ask(number(900), now=now, device=900)
    ask(ama.user.phone, now=now, device=50)
    ask(kossi.user.phone, now=now, device=51)
    with pytest.raises(RateLimited):
        ask(ama.user.phone, now=now, device=50)
    assert CodeRequest.objects.count() == 4
    ask(ama.user.phone, now=now, device=50, client_ip="192.0.2.2")


def test_known_devices_of_one_address_end_with_the_day_as_well(ama, monkeypatch):
    now = clock.now()
    monkeypatch.setattr(limits, "PER_CLIENT_A_DAY", 2)
    many = known(ama.user, range(1, 6), at=now)
    assert served(ama.user, many, now=now) == 2


def abroad(index):
    return f"{FRANCE[:-2]}{index:02d}"


@pytest.mark.parametrize(("part", "accepted"), [(10, 3), (100, 5)])
def test_one_address_asks_for_a_tenth_of_another_countrys_money(
    ama, monkeypatch, part, accepted
):
    """The second row is the control: the whole purse is open to one address."""
    monkeypatch.setattr(code_costs, "OTHER_CAP", 30 * code_costs.PRICES["33"])
    monkeypatch.setattr(code_costs, "CLIENT_PART", part)
    now, count = clock.now(), 0
    for index in range(5):
        with contextlib.suppress(RateLimited):
            ask(abroad(index), now=now, device=index + 1)
            count += 1
    assert count == CodeRequest.objects.count() == accepted
    ask(number(1), now=now, device=20)
    ask("+22890112233", now=now, device=21)
    ask(abroad(80), now=now, device=22, client_ip="192.0.2.2")
    # Nor does the flood keep a known device out, there either.
    Phone.objects.filter(user=ama.user).update(number=abroad(90))
    used_device(ama.user, DEVICE)
    request_code(phone=abroad(90), client_ip="192.0.2.1", device_key=DEVICE, now=now)


def test_the_part_of_one_address_is_thirty_three_messages_to_france_a_day(db):
    assert code_costs.client_share(FRANCE) == ("33", 33)
    assert code_costs.client_share(BENIN) is None


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
