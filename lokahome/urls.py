"""Every path of the platform."""

from importlib.util import find_spec

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
    *(
        path(prefix, include(module))
        for prefix, module in (
            ("api/v1/", "accounts.api.urls"),
            ("api/v1/", "payments.api.urls"),
            ("api/v1/", "properties.api.urls"),
            ("", "lokahome.core.documents.urls"),
            ("", "messaging.urls"),
            ("", "properties.urls"),
        )
        if find_spec(module)  # TEMPORARY while the apps are being written
    ),
    re_path(r"^api(?:/|$)", unknown_api_path),
    # The folder that STORAGE_URL names; development only, and not with object storage.
    *static(
        settings.MEDIA_URL,
        document_root=settings.STORAGES["default"]["OPTIONS"].get("location", ""),
    ),
]
