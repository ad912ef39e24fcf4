"""Appending: the fact and the change it tells of commit together or not at all."""

from __future__ import annotations

import pytest
from django.db import transaction

from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.events.outbox import OutsideTransaction, append
from lokahome.core.events.subscribers import NOTIFY, STATE
from lokahome.core.request_id import begin_request_id
from lokahome.tests.core.events.conftest import lamp, leave_a_trace, light
from lokahome.tests.core.events.facts import LampLit


def another(event):
    """Listen as well."""


def test_a_fact_outside_a_transaction_is_refused(committed, listen):
    listen(leave_a_trace, lane=STATE)
    with pytest.raises(OutsideTransaction):
        append(LampLit(lamp_id=lamp(1)))
    assert not OutboxEvent.objects.exists()
    assert not Delivery.objects.exists()


def test_a_change_that_is_rolled_back_takes_its_fact_along(committed, listen):
    listen(leave_a_trace, lane=STATE)
    with transaction.atomic():
        append(LampLit(lamp_id=lamp(1)))
        transaction.set_rollback(True)
    assert not OutboxEvent.objects.exists()
    assert not Delivery.objects.exists()


def test_each_subscriber_gets_a_delivery_in_its_lane(db, listen):
    listen(leave_a_trace, lane=STATE)
    listen(another, lane=lambda event: f"gateway.g{event.step}")
    begin_request_id("request-of-the-fact")
    (row,) = light(1, 4)
    assert (row.name, row.subject) == ("lokahome.lamp_lit", f"lamp:{lamp(1)}")
    assert row.request_id == "request-of-the-fact"
    assert row.payload == {"lamp_id": str(lamp(1)), "step": 4}
    found = Delivery.objects.values_list("subscriber", "lane", "subject", "status")
    assert set(found) == {
        ("tests.leave_a_trace", "state", row.subject, "waiting"),
        ("tests.another", "gateway.g4", row.subject, "waiting"),
    }


def test_a_fact_that_nobody_listens_to_is_kept_all_the_same(db):
    light(1)
    assert OutboxEvent.objects.count() == 1
    assert not Delivery.objects.exists()


def test_deliveries_stand_in_the_order_of_their_facts(db, listen):
    listen(leave_a_trace, lane=NOTIFY)
    light(1, 1, 2, 3)
    positions = list(Delivery.objects.order_by("event_id").values_list("position"))
    assert positions == sorted(positions)
    assert len(set(positions)) == 3
