"""The development page of caught messages: how one reads a code without a phone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from lokahome.core.api.problems import problem_response
from lokahome.core.dev_doors import is_open_to
from lokahome.core.errors import DomainError, NotFound
from lokahome.core.phones import normalise_phone
from messaging.models import CaughtMessage, OutgoingMessage

SHOWN = 100


def caught(request: HttpRequest) -> QuerySet[CaughtMessage]:
    """Return the messages to ``?to=`` (any writing of a phone, or an address)."""
    to = request.GET.get("to", "").strip()
    if not to:
        return CaughtMessage.objects.all()
    with suppress(DomainError):
        # An unescaped + of a query arrives as a space; the normal form brings it back.
        to = normalise_phone(to)
    return CaughtMessage.objects.filter(to=to)


def delivery_states(rows: Sequence[CaughtMessage]) -> dict[str, str]:
    """Return what became of each message (by its `reference`), in words."""
    ids = []
    for row in rows:
        with suppress(ValueError):
            ids.append(UUID(row.reference))
    sent = OutgoingMessage.objects.filter(pk__in=ids)
    return {
        str(message.pk): message.get_delivery_display() or message.get_status_display()
        for message in sent.only("status", "delivery")
    }


@require_GET
def messages_page(request: HttpRequest) -> HttpResponse:
    """Show the newest caught messages."""
    if not is_open_to(request):
        return problem_response(NotFound(), request)
    rows = list(caught(request).order_by("-id")[:SHOWN])
    states = delivery_states(rows)
    context: dict[str, Any] = {
        "caught": [(row, states.get(row.reference, "")) for row in rows],
        "to": request.GET.get("to", ""),
    }
    return render(request, "dev/messages.html", context)


@require_GET
def messages_json(request: HttpRequest) -> HttpResponse:
    """Return caught messages, oldest first; ``?after=<id>`` leaves out the seen ones."""
    if not is_open_to(request):
        return problem_response(NotFound(), request)
    rows = caught(request)
    try:
        rows = rows.filter(id__gt=UUID(request.GET["after"]))
    except KeyError:
        rows = rows.filter(id__in=rows.order_by("-id").values("id")[:SHOWN])
    except ValueError:
        return problem_response(NotFound(), request)
    page = list(rows.order_by("id")[:SHOWN])
    states = delivery_states(page)
    data = [
        {
            "id": str(row.pk),
            "channel": row.channel,
            "to": row.to,
            "subject": row.subject,
            "text": row.text,
            "state": states.get(row.reference, ""),
            "created_at": row.created_at.isoformat(),
        }
        for row in page
    ]
    return JsonResponse({"data": data}, headers={"Cache-Control": "no-store"})
