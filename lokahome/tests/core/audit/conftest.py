"""An anchor of its own for each test of the sealed log."""

from __future__ import annotations

import pytest

from lokahome.core import ids
from lokahome.core.audit.anchors import FileAnchor


@pytest.fixture(autouse=True)
def place(settings, tmp_path, monkeypatch):
    # Ids never go back, not even behind a test that was in the future.
    monkeypatch.setattr(ids, "_last_millis", 0)
    path = tmp_path / "kept" / "anchor.jsonl"
    settings.AUDIT_ANCHOR_URL = f"file://{path}"
    return FileAnchor(path)
