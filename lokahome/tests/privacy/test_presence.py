"""Nothing begins with somebody while they are being erased, nor after."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import User
from accounts.services.people.presence import PersonGone, require_present
from accounts.services.privacy import erasure
from accounts.services.privacy.erasure import carry_out, request_erasure
from lokahome.core import clock
from lokahome.core.money import Money
from lokahome.tests.people import make_person
from lokahome.tests.threads import backend_pid, is_waiting, race
from payments.models import Charge, Escrow
from payments.services import charges
from payments.services.charges import request_charge
from payments.services.escrow import open_escrow

WEEK = timedelta(days=7)


@pytest.fixture
def two(committed):
    """Return a payer, and whom they pay, who is about to be erased."""
    payer = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
    payee = make_person(name="Yao", phone="+2290197000009", roles=("tenant",))
    return payer, payee


def pay(payer, payee) -> Charge:
    return request_charge(
        payer_id=payer.pk,
        payee_id=payee.pk,
        amount=Money(5_000, "XOF"),
        subject=f"job:{uuid4()}",
        operator="mtn",
        payer_phone="+2290197000001",
        description="Prestation",
        now=clock.now(),
    )


def erase_while_paying(two, monkeypatch):
    """Pay somebody in the middle of their erasure; return what both came to."""
    payer, payee = two
    request = request_erasure(person_id=payee.pk, now=clock.now())
    in_the_middle, paid = threading.Event(), threading.Event()
    backend: list[int] = []
    empty_rows = erasure.empty_rows

    def empty_slowly(*args, **kwargs):
        files = empty_rows(*args, **kwargs)
        in_the_middle.set()
        while not paid.wait(0.01) and not (backend and is_waiting(backend[0])):
            pass
        return files

    monkeypatch.setattr(erasure, "empty_rows", empty_slowly)

    def work(index: int) -> object:
        if index == 0:
            return carry_out(request_id=request.pk, now=clock.now() + WEEK)
        assert in_the_middle.wait(30)
        try:
            backend.append(backend_pid())
            return pay(payer, payee)
        finally:
            paid.set()

    return race(2, work)


def test_a_payment_waits_for_the_erasure_and_is_refused(two, monkeypatch):
    done, refusal = erase_while_paying(two, monkeypatch)
    assert done is True
    assert isinstance(refusal, PersonGone), refusal
    assert User.objects.get(pk=two[1].pk).erased_at is not None
    assert not Charge.objects.exists()


def test_control_without_the_hold_the_second_look_puts_the_erasure_off(
    two, monkeypatch
):
    """The payment commits in the middle; what was emptied comes back."""
    held = erasure._held
    monkeypatch.setattr(erasure, "_held", lambda pk, alone=False: held(pk))
    done, charge = erase_while_paying(two, monkeypatch)
    assert isinstance(charge, Charge), charge
    assert done is False
    payee = User.objects.get(pk=two[1].pk)
    assert (payee.full_name, payee.erased_at) == ("Yao", None)
    assert payee.phones.exists()
    request = erasure.ErasureRequest.objects.get()
    assert (request.status, request.obstacles) == ("requested", ["charge.open"])


def test_control_without_either_money_hangs_on_an_erased_person(two, monkeypatch):
    held = erasure._held
    monkeypatch.setattr(erasure, "_held", lambda pk, alone=False: held(pk))
    monkeypatch.setattr(erasure, "obstacles_of", lambda _: [])
    done, charge = erase_while_paying(two, monkeypatch)
    assert done is True
    assert isinstance(charge, Charge), charge
    assert User.objects.get(pk=two[1].pk).erased_at is not None


@pytest.fixture
def gone(two):
    """Return the payer, and somebody who was erased."""
    request = request_erasure(person_id=two[1].pk, now=clock.now())
    assert carry_out(request_id=request.pk, now=clock.now() + WEEK)
    return two


def test_nothing_is_asked_nor_held_for_somebody_erased(gone, monkeypatch):
    payer, erased = gone
    values = {"payer_id": payer.pk, "now": clock.now()}
    with pytest.raises(PersonGone):
        pay(payer, erased)
    with pytest.raises(PersonGone):
        pay(erased, payer)
    with pytest.raises(PersonGone):
        open_escrow(subject="job:1", payee_id=erased.pk, **values)
    assert not Charge.objects.exists()
    assert not Escrow.objects.exists()
    monkeypatch.setattr(charges, "require_present", lambda *_: None)
    assert pay(payer, erased), "the control: without the look it is taken"


@pytest.mark.django_db
def test_an_id_that_is_nobodys_passes(gone):
    payer, erased = gone
    require_present(uuid4(), payer.pk)
    with pytest.raises(PersonGone):
        require_present(uuid4(), payer.pk, erased.pk)
