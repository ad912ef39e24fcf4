"""Money: integers that are never lost, mixed or rounded against somebody."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lokahome.core.money import (
    MAX_AMOUNT,
    CurrencyMismatch,
    Money,
    format_money,
)

amounts = st.integers(-MAX_AMOUNT, MAX_AMOUNT)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)
GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


@given(amounts, weights)
def test_parts_sum_to_the_whole(amount, weights):
    parts = Money(amount).split(weights)
    assert sum(part.amount for part in parts) == amount
    assert len(parts) == len(weights)


@given(amounts, weights)
def test_each_part_is_within_one_franc_of_its_exact_share(amount, weights):
    total = sum(weights)
    for part, weight in zip(Money(amount).split(weights), weights, strict=True):
        assert abs(part.amount * total - amount * weight) < total


@given(st.integers(0, 10**9), weights)
def test_a_weight_of_zero_gets_nothing(amount, weights):
    for part, weight in zip(Money(amount).split(weights), weights, strict=True):
        assert weight or part.amount == 0


@given(amounts, weights)
def test_a_split_is_a_function_of_its_input(amount, weights):
    assert Money(amount).split(weights) == Money(amount).split(list(weights))


@given(st.integers(0, 10**9), st.integers(1, 40))
def test_of_equal_weights_the_earlier_part_gets_the_odd_franc(amount, count):
    parts = [part.amount for part in Money(amount).split([1] * count)]
    assert parts == sorted(parts, reverse=True)
    assert max(parts) - min(parts) <= 1


@given(amounts, weights)
def test_a_debt_splits_as_its_credit_does(amount, weights):
    assert [-part for part in Money(amount).split(weights)] == Money(-amount).split(
        weights
    )


@pytest.mark.parametrize("bad", [[], [0, 0], [1, -1], [-2, 5]])
def test_weights_that_say_nothing_are_refused(bad):
    with pytest.raises(ValueError, match="weights"):
        Money(100).split(bad)


@given(st.integers(-(10**12), 10**12), st.integers(0, 10_000))
def test_a_share_is_rounded_towards_zero_and_never_exceeds_the_whole(amount, points):
    share = Money(amount).share(points).amount
    assert abs(share) <= abs(amount)
    assert abs(share) * 10_000 <= abs(amount) * points < (abs(share) + 1) * 10_000
    assert share == 0 or (share > 0) == (amount > 0)


def test_a_share_of_ten_percent_of_a_rent():
    assert Money(35_005).share(1_000) == Money(3_500)
    assert Money(-35_005).share(1_000) == Money(-3_500)


@pytest.mark.parametrize(
    "operation",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
    ],
)
def test_currencies_never_mix(operation):
    with pytest.raises(CurrencyMismatch):
        operation(Money(100, "XOF"), Money(100, "EUR"))
    assert Money(100, "XOF") != Money(100, "EUR")


@pytest.mark.parametrize("amount", [1.0, 35_000.5, "100", Decimal(100), True, None])
def test_an_amount_is_an_integer_and_nothing_else(amount):
    with pytest.raises(TypeError):
        Money(amount)


@pytest.mark.parametrize("times", [0.5, 1.0, Decimal(2)])
def test_money_times_a_fraction_is_refused(times):
    with pytest.raises(TypeError):
        Money(100) * times


def test_unknown_currencies_and_absurd_amounts_are_refused():
    with pytest.raises(ValueError, match="unknown currency"):
        Money(1, "BTC")
    with pytest.raises(ValueError, match="out of range"):
        Money(MAX_AMOUNT + 1)
    with pytest.raises(ValueError, match="out of range"):
        Money(MAX_AMOUNT) + Money(1)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_addition_and_order_are_those_of_the_amounts(a, b):
    assert Money(a) + Money(b) == Money(a + b)
    assert Money(a) - Money(b) == Money(a) + -Money(b)
    assert (Money(a) < Money(b)) == (a < b)
    assert (Money(a) <= Money(b)) == (a <= b)
    assert bool(Money(a)) == (a != 0)


def test_amounts_are_written_as_people_in_benin_write_them():
    assert format_money(Money(35_000)) == "35\u202f000\u00a0F\u00a0CFA"
    assert str(Money(1_250_000)) == "1\u202f250\u202f000\u00a0F\u00a0CFA"
    assert format_money(Money(0), plain=True) == "0 F CFA"
    assert format_money(Money(-500), plain=True) == "-500 F CFA"
    assert format_money(Money(123_456, "EUR"), plain=True) == "1 234,56 EUR"
    assert format_money(Money(5, "EUR"), plain=True) == "0,05 EUR"
    assert format_money(Money(-5, "EUR"), plain=True) == "-0,05 EUR"


@given(amounts, st.sampled_from(["XOF", "EUR", "USD"]))
def test_the_plain_form_fits_an_sms_of_160_characters(amount, currency):
    """One narrow no-break space would turn the SMS into 70-character UCS-2 parts."""
    text = format_money(Money(amount, currency), plain=True)
    assert set(text) <= GSM_7


@given(st.integers(-(10**15), 10**15))
def test_no_digit_is_lost_in_writing(amount):
    text = format_money(Money(amount), plain=True).removesuffix(" F CFA")
    assert int(text.replace(" ", "")) == amount
