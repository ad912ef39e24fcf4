"""Endpoints about the platform itself: problems, app-config."""

from __future__ import annotations

import inspect
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lokahome.core.errors import CATALOGUE

PUBLIC_FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600"}


class ProblemKindSerializer(serializers.Serializer[Any]):
    """One entry of the catalogue."""

    code = serializers.CharField(max_length=80, help_text="Stable code.")
    status = serializers.IntegerField(
        min_value=400, max_value=599, help_text="HTTP status."
    )
    title = serializers.CharField(max_length=200, help_text="Short summary.")
    cause = serializers.CharField(max_length=1000, help_text="Why it is answered.")
    is_retryable = serializers.BooleanField(
        help_text="Whether the same request may succeed later."
    )


class ProblemListSerializer(serializers.Serializer[Any]):
    """The catalogue."""

    data = ProblemKindSerializer(  # type: ignore[assignment]  # DRF's own "data"
        many=True, help_text="Every problem, by code."
    )


class ProblemsView(APIView):
    """The catalogue of refusals."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="problems_list",
        summary="Every problem this API answers with",
        responses=ProblemListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return each problem's code, status, title and cause."""
        data = [
            {
                "code": code,
                "status": kind.status,
                "title": str(kind.title),
                "cause": " ".join((inspect.getdoc(kind) or "").split()),
                "is_retryable": kind.retryable,
            }
            for code, kind in sorted(CATALOGUE.items())
        ]
        return Response({"data": data}, headers=PUBLIC_FOR_AN_HOUR)


class AppConfigSerializer(serializers.Serializer[Any]):
    """What an app asks before anything else."""

    oldest_versions = serializers.DictField(
        child=serializers.CharField(max_length=20),
        help_text="Oldest served version by platform; older apps get 426.",
    )
    languages = serializers.ListField(
        child=serializers.CharField(max_length=5),
        max_length=10,
        help_text="Languages of the answers, the default first.",
    )
    currency = serializers.CharField(max_length=3, help_text="ISO 4217 code.")
    time_zone = serializers.CharField(max_length=40, help_text="Of every `_on` day.")
    phone_countries = serializers.ListField(
        child=serializers.CharField(max_length=2),
        max_length=40,
        help_text="ISO codes of the countries whose numbers may sign up.",
    )
    realtime_url = serializers.CharField(
        max_length=200, help_text="Base URL of the socket process."
    )
    attribution = serializers.CharField(
        max_length=300, help_text="To be shown wherever a map or a place list is."
    )


class AppConfigView(APIView):
    """Settings of the apps; the only path that apps too old may read."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="app_config_retrieve",
        summary="Settings of the apps",
        responses=AppConfigSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return versions, languages, currency and addresses."""
        return Response(
            {
                "oldest_versions": settings.OLDEST_APP_VERSIONS,
                "languages": [code for code, _name in settings.LANGUAGES],
                "currency": "XOF",
                "time_zone": settings.TIME_ZONE,
                "phone_countries": settings.PHONE_COUNTRIES,
                "realtime_url": settings.REALTIME_URL,
                "attribution": "© les contributeurs d’OpenStreetMap (ODbL)",
            },
            headers=PUBLIC_FOR_AN_HOUR,
        )
