"""Money that goes out, in the back-office: proposed by one, decided by another."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Case, Phone
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.money import Money
from lokahome.tests.people import make_staff
from payments.gateways.errors import GatewayUnavailable
from payments.models import Charge, GatewayNotice, JournalEntry, Payout, Refund
from payments.services.escrow import open_escrow, settle_escrow
from payments.services.notices import follow_notice, record_notice
from payments.services.sending import send_transfer
from payments.tests.going_out import approved, asked

pytestmark = pytest.mark.django_db
LIST = "/admin/payments/transfer/"
ESCROWS = "/admin/payments/escrow/"


def page(client, noun, row):
    answer = client.get(reverse(f"admin:payments_{noun}_change", args=[row.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def decide(client, row, decision, *, noun="transfer", reason="Vérifié.", version=None):
    url = reverse(f"admin:payments_{noun}_decide", args=[row.pk, decision])
    body = {"version": version or row.version, "reason": reason}
    return client.post(url, body, format="multipart", follow=True)


def offered(client, noun, row):
    text = page(client, noun, row)
    names = ("approve", "refuse", "recheck", "propose", "propose-refund")
    return {name for name in names if f"/{row.pk}/decide/{name}" in text}


def test_the_list_is_the_queue_of_what_is_to_approve(
    proposed_payout, sent_payout, checker
):
    waiting, sent = proposed_payout(), sent_payout()
    text = checker.get(LIST).content.decode()
    assert "Versements et remboursements" in text
    assert str(waiting.pk) in text
    assert str(sent.pk) not in text
    assert "À approuver" in text
    assert str(sent.pk) in checker.get(LIST, {"etat": "sending"}).content.decode()
    both = checker.get(LIST, {"etat": "all"}).content.decode()
    assert str(waiting.pk) in both
    assert str(sent.pk) in both


@pytest.mark.parametrize("path", [LIST, ESCROWS])
def test_only_staff_of_money_come_in(proposed_payout, moderator, ama, path):
    row = proposed_payout()
    for address in (path, f"{path}{row.pk}/change/"):
        assert moderator.get(address).status_code == 403
        assert ama.get(address).status_code == 302


@pytest.mark.parametrize("noun", ["transfer", "escrow"])
def test_nothing_is_added_edited_or_deleted_here(proposed_payout, finance, noun):
    row = proposed_payout()
    assert finance.get(reverse(f"admin:payments_{noun}_add")).status_code == 403
    pk = row.pk if noun == "transfer" else row.escrow_id
    change = reverse(f"admin:payments_{noun}_change", args=[pk])
    finance.post(change, {"amount": 1, "status": "succeeded"}, format="multipart")
    delete = reverse(f"admin:payments_{noun}_delete", args=[pk])
    assert finance.post(delete, {"post": "yes"}).status_code == 403
    row.refresh_from_db()
    assert (row.status, row.amount) == ("proposed", 20_000)


def test_a_page_says_what_for_whom_and_why(owed_escrow, finance, checker, afi):
    escrow = owed_escrow()
    decide(finance, escrow, "propose", noun="escrow", reason="Fuite réparée, vu.")
    payout = Payout.objects.get()
    text = page(checker, "transfer", payout)
    assert "une deuxième personne doit décider" in text
    assert "20\u202f000\u00a0F\u00a0CFA" in text
    assert "A. A." in text
    assert payout.phone not in text
    assert "+229 •••• 03" in text
    assert "Fuite réparée, vu." in text
    assert escrow.subject in text
    assert reverse("admin:payments_escrow_change", args=[escrow.pk]) in text
    assert "finance" in text


def test_a_page_says_since_when_the_number_is_theirs(proposed_payout, checker, afi):
    payout = proposed_payout()
    proved = afi.user.phones.get()
    Phone.objects.update(held_since=datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    assert "1 mars 2026" in page(checker, "transfer", payout)
    proved.refresh_from_db()
    proved.released_at = proved.verified_at
    proved.save()
    text = page(checker, "transfer", payout)
    assert "ce n’est pas un numéro actuel de cette personne" in text


def test_the_checker_approves_and_the_gateway_is_asked_later(
    proposed_payout, checker, gateway, books
):
    payout = proposed_payout()
    gateway.calls.clear()
    assert offered(checker, "transfer", payout) == {"approve", "refuse"}
    assert decide(checker, payout, "approve").status_code == 200
    payout.refresh_from_db()
    assert (payout.status, payout.approved_by_id) == ("reserved", checker.id)
    assert payout.reason == "Vérifié."
    assert gateway.calls == []
    deed = AuditEvent.objects.get(action="payments.transfer.approve")
    assert (deed.actor_id, deed.reason) == (checker.id, "Vérifié.")
    assert books.balance("transfers_reserved") == -20_000
    books.hold()


def test_the_next_one_follows(proposed_payout, checker):
    first, second = proposed_payout(), proposed_payout()
    answer = decide(checker, first, "approve")
    assert str(second.pk) in answer.redirect_chain[-1][0]


def test_the_maker_is_offered_no_approval_and_refused_it(owed_escrow, books):

    both = make_staff("solo", "finance_maker", "finance_checker")
    escrow = owed_escrow()
    decide(both, escrow, "propose", noun="escrow")
    payout = Payout.objects.get()
    assert offered(both, "transfer", payout) == {"refuse"}
    before = books.snapshot()
    answer = decide(both, payout, "approve")
    assert "L’état actuel ne permet pas cette action" in answer.content.decode()
    assert books.snapshot() == before
    assert not AuditEvent.objects.filter(action="payments.transfer.approve").exists()


def test_who_receives_it_decides_nothing(paid_into, ama, finance, books):
    payee = make_staff("payee", "finance_checker")
    Phone(user=payee.user, number="+2290197000044", verified_at=clock.now()).save()
    escrow = open_escrow(
        subject="thing:1", payer_id=ama.id, payee_id=payee.id, now=clock.now()
    )
    paid_into(escrow, 20_000)
    settle_escrow(
        escrow_id=escrow.pk,
        to_payer=Money(0),
        now=clock.now(),
        actor_id=None,
        reason="approved",
    )
    escrow.refresh_from_db()
    decide(finance, escrow, "propose", noun="escrow")
    payout = Payout.objects.get()
    assert offered(payee, "transfer", payout) == set()
    before = books.snapshot()
    for decision in ("approve", "refuse"):
        answer = decide(payee, payout, decision)
        assert "L’état actuel ne permet pas cette action" in answer.content.decode()
    assert books.snapshot() == before


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_without_the_right_nothing_is_decided(
    proposed_payout, finance, moderator, books, decision
):
    payout = proposed_payout()
    before = books.snapshot()
    for client in (finance, moderator):
        assert decide(client, payout, decision).status_code == 403
    assert offered(finance, "transfer", payout) == set()
    assert books.snapshot() == before


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_a_past_version_or_no_reason_decides_nothing(
    proposed_payout, checker, books, decision
):
    payout = proposed_payout()
    before = books.snapshot()
    decide(checker, payout, decision, version=payout.version + 1)
    decide(checker, payout, decision, reason=" ")
    assert books.snapshot() == before


def test_another_site_cannot_decide(proposed_payout, checker, books):
    payout = proposed_payout()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = checker.cookies
    url = reverse("admin:payments_transfer_decide", args=[payout.pk, "approve"])
    before = books.snapshot()
    assert strict.get(url).status_code == 405
    answer = strict.post(url, {"version": payout.version, "reason": "Vérifié."})
    assert answer.status_code == 403
    assert books.snapshot() == before


def test_refused_stays_owed_and_may_be_proposed_again(
    proposed_payout, checker, finance, afi, books
):
    payout = proposed_payout()
    decide(checker, payout, "refuse", reason="Proposé deux fois.")
    payout.refresh_from_db()
    assert (payout.status, payout.reason) == ("refused", "Proposé deux fois.")
    assert books.balance("payee_payable", afi.id) == -20_000
    assert offered(finance, "escrow", payout.escrow) == {"propose"}
    books.hold()


def test_a_large_refund_waits_in_the_same_queue(new_refund, checker, books):
    refund = new_refund(15_000)
    assert str(refund.pk) in checker.get(LIST).content.decode()
    text = page(checker, "transfer", refund)
    assert "la plateforme, par une règle" in text
    assert refund.charge.reference in text
    decide(checker, refund, "approve")
    refund.refresh_from_db()
    assert refund.status == "reserved"
    books.hold()


def test_asking_the_gateway_again_settles(sent_payout, gateway, finance, books):
    payout = sent_payout()
    gateway.deliver(payout.reference)
    assert offered(finance, "transfer", payout) == {"recheck"}
    assert decide(finance, payout, "recheck", reason="").status_code == 200
    payout.refresh_from_db()
    assert payout.status == "succeeded"
    assert AuditEvent.objects.get(action="payments.transfer.recheck")
    books.hold()


def test_a_silent_gateway_is_said_so(sent_payout, gateway, finance):
    payout = sent_payout()
    gateway.always = GatewayUnavailable("refused", sent=False)
    answer = decide(finance, payout, "recheck", reason="")
    assert "La passerelle de paiement ne répond pas" in answer.content.decode()
    payout.refresh_from_db()
    assert payout.status == "sending"


def test_what_was_never_sent_is_not_asked_about(proposed_payout, finance):
    assert "recheck" not in offered(finance, "transfer", proposed_payout())


def test_the_history_tells_steps_calls_and_entries(
    proposed_payout, checker, gateway, finance
):

    payout = proposed_payout()
    decide(checker, payout, "approve")
    send_transfer(transfer_id=payout.pk, now=clock.now())
    payout.refresh_from_db()
    gateway.deliver(payout.reference)
    body, headers = gateway.webhook(payout.gateway_id, kind="payout.sent")
    record_notice(gateway="fedapay", headers=headers, raw_body=body, now=clock.now())
    follow_notice(notice_id=GatewayNotice.objects.get().pk, now=clock.now())
    payout.refresh_from_db()
    text = page(finance, "transfer", payout)
    history = text[text.index("lh-timeline") :]
    for part in (
        "Ordre d’envoi donné : en route",
        "Passerelle interrogée : arrivé",
        "envoi arrivé",
        str(JournalEntry.Kind.TRANSFER_RESERVE.label),
        str(JournalEntry.Kind.TRANSFER_SENT.label),
        "En cours d’envoi → Versé",
        "Approuver",
    ):
        assert part in history, part
    for code in ("fetch_payout", "pay_out", "succeeded", "payout.sent", "internal"):
        assert code not in history, code
    legs = text[: text.index("lh-timeline")]
    assert "Lignes au grand livre" in legs
    assert "Transferts en cours d’exécution" in legs


def test_a_charge_with_the_number_of_a_payout_keeps_its_own_webhooks(
    sent_payout, gateway, finance
):

    payout = sent_payout()
    body, headers = gateway.webhook(payout.gateway_id, kind="payout.started")
    record_notice(gateway="fedapay", headers=headers, raw_body=body, now=clock.now())
    charge = Charge.objects.get()
    assert charge.gateway_id == payout.gateway_id
    assert "envoi lancé" not in page(finance, "charge", charge)
    assert "envoi lancé" in page(finance, "transfer", payout)


def test_an_escrow_says_where_the_money_is(held_escrow, finance):
    escrow = held_escrow(20_000, 15_000)
    assert "35\u202f000\u00a0F\u00a0CFA en séquestre" in page(finance, "escrow", escrow)
    assert offered(finance, "escrow", escrow) == set()
    for charge in escrow.charges.all():
        assert charge.reference in page(finance, "escrow", escrow)
        text = page(finance, "charge", charge)
        assert "en séquestre" in text
        assert reverse("admin:payments_escrow_change", args=[escrow.pk]) in text


def test_an_escrow_is_found_by_the_id_of_its_job(held_escrow, finance):
    escrow, other = held_escrow(), held_escrow()
    found = finance.get(ESCROWS, {"q": escrow.subject.partition(":")[2]})
    assert str(escrow.pk) in found.content.decode()
    assert str(other.pk) not in found.content.decode()


def test_finance_proposes_what_is_due_once(owed_escrow, finance, checker):
    escrow = owed_escrow(20_000, back=5_000)
    text = page(finance, "escrow", escrow)
    assert "15\u202f000\u00a0F\u00a0CFA dus au bénéficiaire" in text
    assert offered(checker, "escrow", escrow) == set()
    assert decide(checker, escrow, "propose", noun="escrow").status_code == 403
    decide(finance, escrow, "propose", noun="escrow", reason="Travaux approuvés.")
    payout = Payout.objects.get()
    assert (payout.amount, payout.proposed_by_id) == (15_000, finance.id)
    assert offered(finance, "escrow", escrow) == set()
    decide(finance, escrow, "propose", noun="escrow")
    assert Payout.objects.count() == 1
    assert "proposés, à approuver" in page(finance, "escrow", escrow)


def test_a_case_about_money_leads_to_its_page(sent_payout, gateway, finance):
    payout = sent_payout()
    gateway.deliver(payout.reference, amount=19_000)
    asked(payout)
    case = Case.objects.get()
    text = finance.get(f"/admin/accounts/case/{case.pk}/change/").content.decode()
    assert reverse("admin:payments_transfer_change", args=[payout.pk]) in text
    back = reverse("admin:accounts_case_change", args=[case.pk])
    assert back in page(finance, "transfer", payout)


def test_a_refund_that_failed_is_proposed_again(
    new_refund, gateway, finance, checker, books
):

    refund = approved(new_refund(15_000), checker)
    send_transfer(transfer_id=refund.pk, now=clock.now())
    gateway.bounce(refund.reference)
    assert asked(refund).status == "failed"
    escrow = refund.escrow
    assert "propose-refund" in offered(finance, "escrow", escrow)
    decide(finance, escrow, "propose-refund", noun="escrow", reason="Pas arrivé.")
    again = Refund.objects.exclude(pk=refund.pk).get()
    assert (again.status, again.amount) == ("proposed", 15_000)
    assert again.proposed_by_id == finance.id
    assert "propose-refund" not in offered(finance, "escrow", escrow)
    books.hold()


def test_the_escrow_tells_what_left_and_what_came_back(
    arrived_payout, arrived_refund, finance
):
    payout = arrived_payout()
    text = page(finance, "escrow", payout.escrow)
    assert "20\u202f000\u00a0F\u00a0CFA versés au bénéficiaire" in text
    assert payout.reference in text
    refund = arrived_refund(20_000)
    text = page(finance, "escrow", refund.escrow)
    assert "20\u202f000\u00a0F\u00a0CFA rendus au payeur" in text
    assert refund.reference in page(finance, "charge", refund.charge)


@pytest.mark.parametrize("path", [LIST, ESCROWS])
def test_a_list_costs_few_queries(
    proposed_payout, finance, path, django_assert_max_num_queries
):
    for _ in range(5):
        proposed_payout()
    with django_assert_max_num_queries(12):
        finance.get(path)
