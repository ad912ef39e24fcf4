"""The whole of payments against the simulator: another process, its wire, its book.

Webhooks are carried from the simulator to our door byte by byte; the books of both
sides must end equal, to the franc.
"""

from datetime import timedelta

from accounts.models import Case
from lokahome.core import clock
from lokahome.core.events.delivering import drain
from payments.models import Charge, GatewayNotice
from payments.services.reconciliation import reconcile_gateway
from payments.tests import simulation

PREFIX = "+2290197000"  # and the outcome's three digits

# Outcome by the number's ending -> where the charge ends, and the case it leaves.
ENDINGS = {
    "001": ("succeeded", None),
    "002": ("failed", None),
    "003": ("failed", None),
    "006": ("succeeded", None),  # the webhook never comes
    "007": ("succeeded", None),  # it comes twice
    "009": ("in_review", "payment_amount"),  # 100 F less
    "012": ("succeeded", None),  # it comes before the answer to the call
    "013": ("succeeded", None),  # a forged one comes first
    "014": ("succeeded", None),  # it comes 200 times at once
    "015": ("succeeded", None),  # the call is never answered
    "016": ("failed", None),  # the number is refused
}


def states(charges):
    found = dict(Charge.objects.values_list("pk", "status"))
    return {ending: found[charge.pk] for ending, charge in charges.items()}


def reconcile():
    now = clock.now()
    return reconcile_gateway(
        gateway="fedapay",
        window_from=now - timedelta(hours=1),
        window_until=now,
        now=now,
    )


def assert_books_agree(simulator, books):
    totals = simulator.totals()
    held = books.balance("gateway_clearing:fedapay")
    owed = books.balance("payee_payable") + books.balance("suspense:fedapay")
    assert -owed == totals["collected"]
    assert books.balance("gateway_fees:fedapay") == totals["fees"]
    assert held == totals["net"]


def test_every_outcome_ends_and_the_books_agree(
    committed, simulator, gateway, new_charge, world, books
):
    charges = {
        ending: new_charge(payer_phone=f"{PREFIX}{ending}", amount=25_000)
        for ending in ENDINGS
    }
    wanted = {ending: status for ending, (status, _case) in ENDINGS.items()}
    world.until(lambda: states(charges) == wanted or None)
    world.turn()
    run = reconcile()
    assert run.healed == 0
    assert run.listed_sum == run.ledger_sum
    assert states(charges) == wanted
    kinds = sorted(Case.objects.values_list("kind", flat=True))
    assert kinds == sorted(case for _status, case in ENDINGS.values() if case)
    for charge in charges.values():
        assert len(simulator.charges(charge.reference)) <= 1
    assert set(world.answers) <= {200, 401}
    assert GatewayNotice.objects.filter(outcome="waiting").count() == 0
    assert_books_agree(simulator, books)
    books.hold()


def test_without_any_webhook_everything_ends_the_same(
    committed, simulator, gateway, new_charge, world, books
):
    charges = {
        ending: new_charge(payer_phone=f"{PREFIX}{ending}")
        for ending in ("001", "002", "012")
    }
    wanted = {"001": "succeeded", "002": "failed", "012": "succeeded"}
    world.until(lambda: states(charges) == wanted or None, hooks=False)
    assert GatewayNotice.objects.count() == 0
    assert_books_agree(simulator, books)
    books.hold()


def test_a_late_approval_is_found_by_the_reconciliation_alone(
    committed, simulator, gateway, new_charge, world, books
):
    charge = new_charge(payer_phone=f"{PREFIX}008")
    world.until(
        lambda: states({"008": charge}) == {"008": "failed"} or None, hooks=False
    )
    simulation.wait_until(lambda: simulator.totals()["charges"] == 1)
    run = reconcile()
    assert run.healed == 1
    assert states({"008": charge}) == {"008": "succeeded"}
    assert_books_agree(simulator, books)
    books.hold()


def test_a_gateway_killed_in_the_middle_loses_nothing(
    committed, simulator, gateway, new_charge, world, books
):
    charges = {n: new_charge(payer_phone=f"{PREFIX}001") for n in range(4)}
    drain(rounds=1)
    simulator.kill()
    world.turn()
    assert "failed" not in states(charges).values()
    simulator.start()
    world.until(lambda: set(states(charges).values()) == {"succeeded"} or None)
    for charge in charges.values():
        assert len(simulator.charges(charge.reference)) == 1
    assert_books_agree(simulator, books)
    books.hold()
