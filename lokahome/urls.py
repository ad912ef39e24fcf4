"""Every path of the platform."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path

from lokahome.core.health import livez, readyz

handler400 = "lokahome.core.api.problems.handler400"
handler403 = "lokahome.core.api.problems.handler403"
handler404 = "lokahome.core.api.problems.handler404"
handler500 = "lokahome.core.api.problems.handler500"

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
    *static(settings.MEDIA_URL, document_root=settings.BASE_DIR / "var" / "media"),
]
