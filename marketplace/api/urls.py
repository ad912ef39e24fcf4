"""Paths of services under ``/api/v1/``."""

from lokahome.core.api.viewsets import ApiRouter
from marketplace.api.views.jobs import JobViewSet
from marketplace.api.views.providers import ProviderViewSet, ServiceCategoryViewSet
from marketplace.api.views.quotes import QuoteViewSet
from marketplace.api.views.requests import ServiceRequestViewSet
from marketplace.api.views.reviews import ReviewViewSet

router = ApiRouter()
router.register(
    "service-categories", ServiceCategoryViewSet, basename="service-categories"
)
router.register("providers", ProviderViewSet, basename="providers")
router.register("service-requests", ServiceRequestViewSet, basename="service-requests")
router.register("quotes", QuoteViewSet, basename="quotes")
router.register("jobs", JobViewSet, basename="jobs")
router.register("reviews", ReviewViewSet, basename="reviews")

urlpatterns = [*router.urls]
