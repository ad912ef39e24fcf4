"""Facts of privacy: a copy of somebody's data, an account that is to be erased."""

from __future__ import annotations

from accounts.events import DataExportReady, ErasureMoved
from lokahome.core.events.subscribers import NOTIFY, subscribe
from messaging.subscribers.telling import tell


@subscribe(DataExportReady, lane=NOTIFY)
def tell_data_export_ready(event: DataExportReady) -> None:
    """Tell the person that their copy can be fetched; a thief's wish shows here too."""
    tell(event, "data_export_ready", event.person_id)


@subscribe(ErasureMoved, lane=NOTIFY)
def tell_erasure_moved(event: ErasureMoved) -> None:
    """Tell the person the day, that it was taken back, or that it was refused."""
    if event.status in ("scheduled", "cancelled", "refused"):
        tell(event, "erasure_moved", event.person_id, occurred=event.status)
