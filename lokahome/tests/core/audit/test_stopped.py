"""A developer's machine that was switched off finds its log whole again."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from bench.audit.tampering import disarm
from lokahome.core.audit.explaining import EXPLAINED
from lokahome.core.audit.models import AuditEntry, AuditEvent, AuditSeal
from lokahome.core.audit.stopped import answer_for_stops
from lokahome.core.tasks import seal_audit
from lokahome.tests.core.audit.chains import found, later, sealed, write
from lokahome.tests.databases import owner_connection


@pytest.fixture(autouse=True)
def developing(db, settings):
    settings.DEBUG = settings.DEV_DOORS = True


def explanations():
    return AuditEvent.objects.filter(action=EXPLAINED).count()


@pytest.mark.parametrize("is_waiting", [True, False])
def test_a_stop_is_answered_for_once(place, is_waiting):
    sealed(2)
    if is_waiting:
        write()
    with later(hours=1):
        answer_for_stops()
        seal_audit()
        assert found(place) == set()
        answer_for_stops()
        assert explanations() == 1
    with later(hours=2):
        answer_for_stops()
        assert explanations() == 2, "each stop"


def test_control_nobody_answers_for_it_otherwise(place):
    sealed(2)
    write()
    with later(hours=1):
        seal_audit()
        assert found(place) == {"sealing_paused", "row_sealed_late"}
        answer_for_stops()
        assert found() == set(), "also when the worker sealed first"


def test_what_else_is_wrong_stays_found(committed):
    sealed(2)
    with owner_connection() as owner:
        disarm(owner)
        owner.execute("UPDATE core_auditevent SET reason = 'Rien'")
        disarm(owner, armed=True)
    assert found() == {"row_altered"}
    with later(hours=1):
        answer_for_stops()
        assert found() == {"row_altered"}


def test_a_log_that_was_never_sealed_is_left_alone():
    write()
    answer_for_stops()
    assert not AuditSeal.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("name", ["DEBUG", "DEV_DOORS"])
def test_elsewhere_it_is_a_persons_to_say(settings, name):
    sealed(2)
    setattr(settings, name, False)
    with later(hours=1):
        with pytest.raises(ImproperlyConfigured):
            answer_for_stops()
        assert explanations() == 0
        assert AuditSeal.objects.count() == 2
