"""Facts about what people asked to have of their data, or to have erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lokahome.core.events.base import Event


@dataclass(frozen=True, kw_only=True)
class DataExportRequested(Event):
    """Somebody asked for a copy of all that is held of them."""

    about: ClassVar[str] = "export_id"
    export_id: UUID


@dataclass(frozen=True, kw_only=True)
class DataExportReady(Event):
    """A copy was packed; its person may fetch it for some days."""

    about: ClassVar[str] = "export_id"
    export_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class ErasureMoved(Event):
    """A wish to be erased is *scheduled*, *cancelled* or *refused*."""

    about: ClassVar[str] = "erasure_id"
    erasure_id: UUID
    person_id: UUID
    status: str
