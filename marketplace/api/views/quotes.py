"""Quotes: accepting, declining, withdrawing, revising."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.conditional import answer
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import ReadViewSet
from marketplace.api.filters import QuoteFilter
from marketplace.api.serializers.jobs import JobSerializer
from marketplace.api.serializers.quotes import (
    DeclineSerializer,
    QuoteInputSerializer,
    QuoteSerializer,
)
from marketplace.api.views.jobs import job_for
from marketplace.models import Quote
from marketplace.policies import roles_on_quote
from marketplace.services.acceptance import accept_quote
from marketplace.services.quotes import decline_quote, revise_quote, withdraw_quote
from properties.api.views.shared import (
    IDEMPOTENCY_KEY,
    created,
    read,
    require_role,
    signed_in,
)


def with_names(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Join what a quote's answer names."""
    joined = queryset.select_related("request", "provider__provider_profile", "job")
    return joined.prefetch_related("lines")


@extend_schema_view(
    list=extend_schema(
        operation_id="quote_list", summary="List what one quoted and was quoted"
    ),
    retrieve=extend_schema(operation_id="quote_retrieve", summary="Read a quote"),
)
class QuoteViewSet(ReadViewSet):
    """Quotes: seen by the requester and their own provider; rivals never see them."""

    model = Quote
    serializer_class = QuoteSerializer
    open_to_restricted = ("withdrawal", "decline")
    filterset_class = QuoteFilter

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join what the answer names."""
        return with_names(queryset)

    def as_party(self, role: str) -> None:
        """Raise NotFound for strangers, NotAllowed for the other party."""
        require_role(role, roles_on_quote(self.request.user, self.visible()))

    def fresh(self, pk: UUID) -> Response:
        """Return the quote as it is now, with its ETag."""
        row = self.visible(pk)
        return answer(row, self.request, self.get_serializer(row).data)

    @extend_schema(
        operation_id="quote_accept",
        summary="Accept a quote; the answer is the job",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={201: JobSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def acceptance(self, request: Request, pk: UUID) -> Response:
        """Accept it; the other quotes are declined, and the job is to be paid."""
        self.as_party("requester")
        job = accept_quote(quote_id=pk, requester=signed_in(request), now=clock.now())
        row = job_for(request.user, job.pk)
        data = JobSerializer(row, context=self.get_serializer_context()).data
        headers = {"Location": reverse("jobs-detail", args=[job.pk])}
        return answer(
            row, request, data, status=status.HTTP_201_CREATED, headers=headers
        )

    @extend_schema(
        operation_id="quote_decline",
        summary="Decline a quote",
        request=DeclineSerializer,
        responses={200: QuoteSerializer},
    )
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: UUID) -> Response:
        """Decline it; the provider may quote again."""
        values = read(DeclineSerializer, request)
        self.as_party("requester")
        decline_quote(
            quote_id=pk, requester=signed_in(request), now=clock.now(), **values
        )
        return self.fresh(pk)

    @extend_schema(
        operation_id="quote_withdraw",
        summary="Take one's quote back",
        request=None,
        responses={200: QuoteSerializer},
    )
    @action(detail=True, methods=["post"])
    def withdrawal(self, request: Request, pk: UUID) -> Response:
        """Take it back; again is harmless."""
        self.as_party("provider")
        withdraw_quote(quote_id=pk, provider=signed_in(request), now=clock.now())
        return self.fresh(pk)

    @extend_schema(
        operation_id="quote_revise",
        summary="Replace one's quote by another price",
        request=QuoteInputSerializer,
        responses={201: QuoteSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent(required=False)
    def revision(self, request: Request, pk: UUID) -> Response:
        """Replace it; the answer is the new quote."""
        values = read(QuoteInputSerializer, request)
        self.as_party("provider")
        quote = revise_quote(
            quote_id=pk,
            provider=signed_in(request),
            new_quote_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        row = self.visible(quote.pk)
        data = self.get_serializer(row).data
        return created(row, request, data, name="quotes-detail")
