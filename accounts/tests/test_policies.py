"""Truth tables of the predicates."""

import itertools

import pytest

from accounts.models import Case, RoleGrant
from accounts.policies import moderation, people, signing_in

DECIDE_PAYMENTS = "accounts.decide_payments_case"


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("role", RoleGrant.Role.values)
def test_anybody_active_may_take_every_role_but_admin(role, is_active):
    expected = is_active and role != "admin"
    assert people.may_take_role(role=role, is_active=is_active) is expected


@pytest.mark.parametrize("is_active", [True, False])
def test_only_active_people_may_sign_in(is_active):
    assert signing_in.may_sign_in(is_active=is_active) is is_active


@pytest.mark.parametrize(
    ("is_active", "is_staff", "permitted", "queue"),
    list(
        itertools.product(
            [True, False], [True, False], [True, False], Case.Queue.values
        )
    ),
)
def test_a_case_is_decided_by_active_staff_with_its_queues_permission(
    is_active, is_staff, permitted, queue
):
    permissions = {DECIDE_PAYMENTS} if permitted else set()
    expected = is_active and is_staff and permitted and queue == "payments"
    assert (
        moderation.may_decide_case(
            is_active=is_active, is_staff=is_staff, permissions=permissions, queue=queue
        )
        is expected
    )


@pytest.mark.parametrize(
    ("is_active", "is_staff"), list(itertools.product([True, False], [True, False]))
)
def test_the_decidable_queues_are_those_of_the_permissions(is_active, is_staff):
    found = moderation.decidable_queues(
        is_active=is_active,
        is_staff=is_staff,
        permissions={DECIDE_PAYMENTS, "accounts.view_case"},
    )
    assert found == ({"payments"} if is_active and is_staff else set())


def test_each_queue_has_its_permission_on_the_model():
    declared = {f"accounts.{name}" for name, _label in Case._meta.permissions}
    assert {name for name in declared if ".decide_" in name} == {
        moderation.case_permission(queue) for queue in Case.Queue.values
    }
