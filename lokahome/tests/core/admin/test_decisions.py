"""Decisions of staff: a POST with a permission, the version seen, and a reason."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from django import forms
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.masked import masked_name, masked_phone
from lokahome.core.admin.pages import DeliveryAdmin
from lokahome.core.audit.models import AuditEvent
from lokahome.core.db.locks import locked
from lokahome.core.errors import StateConflict
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.ids import uuid7

ACTION = "core.delivery.resend"


def at_the_desk(person):
    """Return a browser in which this member of staff has given both proofs."""
    browser = Client()
    browser.force_login(person.user)
    if person.user.is_staff:
        browser.cookies = person.cookies
    browser.id, browser.user = person.id, person.user
    return browser


@pytest.fixture
def operator(operator):
    """The operator, at the desk."""
    return at_the_desk(operator)


@pytest.fixture
def moderator(moderator):
    """The moderator, at the desk."""
    return at_the_desk(moderator)


def set_aside(number=1, **changes):
    """Return a delivery that was set aside."""
    event = OutboxEvent(name="lokahome.x", subject=f"lamp:{number}", payload={})
    event.save()
    row = Delivery(
        **{
            "event": event,
            "subscriber": "tests.x",
            "lane": "notify",
            "subject": event.subject,
            "status": "parked",
            "attempts": 12,
            **changes,
        }
    )
    row.save()
    return row


@pytest.fixture
def row(db):
    return set_aside()


def decide(client, row, decision="resend", **data):
    address = reverse("admin:core_delivery_decide", args=[row.pk, decision])
    return client.post(address, {"version": 1, **data})


def snapshot(row):
    return Delivery.objects.values().get(pk=row.pk)


def page_of(row):
    return reverse("admin:core_delivery_change", args=[row.pk])


@pytest.fixture
def unchanged(row):
    """Check afterwards that nothing changed and that nothing was written down."""
    before = snapshot(row)
    yield
    assert snapshot(row) == before
    assert not AuditEvent.objects.filter(action=ACTION).exists()


def said(client, response):
    """Return the message on the page that *response* leads to."""
    page = client.get(response["Location"], follow=True)
    return " ".join(str(message) for message in page.context["messages"])


def test_a_decision_does_its_deed_and_is_written_down(operator, row):
    response = decide(operator, row, reason="après correction")
    assert response.status_code == 302
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("waiting", 0)
    deed = AuditEvent.objects.get(action=ACTION)
    assert deed.subject == f"delivery:{row.pk}"
    assert deed.actor_id == operator.id
    assert deed.reason == "après correction"
    assert deed.details == {"version": 1}
    assert deed.request_id == response["Request-Id"]


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_nothing_is_decided_by_another_method(operator, row, unchanged, method):
    address = reverse("admin:core_delivery_decide", args=[row.pk, "resend"])
    response = getattr(operator, method)(address)
    assert response.status_code == 405
    assert response["Allow"] == "POST"


def test_without_the_permission_nothing_is_decided(moderator, row, unchanged):
    assert decide(moderator, row).status_code == 403


def test_a_decision_that_does_not_exist_is_not_decided(operator, row, unchanged):
    assert decide(operator, row, "erase").status_code == 403


def test_a_person_who_is_no_staff_is_sent_to_log_in(ama, row, unchanged):
    response = decide(at_the_desk(ama), row)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


def test_an_anonymous_person_is_sent_to_log_in(client, row, unchanged):
    response = decide(client, row)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


def test_a_token_of_the_api_opens_no_door_of_the_back_office(ama, row, unchanged):
    """Not even one that its person kept when they joined the staff."""
    ama.user.is_staff = ama.user.is_superuser = True
    ama.user.save()
    response = decide(ama, row)
    assert response["Location"].startswith(reverse("admin:login"))


def test_another_site_cannot_decide_for_a_member_of_staff(operator, row, unchanged):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator.cookies
    assert decide(strict, row).status_code == 403


@pytest.mark.parametrize("version", ["2", "0", "", "x", "-1", "9" * 30])
def test_another_version_than_the_one_looked_at_is_refused(
    operator, row, unchanged, version
):
    response = decide(operator, row, version=version)
    assert response.status_code == 302
    assert response["Location"] == page_of(row)
    assert said(operator, response)


def test_a_refusal_of_the_service_is_told_and_leaves_no_deed(operator, row):
    Delivery.objects.filter(pk=row.pk).update(status="waiting")
    before = snapshot(row)
    response = decide(operator, row)
    assert response.status_code == 302
    assert "état" in said(operator, response)
    assert snapshot(row) == before
    assert not AuditEvent.objects.filter(action=ACTION).exists()


@pytest.mark.parametrize("pk", [uuid4(), "nonsense", "1", "_3B"])
def test_an_object_that_does_not_exist_is_no_fault(operator, pk):
    address = reverse("admin:core_delivery_decide", args=[pk, "resend"])
    response = operator.post(address, {"version": 1})
    assert response.status_code in {302, 404}
    assert not AuditEvent.objects.filter(action=ACTION).exists()


# --- Reasons and choices -------------------------------------------------------------


class Choices(forms.Form):
    """A choice that goes with the decision."""

    lane = forms.ChoiceField(choices=[("notify", "n"), ("documents", "d")])


@pytest.fixture
def variant(monkeypatch):
    """Return ``variant(**changes)``: the resend decision, changed for one test."""

    def change(**changes):
        (decision,) = DeliveryAdmin.decisions
        monkeypatch.setattr(DeliveryAdmin, "decisions", (replace(decision, **changes),))

    return change


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_decision_that_needs_a_reason_is_refused_without(
    operator, row, unchanged, variant, reason
):
    variant(needs_reason=True)
    assert "motif" in said(operator, decide(operator, row, reason=reason))


def test_a_reason_that_fills_a_book_is_refused(operator, row, unchanged):
    assert said(operator, decide(operator, row, reason="x" * 501))


def test_choices_go_to_the_service_and_bad_ones_are_refused(operator, row, variant):
    orders = []
    variant(form=Choices, run=lambda row, order: orders.append(order))
    decide(operator, row, lane="nowhere")
    assert orders == []
    decide(operator, row, lane="documents", reason="pourquoi")
    (order,) = orders
    assert order.choices == {"lane": "documents"}
    assert (order.reason, order.actor_id) == ("pourquoi", operator.id)


def test_a_service_that_fails_takes_the_deed_back(operator, row, unchanged, variant):
    def fail(row, order):
        Delivery.objects.filter(pk=row.pk).update(attempts=0)
        raise StateConflict("pas maintenant")

    variant(run=fail)
    assert "pas maintenant" in said(operator, decide(operator, row))


def test_a_service_that_asks_a_gateway_runs_outside_the_transaction(
    operator, row, variant, django_capture_on_commit_callbacks
):
    """A row locked while a gateway hangs would stop everything that needs it."""
    from django.db import connection

    depths = []

    def ask(row, order):
        depths.append(len(connection.savepoint_ids))

    variant(run=ask, outside_transaction=True)
    decide(operator, row)
    variant(run=ask, outside_transaction=False)
    decide(operator, row)
    assert depths[0] < depths[1]


def test_the_service_gets_the_row_locked(operator, row, variant, monkeypatch):
    seen = []

    def watch(rows, pk):
        seen.append(pk)
        return locked(rows, pk)

    monkeypatch.setattr("lokahome.core.admin.decisions.locked", watch)
    decide(operator, row)
    assert [str(pk) for pk in seen] == [str(row.pk)]


# --- Pages ---------------------------------------------------------------------------


def test_the_panel_offers_what_may_be_decided(operator, row):
    page = operator.get(page_of(row))
    assert page.status_code == 200
    text = page.content.decode()
    address = reverse("admin:core_delivery_decide", args=[row.pk, "resend"])
    assert f'action="{address}"' in text
    assert "Remettre en file" in text
    assert "csrfmiddlewaretoken" in text


def test_the_panel_does_not_offer_what_the_state_does_not_permit(operator, db):
    row = set_aside(status="waiting")
    assert "Remettre en file" not in operator.get(page_of(row)).content.decode()


def test_after_a_decision_comes_the_next_of_the_queue(operator, row):
    second = set_aside(2)
    response = decide(operator, row)
    assert response["Location"] == page_of(second)
    response = decide(operator, second)
    assert response["Location"] == reverse("admin:core_delivery_changelist")


def test_the_timeline_tells_who_decided_and_why(operator, row):
    decide(operator, row, reason="après correction")
    text = operator.get(page_of(row)).content.decode()
    assert "après correction" in text
    assert operator.user.username in text


@pytest.mark.parametrize("action", ["add", "change", "delete"])
def test_nothing_is_edited_in_the_back_office(operator, row, action, rf):
    """Staff decide; what people wrote stays as they wrote it."""
    before = snapshot(row)
    arguments = [] if action == "add" else [row.pk]
    address = reverse(f"admin:core_delivery_{action}", args=arguments)
    response = operator.post(address, {"status": "done", "post": "yes"})
    assert response.status_code == 403
    assert snapshot(row) == before


LISTS = [
    model
    for model, page in admin.site._registry.items()
    if isinstance(page, LokaModelAdmin)
]


# Conversations are read one by one, from the case that names them: they have no list.
OPENED = [model for model in LISTS if model._meta.label != "messaging.Conversation"]


@pytest.mark.parametrize("model", OPENED, ids=lambda model: model._meta.label)
def test_every_list_opens_for_those_who_may_see_it_and_for_nobody_else(
    operator, client, model, django_assert_max_num_queries
):
    from accounts.models import User

    superuser = User.objects.get(pk=operator.id)
    superuser.is_superuser = True
    superuser.save()
    operator.post("/admin/break-glass/", {"reason": "Je vérifie toutes les listes."})
    address = reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    )
    with django_assert_max_num_queries(25):
        assert operator.get(address).status_code == 200
    assert operator.get(address, {"q": "+2290197000000"}).status_code == 200
    assert client.get(address).status_code == 302


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_every_decision_asks_for_a_permission_that_exists(model, db):
    from django.contrib.auth.models import Permission

    for decision in admin.site._registry[model].decisions:
        app, codename = decision.permission.split(".")
        assert Permission.objects.filter(
            content_type__app_label=app, codename=codename
        ).exists(), decision.permission


def test_an_object_that_is_not_there_is_said_so(operator, db):
    address = reverse("admin:core_delivery_change", args=[uuid7()])
    assert operator.get(address).status_code == 302


# --- Masks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ama Dossou", "A. D."),
        ("  afi  ", "A."),
        ("", "—"),
        ("Éric d’Almeida", "É. D."),
    ],
)
def test_names_are_shown_as_initials(name, shown):
    assert masked_name(name) == shown


def test_phones_are_shown_masked():
    assert masked_phone("+2290197123456") == "+229 •••• 56"
    assert masked_phone(None) == "—"
    assert masked_phone("") == "—"
