"""Idempotency: the effect, its fingerprint and its answer commit together, once."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError

from lokahome.core import clock
from lokahome.core.api import idempotency
from lokahome.core.api.idempotency import IdempotencyKey
from lokahome.core.errors import StateConflict
from lokahome.core.files.models import Upload
from lokahome.core.housekeeping import clean_up
from lokahome.core.ids import uuid7
from lokahome.tests.core.api import doors
from lokahome.tests.core.api.test_problems import problem
from lokahome.tests.people import make_person, sign_in
from lokahome.tests.threads import race

SHELF, DRAWER = "/api/v1/shelf", "/api/v1/drawer"
KEPT = ("Location", "ETag", "Content-Type", "Content-Language")


def post(client, key=None, size=1, path=SHELF, **body):
    headers = {"HTTP_IDEMPOTENCY_KEY": str(key)} if key is not None else {}
    return client.post(path, {"size_bytes": size, "mime": "é", **body}, **headers)


def test_the_same_request_gets_the_same_answer_byte_for_byte(ama):
    key = uuid4()
    first, second = post(ama, key), post(ama, key)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    for name in KEPT:
        assert first[name] == second[name], name
    assert Upload.objects.count() == 1


def test_a_replay_speaks_the_language_of_the_first_answer(ama):
    """Its sentences are those that were stored: the header must not say otherwise."""
    key = uuid4()
    post(ama, key)
    again = ama.post(
        SHELF,
        {"size_bytes": 1, "mime": "é"},
        HTTP_IDEMPOTENCY_KEY=str(key),
        HTTP_ACCEPT_LANGUAGE="en",
    )
    assert again["Idempotency-Replayed"] == "true"
    assert again["Content-Language"] == "fr"


def test_the_same_key_with_another_body_is_refused(ama):
    key = uuid4()
    post(ama, key, size=1)
    problem(post(ama, key, size=2), 422, "idempotency.key_reused")
    assert Upload.objects.count() == 1


@pytest.mark.parametrize("key", [None, "", "not-a-uuid", "1", "é", "0" * 400])
def test_a_key_that_is_missing_or_no_uuid_is_refused(ama, key):
    problem(post(ama, key), 400, "idempotency.key_missing")
    assert not Upload.objects.exists()


def test_one_uuid_written_two_ways_is_one_key(ama):
    key = uuid4()
    post(ama, key)
    again = post(ama, f"{{{str(key).upper()}}}")
    assert again["Idempotency-Replayed"] == "true"


def test_another_persons_key_never_replays(ama, stranger):
    key = uuid4()
    mine, theirs = post(ama, key), post(stranger, key)
    assert theirs.status_code == 201
    assert "Idempotency-Replayed" not in theirs
    assert mine.json()["id"] != theirs.json()["id"]


def test_a_key_belongs_to_its_path(ama):
    key = uuid4()
    assert "Idempotency-Replayed" not in post(ama, key)
    assert "Idempotency-Replayed" not in post(ama, key, path=DRAWER)
    assert Upload.objects.count() == 2


def test_a_refusal_is_not_remembered(ama):
    key = uuid4()
    problem(post(ama, key, size=None), 422, "request.invalid")
    assert post(ama, key, size=3).status_code == 201
    assert IdempotencyKey.objects.count() == 1


def test_a_refusal_after_the_effect_takes_the_effect_back(ama, monkeypatch):
    real = doors.put_on_shelf

    def put_and_refuse(request, data):
        real(request, data)
        raise StateConflict

    key = uuid4()
    with monkeypatch.context() as patch:
        patch.setattr(doors, "put_on_shelf", put_and_refuse)
        problem(post(ama, key), 409, "state.conflict")
    assert not Upload.objects.exists()
    assert post(ama, key).status_code == 201


def test_a_crash_before_the_answer_is_stored_leaves_nothing(ama, monkeypatch):
    """Effect without answer would be done twice by the phone's next try."""

    def crash(self, **kwargs):
        raise IntegrityError("killed before the answer was stored")

    key = uuid4()
    ama.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyKey, "save", crash)
        assert post(ama, key).status_code == 500
    assert not Upload.objects.exists()
    assert post(ama, key).status_code == 201


def test_nobody_replays_without_signing_in(ama, anonymous):
    key = uuid4()
    post(ama, key)
    problem(post(anonymous, key), 401, "auth.required")


# --- Ids made by the client ----------------------------------------------------------


def test_an_id_made_by_the_client_is_a_key(ama):
    own = str(uuid7())
    first = post(ama, path=DRAWER, id=own)
    second = post(ama, path=DRAWER, id=own)
    assert first.json()["id"] == own
    assert second["Idempotency-Replayed"] == "true"
    assert first.content == second.content
    problem(post(ama, path=DRAWER, size=9, id=own), 422, "idempotency.key_reused")
    assert Upload.objects.count() == 1


def test_without_key_and_id_each_request_is_a_new_one(ama):
    assert post(ama, path=DRAWER).status_code == 201
    assert post(ama, path=DRAWER).status_code == 201
    assert Upload.objects.count() == 2


@pytest.mark.parametrize("bad", ["x", 5, [1], {"a": 1}, True])
def test_an_id_that_is_no_uuid_is_refused_by_its_place(ama, bad):
    body = problem(post(ama, path=DRAWER, id=bad), 400, "request.malformed")
    assert body["errors"][0]["pointer"] == "/id"


def test_an_id_that_somebody_else_has_used_is_a_conflict(ama, stranger, put):
    row = put(stranger)
    response = post(ama, path=DRAWER, id=str(row.pk))
    problem(response, 409, "resource.already_exists")
    row.refresh_from_db()
    assert row.owner_id == stranger.id
    assert Upload.objects.count() == 1


# --- In parallel ---------------------------------------------------------------------


def crowd(count, key):
    """Send one request *count* times at once, as one person on many connections."""
    user = make_person(name="Ama", phone="+2290197000001", roles=())
    clients = [sign_in(user) for _ in range(count)]
    return race(count, lambda index: post(clients[index], key))


def test_twenty_at_once_have_one_effect(committed):
    answers = crowd(20, uuid4())
    assert Upload.objects.count() == 1
    done = [answer for answer in answers if answer.status_code == 201]
    busy = [answer for answer in answers if answer.status_code == 409]
    assert done
    assert len(done) + len(busy) == 20
    assert len({answer.content for answer in done}) == 1
    for answer in busy:
        body = problem(answer, 409, "idempotency.in_progress")
        assert answer["Retry-After"] == "1"
        assert body["is_retryable"] is True


def test_while_the_first_is_at_work_the_second_is_told_to_come_back(committed):
    user = make_person(name="Ama", phone="+2290197000001", roles=())
    key, inside, leave = uuid4(), threading.Event(), threading.Event()

    def hold(request):
        inside.set()
        assert leave.wait(20)

    doors.STARTED.append(hold)

    def work(index):
        if index == 0:
            return post(sign_in(user), key)
        assert inside.wait(20)
        try:
            return post(sign_in(user), key)
        finally:
            leave.set()

    first, second = race(2, work)
    assert first.status_code == 201
    problem(second, 409, "idempotency.in_progress")


def test_without_the_lock_the_effect_happens_more_than_once(committed, monkeypatch):
    """The control: two look, neither finds an answer, both do it.

    The unique key of the answers would still refuse the second one, so it is taken
    out as well: what is shown is that the first protection is the lock.
    """
    monkeypatch.setattr(idempotency, "try_advisory_lock", lambda *_: True)
    monkeypatch.setattr(IdempotencyKey, "save", lambda self, **_: None)
    together = threading.Barrier(5)
    doors.STARTED.append(lambda request: together.wait(20))
    answers = crowd(5, uuid4())
    assert [answer.status_code for answer in answers] == [201] * 5
    assert Upload.objects.count() == 5


def test_without_the_lock_the_unique_key_is_the_second_line(committed, monkeypatch):
    monkeypatch.setattr(idempotency, "try_advisory_lock", lambda *_: True)
    together = threading.Barrier(5)
    doors.STARTED.append(lambda request: together.wait(20))
    answers = crowd(5, uuid4())
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4
    assert Upload.objects.count() == 1


# --- Housekeeping --------------------------------------------------------------------


def test_keys_are_kept_for_thirty_days(ama):
    post(ama, uuid4())
    assert clean_up(now=clock.now() + timedelta(days=29))["idempotency_keys"] == 0
    assert clean_up(now=clock.now() + timedelta(days=31))["idempotency_keys"] == 1
