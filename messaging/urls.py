"""Pages of messaging outside the API."""

from django.urls import path

from messaging.dev import messages_json, messages_page

urlpatterns = [
    path("dev/messages", messages_page, name="dev-messages"),
    path("dev/messages.json", messages_json, name="dev-messages-json"),
]
