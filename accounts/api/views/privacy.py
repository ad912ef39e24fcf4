"""One's own privacy: what one agreed to, a copy of one's data, being erased."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import session_of
from accounts.api.serializers.privacy import (
    ConsentInputSerializer,
    ConsentPurposesSerializer,
    ConsentSerializer,
    DataExportSerializer,
    DownloadLinkSerializer,
    ErasureRequestSerializer,
)
from accounts.api.views.auth import read
from accounts.api.views.reports import IDEMPOTENCY_KEY
from accounts.models import Consent, DataExport, ErasureRequest
from accounts.services.privacy.consents import consents_of, give_word
from accounts.services.privacy.data_exports import (
    open_download,
    request_export,
    sign_download,
)
from accounts.services.privacy.erasure import cancel_erasure, request_erasure
from accounts.services.signing_in.proofs import require_recent_proof
from lokahome.core import clock
from lokahome.core.api.filters import refuse_unknown
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import LokaViewSet, ReadViewSet, actor_id

KEY = OpenApiParameter(
    name="key",
    type=str,
    required=True,
    description="From the link; opens this copy for its person, for five minutes.",
)


@extend_schema_view(
    list=extend_schema(
        operation_id="consent_list",
        tags=["me"],
        summary="List what one agreed to and took back",
    )
)
class MyConsentsViewSet(ListModelMixin, LokaViewSet):
    """The ledger of whoever asks: every word given, newest first."""

    model = Consent
    serializer_class = ConsentSerializer

    @extend_schema(
        operation_id="consent_create",
        tags=["me"],
        summary="Agree to a purpose, or take it back",
        parameters=[IDEMPOTENCY_KEY],
        request=ConsentInputSerializer,
        responses={201: ConsentSerializer},
    )
    @idempotent()
    def create(self, request: Request) -> Response:
        """Write it down; saying the same again changes nothing."""
        user: Any = request.user
        values = read(ConsentInputSerializer, request)
        consent = give_word(user=user, now=clock.now(), **values)
        data = ConsentSerializer(consent).data
        return Response(data, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="consent_purposes",
        tags=["me"],
        summary="Read what one may agree to, and one's own word for each",
        responses={200: ConsentPurposesSerializer},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def purposes(self, request: Request) -> Response:
        """Return every purpose with the text that is put to people now."""
        refuse_unknown(request, set())
        found = consents_of(actor_id(request))
        return Response(ConsentPurposesSerializer({"data": found}).data)


@extend_schema_view(
    list=extend_schema(
        operation_id="data_export_list",
        tags=["me"],
        summary="List the copies of one's data",
    ),
    retrieve=extend_schema(
        operation_id="data_export_retrieve",
        tags=["me"],
        summary="See how a copy of one's data stands",
    ),
)
class MyDataExportsViewSet(ReadViewSet):
    """The copies of whoever asks."""

    model = DataExport
    serializer_class = DataExportSerializer

    @extend_schema(
        operation_id="data_export_create",
        tags=["me"],
        summary="Ask for a copy of all one's data; needs a proof of the last minutes",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: DataExportSerializer},
    )
    @idempotent()
    def create(self, request: Request) -> Response:
        """Take the wish; the copy is packed in the background, twice a day at most."""
        user: Any = request.user
        now = clock.now()
        require_recent_proof(session_of(request), now)
        export = request_export(user=user, now=now)
        return Response(
            DataExportSerializer(export).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": reverse("my-data-exports-detail", args=[export.pk])},
        )

    @extend_schema(
        operation_id="data_export_link",
        tags=["me"],
        summary="Get a link to one's copy; needs a proof of the last minutes",
        request=None,
        responses={200: DownloadLinkSerializer},
    )
    @action(detail=True, methods=["post"])
    def link(self, request: Request, pk: UUID) -> Response:
        """Sign a link that opens it for five minutes, for this person alone."""
        user: Any = request.user
        now = clock.now()
        require_recent_proof(session_of(request), now)
        link = sign_download(export_id=pk, user=user, now=now)
        return Response(DownloadLinkSerializer(link).data)

    @extend_schema(
        operation_id="data_export_file",
        tags=["me"],
        summary="Fetch one's copy",
        parameters=[KEY],
        responses={
            (200, "application/zip"): OpenApiResponse(
                OpenApiTypes.BINARY, description="The ZIP."
            )
        },
    )
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: UUID) -> HttpResponse:
        """Send the ZIP; each download is written down."""
        refuse_unknown(request, {"key"})
        user: Any = request.user
        token = request.query_params.get("key", "")
        content = open_download(export_id=pk, token=token, user=user)
        return HttpResponse(
            content,
            content_type="application/zip",
            headers={
                "Content-Disposition": 'attachment; filename="lokahome-donnees.zip"',
                "Cache-Control": "no-store",
                "Content-Security-Policy": "sandbox",
            },
        )


@extend_schema_view(
    list=extend_schema(
        operation_id="erasure_request_list",
        tags=["me"],
        summary="List one's own requests to be erased",
    ),
    retrieve=extend_schema(
        operation_id="erasure_request_retrieve",
        tags=["me"],
        summary="See how one's own request to be erased stands",
    ),
)
class MyErasureRequestsViewSet(ReadViewSet):
    """The requests of whoever asks."""

    model = ErasureRequest
    serializer_class = ErasureRequestSerializer

    @extend_schema(
        operation_id="erasure_request_create",
        tags=["me"],
        summary="Ask to be erased; needs a proof of the last minutes",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={201: ErasureRequestSerializer},
    )
    @idempotent()
    def create(self, request: Request) -> Response:
        """Schedule it in seven days, or once what stands in the way has ended."""
        now = clock.now()
        require_recent_proof(session_of(request), now)
        made = request_erasure(person_id=actor_id(request), now=now)
        return Response(
            ErasureRequestSerializer(made).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": reverse("my-erasure-requests-detail", args=[made.pk])},
        )

    @extend_schema(
        operation_id="erasure_request_cancel",
        tags=["me"],
        summary="Take one's request to be erased back",
        request=None,
        responses={204: None},
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Cancel it; the row stays, cancelled. Again changes nothing."""
        user: Any = request.user
        cancel_erasure(request_id=pk, user=user, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
