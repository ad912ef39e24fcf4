"""The API's paths: one list an app, plus the platform's own."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from lokahome.core.api.views import AppConfigView, ProblemsView

urlpatterns = [
    path("problems", ProblemsView.as_view(), name="problems"),
    path("app-config", AppConfigView.as_view(), name="app-config"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("", include("lokahome.core.files.urls")),
]
