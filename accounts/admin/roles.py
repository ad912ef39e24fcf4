"""Rôles: each hat with its level, and why it stands there. Read only: documents decide."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.searching import PersonSearch
from accounts.models import IdentityCheck, RoleGrant
from accounts.models.ladders import LADDERS
from accounts.policies.levels import is_proven
from accounts.services.identity.levels import proofs_of
from lokahome.core.admin.base import LokaModelAdmin


@admin.register(RoleGrant)
class RoleGrantAdmin(PersonSearch, LokaModelAdmin):
    """Hats. A level is never typed in: the page shows what it was counted from."""

    list_display = ("shown_person", "role", "level", "created_at")
    list_filter = ("role", "level")
    list_select_related = ("user",)
    ordering = ("-id",)
    fields = ("shown_person", "role", "level", "created_at", "updated_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoleGrant]:
        """Join whose hats they are, on the page too."""
        rows: QuerySet[RoleGrant] = super().get_queryset(request)
        return rows.select_related("user")

    def title_of(self, row: RoleGrant) -> str:
        """Return whose hat it is."""
        return f"{row.get_role_display()} — {row.user}"

    def preview(self, request: HttpRequest, row: RoleGrant) -> str:
        """Show the ladder: what each level asks, what is proved, by which documents."""
        proofs = proofs_of(row.user_id, role=row.role)
        rungs = [
            {
                "level": level,
                "needs": [(need.label, is_proven(need, proofs)) for need in needs],
            }
            for level, needs in enumerate(LADDERS[row.role], start=1)
        ]
        checks = IdentityCheck.objects.filter(
            person=row.user_id, role__in=("", row.role)
        )
        context: dict[str, Any] = {
            "grant": row,
            "rungs": rungs,
            "checks": checks.order_by("-id")[:20],
        }
        return render_to_string("admin/accounts/role_preview.html", context)

    @display(description=_("Personne"), ordering="user_id")
    def shown_person(self, grant: RoleGrant) -> str:
        """Return whose hat it is."""
        return str(grant.user)
