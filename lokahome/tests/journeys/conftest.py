"""A whole running platform for the tests that come from outside."""

from __future__ import annotations

import pytest

from deploy.throwaway.platform import platform as throwaway


@pytest.fixture(scope="session")
def platform():
    """A platform with every process, on a database that is dropped afterwards."""
    with throwaway() as running:
        yield running
