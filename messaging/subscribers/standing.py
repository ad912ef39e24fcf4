"""Facts of how people stand with the platform: sanctions, appeals, ways to sign in."""

from __future__ import annotations

from accounts.events import (
    AppealDecided,
    ExternalIdentityLinked,
    SanctionEnded,
    SanctionImposed,
)
from lokahome.core.events.subscribers import NOTIFY, subscribe
from messaging.subscribers.telling import tell


@subscribe(SanctionImposed, lane=NOTIFY)
def tell_sanction_imposed(event: SanctionImposed) -> None:
    """Tell the person what was done to the account; the words are read by id."""
    tell(event, "sanction_imposed", event.person_id)


@subscribe(SanctionEnded, lane=NOTIFY)
def tell_sanction_ended(event: SanctionEnded) -> None:
    """Tell the person that it is over."""
    tell(event, "sanction_ended", event.person_id)


@subscribe(AppealDecided, lane=NOTIFY)
def tell_appeal_decided(event: AppealDecided) -> None:
    """Tell who appealed what another member of staff answered."""
    tell(event, "appeal_decided", event.person_id)


@subscribe(ExternalIdentityLinked, lane=NOTIFY)
def tell_identity_linked(event: ExternalIdentityLinked) -> None:
    """Tell the person that there is another way into the account."""
    occurred = str(event.identity_id)
    tell(event, "identity_linked", event.person_id, occurred=occurred)
