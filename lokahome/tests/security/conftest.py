"""One world a module: built once, in a transaction that is never committed."""

from __future__ import annotations

import pytest
from django.test import override_settings

from lokahome.tests.security.asking import Asker
from lokahome.tests.security.watching import undone
from lokahome.tests.security.world import build_world

MEMORY = {
    "BACKEND": "django.core.files.storage.InMemoryStorage",
    "OPTIONS": {"base_url": "/media/"},
}


GATEWAY = "https://sandbox-api.fedapay.com"
"""Called by nobody here: its address alone has to be a real one."""


@pytest.fixture(scope="module")
def asker(django_db_setup, django_db_blocker):
    """Who asks in everybody's name; what is asked is undone, what was made as well."""
    from django.conf import settings

    storages = {**settings.STORAGES, "default": MEMORY, "private": MEMORY}
    with (
        django_db_blocker.unblock(),
        override_settings(STORAGES=storages, FEDAPAY_API_BASE=GATEWAY),
        undone(),
    ):
        yield Asker(build_world())
