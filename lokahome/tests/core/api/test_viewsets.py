"""The base viewset: what a person may not see does not exist, checked at start-up."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from lokahome import urls
from lokahome.core.api.viewsets import LokaViewSet
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotFound
from lokahome.core.files.models import Upload

OPEN_TO_ALL = {
    "AppConfigView": "apps ask it before anything else",
    "ProblemsView": "the catalogue is public",
    "SpectacularAPIView": "the schema is public",
    "SpectacularSwaggerView": "the documentation is public",
}
"""Views of the ground that need no token; each app's tests know their own."""


def test_a_viewset_of_a_model_that_does_not_say_who_sees_it_cannot_be_written():
    with pytest.raises(ImproperlyConfigured, match="visible_to"):
        type("LeakyViewSet", (LokaViewSet,), {"model": AuditEvent})


def test_a_viewset_that_goes_around_visibility_cannot_be_written():
    def everything(self):
        return Upload.objects.all()

    members = {"model": Upload, "get_queryset": everything}
    with pytest.raises(ImproperlyConfigured, match="rows"):
        type("LeakyViewSet", (LokaViewSet,), members)


def test_a_child_of_a_viewset_cannot_go_around_it_either():
    base = type("GoodViewSet", (LokaViewSet,), {"model": Upload})
    with pytest.raises(ImproperlyConfigured, match="rows"):
        type("LeakyViewSet", (base,), {"get_queryset": lambda self: None})


def test_what_a_person_may_not_see_cannot_be_locked(ama, stranger, put, rf):
    row = put(ama)
    view = type("GoodViewSet", (LokaViewSet,), {"model": Upload})()
    view.request = rf.get("/")
    view.kwargs = {"pk": row.pk}
    view.request.user = ama.user
    assert view.visible() == row
    assert view.visible_locked() == row
    view.request.user = stranger.user
    for look in (view.visible, view.visible_locked):
        with pytest.raises(NotFound):
            look()


def views(patterns, prefix=""):
    """Yield the path and the class of every view under *patterns*."""
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            callback = pattern.callback
            kind = getattr(callback, "cls", getattr(callback, "view_class", None))
            yield path, kind


def api_views():
    return [
        (path, kind)
        for path, kind in views(get_resolver(urls.__name__).url_patterns)
        if path.startswith("api/v1/")
    ]


def test_every_path_of_the_api_is_kebab_case_without_a_trailing_slash():
    for path, _kind in api_views():
        plain = "/".join(part for part in path.split("/") if "<" not in part)
        assert not path.endswith("/"), path
        assert plain == plain.lower(), path
        assert "_" not in plain, path


def test_every_view_of_the_api_is_ours_and_answers_problems():
    for path, kind in api_views():
        assert kind is not None, path
        assert issubclass(kind, APIView), path


def test_a_view_of_the_ground_is_open_for_a_reason_or_needs_a_token():
    for _path, kind in api_views():
        if kind.__module__.startswith(("lokahome.", "drf_spectacular.")):
            is_open = AllowAny in kind.permission_classes
            assert is_open == (kind.__name__ in OPEN_TO_ALL), kind


def test_every_model_that_the_api_shows_says_who_sees_it():
    shown = {kind.model for _path, kind in api_views() if getattr(kind, "model", None)}
    for model in shown:
        assert hasattr(model._default_manager.all(), "visible_to"), model
    assert Upload in shown
