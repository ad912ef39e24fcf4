"""Sockets in tests: real commits, a layer of their own, people who talk."""

from __future__ import annotations

import os

import pytest

from messaging.tests.consumers.phones import room_of


@pytest.fixture
def sockets(committed, settings):
    """Let threads see what is written, and share no channel with other tests."""
    entry = settings.CHANNEL_LAYERS["default"]
    config = {**entry["CONFIG"], "prefix": f"test{os.getpid()}."}
    settings.CHANNEL_LAYERS = {"default": {**entry, "CONFIG": config}}
    settings.REALTIME = {"check": 0}


@pytest.fixture
def room(sockets, ama, kossi):
    """What Ama and Kossi talk in."""
    return room_of(ama.user, kossi.user)
