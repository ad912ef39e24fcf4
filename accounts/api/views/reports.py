"""Reporting what somebody else wrote."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers.reports import ReportInputSerializer, ReportSerializer
from accounts.api.views.auth import read
from accounts.models import Report
from accounts.services.moderation.reports import file_report
from lokahome.core import clock
from lokahome.core.api.conditional import answer
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import ReadViewSet

IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    type={"type": "string", "format": "uuid"},
    location=OpenApiParameter.HEADER,
    required=True,
    description="Made by the client; the same for every retry of one wish.",
)


@extend_schema_view(
    list=extend_schema(
        operation_id="report_list", tags=["reports"], summary="List one's own reports"
    ),
    retrieve=extend_schema(
        operation_id="report_retrieve",
        tags=["reports"],
        summary="Read one of one's own reports",
    ),
)
class ReportViewSet(ReadViewSet):
    """The reports of whoever asks."""

    model = Report
    serializer_class = ReportSerializer
    open_to_restricted = True

    @extend_schema(
        operation_id="report_create",
        tags=["reports"],
        summary="Report a listing, a message, a provider or a review",
        parameters=[IDEMPOTENCY_KEY],
        request=ReportInputSerializer,
        responses={200: ReportSerializer, 201: ReportSerializer},
    )
    @idempotent()
    def create(self, request: Request) -> Response:
        """Tell the staff; 200 with the first report while one of it is open."""
        user: Any = request.user
        report, is_new = file_report(
            reporter=user, now=clock.now(), **read(ReportInputSerializer, request)
        )
        return answer(
            report,
            request,
            ReportSerializer(report).data,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
            headers={"Location": reverse("report-detail", args=[report.pk])},
        )
