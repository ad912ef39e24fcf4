"""Paths of money under ``/api/v1/``."""

from django.urls import path

from lokahome.core.api.viewsets import ApiRouter
from payments.api.views.payments import PaymentViewSet
from payments.api.views.payouts import PayoutViewSet
from payments.api.views.receipts import ReceiptViewSet
from payments.api.views.webhooks import WebhookView

router = ApiRouter()
router.register("payments", PaymentViewSet, basename="payments")
router.register("payouts", PayoutViewSet, basename="payouts")
router.register("receipts", ReceiptViewSet, basename="receipts")

urlpatterns = [
    path("webhooks/<slug:gateway>", WebhookView.as_view(), name="webhooks"),
    *router.urls,
]
