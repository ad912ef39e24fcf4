"""State machines: an edge that is not printed does not exist."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.errors import NotAllowed
from lokahome.core.files.models import Upload
from lokahome.core.ids import uuid7
from lokahome.core.states import StateMachine, TransitionRefused, edge

WAITING, WHOLE, ATTACHED = "waiting", "whole", "attached"
ACTOR = UUID("0193a000-0000-7000-8000-000000000001")
LIFE = StateMachine(
    "upload",
    [
        edge(WAITING, "receive", "owner", WHOLE),
        edge(WHOLE, "attach", "owner staff", ATTACHED),
        edge(ATTACHED, "detach", "staff", WHOLE),
    ],
)


@pytest.fixture
def upload(db):
    row = Upload(
        owner_id=uuid7(), kind="photo", mime="image/png", size_bytes=1, sha256="0" * 64
    )
    row.save()
    return row


def step(row, action, who, **kwargs):
    LIFE.apply(row, action, who=who, actor_id=ACTOR, now=clock.now(), **kwargs)


def stored(row):
    return Upload.objects.values().get(pk=row.pk)


def test_a_step_changes_the_state_and_leaves_a_trace(upload):
    upload.file_name = "uploads/x"
    now = clock.now()
    LIFE.apply(
        upload,
        "receive",
        who="owner",
        actor_id=ACTOR,
        now=now,
        reason="arrivé",
        update_fields=["file_name"],
    )
    row = stored(upload)
    assert row["status"] == WHOLE
    assert row["file_name"] == "uploads/x"
    assert row["version"] == 2
    change = StateChange.objects.get()
    assert change.subject == f"upload:{upload.pk}"
    assert (change.source, change.action, change.target) == (WAITING, "receive", WHOLE)
    assert (change.actor_id, change.actor_kind) == (ACTOR, "owner")
    assert (change.reason, change.created_at) == ("", now), "an owner's own words"


def test_the_history_keeps_the_reasons_of_staff(upload):
    Upload.objects.filter(pk=upload.pk).update(status=WHOLE, file_name="uploads/x")
    upload.refresh_from_db()
    values = {"actor_id": ACTOR, "now": clock.now(), "reason": "arrivé"}
    LIFE.apply(upload, "attach", who="staff", **values)
    assert StateChange.objects.get().reason == "arrivé"


@pytest.mark.parametrize(
    ("action", "who", "refusal"),
    [
        ("attach", "owner", TransitionRefused),
        ("detach", "staff", TransitionRefused),
        ("unknown", "owner", TransitionRefused),
        ("receive", "staff", NotAllowed),
        ("receive", "stranger", NotAllowed),
    ],
)
def test_a_refusal_changes_nothing(upload, action, who, refusal):
    before = stored(upload)
    with pytest.raises(refusal):
        step(upload, action, who)
    assert upload.status == WAITING
    assert stored(upload) == before
    assert not StateChange.objects.exists()


def test_a_refusal_tells_what_the_state_permits(upload):
    with pytest.raises(TransitionRefused) as refusal:
        step(upload, "attach", "owner")
    assert refusal.value.allowed_actions == ["receive"]
    assert refusal.value.status == 409


def test_a_step_that_the_database_refuses_leaves_no_trace(upload):
    with pytest.raises(IntegrityError), transaction.atomic():
        step(upload, "receive", "owner")  # whole, yet without a file
    assert stored(upload)["status"] == WAITING
    assert not StateChange.objects.exists()


@given(st.sets(st.sampled_from(["owner", "staff", "stranger"])))
def test_what_is_offered_is_what_is_accepted(roles):
    for status in (WAITING, WHOLE, ATTACHED):
        offered = LIFE.allowed_actions(status, roles)
        expected = [
            item.action
            for item in LIFE.edges
            if item.source == status and item.who & roles
        ]
        assert offered == expected


def test_two_edges_may_not_share_a_state_and_an_action():
    with pytest.raises(ValueError, match="share"):
        StateMachine(
            "x", [edge("a", "go", "owner", "b"), edge("a", "go", "staff", "c")]
        )


def test_the_table_prints_every_edge():
    lines = LIFE.table().splitlines()
    assert len(lines) == len(LIFE.edges)
    assert lines[1].split() == ["whole", "--attach(owner|staff)-->", "attached"]
