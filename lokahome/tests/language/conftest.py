"""The catalogues as they are, and as the code would have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from lokahome.tests.language import po

LOCALE = Path(settings.BASE_DIR, "locale")
NAME = "LC_MESSAGES/django.po"


@pytest.fixture(scope="session")
def english():
    """The messages of the English catalogue."""
    return po.read(LOCALE / "en" / NAME)


@pytest.fixture(scope="session")
def french_catalogue():
    """The messages of the French catalogue."""
    return po.read(LOCALE / "fr" / NAME)


@pytest.fixture(scope="session")
def extracted(tmp_path_factory):
    """What `makemessages` writes now, a folder."""
    into = tmp_path_factory.mktemp("locale")
    call_command("makemessages", into=into, verbosity=0)
    return into
