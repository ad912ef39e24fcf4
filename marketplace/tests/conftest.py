"""What tests of services have: files in memory, and the moment they happen at."""

import pytest

from lokahome.core import clock


@pytest.fixture(autouse=True)
def files_in_memory(settings):
    """Keep photos out of the disk."""
    memory = {
        "BACKEND": "django.core.files.storage.InMemoryStorage",
        "OPTIONS": {"base_url": "/media/"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": memory, "private": memory}


@pytest.fixture
def now():
    """This moment."""
    return clock.now()
