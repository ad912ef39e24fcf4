"""Asking to be erased: obstacles, seven days, thinking again, dying half-way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError, transaction

from accounts.models import CodeRequest, ErasureRequest, Phone, Session, User
from accounts.queries.people import phone_of
from accounts.services.moderation.appeals import (
    OtherDecider,
    appeal_case,
    case_about,
    overturn_appeal,
)
from accounts.services.privacy import erasure
from accounts.services.privacy.erasure import (
    ErasureOpen,
    cancel_erasure,
    carry_out,
    carry_out_due,
    look_again,
    refuse_erasure,
    request_erasure,
    take_up_again,
)
from lokahome.core import clock
from lokahome.core.errors import NotAllowed, NotFound, RateLimited
from lokahome.core.events.delivering import drain
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
    request.refresh_from_db()
    told = OutboxEvent.objects.filter(name="accounts.erasure_moved").count()
    again = cancel_erasure(request_id=request.pk, user=person, now=clock.now())
    assert (again.ended_at, again.version) == (request.ended_at, request.version)
    after = OutboxEvent.objects.filter(name="accounts.erasure_moved").count()
    assert after == told, "again changes nothing, and tells nobody"
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

    monkeypatch.setattr(erasure, "note", die)
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


def test_one_whose_obstacles_are_not_seen_holds_up_nobody(person, monkeypatch):
    other = make_person(name="Yao", phone="+2290197000009", roles=("tenant",))
    standing = {person.pk, other.pk}

    def stands(person_id):
        if person_id == person.pk and other.pk not in standing:
            raise RuntimeError("a bug")
        return person_id in standing

    lease = obstacles.Obstacle("a.lease", "Un bail est en cours.", stands)
    monkeypatch.setattr(obstacles, "_registered", {"a.lease": lease})
    first, second = asked(person), asked(other)
    standing.clear()
    assert look_again(now=clock.now()) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("requested", "scheduled")


def test_what_came_into_the_way_meanwhile_brings_every_row_back(person, in_the_way):
    in_the_way.clear()
    request = asked(person)
    looks = iter([False, True])
    monkey = obstacles._registered["a.lease"]
    obstacles._registered["a.lease"] = replace(monkey, stands=lambda _: next(looks))
    assert carry_out(request_id=request.pk, now=clock.now() + WEEK) is False
    request.refresh_from_db()
    assert (request.status, request.obstacles) == ("requested", ["a.lease"])
    assert (request.due_at, request.files) == (None, [])
    person.refresh_from_db()
    assert (person.full_name, person.erased_at) == ("Ama Dossou", None)
    assert Session.objects.filter(user=person, end_reason="erased").exists() is False
    assert phone_of(person.pk) == "+2290197000001"
    assert storages["private"].exists("uploads/of-ama")


def test_two_a_day_of_ones_own_and_staff_beside(person):
    for _ in range(2):
        request = asked(person)
        cancel_erasure(request_id=request.pk, user=person, now=clock.now())
    told = OutboxEvent.objects.filter(name="accounts.erasure_moved")
    before = told.count()
    with pytest.raises(RateLimited) as refusal:
        asked(person)
    assert refusal.value.retry_after_seconds > 0
    assert ErasureRequest.objects.count() == 2
    assert told.count() == before, "and no SMS more"
    assert asked(person, actor_id=make_staff("support", "support").id)


def test_codes_of_a_number_that_is_a_strangers_by_now_live(person):
    now = clock.now()
    left = Phone.objects.create(
        user=person,
        number="+2290197000005",
        verified_at=now - WEEK,
        held_since=now - WEEK,
        released_at=now,
    )
    make_person(name="Yao", phone=left.number, roles=("tenant",))
    theirs, mine = code_for(left.number), code_for("+2290197000001")
    asked(person)
    assert carry_out_due(now=clock.now() + WEEK) == 1
    assert CodeRequest.objects.filter(pk=theirs.pk).exists()
    assert not CodeRequest.objects.filter(pk=mine.pk).exists()


def code_for(number: str) -> CodeRequest:
    """Return a request of a code to *number*, of whoever holds it."""
    request = CodeRequest(
        phone=number,
        purpose="sign_in",
        expires_at=clock.now() + timedelta(minutes=10),
    )
    request.save()
    return request


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
    with pytest.raises(TransitionRefused):
        cancel_erasure(request_id=request.pk, user=person, now=clock.now())
    assert carry_out_due(now=clock.now() + 2 * WEEK) == 0


def test_a_refusal_is_appealed_and_taken_back(person):
    first, second = (make_staff(handle, "lead").user for handle in ("one", "two"))
    request = asked(person)
    now = clock.now()
    values = {"request_id": request.pk, "reason": "Pas vous.", "now": now}
    refuse_erasure(actor=first, **values)
    case_id = case_about(f"erasurerequest:{request.pk}")
    words = {"case_id": case_id, "words": "C’est bien moi.", "now": now}
    with pytest.raises(NotFound):
        appeal_case(person_id=second.pk, **words)
    filed, _is_new = appeal_case(person_id=person.pk, **words)
    answer = {"appeal_id": filed.pk, "answer": "Vérifié.", "now": now}
    with pytest.raises(OtherDecider):
        overturn_appeal(actor=first, **answer)
    drain()
    assert not ErasureRequest.objects.open().exists()
    overturn_appeal(actor=second, **answer)
    drain()
    again = ErasureRequest.objects.open().get()
    assert (again.user_id, again.status) == (person.pk, "scheduled")
    assert take_up_again(request_id=request.pk, now=now) is None, "again is harmless"
    cancel_erasure(request_id=again.pk, user=person, now=now)
    asked(person)
    assert take_up_again(request_id=request.pk, now=now) is None, "they asked anew"
    assert ErasureRequest.objects.count() == 3


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
