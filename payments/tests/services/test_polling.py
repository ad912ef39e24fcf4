"""Checks are asked for when they are due, one at a time for each charge."""

from datetime import timedelta

import pytest

from lokahome.core import clock
from lokahome.core.events.delivering import drain
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.threads import race
from payments.gateways.errors import GatewayUnavailable
from payments.models import Charge, ChargeStatus
from payments.services import polling
from payments.services.polling import request_due_checks


def due_events():
    return OutboxEvent.objects.filter(name="payments.charge_check_due").count()


@pytest.mark.django_db
def test_only_what_is_due_is_asked_for(sent_charge):
    charge = sent_charge()
    assert request_due_checks(now=clock.now()) == 0
    assert request_due_checks(now=clock.now() + timedelta(seconds=6)) == 1
    charge.refresh_from_db()
    assert charge.check_requested_at is not None


@pytest.mark.django_db
def test_one_check_is_outstanding_at_a_time(sent_charge):
    sent_charge()
    later = clock.now() + timedelta(seconds=6)
    assert [request_due_checks(now=later) for _ in range(3)] == [1, 0, 0]


@pytest.mark.django_db
def test_a_check_that_was_lost_is_asked_for_again(sent_charge):
    sent_charge()
    later = clock.now() + timedelta(seconds=6)
    request_due_checks(now=later)
    assert request_due_checks(now=later + polling.LOST_AFTER * 2) == 1


@pytest.mark.django_db
def test_ended_charges_are_left_alone(sent_charge, gateway):
    charge = sent_charge()
    gateway.decline(charge.reference)
    request_due_checks(now=clock.now() + timedelta(seconds=6))
    drain()
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.FAILED
    assert request_due_checks(now=clock.now() + timedelta(days=30)) == 0


@pytest.mark.django_db
def test_without_a_single_webhook_the_charge_settles(sent_charge, gateway, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    request_due_checks(now=clock.now() + timedelta(seconds=6))
    drain()
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED
    books.hold()


@pytest.mark.django_db
def test_a_silent_gateway_leaves_no_check_behind(sent_charge, gateway):
    """The ladder's row carries on, not the delivery: lanes do not fill up."""
    charge = sent_charge()
    gateway.always = GatewayUnavailable("refused", sent=False)
    request_due_checks(now=clock.now() + timedelta(seconds=6))
    drain()
    charge.refresh_from_db()
    assert charge.check_requested_at is None
    assert charge.next_check_at > clock.now()


def test_many_beats_at_once_ask_once(committed, sent_charge):
    for _ in range(5):
        sent_charge()
    later = clock.now() + timedelta(seconds=6)
    asked = race(8, lambda _: request_due_checks(now=later))
    assert sum(asked) == 5
    assert due_events() == 5


def test_control_without_row_locks_many_beats_ask_often(
    committed, sent_charge, monkeypatch
):
    for _ in range(5):
        sent_charge()
    later = clock.now() + timedelta(seconds=6)
    queryset = type(Charge.objects.all())
    monkeypatch.setattr(queryset, "select_for_update", lambda self, **_: self.all())
    race(8, lambda _: request_due_checks(now=later))
    assert due_events() > 5
