"""One world a module: built once, in a transaction that is never committed."""

from __future__ import annotations

import pytest

from lokahome.tests.security.asking import Asker
from lokahome.tests.security.surroundings import surroundings
from lokahome.tests.security.watching import undone
from lokahome.tests.security.world import build_world


@pytest.fixture(scope="module")
def asker(django_db_setup, django_db_blocker):
    """Who asks in everybody's name; what is asked is undone, what was made as well."""
    with django_db_blocker.unblock(), surroundings(), undone():
        yield Asker(build_world())
