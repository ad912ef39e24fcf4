"""What an event is: a frozen fact in the past tense, made of ids, amounts and states."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import date, datetime
from typing import Any, ClassVar, Self
from uuid import UUID

EVENTS: dict[str, type[Event]] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """Base of every fact. Fields are UUID, int, bool, str, date, datetime, or None.

    Never a name, a phone, a code or a text written by a person: the row outlives them.
    ``subject()`` is the thing it is about; deliveries of one subject keep their order.
    """

    name: ClassVar[str] = ""
    about: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        app = cls.__module__.split(".")[0]
        cls.name = f"{app}.{_snake(cls.__name__)}"
        if EVENTS.setdefault(cls.name, cls).__module__ != cls.__module__:
            raise TypeError(f"two events are called {cls.name}")

    def subject(self) -> str:
        """Return ``"noun:<id>"`` from the field that ``about`` names (``lease_id``)."""
        return f"{self.about.removesuffix('_id')}:{getattr(self, self.about)}"

    def to_payload(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {
            field.name: _to_json(getattr(self, field.name))
            for field in dataclasses.fields(self)
        }

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        """Rebuild the event from `to_payload`'s result; unknown keys are dropped."""
        hints = typing.get_type_hints(cls)
        values = {
            field.name: _from_json(hints[field.name], payload[field.name])
            for field in dataclasses.fields(cls)
            if field.name in payload
        }
        return cls(**values)


def _snake(name: str) -> str:
    text = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    return text.lstrip("_")


def _to_json(value: Any) -> Any:
    if isinstance(value, UUID | date | datetime):
        return value.isoformat() if not isinstance(value, UUID) else str(value)
    return value


def _from_json(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    options = [hint]
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        options = [arg for arg in typing.get_args(hint) if arg is not type(None)]
    kind = options[0]
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    return value
