"""Pages of people outside the API."""

from django.urls import path

from accounts.views import notice_page

urlpatterns = [path("connexions/<str:token>", notice_page, name="sign-in-notice")]
