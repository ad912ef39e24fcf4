"""Telling a number that an agency invites it, whether or not somebody has an account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.queries.agencies import invitation_destination
from lokahome.core.events.delivering import RetryLater
from messaging.models import OutgoingMessage
from messaging.services.notify import notify
from messaging.services.quiet import quiet_until
from messaging.services.sending import send_message
from messaging.services.writing import INVITATION


def tell_invitation(*, invitation_id: UUID, agency_id: UUID, now: datetime) -> None:
    """Tell whoever holds the invited number, or else the number itself, by SMS.

    Nothing once it was answered or withdrawn. Raises RetryLater, also in quiet hours for
    a number of nobody's: nobody chose to hear from us at night. Call it outside a
    transaction.
    """
    destination = invitation_destination(invitation_id)
    if destination is None:
        return
    if destination.person_id is not None:
        notify(
            fact=f"agency_invitation:{invitation_id}",
            person_id=destination.person_id,
            template=INVITATION,
            context_ids={"invitation_id": invitation_id, "agency_id": agency_id},
            now=now,
        )
        return
    quiet_end = quiet_until(now)
    if quiet_end is not None:
        raise RetryLater(int((quiet_end - now).total_seconds()) + 1)
    send_message(message_id=_remember(invitation_id).pk, now=now)


@transaction.atomic
def _remember(invitation_id: UUID) -> OutgoingMessage:
    message = OutgoingMessage(
        fact=f"agency_invitation:{invitation_id}",
        channel=OutgoingMessage.Channel.SMS,
        template=INVITATION,
        invitation_id=invitation_id,
    )
    OutgoingMessage.objects.bulk_create([message], ignore_conflicts=True)
    return OutgoingMessage.objects.get(invitation_id=invitation_id)
