"""What goes with somebody who leaves for good: what was sent to their numbers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts.models import Email, Phone
from messaging.models import CaughtMessage, InboundSms, OutgoingMessage


def settle(person_id: UUID, now: datetime) -> None:
    """Forget what went to, or came from, the person's numbers and addresses.

    Runs while the numbers are still known: the roof is emptied before the ground.
    """
    numbers = list(
        Phone.objects.filter(user_id=person_id).values_list("number", flat=True)
    )
    emails = Email.objects.filter(user_id=person_id)
    addresses = list(emails.values_list("address", flat=True))
    claims = list(emails.values_list("pk", flat=True))
    CaughtMessage.objects.filter(to__in=[*numbers, *addresses]).delete()
    OutgoingMessage.objects.filter(email_id__in=claims).delete()
    theirs = InboundSms.objects.filter(sender__in=numbers, erased_at=None)
    theirs.update(sender="", text="", erased_at=now)
