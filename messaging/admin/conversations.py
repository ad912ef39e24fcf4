"""Conversations as staff meet them: by an open case that names one, or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from accounts.admin.case_views import register_case_view, register_case_words
from accounts.admin.links import may_see_people, people_links
from accounts.models import Case
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.errors import NotAllowed, NotFound
from messaging.models import Conversation
from messaging.policies import READ_FOR_CASE
from messaging.services.case_reading import (
    CaseReading,
    conversation_named_by,
    read_for_case,
)

CASE = "dossier"
"""Query parameter: the case for which the page is read."""


@admin.register(Conversation)
class ConversationAdmin(LokaModelAdmin):
    """One page and no list: nobody leafs through what people write to each other."""

    timeline_deeds = {
        "conversation.read": _("Lue pour un dossier"),
        "conversation.reading_refused": _("Lecture refusée"),
    }
    fields = ("subject", "last_seq", "active_at", "created_at")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Stand in no menu."""
        return False

    def has_view_permission(
        self, request: HttpRequest, obj: Conversation | None = None
    ) -> bool:
        """Ask for the right; `change_view` asks for the case as well."""
        user: Any = request.user
        return obj is not None and bool(user.has_perm(READ_FOR_CASE))

    def get_urls(self) -> list[URLPattern]:
        """Add the way in from a case."""
        view = self.admin_site.admin_view(self.case_view)
        name = "messaging_conversation_of_case"
        return [path("case/<uuid:case_id>/", view, name=name), *super().get_urls()]

    def case_view(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        """Go to the conversation that the case names."""
        user: Any = request.user
        case = Case.objects.visible_to(user).filter(pk=case_id).first()
        named = conversation_named_by(case) if case is not None else None
        if named is None:
            raise Http404
        address = reverse("admin:messaging_conversation_change", args=[named.pk])
        return HttpResponseRedirect(f"{address}?{CASE}={case_id}")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refuse: there is no list."""
        raise PermissionDenied

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what the case needs; each look is written to the audit log first."""
        asked: Any = request
        try:
            asked.reading = read_for_case(
                conversation_id=UUID(unquote(object_id)),
                case_id=UUID(request.GET.get(CASE, "")),
                actor=asked.user,
            )
        except NotFound as error:
            raise Http404 from error
        except (NotAllowed, ValueError) as error:
            raise PermissionDenied from error
        return super().change_view(request, object_id, form_url, extra_context)

    def preview(self, request: HttpRequest, row: Conversation) -> str:
        """Show the messages, people by their initials."""
        asked: Any = request
        reading: CaseReading = asked.reading
        senders = {item.sender_id for item in reading.messages if item.sender_id}
        links = people_links(senders, linked=may_see_people(request))
        context = {
            "case_address": reverse(
                "admin:accounts_case_change", args=[reading.case.pk]
            ),
            "reported_seq": reading.reported_seq,
            "messages": [
                (
                    message,
                    links[message.sender_id] if message.sender_id else _("plateforme"),
                    getattr(message, "hiding", None) is not None,
                )
                for message in reading.messages
            ],
        }
        return render_to_string("admin/messaging/conversation_preview.html", context)


def _words_of(case: Case) -> str | None:
    # A message has its own way in, above.
    is_dispute = case.queue == Case.Queue.DISPUTES
    if not is_dispute or conversation_named_by(case) is None:
        return None
    return reverse("admin:messaging_conversation_of_case", args=[case.pk])


register_case_words(_words_of, label=_("Conversation"), permission=READ_FOR_CASE)
register_case_view(
    "message",
    lambda case, _message_id: reverse(
        "admin:messaging_conversation_of_case", args=[case.pk]
    ),
    label="Lire le message et ce qui l’entoure",
    permission=READ_FOR_CASE,
)
