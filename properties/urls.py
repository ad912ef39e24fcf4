"""Public pages: search and one listing. No script, no sign-in."""

from django.urls import path

from properties.views import home_page, listing_page

urlpatterns = [
    path("", home_page, name="home"),
    path("l/<slug:slug>", listing_page, name="listing-page"),
]
