"""Asking to be erased: obstacles, seven days, thinking again, dying half-way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError, transaction

from accounts.models import ErasureRequest, Phone, Session, User
from accounts.queries.people import phone_of
from accounts.services.privacy import erasure
from accounts.services.privacy.erasure import (
    ErasureOpen,
    cancel_erasure,
    carry_out,
    carry_out_due,
    look_again,
    refuse_erasure,
    request_erasure,
)
from lokahome.core import clock
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.events.models import OutboxEvent
from lokahome.core.files.models import Upload
from lokahome.core.privacy import obstacles
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_person, make_staff
from lokahome.tests.threads import race

WEEK = timedelta(days=7)


@pytest.fixture
def person(committed):
    """Return somebody with a file, signed in."""
    user = make_person(name="Ama Dossou", phone="+2290197000001", roles=("tenant",))
    name = storages["private"].save("uploads/of-ama", ContentFile(b"a photo"))
    Upload(
        owner_id=user.pk,
        kind="photo",
        mime="image/jpeg",
        size_bytes=7,
        sha256="0" * 64,
        status="whole",
        file_name=name,
        received_at=clock.now(),
    ).save()
    return user


@pytest.fixture
def in_the_way(monkeypatch):
    """Put an obstacle in everybody's way; returns the set that holds it."""
    standing = {"a.lease"}
    monkeypatch.setattr(
        obstacles,
        "_registered",
        {
            "a.lease": obstacles.Obstacle(
                "a.lease", "Un bail est en cours.", lambda _: bool(standing)
            )
        },
    )
    return standing


def asked(person, **values):
    return request_erasure(person_id=person.pk, now=clock.now(), **values)


def is_there(person) -> bool:
    """Say whether anything of the person is left."""
    user = User.objects.get(pk=person.pk)
    return bool(
        user.full_name
        or Phone.objects.filter(user=user).exists()
        or Upload.objects.filter(owner_id=user.pk).exists()
        or storages["private"].exists("uploads/of-ama")
    )


def test_it_is_done_after_seven_days_and_not_before(person):
    request = asked(person)
    assert (request.status, request.due_at) == (
        ErasureRequest.Status.SCHEDULED,
        request.created_at + WEEK,
    )
    now = request.created_at
    assert carry_out_due(now=now + WEEK - timedelta(seconds=1)) == 0
    assert is_there(person)
    assert carry_out_due(now=now + WEEK) == 1
    assert not is_there(person)
    request.refresh_from_db()
    assert (request.status, request.files) == (ErasureRequest.Status.DONE, [])
    assert carry_out_due(now=now + 2 * WEEK) == 0, "and once"


def test_it_can_be_cancelled_until_then(person):
    request = asked(person)
    cancel_erasure(request_id=request.pk, user=person, now=clock.now())
    assert carry_out_due(now=clock.now() + 2 * WEEK) == 0
    assert is_there(person)
    with pytest.raises(TransitionRefused):
        cancel_erasure(request_id=request.pk, user=person, now=clock.now())
    assert asked(person).pk != request.pk, "and asked for again"


def test_one_request_at_a_time(person):
    asked(person)
    with pytest.raises(ErasureOpen):
        asked(person)
    assert ErasureRequest.objects.count() == 1


def test_an_obstacle_is_waited_for(person, in_the_way):
    request = asked(person)
    assert (request.status, request.obstacles) == ("requested", ["a.lease"])
    now = request.created_at
    assert look_again(now=now + timedelta(days=20)) == 0
    in_the_way.clear()
    assert look_again(now=now + timedelta(days=21)) == 1
    request.refresh_from_db()
    assert request.due_at == now + timedelta(days=28), "time to think again, still"
    assert request.created_at == now, "and the law's clock ran all the while"


def test_an_obstacle_that_comes_back_is_seen_on_the_day(person, in_the_way):
    in_the_way.clear()
    request = asked(person)
    in_the_way.add("a.lease")
    assert carry_out(request_id=request.pk, now=clock.now() + WEEK) is False
    request.refresh_from_db()
    assert (request.status, request.due_at) == ("requested", None)
    assert is_there(person)


def test_whoever_works_here_is_not_erased_by_a_click(committed):
    staff = make_staff("moderator", "moderator")
    assert asked(staff.user).obstacles == ["staff"]


def test_sessions_end_and_the_number_is_free(person):
    client_session = Session.objects.filter(user=person)
    asked(person)
    carry_out_due(now=clock.now() + WEEK)
    assert not client_session.exists()
    assert phone_of(person.pk) is None
    other = make_person(name="Yao", phone="+2290197000001", roles=("tenant",))
    assert phone_of(other.pk) == "+2290197000001"


def test_an_event_and_the_audit_log_hold_ids_only(person):
    asked(person)
    carry_out_due(now=clock.now() + WEEK)
    payloads = str(list(OutboxEvent.objects.values_list("payload", flat=True)))
    assert "Ama" not in payloads
    assert "+229" not in payloads


class Died(BaseException):
    """The process was killed here."""


@pytest.mark.parametrize("point", ["erasure.rows_emptied", "erasure.files_deleted"])
def test_dying_half_way_is_finished_by_the_next_run(person, monkeypatch, point):
    request = asked(person)

    def die(name: str) -> None:
        if name == point:
            raise Died

    monkeypatch.setattr(erasure, "failpoint", die)
    with pytest.raises(Died):
        carry_out(request_id=request.pk, now=clock.now() + WEEK)
    request.refresh_from_db()
    assert request.status == ErasureRequest.Status.ERASING
    assert request.files == [["private", "uploads/of-ama"]], "it knows what is left"
    monkeypatch.undo()
    assert carry_out_due(now=clock.now() + WEEK) == 1
    assert not is_there(person)


def test_dying_among_the_rows_leaves_every_row(person, monkeypatch):
    request = asked(person)

    def die(*_: object, **__: object) -> None:
        raise Died

    monkeypatch.setattr(erasure, "_note", die)
    with pytest.raises(Died):
        carry_out(request_id=request.pk, now=clock.now() + WEEK)
    request.refresh_from_db()
    assert request.status == ErasureRequest.Status.SCHEDULED
    assert User.objects.get(pk=person.pk).full_name == "Ama Dossou"
    assert storages["private"].exists("uploads/of-ama")


def test_what_a_request_in_flight_wrote_meanwhile_goes_too(person, monkeypatch):
    request = asked(person)
    late = []

    def write(name: str) -> None:
        if name == "erasure.rows_emptied" and not late:
            stored = storages["private"].save("uploads/late", ContentFile(b"late"))
            late.append(
                Upload.objects.create(
                    owner_id=person.pk,
                    kind="photo",
                    mime="image/jpeg",
                    size_bytes=4,
                    sha256="1" * 64,
                    status="whole",
                    file_name=stored,
                    received_at=clock.now(),
                )
            )

    monkeypatch.setattr(erasure, "failpoint", write)
    assert carry_out(request_id=request.pk, now=clock.now() + WEEK)
    assert late
    assert not is_there(person)
    assert not storages["private"].exists("uploads/late")


def test_several_runs_at_once_erase_once(person):
    request = asked(person)
    now = clock.now() + WEEK
    results = race(4, lambda _: carry_out(request_id=request.pk, now=now))
    assert [item for item in results if isinstance(item, BaseException)] == []
    assert not is_there(person)
    erased = OutboxEvent.objects.filter(name="accounts.sessions_ended")
    assert erased.count() <= 1


def test_cancelling_and_carrying_out_at_once_do_one_of_both(person):
    request = asked(person)
    now = clock.now() + WEEK

    def work(index: int) -> object:
        if index:
            return carry_out(request_id=request.pk, now=now)
        return cancel_erasure(request_id=request.pk, user=person, now=now)

    race(2, work)
    request.refresh_from_db()
    assert (request.status == "cancelled") == is_there(person)
    assert request.status in ("cancelled", "done")


def test_one_that_fails_holds_up_nobody(person, monkeypatch):
    other = make_person(name="Yao", phone="+2290197000009", roles=("tenant",))
    first, second = asked(person), asked(other)
    real = erasure.carry_out

    def fail(*, request_id, now):
        if request_id == first.pk:
            raise RuntimeError("a bug")
        return real(request_id=request_id, now=now)

    monkeypatch.setattr(erasure, "carry_out", fail)
    assert carry_out_due(now=clock.now() + WEEK) == 1
    second.refresh_from_db()
    assert second.status == "done"


def test_staff_refuse_with_a_reason_and_not_their_own(person):
    lead = make_staff("lead", "lead").user
    support = make_staff("support", "support").user
    request = asked(person)
    values = {"request_id": request.pk, "reason": "Pas vous.", "now": clock.now()}
    with pytest.raises(NotAllowed):
        refuse_erasure(actor=support, **values)
    refuse_erasure(actor=lead, **values)
    request.refresh_from_db()
    assert (request.status, request.reason) == ("refused", "Pas vous.")
    assert carry_out_due(now=clock.now() + 2 * WEEK) == 0


def test_nobody_is_not_erased(committed):
    with pytest.raises(NotFound):
        carry_out(request_id=make_staff("lead", "lead").id, now=clock.now())


@pytest.mark.parametrize(
    "values",
    [
        {"full_name": "Ama", "is_active": False},
        {"full_name": "", "is_active": True},
        {"full_name": "", "is_active": False, "is_staff": True},
    ],
)
def test_the_database_holds_the_erased_to_nothing(person, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=person.pk).update(erased_at=clock.now(), **values)
