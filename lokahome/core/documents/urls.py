"""Public paths of documents."""

from django.urls import path

from lokahome.core.documents.views import check_page, download

urlpatterns = [
    path("r/<str:token>", check_page, name="document-check"),
    path("d/<str:token>", download, name="document-download"),
]
