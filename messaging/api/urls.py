"""Paths under ``/api/v1/``."""

from django.urls import path

from lokahome.core.api.viewsets import ApiRouter
from messaging.api.views.conversations import ConversationViewSet
from messaging.api.views.realtime import TicketsView

router = ApiRouter()
router.register("conversations", ConversationViewSet, basename="conversations")

urlpatterns = [
    path("realtime/tickets", TicketsView.as_view(), name="realtime-tickets"),
    *router.urls,
]
