"""What the app of people does when something was asked of it."""

from __future__ import annotations

from accounts.events import DataExportRequested
from accounts.services.data_exports import pack_export
from lokahome.core import clock
from lokahome.core.events.subscribers import DOCUMENTS, subscribe


@subscribe(DataExportRequested, lane=DOCUMENTS)
def pack_requested_export(event: DataExportRequested) -> None:
    """Pack the copy of their data that somebody asked for."""
    pack_export(export_id=event.export_id, now=clock.now())
