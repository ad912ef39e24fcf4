"""Paths under ``/api/v1/``."""

from django.urls import path

from lokahome.core.api.viewsets import ApiRouter
from messaging.api.views.conversations import ConversationViewSet
from messaging.api.views.notifications import NotificationViewSet, PreferencesView
from messaging.api.views.realtime import TicketsView
from messaging.api.views.sms import SmsDeliveriesView, SmsMessagesView

router = ApiRouter()
router.register("conversations", ConversationViewSet, basename="conversations")
router.register("notifications", NotificationViewSet, basename="notifications")

urlpatterns = [
    path(
        "notifications/reading",
        NotificationViewSet.as_view({"post": "read_all"}),
        name="notifications-reading",
    ),
    path(
        "notification-preferences",
        PreferencesView.as_view(),
        name="notification-preferences",
    ),
    path(
        "sms/<slug:gateway>/deliveries",
        SmsDeliveriesView.as_view(),
        name="sms-deliveries",
    ),
    path("sms/<slug:gateway>/messages", SmsMessagesView.as_view(), name="sms-messages"),
    path("realtime/tickets", TicketsView.as_view(), name="realtime-tickets"),
    *router.urls,
]
