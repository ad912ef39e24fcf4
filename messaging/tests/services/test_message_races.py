"""Many writers at the same moment: real threads, real commits, and their controls."""

import itertools
import threading

import pytest
from django.db import transaction

from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.ids import uuid7
from lokahome.core.invariants import check_invariants
from lokahome.core.limits import RateWindow
from lokahome.tests.people import make_person, sign_in
from lokahome.tests.threads import race
from messaging.models import (
    Conversation,
    Message,
    Participant,
    PersonEvent,
    PersonLog,
)
from messaging.queries.events import events_after, head_of
from messaging.services import messages
from messaging.services.conversations import open_conversation
from messaging.services.messages import Posted, move_cursor, post_message
from messaging.tests import factories as make
from properties.tests import factories as homes

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def talk(kossi, ama):
    """What Ama asks Kossi about a listing."""
    return make.about_listing(kossi.user, ama.user)


def post(talk, sender, body="Bonjour", client_id=None):
    return post_message(
        conversation_id=talk.pk,
        sender=sender.user,
        client_id=client_id or uuid7(),
        body=body,
        now=clock.now(),
    )


def unlocked():
    """Return `LOCK` without its lock: the same row, and nobody waits."""
    found = messages.LOCK.replace("FOR NO KEY UPDATE OF c", "")
    assert found != messages.LOCK
    return found


def blind():
    """Return `LOCK` with its lock, and without its look for the same message."""
    found = messages.LOCK.replace("m.id IS NOT NULL", "false")
    assert found != messages.LOCK
    return found


def together(count, work):
    """Make *count* threads meet before any of them goes on with *work*."""
    gate = threading.Barrier(count)

    def wait(*args, **kwargs):
        gate.wait(30)
        return work(*args, **kwargs)

    return wait


def test_ten_times_the_same_message_at_once_is_one_message(talk, ama, kossi):
    client_id = uuid7()
    results = race(10, lambda _: post(talk, ama, "Bonjour", client_id))
    assert all(isinstance(result, Posted) for result in results), results
    assert [result.is_new for result in results].count(True) == 1
    assert {result.message.seq for result in results} == {1}
    assert Message.objects.count() == 1
    assert head_of(kossi.id).useq == 2
    assert check_invariants() == []


def test_a_look_that_is_too_old_to_see_the_twin_costs_nothing(talk, ama, monkeypatch):
    """The look is as old as the wait for the lock; here it never sees anything."""
    monkeypatch.setattr(messages, "LOCK", blind())
    client_id = uuid7()
    results = race(3, lambda _: post(talk, ama, "Bonjour", client_id))
    assert sorted(result.is_new for result in results) == [False, False, True]
    assert len({result.message.pk for result in results}) == 1
    assert Message.objects.count() == 1
    [window] = RateWindow.objects.filter(name="message")
    assert len(window.moments) == 1, "only what was written counts"
    assert check_invariants() == []


def test_a_twin_beyond_the_limit_is_answered_with_its_message(talk, ama, monkeypatch):
    monkeypatch.setattr(messages, "LOCK", blind())
    monkeypatch.setattr(messages, "WRITTEN_A_MINUTE", 1)
    client_id = uuid7()
    first = post(talk, ama, "Bonjour", client_id)
    again = post(talk, ama, "Bonjour", client_id)
    assert (again.message.pk, again.is_new) == (first.message.pk, False)
    with pytest.raises(RateLimited):
        post(talk, ama, "Bonjour")


def test_control_without_the_conflict_clause_a_twin_is_a_fault(talk, ama, monkeypatch):
    """What the clause is for: the constraint alone says no, and nobody is answered."""
    alone = messages.INSERT.replace("ON CONFLICT (sender_id, client_id) DO NOTHING", "")
    assert alone != messages.INSERT
    monkeypatch.setattr(messages, "INSERT", alone)
    monkeypatch.setattr(messages, "LOCK", blind())
    client_id = uuid7()
    results = race(2, lambda _: post(talk, ama, "Bonjour", client_id))
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["IntegrityError", "Posted"]
    assert Message.objects.count() == 1


def test_the_same_id_for_two_conversations_at_once_goes_to_one(talk, ama, kossi):
    other = make.about_listing(kossi.user, ama.user)
    client_id = uuid7()
    places = (talk, other)
    results = race(2, lambda index: post(places[index], ama, "Bonjour", client_id))
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["ClientIdReused", "Posted"]
    assert Message.objects.count() == 1
    assert check_invariants() == []


def write_from_eight(talk, *people):
    return race(
        8,
        lambda index: [
            post(talk, people[index % len(people)], f"{index}/{turn}")
            for turn in range(5)
        ],
    )


def test_eight_writers_make_one_order_without_a_gap(talk, ama, kossi):
    results = write_from_eight(talk, ama, kossi)
    assert not [r for r in results if isinstance(r, Exception)], results
    seqs = sorted(posted.message.seq for posted in itertools.chain(*results))
    assert seqs == list(range(1, 41))
    for person in (ama, kossi):
        told = events_after(person.id, 0)
        assert [event["useq"] for event in told] == list(range(1, 42))
        heard = [event["message"]["seq"] for event in told[1:]]
        assert heard == list(range(1, 41)), "everybody hears them in the same order"
    for index, mine in enumerate(results):
        bodies = [posted.message.body for posted in mine]
        assert bodies == [f"{index}/{turn}" for turn in range(5)]
        assert [p.message.seq for p in mine] == sorted(p.message.seq for p in mine)
    assert check_invariants() == []


def test_control_the_greatest_number_and_one_is_given_out_twice(
    talk, ama, kossi, monkeypatch
):
    monkeypatch.setattr(messages, "LOCK", unlocked())
    monkeypatch.setattr(messages, "_insert", together(2, messages._insert))
    results = race(2, lambda index: post(talk, (ama, kossi)[index]))
    assert sorted(type(result).__name__ for result in results) == [
        "IntegrityError",
        "Posted",
    ], "both took the same number"


def test_control_a_log_without_its_lock_gives_a_number_twice(ama, kossi, monkeypatch):
    """Two conversations share no row but Kossi's log."""
    first, second = (make.about_listing(kossi.user, ama.user) for _ in range(2))
    gate = threading.Barrier(2)

    def careless(conversation_id, kind, *, seq=0):
        people = Participant.objects.filter(conversation_id=conversation_id)
        logs = list(PersonLog.objects.filter(person_id__in=people.values("person_id")))
        gate.wait(30)
        moved = {log.person_id: log.last_useq + 1 for log in logs}
        PersonEvent.objects.bulk_create(
            PersonEvent(
                person_id=pk,
                useq=useq,
                kind=kind,
                conversation_id=conversation_id,
                seq=seq,
            )
            for pk, useq in sorted(moved.items())
        )
        return moved

    monkeypatch.setattr(messages, "tell_participants", careless)
    results = race(2, lambda index: post((first, second)[index], (ama, kossi)[index]))
    assert "IntegrityError" in {type(result).__name__ for result in results}


def test_a_reader_never_passes_over_what_commits_later(talk, ama, kossi, monkeypatch):
    """The number is taken under a lock that lasts to the commit: no hole is visible."""
    other = make.about_listing(kossi.user, ama.user)
    start = head_of(kossi.id).useq
    seen, stop = [], threading.Event()

    def read():
        cursor = start
        while not stop.is_set() or head_of(kossi.id).useq > cursor:
            for event in events_after(kossi.id, cursor):
                seen.append(event["useq"])
                cursor = event["useq"]

    def work(index):
        if index == 4:
            return read()
        try:
            for _turn in range(5):
                post((talk, other)[index % 2], (ama, kossi)[index // 2])
        finally:
            done.append(index)
            if len(done) == 4:
                stop.set()

    done = []
    assert race(5, work) == [None] * 5
    assert seen == list(range(start + 1, start + 21))


def crossing(people):
    """Return conversations in which the same people meet the other way round."""
    return [
        make.about_listing(owner.user, inquirer.user)
        for owner, inquirer in itertools.permutations(people, 2)
    ]


def landlord(number):
    """Return a landlord who may have as many listings as they like."""
    roles = ("tenant", "landlord")
    return sign_in(make_person(name="Yao", phone=number, roles=roles, level=2))


def test_participants_who_cross_do_not_wait_for_each_other(kossi):
    people = (kossi, landlord("+2290161000001"), landlord("+2290161000002"))
    talks = crossing(people)
    by_id = {person.id: person for person in people}

    def work(index):
        talk = talks[index % len(talks)]
        names = talk.participants.order_by("?").values_list("person_id", flat=True)
        for person_id in list(names) * 3:
            posted = post(talk, by_id[person_id])
            move_cursor(
                conversation_id=talk.pk,
                person=by_id[person_id].user,
                delivered_seq=posted.message.seq,
                read_seq=posted.message.seq,
            )

    assert race(12, work) == [None] * 12
    assert check_invariants() == []


def test_control_logs_locked_in_any_order_wait_for_each_other(ama, kossi):
    """Each holds one log and wants the other's: PostgreSQL ends one of the two."""
    make.about_listing(kossi.user, ama.user)
    gate = threading.Barrier(2)
    orders = ((ama, kossi), (kossi, ama))

    def lock_one_by_one(index):
        with transaction.atomic():
            for place, person in enumerate(orders[index]):
                PersonLog.objects.select_for_update().get(person_id=person.id)
                if place == 0:
                    gate.wait(30)

    results = race(2, lock_one_by_one)
    assert sorted(type(result).__name__ for result in results) == [
        "NoneType",
        "OperationalError",
    ]


def test_a_conversation_opened_twice_at_once_is_one(kossi, ama):
    listing = homes.published(kossi.user)
    results = race(
        4,
        lambda _: open_conversation(
            subject=f"listing:{listing.pk}", person=ama.user, now=clock.now()
        ),
    )
    assert sorted(result.is_new for result in results) == [False, False, False, True]
    assert Conversation.objects.count() == 1
    assert [head_of(person.id).useq for person in (ama, kossi)] == [1, 1]
    assert check_invariants() == []
