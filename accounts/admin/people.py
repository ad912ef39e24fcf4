"""Utilisateurs: who somebody is, with name, phone and e-mail masked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.numbers import phone_state
from accounts.admin.revealing import REVEAL, STAFF_DEEDS, deeds_of
from accounts.admin.sanctioning import (
    SANCTION_DEEDS,
    SANCTION_PERSON,
    sanctions_of,
)
from accounts.admin.searching import PersonSearch
from accounts.admin.sessions import END_ALL_SESSIONS, sessions_of
from accounts.admin.staff import ShowsPassword
from accounts.admin.staff_deciding import STAFF_DECISIONS
from accounts.models import User
from accounts.queries.people import email_of
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.masked import masked_email, masked_phone
from lokahome.core.admin.revealing import RevealingPage, is_revealed
from lokahome.core.phones import display_phone


@admin.register(User)
class UserAdmin(ShowsPassword, RevealingPage, PersonSearch, LokaModelAdmin):
    """People. Codes are not here, nor anywhere; numbers show their last two digits."""

    timeline_deeds = {
        "person.joined": _("Inscription"),
        "person.profile_changed": _("Profil modifié"),
        "person.role_taken": _("Rôle pris"),
        "person.password_set": _("Mot de passe changé"),
        **SANCTION_DEEDS,
        **STAFF_DEEDS,
        "phone.added": _("Numéro ajouté"),
        "phone.removed": _("Numéro retiré"),
        "phone.lost": _("Carte SIM déclarée perdue"),
        "phone.taken_over": _("Numéro repris par un nouveau compte"),
        "person.address_revealed": _("Adresse révélée"),
        "sign_in.challenged": _("Seconde preuve demandée"),
        "sign_in.proved": _("Seconde preuve donnée"),
        "sign_in.notice_opened": _("Préavis de connexion ouvert"),
        "sign_in.notice_contested": _("Préavis de connexion contesté"),
        "sign_in.notice_used": _("Connexion après préavis"),
    }

    list_display = (
        "shown_name",
        "shown_phone",
        "shown_roles",
        "is_active",
        "is_staff",
        "created_at",
    )
    list_filter = ("is_active", "is_staff", "roles__role")
    person_path = ""
    ordering = ("-id",)
    fields = (
        "shown_name",
        "username",
        "shown_phone",
        "shown_email",
        "shown_numbers",
        "shown_roles",
        "shown_sessions",
        "shown_sanctions",
        "language",
        "is_active",
        "is_restricted",
        "is_staff",
        "last_login",
        "created_at",
    )
    readonly_fields = (
        "shown_name",
        "shown_phone",
        "shown_email",
        "shown_numbers",
        "shown_roles",
        "shown_sessions",
        "shown_sanctions",
        "shown_deeds",
    )
    decisions = (REVEAL, END_ALL_SESSIONS, SANCTION_PERSON, *STAFF_DECISIONS)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add what the person did, for who reads the log."""
        user: Any = request.user
        may_read = user.has_perm("core.view_auditevent")
        return (*self.fields, *(("shown_deeds",) if may_read else ()))

    def title_of(self, row: User) -> str:
        """Return the name as the page may show it."""
        name: str = self.shown_name(row)
        return name

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Read hats and numbers of the page's people at once."""
        return User.objects.get_queryset().prefetch_related("phones", "roles")

    @display(description=_("Nom"))
    def shown_name(self, person: User) -> str:
        """Return the initials, the handle of staff; the name to who said why."""
        is_known = is_revealed(person) and not person.is_staff
        return (is_known and person.known_name) or str(person)

    @display(description=_("Téléphone"))
    def shown_phone(self, person: User) -> str:
        """Return the current number, masked."""
        current = [item for item in person.phones.all() if item.released_at is None]
        newest = max(current, key=lambda item: item.held_since, default=None)
        if newest and is_revealed(person):
            return display_phone(newest.number)
        return masked_phone(newest.number if newest else None)

    @display(description=_("Courriel"))
    def shown_email(self, person: User) -> str:
        """Return the proved address, masked."""
        address = email_of(person.pk)
        return address if address and is_revealed(person) else masked_email(address)

    @display(description=_("Actes de cette personne"))
    def shown_deeds(self, person: User) -> str:
        """Return what the person did, the newest first."""
        return deeds_of(person)

    @display(description=_("Historique des numéros"))
    def shown_numbers(self, person: User) -> str:
        """Return every number the person held, masked, the newest first."""
        held = sorted(
            person.phones.all(), key=lambda item: item.held_since, reverse=True
        )
        lines = (
            (masked_phone(item.number), phone_state(item), _since(item.held_since))
            for item in held
        )
        return format_html_join("\n", "<div>{} · {} · {}</div>", lines) or "—"

    @display(description=_("Rôles"))
    def shown_roles(self, person: User) -> str:
        """Return the hats and their levels."""
        grants = sorted(person.roles.all(), key=lambda item: item.role)
        return ", ".join(f"{item.get_role_display()} ({item.level})" for item in grants)

    @display(description=_("Sessions"))
    def shown_sessions(self, person: User) -> str:
        """Return the newest sessions, with the way to each."""
        return sessions_of(person)

    @display(description=_("Sanctions"))
    def shown_sanctions(self, person: User) -> str:
        """Return what was done to the account, the newest first, with the way to each."""
        return sanctions_of(person)


def _is_revealed(person: Any) -> bool:
    return bool(getattr(person, "is_revealed", False))


def _since(moment: datetime) -> str:
    """Return since which day, in words."""
    day = date_format(localtime(moment), "SHORT_DATE_FORMAT")
    return _("depuis le %(day)s") % {"day": day}
