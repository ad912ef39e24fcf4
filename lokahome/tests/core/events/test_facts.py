"""Facts: frozen, made of ids, amounts and states, the same after the database."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lokahome.core.events.base import EVENTS
from lokahome.core.events.subscribers import SUBSCRIBERS
from lokahome.tests.core.events.facts import FACTS, EverythingHappened, LampLit

moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
facts = st.builds(
    EverythingHappened,
    thing_id=st.uuids(),
    amount=st.integers(),
    is_late=st.booleans(),
    status=st.text(alphabet="abcdefgh_", max_size=20),
    due_on=st.dates(),
    done_at=moments,
    parent_id=st.none() | st.uuids(),
    paid_on=st.none() | st.dates(),
    closed_at=st.none() | moments,
    currency=st.none() | st.sampled_from(["XOF", "EUR"]),
)
ALLOWED = {UUID, int, bool, str, date, datetime}
OURS = {name: kind for name, kind in EVENTS.items() if name not in FACTS}


@given(facts)
def test_a_fact_comes_back_from_json_as_it_was(fact):
    payload = json.loads(json.dumps(fact.to_payload()))
    assert EverythingHappened.from_payload(payload) == fact


def test_fields_that_a_later_version_dropped_do_no_harm():
    payload = LampLit(lamp_id=uuid4()).to_payload() | {"colour": "red"}
    assert LampLit.from_payload(payload).step == 0


def test_a_fact_is_frozen_and_knows_what_it_is_about():
    fact = LampLit(lamp_id=UUID(int=7))
    assert fact.subject() == f"lamp:{UUID(int=7)}"
    assert LampLit.name == "lokahome.lamp_lit"
    with pytest.raises(dataclasses.FrozenInstanceError):
        fact.step = 3


def kinds_of(hint):
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return {kind for kind in typing.get_args(hint) if kind is not type(None)}
    return {hint}


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_fact_of_the_platform_keeps_the_rules(name):
    kind = OURS[name]
    hints = typing.get_type_hints(kind)
    fields = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    assert kind.about in fields, "a fact says which field it is about"
    assert kind.__doc__
    assert kind.__dataclass_params__.frozen
    for field, hint in fields.items():
        kinds = kinds_of(hint)
        assert len(kinds) == 1, f"{field} is of one kind, or None"
        assert kinds <= ALLOWED, f"{field} is an id, an amount, a state or a moment"
        personal = ("phone", "email", "full_name", "address", "code", "text", "body")
        assert field == "failure_code" or not field.endswith(personal), field


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_fact_of_the_platform_survives_the_database(name):
    kind = OURS[name]
    samples = {
        UUID: uuid4(),
        int: 35_000,
        bool: True,
        str: "XOF",
        date: date(2026, 11, 23),
        datetime: datetime(2026, 11, 23, 12, 30, tzinfo=UTC),
    }
    hints = typing.get_type_hints(kind)
    fact = kind(
        **{
            field.name: samples[next(iter(kinds_of(hints[field.name])))]
            for field in dataclasses.fields(kind)
        }
    )
    assert kind.from_payload(json.loads(json.dumps(fact.to_payload()))) == fact
    assert len(fact.subject()) <= 80


@pytest.mark.parametrize("name", sorted(SUBSCRIBERS))
def test_every_subscriber_says_what_it_does_and_fits_its_column(name):
    subscriber = SUBSCRIBERS[name]
    assert subscriber.doc, "docs/events.md prints it"
    assert len(name) <= 120
    assert subscriber.event.name in EVENTS
