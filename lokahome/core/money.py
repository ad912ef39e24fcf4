"""Money: an integer in the currency's minor unit, and the currency beside it.

XOF has no minor unit, so its integer counts whole francs (ISO 4217). No float and no
Decimal enters here: a share that does not divide is given out franc by franc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

XOF = "XOF"

MINOR_UNITS = {"XOF": 0, "EUR": 2, "USD": 2}
"""Decimals of each known currency (ISO 4217)."""

MAX_AMOUNT = 9_007_199_254_740_991
"""Largest amount: JSON readers that hold numbers as doubles lose integers above it."""


class CurrencyMismatch(ValueError):
    """Two currencies met in one operation; conversion is always explicit."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An *amount* in minor units of *currency*. Negative amounts are allowed.

    Raises TypeError for a non-integer amount and ValueError for an unknown currency or
    an amount beyond MAX_AMOUNT.
    """

    amount: int
    currency: str = XOF

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError("a Money amount is an integer in minor units")
        if self.currency not in MINOR_UNITS:
            raise ValueError(f"unknown currency {self.currency!r}")
        if abs(self.amount) > MAX_AMOUNT:
            raise ValueError("the amount is out of range")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return format_money(self)

    def share(self, basis_points: int) -> Money:
        """Return *basis_points* / 10 000 of this, rounded towards zero.

        Used for fees taken from somebody: rounding never takes a franc too many.
        """
        product = self.amount * basis_points
        quotient = abs(product) // 10_000
        return Money(quotient if product >= 0 else -quotient, self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Split by *weights* with the largest-remainder method; parts sum to self.

        Ties go to the earlier part, so the result is a function of its input. Raises
        ValueError when weights are negative or sum to zero.
        """
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("weights must be positive and not all zero")
        sign = -1 if self.amount < 0 else 1
        whole = [divmod(abs(self.amount) * weight, total) for weight in weights]
        parts = [quotient for quotient, _ in whole]
        left = abs(self.amount) - sum(parts)
        by_remainder = sorted(range(len(whole)), key=lambda i: (-whole[i][1], i))
        for index in by_remainder[:left]:
            parts[index] += 1
        return [Money(sign * part, self.currency) for part in parts]


NARROW_NO_BREAK_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"


def format_money(money: Money, *, plain: bool = False) -> str:
    """Return the amount as people in Benin write it: ``35 000 F CFA``.

    The spaces are a narrow no-break one in the number and no-break ones around ``F``;
    *plain* uses ordinary spaces, for SMS, where the others would force 70-character
    messages (they are not in GSM 03.38).
    """
    gap = " " if plain else NARROW_NO_BREAK_SPACE
    join = " " if plain else NO_BREAK_SPACE
    decimals = MINOR_UNITS[money.currency]
    whole, rest = divmod(abs(money.amount), 10**decimals)
    digits = f"{whole:,}".replace(",", gap)
    if decimals:
        digits += f",{rest:0{decimals}d}"
    if money.amount < 0:
        digits = "-" + digits
    unit = f"F{join}CFA" if money.currency == XOF else money.currency
    return f"{digits}{join}{unit}"
