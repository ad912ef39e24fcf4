"""Truth tables of the predicates about sanctions and appeals."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policies import moderation

KINDS = ("warn", "restrict", "suspend", "ban")
DAYS = (None, 1, 30, 31, 3650)
BOTH = (True, False)


@pytest.mark.parametrize(
    ("kind", "days", "queue"),
    list(itertools.product(KINDS, DAYS, ["", "reports", "listings"])),
)
def test_who_has_to_agree(kind, days, queue):
    expected = {
        "warn": False,
        "restrict": days is None or days > 30,
        "suspend": days is None or days > 30 or queue == "listings",
        "ban": True,
    }[kind]
    assert (
        moderation.sanction_needs_second_person(kind=kind, days=days, queue=queue)
        is expected
    )


@pytest.mark.parametrize(
    ("deed", "is_active", "is_staff", "held", "is_concerned"),
    list(
        itertools.product(
            ["impose", "approve", "lift"],
            BOTH,
            BOTH,
            [None, "impose", "approve", "lift"],
            BOTH,
        )
    ),
)
def test_each_deed_has_its_own_permission_and_no_part_in_the_matter(
    deed, is_active, is_staff, held, is_concerned
):
    permissions = {f"accounts.{held}_sanction"} if held else set()
    expected = is_active and is_staff and held == deed and not is_concerned
    assert (
        moderation.may_sanction(
            is_active=is_active,
            is_staff=is_staff,
            permissions=permissions,
            deed=deed,
            is_concerned=is_concerned,
        )
        is expected
    )


@pytest.mark.parametrize(
    ("is_active", "is_staff", "held", "decided_first", "is_concerned"),
    list(itertools.product(BOTH, BOTH, BOTH, BOTH, BOTH)),
)
def test_an_appeal_is_answered_by_somebody_else(
    is_active, is_staff, held, decided_first, is_concerned
):
    permissions = {"accounts.decide_appeals_case"} if held else set()
    expected = all([is_active, is_staff, held, not decided_first, not is_concerned])
    assert (
        moderation.may_decide_appeal(
            is_active=is_active,
            is_staff=is_staff,
            permissions=permissions,
            decided_first=decided_first,
            is_concerned=is_concerned,
        )
        is expected
    )


@pytest.mark.parametrize(
    ("is_in_force", "days_since", "was_appealed"),
    list(itertools.product(BOTH, [0, 180, 181], BOTH)),
)
def test_a_decision_is_appealed_once_while_it_counts(
    is_in_force, days_since, was_appealed
):
    expected = is_in_force and days_since <= 180 and not was_appealed
    assert (
        moderation.can_appeal(
            is_in_force=is_in_force, days_since=days_since, was_appealed=was_appealed
        )
        is expected
    )


weights = st.sampled_from(
    [("warn", None), ("ban", None)]
    + [(kind, days) for kind in ("restrict", "suspend") for days in DAYS]
)


@given(one=weights, other=weights)
def test_milder_is_an_order(one, other):
    """Nothing is milder than itself, and of two different ones exactly one is milder."""
    first = moderation.is_milder(
        kind=one[0], days=one[1], than_kind=other[0], than_days=other[1]
    )
    second = moderation.is_milder(
        kind=other[0], days=other[1], than_kind=one[0], than_days=one[1]
    )
    assert (first, second) == (False, False) if one == other else first is not second
