"""Paths of homes under ``/api/v1/``."""

from django.urls import path

from lokahome.core.api.viewsets import ApiRouter
from properties.api.views.applications import ApplicationViewSet
from properties.api.views.homes import PropertyViewSet, UnitViewSet
from properties.api.views.leases import LeaseViewSet
from properties.api.views.listings import ListingViewSet
from properties.api.views.mandates import MandateViewSet
from properties.api.views.places import PlacesView, VocabulariesView
from properties.api.views.tickets import TicketViewSet

router = ApiRouter()
router.register("properties", PropertyViewSet, basename="properties")
router.register("units", UnitViewSet, basename="units")
router.register("listings", ListingViewSet, basename="listings")
router.register("applications", ApplicationViewSet, basename="applications")
router.register("mandates", MandateViewSet, basename="mandates")
router.register("leases", LeaseViewSet, basename="leases")
router.register("tickets", TicketViewSet, basename="tickets")

urlpatterns = [
    path("places", PlacesView.as_view(), name="places"),
    path("vocabularies", VocabulariesView.as_view(), name="vocabularies"),
    *router.urls,
]
