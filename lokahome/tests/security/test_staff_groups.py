"""Which group of the staff opens which list, and what each list costs.

`accounts.services.staff.groups` is the truth in the code; this table is what was meant. A list
that is new has to be put into it.
"""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from accounts.models import Case
from accounts.services.moderation.cases import open_case
from accounts.services.staff.groups import STAFF_GROUPS, matching
from lokahome.core import clock
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.money import Money
from lokahome.schedule import seed
from lokahome.tests.people import make_staff
from payments.services.charges import request_charge
from properties.tests import factories as make

pytestmark = pytest.mark.django_db

PEOPLE = "moderator identity_checker support finance_maker finance_checker lead auditor"
OFFER = "moderator support lead auditor"
MONEY = "finance_maker finance_checker auditor"
SYSTEM = "auditor operator"
WATCH = "support lead auditor"
WHO = {
    "accounts.agency": f"identity_checker {WATCH}",
    "accounts.appeal": WATCH,
    "accounts.case": PEOPLE,
    "accounts.codespending": f"{WATCH} operator",
    "accounts.consent": WATCH,
    "accounts.dataexport": WATCH,
    "accounts.erasurerequest": WATCH,
    "accounts.identitycheck": "identity_checker support lead auditor",
    "accounts.rolegrant": "identity_checker support lead auditor",
    "accounts.membership": f"identity_checker {WATCH}",
    "accounts.phone": WATCH,
    "accounts.sanction": f"moderator identity_checker {WATCH}",
    "accounts.session": WATCH,
    "accounts.signinchallenge": WATCH,
    "accounts.signinnotice": WATCH,
    "accounts.staffchange": "lead",
    "accounts.stafflink": "lead",
    "accounts.user": PEOPLE,
    "marketplace.job": OFFER,
    "marketplace.providerprofile": OFFER,
    "marketplace.review": OFFER,
    "marketplace.servicecategory": OFFER,
    "marketplace.servicerequest": OFFER,
    "properties.mandate": OFFER,
    "properties.property": OFFER,
    "properties.unit": OFFER,
    "properties.listing": OFFER,
    "properties.application": OFFER,
    "properties.lease": OFFER,
    "properties.rentperiod": OFFER,
    "properties.rentpayment": OFFER,
    "properties.ticket": OFFER,
    "payments.escrow": MONEY,
    "payments.transfer": MONEY,
    "payments.charge": f"{MONEY} support",
    "payments.receipt": MONEY,
    "payments.journalentry": MONEY,
    "payments.ledgeraccount": MONEY,
    "payments.reconciliationrun": MONEY,
    "payments.gatewaynotice": f"{MONEY} operator",
    "payments.gatewaycall": f"{MONEY} operator",
    "messaging.conversation": "",  # one page, from the case that names it; no list
    "messaging.outgoingmessage": "support operator",
    "messaging.inboundsms": "support operator",
    "core.delivery": SYSTEM,
    "core.outboxevent": SYSTEM,
    "core.auditevent": f"{SYSTEM} lead",
    "django_celery_beat.periodictask": "operator",
}
"""List -> the groups that open it."""
DECIDES = {
    "accounts.approve_sanction": "lead",
    "accounts.assign_case": "lead",
    "accounts.decide_agency": "identity_checker",
    "accounts.decide_appeals_case": "lead",
    "accounts.decide_disputes_case": "moderator",
    "accounts.decide_erasurerequest": "lead",
    "accounts.decide_identities_case": "identity_checker",
    "accounts.decide_identity_check": "identity_checker",
    "accounts.decide_listings_case": "moderator",
    "accounts.decide_payments_case": "finance_maker",
    "accounts.decide_reports_case": "moderator",
    "accounts.end_session": "support lead",
    "accounts.impose_sanction": "moderator identity_checker lead",
    "accounts.lift_phone_loss": "support",
    "accounts.lift_sanction": "lead",
    "accounts.manage_staff": "lead",
    "accounts.open_sign_in_notice": "support",
    "accounts.reveal_person": "identity_checker support lead",
    "core.resend_delivery": "operator",
    "marketplace.decide_job_dispute": "moderator",
    "marketplace.suspend_provider": "moderator",
    "marketplace.withhold_review": "moderator",
    "messaging.resend_outgoingmessage": "support operator",
    "messaging.view_case_conversation": "moderator",
    "payments.approve_transfer": "finance_checker",
    "payments.propose_transfer": "finance_maker",
    "payments.recheck_charge": "finance_maker",
    "payments.recheck_transfer": "finance_maker",
    "properties.decide_mandate": "moderator",
    "properties.moderate_listing": "moderator",
}
"""Decision -> the groups that take it."""
ROWS, MOST_QUERIES = 25, 14


def list_of(label):
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


def test_the_table_knows_every_list_and_every_group():
    # Group pages are theirs alone who break the glass.
    lists = {model._meta.label_lower for model in admin.site._registry}
    assert lists == set(WHO)
    assert set(STAFF_GROUPS) == set(" ".join(WHO.values()).split())


@pytest.mark.parametrize("group", sorted(STAFF_GROUPS))
def test_each_group_opens_its_lists_and_no_other(group):
    client = make_staff(group, group)
    opened = {label: client.get(list_of(label)).status_code for label in WHO}
    assert opened == {
        label: 200 if group in groups.split() else 403 for label, groups in WHO.items()
    }


def test_the_table_knows_every_decision_and_who_takes_it():
    ours = {
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        for codename, _label in model._meta.permissions
    }
    holders = {
        name: [
            group
            for group, patterns in STAFF_GROUPS.items()
            if matching(patterns, {name})
        ]
        for name in ours
    }
    assert {name: " ".join(groups) for name, groups in holders.items()} == DECIDES


def test_nobody_enters_and_approves_money():
    for group in STAFF_GROUPS:
        taken = {name for name, groups in DECIDES.items() if group in groups.split()}
        assert not {"payments.propose_transfer", "payments.approve_transfer"} <= taken


def test_who_reads_the_log_for_others_decides_nothing():
    assert not [name for name, groups in DECIDES.items() if "auditor" in groups]


@pytest.mark.parametrize("group", sorted(STAFF_GROUPS))
def test_nobody_adds_changes_or_deletes(group):
    user = make_staff(group, group).user
    edits = {
        name
        for name in user.get_all_permissions()
        if name.partition(".")[2].startswith(("add_", "change_", "delete_"))
    }
    assert all(name.startswith("django_celery_beat.") for name in edits), edits


def test_staff_without_a_group_open_nothing():
    client = make_staff("newcomer")
    assert {client.get(list_of(label)).status_code for label in WHO} == {403}
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("group", sorted(set(STAFF_GROUPS) - {"moderator"}))
def test_listings_are_decided_by_moderators_alone(group, kossi):
    row = make.submitted(kossi.user)
    url = reverse("admin:properties_listing_decide", args=[row.pk, "publish"])
    client = make_staff(group, group)
    answer = client.post(url, {"version": row.version}, format="multipart")
    assert answer.status_code == 403
    row.refresh_from_db()
    assert row.status == "submitted"


@pytest.mark.parametrize("group", sorted(set(STAFF_GROUPS) - {"finance_maker"}))
def test_payment_cases_are_closed_by_finance_alone(group):
    case = a_case(0)
    url = reverse("admin:accounts_case_decide", args=[case.pk, "close-payments"])
    client = make_staff(group, group)
    answer = client.post(
        url, {"version": case.version, "reason": "Vu"}, format="multipart"
    )
    assert answer.status_code == 403
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN


def a_case(number):
    return open_case(
        kind="payment_amount",
        queue=Case.Queue.PAYMENTS,
        subject=f"charge:{number}",
        title="La passerelle annonce un autre montant",
        evidence={"said_amount": number},
        now=clock.now(),
    )


def a_charge(number, ama, kossi):
    return request_charge(
        payer_id=ama.id,
        payee_id=kossi.id,
        amount=Money(35_000 + number),
        subject=f"lease:{number}",
        operator="mtn",
        payer_phone="+2290197000001",
        description="Loyer",
        now=clock.now(),
    )


def a_delivery(number):
    event = OutboxEvent(name="ChargeSettled", subject=f"charge:{number}", payload={})
    event.save()
    return Delivery.objects.create(
        event=event, subscriber="tests.nobody", lane="state", subject=event.subject
    )


@pytest.fixture
def fill(ama, kossi):
    """Fill a list with ROWS rows."""

    def of(label):
        for number in range(ROWS):
            if label == "properties.listing":
                make.submitted(kossi.user)
            elif label == "payments.charge":
                a_charge(number, ama, kossi)
            elif label == "accounts.case":
                a_case(number)
            elif label == "core.delivery":
                a_delivery(number)
        if label == "django_celery_beat.periodictask":
            seed()

    return of


@pytest.mark.parametrize(
    ("label", "group"),
    [
        ("properties.listing", "moderator"),
        ("payments.charge", "finance_maker"),
        ("accounts.case", "finance_maker"),
        ("accounts.user", "support"),
        ("core.delivery", "operator"),
        ("core.auditevent", "operator"),
        ("django_celery_beat.periodictask", "operator"),
    ],
)
def test_a_full_list_costs_few_queries(
    label, group, fill, django_assert_max_num_queries
):
    fill(label)
    client = make_staff(group, group)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(list_of(label)).status_code == 200
