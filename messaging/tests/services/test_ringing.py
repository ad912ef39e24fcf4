"""SMS about an account's safety: paid to the last franc, and waited for by nobody twice."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError

from accounts.models import CodeSpending, Phone
from accounts.services.signing_in import code_costs
from accounts.services.signing_in.codes import mint_code, request_code
from accounts.tests.sign_ins import give_email
from lokahome.core import clock
from lokahome.core.clock import local_day
from lokahome.core.ids import uuid7
from lokahome.core.limits import RateWindow
from lokahome.tests.threads import race
from messaging.models import Notification, OutgoingMessage
from messaging.services.notify import notify

FRANCE, STRANGER = "+33612345678", "+33612345699"


def tell(person_id):
    return notify(
        fact=f"password_changed:{uuid7()}",
        person_id=person_id,
        template="password_changed",
        context_ids={},
        now=clock.now(),
    )


def rung(notification):
    return notification.messages.filter(channel=OutgoingMessage.Channel.SMS).count()


def spend(percent):
    """Let codes have spent so much of both purses, but for one SMS."""
    for prefix, cap in (("229", code_costs.CAPS["229"]), ("", code_costs.TOTAL_CAP)):
        cost = cap * percent // 100 - code_costs.PRICES["229"]
        day = local_day(clock.now())
        CodeSpending(day=day, prefix=prefix, cost=cost).save()


@pytest.mark.parametrize(("percent", "rings"), [(90, [1, 1]), (100, [1, 0])])
def test_a_security_fact_rings_when_codes_have_spent_all_that_is_theirs(
    committed, ama, percent, rings
):
    spend(percent)
    assert [rung(tell(ama.id)) for _ in range(2)] == rings


def test_what_cannot_be_paid_counts_at_nobody_and_the_letter_tells(committed, ama):
    give_email(ama.user)
    spend(100)
    CodeSpending.objects.filter(prefix="").update(cost=code_costs.TOTAL_CAP)
    before = dict(CodeSpending.objects.values_list("prefix", "cost"))
    told = tell(ama.id)
    assert rung(told) == 0
    assert told.messages.get().channel == OutgoingMessage.Channel.EMAIL
    assert dict(CodeSpending.objects.values_list("prefix", "cost")) == before
    assert not RateWindow.objects.filter(name__startswith="security").exists()


def two_at_once(ama, monkeypatch):
    """Tell Ama at two numbers, and mint a code between; return what came of both.

    The mint begins when the first number is paid; the second number is paid when the
    mint holds its first row, or waits for it.
    """
    now = clock.now()
    year = timedelta(days=365)
    Phone.objects.filter(user=ama.user).update(held_since=now - year)
    Phone(user=ama.user, number=FRANCE, verified_at=now, held_since=now).save()
    request = request_code(phone=STRANGER, client_ip="192.0.2.1", now=now)
    real, who = code_costs._spend, threading.local()
    half_paid, minting = threading.Event(), threading.Event()

    def spend_and_meet(purse, cap, now):
        real(purse, cap, now)
        who.rows += 1
        if who.name == "mint":
            minting.set()
        elif who.rows == 2:
            half_paid.set()
            minting.wait(2)

    def work(index):
        who.name, who.rows = ("tell", "mint")[index], 0
        if who.name == "tell":
            return rung(tell(ama.id))
        assert half_paid.wait(30)
        return len(mint_code(request_id=request.pk, now=clock.now()))

    monkeypatch.setattr(code_costs, "_spend", spend_and_meet)
    return race(2, work)


def test_two_numbers_of_two_countries_are_paid_beside_a_code(
    committed, ama, monkeypatch
):
    assert two_at_once(ama, monkeypatch) == [2, 6]
    spent = dict(CodeSpending.objects.values_list("prefix", "cost"))
    assert spent == {"229": 12, "33": 90, "": 102}
    assert Notification.objects.count() == 1


def test_control_the_country_before_all_countries_is_a_deadlock(
    committed, ama, monkeypatch
):
    """The order in which purses are locked is what the test above is about."""
    real = code_costs._purses
    monkeypatch.setattr(code_costs, "_purses", lambda phone: real(phone)[::-1])
    results = two_at_once(ama, monkeypatch)
    (error,) = [one for one in results if isinstance(one, OperationalError)]
    assert "deadlock" in str(error)
