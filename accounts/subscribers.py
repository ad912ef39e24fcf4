"""What the app of people does when something was asked of it."""

from __future__ import annotations

from accounts.events import (
    CaseOverturned,
    DataExportRequested,
    PasswordResetRequested,
)
from accounts.models import CodeRequest
from accounts.services.identity.revoking import (
    overturn_identity_decision,
    overturned_check,
)
from accounts.services.privacy.data_exports import pack_export
from accounts.services.privacy.erasure import take_up_again
from accounts.services.privacy.refusals import overturned_request
from accounts.services.signing_in.passwords import send_reset_code
from lokahome.core import clock
from lokahome.core.events.subscribers import DOCUMENTS, STATE, subscribe


@subscribe(DataExportRequested, lane=DOCUMENTS)
def pack_requested_export(event: DataExportRequested) -> None:
    """Pack the copy of their data that somebody asked for."""
    pack_export(export_id=event.export_id, now=clock.now())


@subscribe(PasswordResetRequested, lane=STATE)
def send_code_of_reset(event: PasswordResetRequested) -> None:
    """Let the code leave, if the number is somebody's."""
    by_email = event.channel == CodeRequest.Channel.EMAIL
    send_reset_code(request_id=event.request_id, by_email=by_email, now=clock.now())


@subscribe(CaseOverturned, lane=STATE)
def undo_overturned_identity_decision(event: CaseOverturned) -> None:
    """Give the document back its place: an appeal found it neither forged nor false."""
    if check_id := overturned_check(
        kind=event.kind, decision=event.decision, subject=event.subject_ref
    ):
        overturn_identity_decision(check_id=check_id, now=clock.now())


@subscribe(CaseOverturned, lane=STATE)
def take_overturned_erasure_up(event: CaseOverturned) -> None:
    """Ask anew to erase somebody whose refusal an appeal took back."""
    if request_id := overturned_request(kind=event.kind, subject=event.subject_ref):
        take_up_again(request_id=request_id, now=clock.now())
