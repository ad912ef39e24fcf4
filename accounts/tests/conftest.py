"""What tests of people have: files in memory."""

import pytest


@pytest.fixture(autouse=True)
def files_in_memory(settings):
    """Keep identity documents out of the disk."""
    memory = {
        "BACKEND": "django.core.files.storage.InMemoryStorage",
        "OPTIONS": {"base_url": "/media/"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": memory, "private": memory}
