"""Wrong answers and wrong passwords: nobody shuts a door that is not theirs."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model

from accounts.models import CodeRequest
from accounts.services.signing_in import guessing
from accounts.services.signing_in.codes import CodeSpent, CodeWrong
from accounts.services.signing_in.entering import SignedIn, verify_code
from accounts.services.signing_in.guessing import (
    GUESSES_PER_PHONE_A_DAY,
    LOGINS_PER_NAME,
    spelled,
    take_change_limits,
    take_door_limits,
    take_login_limits,
)
from accounts.services.signing_in.limits import PER_PHONE_A_DAY
from accounts.tests.sign_ins import DEVICE, OTHER_DEVICE, code_for, used_device
from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.limits import RateWindow
from lokahome.core.networks import network_of

NOBODY = UUID("0192aaaa-0000-7000-8000-00000000dead")


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def guess(request, code, *, device=None, client_ip="198.51.100.7", now=None):
    return verify_code(
        request_id=request.pk,
        code=code,
        device_key=device,
        client_ip=client_ip,
        now=now or clock.now(),
    )


def guessed(request, code, **kwargs):
    """Return the refusal's class, or SignedIn."""
    try:
        return type(guess(request, code, **kwargs))
    except (CodeWrong, CodeSpent, RateLimited) as refusal:
        return type(refusal)


def test_a_spent_request_does_not_shut_its_number_out(db):
    """One request and fifty POSTs kept anybody out for a day, and the next, for nothing."""
    request, code = code_for("+2290197000001", device_key=NOBODY)
    answers = [guessed(request, wrong(code)) for _ in range(60)]
    assert answers == [CodeWrong] * 5 + [CodeSpent] * 55
    mine, right = code_for("+2290197000001", device_key=DEVICE)
    assert guessed(mine, right, device=DEVICE, client_ip="192.0.2.1") is SignedIn


def test_guesses_at_a_number_by_strangers_end_and_its_asker_goes_on(ama, monkeypatch):
    monkeypatch.setattr(guessing, "GUESSES_PER_PHONE_A_DAY", 3)
    now = clock.now()
    request, code = code_for(ama.user.phone, now=now, device_key=DEVICE)
    answers = [
        guessed(request, wrong(code), device=OTHER_DEVICE, now=now) for _ in range(4)
    ]
    assert answers == [CodeWrong] * 3 + [RateLimited]
    with pytest.raises(RateLimited) as refusal:
        guess(request, code, device=OTHER_DEVICE, now=now)
    assert 0 < refusal.value.retry_after_seconds <= 86_401
    request.refresh_from_db()
    assert (request.tries, request.used_at) == (3, None), "nothing was tried"
    assert guessed(request, code, device=DEVICE, now=now) is SignedIn


def test_a_known_device_goes_on_where_strangers_are_stopped(ama, monkeypatch):
    monkeypatch.setattr(guessing, "GUESSES_PER_PHONE_A_DAY", 1)
    used_device(ama.user, DEVICE)
    request, code = code_for(ama.user.phone, device_key=NOBODY)
    answers = [guessed(request, wrong(code), device=OTHER_DEVICE) for _ in range(2)]
    assert answers == [CodeWrong, RateLimited]
    assert guessed(request, code, device=DEVICE) is SignedIn


def test_the_asker_has_an_end_too_over_all_requests(ama, monkeypatch):
    monkeypatch.setattr(guessing, "GUESSES_PER_PHONE_A_DAY", 3)
    answers = []
    for _ in range(2):
        request, code = code_for(ama.user.phone, device_key=OTHER_DEVICE)
        answers += [
            guessed(request, wrong(code), device=OTHER_DEVICE) for _ in range(2)
        ]
    assert answers == [CodeWrong] * 3 + [RateLimited]
    assert guessed(request, code, device=OTHER_DEVICE) is RateLimited


def test_right_answers_are_not_counted(ama):
    request, code = code_for(ama.user.phone)
    guess(request, code)
    assert not RateWindow.objects.filter(name__startswith="guess.").exists()


def test_a_day_of_guessing_meets_a_code_once_in_twenty_thousand_days():
    assert GUESSES_PER_PHONE_A_DAY <= 50
    assert PER_PHONE_A_DAY * 5 <= 50


def test_one_address_that_answers_for_others_is_stopped_and_shuts_nobody_out(
    db, monkeypatch
):
    monkeypatch.setattr(guessing, "GUESSES_PER_CLIENT", 2)
    request, code = code_for("+2290197000001", device_key=NOBODY)
    kwargs = {"device": OTHER_DEVICE, "client_ip": "192.0.2.7"}
    answers = [guessed(request, wrong(code), **kwargs) for _ in range(3)]
    assert answers == [CodeWrong] * 2 + [RateLimited]
    dead = CodeRequest(pk=NOBODY)
    assert guessed(dead, code, **kwargs) is RateLimited
    # A neighbour behind the same address answers a request of their own.
    mine, right = code_for("+2290197000105", device_key=DEVICE, client_ip="192.0.2.7")
    assert guessed(mine, right, device=DEVICE, client_ip="192.0.2.7") is SignedIn


# --- Passwords ------------------------------------------------------------------------------


def login(name, *, device=None, client_ip="198.51.100.7", now=None):
    try:
        return take_login_limits(
            identifier=name,
            client_ip=client_ip,
            device_key=device,
            now=now or clock.now(),
        )
    except RateLimited:
        return None


def test_strangers_do_not_shut_the_password_of_a_known_device(ama):
    used_device(ama.user, DEVICE)
    name = ama.user.phone
    for index in range(LOGINS_PER_NAME):
        assert login(name, client_ip=f"198.51.100.{index}")
    assert login(name, client_ip="203.0.113.9") is None
    assert login(name, device=OTHER_DEVICE) is None
    assert [bool(login(name, device=DEVICE)) for _ in range(LOGINS_PER_NAME + 1)] == [
        *[True] * LOGINS_PER_NAME,
        False,
    ]


def test_a_number_and_a_handle_of_one_person_are_counted_apart(ama):
    """Counted as one, the limit told whose number it is."""
    for _ in range(LOGINS_PER_NAME):
        assert login(ama.user.phone)
    assert login("97 00 00 01") is None, "one number, however it is written"
    assert login(ama.user.username)


def test_blanks_and_capitals_make_no_other_name():
    assert spelled(" KOSSI\t") == spelled("\u2003kossi") == "kossi"
    assert spelled("97 00 00 01 ") == "+2290197000001"


def test_a_right_password_gives_its_try_back(db):
    now = clock.now()
    for index in range(3 * LOGINS_PER_NAME):
        tried = login("kossi", now=now + timedelta(microseconds=index))
        tried.give_back()
    assert login("kossi", now=now)


def test_whoever_changes_a_password_is_counted_by_their_own_session(ama):
    for _ in range(LOGINS_PER_NAME):
        login(ama.user.username)
    now = clock.now()
    for _ in range(LOGINS_PER_NAME):
        take_change_limits(session_id=ama.session.pk, now=now)
    with pytest.raises(RateLimited):
        take_change_limits(session_id=ama.session.pk, now=now)


def test_strangers_shut_no_colleague_out_of_the_back_office(db):
    now = clock.now()
    get_user_model().objects.create_staff(username="kossi", password="x")

    def tries(client_ip):
        try:
            take_door_limits(identifier="Kossi ", client_ip=client_ip, now=now)
        except RateLimited:
            return False
        return True

    for index in range(20):
        assert tries(f"198.51.100.{index}")
    # One address has ten for one name, and thirty in all.
    assert [tries("203.0.113.9") for _ in range(11)] == [*[True] * 10, False]
    assert tries("192.0.2.1")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_network_is_one_client(address, network):
    assert network_of(address) == network
