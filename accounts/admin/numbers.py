"""Numéros: whose they were, who asked for more than a code, what codes cost a day."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.searching import PersonSearch
from accounts.models import (
    CodeSpending,
    Phone,
    SignInChallenge,
    SignInNotice,
    User,
)
from accounts.services.people.losses import lift_loss
from accounts.services.signing_in.notices import may_be_noticed, open_notice_by_staff
from lokahome.core import clock
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.masked import masked_phone
from lokahome.core.errors import DomainError
from lokahome.core.phones import normalise_phone


class NumberAdmin(PersonSearch, LokaModelAdmin):
    """A list that is searched by a whole number in any writing, and shows two digits."""

    number_path = "phone__number"
    person_path = "person"
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by a whole number, whoever held it, or by whom the row is about."""
        try:
            number = normalise_phone(search_term)
        except DomainError:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(**{self.number_path: number}), False


def _lift_loss(phone: Phone, order: Order) -> object:
    return lift_loss(
        phone_id=phone.pk,
        actor_id=order.actor_id,
        reason=order.reason,
        now=order.now,
    )


LIFT_LOSS = Decision(
    name="lift-loss",
    label=str(_("Lever la perte")),
    permission="accounts.lift_phone_loss",
    run=_lift_loss,
    is_available=lambda phone: phone.lost_at is not None and phone.released_at is None,
    reasons=(
        "La personne a remplacé sa carte SIM et l’a montrée.",
        "La personne dit ne pas avoir déclaré cette perte.",
    ),
    notice=str(
        _(
            "Un code envoyé à ce numéro ouvre de nouveau le compte. Tous les numéros et "
            "l’adresse de la personne en sont avertis."
        )
    ),
    is_danger=True,
)


@admin.register(Phone)
class PhoneAdmin(NumberAdmin):
    """Numbers with their history: a recycled one has several rows."""

    decisions = (LIFT_LOSS,)

    number_path = "number"
    list_display = (
        "shown_number",
        "shown_person",
        "shown_state",
        "held_since",
        "released_at",
    )
    list_filter = ("release_reason",)
    list_select_related = ("user",)
    person_path = "user"
    fields = (
        "shown_number",
        "shown_person",
        "shown_state",
        "verified_at",
        "held_since",
        "lost_at",
        "unproved_loss_at",
        "released_at",
        "release_reason",
    )
    readonly_fields = fields

    def lock_first(self, pk: Any) -> None:
        """Lock the person, as every service does before the number."""
        people = User.objects.get_queryset().filter(phones=pk)
        list(people.select_for_update(no_key=True, of=("self",)))

    def title_of(self, row: Phone) -> str:
        """Return the number, masked."""
        return masked_phone(row.number)

    @display(description=_("Numéro"))
    def shown_number(self, phone: Phone) -> str:
        """Return the number, masked."""
        return masked_phone(phone.number)

    @display(description=_("Personne"), ordering="user_id")
    def shown_person(self, phone: Phone) -> str:
        """Return whose number it is, or was."""
        return str(phone.user)

    @display(description=_("État"))
    def shown_state(self, phone: Phone) -> str:
        """Say whether it is theirs, lost, or past."""
        return phone_state(phone)


def phone_state(phone: Phone) -> str:
    """Return how a number stands with its person, in words."""
    if phone.released_at is not None:
        return phone.get_release_reason_display() or str(_("libéré"))
    return str(_("carte SIM perdue") if phone.lost_at else _("actuel"))


class SignInAdmin(NumberAdmin):
    """What challenges and notices show alike."""

    list_select_related = ("person", "phone")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Join person and number, on the page too."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("person", "phone")

    @display(description=_("Numéro"))
    def shown_number(self, row: Any) -> str:
        """Return the number whose SIM spoke, masked; none for a letter or a service."""
        return masked_phone(row.phone.number) if row.phone else "—"

    @display(description=_("Personne"), ordering="person_id")
    def shown_person(self, row: Any) -> str:
        """Return whose account was asked for."""
        return str(row.person)

    @display(description=_("Appareil"))
    def shown_device(self, row: Any) -> str:
        """Return the head of the device's digest: the same one asks twice alike."""
        return f"{row.device_digest[:8]}…" if row.device_digest else "—"


def _open_notice(challenge: SignInChallenge, order: Order) -> object:
    return open_notice_by_staff(
        challenge_id=challenge.pk,
        actor_id=order.actor_id,
        reason=order.reason,
        now=order.now,
    )


OPEN_NOTICE = Decision(
    name="open-notice",
    label=str(_("Ouvrir le préavis de 72 heures")),
    permission="accounts.open_sign_in_notice",
    run=_open_notice,
    is_available=lambda challenge: may_be_noticed(challenge, clock.now()),
    reasons=(
        "La personne a perdu son téléphone et n’a ni adresse ni autre numéro.",
        "La personne a répondu juste à nos questions sur son bail.",
    ),
    notice=str(
        _(
            "Sans refus d’ici là, un nouveau code depuis le même appareil ouvrira le "
            "compte dans 72 heures. Les versements attendront encore 48 heures."
        )
    ),
    is_danger=True,
)


@admin.register(SignInChallenge)
class SignInChallengeAdmin(SignInAdmin):
    """First proofs that were not enough."""

    decisions = (OPEN_NOTICE,)
    timeline_noun = "sign_in_challenge"
    list_display = (
        "shown_person",
        "shown_number",
        "given",
        "reason",
        "status",
        "method",
        "tries",
        "created_at",
    )
    list_filter = ("status", "given", "reason", "method")
    fields = (
        "shown_person",
        "shown_number",
        "shown_device",
        "given",
        "reason",
        "status",
        "method",
        "tries",
        "created_at",
        "expires_at",
        "closed_at",
    )
    readonly_fields = fields

    def lock_first(self, pk: Any) -> None:
        """Lock the person, as every service does before the challenge."""
        whose = SignInChallenge.objects.filter(pk=pk).values("person_id")
        people = User.objects.get_queryset().filter(pk__in=whose)
        list(people.select_for_update(no_key=True, of=("self",)))


@admin.register(SignInNotice)
class SignInNoticeAdmin(SignInAdmin):
    """Who waits 72 hours for an account, and what its person said."""

    timeline_noun = "sign_in_notice"
    list_display = (
        "shown_person",
        "shown_number",
        "status",
        "created_at",
        "opens_at",
        "closes_at",
    )
    list_filter = ("status",)
    fields = (
        "shown_person",
        "shown_number",
        "shown_device",
        "status",
        "created_at",
        "opens_at",
        "closes_at",
        "closed_at",
    )
    readonly_fields = fields


@admin.register(CodeSpending)
class CodeSpendingAdmin(LokaModelAdmin):
    """What codes cost: a flood to one country stands out."""

    list_title = str(_("Coût des codes"))
    list_display = ("day", "shown_prefix", "sent", "cost", "warned_percent")
    list_filter = ("prefix",)
    ordering = ("-day", "prefix")
    fields = ("day", "shown_prefix", "sent", "cost", "warned_percent")
    readonly_fields = fields

    @display(description=_("Indicatif"), ordering="prefix")
    def shown_prefix(self, row: CodeSpending) -> str:
        """Return the country's prefix, or that it is all of them."""
        return f"+{row.prefix}" if row.prefix else str(_("tous"))
