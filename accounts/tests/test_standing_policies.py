"""Truth tables of the predicates about sanctions and appeals."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policies import moderation

KINDS = ("warn", "restrict", "suspend", "ban")
DAYS = (None, 1, 30, 31, 3650)
BOTH = (True, False)


@pytest.mark.parametrize(
    ("kind", "days", "queue", "is_again"),
    list(itertools.product(KINDS, DAYS, ["", "reports", "listings"], BOTH)),
)
def test_who_has_to_agree(kind, days, queue, is_again):
    is_long = days is None or days > 30
    expected = {
        "warn": False,
        "restrict": is_long,
        "suspend": is_long or queue != "reports" or is_again,
        "ban": True,
    }[kind]
    asked = moderation.sanction_needs_second_person(
        kind=kind, days=days, queue=queue, is_again=is_again
    )
    assert asked is expected


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


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
weights = st.sampled_from(
    [("warn", None), ("ban", None)]
    + [
        (kind, days and NOW + timedelta(days=days))
        for kind in ("restrict", "suspend")
        for days in DAYS
    ]
)


def milder(one, other):
    return moderation.is_milder(
        kind=one[0], ends_at=one[1], than_kind=other[0], than_ends_at=other[1]
    )


@given(one=weights, other=weights)
def test_of_two_sanctions_one_at_most_is_milder(one, other):
    assert not (milder(one, other) and milder(other, one))
    assert not milder(one, one)


@given(one=weights, other=weights)
def test_a_milder_sanction_is_no_heavier_kind_and_ends_no_later(one, other):
    if milder(one, other) and one[0] != "warn":
        assert KINDS.index(one[0]) <= KINDS.index(other[0])
        assert other[1] is None or (one[1] is not None and one[1] <= other[1])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("restrict", None), ("suspend", 3), False),  # for ever is not milder
        (("suspend", 29), ("suspend", 1), False),  # 29 of 30 days are served
        (("restrict", 3), ("suspend", 3), True),
        (("restrict", None), ("ban", None), True),
        (("warn", None), ("suspend", 3), True),
        (("warn", None), ("warn", None), False),
    ],
)
def test_what_weighs_less(one, other, expected):
    ends = [(kind, days and NOW + timedelta(days=days)) for kind, days in (one, other)]
    assert milder(*ends) is expected
