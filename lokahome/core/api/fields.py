"""Serializer fields of the house's own types."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lokahome.core import phones
from lokahome.core.errors import DomainError
from lokahome.core.money import MAX_AMOUNT, MINOR_UNITS, Money

MONEY_SCHEMA = {
    "type": "object",
    "required": ["amount", "currency"],
    "description": "An integer in the currency's minor unit (XOF: francs).",
    "example": {"amount": 35000, "currency": "XOF"},
    "properties": {
        "amount": {
            "type": "integer",
            "minimum": -MAX_AMOUNT,
            "maximum": MAX_AMOUNT,
            "description": "Minor units.",
        },
        "currency": {
            "type": "string",
            "enum": list(MINOR_UNITS),
            "description": "ISO 4217 code.",
        },
    },
}


@extend_schema_field(MONEY_SCHEMA)
class MoneyField(serializers.Field[Money, Any, dict[str, Any], Any]):
    """``{"amount": 35000, "currency": "XOF"}``; never a float, never text.

    On input only XOF is taken, from *minimum* to *maximum* francs.
    """

    def __init__(
        self, *, minimum: int = 0, maximum: int = 100_000_000, **kwargs: Any
    ) -> None:
        self.minimum, self.maximum = minimum, maximum
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Money:
        """Return the Money; raises ValidationError."""
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            raise serializers.ValidationError(
                _("Un objet {amount, currency} est attendu."), code="money_shape"
            )
        amount, currency = data["amount"], data["currency"]
        if type(amount) is not int or currency != "XOF":
            raise serializers.ValidationError(
                _("Un nombre entier de francs (XOF) est attendu."), code="money_type"
            )
        if not self.minimum <= amount <= self.maximum:
            raise serializers.ValidationError(
                _("Le montant doit être entre %(low)d et %(high)d F CFA.")
                % {"low": self.minimum, "high": self.maximum},
                code="money_range",
            )
        return Money(amount, currency)

    def to_representation(self, value: Money) -> dict[str, Any]:
        """Return the JSON object."""
        return {"amount": value.amount, "currency": value.currency}


@extend_schema_field(
    {
        "type": "object",
        "required": ["lat", "lng"],
        "description": "WGS 84, degrees.",
        "example": {"lat": 6.3654, "lng": 2.4183},
        "properties": {
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "lng": {"type": "number", "minimum": -180, "maximum": 180},
        },
    }
)
class PointField(serializers.Field[Point, Any, dict[str, float], Any]):
    """``{"lat": 6.3654, "lng": 2.4183}`` to a WGS 84 Point(lng, lat), six decimals."""

    def to_internal_value(self, data: Any) -> Point:
        """Return the Point; raises ValidationError."""
        try:
            lat, lng = data["lat"], data["lng"]
            good = (
                set(data) == {"lat", "lng"}
                and all(type(part) in {int, float} for part in (lat, lng))
                and -90 <= lat <= 90
                and -180 <= lng <= 180
            )
        except (TypeError, KeyError):
            good = False
        if not good:
            raise serializers.ValidationError(
                _("Un objet {lat, lng} en degrés est attendu."), code="point"
            )
        return Point(round(float(lng), 6), round(float(lat), 6), srid=4326)

    def to_representation(self, value: Point) -> dict[str, float]:
        """Return the JSON object."""
        return {"lat": round(value.y, 6), "lng": round(value.x, 6)}


class PhoneField(serializers.CharField):
    """A phone of an allowed country, in any usual writing; E.164 inside and out."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 24)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the E.164 form; raises ValidationError."""
        text = super().to_internal_value(data)
        try:
            return phones.normalise_phone(text)
        except DomainError as error:
            raise serializers.ValidationError(error.detail, code="phone") from error
