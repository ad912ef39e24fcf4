"""Facts of people: identity documents, reports."""

from __future__ import annotations

from accounts.events import CaseDecided, IdentityChecked
from accounts.queries import reporters_of
from lokahome.core.events.subscribers import NOTIFY, subscribe
from messaging.subscribers.telling import tell


@subscribe(IdentityChecked, lane=NOTIFY)
def tell_identity_checked(event: IdentityChecked) -> None:
    """Tell the person what became of the document."""
    tell(event, "identity_checked", event.person_id)


@subscribe(CaseDecided, lane=NOTIFY)
def tell_report_decided(event: CaseDecided) -> None:
    """Tell who reported what was decided; a case that nobody reported tells nobody."""
    tell(event, "report_decided", *reporters_of(event.case_id))
