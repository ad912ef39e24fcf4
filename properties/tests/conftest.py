"""What tests of homes have: files in memory, and people with something to let."""

import pytest

from lokahome.core import clock


@pytest.fixture(autouse=True)
def files_in_memory(settings):
    """Keep photos and documents out of the disk."""
    memory = {
        "BACKEND": "django.core.files.storage.InMemoryStorage",
        "OPTIONS": {"base_url": "/media/"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": memory, "private": memory}


@pytest.fixture
def now():
    """This moment."""
    return clock.now()
