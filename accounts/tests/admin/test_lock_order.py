"""The pages of the staff lock as the services do: the person, then what hangs on them."""

from __future__ import annotations

import threading
from contextlib import suppress

from django.contrib import admin
from django.db import OperationalError

from accounts.admin.identities import IdentityCheckAdmin
from accounts.models import IdentityCheck, User
from accounts.services.identity import checks
from accounts.services.identity.checks import withdraw_identity_check
from accounts.tests.services.test_identity_checks import looked_at, submitted
from lokahome.core import clock
from lokahome.core.admin.decisions import DecisionsMixin, Order
from lokahome.tests.people import make_person, make_staff
from lokahome.tests.threads import race

OWNERS = {"person", "user"}


def test_every_page_of_what_is_a_persons_locks_the_person_first():
    """`carry_out` locks the row before the service runs, and the service the person."""
    missing = [
        model._meta.label
        for model, page in admin.site._registry.items()
        if isinstance(page, DecisionsMixin)
        and page.decisions
        and any(
            field.name in OWNERS and field.related_model is User
            for field in model._meta.fields
        )
        and type(page).lock_first is DecisionsMixin.lock_first
    ]
    assert missing == []


def met_halfway(monkeypatch, patience):
    """Let a withdrawal wait until the page has locked, and the page until it has too."""
    both = threading.Barrier(2, timeout=patience)
    locked, waited = checks.locked, threading.local()

    def person_locked(queryset, pk):
        row = locked(queryset, pk)
        if not getattr(waited, "once", False):
            waited.once = True
            wait(both)
        return row

    monkeypatch.setattr(checks, "locked", person_locked)
    return both


def wait(both):
    """Wait for the other one, who in order waits for this one: then, not for long."""
    with suppress(threading.BrokenBarrierError):
        both.wait()


def decided(check, reviewer, both):
    page = admin.site._registry[IdentityCheck]
    decision = next(item for item in page.decisions if item.name == "accept")
    run = decision.run

    def after_lock(row, order):
        wait(both)
        return run(row, order)

    object.__setattr__(decision, "run", after_lock)
    try:
        order = Order(actor_id=reviewer.pk, reason="Lisible.", now=clock.now())
        page.carry_out(decision, check.pk, check.version, order)
    finally:
        object.__setattr__(decision, "run", run)


def race_of_both(monkeypatch, patience):
    person = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
    reviewer = make_staff("reviewing", "identity_checker").user
    check = submitted(person)
    looked_at(check, reviewer)
    both = met_halfway(monkeypatch, patience)
    acts = (
        lambda: decided(check, reviewer, both),
        lambda: withdraw_identity_check(
            check_id=check.pk, person=person, now=clock.now()
        ),
    )
    results = race(2, lambda index: acts[index]())
    return IdentityCheck.objects.get(pk=check.pk), results


def test_accepting_and_withdrawing_at_once_do_not_lock_each_other_out(
    committed, monkeypatch
):
    check, results = race_of_both(monkeypatch, patience=0.3)
    assert not any(isinstance(item, OperationalError) for item in results), results
    assert check.status in ("accepted", "withdrawn")


def test_control_without_the_persons_lock_first_they_do(committed, monkeypatch):
    monkeypatch.setattr(
        IdentityCheckAdmin, "lock_first", DecisionsMixin.lock_first, raising=True
    )
    _check, results = race_of_both(monkeypatch, patience=20)
    assert any(isinstance(item, OperationalError) for item in results), results
