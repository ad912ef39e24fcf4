"""Every path of the platform."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import URLPattern, include, path, re_path

from lokahome.core.error_pages import unknown_api_path
from lokahome.core.health import livez, readyz

handler400 = "lokahome.core.error_pages.handler400"
handler403 = "lokahome.core.error_pages.handler403"
handler404 = "lokahome.core.error_pages.handler404"
handler500 = "lokahome.core.error_pages.handler500"


def media_paths() -> list[URLPattern]:
    """Serve the folder that STORAGE_URL names; in development only.

    Object storage names none, and an empty root would be the working directory, with
    ``var/local.env`` in it.
    """
    folder = settings.STORAGES["default"]["OPTIONS"].get("location")
    return static(settings.MEDIA_URL, document_root=folder) if folder else []


urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("admin/", include("accounts.admin.door.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("lokahome.core.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("payments.api.urls")),
    path("api/v1/", include("properties.api.urls")),
    path("api/v1/", include("marketplace.api.urls")),
    path("api/v1/", include("messaging.api.urls")),
    path("", include("lokahome.core.documents.urls")),
    path("", include("accounts.urls")),
    path("", include("messaging.urls")),
    path("", include("properties.urls")),
    re_path(r"^api(?:/|$)", unknown_api_path),
    *media_paths(),
]
