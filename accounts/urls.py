"""Pages of people outside the API."""

from django.urls import path

from accounts.dev import second_factors_page
from accounts.views import notice_page

urlpatterns = [
    path("connexions/<str:token>", notice_page, name="sign-in-notice"),
    path("dev/second-factor", second_factors_page, name="dev-second-factor"),
]
