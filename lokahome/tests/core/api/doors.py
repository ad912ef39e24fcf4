"""Doors for tests: the real paths, and a few that show the bases at work.

`shelf` lists, shows, makes and changes Uploads through the base viewset; `fault` raises
whatever a test asks for.
"""

from __future__ import annotations

import django_filters
from django.db import transaction
from django.urls import include, path
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from lokahome import urls as real
from lokahome.core.api.conditional import answer, require_if_match
from lokahome.core.api.fields import MoneyField, PhoneField, PointField
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.parsers import JSONParser, MergePatchParser
from lokahome.core.api.viewsets import ApiRouter, ReadViewSet
from lokahome.core.files.models import Upload
from lokahome.core.ids import uuid7

handler400, handler403 = real.handler400, real.handler403
handler404, handler500 = real.handler404, real.handler500

STARTED = []
"""What a test lets happen at the start of `create`, in order."""


class ShelfSerializer(serializers.ModelSerializer):
    """An upload and what may be done with it."""

    id = serializers.UUIDField(required=False)
    allowed_actions = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = ("id", "size_bytes", "created_at", "mime", "allowed_actions")

    def get_allowed_actions(self, row):
        """Say what the state permits."""
        return ["receive"] if row.status == "waiting" else []


class ShelfFilter(django_filters.FilterSet):
    """Filters of the shelf."""

    size_bytes = django_filters.NumberFilter(field_name="size_bytes")
    mime = django_filters.CharFilter(field_name="mime")
    status = django_filters.ChoiceFilter(choices=Upload.Status.choices)

    class Meta:
        model = Upload
        fields = ()


def put_on_shelf(request, data):
    """Make an upload of the person's own."""
    row = Upload(
        id=data.get("id") or uuid7(),
        owner_id=request.user.pk,
        kind="photo",
        mime=data.get("mime", "image/png"),
        size_bytes=data["size_bytes"],
        sha256="0" * 64,
    )
    row.save()
    return row


class ShelfViewSet(ReadViewSet):
    """Uploads on a shelf."""

    model = Upload
    serializer_class = ShelfSerializer
    filterset_class = ShelfFilter
    extra_parameters = ("near",)
    parser_classes = (JSONParser, MergePatchParser)
    sorts = {
        "newest": ("-id",),
        "oldest": ("id",),
        "smallest": ("size_bytes", "id"),
        "largest": ("-size_bytes", "-id"),
        "mixed": ("-size_bytes", "created_at", "id"),
    }

    def make(self, request):
        """Make an upload, after whatever the test wants to happen first."""
        for step in STARTED:
            step(request)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = put_on_shelf(request, serializer.validated_data)
        return Response(
            self.get_serializer(row).data,
            status=201,
            headers={"Location": f"/api/v1/shelf/{row.pk}", "ETag": f'"{row.version}"'},
        )

    @idempotent()
    def create(self, request):
        """Make an upload under an Idempotency-Key."""
        return self.make(request)

    def partial_update(self, request, pk):
        """Change the size, if the reader saw the present version."""
        with transaction.atomic():
            row = self.visible_locked()
            require_if_match(request, row)
            row.size_bytes = request.data["size_bytes"]
            row.save()
        return answer(row, request, self.get_serializer(row).data)


class DrawerViewSet(ShelfViewSet):
    """A shelf whose objects' own ids may be the key."""

    @idempotent(required=False)
    def create(self, request):
        """Make an upload."""
        return self.make(request)


class FormSerializer(serializers.Serializer):
    """One field of each of the house's types."""

    money = MoneyField(minimum=100, maximum=1_000_000)
    point = PointField()
    phone = PhoneField()
    names = serializers.ListField(child=serializers.CharField(max_length=5))
    note = serializers.CharField(max_length=10, required=False)


class FormView(APIView):
    """Echoes a form."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request):
        """Return what was understood."""
        serializer = FormSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(FormSerializer(serializer.validated_data).data)


class FaultView(APIView):
    """Raises or returns what the test put in `does`."""

    authentication_classes = ()
    permission_classes = ()
    does = None

    def get(self, request):
        """Do it."""
        return type(self).does(request)

    post = get


router = ApiRouter()
router.register("shelf", ShelfViewSet, basename="shelf")
router.register("drawer", DrawerViewSet, basename="drawer")
urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("api/v1/form", FormView.as_view()),
    path("api/v1/fault", FaultView.as_view()),
    *real.urlpatterns,
]
