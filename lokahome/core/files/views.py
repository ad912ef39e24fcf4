"""Endpoints of uploads: announce, then send the bytes to ``upload_url``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import LokaViewSet, actor_id
from lokahome.core.errors import TooLarge
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import announce_upload, receive_upload

MIMES = ("image/jpeg", "image/png", "image/webp")


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """An upload, as its owner sees it."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    mime = serializers.ChoiceField(choices=MIMES, help_text="Media type of the bytes.")
    size_bytes = serializers.IntegerField(
        min_value=1, max_value=100_000_000, help_text="Exact number of bytes."
    )
    sha256 = serializers.RegexField(
        r"^[0-9a-fA-F]{64}$", max_length=64, help_text="Digest of the bytes, in hex."
    )
    upload_url = serializers.SerializerMethodField(
        help_text="Where to PUT the bytes, with the declared media type."
    )

    class Meta:
        model = Upload
        fields = ("id", "kind", "mime", "size_bytes", "sha256", "status", "upload_url")
        read_only_fields = ("status",)

    def get_upload_url(self, upload: Upload) -> str:
        """Return the absolute address for the bytes."""
        return f"{settings.PUBLIC_URL}/api/v1/uploads/{upload.pk}/content"


class RawParser(BaseParser):
    """Reads the bytes as they are, up to the limit."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, context: Any = None) -> Any:
        """Return the body; raises TooLarge."""
        content: bytes = stream.read(settings.UPLOAD_MAX_BYTES + 1)
        if len(content) > settings.UPLOAD_MAX_BYTES:
            raise TooLarge
        return content


class UploadViewSet(LokaViewSet):
    """Files on their way to a photo or a document."""

    model = Upload
    serializer_class = UploadSerializer
    open_to_restricted = True

    @extend_schema(operation_id="uploads_create", summary="Announce a file")
    @idempotent(required=False)
    def create(self, request: Request) -> Response:
        """Return the upload and the address for its bytes."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        upload = announce_upload(
            owner_id=actor_id(request),
            upload_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        location = f"/api/v1/uploads/{upload.pk}"
        data = self.get_serializer(upload).data
        return Response(data, status=201, headers={"Location": location})

    @extend_schema(operation_id="uploads_retrieve", summary="See how an upload stands")
    def retrieve(self, request: Request, **_: Any) -> Response:
        """Return the upload."""
        return Response(self.get_serializer(self.visible()).data)

    @extend_schema(
        operation_id="uploads_content",
        summary="Send the bytes",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=UploadSerializer,
    )
    @action(detail=True, methods=["put"], parser_classes=[RawParser])
    def content(self, request: Request, **_: Any) -> Response:
        """Receive the file whole; sending the same bytes again is harmless."""
        upload = self.visible()
        raw: Any = request.data
        raw = raw if isinstance(raw, bytes) else b""
        row = receive_upload(upload=upload, content=raw, now=clock.now())
        return Response(self.get_serializer(row).data)
