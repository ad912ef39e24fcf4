"""Every path of the platform."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path, re_path

from lokahome.core.error_pages import unknown_api_path
from lokahome.core.health import livez, readyz

handler400 = "lokahome.core.error_pages.handler400"
handler403 = "lokahome.core.error_pages.handler403"
handler404 = "lokahome.core.error_pages.handler404"
handler500 = "lokahome.core.error_pages.handler500"

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("lokahome.core.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("payments.api.urls")),
    path("api/v1/", include("properties.api.urls")),
    path("", include("lokahome.core.documents.urls")),
    path("", include("messaging.urls")),
    path("", include("properties.urls")),
    re_path(r"^api(?:/|$)", unknown_api_path),
    # The folder that STORAGE_URL names; development only, and not with object storage.
    *static(
        settings.MEDIA_URL,
        document_root=settings.STORAGES["default"]["OPTIONS"].get("location", ""),
    ),
]
