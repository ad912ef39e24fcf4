"""The back-office pages of money: seen by finance, decided with a trace, never edited."""

import pytest
from django.urls import reverse

from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from payments.gateways.errors import GatewayUnavailable
from payments.services.confirming import confirm_with_gateway
from payments.services.notices import record_notice
from payments.services.reconciliation import reconcile_gateway

pytestmark = pytest.mark.django_db

LISTS = [
    "charge",
    "receipt",
    "journalentry",
    "ledgeraccount",
    "gatewaynotice",
    "gatewaycall",
    "reconciliationrun",
]


@pytest.fixture
def some_of_each(sent_charge, gateway):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    body, headers = gateway.webhook(charge.gateway_id)
    record_notice(gateway="fedapay", headers=headers, raw_body=body, now=clock.now())
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="webhook")
    reconcile_gateway(
        gateway="fedapay",
        window_from=charge.created_at,
        window_until=clock.now(),
        now=clock.now(),
    )
    charge.refresh_from_db()
    return charge


def test_finance_reads_every_list_and_adds_nothing(some_of_each, finance):
    for name in LISTS:
        page = finance.get(reverse(f"admin:payments_{name}_changelist"))
        assert page.status_code == 200, name
        page = finance.get(reverse(f"admin:payments_{name}_add"))
        assert page.status_code == 403, name


def test_moderators_see_no_money(some_of_each, moderator):
    for name in LISTS:
        page = moderator.get(reverse(f"admin:payments_{name}_changelist"))
        assert page.status_code == 403, name


def test_a_payments_page_says_where_the_money_is(some_of_each, finance):
    url = reverse("admin:payments_charge_change", args=[some_of_each.pk])
    text = finance.get(url).content.decode()
    assert "encaissés par Fedapay" in text
    assert some_of_each.payer_phone not in text
    history = text[text.index("lh-timeline") :]
    for part in (
        "Webhook reçu\u202f: paiement approuvé",
        "Encaissement",
        "Passerelle interrogée : payé",
        "En attente du payeur → Payé",
        "«&#8239;À traiter&#8239;»",
    ):
        assert part in history, part
    for code in ("fetch_charge", "succeeded", "transaction.", "system"):
        assert code not in history, code


def test_a_payments_page_names_people_by_initials(some_of_each, finance):
    url = reverse("admin:payments_charge_change", args=[some_of_each.pk])
    text = finance.get(url).content.decode()
    assert str(some_of_each.payer_id) not in text
    assert "<dt>Payeur</dt>" in text


def test_amounts_are_written_as_people_write_them(some_of_each, finance):
    for name in ("charge", "journalentry", "ledgeraccount", "reconciliationrun"):
        text = finance.get(reverse(f"admin:payments_{name}_changelist")).content
        assert "35\u202f000\u00a0F\u00a0CFA" in text.decode(), name
        assert ">35000<" not in text.decode(), name


def test_an_entrys_page_shows_its_legs(some_of_each, finance):
    entry = some_of_each.entries.get(kind="capture")
    url = reverse("admin:payments_journalentry_change", args=[entry.pk])
    text = finance.get(url).content.decode()
    assert "552" in text
    assert "4731" in text


def test_the_lists_cost_few_queries(
    some_of_each, sent_charge, finance, django_assert_max_num_queries
):
    for _ in range(10):
        sent_charge()
    with django_assert_max_num_queries(12):
        finance.get(reverse("admin:payments_charge_changelist"))


def decide(client, charge, **changes):
    url = reverse("admin:payments_charge_decide", args=[charge.pk, "recheck"])
    return client.post(
        url, {"version": charge.version, **changes}, format="multipart", follow=True
    )


def test_asking_the_gateway_again_settles(sent_charge, gateway, finance, books):
    charge = sent_charge()
    gateway.approve(charge.reference, fee=630)
    assert decide(finance, charge).status_code == 200
    charge.refresh_from_db()
    assert charge.status == "succeeded"
    deed = AuditEvent.objects.get(action="payments.charge.recheck")
    assert deed.actor_id == finance.id
    books.hold()


def test_without_the_permission_nothing_is_asked(sent_charge, gateway, moderator):
    charge = sent_charge()
    gateway.calls.clear()
    assert decide(moderator, charge).status_code == 403
    assert gateway.calls == []


def test_a_silent_gateway_is_said_so(sent_charge, gateway, finance):
    charge = sent_charge()
    gateway.always = GatewayUnavailable("refused", sent=False)
    page = decide(finance, charge)
    assert "La passerelle de paiement ne répond pas" in page.content.decode()
    charge.refresh_from_db()
    assert charge.status == "pending"
