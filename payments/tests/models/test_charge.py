"""What the database itself refuses about charges."""

import re

import pytest
from django.db import IntegrityError, connection, transaction

from lokahome.core import clock
from lokahome.core.ids import uuid7
from payments.models import CHARGE_STATES, Charge, ChargeStatus
from payments.models.charge_states import CAPTURED, OPEN, edges_sql

pytestmark = pytest.mark.django_db
DATA = {
    "gateway_id": "1",
    "failure_code": "unknown",
    "next_check_at": clock.now(),
}
EDGES = {(edge.source, edge.target) for edge in CHARGE_STATES.edges}


def refused(charge, **changes):
    with pytest.raises(IntegrityError), transaction.atomic():
        Charge.objects.filter(pk=charge.pk).update(**changes)


def test_the_database_holds_the_same_steps_as_the_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosrc FROM pg_proc WHERE proname = 'payments_charge_steps'"
        )
        source = cursor.fetchone()[0]
    assert source.strip() in edges_sql()
    pairs = set(re.findall(r"\('(\w+)', '(\w+)'\)", source))
    assert pairs == EDGES


def path_to(status):
    """Return a way from created to *status* along the table."""
    ways = {ChargeStatus.CREATED.value: []}
    while status not in ways:
        for source, target in sorted(EDGES):
            if source in ways and target not in ways:
                ways[target] = [*ways[source], target]
    return ways[status]


def walk(charge, status):
    for step in path_to(status):
        captured = step in CAPTURED
        Charge.objects.filter(pk=charge.pk).update(
            status=step,
            captured_amount=charge.amount if captured else None,
            captured_at=charge.created_at if captured else None,
            **DATA,
        )


@pytest.mark.parametrize("source", ChargeStatus.values)
def test_only_steps_of_the_table_exist(new_charge, source):
    charge = new_charge()
    walk(charge, source)
    for target in ChargeStatus.values:
        if target == source or (source, target) in EDGES:
            continue
        captured = target in CAPTURED
        refused(
            charge,
            status=target,
            captured_amount=charge.amount if captured else None,
            captured_at=charge.created_at if captured else None,
        )


def test_every_state_can_be_reached():
    for status in ChargeStatus.values:
        assert path_to(status) is not None


def test_a_charge_begins_as_created(new_charge):
    charge = new_charge()
    charge.pk, charge.reference = uuid7(), "LHOTHER"
    charge.status, charge.gateway_id = ChargeStatus.PENDING, "1"
    charge._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        charge.save()


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 36_000},
        {"currency": "EUR"},
        {"reference": "LHOTHER"},
        {"subject": "lease:other"},
        {"gateway": "other"},
        {"payer_id": uuid7()},
        {"payee_id": uuid7()},
    ],
)
def test_the_terms_do_not_change(new_charge, changes):
    refused(new_charge(), **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"captured_amount": 34_000},
        {"captured_amount": None, "captured_at": None},
        {"captured_at": clock.now()},
        {"gateway_id": "2"},
    ],
)
def test_what_was_captured_does_not_change(new_charge, changes):
    charge = new_charge()
    walk(charge, "succeeded")
    refused(charge, **changes)


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        ("pending", {"gateway_id": ""}),
        ("pending", {"next_check_at": None}),
        ("failed", {"failure_code": ""}),
        ("failed", {"captured_amount": 35_000, "captured_at": clock.now()}),
        ("created", {"next_check_at": None}),
        ("created", {"unsent_attempts": 1}),
        ("created", {"operator": "orange"}),
        ("succeeded", {"provider_fee": -1}),
    ],
)
def test_a_state_has_its_data(new_charge, status, changes):
    charge = new_charge()
    walk(charge, status)
    refused(charge, **changes)


def test_success_without_the_full_capture_is_refused(sent_charge):
    charge = sent_charge()
    refused(charge, status="succeeded")
    refused(charge, status="succeeded", captured_amount=34_999, captured_at=clock.now())


def test_references_and_gateway_ids_are_used_once(sent_charge):
    first, second = sent_charge(), sent_charge()
    refused(second, gateway_id=first.gateway_id)
    second.pk = uuid7()
    second._state.adding = True
    second.status, second.gateway_id = "created", ""
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_open_and_captured_do_not_overlap():
    assert not set(OPEN) & set(CAPTURED)
