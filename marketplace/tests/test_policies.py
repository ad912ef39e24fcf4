"""Who is what to a job, and what they may do with it now."""

import pytest

from lokahome.core.ids import uuid7
from marketplace.models import Job
from marketplace.models.jobs import JOB_STATES
from marketplace.policies import actions_on_job, is_code_locked, roles_on_job


class Person:
    """Somebody signed in."""

    is_authenticated = True

    def __init__(self):
        self.pk = uuid7()


CUSTOMER, PROVIDER, OCCUPANT, STRANGER = (Person() for _ in range(4))


def job(status, **values):
    return Job(
        status=status,
        customer_id=CUSTOMER.pk,
        provider_id=PROVIDER.pk,
        occupant_id=OCCUPANT.pk,
        **values,
    )


@pytest.mark.parametrize(
    ("status", "customer", "provider"),
    [
        ("accepted", {"pay", "cancel"}, {"cancel"}),
        ("funded", {"cancel", "renew_code"}, {"start", "cancel"}),
        (
            "started",
            {"cancel", "dispute", "renew_code"},
            {"deliver", "dispute", "cancel"},
        ),
        ("delivered", {"approve", "dispute"}, {"dispute"}),
        ("approved", set(), set()),
        ("disputed", set(), set()),
        ("closed", {"review"}, {"review"}),
        ("cancelled", set(), set()),
    ],
)
def test_each_party_is_offered_what_the_state_permits(status, customer, provider):
    assert set(actions_on_job(CUSTOMER, job(status))) == customer
    assert set(actions_on_job(PROVIDER, job(status))) == provider
    for person in (OCCUPANT, STRANGER):
        assert actions_on_job(person, job(status)) == []


def test_roles():
    row = job("funded")
    assert roles_on_job(CUSTOMER, row) == {"customer"}
    assert roles_on_job(PROVIDER, row) == {"provider"}
    assert roles_on_job(OCCUPANT, row) == {"occupant"}
    assert roles_on_job(STRANGER, row) == set()


def test_nobody_is_the_occupant_of_a_job_without_one():
    nameless = Person()
    nameless.pk = None
    assert (
        roles_on_job(nameless, Job(customer_id=uuid7(), provider_id=uuid7())) == set()
    )


@pytest.mark.parametrize(("tries", "locked"), [(0, False), (4, False), (5, True)])
def test_five_tries_lock_a_code(tries, locked):
    assert is_code_locked(job("funded", start_tries=tries), "start") is locked


def test_money_is_held_from_the_payment_to_the_split_and_no_longer():
    """Every way out of a state with money leads to one with money or to a split."""
    ends = {
        (item.source, item.target)
        for item in JOB_STATES.edges
        if item.source in Job.HELD_STATES and item.target not in Job.HELD_STATES
    }
    assert ends == {
        ("funded", "cancelled"),
        ("started", "cancelled"),
        ("delivered", "approved"),
        ("disputed", "closed"),
    }
