"""Phones: every way of writing a Beninese number is one number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lokahome.core.phones import (
    OPERATOR_BY_PREFIX,
    InvalidPhone,
    display_phone,
    guess_operator,
    mask_phone,
    normalise_phone,
)

ONE_NUMBER = "+2290197000000"
MOBILE_PREFIXES = {
    "mtn": "42 46 50 51 52 53 54 56 57 59 61 62 66 67 69 90 91 96 97",
    "moov": "45 55 58 60 63 64 65 68 94 95 98 99",
    "celtiis": "40 41 43 44 47 48",
}
RANGES = [
    (prefix, operator)
    for operator, prefixes in MOBILE_PREFIXES.items()
    for prefix in prefixes.split()
]


@pytest.mark.parametrize(
    "written",
    [
        "97000000",
        "+22997000000",
        "0022997000000",
        "0197000000",
        "2290197000000",
        "01 97 00 00 00",
        "01-97-00-00-00",
        "01.97.00.00.00",
        "+229 01 97 00 00 00",
        "+229 97 00 00 00",
        "(+229) 01 97 00 00 00",
        "00 229 01 97 00 00 00",
        "22997000000",
        "01\u00a097\u00a000\u00a000\u00a000",
        "01\u202f97\u202f00\u202f00\u202f00",
        "  0197000000\n",
    ],
)
def test_every_usual_writing_is_the_same_number(written):
    assert normalise_phone(written) == ONE_NUMBER


@pytest.mark.parametrize(("prefix", "operator"), RANGES)
def test_each_mobile_range_is_valid_in_its_old_and_new_form(prefix, operator):
    new = f"+22901{prefix}123456"
    assert normalise_phone(f"{prefix}123456") == new
    assert normalise_phone(new) == new
    assert guess_operator(new) == operator


def test_the_operator_table_is_the_one_of_the_numbering_plan():
    assert len(OPERATOR_BY_PREFIX) == len(RANGES)


def test_no_operator_is_guessed_for_what_the_plan_leaves_open():
    assert guess_operator("+2290192123456") is None
    assert guess_operator("+33612345678") is None
    assert guess_operator("") is None


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "0",
        "9700000",
        "970000000",
        "01970000000",
        "12345678",
        "+2290197",
        "+229019700000000",
        "+1 202 555 0100",
        "+4915112345678",
        "bonjour",
        "97000000a",
        "97000000\x00",
        "++22997000000",
        "+",
        "٩٧٠٠٠٠٠٠",
        "0" * 400,
        "+229" * 40,
    ],
)
def test_what_is_not_a_number_of_an_allowed_country_is_refused(written):
    with pytest.raises(InvalidPhone):
        normalise_phone(written)


def test_numbers_of_the_neighbours_are_taken_in_international_form_only():
    assert normalise_phone("+228 90 12 34 56") == "+22890123456"
    assert normalise_phone("+33 6 12 34 56 78") == "+33612345678"
    with pytest.raises(InvalidPhone):
        normalise_phone("+228 90 12 34 56", countries=("BJ",))


def test_eight_foreign_digits_are_not_taken_for_a_beninese_number():
    """A Togolese 90 12 34 56 with its country code must not become 01 90 12 34 56."""
    assert normalise_phone("+22890123456").startswith("+228")
    assert normalise_phone("0022890123456").startswith("+228")


@given(st.text(max_size=60))
def test_arbitrary_text_is_refused_and_never_crashes(text):
    try:
        phone = normalise_phone(text)
    except InvalidPhone:
        return
    assert phone.startswith("+")
    assert len(phone) <= 16


@given(st.text(alphabet="0123456789+ .-()/\u00a0", max_size=30))
def test_what_is_accepted_is_stable(text):
    try:
        phone = normalise_phone(text)
    except InvalidPhone:
        return
    assert normalise_phone(phone) == phone
    assert phone[1:].isascii()
    assert phone[1:].isdecimal()


def test_none_is_refused_like_an_empty_text():
    with pytest.raises(InvalidPhone):
        normalise_phone(None)


def test_a_masked_phone_shows_its_country_and_last_two_digits_only():
    assert mask_phone("+2290197123456") == "+229 •••• 56"
    assert mask_phone("+229") == "••••"
    assert mask_phone("") == "••••"


def test_a_beninese_phone_is_shown_in_pairs():
    assert display_phone("+2290197123456") == "01 97 12 34 56"
    assert display_phone("+33612345678") == "+33612345678"
