"""Paths under ``/api/v1/``."""

from lokahome.core.api.viewsets import ApiRouter

router = ApiRouter()

urlpatterns = [*router.urls]
