"""Levels and what they open: truth tables over every set of documents that matters."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import DocumentKind, Purpose
from accounts.models.document_kinds import (
    KINDS,
    Expiry,
    is_number_of,
    kinds_of,
    number_family,
    plain_number,
)
from accounts.models.identity_check import last_digits
from accounts.models.ladders import LADDERS
from accounts.policies.identity import may_send_document
from accounts.policies.levels import (
    actions_opened,
    is_proven,
    level_for,
    live_listings_allowed,
    may_ask_to_rent,
    may_be_paid,
    may_publish,
    may_send_quotes,
    missing_for,
)

KIND_SETS = st.sets(st.sampled_from(DocumentKind.values))
ROLES = st.sampled_from(sorted(LADDERS))

TABLE = [
    # role, documents, level
    ("tenant", "", 0),
    ("tenant", "cip", 1),
    ("tenant", "passport", 1),
    ("tenant", "cem", 1),
    ("tenant", "driving_licence", 0),
    ("tenant", "voter_card", 0),
    ("tenant", "driving_licence voter_card", 1),
    ("tenant", "ifu land_title", 0),
    ("tenant", "cip ifu land_title agent_card rccm", 1),
    ("landlord", "cip", 1),
    ("landlord", "land_title ifu", 0),
    ("landlord", "cip land_title", 1),
    ("landlord", "cip ifu", 1),
    ("landlord", "cip ifu land_title", 2),
    ("landlord", "cip ifu sale_agreement", 2),
    ("landlord", "cip ifu customary_holding", 2),
    ("landlord", "cip ifu occupancy_permit", 2),
    ("landlord", "cip ifu utility_bill", 2),
    ("landlord", "cip ifu management_mandate", 2),
    ("landlord", "cip ifu utility_bill agent_card", 2),
    ("landlord", "cip ifu utility_bill rccm", 2),
    ("landlord", "cip ifu utility_bill agent_card rccm", 3),
    ("landlord", "cip agent_card rccm", 1),
    ("provider", "cip", 1),
    ("provider", "ifu", 0),
    ("provider", "cip ifu", 2),
    ("provider", "cip ifu diploma", 2),
    ("provider", "cip ifu police_record", 2),
    ("provider", "cip ifu diploma police_record", 3),
    ("provider", "cip ifu rccm police_record", 3),
    ("admin", "cip ifu land_title", 1),
]


@pytest.mark.parametrize(("role", "documents", "level"), TABLE)
def test_the_table_of_levels(role, documents, level):
    assert level_for(role=role, proofs=set(documents.split())) == level


@given(ROLES, KIND_SETS, st.sampled_from(DocumentKind.values))
def test_one_more_document_never_lowers_a_level(role, proofs, one_more):
    assert level_for(role=role, proofs=proofs | {one_more}) >= level_for(
        role=role, proofs=proofs
    )


@given(ROLES, KIND_SETS)
def test_what_is_said_to_be_missing_is_what_the_next_level_takes(role, proofs):
    level = level_for(role=role, proofs=proofs)
    missing = missing_for(role=role, proofs=proofs)
    assert bool(missing) == (level < len(LADDERS[role]))
    given_all = proofs | {kind for need in missing for kind in need.kinds}
    if missing:
        assert level_for(role=role, proofs=given_all) > level
        for need in missing:
            assert level_for(role=role, proofs=given_all - need.kinds) <= level


@given(ROLES, KIND_SETS)
def test_nobody_rises_without_proving_who_they_are(role, proofs):
    anonymous = proofs - set(kinds_of(Purpose.IDENTITY))
    assert level_for(role=role, proofs=anonymous) == 0


def test_no_ladder_is_higher_than_3_and_every_rung_can_be_climbed():
    for role, ladder in LADDERS.items():
        assert 1 <= len(ladder) <= 3
        for needs in ladder:
            for need in needs:
                assert is_proven(need, need.kinds), (role, need)


@pytest.mark.parametrize(
    ("level", "live", "is_owner", "has_mandate"),
    list(product((None, 0, 1, 2, 3), range(5), (True, False), (True, False))),
)
def test_who_may_publish_one_more(level, live, is_owner, has_mandate):
    most = {None: 0, 0: 1, 1: 3, 2: 99, 3: 99}[level]
    expected = (is_owner or has_mandate) and live < most
    assert (
        may_publish(level=level, live=live, is_owner=is_owner, has_mandate=has_mandate)
        is expected
    )


def test_levels_without_a_limit():
    assert [live_listings_allowed(level) for level in range(4)] == [1, 3, None, None]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({}, False),
        ({"tenant": 1}, False),
        ({"admin": 3}, False),
        ({"landlord": 0}, False),
        ({"landlord": 1}, False),
        ({"landlord": 2}, True),
        ({"landlord": 3}, True),
        ({"provider": 1, "landlord": 1}, False),
        ({"provider": 2, "landlord": 0}, True),
        ({"tenant": 3}, False),
    ],
)
def test_who_may_be_paid(levels, expected):
    assert may_be_paid(levels) is expected


@pytest.mark.parametrize(
    ("levels", "rents", "quotes"),
    [
        ({}, False, False),
        ({"tenant": 0}, True, False),
        ({"provider": 0}, True, True),
        ({"tenant": 0, "provider": 3}, True, True),
    ],
)
def test_applying_and_quoting_ask_for_no_document(levels, rents, quotes):
    assert (may_ask_to_rent(levels), may_send_quotes(levels)) == (rents, quotes)


@pytest.mark.parametrize(
    ("role", "level", "actions"),
    [
        ("tenant", 0, ["apply"]),
        ("tenant", 1, ["apply"]),
        ("landlord", 0, ["publish"]),
        ("landlord", 2, ["publish", "be_paid"]),
        ("provider", 1, ["quote"]),
        ("provider", 2, ["quote", "be_paid"]),
        ("admin", 1, []),
    ],
)
def test_what_a_hat_opens(role, level, actions):
    assert actions_opened(role=role, level=level) == actions


@pytest.mark.parametrize(
    ("is_waiting", "is_held", "runs_out_soon", "is_ownership"),
    list(product((True, False), repeat=4)),
)
def test_when_a_document_may_be_sent(is_waiting, is_held, runs_out_soon, is_ownership):
    expected = not is_waiting and (not is_held or runs_out_soon or is_ownership)
    assert (
        may_send_document(
            is_waiting=is_waiting,
            is_held=is_held,
            runs_out_soon=runs_out_soon,
            is_ownership=is_ownership,
        )
        is expected
    )


# --- Documents ----------------------------------------------------------------------------


def test_every_document_has_its_facts():
    assert set(KINDS) == set(DocumentKind.values)
    for kind, facts in KINDS.items():
        assert 1 <= facts.strength <= 5, kind
        assert facts.purpose in Purpose.values
    known = {kind for ladder in LADDERS.values() for rung in ladder for kind in rung}
    taken = {kind for need in known for kind in need.kinds}
    assert taken == set(DocumentKind.values), "a document that serves nothing"


@pytest.mark.parametrize(
    ("kind", "number", "fits"),
    [
        ("cip", "1234567890", True),
        ("cip", "123456789", False),
        ("cip", "12345678901", False),
        ("cip", "12345A7890", False),
        ("cip", "١٢٣٤٥٦٧٨٩٠", False),
        ("ifu", "3201900123456", True),
        ("ifu", "320190012345", False),
        ("passport", "B0123456", True),
        ("passport", "", False),
        ("rccm", "RB/COT/24 B 12345", True),
        ("utility_bill", "", True),
        ("utility_bill", "X" * 25, False),
    ],
)
def test_numbers_of_documents(kind, number, fits):
    assert is_number_of(kind, plain_number(number)) is fits


@given(st.text(max_size=60))
def test_a_plain_number_is_ascii_and_stays_plain(text):
    plain = plain_number(text)
    assert plain.isascii()
    assert plain_number(plain) == plain
    assert set(last_digits(plain)) <= set("0123456789")
    assert len(last_digits(plain)) in (0, 4)


def test_the_npi_is_one_number_on_two_documents():
    assert number_family("cip") == number_family("cem") != number_family("ifu")


def test_a_document_that_runs_out_always_says_so():
    always = {kind for kind, facts in KINDS.items() if facts.expiry is Expiry.ALWAYS}
    assert {"passport", "national_card", "agent_card", "management_mandate"} <= always
    assert "cip" not in always
