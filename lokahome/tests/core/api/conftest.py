"""The test doors, open for every test of the API."""

from __future__ import annotations

import pytest

from lokahome.core.files.models import Upload
from lokahome.core.ids import uuid7
from lokahome.tests.core.api import doors


@pytest.fixture(autouse=True)
def open_doors(settings, monkeypatch):
    """Serve the doors of tests beside the real ones."""
    settings.ROOT_URLCONF = "lokahome.tests.core.api.doors"
    monkeypatch.setattr(doors, "STARTED", [])


@pytest.fixture
def put():
    """Return ``put(person, size_bytes=…)``: an upload on a person's shelf."""

    def make(person, **values):
        row = Upload(
            **{
                "id": uuid7(),
                "owner_id": person.id,
                "kind": "photo",
                "mime": "image/png",
                "size_bytes": 1,
                "sha256": "0" * 64,
                **values,
            }
        )
        row.save()
        return row

    return make


@pytest.fixture
def fault(anonymous):
    """Return ``fault(does)``: the answer to a request whose view does that."""

    def ask(does, **kwargs):
        doors.FaultView.does = staticmethod(does)
        anonymous.raise_request_exception = False
        return anonymous.get("/api/v1/fault", **kwargs)

    return ask
